import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct CustomerTests {
  private func order(
    _ kind: String, _ time: String, id: String? = nil, amount: Double? = nil, currency: String? = nil
  ) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [.text(.source): .text("shop")]
    if let id { fields[.text(.subject)] = .text(id) }
    if let amount { fields[.amount] = .number(amount) }
    if let currency { fields[.text(.currency)] = .text(currency) }
    return TestTouch(kind, time, .absent, fields)
  }

  private func money(_ touches: [TestTouch], _ rules: Rulebook = .standard) -> [String] {
    Lives(touches).tables([.customers], asOf: at("2024-07-01"), rulebook: rules)["customers"]!
      .texts("touches", "orders", "orders_without_amount", "revenue")[0]
  }

  @Test func `revenue is what was ordered, as corrected, less what was cancelled and credited`() {
    #expect(
      money([
        order("order.placed", "2024-01-01", id: "a", amount: 10.5), order("order.placed", "2024-01-02", amount: 2),
      ])
        == ["2", "2", "0", "12.5"])
    #expect(
      money([
        order("order.placed", "2024-01-01", id: "a", amount: 10),
        order("order.corrected", "2024-01-02", id: "a", amount: 8),
        order("order.placed", "2024-01-03", id: "b", amount: 5), order("order.cancelled", "2024-01-04", id: "b"),
        order("order.placed", "2024-01-05", id: "c"), order("return.credited", "2024-01-06", amount: 1.25),
      ]) == ["6", "2", "1", "6.75"])
  }

  @Test func `other currencies need a fixed rate, or there is no revenue to speak of`() throws {
    let touches = [
      order("order.placed", "2024-01-01", amount: 10, currency: "EUR"),
      order("order.placed", "2024-01-02", amount: 10, currency: "USD"),
    ]
    #expect(money(touches) == ["2", "2", "0", "NULL"])
    #expect(money(touches, try Rulebook.parse(#"{"currencies": {"USD": 0.923457}}"#))[3] == "19.23457")
  }

  private func status(_ touches: [TestTouch], asOf: String, others: [TestTouch] = []) -> [String] {
    Lives([(1, touches), (2, others + [order("order.placed", "2023-01-01")])])
      .tables([.customers], asOf: at(asOf))["customers"]!.texts("status", "ended_by")[0]
  }

  @Test func `silence is measured by the customer's own pace, between 30 and 365 days`() {
    var none: [Int32] = []
    #expect(CustomerFold.limit(&none, Rulebook.standard.lapse) == 180)
    var one: [Int32] = [30]
    #expect(CustomerFold.limit(&one, Rulebook.standard.lapse) == (30 + 900) / 6.0)
    // The 0.9 quantile of 1 … 11 (type 7) is 10.
    var many = (1...11).map { Int32($0) }
    #expect(abs(CustomerFold.limit(&many, Rulebook.standard.lapse) - (110 + 900) / 16.0) < 1e-9)
    var often = Array(repeating: Int32(1), count: 1000)
    #expect(CustomerFold.limit(&often, Rulebook.standard.lapse) == 30)
    var rarely = Array(repeating: Int32(700), count: 50)
    #expect(CustomerFold.limit(&rarely, Rulebook.standard.lapse) == 365)
  }

  @Test func `within the limit active, beyond it quiet, unknown where the source fell silent too`() {
    let touches = [order("order.placed", "2024-01-01")]
    #expect(status(touches, asOf: "2024-06-28")[0] == "active")
    #expect(status(touches, asOf: "2024-06-29")[0] == "unknown")
    #expect(status(touches, asOf: "2024-06-29", others: [order("order.placed", "2024-06-29")])[0] == "quiet")
    #expect(status([order("order.shipped", "2024-01-01")], asOf: "2024-02-01")[0] == "prospect")
  }

  @Test func `ended says who left, from when it takes effect, until something begins again`() {
    func end(_ time: String, _ data: [String: String]) -> TestTouch {
      TestTouch(
        "relationship.ended", time, .absent,
        Dictionary(uniqueKeysWithValues: data.map { (.dataText($0), .text($1)) }))
    }
    let first = order("order.placed", "2024-01-01")
    #expect(status([first, end("2024-02-01", ["ended_by": "us"])], asOf: "2024-03-01") == ["ended", "us"])
    #expect(status([first, end("2024-02-01", [:])], asOf: "2024-03-01") == ["ended", "NULL"])
    let later = end("2024-02-01", ["ended_by": "customer", "effective_at": "2024-04-01T00:00:00Z"])
    #expect(status([first, later], asOf: "2024-03-01") == ["active", "NULL"])
    #expect(status([first, later], asOf: "2024-04-02") == ["ended", "customer"])
    let complaint = TestTouch("case.opened", "2024-02-10", .in)
    #expect(status([first, end("2024-02-01", [:]), complaint], asOf: "2024-03-01")[0] == "ended")
    let again = order("order.placed", "2024-02-20")
    #expect(status([first, end("2024-02-01", [:]), again], asOf: "2024-03-01")[0] == "active")
    let renewed = TestTouch("contract.changed", "2024-02-20", .both, [.dataText("change"): .text("renewed")])
    #expect(status([first, end("2024-02-01", [:]), renewed], asOf: "2024-03-01")[0] == "active")
  }

  @Test func `a row says who, since when, and how much, in the order of the ids`() {
    let lives = Lives([
      (
        1,
        [
          TestTouch(
            "order.placed", "2024-01-15T10:00", .in, [.text(.account): .text("acme"), .text(.source): .text("s")])
        ]
      ),
      (
        2,
        [
          TestTouch("message.sent", "2024-02-15", .out, [.text(.party): .text("internal")]),
          TestTouch("thanks.given", "2024-03-01"),
        ]
      ),
      (3, [TestTouch("thanks.given", "2024-03-01")]),
    ])
    let table = lives.tables([.customers], asOf: at("2024-04-01"), workers: 2, names: ["b", "a", nil])["customers"]!
    #expect(
      table.texts("customer", "account", "party", "cohort", "first_at", "last_at", "touches") == [
        ["a", "NULL", "internal", "2024-02-01", "2024-02-15T00:00:00.000000Z", "2024-03-01T00:00:00.000000Z", "2"],
        ["b", "acme", "b2b", "2024-01-01", "2024-01-15T10:00:00.000000Z", "2024-01-15T10:00:00.000000Z", "1"],
        ["c3", "NULL", "b2c", "2024-03-01", "2024-03-01T00:00:00.000000Z", "2024-03-01T00:00:00.000000Z", "1"],
      ])
  }

  @Test func `the ledger's own events touch nobody`() {
    let touches = [order("order.placed", "2024-01-01"), TestTouch("customer.merged", "2024-06-01")]
    #expect(money(touches)[0] == "1")
  }

  @Test func `every column of every table is in the dictionary, described`() {
    let table = Lives([order("order.placed", "2024-01-01")])
      .tables(Set(TableName.allCases).subtracting([.sources]), asOf: at("2024-07-01"))["dictionary"]!
    let columns = table.texts("table_name", "column_name", "meaning")
    for name in TableName.allCases where name != .sources {
      for column in name.schema.columns {
        #expect(
          columns.contains { $0[0] == name.rawValue && $0[1] == column.name && $0[2].count > 3 },
          "\(name).\(column.name)")
      }
    }
  }

  @Test func `names that others rely on stand in their tables`() {
    let fixed: [TableName: String] = [
      .customers: """
        customer account party cohort first_at last_at touches orders revenue status ended_by we_index they_index
        felt_index done_index we_into we_not_into they_into they_not_into quadrant p_alive expected_orders
        """,
      .retention: """
        unit activity grain clock cohort age cohort_size eligible bounded unbounded returned_by bounded_rate bounded_lo
        bounded_hi unbounded_rate unbounded_lo unbounded_hi complete left_truncated
        """,
      .lifecycle: """
        unit grain period active new_count still_here came_back gone_quiet asleep ended complete
        """,
      .churn: """
        unit grain period definition currency at_start stayed they_left we_left mutual external unsaid lapsed came_back
        logo_churn grr nrr complete
        """,
      .models: "model parameter value log_likelihood n converged note",
      .survival: "curve stratum t_days at_risk events censored survival se lo hi ci_kind",
      .scores: "customer list points_into points_not_into points_net",
      .signals: "rule seed list period touches points_into points_not_into points_net",
      .wordOfMouth: """
        period asked answered unusable satisfied dissatisfied neutral ratio balance state told_good_lo told_good_hi
        told_bad_lo told_bad_hi
        """,
      .promises: "promise made_by customer department made_at due_at settled_at state late_hours revisions",
      .sources: "source day events first_at last_at late duplicates conflicts rejected",
      .dictionary: "table_name column_name type unit meaning formula seed direction high_is_good",
    ]
    for (name, columns) in fixed {
      let found = name.schema.columns.map(\.name)
      for column in columns.split(whereSeparator: \.isWhitespace) {
        #expect(found.contains(String(column)), "\(name.rawValue).\(column)")
      }
    }
  }

  @Test func `to stay and to use us are two things`() {
    let early = order("order.placed", "2023-06-01")
    let ended = TestTouch("relationship.ended", "2024-02-01", .absent, [.dataText("ended_by"): .text("customer")])
    let other = order("order.placed", "2024-03-30")
    let prospect = TestTouch("message.sent", "2024-03-01", .out)
    let lives = Lives([(1, [early]), (2, [other]), (3, [other, ended].sorted { $0.time < $1.time }), (4, [prospect])])
    let table = lives.tables([.customers], asOf: at("2024-03-31"))["customers"]!
    // An order after the end begins anew.
    #expect(table.texts("stayed", "uses_us") == [["true", "false"], ["true", "true"], ["true", "true"], ["NULL", "NULL"]])
    let gone = Lives([(1, [order("order.placed", "2024-01-30"), ended])]).tables([.customers], asOf: at("2024-03-31"))
    #expect(gone["customers"]!.texts("stayed", "uses_us") == [["false", "true"]])
  }
}
