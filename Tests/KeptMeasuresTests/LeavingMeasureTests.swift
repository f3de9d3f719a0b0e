import KeptFormat
import KeptReplay
import KeptSnapshot
import KeptStatistics
import Testing

@testable import KeptMeasures

/// Which offerings are left, what is lost with those who leave, and what orders to come are worth.
@Suite struct LeavingMeasureTests {
  private func start(_ time: String, _ offering: String) -> TestTouch {
    TestTouch("relationship.started", time, .in, [.dataText("offering"): .text(offering)])
  }

  private func end(_ time: String, _ offering: String? = nil) -> TestTouch {
    TestTouch(
      "relationship.ended", time, .absent,
      [.dataText("ended_by"): .text("customer")].merging(offering.map { [.dataText("offering"): .text($0)] } ?? [:]) { $1 })
  }

  private func order(_ time: String, _ amount: Double) -> TestTouch {
    TestTouch("order.placed", time, .in, [.amount: .number(amount)])
  }

  private func business() throws -> Rulebook {
    try Rulebook.parse(#"{"retention": {"log_starts_with_business": true}}"#)
  }

  private func measures(_ lives: [[TestTouch]], asOf: String, workers: Int = 1) throws -> Table {
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    return Lives(numbered).tables([.measures], asOf: at(asOf), rulebook: try business(), workers: workers)["measures"]!
  }

  private func rows(_ table: Table, _ measure: String, _ columns: String...) -> [[String]] {
    let names = table.texts("measure")
    let cells = columns.map { table.texts($0) }
    return names.indices.filter { names[$0] == [measure] }.map { row in cells.map { $0[row][0] } }
  }

  @Test(arguments: [1, 3]) func `of those who had an offering when a month began, some have left it when it ends`(
    workers: Int
  ) throws {
    let lives =
      (1...6).map { _ in [start("2024-01-10", "repair")] }
      + [
        [start("2024-01-10", "repair"), end("2024-02-05", "repair")],
        // An end that names nothing ends everything.
        [start("2024-01-10", "repair"), start("2024-01-10", "lease"), end("2024-02-06")],
        // Back by the end of the month; came and gone within it; left another thing.
        [start("2024-01-10", "repair"), end("2024-02-05", "repair"), start("2024-02-20", "repair")],
        [start("2024-02-03", "repair"), end("2024-02-08")],
        [start("2024-01-10", "repair"), end("2024-03-05", "lease")],
      ] + (1...9).map { _ in [start("2024-01-12", "lease")] }
    let table = try measures(lives, asOf: "2024-03-20", workers: workers)
    #expect(
      rows(table, "defection", "grain", "entity", "period", "num", "den", "value", "reason") == [
        ["offering", "lease", "2024-02-01", "1.0", "10.0", "0.1", "NULL"],
        ["offering", "lease", "2024-03-01", "NULL", "NULL", "NULL", "the month is not over"],
        ["offering", "repair", "2024-02-01", "2.0", "10.0", "0.2", "NULL"],
        ["offering", "repair", "2024-03-01", "NULL", "NULL", "NULL", "the month is not over"],
      ])
    let prior = try BetaPrior.byMoments([(1, 10), (2, 10)]).get()
    #expect(
      rows(table, "defection_shrunken", "entity", "value").filter { $0[1] != "NULL" } == [
        ["lease", "\(prior.shrunkenRate(events: 1, count: 10))"], ["repair", "\(prior.shrunkenRate(events: 2, count: 10))"],
      ])
    // Two tens do not differ by more than chance makes them: both are drawn to the mean of all, and share the place.
    #expect(prior.shrunkenRate(events: 1, count: 10) == 0.15)
    #expect(rows(table, "defection_rank", "value").filter { $0 != ["NULL"] } == [["1.0"], ["1.0"]])
  }

  @Test func `an offering that is left most comes first`() throws {
    func lives(_ offering: String, _ staying: Int, _ leaving: Int) -> [[TestTouch]] {
      (0..<staying).map { _ in [start("2024-01-10", offering)] }
        + (0..<leaving).map { _ in [start("2024-01-10", offering), end("2024-02-10", offering)] }
    }
    let table = try measures(
      lives("cleaning", 60, 0) + lives("lease", 20, 30) + lives("repair", 50, 10), asOf: "2024-03-01")
    #expect(
      rows(table, "defection_rank", "entity", "value").filter { $0[1] != "NULL" } == [
        ["cleaning", "3.0"], ["lease", "1.0"], ["repair", "2.0"],
      ])
    let shrunken = rows(table, "defection_shrunken", "value").compactMap { Double($0[0]) }
    #expect(shrunken[0] > 0 && shrunken[1] < 0.6 && shrunken[2] > 1 / 6.0)
  }

  @Test func `what is lost with who leaves is what they paid in a year, and what they would have paid`() throws {
    let lives = [
      [
        order("2023-05-01", 100), order("2023-08-01", 40), order("2024-06-01", 60),
        TestTouch("return.credited", "2024-06-05", .out, [.amount: .number(10)]), end("2024-06-10"),
      ],
      [end("2024-04-02")],
    ]
    let table = try measures(lives, asOf: "2024-06-30")
    #expect(
      rows(table, "lost_revenue_12m", "period", "value").suffix(3) == [
        ["2024-04-01", "0.0"], ["2024-05-01", "0.0"], ["2024-06-01", "90.0"],
      ])
    #expect(
      rows(table, "lost_value", "period", "value", "reason").suffix(3) == [
        ["2024-04-01", "0.0", "NULL"], ["2024-05-01", "0.0", "NULL"], ["2024-06-01", "NULL", "too little data"],
      ])
    let kept = try measures([[order("2023-05-01", 100)]], asOf: "2024-06-30")
    #expect(rows(kept, "lost_value", "period", "value", "reason") == [["NULL", "NULL", "no relationship.ended events"]])
  }

  @Test func `how many will leave stands in the month of the as-of instant`() throws {
    let lives = [
      [start("2024-01-01", "a"), end("2024-05-30")], [start("2024-01-01", "a")], [start("2024-09-23", "a")],
      [TestTouch("message.sent", "2025-01-01", .out)],
    ]
    let table = try measures(lives, asOf: "2025-01-01")
    #expect(rows(table, "expected_leavers", "grain", "period", "value") == [["firm", "2025-01-01", "0.5"]])
    #expect(rows(table, "expected_leavers_sd", "value") == [["0.5"]])
  }

  @Test func `an order that is cancelled after they left was still placed when they did`() throws {
    func named(_ kind: String, _ time: String, _ amount: Double? = nil) -> TestTouch {
      TestTouch(
        kind, time, .in,
        [.dataText("order_id"): .text("a")].merging(amount.map { [.amount: .number($0)] } ?? [:]) { $1 })
    }
    func lost(cancelled: String) throws -> [[String]] {
      let life = [named("order.placed", "2024-05-01", 50), end("2024-06-10"), named("order.cancelled", cancelled)]
      let table = try measures([life.sorted { $0.time < $1.time }], asOf: "2024-06-30")
      return ["lost_revenue_12m", "lost_residual"].map { rows(table, $0, "value", "reason").last! }
    }
    // Whoever bought may have bought again, which nobody can tell from so little; whoever did not would not have.
    #expect(try lost(cancelled: "2024-06-11") == [["50.0", "NULL"], ["NULL", "too little data"]])
    #expect(try lost(cancelled: "2024-06-09") == [["0.0", "NULL"], ["0.0", "NULL"]])
    // On the day itself it is gone with them, but the day before it stood.
    #expect(try lost(cancelled: "2024-06-10") == [["0.0", "NULL"], ["NULL", "too little data"]])
  }

  @Test func `what was lost, and is to be expected, stands in its month beside the other measures`() throws {
    let lives = [
      [start("2024-01-01", "a"), order("2024-02-01", 30), end("2024-05-30")], [start("2024-01-01", "a")],
      [start("2024-09-23", "a")], [TestTouch("message.sent", "2025-01-01", .out)],
    ]
    let tables = Lives(lives.enumerated().map { (UInt32($0.offset + 1), $0.element) }).tables(
      [.months, .measures, .dictionary], asOf: at("2025-01-01"), rulebook: try business())
    let months = tables["months"]!.texts("period", "lost_revenue_12m", "expected_leavers", "expected_leavers_sd")
    #expect(months[4] == ["2024-05-01", "30.0", "NULL", "NULL"])
    #expect(months.last == ["2025-01-01", "0.0", "0.5", "0.5"])
    // Offerings have no table of their own, so the dictionary lists what is told of them under `measures`.
    let documented = Set(tables["dictionary"]!.texts("table_name", "column_name"))
    #expect(documented.contains(["months", "lost_revenue_12m"]) && !documented.contains(["measures", "lost_revenue_12m"]))
    #expect(documented.contains(["measures", "defection"]))
  }

  @Test func `a margin is what the ledger says it costs, what the rulebook says, or 1`() throws {
    func margin(_ touches: [TestTouch], _ rules: String = "{}") throws -> [String] {
      let table = Lives(touches + [order("2024-05-01", 1)]).tables(
        [.models], asOf: at("2024-06-30"), rulebook: try Rulebook.parse(rules))["models"]!
      return table.texts("model", "parameter", "value", "note").first { $0[..<2] == ["value", "margin"] }!.suffix(2).map(\.self)
    }
    func money(_ kind: String, _ amount: Double) -> TestTouch {
      TestTouch(kind, "2024-04-01", .absent, [.amount: .number(amount)])
    }
    #expect(try margin([]) == ["1.0", "no cost is recorded: revenue stands for value"])
    #expect(try margin([money("effort.spent", 30)]) == ["1.0", "no payments: revenue stands for value"])
    #expect(
      try margin([money("payment.received", 100), money("effort.spent", 30), money("charge.written_off", 10)])
        == ["0.6", "(payments − effort but to acquire − written off) / payments of the whole ledger"])
    // Those whose orders are to come have been won.
    var won = money("effort.spent", 50)
    won.fields[.dataText("effort")] = .text("acquire")
    #expect(try margin([money("payment.received", 100), money("charge.written_off", 10), won])[0] == "0.9")
    #expect(try margin([], #"{"value": {"margin": 0.4}}"#) == ["0.4", "from the rulebook"])
    #expect(throws: RulebookError.self) { try Rulebook.parse(#"{"value": {"margin": "ours"}}"#) }
  }

  @Test(.enabled(if: CDNOW.isHere)) func `on CDNOW what is lost is what the models expect the day before`() throws {
    var lives = try CDNOW.sample()
    let place = lives.lives.firstIndex { life in
      Set(life.touches.filter { $0.time < at("1997-09-20") }.map(\.time)).count == 4
    }!
    lives.lives[place].touches.removeAll { $0.time > at("1997-09-20") }
    lives.lives[place].touches.append(end("1997-09-25"))
    let tables = lives.tables([.measures, .models], asOf: at("1997-09-30"), rulebook: try business(), workers: 2)
    let models = tables["models"]!
    let keys = models.texts("model", "parameter")
    func fitted(_ model: String, _ parameter: String) -> Double {
      models.reals("value")[keys.firstIndex(of: [model, parameter])!]!
    }
    let bgnbd = BGNBD(
      r: fitted("bg_nbd", "r"), alpha: fitted("bg_nbd", "alpha"), a: fitted("bg_nbd", "a"), b: fitted("bg_nbd", "b"))
    let spending = GammaGamma(
      p: fitted("gamma_gamma", "p"), q: fitted("gamma_gamma", "q"), gamma: fitted("gamma_gamma", "gamma"))
    let touches = lives.lives[place].touches.dropLast()
    let day: Int64 = 86_400_000_000
    let times = Set(touches.map(\.time)).sorted()
    let history = PurchaseHistory(
      frequency: 3, recency: Double((times[3] - times[0]) / day) / 7, age: Double((at("1997-09-24") - times[0]) / day) / 7)
    func amount(_ touch: TestTouch) -> Double { if case .number(let amount)? = touch.fields[.amount] { amount } else { 0 } }
    let repeats = touches.filter { $0.time > times[0] }.reduce(0) { $0 + amount($1) } / 3
    let each = try spending.expectedValue(of: GammaGamma.Spending(frequency: 3, meanValue: repeats)).get()
    var (before, expected) = (0.0, 0.0)
    for quarter in 1...4 {
      let total = try bgnbd.expectedPurchases(within: 365.0 * Double(quarter) / 4 / 7, after: history).get()
      let years = (Double(quarter) - 0.5) / 4
      expected += (total - before) * each / SpecialFunctions.exp(SpecialFunctions.ln(1.1) * years)
      before = total
    }
    let table = tables["measures"]!
    let residual = Double(rows(table, "lost_residual", "value").last![0])!
    #expect(abs(residual / expected - 1) < 1e-6, "\(residual) \(expected)")
    let paid = touches.reduce(0) { $0 + amount($1) }
    let revenue = Double(rows(table, "lost_revenue_12m", "value").last![0])!
    #expect(abs(revenue - paid) < 1e-6)
    #expect(abs(Double(rows(table, "lost_value", "value").last![0])! - revenue - residual) < 1e-6)
  }
}
