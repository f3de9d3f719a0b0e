import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct LifecycleTests {
  private func rows(_ table: Table, _ grain: String) -> [[String]] {
    table.texts(
      "unit", "grain", "period", "active", "new_count", "still_here", "came_back", "gone_quiet", "asleep", "ended",
      "complete"
    ).filter { $0[0] == "customer" && $0[1] == grain }.map { Array($0[2...]) }
  }

  @Test func `a customer is new, still here, gone quiet, asleep, and comes back`() {
    let touches = ["2024-01-10", "2024-02-10", "2024-05-10"].map { TestTouch("order.placed", $0, .in) }
    let table = Lives(touches).tables([.lifecycle], asOf: at("2024-06-15"))["lifecycle"]!
    #expect(
      rows(table, "month") == [
        ["2024-01-01", "1", "1", "0", "0", "0", "0", "0", "true"],
        ["2024-02-01", "1", "0", "1", "0", "0", "0", "0", "true"],
        ["2024-03-01", "0", "0", "0", "0", "1", "0", "0", "true"],
        ["2024-04-01", "0", "0", "0", "0", "0", "1", "0", "true"],
        ["2024-05-01", "1", "0", "0", "1", "0", "0", "0", "true"],
        ["2024-06-01", "0", "0", "0", "0", "NULL", "NULL", "NULL", "false"],
      ])
  }

  @Test func `whoever ended is not asleep, until the relationship begins again`() {
    let touches = [
      TestTouch("order.placed", "2024-01-10", .in),
      TestTouch(
        "relationship.ended", "2024-02-10", .absent, [.dataText("effective_at"): .text("2024-04-05T00:00:00Z")]),
      TestTouch("relationship.started", "2024-06-20", .out),
      TestTouch("order.placed", "2024-08-10", .in),
    ]
    let table = Lives(touches).tables([.lifecycle], asOf: at("2024-09-01"))["lifecycle"]!
    let quiet = rows(table, "month").map { $0[5...7].joined(separator: " ") }
    #expect(
      quiet == [
        "0 0 0", "1 0 0", "0 1 0", "0 0 1", "0 0 1", "0 1 0", "0 1 0", "0 0 0", "NULL NULL NULL",
      ])
  }

  @Test func `a complaint after leaving reopens nothing`() {
    let touches = [
      TestTouch("order.placed", "2024-01-10", .in), TestTouch("relationship.ended", "2024-01-20"),
      TestTouch("case.opened", "2024-04-10", .in),
    ]
    let table = Lives(touches).tables([.lifecycle], asOf: at("2024-08-01"))["lifecycle"]!
    #expect(rows(table, "month").map { $0[7] } == ["0", "0", "1", "0", "0", "1", "1", "NULL"])
  }

  @Test func `the identities hold and every count is what a loop over sets gives`() {
    let seed: UInt64 = 99
    var generator = SeededGenerator(state: seed)
    let from = at("2024-01-01")
    let span = at("2024-09-01") - from
    let lives = Lives(
      (1...200).map { customer in
        let touches = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
          let kinds = ["order.placed", "status.reported", "relationship.ended"]
          let kind = kinds[min(2, Int.random(in: 0..<9, using: &generator) / 4)]
          return TestTouch(
            kind, from + Int64.random(in: 0..<span, using: &generator), kind == "order.placed" ? .in : .out)
        }
        return (UInt32(customer), touches.sorted { $0.time < $1.time })
      })
    let asOf = at("2024-08-20")
    let calendar = LocalCalendar(zone: .utc, weekStart: .monday)
    let table = lives.tables([.lifecycle], asOf: asOf, workers: 4, piece: 3)["lifecycle"]!
    for grain in Grain.allCases {
      func bucket(_ time: Instant) -> Int {
        let day = calendar.dayIndex(of: time)
        switch grain {
        case .day: return Int(day)
        case .week: return Int(calendar.weekIndex(ofDay: day))
        case .month: return Int(calendar.monthIndex(ofDay: day))
        }
      }
      var active: [Int: Set<UInt32>] = [:]
      var first: [UInt32: Int] = [:]
      // By customer: instants at which they left (true) and ordered again (false).
      var turns: [UInt32: [(bucket: Int, ended: Bool)]] = [:]
      for (customer, touches) in lives.lives {
        for touch in touches where touch.time <= asOf {
          let b = bucket(touch.time)
          if touch.kind == "relationship.ended" { turns[customer, default: []].append((b, true)) }
          guard touch.direction == .in else { continue }
          active[b, default: []].insert(customer)
          first[customer] = min(first[customer] ?? b, b)
          turns[customer, default: []].append((b, false))
        }
      }
      let low = first.values.min()!
      let found = rows(table, grain.rawValue)
      #expect(found.count == bucket(asOf) - low + 1)
      for (index, row) in found.enumerated() {
        let b = low + index
        let now = active[b] ?? []
        let before = active[b - 1] ?? []
        let seen = Set(first.filter { $0.value < b }.map(\.key))
        let silent = seen.subtracting(now).subtracting(before)
        let ended = silent.filter { (customer: UInt32) -> Bool in
          let last = turns[customer]!.last { turn in turn.bucket <= b }
          return last?.ended ?? false
        }
        var expected: [Int] = [now.count]
        expected.append(now.filter { first[$0] == b }.count)
        expected.append(now.intersection(before).count)
        expected.append(now.subtracting(before).intersection(seen).count)
        expected.append(before.subtracting(now).count)
        expected.append(silent.count - ended.count)
        expected.append(ended.count)
        let isComplete = b < bucket(asOf)
        var shown: [String] = expected.map { String($0) }
        if !isComplete { shown.replaceSubrange(4..., with: ["NULL", "NULL", "NULL"]) }
        #expect(Array(row[1...7]) == shown, "\(grain) \(row[0]), seed \(seed)")
        #expect(expected[0] == expected[1] + expected[2] + expected[3])
        #expect(before.count == expected[2] + expected[4])
        #expect(now.count - before.count == expected[1] + expected[3] - expected[4])
      }
    }
  }

  @Test(.enabled(if: CDNOW.isHere)) func `CDNOW's movements come out`() throws {
    let rules = try Rulebook.parse(#"{"lifecycle": {"grains": ["month"]}}"#)
    let table = try CDNOW.lives().tables([.lifecycle], asOf: at("1998-06-30"), rulebook: rules, workers: 2)[
      "lifecycle"]!
    let found = rows(table, "month").prefix(6).map { [$0[2], $0[3], $0[4], $0[5]] }
    #expect(
      found == [
        ["7846", "0", "0", "0"], ["8476", "1157", "0", "6689"], ["7248", "1681", "595", "7952"],
        ["0", "1773", "1049", "7751"], ["0", "852", "1362", "1970"], ["0", "747", "1592", "1467"],
      ])
  }
}
