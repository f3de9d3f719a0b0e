import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct NeedTraitTests {
  private func need(_ kind: String, _ id: String, _ time: String, long: Bool = false) -> TestTouch {
    TestTouch(
      "need.\(kind)", time, kind == "stated" ? .in : .out,
      [.dataText("need_id"): .text(id), .dataText("horizon"): .text(long ? "long" : "now")])
  }

  @Test func `what was noted 212 days ago is stale`() {
    let touches = [
      TestTouch("circumstance.noted", "2023-12-02", .in), need("stated", "n1", "2024-01-01"),
      need("stated", "n2", "2024-01-01"),
    ]
    #expect(traits(touches, "circumstance_age_d", "circumstance_stale", "known_needs") == ["212", "true", "2"])
  }

  @Test func `what was noted holds as long as it says`() {
    let noted = TestTouch("circumstance.noted", "2024-06-01", .in)
    #expect(traits([noted], "circumstance_age_d", "circumstance_stale") == ["30", "false"])
    let until = noted.with(.dataText("valid_until"), .text("2024-06-30"))
    #expect(traits([until], "circumstance_stale") == ["true"])
    #expect(traits([noted.with(.dataText("valid_until"), .text("2024-07-02"))], "circumstance_stale") == ["false"])
  }

  @Test func `two of three needs were answered in time`() {
    let touches = [
      need("stated", "n1", "2024-05-01"), need("met", "n1", "2024-05-04"),
      need("stated", "n2", "2024-05-01"),
      need("declined", "n2", "2024-05-10").with(.dataText("reason"), .text("not ours to do")),
      need("stated", "n3", "2024-05-01"), need("declined", "n3", "2024-05-02"),
    ]
    #expect(traits(touches, "need_ack_rate_num", "need_ack_rate_den") == ["2", "3"])
    #expect(traits(touches, "need_ack_rate")[0].hasPrefix("0.666"))
  }

  @Test func `a need whose time still runs is no failure, a late answer no success`() {
    let touches = [
      need("stated", "n1", "2024-06-20"), need("stated", "n2", "2024-05-01"), need("met", "n2", "2024-05-20"),
    ]
    #expect(traits(touches, "need_ack_rate", "need_ack_rate_num", "need_ack_rate_den") == ["0.0", "0", "1"])
  }

  @Test func `two of three long-term needs are not met`() {
    let touches = [
      need("stated", "a", "2024-01-01", long: true), need("stated", "b", "2024-01-01", long: true),
      need("stated", "c", "2024-01-01", long: true), need("stated", "d", "2024-01-01"), need("met", "c", "2024-03-01"),
    ]
    #expect(traits(touches, "unmet_long_num", "unmet_long_den") == ["2", "3"])
  }

  @Test func `who never records that a need was met accuses nobody`() {
    let touches = [need("stated", "n1", "2024-01-01", long: true)]
    #expect(
      traits(touches, "known_needs", "need_ack_rate", "need_ack_rate_den", "unmet_long_den")
        == ["1", "NULL", "NULL", "NULL"])
  }
}
