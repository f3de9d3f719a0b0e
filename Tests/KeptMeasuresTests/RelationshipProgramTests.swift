import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct RelationshipProgramTests {
  private func started(_ time: String, _ fields: [String: TestTouch.Value] = [:]) -> TestTouch {
    touch("relationship.started", time, fields)
  }

  private func ended(_ time: String, by party: String = "customer") -> TestTouch {
    touch("relationship.ended", time, ["ended_by": .text(party)])
  }

  @Test func `S0.2: from first naming a rival to leaving, and only of customers who left`() {
    let lives = Lives([
      (
        1,
        [
          started("2024-01-01"), touch("competitor.mentioned", "2024-02-20"),
          touch("competitor.mentioned", "2024-02-25"), ended("2024-03-01"),
        ]
      ),
      (2, [started("2024-01-01"), touch("competitor.mentioned", "2024-02-01"), ended("2024-03-02", by: "us")]),
      (3, [started("2024-01-01"), ended("2024-03-03")]),
    ])
    #expect(Programs(lives, asOf: "2024-03-31").rows("days_to_switch", "firm").last == "firm 2024-03 –/1 10")
  }

  @Test func `S1.1 and S2.15: of 42 who came by a blog 30 were still there after a year, worth 120 each`() {
    let lives = Lives(
      (1...42).map { number in
        let offering = number % 2 == 0 ? "clinics" : "schools"
        var touches = [started("2023-01-10", ["found_via": .text("blog"), "offering": .text(offering)])]
        touches.append(touch("order.placed", "2023-02-01", ["amount": .number(120), "subject": .text("O\(number)")]))
        if number <= 12 { touches.append(ended("2023-08-01")) }
        return (UInt32(number), touches)
      } + [(50, [started("2024-03-01", ["found_via": .text("blog")])])])
    let programs = Programs(lives, asOf: "2024-03-31")
    #expect(programs.rows("kept_12m", "source") == ["source=blog 2023-01 30/42 0.714"])
    #expect(
      programs.rows("kept_12m", "offering") == [
        "offering=clinics 2023-01 15/21 0.714", "offering=schools 2023-01 15/21 0.714",
      ])
    #expect(programs.rows("ltv", "source") == ["source=blog 2023-01 5040/42 120", "source=blog 2024-03 0/1 0"])
  }

  @Test func `S3.19: 23 days from the worst of ours to the end; who stays is watched`() {
    let bad = touch("statement.contradicted", "2024-02-10", ["contradiction": .text("false")])
    let small = touch("statement.contradicted", "2024-02-20", ["contradiction": .text("inconsistent")])
    let lives = Lives([
      (77, [started("2024-01-01"), bad, small, ended("2024-03-04")]), (78, [started("2024-01-01"), bad]),
    ])
    #expect(
      Programs(lives, asOf: "2024-03-31").rows("fail_to_leave_d", "firm").first { $0.contains("2024-02") }
        == "firm 2024-02 1/2 23")
  }

  @Test func `S3.26: 17 days of warning before they said it in public`() {
    let touches = [
      touch("case.opened", "2024-03-01", ["case_kind": .text("complaint"), "case_id": .text("K1")]),
      touch("mention.posted", "2024-03-10", ["valence": .number(0.5)]),
      touch("mention.posted", "2024-03-18", ["valence": .number(-0.5)]),
      touch("mention.posted", "2024-03-28", ["valence": .number(-0.9)]),
    ]
    #expect(Programs(touches, asOf: "2024-03-31").rows("warning_lead_d", "firm") == ["firm 2024-03 –/1 17"])
  }

  @Test func `S1.10b: in the month of the recession one of four left`() {
    let lives = Lives(
      [(0, [touch("period.declared", "2024-03-01", ["period_kind": .text("recession"), "until": .text("2024-04-01")])])]
        + (1...4).map { number in
          (UInt32(number), [started("2024-01-05")] + (number == 1 ? [ended("2024-03-05")] : []))
        })
    let programs = Programs(lives, asOf: "2024-04-30")
    #expect(programs.rows("leaving_hazard", "period_kind") == ["period_kind=recession 2024-03 1/4 0.25"])
    #expect(programs.rows("leaving_hazard", "firm") == [
      "firm 2024-01 0/0 nothing to divide by", "firm 2024-02 0/4 0", "firm 2024-03 1/4 0.25", "firm 2024-04 0/3 0",
    ])
    let months = lives.tables([.months], asOf: at("2024-04-30"))["months"]!
    #expect(months.texts("period", "period_kind").map { $0[1] } == ["NULL", "NULL", "recession", "NULL"])
  }
}

@Suite struct ExchangeProgramTests {
  @Test func `S0.3: a complaint that was answered and solved soon is care, one that was reopened is not`() {
    func complaint(_ id: String) -> [TestTouch] {
      [
        touch("case.opened", "2024-03-04T10:00", ["case_kind": .text("complaint"), "case_id": .text(id)]),
        touch(
          "message.sent", "2024-03-04T11:00",
          ["case_id": .text(id), "agent": .text("kim"), "automated": .flag(false), "by_name": .flag(true)], .out),
        touch("case.resolved", "2024-03-05T10:00", ["case_id": .text(id)]),
      ]
    }
    let lives = Lives([
      (1, complaint("K1")), (2, complaint("K2") + [touch("case.reopened", "2024-03-06", ["case_id": .text("K2")])]),
      (3, [touch("order.placed", "2024-03-04", ["subject": .text("O1")])]),
    ])
    #expect(Programs(lives, asOf: "2024-03-31").rows("care_rate", "moment") == [
      "moment=complaining 2024-03 1/2 0.5", "moment=ordering 2024-03 0/1 0",
    ])
  }

  @Test func `S1.10e: of 90 words through social media 71 were answered`() {
    let lives = Lives(
      (1...90).map { number in
        let channel = TestTouch.Value.text("social")
        let said = touch("message.sent", "2024-03-01", ["channel": channel], .in)
        let answer = touch("message.sent", "2024-03-02", ["channel": channel], .out)
        return (UInt32(number), number <= 71 ? [said, answer] : [said])
      })
    #expect(Programs(lives, asOf: "2024-03-31").rows("replied_share", "channel") == ["channel=social 2024-03 71/90 0.789"])
    // Four days later the others may still be answered.
    #expect(Programs(lives, asOf: "2024-03-05").rows("replied_share", "channel") == ["channel=social 2024-03 71/71 1"])
    // What closes a case reaches the customer, too.
    let closed = [
      touch("case.opened", "2024-03-01", ["subject": .text("k8")], .in),
      touch("case.closed", "2024-03-02", ["subject": .text("k8")], .out),
    ]
    #expect(Programs(closed, asOf: "2024-03-31").rows("replied_share", "firm") == ["firm 2024-03 1/1 1"])
  }

  @Test func `S2.14: they took two hours to answer what we asked`() {
    let touches = [
      touch("info.requested", "2024-03-01T10:00", ["subject": .text("K1")], .out),
      touch("message.sent", "2024-03-01T11:00", ["subject": .text("K2")], .in),
      touch("message.sent", "2024-03-01T12:00", ["subject": .text("K1")], .in),
    ]
    #expect(Programs(touches, asOf: "2024-03-31").rows("their_reply_h", "firm") == ["firm 2024-03 –/1 2"])
  }

  @Test func `S2.20: of three acts of care one came back within 30 days, one too late`() {
    let touches = [
      touch("care.given", "2024-01-01"), touch("thanks.given", "2024-01-20"), touch("care.given", "2024-02-01"),
      touch("referral.made", "2024-03-20"), touch("care.given", "2024-03-25"),
    ]
    #expect(Programs(touches, asOf: "2024-03-31").rows("care_returned", "firm") == [
      "firm 2024-01 1/1 1", "firm 2024-02 0/1 0", "firm 2024-03 0/0 nothing to divide by",
    ])
  }

  @Test func `S2.8: of three long-term needs two are not met`() {
    func need(_ kind: String, _ id: String, _ time: String, _ horizon: String? = nil) -> TestTouch {
      touch(kind, time, horizon.map { ["need_id": .text(id), "horizon": .text($0)] } ?? ["need_id": .text(id)])
    }
    let touches = [
      need("need.stated", "n1", "2024-03-01", "long"), need("need.stated", "n2", "2024-03-02", "long"),
      need("need.stated", "n3", "2024-03-03", "long"), need("need.stated", "n4", "2024-03-04", "now"),
      need("need.met", "n2", "2024-03-20"),
    ]
    #expect(Programs(touches, asOf: "2024-03-31").rows("unmet_long", "firm") == ["firm 2024-03 2/3 0.667"])
  }

  @Test func `S2.6: 23 of 100 minutes of keeping went to who does not suit us`() {
    func life(_ number: UInt32, fit: Double?, _ minutes: Double) -> (customer: UInt32, touches: [TestTouch]) {
      let effort = touch("effort.spent", "2024-03-05", ["effort": .text("keep"), "minutes": .number(minutes)])
      return (number, (fit.map { [touch("fit.assessed", "2024-03-01", ["score": .number($0)])] } ?? []) + [effort])
    }
    let lives = Lives([life(1, fit: 0.3, 23), life(2, fit: 0.4, 77), life(3, fit: nil, 500)])
    #expect(Programs(lives, asOf: "2024-03-31").rows("keep_on_misfit", "firm") == ["firm 2024-03 23/100 0.23"])
  }

  @Test func `S4.6: the latest try through each channel, how old it is, and whether we learned from it`() {
    let channel = TestTouch.Value.text("tweet")
    let lives = Lives([
      (0, [
        touch("probe.run", "2024-01-10", ["channel": channel, "score": .number(0.8)]),
        touch("change.made", "2024-02-01", ["signal": .text("probe")]),
        touch("probe.run", "2024-02-20", ["channel": channel, "score": .number(0.4)]),
      ])
    ])
    let programs = Programs(lives, asOf: "2024-03-31")
    #expect(programs.rows("probe_latest", "channel") == [
      "channel=tweet 2024-01 0.8/– 0.8", "channel=tweet 2024-02 0.4/– 0.4", "channel=tweet 2024-03 0.4/– 0.4",
    ])
    #expect(programs.rows("probe_age_d", "channel").last == "channel=tweet 2024-03 40/– 40")
    #expect(programs.rows("probe_learned", "channel") == ["channel=tweet 2024-01 1/1 1"])
    #expect(Programs(lives, asOf: "2024-06-01").rows("probe_learned", "channel").last == "channel=tweet 2024-02 0/1 0")
  }

  @Test func `S3.22: of eleven promises due eight were kept in time`() {
    var touches: [TestTouch] = []
    for number in 1...11 {
      let subject = TestTouch.Value.text("p\(number)")
      touches.append(
        TestTouch("promise.made", at("2024-03-01"), .absent, [.text(.subject): subject, .due: .instant(at("2024-03-10"))]))
      if number > 10 { continue }
      touches.append(touch("promise.kept", number <= 8 ? "2024-03-09" : "2024-03-12", ["subject": subject]))
    }
    touches.sort { $0.time < $1.time }
    #expect(Programs(touches, asOf: "2024-03-31").rows("promises_on_time", "firm") == ["firm 2024-03 8/11 0.727"])
  }
}

@Suite struct MeasureOfMeasuresTests {
  private func mentions(_ month: String, _ against: Int, _ others: Int) -> [TestTouch] {
    (0..<against + others).map { number in
      touch("mention.posted", "\(month)-05", ["valence": .number(number < against ? -0.5 : 0.5)])
    }
  }

  @Test func `S1.6: criticism rises from .40 to .44, by .02 a month`() {
    let touches = mentions("2024-01", 40, 60) + mentions("2024-02", 42, 58) + mentions("2024-03", 44, 56)
    #expect(Programs(touches, asOf: "2024-03-31").rows("criticality_slope") == [
      "firm 2024-01 –/1 too little data", "firm 2024-02 –/2 too little data", "firm 2024-03 –/3 0.02",
    ])
  }

  @Test func `S3.10: twelve minutes for a customer we have against 95 for a new one is no parity`() {
    let touches = [
      touch("order.placed", "2024-03-01"), touch("relationship.started", "2024-03-01"),
      touch("effort.spent", "2024-03-05", ["effort": .text("keep"), "minutes": .number(12)]),
      touch("effort.spent", "2024-03-05", ["effort": .text("acquire"), "minutes": .number(95)]),
    ]
    #expect(Programs(touches, asOf: "2024-03-31").rows("attention_parity") == ["firm 2024-03 12/95 0"])
  }

  @Test func `S1.10a: 3.1 hours in EMEA, one in the west, 2.1 apart`() {
    func answered(_ id: String, _ region: String, minutes: Int64) -> [TestTouch] {
      var reply = touch("message.sent", "2024-03-04", ["case_id": .text(id), "agent": .text("kim")], .out)
      reply.time += minutes * 60_000_000
      return [touch("case.opened", "2024-03-04", ["case_id": .text(id), "region": .text(region)]), reply]
    }
    let lives = Lives([(1, answered("K1", "EMEA", minutes: 186)), (2, answered("K2", "west", minutes: 60))])
    #expect(Programs(lives, asOf: "2024-03-31").rows("reply_region_gap") == ["firm 2024-03 –/2 2.1"])
  }

  @Test func `S2.1: care for everybody, and for colleagues`() {
    func life(_ number: UInt32, _ party: String, _ isCaredFor: Bool) -> (customer: UInt32, touches: [TestTouch]) {
      let fields = ["party": TestTouch.Value.text(party)]
      return (
        number,
        [touch("order.placed", "2024-03-01", fields)] + (isCaredFor ? [touch("care.given", "2024-03-02", fields)] : [])
      )
    }
    let lives = Lives([life(1, "b2b", true), life(2, "b2c", true), life(3, "b2c", false), life(4, "internal", false)])
    let programs = Programs(lives, asOf: "2024-03-31")
    #expect(programs.rows("cared_for_external") == ["firm 2024-03 2/3 0.667"])
    #expect(programs.rows("cared_for_internal") == ["firm 2024-03 0/1 0"])
  }

  @Test func `S4.17: after a year of 10 minutes each, half a year of 8 is no longer investing`() {
    let touches = (1...12).flatMap { month -> [TestTouch] in
      let day = "2023-\(month < 10 ? "0" : "")\(month)-05"
      return [
        touch("order.placed", day),
        touch("effort.spent", day, ["effort": .text("serve"), "minutes": .number(month <= 6 ? 10 : 8)]),
      ]
    }
    #expect(Programs(touches, asOf: "2023-12-31").rows("still_investing").last == "firm 2023-12 8/10 0")
  }
}
