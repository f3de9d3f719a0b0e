import Foundation
import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct PurchaseTests {
  private func order(_ time: String, id: String? = nil, amount: Double? = nil) -> TestTouch {
    touch("order.placed", time, id: id, amount: amount)
  }

  private func touch(_ kind: String, _ time: String, id: String? = nil, amount: Double? = nil) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [:]
    if let id { fields[.text(.subject)] = .text(id) }
    if let amount { fields[.amount] = .number(amount) }
    return TestTouch(kind, time, .in, fields)
  }

  private func rulebook() throws -> Rulebook {
    try Rulebook.parse(#"{"retention": {"log_starts_with_business": true}}"#)
  }

  /// The row that the fold keeps of a life, as days from its first touch, with what the repeats came to.
  private func row(_ touches: [TestTouch]) -> [Int]? {
    let lives = Lives(touches)
    let run = lives.run([.models], asOf: at("2024-12-31"))
    let kinds = Set(touches.map(\.kind)).sorted()
    let strings = Words()
    let fold = run.makeFold(.customer, kinds: kinds, code: strings.code)
    fold.begin(entity: 1)
    lives.hand(touches, run.plan(.customer), kinds, strings) { fold.apply($0) }
    fold.end()
    let low = Int32(run.dayTable.low)
    return fold.purchases!.rows.first.map {
      [Int($0.first - low), Int($0.last - low), Int($0.repeats), Int($0.valued), Int($0.value / 1_000_000)]
    }
  }

  @Test func `orders of a day are one purchase, cancelled ones none, and a correction is what it was worth`() {
    #expect(row([order("2024-01-01", amount: 5)]) == [0, 0, 0, 0, 0])
    #expect(
      row([
        order("2024-01-01", amount: 5), order("2024-01-01T18:00", amount: 7), order("2024-01-11T08:00", amount: 20),
        order("2024-01-11T09:00", id: "a", amount: 30), order("2024-01-15", id: "b", amount: 99),
        touch("order.corrected", "2024-01-16", id: "a", amount: 10), touch("order.cancelled", "2024-01-16", id: "b"),
        order("2024-01-21"),
      ]) == [0, 20, 2, 1, 30])
    #expect(row([order("2024-01-01", id: "b"), touch("order.cancelled", "2024-01-16", id: "b")]) == nil)
  }

  private func outlook(_ lives: [[TestTouch]], asOf: String) throws -> [String: Table] {
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    return Lives(numbered).tables([.customers, .models], asOf: at(asOf), rulebook: try rulebook())
  }

  @Test func `too few customers give no model, and every row says why`() throws {
    let tables = try outlook(
      [
        [order("2024-01-01")], [order("2024-01-01"), order("2024-02-01")],
        [TestTouch("thanks.given", "2024-01-01", .in)],
        [order("2024-01-01"), order("2024-02-01"), TestTouch("relationship.ended", "2024-03-01")],
      ], asOf: "2024-06-01")
    let rows = tables["customers"]!.texts("p_alive", "expected_orders", "expected_value", "p_alive_reason")
    #expect(rows.allSatisfy { $0[..<3] == ["NULL", "NULL", "NULL"] })
    #expect(rows.map { $0[3] } == ["no repeat yet", "too little data", "no orders", "ended"])
    let fits = tables["models"]!.texts("model", "n", "value", "converged", "note").filter { Self.isPurchases($0[0]) }
    #expect(Set(fits.map { Array($0[2...]) }) == [["NULL", "false", "too little data"]])
    #expect(fits.map { $0[1] } == Array(repeating: "3", count: 5) + Array(repeating: "0", count: 6))
  }

  @Test func `accounts that buy have models of their own`() throws {
    func order(_ time: String, _ account: String?) -> TestTouch {
      TestTouch("order.placed", time, .in, account.map { [.text(.account): .text($0)] } ?? [:])
    }
    // Two people of one account buy on the same day, and one a month later: one repeat.
    let lives = [
      [order("2024-01-01", "A"), order("2024-02-01", "A")], [order("2024-01-01", "A")], [order("2024-01-01", "B")],
      [order("2024-01-01", nil)],
    ]
    let models = try outlook(lives, asOf: "2024-06-01")["models"]!.texts("model", "parameter", "n", "note")
    let counts = models.filter { ["r", "p"].contains($0[1]) }.map { [$0[0], $0[2], $0[3]] }
    #expect(
      counts == [
        ["bg_nbd", "4", "too little data"], ["bg_nbd accounts", "2", "too little data"],
        ["gamma_gamma", "0", "too little data"], ["gamma_gamma accounts", "0", "too little data"],
      ])
    let alone = try outlook([[order("2024-01-01", nil)]], asOf: "2024-06-01")["models"]!.texts("model")
    #expect(!alone.contains { $0[0].hasSuffix("accounts") })
  }

  private static func isPurchases(_ model: String) -> Bool { model == "bg_nbd" || model == "gamma_gamma" }

  @Test func `without orders there is a reason instead of a model`() throws {
    let tables = try outlook([[TestTouch("thanks.given", "2024-01-01", .in)]], asOf: "2024-06-01")
    let rows = tables["models"]!.texts("model", "value", "note").filter { Self.isPurchases($0[0]) }
    #expect(Set(rows.map { Array($0[1...]) }) == [["NULL", "no order.placed events"]])
  }

  @Test func `the chance to leave within 90 days is that of those who stayed as long`() throws {
    // As of day 366. Of four who stayed 100 days one leaves on day 150 and one on day 300; a fifth came 100 days ago.
    func start(_ time: String) -> TestTouch { TestTouch("relationship.started", time, .in) }
    let lives = [
      [start("2024-01-01")], [start("2024-01-01")],
      [start("2024-01-01"), TestTouch("relationship.ended", "2024-05-30")],
      [start("2024-01-01"), TestTouch("relationship.ended", "2024-10-27")],
      [start("2024-09-23")],
      [
        start("2024-09-23"), TestTouch("relationship.ended", "2024-09-24"),
        TestTouch("relationship.resumed", "2024-09-25", .in),
      ],
    ]
    let table = try outlook(lives, asOf: "2025-01-01")["customers"]!
    #expect(
      table.texts("p_end_90d", "p_end_reason") == [
        ["NULL", "nobody seen that long"], ["NULL", "nobody seen that long"], ["NULL", "ended"], ["NULL", "ended"],
        ["0.25", "NULL"], ["NULL", "back after an end"],
      ])
  }

  // MARK: CDNOW

  private func value(_ models: Table, _ model: String, _ parameter: String, _ column: String = "value") -> Double {
    let row = models.texts("model", "parameter").firstIndex(of: [model, parameter])!
    return models.reals(column)[row] ?? .nan
  }

  @Test(.enabled(if: CDNOW.isHere), arguments: [1, 3])
  func `on CDNOW the fits are the published ones`(workers: Int) throws {
    let tables = try CDNOW.sample().tables(
      [.customers, .models], asOf: at("1997-09-30"), rulebook: try rulebook(), workers: workers)
    let models = tables["models"]!
    for (parameter, golden) in [("r", 0.2425945), ("alpha", 4.4136022), ("a", 0.7929219), ("b", 2.4259062)] {
      #expect(abs(value(models, "bg_nbd", parameter) / golden - 1) < 1e-4, "\(parameter)")
    }
    #expect(abs(value(models, "bg_nbd", "r", "log_likelihood") + 9582.429207) < 1e-5)
    for (parameter, golden) in [("p", 6.24880), ("q", 3.74459), ("gamma", 15.44775), ("population_mean", 35.171)] {
      #expect(abs(value(models, "gamma_gamma", parameter) / golden - 1) < 2e-3, "\(parameter)")
    }
    #expect(abs(value(models, "gamma_gamma", "correlation") - 0.114) < 5e-3)
    let rows = models.texts("model", "n", "converged").filter { Self.isPurchases($0[0]) }
    #expect(rows.map { $0[1] } == Array(repeating: "2357", count: 5) + Array(repeating: "946", count: 6))
    #expect(rows.allSatisfy { $0[2] == "true" })
    #expect(value(models, "bg_nbd", "gradient_norm") < 1e-6)
    let customers = tables["customers"]!
    let reasons = customers.texts("p_alive_reason").map { $0[0] }
    #expect(reasons.filter { $0 == "no repeat yet" }.count == 1411)
    #expect(reasons.filter { $0 == "NULL" }.count == 946)
    for chance in customers.reals("p_alive").compactMap(\.self) { #expect(chance > 0 && chance < 1) }
    // Nobody expects more orders than 90 days of the most eager one's pace.
    #expect(customers.reals("expected_orders").compactMap(\.self).allSatisfy { $0 >= 0 && $0 < 15 })
    let (noOrder, alive) = (customers.reals("p_no_order_90d"), customers.reals("p_alive"))
    #expect(zip(noOrder, alive).allSatisfy { $0 == nil || $0! >= 1 - $1! })
    #expect(customers.reals("expected_value").compactMap(\.self).count == 946)
  }
}
