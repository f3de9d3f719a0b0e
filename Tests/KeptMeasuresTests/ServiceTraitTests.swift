import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct ServiceTraitTests {
  /// A case whose first human reply comes so many hours after it opened, and which is resolved with it.
  private func answered(_ id: String, _ time: String, hours: Double, party: String? = nil) -> [TestTouch] {
    let opened = at(time)
    var touches = [
      TestTouch("case.opened", opened, .in, [.dataText("case_id"): .text(id)]),
      TestTouch(
        "message.sent", opened + Int64(hours * 3_600_000_000), .out,
        [.dataText("case_id"): .text(id), .text(.agent): .text("ann")]),
      TestTouch(
        "case.resolved", opened + Int64(hours * 3_600_000_000), .out, [.dataText("case_id"): .text(id)]),
    ]
    if let party { touches = touches.map { $0.with(.text(.party), .text(party)) } }
    return touches
  }

  @Test func `they wait longer than they are used to, from us and from how we treat persons`() {
    var business = answered("a", "2023-11-01", hours: 4, party: "b2b") + answered("b", "2023-11-02", hours: 2, party: "b2b")
    // Between 2024-01-02 and 2024-04-01 worse, and now 6 h, 7.5 h and 9 h.
    business += answered("c", "2024-02-01", hours: 5, party: "b2b")
    business += answered("d", "2024-05-01", hours: 6, party: "b2b") + answered("e", "2024-05-02", hours: 7.5, party: "b2b")
    business += answered("f", "2024-05-03", hours: 9, party: "b2b")
    let persons = [1.0, 2, 3].enumerated().map { index, hours in
      (UInt32(index + 2), answered("p", "2024-05-01", hours: hours))
    }
    let lives = Lives([(1, business)] + persons)
    for tables in [Set([TableName.customers]), [.customers, .cases]] {
      let table = lives.tables(tables, asOf: at("2024-07-01"), workers: 2)["customers"]!
      // Own best: 3 h, the median of the window of a and b; persons wait 2 h.
      #expect(table.texts("first_reply_now_h", "first_reply_best_h", "expectation_gap_h")[0] == ["7.5", "3.0", "4.5"])
      // Persons: against the median of persons, and nothing of their own before.
      #expect(table.texts("expectation_gap_h").map { $0[0] } == ["4.5", "-1.0", "0.0", "1.0"])
    }
  }

  @Test func `four of six facts are worse than in their first ninety days`() {
    func order(_ id: String, _ time: String, confirmed: Int64) -> [TestTouch] {
      [
        TestTouch("order.placed", time, .in, [.dataText("order_id"): .text(id)]),
        TestTouch("order.confirmed", at(time) + confirmed * 1_000_000, .out, [.dataText("order_id"): .text(id)]),
      ]
    }
    func credit(_ id: String, _ time: String, hours: Int64) -> [TestTouch] {
      [
        TestTouch("return.requested", time, .in, [.dataText("return_id"): .text(id)]),
        TestTouch("return.credited", at(time) + hours * 3_600_000_000, .out, [.dataText("return_id"): .text(id)]),
      ]
    }
    func csat(_ time: String, _ score: Double) -> TestTouch {
      TestTouch("survey.answered", time, .in, [.score: .number(score)])
    }
    func call(_ time: String, human: Bool) -> TestTouch {
      TestTouch("call.handled", time, .in, [.dataNumber("automated"): .flag(!human)]).with(.text(.agent), .text("ann"))
    }
    var touches = answered("a", "2024-01-02", hours: 2) + answered("b", "2024-06-01", hours: 3)
    touches += order("o1", "2024-01-03", confirmed: 60) + order("o2", "2024-06-02", confirmed: 75)
    touches += credit("r1", "2024-01-04", hours: 20) + credit("r2", "2024-06-03", hours: 49)
    touches += [csat("2024-01-05", 5), csat("2024-06-04", 4)]
    touches += [call("2024-01-06", human: true), call("2024-06-05", human: false)]
    // First reply and update gap 3 h > 1.25 · 2 h; confirmation 75 s is not beyond 1.25 · 60 s; credit 49 h > 25 h;
    // csat .75 · 1.25 < 1; no more humans. So five of six.
    #expect(
      traits(touches, "below_own_baseline_num", "below_own_baseline_den") == ["5", "6"])
    // The beginning is not over before the window of now begins.
    #expect(traits(touches, "below_own_baseline", "below_own_baseline_den", asOf: "2024-06-06") == ["NULL", "0"])
  }

  @Test func `one of four further orders asked again who they are`() {
    let orders = (1...6).map { number in
      TestTouch("order.placed", "2024-06-0\(number)", .in, [.dataText("order_id"): .text("o\(number)")])
    }
    // The first is no further order, the last does not say.
    let touches = orders.enumerated().map { index, order in
      index == 5 ? order : order.with(.dataNumber("reidentified"), .flag(index == 0 || index == 2))
    }
    #expect(traits(touches, "reidentify_rate", "reidentify_rate_num", "reidentify_rate_den") == ["0.25", "1", "4"])
  }
}
