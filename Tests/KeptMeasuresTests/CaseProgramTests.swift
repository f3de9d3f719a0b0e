import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct CaseProgramTests {
  /// A case opened on 2024-03-04 (or another day) that a person answers after so many hours; nil: never.
  private func answered(
    _ id: String, after hours: Int?, on day: String = "2024-03-04", _ fields: [String: TestTouch.Value] = [:]
  ) -> [TestTouch] {
    let opened = touch("case.opened", day, fields.merging(["case_id": .text(id)]) { given, _ in given })
    guard let hours else { return [opened] }
    var reply = touch("message.sent", day, ["case_id": .text(id), "agent": .text("kim")], .out)
    reply.time += Int64(hours) * 3_600_000_000
    return [opened, reply]
  }

  private func lives(_ cases: [[TestTouch]]) -> Lives {
    Lives(cases.enumerated().map { (UInt32($0.offset + 1), $0.element) })
  }

  @Test func `S3.14: half answered in 2 h, nine in ten in 19 h, the slowest after 88 h: 9.5 times as long`() {
    let hours = Array(repeating: 2, count: 60) + Array(repeating: 19, count: 38) + [88, 88]
    let programs = Programs(lives(hours.enumerated().map { answered("K\($0)", after: $1) }), asOf: "2024-03-31")
    #expect(programs.rows("reply_p50", "firm") == ["firm 2024-03 100/100 2"])
    #expect(programs.rows("reply_p90", "firm") == ["firm 2024-03 100/100 19"])
    #expect(programs.rows("reply_p99", "firm") == ["firm 2024-03 100/100 88"])
    #expect(programs.rows("reply_unevenness", "firm") == ["firm 2024-03 100/100 9.5"])
    #expect(programs.rows("reply_miserable", "firm") == ["firm 2024-03 2/100 0.02"])
    // Sorted means 2 × 60, 19 × 38, 88 × 2: Σ (2i − 101)·v / (100 · 1018).
    #expect(programs.rows("reply_gini", "firm") == ["firm 2024-03 –/100 0.534"])
  }

  @Test func `who still waits is watched, not left out, and a ledger without replies accuses nobody`() {
    let programs = Programs(
      lives([answered("K1", after: 1), answered("K2", after: 3), answered("K3", after: nil)]), asOf: "2024-03-04T05:00")
    #expect(programs.rows("reply_p50", "firm") == ["firm 2024-03 2/3 3"])
    #expect(programs.rows("reply_miserable", "firm") == ["firm 2024-03 0/2 0"])
    let silent = lives([answered("K3", after: nil)])
    #expect(
      Programs(silent, asOf: "2024-03-31").rows("reply_p50")
        == ["firm NULL –/– no call.handled or meeting.held or message.sent or status.reported events"])
    let elsewhere = Lives(silent.lives + [(9, [touch("message.sent", "2024-03-05", [:], .out)])])
    #expect(Programs(elsewhere, asOf: "2024-03-31").rows("reply_p50") == ["firm NULL –/– no event says what it needs"])
  }

  @Test func `a case counts for whoever its touches were the first to name`() {
    let programs = Programs(
      lives([
        answered("K1", after: 1, ["region": .text("EMEA"), "account": .text("A7"), "channel": .text("email")]),
        answered("K2", after: 3, on: "2024-04-02", ["region": .text("EMEA"), "party": .text("internal")]),
      ]), asOf: "2024-04-30")
    for workers in 1...2 {
      #expect(
        programs.rows("reply_p50", workers: workers) == [
          "channel=email 2024-03 1/1 1", "firm 2024-03 1/1 1", "firm 2024-04 1/1 3", "party=b2b 2024-03 1/1 1",
          "party=internal 2024-04 1/1 3", "region=EMEA 2024-03 1/1 1", "region=EMEA 2024-04 1/1 3",
        ])
    }
  }

  @Test func `S3.16: frustrated after 18 minutes, annoyed after 45, not angry; by quarter of opening`() {
    func felt(_ level: String, _ time: String) -> TestTouch {
      touch("emotion.expressed", time, ["case_id": .text("K8"), "heard_from": .text("customer_words"), "level": .text(level)])
    }
    let case8 = answered("K8", after: nil) + [felt("frustration", "2024-03-04T00:18"), felt("annoyance", "2024-03-04T00:45")]
    let programs = Programs(lives([case8]), asOf: "2024-05-31")
    #expect(programs.rows("min_to_frustration", "firm") == ["firm 2024-01 1/1 18"])
    #expect(programs.rows("min_to_annoyance", "firm") == ["firm 2024-01 1/1 45"])
    #expect(programs.rows("min_to_anger") == ["firm NULL –/– no event says what it needs"])
    let two = lives([case8, answered("K9", after: nil)])
    #expect(Programs(two, asOf: "2024-05-31").rows("min_to_frustration", "firm") == ["firm 2024-01 1/2 18"])
  }

  @Test func `S3.1: a call of 31.5 minutes waiting and holding`() {
    let call = touch("call.handled", "2024-03-04", ["wait_s": .number(1000), "hold_s": .number(890)])
    #expect(
      Programs([call, touch("call.handled", "2024-03-04")], asOf: "2024-03-31").rows("hold_min", "firm") == [
        "firm 2024-03 31.5/1 31.5"
      ])
  }

  @Test func `S3.24: three touches until a question was answered`() {
    let question = answered("K1", after: 2, ["case_kind": .text("question"), "channel": .text("web")])
    let asked = touch("message.sent", "2024-03-04T01:00", ["case_id": .text("K1")], .in)
    let solved = touch("case.resolved", "2024-03-04T03:00", ["case_id": .text("K1")])
    let programs = Programs(lives([[question[0], asked, question[1], solved]]), asOf: "2024-03-31")
    #expect(programs.rows("touches_to_answer", "channel") == ["channel=web 2024-03 –/1 3"])
  }

  @Test func `S4.1 to S4.3: silence of 71 h, solved 30 h after the first estimate, which moved three times`() {
    func status(_ time: String, _ estimate: String? = nil) -> TestTouch {
      touch(
        "status.reported", time,
        estimate.map { ["case_id": .text("K8"), "estimate_at": .text($0)] } ?? ["case_id": .text("K8")])
    }
    let case8 = [
      touch("case.opened", "2024-03-04", ["case_id": .text("K8"), "agent": .text("kim"), "department": .text("desk")]),
      status("2024-03-06T23:00", "2024-03-08T00:00:00Z"), status("2024-03-07T00:00", "2024-03-08T12:00:00Z"),
      status("2024-03-07T12:00", "2024-03-08T20:00:00Z"), status("2024-03-08T12:00", "2024-03-09T00:00:00Z"),
      touch("case.assigned", "2024-03-08T13:00", ["case_id": .text("K8"), "agent": .text("lee")]),
      touch("case.assigned", "2024-03-08T14:00", ["case_id": .text("K8"), "agent": .text("kim")]),
      touch("case.resolved", "2024-03-09T06:00", ["case_id": .text("K8")]),
    ]
    let programs = Programs(lives([case8]), asOf: "2024-03-31")
    #expect(programs.rows("update_gap_h", "firm") == ["firm 2024-03 –/1 71"])
    #expect(programs.rows("eta_error_h", "firm") == ["firm 2024-03 –/1 30"])
    #expect(programs.rows("eta_moves", "firm") == ["firm 2024-03 3/1 3"])
    #expect(programs.rows("people_per_case", "firm") == ["firm 2024-03 –/1 2"])
    #expect(programs.rows("hand_offs_per_case", "firm") == ["firm 2024-03 1/1 1"])
    // Four reports and the word that it is solved, in 5.25 days.
    #expect(programs.rows("updates_per_open_day", "firm") == ["firm 2024-03 –/1 0.952"])
  }
}

@Suite struct ProjectProgramTests {
  @Test func `S4.12 to S4.14: closed out but nobody to care, silence, and then something to sell`() {
    func project(_ id: String, _ kind: String, _ time: String, _ fields: [String: TestTouch.Value] = [:]) -> TestTouch {
      touch(kind, time, fields.merging(["project_id": .text(id)]) { given, _ in given })
    }
    let touches = [
      project("P3", "project.started", "2024-01-01"),
      project("P3", "contact.assigned", "2024-01-19", ["told_customer": .flag(true), "agent": .text("kim")]),
      project("P3", "project.closed", "2024-03-01"), project("P3", "closeout.held", "2024-03-03"),
      touch("ask.made", "2024-03-20", ["ask_kind": .text("upsell")], .out),
    ]
    let programs = Programs(touches, asOf: "2024-05-04")
    #expect(programs.rows("closed_well_share", "firm").last == "firm 2024-03 0/1 0")
    #expect(programs.rows("closeout_share", "firm").last == "firm 2024-03 1/1 1")
    #expect(programs.rows("care_intro_share", "firm").last == "firm 2024-03 0/1 0")
    #expect(programs.rows("first_after_sell", "firm").last == "firm 2024-03 1/1 1")
    #expect(programs.rows("after_silence_d") == ["firm NULL –/– no event says what it needs"])
    // 42 of 60 days.
    #expect(programs.rows("contact_known_share", "firm").first == "firm 2024-01 0.7/1 0.7")
    #expect(programs.rows("people_per_project", "firm").first == "firm 2024-01 –/1 1")
    let cared = touches + [touch("care.given", "2024-05-04", [:], .out)]
    #expect(
      Programs(cared, asOf: "2024-05-31").rows("after_silence_d", "firm").first { $0.contains("2024-03") }
        == "firm 2024-03 1/1 64")
  }
}
