import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct StandingTests {
  private func touch(
    _ kind: String, _ time: String, _ direction: Direction = .absent, _ fields: [DetailField: TestTouch.Value] = [:]
  ) -> TestTouch { TestTouch(kind, time, direction, fields) }

  /// The firm's rows of a measure: month, numerator, denominator, value, reason.
  private func rows(_ name: String, _ lives: Lives, asOf: String) -> [[String]] {
    lives.tables([.measures], asOf: at(asOf))["measures"]!
      .texts("measure", "grain", "period", "num", "den", "value", "reason")
      .filter { $0[0] == name && $0[1] == "firm" }.map { Array($0.dropFirst(2)) }
  }

  /// Ten customers order; we care for three of them, and two of those are a good fit.
  private let ten = Lives(
    (1...10).map { customer in
      var touches = [TestTouch("order.placed", "2024-06-28")]
      if customer <= 3 {
        touches.append(TestTouch("care.given", "2024-06-28"))
        touches.append(
          TestTouch("fit.assessed", "2024-06-28", .absent, [.score: .number(customer <= 2 ? 0.7 : 0.69)]))
      }
      return (UInt32(customer), touches)
    })

  @Test func `the A list is mutual and fits, of all who were in touch in the month`() {
    #expect(rows("a_list_share", ten, asOf: "2024-06-30") == [["2024-06-01", "2.0", "10.0", "0.2", "NULL"]])
    #expect(rows("mutual_share", ten, asOf: "2024-06-30") == [["2024-06-01", "3.0", "10.0", "0.3", "NULL"]])
  }

  @Test func `without an assessment there is no A list, and it says why`() {
    let lives = Lives([touch("order.placed", "2024-06-28")])
    #expect(rows("a_list_share", lives, asOf: "2024-06-30") == [["NULL", "NULL", "NULL", "NULL", "no fit.assessed events"]])
  }

  @Test func `the poor state is that of accounts, or of customers where nobody names one`() {
    func life(_ account: String?, isPoor: Bool) -> [TestTouch] {
      var fields: [DetailField: TestTouch.Value] = [.dataNumber("our_fault"): .flag(true)]
      if let account { fields[.text(.account)] = .text(account) }
      let said = isPoor ? ["order.corrected", "burden.imposed"] : ["care.given", "thanks.given"]
      return (said + ["info.sought"]).map { touch($0, "2024-06-28", .absent, fields) }
    }
    let accounts = Lives([(1, life("A", isPoor: true)), (2, life("B", isPoor: false)), (3, life("B", isPoor: false))])
    #expect(rows("poor_state_share", accounts, asOf: "2024-06-30") == [["2024-06-01", "1.0", "2.0", "0.5", "NULL"]])
    let people = Lives([(1, life(nil, isPoor: true)), (2, life(nil, isPoor: false)), (3, life(nil, isPoor: false))])
    #expect(
      rows("poor_state_share", people, asOf: "2024-06-30").map { [$0[1], $0[2], $0[4]] } == [
        ["1.0", "3.0", "of customers: no touch carries an account"]
      ])
  }

  @Test func `a crisis is compared with all months outside it`() {
    let declared = touch(
      "period.declared", "2024-02-01", .absent,
      [.dataText("period_kind"): .text("crisis"), .dataText("until"): .text("2024-03-01T00:00:00Z")])
    let lives = Lives([
      (0, [declared]),
      (1, [
          touch("care.given", "2024-01-20"),
          touch("order.corrected", "2024-02-10", .absent, [.dataNumber("our_fault"): .flag(true)]),
        touch("care.given", "2024-03-10"),
      ]),
    ])
    let means = rows("we_index_mean", lives, asOf: "2024-03-31").map { Double($0[3])! }
    #expect(means.count == 3)
    let found = rows("crisis_care_gap", lives, asOf: "2024-03-31")
    #expect(found.map { $0[0] } == ["2024-02-01"])
    #expect(abs(Double(found[0][3])! - (means[1] - (means[0] + means[2]) / 2)) < 1e-5)
    #expect(rows("crisis_care_gap", ten, asOf: "2024-06-30").map { $0[4] } == ["no period.declared events"])
  }

  @Test func `the love gap is what we think we did less what they felt`() {
    // Care is P 1: 20. A rating of 1 of 5 is N 2: −33.3.
    let lives = Lives([
      (1, [touch("care.given", "2024-06-30"), touch("survey.answered", "2024-06-30", .absent, [.score: .number(1)])]),
      (2, [touch("care.given", "2024-06-30")]),
    ])
    let table = lives.tables([.customers], asOf: at("2024-06-30"))["customers"]!
    #expect(table.reals("love_gap").map { $0.map { ($0 * 10).rounded() / 10 } } == [53.3, nil])
    #expect(rows("love_gap", lives, asOf: "2024-06-30").map { $0[2] } == ["1.0"])
  }

  @Test func `neither the workers nor the pieces of a life change a digit`() {
    let lives = talkingLives(50, seed: 13, from: "2023-01-01", to: "2024-06-01", accounts: true)
    let whole = lives.tables([.measures], asOf: at("2024-07-01"))["measures"]!
    let parts = lives.tables([.measures], asOf: at("2024-07-01"), workers: 4, piece: 2)["measures"]!
    for column in whole.schema.columns { #expect(whole.texts(column.name) == parts.texts(column.name)) }
  }
}
