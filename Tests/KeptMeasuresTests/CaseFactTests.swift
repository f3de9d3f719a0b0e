import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct CaseFactTests {
  private func item(
    _ kind: String, _ time: String, _ data: [DetailField: TestTouch.Value] = [:], _ direction: Direction = .absent
  ) -> TestTouch {
    TestTouch(kind, time, direction, data.merging([.dataText("case_id"): .text("k8")]) { given, _ in given })
  }

  private func cells(_ touches: [TestTouch], asOf: String = "2024-07-01", _ names: String...) -> [[String]] {
    let table = Lives(touches).tables([.cases], asOf: at(asOf))["cases"]!
    let columns = names.map { table.texts($0) }
    return (0..<table.rowCount).map { row in columns.map { $0[row][0] } }
  }

  private let kim: [DetailField: TestTouch.Value] = [.text(.agent): .text("kim")]

  // 2024-06-07 is a Friday; business hours are Monday to Friday, 9 to 17.

  @Test func `every duration stands twice, elapsed and in business hours`() {
    let touches = [
      item("case.opened", "2024-06-07T16:00", [.dataText("case_kind"): .text("question")]),
      item("message.sent", "2024-06-10T10:00", kim),
      item("case.resolved", "2024-06-10T12:00"),
    ]
    #expect(
      cells(touches, "case_id", "case_kind", "state", "first_reply_h", "first_reply_business_h")
        == [["k8", "question", "resolved", "66.0", "2.0"]])
    #expect(cells(touches, "resolution_h", "resolution_business_h", "opening_implied") == [["68.0", "4.0", "false"]])
    #expect(cells([touches[0]], "state", "first_reply_h", "resolution_h") == [["open", "NULL", "NULL"]])
    #expect(cells([touches[1], touches[2]], "opening_implied", "opened_at") == [["true", "2024-06-10T12:00:00.000000Z"]])
  }

  @Test func `a case opens with its first event, whatever its kind is called`() {
    let touches = [
      item("case.triaged", "2024-06-03T09:00", [.text(.agent): .text("lena")]),
      item("case.assigned", "2024-06-03T10:00", kim), item("case.resolved", "2024-06-03T11:00", kim),
    ]
    #expect(
      cells(touches, "opened_at", "opening_implied", "resolution_h", "people", "hand_offs")
        == [["2024-06-03T09:00:00.000000Z", "true", "2.0", "2", "0"]])
  }

  @Test func `an answer by machine is no reply`() {
    let opened = item("case.opened", "2024-06-10T09:00")
    let bot = item("message.sent", "2024-06-10T09:01", [.text(.agent): .text("bot"), .dataNumber("automated"): .flag(true)])
    let nobody = item("message.sent", "2024-06-10T09:02")
    let person = item("message.sent", "2024-06-10T12:00", kim)
    #expect(cells([opened, bot, nobody], "first_reply_h", "updates") == [["NULL", "2"]])
    #expect(cells([opened, bot, nobody, person], "first_reply_h", "updates") == [["3.0", "3"]])
  }

  @Test func `a reopened case is solved when it was resolved last, and was not left alone in between`() {
    let touches = [
      item("case.opened", "2024-06-03T09:00"), item("case.resolved", "2024-06-03T11:00", kim),
      item("case.reopened", "2024-06-13T09:00"), item("message.sent", "2024-06-13T12:00", kim),
      item("case.resolved", "2024-06-13T13:00", kim), item("case.closed", "2024-06-15T09:00"),
    ]
    #expect(
      cells(touches, "state", "reopened", "resolution_h", "first_reply_h", "waited_h", "max_update_gap_h")
        == [["resolved", "1", "244.0", "2.0", "5.0", "3.0"]])
    #expect(
      cells(touches, asOf: "2024-06-13T11:00", "state", "resolved_at", "waited_h", "max_update_gap_h")
        == [["open", "NULL", "4.0", "2.0"]])
  }

  @Test func `what only a bot resolved is answered from its reopening on`() {
    let touches = [
      item("case.opened", "2024-06-03T09:00"),
      item("case.resolved", "2024-06-03T09:01", [.dataNumber("by_bot"): .flag(true), .text(.agent): .text("bot")]),
      item("case.reopened", "2024-06-08T09:00"), item("message.sent", "2024-06-08T10:00", kim),
    ]
    #expect(cells(touches, "first_reply_h") == [["1.0"]])
  }

  @Test func `the customer waits while it is our turn, and only then`() {
    let touches = [
      item("case.opened", "2024-06-03T09:00"), item("message.sent", "2024-06-03T10:00", kim),
      item("message.sent", "2024-06-04T10:00", [:], .in), item("message.sent", "2024-06-04T11:00", [:], .in),
      item("call.handled", "2024-06-04T13:00", kim), item("case.resolved", "2024-06-06T09:00"),
    ]
    #expect(cells(touches, "waited_h", "updates") == [["4.0", "3"]])
    #expect(cells(touches.dropLast(2), asOf: "2024-06-05T10:00", "waited_h") == [["25.0"]])
  }

  @Test func `the longest silence counts the one that still lasts`() {
    let touches = [
      item("case.opened", "2024-06-03T09:00"), item("status.reported", "2024-06-04T09:00"),
      item("status.reported", "2024-06-07T08:00"),
    ]
    #expect(cells(touches, asOf: "2024-06-08T09:00", "max_update_gap_h", "updates_per_open_day") == [["71.0", "0.4"]])
    #expect(cells(touches, asOf: "2024-06-11T09:00", "max_update_gap_h") == [["97.0"]])
    #expect(cells([touches[0]], "max_update_gap_h", "updates") == [["NULL", "NULL"]])
  }

  @Test func `an estimate is held against what happened`() {
    func report(_ time: String, _ estimate: String) -> TestTouch {
      item("status.reported", time, [.dataText("estimate_at"): .text(estimate)])
    }
    let touches = [
      item("case.opened", "2024-06-03T09:00"), report("2024-06-03T10:00", "2024-06-05T12:00:00Z"),
      report("2024-06-04T10:00", "2024-06-05T12:00:00Z"), report("2024-06-05T10:00", "2024-06-06T12:00:00Z"),
      item("status.reported", "2024-06-06T10:00"), item("case.resolved", "2024-06-06T18:00"),
    ]
    #expect(cells(touches, "updates", "estimates", "estimate_moves", "estimate_error_h") == [["5", "3", "1", "30.0"]])
    #expect(cells(touches.dropLast(), "estimate_error_h") == [["NULL"]])
    #expect(cells([touches[0], touches[4]], "estimates", "estimate_moves") == [["0", "NULL"]])
  }

  @Test func `a hand-off is a change of hands, not the first taking up`() {
    func assigned(_ time: String, _ agent: String, _ department: String) -> TestTouch {
      item("case.assigned", time, [.text(.agent): .text(agent), .text(.department): .text(department)])
    }
    let touches = [
      item("case.opened", "2024-06-03"), assigned("2024-06-03T01:00", "kim", "support"),
      assigned("2024-06-03T02:00", "kim", "support"), assigned("2024-06-03T03:00", "lee", "support"),
      assigned("2024-06-03T04:00", "ana", "billing"),
    ]
    #expect(cells(touches, "people", "departments", "hand_offs") == [["3", "2", "2"]])
  }

  @Test func `feelings count from the opening, in the customer's own words only`() {
    func felt(_ time: String, _ level: String, _ from: String = "customer_words") -> TestTouch {
      item("emotion.expressed", time, [.dataText("level"): .text(level), .dataText("heard_from"): .text(from)])
    }
    let touches = [
      item("case.opened", "2024-06-03T09:00"), felt("2024-06-03T09:30", "anger", "model"),
      felt("2024-06-03T10:00", "frustration"), felt("2024-06-03T12:00", "frustration"),
      felt("2024-06-03T15:00", "annoyance"),
    ]
    #expect(
      cells(touches, "frustrated_after_h", "annoyed_after_h", "angry_after_h") == [["1.0", "6.0", "NULL"]])
  }

  @Test func `a case that was told in public says how far it went`() {
    let opened = item("case.opened", "2024-06-03")
    let mention = item("mention.posted", "2024-06-05", [.dataNumber("reach"): .number(40_000)])
    #expect(cells([opened], "went_public", "public_reach") == [["false", "NULL"]])
    #expect(cells([opened, mention, mention], "went_public", "public_reach") == [["true", "80000"]])
  }
}

@Suite struct CallFactTests {
  private func cells(_ touches: [TestTouch], _ names: String...) -> [[String]] {
    let table = Lives(touches).tables([.calls], asOf: at("2024-07-01"))["calls"]!
    let columns = names.map { table.texts($0) }
    return (0..<table.rowCount).map { row in columns.map { $0[row][0] } }
  }

  @Test func `a call says how long they waited, and whether for a person`() {
    let touches = [
      TestTouch("call.handled", "2024-06-03T09:00", .absent, [
        .text(.agent): .text("kim"), .text(.channel): .text("phone"), .dataText("case_id"): .text("k8"),
        .dataNumber("wait_s"): .number(90), .dataNumber("hold_s"): .number(31), .dataNumber("talk_s"): .number(240),
        .dataNumber("apologies"): .number(2), .dataNumber("human_reached"): .flag(true),
      ]),
      TestTouch("call.handled", "2024-06-04T09:00", .absent, [
        .dataNumber("wait_s"): .number(120), .dataNumber("abandoned"): .flag(true),
        .dataNumber("human_reached"): .flag(false),
      ]),
      TestTouch("call.handled", "2024-06-05T09:00"),
    ]
    #expect(
      cells(touches, "customer", "called_at", "agent", "channel", "case_id")[0]
        == ["cu-1", "2024-06-03T09:00:00.000000Z", "kim", "phone", "k8"])
    #expect(
      cells(touches, "wait_s", "hold_s", "waited_s", "talk_s", "apologies", "waited_long") == [
        ["90.0", "31.0", "121.0", "240.0", "2", "true"], ["120.0", "NULL", "120.0", "NULL", "NULL", "false"],
        ["NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
      ])
    #expect(
      cells(touches, "abandoned", "human_reached") == [["NULL", "true"], ["true", "false"], ["NULL", "NULL"]])
  }
}
