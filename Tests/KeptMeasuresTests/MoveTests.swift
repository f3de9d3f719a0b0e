import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

/// Lives of touches that speak in all three lists, by chance.
func talkingLives(_ count: Int, seed: UInt64, from: String, to: String, accounts: Bool = false) -> Lives {
  var generator = SeededGenerator(state: seed)
  let kinds = [
    "order.placed", "care.given", "thanks.given", "survey.answered", "order.corrected", "referral.made",
    "burden.imposed", "case.reopened",
  ]
  return Lives(
    (1...count).map { customer in
      let touches = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
        var fields: [DetailField: TestTouch.Value] = [
          .score: .number(Double(Int.random(in: 1...5, using: &generator))), .dataNumber("our_fault"): .flag(true),
        ]
        if accounts { fields[.text(.account)] = .text("a\(customer % 3)") }
        return TestTouch(
          kinds.randomElement(using: &generator)!, at(from) + Int64.random(in: 0..<at(to) - at(from), using: &generator),
          .absent, fields)
      }
      return (UInt32(customer), touches.sorted { $0.time < $1.time })
    })
}

@Suite struct MoveTests {
  private func moves(_ lives: Lives, asOf: String) -> [[String]] {
    lives.tables([.moves], asOf: at(asOf))["moves"]!
      .texts("unit", "period", "from_quadrant", "to_quadrant", "customers")
      .filter { $0[0] == "customer" }.map { Array($0.dropFirst()) }
  }

  @Test func `a customer whom we care for and who orders is mutual, until both fade`() {
    // P 1 of each list fades below the index of 10 after 105 d, and into silence after 180.
    let lives = Lives([TestTouch("care.given", "2024-01-10"), TestTouch("order.placed", "2024-01-10")])
    #expect(
      moves(lives, asOf: "2025-01-01") == [
        ["2024-01-01", "unknown", "mutual", "1"],
        ["2024-02-01", "mutual", "mutual", "1"],
        ["2024-03-01", "mutual", "mutual", "1"],
        ["2024-04-01", "mutual", "unknown", "1"],
        ["2024-05-01", "unknown", "unknown", "1"],
        ["2024-06-01", "unknown", "unknown", "1"],
        ["2024-07-01", "unknown", "unknown", "1"],
      ])
  }

  @Test func `the means are of those who have an index, and keep their parts`() {
    // One order at the very start of the as-of day: index 20.
    let lives = Lives([(1, [TestTouch("order.placed", "2024-01-10")]), (2, [TestTouch("care.given", "2024-01-10")])])
    let table = lives.tables([.moves], asOf: at("2024-01-10"))["moves"]!
    #expect(
      table.texts("unit", "customers", "they_mean", "they_mean_num", "they_mean_den", "we_mean_den", "complete") == [
        ["customer", "2", "20.0", "20.0", "1", "1", "false"]
      ])
  }

  @Test func `at the end of every month the quadrants are those of a replay as of then`() throws {
    let lives = talkingLives(40, seed: 21, from: "2023-01-01", to: "2024-03-01")
    let rows = moves(lives, asOf: "2024-06-15")
    let calendar = LocalCalendar(zone: .utc, weekStart: .monday)
    for month in Int32(12 * 2023)...Int32(12 * 2024 + 5) {
      let period = date(calendar.firstDay(ofMonth: month))
      let end = min(calendar.dayStart(calendar.firstDay(ofMonth: month + 1)) - 1, at("2024-06-15"))
      var expected: [String: Int] = [:]
      let customers = Lives(lives.lives.filter { $0.touches[0].time <= end }).tables([.customers], asOf: end)["customers"]!
      for row in customers.texts("we_index", "they_index", "quadrant") where row[0] != "NULL" || row[1] != "NULL" {
        expected[row[2], default: 0] += 1
      }
      var found: [String: Int] = [:]
      for row in rows where row[0] == period && row[2] != "unknown" { found[row[2], default: 0] += Int(row[3])! }
      expected["unknown"] = nil
      #expect(found == expected, "\(period)")
    }
  }

  @Test func `an account moves by the touches that name it`() {
    let lives = Lives([
      (1, [TestTouch("care.given", "2024-01-10", .absent, [.text(.account): .text("A")])]),
      (2, [TestTouch("order.placed", "2024-01-10", .absent, [.text(.account): .text("A")])]),
    ])
    let table = lives.tables([.moves], asOf: at("2024-01-10"))["moves"]!
    #expect(
      table.texts("unit", "from_quadrant", "to_quadrant", "customers") == [
        ["account", "unknown", "mutual", "1"], ["customer", "unknown", "unknown", "2"],
      ])
  }

  @Test func `neither the workers nor the pieces of a life change a count`() {
    let lives = talkingLives(60, seed: 5, from: "2022-01-01", to: "2024-06-01", accounts: true)
    let whole = lives.tables([.moves], asOf: at("2024-07-01"))["moves"]!
    let parts = lives.tables([.moves], asOf: at("2024-07-01"), workers: 5, piece: 2)["moves"]!
    for column in whole.schema.columns { #expect(whole.texts(column.name) == parts.texts(column.name)) }
  }
}
