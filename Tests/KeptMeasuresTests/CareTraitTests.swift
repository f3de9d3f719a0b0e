import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct CareTraitTests {
  private func care(_ time: String, prompted: Bool = true) -> TestTouch {
    TestTouch("care.given", time, .out, [.dataNumber("prompted"): .flag(prompted)])
  }

  private let start = TestTouch("relationship.started", "2024-01-10T09:00", .in)

  @Test func `three times care and nine asks in the window are a quarter given`() {
    var touches = [start, care("2024-05-01"), care("2024-05-20", prompted: false), care("2024-06-10")]
    touches += (1...9).map { TestTouch("ask.made", "2024-06-0\($0)", .out) }
    // Long ago: neither counts of late.
    touches += [care("2024-02-01", prompted: false), TestTouch("ask.made", "2024-02-01", .out)]
    #expect(traits(touches, "give_ask", "give_ask_num", "give_ask_den") == ["0.25", "3", "12"])
    #expect(traits(touches, "proactive_care") == ["1"])
  }

  @Test func `neither given nor asked is no share`() {
    #expect(traits([start, care("2024-01-11")], "give_ask", "give_ask_den") == ["NULL", "0"])
  }

  @Test func `the window begins with the local day`() {
    let touches = [start, care("2024-04-01T23:59", prompted: false), care("2024-04-02T00:00", prompted: false)]
    #expect(traits(touches, "proactive_care") == ["1"])
  }

  @Test func `from the beginning to the first care`() {
    let before = care("2024-01-09")
    #expect(traits([before, start, care("2024-01-11T15:00"), care("2024-02-01")], "first_care_lag_h") == ["30.0"])
    #expect(traits([before, start], "first_care_lag_h") == ["NULL"])
  }

  @Test func `care to sell something is no looking for a way to care`() {
    let touches = [start, care("2024-06-01", prompted: false).with(.dataText("purpose"), .text("sell"))]
    #expect(traits(touches, "proactive_care", "effort_gap_d") == ["0", "173"])
  }

  @Test func `the longest time without unprompted care, the open one among them`() {
    let two = [start, care("2024-01-20", prompted: false), care("2024-02-12", prompted: false)]
    // 10 days, 23 days, and 140 days up to now.
    #expect(traits(two, "effort_gap_d") == ["140"])
    #expect(traits(two + [care("2024-06-30", prompted: false)], "effort_gap_d") == ["139"])
  }

  @Test func `a gap counts from a year ago at the earliest`() {
    let old = TestTouch("relationship.started", "2020-01-01", .in)
    #expect(traits([old, care("2020-02-01", prompted: false)], "effort_gap_d") == ["365"])
  }

  @Test func `where no care says what prompted it, nobody knows`() {
    let touches = [start, TestTouch("care.given", "2024-06-01", .out)]
    #expect(traits(touches, "proactive_care", "effort_gap_d") == ["NULL", "NULL"])
  }

  @Test func `two gifts of theirs for seven of ours`() {
    var touches = [start, TestTouch("thanks.given", "2024-06-01", .in), TestTouch("referral.made", "2024-06-02", .in)]
    touches += (1...7).map { care("2024-05-0\($0)") }
    #expect(traits(touches, "reciprocity_num", "reciprocity_den") == ["2", "7"])
    #expect(traits(touches, "reciprocity")[0].hasPrefix("0.2857"))
  }

  @Test func `a ledger without care says nothing of care`() {
    let touches = [start, TestTouch("thanks.given", "2024-06-01", .in)]
    #expect(traits(touches, "proactive_care", "effort_gap_d", "reciprocity_num") == ["NULL", "NULL", "NULL"])
  }
}
