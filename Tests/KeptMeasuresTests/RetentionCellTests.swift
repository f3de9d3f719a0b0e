import Foundation
import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// What a cell of retention says beyond its counts: revenue, ranges of ages, means over cohorts, and those from before the
/// log.
@Suite struct RetentionCellTests {
  private let asOf = at("2024-07-01")

  private func order(_ time: String, _ amount: Double? = nil, currency: String? = nil, id: String? = nil) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [:]
    if let amount { fields[.amount] = .number(amount) }
    if let currency { fields[.text(.currency)] = .text(currency) }
    if let id { fields[.text(.subject)] = .text(id) }
    return TestTouch("order.placed", time, .in, fields)
  }

  private func start(_ time: String, since: String) -> TestTouch {
    TestTouch("relationship.started", time, .in, [.dataText("since"): .text(since)])
  }

  private func business(_ more: String = "") throws -> Rulebook {
    try Rulebook.parse(#"{"retention": {"log_starts_with_business": true\#(more)}}"#)
  }

  private func make(
    _ lives: [[TestTouch]], rulebook: Rulebook = .standard, workers: Int = 1
  ) -> [String: Table] {
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    return Lives(numbered).tables(
      [.retention, .retentionBrackets, .retentionMeans], asOf: asOf, rulebook: rulebook, workers: workers)
  }

  /// Columns of the customers' monthly rows on the calendar clock.
  private func rows(_ table: Table, _ activity: String, _ columns: String...) -> [[String]] {
    let keys = table.texts("unit", "activity", "grain", "clock")
    let cells = columns.map { table.texts($0) }
    return keys.indices.filter { keys[$0] == ["customer", activity, "month", "calendar"] }.map { row in
      cells.map { $0[row][0] }
    }
  }

  @Test(arguments: [1, 2, 4])
  func `who is said to have begun before the log belongs to none of its cohorts`(workers: Int) throws {
    // The log begins on 2024-01-05; whoever began that day began with it.
    let lives = [
      [start("2024-01-20", since: "2024-01-05"), order("2024-02-02")],
      [TestTouch("case.opened", "2024-02-10", .in), start("2024-02-12", since: "2019-05-01"), order("2024-03-05")],
      [start("2024-03-01", since: "2024-02-10")], [order("2024-01-05T10:00")],
      [start("2024-05-01", since: "2024-01-04T23:59:00Z")],
    ]
    let table = make(lives, rulebook: try business(), workers: workers)["retention"]!
    let found = rows(
      table, "contact", "cohort", "age", "cohort_size", "eligible", "bounded", "complete", "left_truncated")
    // They were first seen in February and May: ages from then on, complete as far as both were watched.
    #expect(
      found.filter { $0[0] == "NULL" } == [
        ["NULL", "0", "2", "2", "1", "true", "true"], ["NULL", "1", "2", "2", "1", "true", "true"],
        ["NULL", "2", "2", "1", "0", "false", "true"], ["NULL", "3", "2", "1", "0", "false", "true"],
        ["NULL", "4", "2", "1", "0", "false", "true"], ["NULL", "5", "2", "0", "0", "false", "true"],
      ])
    let sizes = found.filter { $0[1] == "0" }.map { [$0[0], $0[2], $0[6]] }
    #expect(sizes == [["NULL", "2", "true"], ["2024-01-01", "2", "false"], ["2024-03-01", "1", "false"]])
  }

  @Test func `a range of ages counts who returned at any of them, and is complete with its last`() throws {
    let rules = try business(#", "brackets": {"month": [[1, 2], [3, 5], [4, 6], [7, 12]]}"#)
    let lives = [
      ["2024-01-03", "2024-02-04", "2024-03-04", "2024-07-01"], ["2024-01-10", "2024-05-02"], ["2024-01-20"],
    ].map { $0.map { order($0) } }
    let table = make(lives, rulebook: rules)["retention_brackets"]!
    #expect(
      rows(
        table, "order", "age_from", "age_to", "cohort_size", "eligible", "returned", "rate", "rate_so_far", "complete") == [
        ["1", "2", "3", "3", "1", "\(1 / 3.0)", "\(1 / 3.0)", "true"],
        ["3", "5", "3", "3", "1", "\(1 / 3.0)", "\(1 / 3.0)", "true"],
        // The first day of the seventh month has only begun, and somebody has returned on it already.
        ["4", "6", "3", "0", "2", "NULL", "\(2 / 3.0)", "false"],
      ])
    #expect(throws: RulebookError.self) { try Rulebook.parse(#"{"retention": {"brackets": {"day": [[31, 91]]}}}"#) }
    #expect(throws: RulebookError.self) { try Rulebook.parse(#"{"retention": {"brackets": {"day": [[3, 2]]}}}"#) }
  }

  @Test func `every cell says what its members paid then`() throws {
    let lives = [
      [
        order("2024-01-03", 100, id: "a"), order("2024-01-20", 20), order("2024-03-01", 7, id: "b"),
        TestTouch("order.corrected", "2024-04-02", .out, [.text(.subject): .text("b"), .amount: .number(9)]),
        TestTouch("return.credited", "2024-04-09", .out, [.amount: .number(30)]),
      ],
      [order("2024-01-31", 5.5), order("2024-02-01", 4, id: "c"), order("2024-03-05", id: "d")]
        + [TestTouch("order.cancelled", "2024-03-06", .in, [.text(.subject): .text("c")])],
    ]
    let table = make(lives)["retention"]!
    #expect(rows(table, "order", "revenue").map { $0[0] } == ["125.5", "0.0", "9.0", "-30.0", "0.0", "0.0", "0.0"])
    // 30 days from the start: the order of 20 comes after 17 days, the one of 9 after 58, the credit after 97.
    let rolling = zip(table.texts("unit", "activity", "grain", "clock"), table.texts("revenue"))
      .filter { $0.0 == ["customer", "order", "month", "rolling"] }.map { $0.1[0] }
    #expect(rolling == ["125.5", "9.0", "0.0", "-30.0", "0.0", "0.0", "0.0"])
    let off = make(lives, rulebook: try business(#", "revenue": false"#))["retention"]!
    #expect(off.texts("revenue").allSatisfy { $0 == ["NULL"] })
  }

  @Test func `without a rate of exchange a cell has no revenue, and without amounts none has`() throws {
    let table = make([[order("2024-01-03", 100), order("2024-03-20", 20, currency: "XAU")]])["retention"]!
    #expect(
      rows(table, "order", "revenue").map { $0[0] } == ["100.0", "0.0", "NULL", "0.0", "0.0", "0.0", "0.0"])
    let plain = make([[order("2024-01-03"), order("2024-03-20")]])["retention"]!
    #expect(plain.texts("revenue").allSatisfy { $0 == ["NULL"] })
  }

  @Test func `a cell says how many complete ages follow, and its share so far while it is open`() throws {
    let table = make([[order("2024-01-03"), order("2024-07-01")], [order("2024-01-03"), order("2024-05-02")]])["retention"]!
    #expect(
      rows(table, "order", "age", "horizon_left", "rate_so_far", "bounded_rate") == [
        ["0", "5", "0.0", "0.0"], ["1", "4", "0.0", "0.0"], ["2", "3", "0.0", "0.0"], ["3", "2", "0.0", "0.0"],
        ["4", "1", "0.5", "0.5"], ["5", "0", "0.0", "0.0"], ["6", "NULL", "0.5", "NULL"],
      ])
  }

  @Test func `means over cohorts: by members, by cohorts, and over the same cohorts at every age`() throws {
    // February: two, one of whom is back in March and June. April: four, one back in May. June: one, nobody back.
    let lives =
      [["2024-02-03", "2024-03-03", "2024-06-03"], ["2024-02-10"], ["2024-04-05", "2024-05-05"]]
      + [["2024-04-05"], ["2024-04-06"], ["2024-04-07"], ["2024-06-10"]]
    let rules = try business(#", "means_through": {"month": 3}"#)
    let table = make(lives.map { $0.map { order($0) } }, rulebook: rules)["retention_means"]!
    let found = rows(
      table, "order", "age", "n_cohorts", "eligible", "bounded", "unbounded", "bounded_weighted", "bounded_simple",
      "bounded_fixed", "n_fixed_cohorts")
    #expect(
      found == [
        ["0", "3", "7", "0", "2", "0.0", "0.0", "0.0", "1"],
        ["1", "2", "6", "2", "2", "\(2 / 6.0)", "0.375", "0.5", "1"],
        ["2", "2", "6", "0", "1", "0.0", "0.0", "0.0", "1"],
        ["3", "1", "2", "0", "1", "0.0", "0.0", "0.0", "1"],
        ["4", "1", "2", "1", "1", "0.5", "0.5", "NULL", "NULL"],
      ])
    #expect(
      rows(table, "order", "unbounded_weighted", "unbounded_simple", "unbounded_fixed") == [
        ["\(2 / 7.0)", "0.25", "0.5"], ["\(2 / 6.0)", "0.375", "0.5"], ["\(1 / 6.0)", "0.25", "0.5"],
        ["0.5", "0.5", "0.5"], ["0.5", "0.5", "NULL"],
      ])
    // The first 90 days of a log say nothing of the business: only the cohort of June is left.
    let standard = make(lives.map { $0.map { order($0) } })["retention_means"]!
    #expect(rows(standard, "order", "age", "eligible") == [["0", "1"]])
  }
}
