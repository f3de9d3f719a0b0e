import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct ParityTests {
  /// Cases of as many customers of a party, each answered after so many tenths of an hour.
  private func answered(_ party: String, _ tenths: [Int], from number: UInt32) -> [(customer: UInt32, touches: [TestTouch])] {
    tenths.enumerated().map { index, tenths in
      let id = TestTouch.Value.text("K\(party)\(index)")
      var reply = touch("message.sent", "2024-03-04", ["case_id": id, "agent": .text("kim")], .out)
      reply.time += Int64(tenths) * 360_000_000
      return (number + UInt32(index), [touch("case.opened", "2024-03-04", ["case_id": id, "party": .text(party)]), reply])
    }
  }

  @Test func `S1.9: businesses wait 7.2 hours and consumers 1.9, 5.3 too long, no parity`() {
    let lives = Lives(
      answered("b2b", [60, 70, 72, 75, 80], from: 1) + answered("b2c", [15, 18, 19, 25, 30], from: 11)
        + answered("internal", [10, 12, 15, 16, 18], from: 21))
    for workers in 1...2 {
      let table = lives.tables([.parity], asOf: at("2024-03-31"), workers: workers)["parity"]!
      let rows = table.texts("party", "metric", "period", "party_median", "against_median", "party_n", "parity")
        .filter { $0[1] == "first_reply_h" }
      #expect(rows == [
          ["b2b", "first_reply_h", "NULL", "7.2", "1.9", "5", "false"],
          ["b2b", "first_reply_h", "2024-03-01", "7.2", "1.9", "5", "false"],
        ["internal", "first_reply_h", "NULL", "1.5", "1.9", "5", "true"],
        ["internal", "first_reply_h", "2024-03-01", "1.5", "1.9", "5", "true"],
      ])
      let place = table.texts("metric").firstIndex { $0 == ["first_reply_h"] }!
      let (gap, lo, hi) = (table.reals("gap")[place]!, table.reals("gap_lo")[place]!, table.reals("gap_hi")[place]!)
      #expect(abs(gap - 5.3) < 1e-9)
      // No resample can be further apart than the furthest members.
      #expect(lo >= 3 && lo < gap && hi > gap && hi <= 6.5)
    }
  }

  @Test func `marks are turned round: where high is good, less of it is worse`() {
    let lives = Lives([
      (1, [touch("survey.answered", "2024-03-04", ["score": .number(3), "party": .text("b2b")])]),
      (2, [touch("survey.answered", "2024-03-04", ["score": .number(5), "party": .text("b2c")])]),
    ])
    let table = lives.tables([.parity], asOf: at("2024-03-31"))["parity"]!
    #expect(
      table.texts("party", "metric", "gap", "gap_lo", "parity").first { $0[1] == "csat" } == [
        "b2b", "csat", "0.5", "NULL", "false",
      ])
  }

  @Test func `of many members the interval is as wide as that of some drawn one by one`() {
    let values = (0..<1001).map { Double($0) }
    let small = MedianDraw.interval(Array(values[..<1000]), [0, 0, 0, 0, 0], seed: 7) { $0 - $1 }!
    let large = MedianDraw.interval(values, [0, 0, 0, 0, 0], seed: 7) { $0 - $1 }!
    // √1000/2 places to a standard error: 500 ± 31.
    for interval in [small, large] {
      #expect(abs(interval.lower - 469) < 6)
      #expect(abs(interval.upper - 531) < 6)
    }
  }
}

@Suite struct PairTests {
  @Test func `S4.4: Accounting and delivery contradicted each other three times in a hundred`() {
    func sent(_ department: String, _ count: Int) -> [TestTouch] {
      Array(repeating: touch("message.sent", "2024-03-04", ["department": .text(department)]), count: count)
    }
    func contradicted(_ a: String, _ b: String) -> TestTouch {
      touch("statement.contradicted", "2024-03-05", ["dept_a": .text(a), "dept_b": .text(b)], .absent)
    }
    let touches = sent("acct", 40) + sent("deliv", 60)
      + [
        contradicted("acct", "deliv"), contradicted("deliv", "acct"), contradicted("acct", "deliv"),
        contradicted("desk", "deliv"),
      ]
    var table = Lives(touches).tables([.pairs], asOf: at("2024-03-31"))["pairs"]!
    #expect(
      table.texts("dept_a", "dept_b", "period", "contradictions", "outbound", "per_100").first == [
        "acct", "deliv", "2024-03-01", "3", "100", "3.0",
      ])
    #expect(table.rowCount == 2)
    table = Lives(sent("acct", 1)).tables([.pairs], asOf: at("2024-03-31"))["pairs"]!
    #expect(table.rowCount == 0)
  }
}

@Suite struct BenchmarkTests {
  @Test func `S1.11: credit after 6.2 days, peers 5, the best of any industry 1: 5.2 too slow`() throws {
    let rules = try Rulebook.parse(
      #"{"benchmarks": [{"metric": "credit_d", "peer": 5, "best": 1, "holder": "amazon", "source": "our own reading"}]}"#)
    let touches = [
      touch("return.requested", "2024-03-01T00:00", ["return_id": .text("R1")]),
      touch("return.credited", "2024-03-07T04:48", ["return_id": .text("R1")]),
    ]
    let table = Lives(touches).tables([.benchmarks], asOf: at("2024-03-31"), rulebook: rules)["benchmarks"]!
    #expect(
      table.texts("metric", "holder", "period", "peer", "best", "source", "reason") == [
        ["credit_d", "amazon", "2024-03-01", "5.0", "1.0", "our own reading", "NULL"]
      ])
    #expect(abs(table.reals("ours")[0]! - 6.2) < 1e-9)
    #expect(abs(table.reals("gap_best")[0]! - 5.2) < 1e-9)
    #expect(abs(table.reals("gap_peer")[0]! - 1.2) < 1e-9)
  }

  @Test func `S3.11: the names that the articles give come without figures`() {
    let table = Lives([touch("order.placed", "2024-03-01")]).tables([.benchmarks], asOf: at("2024-03-31"))["benchmarks"]!
    #expect(table.texts("holder", "best", "gap_best", "reason") == [
        ["Amazon", "NULL", "NULL", "no measure is called cx_index"],
        ["Marshall's", "NULL", "NULL", "no measure is called cx_index"],
      ["Target", "NULL", "NULL", "no measure is called cx_index"],
    ])
  }
}

@Suite struct ChangeTests {
  private func call(_ day: String, _ seconds: Double) -> TestTouch {
    touch("call.handled", day, ["wait_s": .number(seconds), "hold_s": .number(0)])
  }

  @Test func `S3.25: after the change they waited 2.1 minutes less`() {
    let days = (1...9).map { "0\($0)" }
    let touches =
      days.map { call("2024-03-\($0)", 276) } + [
        touch(
          "change.made", "2024-04-01",
          ["change_id": .text("ch4"), "signal": .text("hold_min"), "change_kind": .text("process")])
      ]
      + days.map { call("2024-05-\($0)", 150) }
    let table = Lives(touches).tables([.changes], asOf: at("2024-07-31"))["changes"]!
    #expect(
      table.texts("change", "change_kind", "signal", "unit", "before_n", "after_n", "improved", "reason") == [
        ["ch4", "process", "hold_min", "minutes", "9", "9", "true", "NULL"]
      ])
    for (column, value) in [
      ("before_change", 4.6), ("after_change", 2.5), ("difference", -2.1), ("difference_lo", -2.1),
      ("difference_hi", -2.1),
    ] {
      #expect(abs(table.reals(column)[0]! - value) < 1e-9)
    }
    let early = Lives(touches).tables([.changes], asOf: at("2024-06-01"))["changes"]!
    #expect(early.texts("difference", "reason") == [["NULL", "the time after it still runs"]])
  }

  @Test func `a change for a signal rule is judged by how often it spoke, one for nothing known not at all`() {
    let change = { (signal: String) in
      touch("change.made", "2024-04-15", ["change_id": .text(signal), "signal": .text(signal)])
    }
    let wrong = { (day: String) in touch("order.corrected", day, ["our_fault": .flag(true)]) }
    let touches = (1...9).flatMap { day in ["01", "02", "03"].map { wrong("2024-\($0)-0\(day)") } }.sorted { $0.time < $1.time }
      + [change("wrong-order"), change("weather"), wrong("2024-05-05"), wrong("2024-06-05"), wrong("2024-08-01")]
    let table = Lives(touches).tables([.changes], asOf: at("2024-08-31"))["changes"]!
    #expect(table.texts("signal", "before_change", "before_n", "after_n", "improved", "reason") == [
      ["weather", "NULL", "0", "0", "NULL", "no measure or signal rule is called weather"],
      ["wrong-order", "9.0", "27", "2", "true", "NULL"],
    ])
  }

  @Test func `S2.19: outcomes of who was trained hold more often after it`() {
    func checked(_ day: String, _ holds: Bool, _ agent: String) -> TestTouch {
      touch("outcome.checked", day, ["holding": .flag(holds), "agent": .text(agent)])
    }
    let before = (1...9).map { checked("2024-03-0\($0)", $0 < 4, "kim") }
    let after = (1...9).map { checked("2024-05-0\($0)", $0 < 9, "kim") }
    let others = (1...9).map { checked("2024-05-1\($0)", false, "lee") }
    let trained = touch(
      "skill.trained", "2024-04-01", ["skill": .text("listening"), "soft": .flag(true), "agent": .text("kim")])
    let lives = Lives([(0, [trained]), (1, before + after + others)])
    let table = lives.tables([.changes], asOf: at("2024-07-31"))["changes"]!
    #expect(
      table.texts("change", "change_kind", "agent", "signal", "before_n", "after_n", "improved") == [
        ["listening", "skill.trained", "kim", "outcomes_hold", "9", "9", "true"]
      ])
    #expect(abs(table.reals("difference")[0]! - 5.0 / 9) < 1e-9)
  }
}
