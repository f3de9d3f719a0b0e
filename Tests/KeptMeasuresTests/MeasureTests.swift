import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// What an example of metrics 1 says of one measure.
struct MeasureExample: CustomTestStringConvertible, Sendable {
  let seed: String
  let measure: String
  let touches: [TestTouch]
  let num: Double?
  let den: Double?
  /// As the example rounds it.
  let value: Double
  let digits: Int

  init(
    _ seed: String, _ measure: String, _ num: Double?, _ den: Double?, _ value: Double, digits: Int = 2,
    _ touches: [TestTouch]...
  ) {
    self.seed = seed
    self.measure = measure
    self.num = num
    self.den = den
    self.value = value
    self.digits = digits
    self.touches = touches.flatMap(\.self)
  }

  var testDescription: String { "\(seed) \(measure)" }
}

private func touch(
  _ kind: String, _ fields: [String: TestTouch.Value] = [:], _ direction: Direction = .absent, times: Int = 1
) -> [TestTouch] {
  var given: [DetailField: TestTouch.Value] = [:]
  for (name, value) in fields {
    switch (name, value) {
    case ("amount", _): given[.amount] = value
    case ("score", _): given[.score] = value
    case ("agent", _): given[.text(.agent)] = value
    case ("channel", _): given[.text(.channel)] = value
    case (_, .text): given[.dataText(name)] = value
    default: given[.dataNumber(name)] = value
    }
  }
  return Array(repeating: TestTouch(kind, at("2024-03-05"), direction, given), count: times)
}

@Suite struct MeasureExampleTests {
  static let attention: [MeasureExample] = [
    MeasureExample(
      "S4.11", "serve_obtain", 11, 33, 0.33, touch("effort.spent", ["effort": .text("serve"), "minutes": .number(11)]),
      touch("effort.spent", ["effort": .text("acquire"), "minutes": .number(22)]),
      touch("effort.spent", ["effort": .text("keep"), "minutes": .number(5)])),
    MeasureExample(
      "S3.6", "keep_per_get", 90, 500, 0.18, touch("effort.spent", ["effort": .text("keep"), "amount": .number(90)]),
      touch("effort.spent", ["effort": .text("acquire"), "amount": .number(410)])),
    MeasureExample(
      "S4.7", "sales_reward_share", 820, 1000, 0.82,
      touch("reward.paid", ["basis": .text("sales"), "amount": .number(820)]),
      touch("reward.paid", ["basis": .text("quality"), "amount": .number(180)]), touch("reward.paid", ["amount": .number(7)])),
    MeasureExample(
      "S4.8", "clawed_back", 300, nil, 300, touch("reward.paid", ["clawback": .number(300)]), touch("reward.paid")),
    MeasureExample("S4.8", "written_off", 900, nil, 900, touch("charge.written_off", ["amount": .number(900)])),
    MeasureExample(
      "S1.7", "margin", 4900, 12000, 0.41, touch("payment.received", ["amount": .number(12_000)]),
      touch("effort.spent", ["amount": .number(7000)]), touch("charge.written_off", ["amount": .number(100)])),
    MeasureExample(
      "S3.28", "acquire_cost_per_new", 820, 2, 410, touch("relationship.started", times: 2),
      touch("effort.spent", ["effort": .text("acquire"), "amount": .number(820)])),
    MeasureExample(
      "S3.28", "replace_ratio", 11, 10, 1.1, touch("relationship.started", times: 11), touch("relationship.ended", times: 10)),
    MeasureExample(
      "S3.10", "keep_minutes_per_customer", 12, 1, 12, touch("order.placed", times: 3),
      touch("effort.spent", ["effort": .text("keep"), "minutes": .number(12)])),
    MeasureExample(
      "S3.10", "acquire_minutes_per_new", 95, 1, 95, touch("relationship.started"),
      touch("effort.spent", ["effort": .text("acquire"), "minutes": .number(95)])),
    MeasureExample(
      "S2.17", "joint_share", 2, 5, 0.4, touch("meeting.held", ["joint": .flag(true)], times: 2),
      touch("meeting.held", ["joint": .flag(false)], times: 3), touch("meeting.held")),
    MeasureExample(
      "S2.17", "soft_skills", 3, nil, 3, touch("skill.trained", ["soft": .flag(true)], times: 3),
      touch("skill.trained", ["soft": .flag(false)])),
  ]

  static let attitude: [MeasureExample] = [
    MeasureExample(
      "S0.4", "managing_words_per_1000", 412, 91_000, 4.53,
      touch("message.sent", ["words": .number(91_000), "words_managing": .number(412)]),
      touch("message.sent", ["words": .number(50)])),
    MeasureExample(
      "S0.6", "human_share", 42, 100, 0.42, touch("call.handled", ["agent": .text("kim")], times: 42),
      touch("call.handled", ["agent": .text("bot"), "automated": .flag(true)], times: 30),
      touch("call.handled", ["automated": .flag(true)], times: 28), touch("call.handled", times: 5)),
    MeasureExample(
      "S0.7", "admin_share", 14, 20, 0.7, touch("message.sent", ["purpose": .text("admin")], times: 14),
      touch("message.sent", ["purpose": .text("care")], times: 6), touch("message.sent", ["purpose": .text("admin")], .in)),
    MeasureExample(
      "S0.8", "our_convenience_share", 19, 50, 0.38, touch("ask.made", ["benefits": .text("us")], times: 19),
      touch("ask.made", ["benefits": .text("both")]), touch("message.sent", times: 30)),
    MeasureExample("S0.9", "give_ask", 3, 12, 0.25, touch("care.given", times: 3), touch("ask.made", times: 9)),
    MeasureExample(
      "S0.13", "proactive_care", 1, nil, 1, touch("care.given", ["prompted": .flag(false)]),
      touch("care.given", ["prompted": .flag(true)]), touch("care.given")),
    MeasureExample(
      "S0.16", "care_named_share", 31, 57, 0.544, digits: 3,
      touch("survey.answered", ["instrument": .text("reason_to_stay"), "reason": .text("care")], times: 31),
      touch("survey.answered", ["instrument": .text("reason_to_stay"), "reason": .text("price")], times: 26)),
    MeasureExample(
      "S1.8", "customer_centric_share", 8, 17, 0.47, touch("message.sent", ["benefits": .text("customer")], times: 5),
      touch("message.sent", ["benefits": .text("both")], times: 3), touch("ask.made", ["benefits": .text("us")], times: 9)),
    MeasureExample(
      "S2.14", "reciprocity", 2, 7, 0.286, digits: 3, touch("thanks.given"), touch("referral.made"),
      touch("care.given", times: 7)),
    MeasureExample(
      "S3.13", "personal_share", 11, 50, 0.22, touch("care.given", ["personal": .flag(true)], times: 10),
      touch("message.sent", ["automated": .flag(false), "by_name": .flag(true)]),
      touch("message.sent", ["automated": .flag(true), "by_name": .flag(true)], times: 39)),
    MeasureExample(
      "S3.18", "by_name_rate", 7, 20, 0.35,
      touch("message.sent", ["automated": .flag(false), "by_name": .flag(true)], times: 7),
      touch("message.sent", ["automated": .flag(false), "by_name": .flag(false)], times: 13),
      touch("message.sent", ["automated": .flag(true), "by_name": .flag(true)])),
    MeasureExample(
      "S3.4", "courtship_promises", 5, nil, 5, touch("promise.made", ["phase": .text("courtship")], times: 5),
      touch("promise.made", ["phase": .text("service")])),
    MeasureExample(
      "S3.17", "untruths", 1, nil, 1, touch("statement.contradicted", ["contradiction": .text("misleading")]),
      touch("statement.contradicted", ["contradiction": .text("inconsistent")])),
  ]

  static let communication: [MeasureExample] = [
    MeasureExample("S3.1", "hollow_apologies", 6, 1, 6, touch("call.handled", ["apologies": .number(6)])),
    MeasureExample(
      "S3.2", "repeat_asks", 7, 9, 0.78, touch("info.requested", ["already_known": .text("[\"name\",\"no\\\"o,\"]")], times: 3),
      touch("info.requested", ["already_known": .text("[\"name\"]")]), touch("info.requested", ["already_known": .text("[]")]),
      touch("call.handled", times: 9)),
    MeasureExample(
      "S3.3", "human_reached", 11, 20, 0.55, touch("call.handled", ["human_reached": .flag(true)], times: 11),
      touch("call.handled", ["human_reached": .flag(false)], times: 9), touch("call.handled")),
    MeasureExample(
      "S3.24", "info_found", 7, 12, 0.58, touch("info.sought", ["found": .flag(true)], times: 7),
      touch("info.sought", ["found": .flag(false)], times: 5)),
    MeasureExample("S3.24", "steps_to_answer", 6, 2, 3, touch("info.sought", ["steps": .number(3)], times: 2)),
    MeasureExample(
      "S4.1", "had_to_ask", 1, 4, 0.25, touch("status.reported", ["asked_for": .flag(true)]),
      touch("status.reported", ["asked_for": .flag(false)], times: 3), touch("status.reported")),
    MeasureExample(
      "S4.2", "eta_rate", 2, 5, 0.4, touch("status.reported", ["estimate_at": .text("2024-03-09T10:00:00Z")], times: 2),
      touch("status.reported", times: 3)),
    MeasureExample(
      "S4.4", "contradictions_per_100", 3, 100, 3, touch("statement.contradicted", times: 3), touch("message.sent", times: 97)),
    MeasureExample(
      "S4.5", "contact_told", 5, 7, 0.71, touch("contact.assigned", ["told_customer": .flag(true)], times: 5),
      touch("contact.assigned", ["told_customer": .flag(false)], times: 2)),
    MeasureExample(
      "S4.6", "probe_score", 2, 5, 0.4, touch("probe.run", ["solved": .flag(true)], times: 2),
      touch("probe.run", ["solved": .flag(false)], times: 3)),
    MeasureExample(
      "S4.8", "outcomes_accepted", 24, 25, 0.96, touch("outcome.delivered", ["accepted": .flag(true)], times: 24),
      touch("outcome.delivered", ["accepted": .flag(false)])),
  ]

  static let others: [MeasureExample] = [
    MeasureExample(
      "S1.14", "steps_to_order", 8, 2, 4, touch("order.placed", ["steps": .number(4)], times: 2), touch("order.placed")),
    MeasureExample(
      "S1.15", "reidentify_rate", 1, 4, 0.25, touch("order.placed", ["reidentified": .flag(true)]),
      touch("order.placed", ["reidentified": .flag(false)], times: 3)),
    MeasureExample(
      "S1.12", "order_faults", 9, 512, 0.018, digits: 3, touch("order.placed", times: 512),
      touch("order.corrected", ["our_fault": .flag(true)], times: 9), touch("order.corrected", ["our_fault": .flag(false)])),
    MeasureExample(
      "S1.6", "criticality", 11, 25, 0.44, touch("mention.posted", ["valence": .number(-0.5)], times: 11),
      touch("mention.posted", ["valence": .number(0.2)], times: 14), touch("mention.posted")),
    MeasureExample(
      "S1.6", "reach_negative", 90, nil, 90, touch("mention.posted", ["valence": .number(-0.1), "reach": .number(90)]),
      touch("mention.posted", ["valence": .number(0.1), "reach": .number(500)])),
    MeasureExample(
      "S3.3", "respect", 2, 5, 0.4,
      touch("survey.answered", ["instrument": .text("respect"), "score": .number(4)], times: 2),
      touch("survey.answered", ["instrument": .text("respect"), "score": .number(3)], times: 3),
      touch("survey.answered", ["instrument": .text("respect"), "score": .number(9)])),
    MeasureExample(
      "S3.23", "ease", 0.88, 2, 0.44,
      touch(
        "survey.answered",
        ["instrument": .text("ease"), "score": .number(44), "scale_min": .number(0), "scale_max": .number(100)]),
      touch(
        "survey.answered",
        ["instrument": .text("ces"), "score": .number(44), "scale_min": .number(0), "scale_max": .number(100)])),
    MeasureExample(
      "S4.8", "csat", 0.85, 1, 0.85, touch("survey.answered", ["score": .number(4.4)])),
    MeasureExample(
      "S1.5", "nps", 1, 4, 25, touch("survey.answered", ["instrument": .text("nps"), "score": .number(9)], times: 2),
      touch("survey.answered", ["instrument": .text("nps"), "score": .number(8)]),
      touch("survey.answered", ["instrument": .text("nps"), "score": .number(6)])),
    MeasureExample(
      "S3.19", "leave_signals", 1, nil, 1, touch("competitor.mentioned", ["intent": .text("leaving")]),
      touch("competitor.mentioned", ["intent": .text("compare")])),
    MeasureExample(
      "S2.11", "burden_per_100", 3, 21, 14.29, touch("burden.imposed"),
      touch("meeting.missed", ["missed_by": .text("customer")]), touch("meeting.missed", ["missed_by": .text("us")]),
      touch("promise.broken", ["by": .text("customer")]), touch("call.handled", times: 21)),
    MeasureExample(
      "S1.1", "relationships_begun", 42, nil, 42, touch("relationship.started", ["found_via": .text("blog")], times: 42)),
    MeasureExample(
      "S1.1", "won_share", 1, 4, 0.25, touch("relationship.started"), touch("prospect.evaluated", times: 4)),
    MeasureExample(
      "S0.2", "switch_share", 9, 14, 0.643, digits: 3,
      touch("relationship.ended", ["ended_by": .text("customer"), "destination": .text("acme")], times: 9),
      touch("relationship.ended", ["ended_by": .text("customer")], times: 5),
      touch("relationship.ended", ["ended_by": .text("us")], times: 3)),
    MeasureExample(
      "S2.4", "they_left", 14, nil, 14, touch("relationship.ended", ["ended_by": .text("customer")], times: 14),
      touch("relationship.ended", ["ended_by": .text("us")], times: 3)),
    MeasureExample(
      "S2.4", "we_left", 3, nil, 3, touch("relationship.ended", ["ended_by": .text("us")], times: 3),
      touch("relationship.ended", times: 5)),
    MeasureExample(
      "S1.10d", "external_ends", 3, nil, 3, touch("relationship.ended", ["ended_by": .text("external")], times: 3)),
    MeasureExample(
      "S2.10", "not_best_share", 2, 9, 0.22, touch("relationship.ended", ["reason": .text("not_best")], times: 2),
      touch("relationship.ended", ["reason": .text("price")], times: 7), touch("relationship.ended")),
    MeasureExample("S2.7", "fit", 0.55, 1, 0.55, touch("fit.assessed", ["score": .number(0.55)])),
    MeasureExample(
      "S2.12", "their_clients", -1, 1, -1, touch("fit.assessed", ["their_clients_signal": .number(-1)]), touch("fit.assessed")),
  ]

  @Test(arguments: attention + attitude + communication + others + MeasureExample.more)
  func `a measure gives the number of its example`(_ example: MeasureExample) throws {
    let table = Lives(example.touches).tables([.measures], asOf: at("2024-03-31"))["measures"]!
    let rows = table.texts("measure", "grain", "num", "den")
    let row = try #require(rows.firstIndex { $0[0] == example.measure && $0[1] == "firm" })
    #expect(rows[row][2] == example.num.map { "\($0)" } ?? "NULL")
    #expect(rows[row][3] == example.den.map { "\($0)" } ?? "NULL")
    let value = try #require(table.reals("value")[row])
    var scale = 1.0
    for _ in 0..<example.digits { scale *= 10 }
    #expect((value * scale).rounded() / scale == example.value)
    let declared = try #require(TouchMeasure.all(.standard).first { $0.name == example.measure })
    #expect(declared.seeds.contains(example.seed))
  }
}

@Suite struct MeasuresTableTests {
  private func rows(
    _ lives: Lives, _ measure: String, workers: Int = 1, rulebook: Rulebook = .standard, _ columns: [String]
  ) -> [[String]] {
    let table = lives.tables([.measures], asOf: at("2024-03-31"), rulebook: rulebook, workers: workers)["measures"]!
    let names = table.texts("measure")
    let cells = columns.map { table.texts($0) }
    return names.indices.filter { names[$0] == [measure] }.map { row in cells.map { $0[row][0] } }
  }

  private func call(_ time: String, _ fields: [DetailField: TestTouch.Value]) -> TestTouch {
    TestTouch("call.handled", time, .absent, fields.merging([.dataNumber("human_reached"): .flag(true)]) { $1 })
  }

  @Test func `a touch counts for everyone it names, in its local month`() {
    let lives = Lives([
      call("2024-02-05", [
        .text(.channel): .text("phone"), .text(.department): .text("support"), .dataText("region"): .text("EMEA"),
        .dataText("offering"): .text("repair"), .text(.account): .text("A7"),
      ]),
      call("2024-03-05", [.text(.channel): .text("phone")]),
    ])
    #expect(
      rows(lives, "human_reached", ["grain", "entity", "period", "num", "den", "value", "reason"]) == [
        ["channel", "phone", "2024-02-01", "1.0", "1.0", "1.0", "NULL"],
        ["channel", "phone", "2024-03-01", "1.0", "1.0", "1.0", "NULL"],
        ["department", "support", "2024-02-01", "1.0", "1.0", "1.0", "NULL"],
        ["firm", "NULL", "2024-02-01", "1.0", "1.0", "1.0", "NULL"],
        ["firm", "NULL", "2024-03-01", "1.0", "1.0", "1.0", "NULL"],
        ["offering", "repair", "2024-02-01", "1.0", "1.0", "1.0", "NULL"],
        ["party", "b2b", "2024-02-01", "1.0", "1.0", "1.0", "NULL"],
        ["party", "b2c", "2024-03-01", "1.0", "1.0", "1.0", "NULL"],
        ["region", "EMEA", "2024-02-01", "1.0", "1.0", "1.0", "NULL"],
      ])
  }

  @Test func `how a relationship began is a grain of its own`() {
    let started = TestTouch("relationship.started", "2024-03-05", .absent, [.dataText("found_via"): .text("blog")])
    #expect(
      rows(Lives([started]), "relationships_begun", ["grain", "entity", "num"]) == [
        ["firm", "NULL", "1.0"], ["party", "b2c", "1.0"], ["source", "blog", "1.0"],
      ])
  }

  @Test func `missing telemetry never reads as good care`() {
    let lives = Lives([TestTouch("call.handled", "2024-01-05"), TestTouch("message.sent", "2024-03-05")])
    #expect(rows(lives, "contradictions_per_100", ["period", "value", "reason"]) == [
      ["NULL", "NULL", "no statement.contradicted events"]
    ])
    #expect(rows(lives, "human_reached", ["period", "value", "reason"]) == [
      ["NULL", "NULL", "no event says what it needs"]
    ])
    #expect(rows(Lives([TestTouch("payment.received", "2024-03-05")]), "margin", ["value", "reason"]) == [
      ["NULL", "no charge.written_off or effort.spent events"]
    ])
    let measured = Lives([call("2024-01-05", [:]), TestTouch("message.sent", "2024-03-05")])
    #expect(rows(measured, "human_reached", ["period", "num", "den", "value", "reason"]) == [
      ["2024-01-01", "1.0", "1.0", "1.0", "NULL"], ["2024-02-01", "0.0", "0.0", "NULL", "nothing to divide by"],
      ["2024-03-01", "0.0", "0.0", "NULL", "nothing to divide by"], ["2024-01-01", "1.0", "1.0", "1.0", "NULL"],
    ])
  }

  @Test func `an agent is shown from twenty touches on`() throws {
    func calls(_ agent: String, _ count: Int) -> [TestTouch] {
      Array(repeating: call("2024-03-05", [.text(.agent): .text(agent)]), count: count)
    }
    let lives = Lives(calls("kim", 20) + calls("lee", 19))
    #expect(rows(lives, "human_reached", ["grain", "entity", "den"]).filter { $0[0] == "agent" } == [["agent", "kim", "20.0"]])
    let rules = try Rulebook.parse(#"{"measures": {"agent_touches_min": 19}}"#)
    #expect(rows(lives, "human_reached", rulebook: rules, ["grain", "entity"]).filter { $0[0] == "agent" }.count == 2)
  }

  @Test func `customers are counted once a month, whoever folded them`() {
    func life(_ number: Int) -> (customer: UInt32, touches: [TestTouch]) {
      let region = TestTouch.Value.text(number < 3 ? "north" : "south")
      var touches = [
        TestTouch("order.placed", "2024-03-05"),
        TestTouch("call.handled", "2024-03-06", .in, [.dataText("region"): region]),
      ]
      if number == 1 { touches += [TestTouch("care.given", "2024-03-07"), TestTouch("care.given", "2024-03-08")] }
      return (UInt32(number), touches)
    }
    let lives = Lives((1...5).map(life))
    for workers in 1...3 {
      #expect(
        rows(lives, "cared_for_share", workers: workers, ["grain", "num", "den"]).contains(["firm", "1.0", "5.0"]))
      #expect(
        rows(lives, "customers_in_touch", workers: workers, ["entity", "num", "den", "value"])
          == [
            ["NULL", "5.0", "NULL", "5.0"], ["b2c", "5.0", "NULL", "5.0"], ["north", "2.0", "NULL", "2.0"],
            ["south", "3.0", "NULL", "3.0"],
          ])
    }
  }

  @Test func `a customer adopts a channel once`() {
    func chat(_ day: String) -> TestTouch { TestTouch("message.sent", at(day), .in, [.text(.channel): .text("chat")]) }
    let lives = Lives([
      (1, [TestTouch("order.placed", "2024-02-01"), chat("2024-02-05"), chat("2024-02-06"), chat("2024-03-05")]),
      (2, [chat("2024-03-05")]),
    ])
    for workers in 1...2 {
      #expect(
        rows(lives, "adoption", workers: workers, ["grain", "period", "num", "den"]).filter { $0[0] == "channel" }
          == [["channel", "2024-02-01", "1.0", "1.0"], ["channel", "2024-03-01", "1.0", "2.0"]])
    }
  }

  @Test func `what the firm does without a customer counts, and is nobody's life`() {
    let effort = TestTouch("effort.spent", "2024-03-05", .absent, [
      .dataText("effort"): .text("serve"), .dataNumber("minutes"): .number(30), .text(.agent): .text("kim"),
    ])
    let lives = Lives([(0, [effort]), (1, [TestTouch("order.placed", "2024-03-05")])])
    #expect(rows(lives, "serve_obtain", ["grain", "num", "den"]) == [["firm", "30.0", "30.0"]])
    #expect(rows(lives, "invested_minutes_per_customer", ["grain", "num", "den"]).contains(["firm", "30.0", "1.0"]))
  }
}

@Suite struct WideTableTests {
  private func call(_ time: String, _ agent: String, _ department: String) -> TestTouch {
    TestTouch("call.handled", time, .absent, [
      .text(.agent): .text(agent), .text(.department): .text(department), .text(.channel): .text("phone"),
      .dataNumber("human_reached"): .flag(true), .dataNumber("wait_s"): .number(60),
    ])
  }

  private var lives: Lives {
    Lives(
      [TestTouch("message.sent", "2024-01-05")] + Array(repeating: call("2024-03-05", "kim", "support"), count: 20)
        + [call("2024-03-06", "lee", "billing")])
  }

  @Test func `the months of the firm stand without gaps, measures side by side`() {
    let months = lives.tables([.months], asOf: at("2024-03-31"))["months"]!
    #expect(
      months.texts("period", "human_reached", "human_reached_num", "human_reached_den", "hold_min", "serve_obtain")
        == [
          ["2024-01-01", "NULL", "0.0", "0.0", "NULL", "NULL"], ["2024-02-01", "NULL", "0.0", "0.0", "NULL", "NULL"],
          ["2024-03-01", "1.0", "21.0", "21.0", "1.0", "NULL"],
        ])
  }

  @Test func `channels, departments and agents have a row where anything counted, agents from twenty touches on`() {
    let tables = lives.tables([.channels, .departments, .agents], asOf: at("2024-03-31"))
    #expect(tables["channels"]!.texts("channel", "period", "human_reached_den") == [["phone", "2024-03-01", "21.0"]])
    #expect(
      tables["departments"]!.texts("department", "period", "human_reached_den") == [
        ["billing", "2024-03-01", "1.0"], ["support", "2024-03-01", "20.0"],
      ])
    #expect(tables["agents"]!.texts("agent", "human_reached_den") == [["kim", "20.0"]])
  }
}
