import Foundation
import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct NamedMeasureTests {
  /// Every word that stands in a test, or on the page of Fixtures/shop that a test compares with a snapshot.
  private static let words: Set<Substring> = {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    var files = [repository + "/Fixtures/shop/README.md"]
    for folder in ["KeptMeasuresTests", "CommandTests"] {
      let path = repository + "/Tests/" + folder
      files += (try! FileManager.default.contentsOfDirectory(atPath: path)).filter { $0.hasSuffix(".swift") }.map { path + "/" + $0 }
    }
    return files.reduce(into: []) { words, file in
      let text = try! String(contentsOfFile: file, encoding: .utf8)
      words.formUnion(text.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) && $0 != "_" })
    }
  }()

  @Test func `every measure, and every trait of customers and accounts, is named by a test`() {
    let measures = MeasureSpec.all(.standard).map(\.name)
    // The parts of a ratio are told with it.
    let traits = (Trait.columns + AccountTrait.columns).map(\.name).filter { !$0.hasSuffix("_num") && !$0.hasSuffix("_den") }
    #expect(measures.count > 150 && traits.count > 80)
    #expect((measures + traits).filter { !Self.words.contains(Substring($0)) } == [])
  }

  private func firm(_ measure: String, _ touches: [TestTouch], asOf: String = "2024-03-31") -> String? {
    Programs(touches, asOf: asOf).rows(measure, "firm").first { !$0.contains(" 0/0 ") }
  }

  private func times(_ count: Int, _ touch: TestTouch) -> [TestTouch] { Array(repeating: touch, count: count) }

  @Test func `what was sold stands beside how much of it came back for more`() {
    let orders = [
      touch("order.placed", "2024-03-01", ["subject": .text("O1"), "amount": .number(400)]),
      touch("order.placed", "2024-03-20", ["subject": .text("O2"), "amount": .number(500)]),
    ]
    #expect(firm("sold", orders) == "firm 2024-03 900/– 900")
    #expect(firm("repeat_share", orders) == "firm 2024-03 1/2 0.5")
  }

  @Test func `S1.6: 31 mentions for a thousand customers in touch are 3.1 of a hundred`() {
    let lives = Lives(
      (1...1000).map { number in
        let order = touch("order.placed", "2024-03-01")
        return (UInt32(number), number <= 31 ? [order, touch("mention.posted", "2024-03-05")] : [order])
      })
    #expect(Programs(lives, asOf: "2024-03-31").rows("mentions_per_100", "firm") == ["firm 2024-03 31/1000 3.1"])
  }

  @Test func `a measure moves by so much a month`() {
    var touches: [TestTouch] = []
    for (month, keep) in [("2024-01", 20), ("2024-02", 19), ("2024-03", 18)] {
      touches.append(touch("order.placed", month + "-01"))
      touches += times(21 - keep, touch("mention.posted", month + "-02"))
      touches.append(touch("effort.spent", month + "-03", ["effort": .text("keep"), "amount": .number(Double(keep))]))
      touches.append(touch("effort.spent", month + "-03", ["effort": .text("acquire"), "amount": .number(Double(100 - keep))]))
    }
    let programs = Programs(touches, asOf: "2024-03-31")
    // S3.6: .20, .19, .18. S1.6: one, two and three mentions of one customer.
    #expect(programs.rows("keep_per_get_slope").last == "firm 2024-03 –/3 -0.01")
    #expect(programs.rows("mentions_slope").last == "firm 2024-03 –/3 100")
  }

  @Test(arguments: [("frustration", "min_to_frustration_slope"), ("annoyance", "min_to_annoyance_slope"), ("anger", "min_to_anger_slope")])
  func `S3.16: in three quarters after 30, 20 and 10 minutes, ten a quarter sooner`(level: String, measure: String) {
    let touches = zip(["2024-01-04", "2024-04-04", "2024-07-04"], [30, 20, 10]).flatMap { day, minutes in
      let about: [String: TestTouch.Value] = ["case_id": .text(day), "heard_from": .text("customer_words"), "level": .text(level)]
      return [touch("case.opened", day, ["case_id": .text(day)]), touch("emotion.expressed", "\(day)T00:\(minutes)", about)]
    }
    #expect(Programs(touches, asOf: "2024-09-30").rows(measure).last == "firm 2024-07 –/3 -3.333")
  }

  @Test func `S4.19: of two cases one became a public story`() {
    let touches = [
      touch("case.opened", "2024-03-01", ["case_id": .text("K8")]), touch("case.opened", "2024-03-02", ["case_id": .text("K9")]),
      touch("mention.posted", "2024-03-03", ["case_id": .text("K8"), "reach": .number(40_000)]),
    ]
    #expect(firm("went_public_share", touches) == "firm 2024-03 1/2 0.5")
  }

  @Test func `S1.20: told of the receipt within 72 hours, or never`() {
    let touches = [
      touch("return.received", "2024-03-05", ["return_id": .text("R5")]),
      touch("message.sent", "2024-03-07T20:00", ["return_id": .text("R5")], .out),
      touch("return.received", "2024-03-07T21:00", ["return_id": .text("R6")]),
    ]
    #expect(firm("receipt_told_soon", touches) == "firm 2024-03 0/2 0")
    #expect(firm("receipt_told_at_last", touches) == "firm 2024-03 1/2 0.5")
  }

  @Test func `S4.3, S4.14: two departments, one change of contact, and theirs answered after seven hours`() {
    func project(_ kind: String, _ time: String, _ agent: String, _ department: String) -> TestTouch {
      touch(kind, time, ["project_id": .text("P3"), "agent": .text(agent), "department": .text(department)])
    }
    let touches = [
      project("project.started", "2024-03-01", "kim", "delivery"), project("contact.assigned", "2024-03-02", "kim", "delivery"),
      project("contact.assigned", "2024-03-03", "lee", "delivery"), project("message.sent", "2024-03-04", "ana", "accounting"),
      project("project.closed", "2024-03-05", "lee", "delivery"),
    ]
    #expect(firm("departments_per_project", touches) == "firm 2024-03 –/1 2")
    #expect(firm("hand_offs_per_project", touches) == "firm 2024-03 –/1 1")
    let message = touch("message.sent", "2024-03-09T07:00", ["agent": .text("lee")])
    #expect(firm("first_after_care", touches + [message]) == "firm 2024-03 1/1 1")
    let theirs = touches + [touch("case.opened", "2024-03-09"), message]
    #expect(firm("first_after_care", theirs) == "firm 2024-03 0/1 0")
    #expect(firm("theirs_answered_h", theirs) == "firm 2024-03 –/1 7")
  }

  @Test func `S2.19: one of two endured 90 days, and the one looked at after 180 did not`() {
    func outcome(_ id: String, _ checked: String, _ holds: Bool) -> [TestTouch] {
      [
        touch("project.started", "2024-01-01", ["project_id": .text(id)]),
        touch("outcome.delivered", "2024-02-01", ["project_id": .text(id), "accepted": .flag(true)]),
        touch("outcome.checked", checked, ["project_id": .text(id), "holding": .flag(holds)]),
      ]
    }
    let lives = Lives([(1, outcome("P3", "2024-05-10", true)), (2, outcome("P4", "2024-08-10", false))])
    let programs = Programs(lives, asOf: "2024-12-31")
    #expect(programs.rows("endured_90_share", "firm").first == "firm 2024-01 1/2 0.5")
    #expect(programs.rows("endured_180_share", "firm").first == "firm 2024-01 0/1 0")
  }

  @Test func `S2.6: 23 of 100 in money went to keeping who does not suit us`() {
    let lives = Lives(
      [(1, 0.3, 23.0), (2, 0.4, 77)].map { number, fit, amount in
        (UInt32(number), [
          touch("fit.assessed", "2024-03-01", ["score": .number(fit)]),
          touch("effort.spent", "2024-03-05", ["effort": .text("keep"), "amount": .number(amount)]),
        ])
      })
    #expect(Programs(lives, asOf: "2024-03-31").rows("keep_money_on_misfit", "firm") == ["firm 2024-03 23/100 0.23"])
  }

  @Test func `S2.13: one of four is loved and does not love, one loves and is not loved`() {
    func now(_ kind: String, _ fields: [String: TestTouch.Value] = [:]) -> TestTouch { touch(kind, "2024-06-30", fields) }
    let lives = Lives([
      (1, [now("care.given"), now("burden.imposed"), now("info.sought")]),
      (2, [now("order.corrected", ["our_fault": .flag(true)]), now("thanks.given")]),
      (3, [now("order.placed")]), (4, [now("order.placed")]),
    ])
    let programs = Programs(lives, asOf: "2024-06-30")
    #expect(programs.rows("unrequited_ours_share", "firm") == ["firm 2024-06 1/4 0.25"])
    #expect(programs.rows("unrequited_theirs_share", "firm") == ["firm 2024-06 1/4 0.25"])
    // A touch of one point today is 20 or −20: −20, 20, 20, 20.
    #expect(programs.rows("they_index_mean", "firm") == ["firm 2024-06 40/4 10"])
  }
}

/// More examples of `MeasureExampleTests`.
extension MeasureExample {
  private static func some(
    _ count: Int, _ kind: String, _ fields: [String: TestTouch.Value] = [:], _ direction: Direction = .absent
  ) -> [TestTouch] { Array(repeating: touch(kind, "2024-03-05", fields, direction), count: count) }

  private static func heard(_ level: String, _ count: Int) -> [TestTouch] {
    some(count, "emotion.expressed", ["level": .text(level), "heard_from": .text("customer_words")])
  }

  static let more: [MeasureExample] = [
    MeasureExample(
      "S3.20", "anger_share", 3, 4, 0.75, heard("anger", 1), heard("frustration", 1), heard("annoyance", 1), heard("delight", 1),
      some(1, "emotion.expressed", ["level": .text("anger"), "heard_from": .text("agent_note")])),
    MeasureExample(
      "S1.18", "backorder_told", 1, 4, 0.25, some(1, "order.backordered", ["told_customer": .flag(true)]),
      some(3, "order.backordered", ["told_customer": .flag(false)]), some(1, "order.backordered")),
    MeasureExample("S1.10e", "contacts", 90, nil, 90, some(90, "message.sent", [:], .in), some(71, "message.sent", [:], .out)),
    MeasureExample(
      "S4.8", "csat_top_box", 4, 5, 0.8, some(4, "survey.answered", ["score": .number(4)]),
      some(1, "survey.answered", ["score": .number(3)])),
    MeasureExample(
      "S3.1", "gave_up_waiting", 1, 8, 0.13, some(1, "call.handled", ["abandoned": .flag(true)]),
      some(7, "call.handled", ["abandoned": .flag(false)]), some(1, "call.handled")),
    MeasureExample(
      "S3.28", "keep_cost_per_customer", 22, 1, 22, some(1, "effort.spent", ["effort": .text("keep"), "amount": .number(22)]),
      some(2, "order.placed")),
    MeasureExample(
      "S3.6", "keep_per_get_minutes", 18, 100, 0.18, some(1, "effort.spent", ["effort": .text("keep"), "minutes": .number(18)]),
      some(1, "effort.spent", ["effort": .text("acquire"), "minutes": .number(82)]),
      some(1, "effort.spent", ["effort": .text("serve"), "minutes": .number(50)])),
    MeasureExample(
      "S2.4", "left_together", 2, nil, 2, some(2, "relationship.ended", ["ended_by": .text("mutual")]),
      some(1, "relationship.ended", ["ended_by": .text("us")])),
    MeasureExample(
      "S2.19", "outcomes_holding", 9, 10, 0.9, some(9, "outcome.checked", ["holding": .flag(true)]),
      some(1, "outcome.checked", ["holding": .flag(false)])),
    MeasureExample(
      "S2.6", "regretted_share", 1, 4, 0.25, some(1, "relationship.ended", ["regretted": .flag(true)]),
      some(3, "relationship.ended", ["regretted": .flag(false)]), some(2, "relationship.ended")),
  ]
}
