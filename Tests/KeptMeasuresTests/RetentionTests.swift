import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct RetentionTests {
  private let asOf = at("2024-07-01")

  private func rows(_ table: Table, _ columns: String..., of activity: String, _ grain: String, _ clock: String)
    -> [[String]]
  {
    let keys = table.texts("unit", "activity", "grain", "clock")
    let cells = columns.map { table.texts($0) }
    return (0..<table.rowCount).filter { keys[$0] == ["customer", activity, grain, clock] }.map { row in
      cells.map { $0[row][0] }
    }
  }

  @Test
  func `a customer who ordered in January and March is counted at age 2, and in every count that follows from it`() {
    let touches = [TestTouch("order.placed", "2024-01-10", .in), TestTouch("order.placed", "2024-03-05", .in)]
    let table = Lives(touches).tables([.retention], asOf: asOf)["retention"]!
    let found = rows(
      table, "cohort", "age", "cohort_size", "eligible", "bounded", "unbounded", "returned_by", "complete", of: "order",
      "month", "calendar")
    #expect(
      found == [
        ["2024-01-01", "0", "1", "1", "0", "1", "0", "true"], ["2024-01-01", "1", "1", "1", "0", "1", "0", "true"],
        ["2024-01-01", "2", "1", "1", "1", "1", "1", "true"], ["2024-01-01", "3", "1", "1", "0", "0", "1", "true"],
        ["2024-01-01", "4", "1", "1", "0", "0", "1", "true"], ["2024-01-01", "5", "1", "1", "0", "0", "1", "true"],
        ["2024-01-01", "6", "1", "0", "0", "0", "1", "false"],
      ])
  }

  @Test func `age 0 counts a return on a later day only`() {
    func age0(_ second: String) -> [String] {
      let touches = [TestTouch("order.placed", "2024-01-10T09:00", .in), TestTouch("order.placed", second, .in)]
      let table = Lives(touches).tables([.retention], asOf: asOf)["retention"]!
      return [("month", "calendar"), ("month", "rolling"), ("day", "rolling")].map {
        rows(table, "bounded", of: "order", $0.0, $0.1)[0][0]
      }
    }
    #expect(age0("2024-01-10T23:59") == ["0", "0", "0"])
    #expect(age0("2024-01-11T08:59") == ["1", "1", "1"])
    #expect(age0("2024-01-11T09:00") == ["1", "1", "0"])
  }

  @Test func `the rulebook may let the start itself count as a return`() throws {
    let rules = try Rulebook.parse(
      #"{"retention": {"counts_start_day": true, "activities": {"any": {"start": "any", "return": "contact"}}}}"#)
    let touches = [
      TestTouch("order.shipped", "2024-01-10", .out, [.text(.subject): .text("o1")]),
      TestTouch("order.placed", "2024-02-10", .in),
    ]
    let table = Lives(touches).tables([.retention], asOf: at("2024-03-01"), rulebook: rules)["retention"]!
    // Shipping an order that nobody placed opens it by implication, and an opening is a contact.
    #expect(rows(table, "bounded", of: "any", "month", "calendar") == [["1"], ["1"], ["0"]])
    let plain = [TestTouch("status.reported", "2024-01-10", .out), TestTouch("order.placed", "2024-02-10", .in)]
    let other = Lives(plain).tables([.retention], asOf: at("2024-03-01"), rulebook: rules)["retention"]!
    #expect(rows(other, "bounded", of: "any", "month", "calendar") == [["0"], ["1"], ["0"]])
  }

  @Test func `a share is NULL while its window is open, and its interval is Wilson's`() {
    let lives = Lives(
      (1...10).map { customer in
        var touches = [TestTouch("order.placed", "2024-01-10", .in)]
        if customer <= 8 { touches.append(TestTouch("order.placed", "2024-02-10", .in)) }
        return (UInt32(customer), touches)
      })
    let table = lives.tables([.retention], asOf: at("2024-03-15"))["retention"]!
    let shares = rows(table, "bounded_rate", "unbounded_rate", of: "order", "month", "calendar")
    #expect(shares == [["0.0", "0.8"], ["0.8", "0.8"], ["NULL", "NULL"]])
    let low = rows(table, "bounded_lo", of: "order", "month", "calendar")[1][0]
    #expect(abs(Double(low)! - 0.490162) < 1e-6)
  }

  @Test func `cohorts of the log's first 90 days are left truncated unless the log starts with the business`() throws {
    let lives = Lives([
      (1, [TestTouch("order.placed", "2024-01-10", .in)]), (2, [TestTouch("order.placed", "2024-04-01", .in)]),
      (3, [TestTouch("order.placed", "2024-05-01", .in)]),
    ])
    func truncated(_ rules: Rulebook) -> [[String]] {
      let table = lives.tables([.retention], asOf: asOf, rulebook: rules)["retention"]!
      let found = rows(table, "cohort", "age", "left_truncated", of: "any", "month", "calendar")
      return found.filter { $0[1] == "0" }.map { [$0[0], $0[2]] }
    }
    #expect(truncated(.standard) == [["2024-01-01", "true"], ["2024-04-01", "true"], ["2024-05-01", "false"]])
    let own = try Rulebook.parse(#"{"retention": {"log_starts_with_business": true}}"#)
    #expect(truncated(own).allSatisfy { $0[1] == "false" })
  }

  @Test func `an account's life holds the touches of all its people`() {
    let account: [DetailField: TestTouch.Value] = [.text(.account): .text("acme")]
    let lives = Lives([
      (1, [TestTouch("order.placed", "2024-01-10", .in, account)]),
      (2, [TestTouch("order.placed", "2024-02-10", .in, account), TestTouch("order.placed", "2024-06-10", .in)]),
    ])
    let table = lives.tables([.retention], asOf: asOf)["retention"]!
    let keys = table.texts("unit", "activity", "grain", "clock", "age", "bounded")
    let ours = keys.filter { $0[..<4] == ["account", "order", "month", "calendar"] }.map { Array($0[4...]) }
    #expect(ours.prefix(3) == [["0", "0"], ["1", "1"], ["2", "0"]])
  }

  // MARK: against a loop over an array

  private struct Cell: Hashable {
    var activity: String
    var grain: String
    var clock: String
    var cohort: Int
    var age: Int
  }

  private struct Counts: Equatable {
    var size: Int64 = 0
    var eligible: Int64 = 0
    var bounded: Int64 = 0
    var unbounded: Int64 = 0
    var returnedBy: Int64 = 0
    var isComplete = false
  }

  /// Metrics 3.1, word for word, for one activity, grain and clock.
  private func literal(
    _ lives: Lives, _ activity: String, _ grain: Grain, _ clock: Clock, calendar: LocalCalendar, asOf: Instant
  ) -> [Cell: Counts] {
    func bucket(_ time: Instant) -> Int {
      let day = calendar.dayIndex(of: time)
      switch grain {
      case .day: return Int(day)
      case .week: return Int(calendar.weekIndex(ofDay: day))
      case .month: return Int(calendar.monthIndex(ofDay: day))
      }
    }
    func start(_ bucket: Int) -> Instant {
      switch grain {
      case .day: calendar.dayStart(Int32(bucket))
      case .week: calendar.dayStart(calendar.firstDay(ofWeek: Int32(bucket)))
      case .month: calendar.dayStart(calendar.firstDay(ofMonth: Int32(bucket)))
      }
    }
    func belongs(_ touch: TestTouch) -> Bool {
      switch activity {
      case "order": touch.kind == "order.placed"
      case "contact": touch.direction == .in || touch.direction == .both
      default: true
      }
    }
    let unit: Int64 = 86_400_000_000 * (grain == .day ? 1 : grain == .week ? 7 : 30)
    let ageMax = grain == .day ? 90 : grain == .week ? 104 : Int.max
    var cells: [Cell: Counts] = [:]
    var members: [Int: [(t0: Instant, ages: Set<Int>)]] = [:]
    for (_, touches) in lives.lives {
      let seen = touches.filter { $0.time <= asOf && belongs($0) }
      guard let first = seen.first else { continue }
      var ages: Set<Int> = []
      for touch in seen.dropFirst() {
        let age = clock == .calendar ? bucket(touch.time) - bucket(first.time) : Int((touch.time - first.time) / unit)
        if age == 0, calendar.dayIndex(of: touch.time) == calendar.dayIndex(of: first.time) { continue }
        ages.insert(age)
      }
      members[bucket(first.time), default: []].append((first.time, ages))
    }
    for (cohort, lives) in members {
      let last =
        clock == .calendar ? bucket(asOf) - cohort : max(0, Int((asOf - start(cohort)) / unit))
      for age in 0...min(last, ageMax) {
        var counts = Counts()
        counts.size = Int64(lives.count)
        counts.isComplete =
          clock == .calendar
          ? start(cohort + age + 1) <= asOf : start(cohort + 1) + Int64(age + 1) * unit <= asOf
        for life in lives {
          if life.ages.contains(age) { counts.bounded += 1 }
          if (life.ages.max() ?? -1) >= age { counts.unbounded += 1 }
          if life.ages.contains(where: { $0 >= 1 && $0 <= age }) { counts.returnedBy += 1 }
          let closed = clock == .calendar ? counts.isComplete : life.t0 + Int64(age + 1) * unit <= asOf
          if closed { counts.eligible += 1 }
        }
        let first = grain == .day ? cohort : Int(calendar.dayIndex(of: start(cohort)))
        cells[Cell(activity: activity, grain: grain.rawValue, clock: clock.rawValue, cohort: first, age: age)] = counts
      }
    }
    return cells
  }

  @Test(arguments: ["+14", "-11", "Berlin", "St_Johns", "Lord_Howe"])
  func `every cell is what a loop over an array counts`(zoneName: String) throws {
    let zone =
      switch zoneName {
      case "+14": Zone(offsetSeconds: 14 * 3600)
      case "-11": Zone(offsetSeconds: -11 * 3600)
      default: try Repository.zone(zoneName)
      }
    let seed: UInt64 = 20_240_331
    var generator = SeededGenerator(state: seed)
    let from = at("2023-12-20")
    let span = at("2024-12-10") - from
    let kinds: [(String, Direction)] = [
      ("order.placed", .in), ("status.reported", .out), ("call.handled", .both), ("message.sent", .in),
    ]
    let lives = Lives(
      (1...120).map { customer in
        let begin = from + Int64.random(in: 0..<span, using: &generator)
        let reach = Int64.random(in: 3_600_000_000..<span, using: &generator)
        let touches = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
          let kind = kinds.randomElement(using: &generator)!
          var time = begin + Int64.random(in: 0..<reach, using: &generator)
          // Half of the touches stand exactly on an hour, where days and windows begin.
          if Bool.random(using: &generator) { time = time / 3_600_000_000 * 3_600_000_000 }
          return TestTouch(kind.0, time, kind.1)
        }
        return (UInt32(customer), touches.sorted { $0.time < $1.time })
      })
    for (asOf, weekStart) in [(at("2024-11-03T10:00"), Weekday.monday), (at("2024-10-01"), .sunday)] {
      let calendar = LocalCalendar(zone: zone, weekStart: weekStart)
      var expected: [Cell: Counts] = [:]
      for activity in ["order", "contact", "any"] {
        for grain in Grain.allCases {
          for clock in Clock.allCases {
            expected.merge(literal(lives, activity, grain, clock, calendar: calendar, asOf: asOf)) { $1 }
          }
        }
      }
      let table = lives.tables(
        [.retention], asOf: asOf, zone: zone, weekStart: weekStart, workers: 3, piece: 5)["retention"]!
      let keys = table.texts("activity", "grain", "clock")
      let numbers = ["cohort", "age", "cohort_size", "eligible", "bounded", "unbounded", "returned_by", "complete"].map
      {
        table.numbers($0).map { Int($0!) }
      }
      var found: [Cell: Counts] = [:]
      for row in 0..<table.rowCount {
        let n = numbers.map { $0[row] }
        found[Cell(activity: keys[row][0], grain: keys[row][1], clock: keys[row][2], cohort: n[0], age: n[1])] = Counts(
          size: Int64(n[2]), eligible: Int64(n[3]), bounded: Int64(n[4]), unbounded: Int64(n[5]),
          returnedBy: Int64(n[6]), isComplete: n[7] == 1)
      }
      #expect(found.count == table.rowCount)
      #expect(found.count == expected.count, "\(zoneName), seed \(seed)")
      let wrong = expected.filter { found[$0.key] != $0.value }
      let example = wrong.keys.first
      #expect(wrong.isEmpty, "\(zoneName), seed \(seed): \(String(describing: example))")
    }
  }

  @Test(.enabled(if: CDNOW.isHere)) func `CDNOW's published retention comes out`() throws {
    let rules = try Rulebook.parse(#"{"retention": {"grains": ["month"], "clocks": ["calendar"]}}"#)
    let table = try CDNOW.lives().tables([.retention], asOf: at("1998-06-30"), rulebook: rules, workers: 2)[
      "retention"]!
    let found = rows(table, "cohort", "age", "cohort_size", "bounded", "unbounded", of: "order", "month", "calendar")
    func cells(_ cohort: String, _ ages: ClosedRange<Int>) -> [[Int]] {
      ages.map { age in
        found.first { $0[0] == cohort && $0[1] == "\(age)" }!.dropFirst(2).map { Int($0)! }
      }
    }
    #expect(
      cells("1997-01-01", 1...4) == [[7846, 1157, 3654], [7846, 964, 3357], [7846, 810, 3140], [7846, 679, 2958]])
    #expect(cells("1997-01-01", 17...17) == [[7846, 498, 498]])
    #expect(cells("1997-02-01", 1...2) == [[8476, 1312, 3861], [8476, 980, 3548]])
    #expect(cells("1997-03-01", 1...2) == [[7248, 1032, 3300], [7248, 752, 3016]])
  }
}
