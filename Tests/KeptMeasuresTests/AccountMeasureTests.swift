import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// The example rows of metrics 1 that are about accounts.
@Suite struct AccountMeasureTests {
  private typealias Fields = [DetailField: TestTouch.Value]

  private func a7(
    _ kind: String, _ time: String, _ direction: Direction = .absent, _ fields: [DetailField: TestTouch.Value] = [:]
  ) -> TestTouch { touch(kind, time, of: "A7", direction, fields) }

  private func cells(
    _ touches: [TestTouch], asOf: String, others: [(customer: UInt32, touches: [TestTouch])] = [], _ names: String...
  ) -> [String] {
    let table = Lives([(1, touches.sorted { $0.time < $1.time })] + others).tables([.accounts], asOf: at(asOf))["accounts"]!
    let row = table.texts("account").firstIndex(of: ["A7"])!
    return names.map { table.texts($0)[row][0] }
  }

  @Test func `S0.12: an account whose only contract ends next month, with nothing booked, has a built-in ending`() {
    let contract = a7(
      "contract.changed", "2023-04-30", .both,
      [.dataText("contract_id"): .text("K1"), .dataText("change"): .text("new"), .dataText("ends_at"): .text("2024-04-30")])
    func ending(_ more: TestTouch...) -> [String] {
      cells([contract] + more, asOf: "2024-03-31", "built_in_ending", "ends_at", "next_at")
    }
    #expect(ending() == ["true", "2024-04-30T00:00:00.000000Z", "NULL"])
    let promise: Fields = [.text(.subject): .text("p"), .due: .instant(at("2024-05-10"))]
    let booked = a7("promise.made", "2024-03-01", .out, promise)
    #expect(ending(booked) == ["false", "2024-04-30T00:00:00.000000Z", "2024-05-10T00:00:00.000000Z"])
    #expect(ending(booked, a7("promise.kept", "2024-03-20", .out, [.text(.subject): .text("p")]))[0] == "true")
    #expect(ending(a7("project.started", "2024-03-01", .both, [.text(.subject): .text("P")])) == ["false", "NULL", "NULL"])
    #expect(ending(a7("relationship.ended", "2024-03-01")) == ["NULL", "NULL", "NULL"])
    #expect(cells([contract], asOf: "2024-02-28", "built_in_ending") == ["false"])
    #expect(cells([a7("order.placed", "2024-03-01", .in)], asOf: "2024-03-31", "built_in_ending") == ["NULL"])
  }

  @Test func `S1.7: what they paid, what it cost, what is left, and that nobody answers for them`() {
    let touches = [
      a7("payment.received", "2024-01-10", .in, [.amount: .number(12_000)]),
      a7("effort.spent", "2024-02-10", .absent, [.amount: .number(6_600)]),
      a7("charge.written_off", "2024-03-01", .absent, [.amount: .number(500)]),
      a7("contact.assigned", "2024-03-02", .out, [.dataText("role"): .text("lead"), .text(.agent): .text("kim")]),
    ]
    #expect(
      cells(touches, asOf: "2024-03-31", "service_revenue", "cost_to_serve", "margin_num", "margin_den", "exec_owner")
        == ["12000.0", "7100.0", "4900.0", "12000.0", "NULL"])
    #expect(cells(touches, asOf: "2024-03-31", "margin") == ["\(4900 / 12000.0)"])
    let owner = a7(
      "contact.assigned", "2024-03-03", .out, [.dataText("role"): .text("executive"), .text(.agent): .text("ada")])
    #expect(cells(touches + [owner], asOf: "2024-03-31", "exec_owner") == ["ada"])
    let foreign = a7("payment.received", "2024-03-04", .in, [.amount: .number(1), .text(.currency): .text("USD")])
    #expect(cells(touches + [foreign], asOf: "2024-03-31", "service_revenue", "margin") == ["NULL", "NULL"])
  }

  @Test func `S1.22: administration, no personal care and no promise kept make just another account`() {
    let admin = (1...17).map {
      a7("message.sent", "2024-03-\($0 < 10 ? "0" : "")\($0)", .out, [.dataText("purpose"): .text("admin")])
    }
    let serving = (1...3).map { a7("message.sent", "2024-03-2\($0)", .out, [.dataText("purpose"): .text("serve")]) }
    let rote = a7("care.given", "2024-03-25", .absent, [.dataNumber("personal"): .flag(false)])
    func justAnother(_ more: [TestTouch]) -> String {
      cells(admin + serving + [rote] + more, asOf: "2024-03-31", "just_another")[0]
    }
    #expect(justAnother([]) == "true")
    #expect(justAnother([a7("care.given", "2024-03-26", .absent, [.dataNumber("personal"): .flag(true)])]) == "false")
    let kept: Fields = [.text(.subject): .text("p")]
    #expect(
      justAnother([a7("promise.made", "2024-03-01", .out, kept), a7("promise.kept", "2024-03-02", .out, kept)])
        == "false")
    let more = a7("message.sent", "2024-03-29", .out, [.dataText("purpose"): .text("care")])
    #expect(justAnother([more, more]) == "false")
    #expect(cells(admin, asOf: "2024-03-31", "just_another") == ["NULL"])
  }

  @Test func `S1.5: of sixty people 41 are satisfied and 19 are not, which is unclear`() {
    let lives: [(customer: UInt32, touches: [TestTouch])] = (1...60).map { person in
      let last = a7("survey.answered", "2024-03-20", .in, [.score: .number(person <= 41 ? 5 : 1)])
      return (UInt32(person), [a7("survey.answered", "2024-03-01", .in, [.score: .number(3)]), last])
    }
    let table = Lives(lives).tables([.accounts], asOf: at("2024-03-31"))["accounts"]!
    #expect(table.texts("wom_ratio_num", "wom_ratio_den", "wom_balance", "wom_state") == [["41", "19", "-6.5", "unclear"]])
    #expect(table.reals("wom_ratio") == [41 / 19.0])
    let anger: Fields = [.dataText("heard_from"): .text("customer_words"), .dataText("level"): .text("anger")]
    #expect(
      cells([a7("emotion.expressed", "2024-03-01", .in, anger)], asOf: "2024-03-31", "wom_ratio", "wom_ratio_den", "wom_state")
        == ["0.0", "1", "unclear"])
  }

  @Test func `S2.7 and S2.12: fit, what we lack for it, and how they serve their own customers, with its age`() {
    let first = a7(
      "fit.assessed", "2024-02-20", .absent,
      [
        .score: .number(0.55), .dataText("required_skills"): .text(#"["a","b","c","d"]"#),
        .dataText("held_skills"): .text(#"["b","d","e"]"#), .dataNumber("their_clients_signal"): .number(-1),
      ])
    #expect(
      cells(
        [first], asOf: "2024-03-31", "fit", "skill_gap", "skill_gap_num", "skill_gap_den", "their_clients",
        "their_clients_age_d")
        == ["0.55", "0.5", "2", "4", "-1.0", "40"])
    let skills: Fields = [.dataText("required_skills"): .text(#"["a"]"#), .dataText("held_skills"): .text(#"["a"]"#)]
    #expect(
      cells([first, a7("fit.assessed", "2024-03-01", .absent, skills)], asOf: "2024-03-31", "fit", "skill_gap") == [
        "1.0", "0.0",
      ])
  }

  @Test func `S2.18: they buy again, and are still the wrong ones`() {
    let orders = ["2024-03-01", "2024-03-20"].map { a7("order.placed", $0, .in) }
    func wrong(_ more: TestTouch...) -> [String] {
      cells(orders + more, asOf: "2024-03-31", "is_repeat", "repeat_but_wrong")
    }
    // Of our side nothing is known.
    #expect(wrong() == ["true", "NULL"])
    #expect(wrong(a7("fit.assessed", "2024-03-21", .absent, [.score: .number(0.39)])) == ["true", "true"])
    #expect(wrong(a7("need.met", "2024-03-21", .out)) == ["true", "false"])
    #expect(wrong(a7("relationship.ended", "2024-03-21", .absent, [.dataText("ended_by"): .text("us")])) == ["true", "true"])
    #expect(cells([orders[0]], asOf: "2024-03-31", "is_repeat", "repeat_but_wrong") == ["false", "false"])
  }

  @Test func `S2.13: after two quarters of love that only we give we consider leaving`() {
    let touches = [
      a7("need.met", "2023-09-01", .out), a7("need.met", "2023-09-02", .out), a7("need.met", "2024-02-02", .out),
      a7("burden.imposed", "2023-12-01"), a7("burden.imposed", "2023-12-02"), a7("burden.imposed", "2024-03-01"),
      a7("burden.imposed", "2024-03-02"),
    ]
    func leave(_ asOf: String) -> [String] { cells(touches, asOf: asOf, "quadrant", "ours_only_quarters", "consider_leaving") }
    #expect(leave("2023-12-20") == ["unrequited_ours", "0", "false"])
    #expect(leave("2024-01-01T10:00") == ["unrequited_ours", "1", "false"])
    #expect(leave("2024-04-02") == ["unrequited_ours", "2", "true"])
  }

  private func effort(_ account: String, _ time: String, _ effort: String, _ minutes: Double) -> TestTouch {
    touch(
      "effort.spent", time, of: account, .absent,
      [.dataText("effort"): .text(effort), .dataNumber("minutes"): .number(minutes)])
  }

  @Test func `S3.10: twelve minutes for an account we have, ninety-five for a new one`() {
    let old = [
      a7("order.placed", "2023-01-01", .in), effort("A7", "2024-03-01", "keep", 12),
      effort("A7", "2023-03-01", "keep", 500),
    ]
    let new: [(customer: UInt32, touches: [TestTouch])] = [
      (2, [effort("B1", "2024-02-01", "acquire", 150)]), (3, [effort("B2", "2024-02-10", "acquire", 40)]),
    ]
    #expect(
      cells(old, asOf: "2024-03-31", others: new, "recent_keep_minutes", "recent_get_minutes_per_new", "vulnerable")
        == ["12.0", "95.0", "true"])
    let more = effort("A7", "2024-03-02", "keep", 83)
    #expect(cells(old + [more], asOf: "2024-03-31", others: new, "vulnerable") == ["false"])
    #expect(cells(old, asOf: "2024-03-31", "recent_get_minutes_per_new", "vulnerable") == ["NULL", "NULL"])
  }

  @Test func `S4.17: less effort than in the half year before is no longer investing`() {
    let before = [a7("order.placed", "2022-01-01", .in), effort("A7", "2023-07-01", "serve", 60)]
    func still(_ touches: [TestTouch]) -> [String] {
      cells(touches, asOf: "2024-03-31", "invested_minutes", "invested_minutes_before", "still_investing")
    }
    #expect(still(before + [effort("A7", "2024-01-01", "keep", 59)]) == ["59.0", "60.0", "false"])
    #expect(still(before + [effort("A7", "2024-01-01", "keep", 60)]) == ["60.0", "60.0", "true"])
    #expect(still([effort("A7", "2024-01-01", "keep", 60)]) == ["60.0", "NULL", "NULL"])
  }
}
