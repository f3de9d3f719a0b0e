import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct TalkTraitTests {
  @Test func `fourteen of twenty touches that went out were administration`() {
    var touches = (0..<20).map { index in
      TestTouch(
        "message.sent", at("2024-05-01") + Int64(index) * 3_600_000_000, .out,
        [.dataText("purpose"): .text(index < 14 ? "admin" : "care")])
    }
    // One that does not say what it was for.
    touches.append(TestTouch("message.sent", "2024-06-01", .out))
    #expect(traits(touches, "admin_share", "admin_share_num", "admin_share_den") == ["0.7", "14", "20"])
  }

  @Test func `asks for our convenience among all that went out`() {
    let ask = TestTouch("ask.made", "2024-06-01", .out, [.dataText("benefits"): .text("us")])
    let other = TestTouch("ask.made", "2024-06-02", .out, [.dataText("benefits"): .text("both")])
    let order = TestTouch("order.placed", "2024-06-03", .in)
    let told = TestTouch("order.confirmed", "2024-06-03", .out)
    #expect(
      traits([ask, other, order, told], "our_convenience_share_num", "our_convenience_share_den") == ["1", "3"])
  }

  @Test func `keys of asks, requests, messages and care count on no other kind`() {
    let message = TestTouch(
      "message.sent", "2024-06-01", .out,
      [.dataText("benefits"): .text("us"), .dataText("already_known"): .text(#"["name"]"#)])
    let ask = TestTouch(
      "ask.made", "2024-06-01", .out,
      [.dataNumber("personal"): .flag(true), .dataNumber("by_name"): .flag(true), .dataNumber("automated"): .flag(false)])
    let call = TestTouch("call.handled", "2024-06-02", .in)
    let request = TestTouch("info.requested", "2024-06-03", .out, [.dataText("already_known"): .text("[]")])
    let found = traits(
      [message, ask, call, request], "our_convenience_share_num", "personal_share_den", "by_name_rate_den", "repeat_asks_num")
    #expect(found == ["0", "0", "0", "0"])
  }

  @Test func `a person is there, a machine, or nobody says`() {
    let touches = [
      TestTouch("call.handled", "2024-06-01", .in, [.text(.agent): .text("ann")]),
      TestTouch("message.sent", "2024-06-02", .in, [.dataNumber("automated"): .flag(true)]),
      TestTouch("case.opened", "2024-06-03", .in),
      // Ours alone is no touch of two.
      TestTouch("message.sent", "2024-06-04", .out, [.text(.agent): .text("ann")]),
    ]
    #expect(traits(touches, "human_touch_share", "human_touch_share_num", "human_touch_share_den") == ["0.5", "1", "2"])
  }

  @Test func `seven known things asked again in nine contacts`() {
    var touches = (1...9).map { TestTouch("call.handled", "2024-06-0\($0)", .in) }
    touches.append(
      TestTouch("info.requested", "2024-06-10", .out, [.dataText("already_known"): .text(#"["name","account"]"#)]))
    touches += (1...5).map {
      TestTouch("info.requested", "2024-06-1\($0)", .out, [.dataText("already_known"): .text(#"["password"]"#)])
    }
    touches.append(TestTouch("info.requested", "2024-06-20", .out, [.dataText("already_known"): .text("[]")]))
    #expect(traits(touches, "repeat_asks_num", "repeat_asks_den") == ["7", "9"])
    #expect(traits(touches, "repeat_asks")[0].hasPrefix("0.777"))
  }

  @Test func `four channels within a year`() {
    var touches = ["web", "phone", "web", "chat", "email"].enumerated().map { index, channel in
      TestTouch("case.opened", "2024-0\(index + 1)-01", .in, [.text(.channel): .text(channel)])
    }
    touches.append(TestTouch("case.opened", "2022-01-01", .in, [.text(.channel): .text("store")]))
    touches.append(TestTouch("message.sent", "2024-06-01", .out, [.text(.channel): .text("sms")]))
    #expect(traits(touches, "channels_used") == ["4"])
  }

  @Test func `meant for a person, and greeting by name`() {
    func message(_ time: String, byName: Bool, automated: Bool) -> TestTouch {
      TestTouch(
        "message.sent", time, .out, [.dataNumber("by_name"): .flag(byName), .dataNumber("automated"): .flag(automated)])
    }
    let touches = [
      message("2024-06-01", byName: true, automated: false), message("2024-06-02", byName: true, automated: true),
      message("2024-06-03", byName: false, automated: false),
      TestTouch("care.given", "2024-06-04", .out, [.dataNumber("personal"): .flag(true)]),
      TestTouch("care.given", "2024-06-05", .out),
    ]
    #expect(traits(touches, "personal_share", "personal_share_num", "personal_share_den") == ["0.5", "2", "4"])
    #expect(traits(touches, "by_name_rate", "by_name_rate_num", "by_name_rate_den") == ["0.5", "1", "2"])
  }
}
