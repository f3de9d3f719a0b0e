import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct SaleTraitTests {
  private func ours(_ time: String, admin: Bool = false, by agent: String? = nil) -> TestTouch {
    var touch = TestTouch("message.sent", time, .out)
    if admin { touch.fields[.dataText("purpose")] = .text("admin") }
    if let agent { touch.fields[.text(.agent)] = .text(agent) }
    return touch
  }

  private let sale = TestTouch("order.placed", "2024-01-31T12:00", .in)

  @Test func `six touches in the sixty days before the sale and one long after it`() {
    var touches = [sale] + (10...15).map { ours("2024-01-\($0)") }
    // Too early, in between, and in (90, 180] days.
    touches += [ours("2023-11-01"), ours("2024-03-01"), ours("2024-05-10")]
    #expect(
      traits(touches, "honeymoon_before", "honeymoon_after", "honeymoon_drop", asOf: "2024-08-01")
        == ["3.0", "0.333333", "2.666667"])
    // Day 180 is 2024-07-29.
    #expect(
      traits(touches, "honeymoon_before", "honeymoon_after", "honeymoon_drop", asOf: "2024-07-29")
        == ["3.0", "NULL", "NULL"])
  }

  @Test func `beside the touches stands what they said`() {
    let touches = [sale, TestTouch("need.met", "2024-01-10", .out), TestTouch("return.refused", "2024-05-10", .out)]
    #expect(traits(touches, "honeymoon_points_before", "honeymoon_points_after", asOf: "2024-08-01") == ["1.0", "-0.333333"])
  }

  @Test func `three of fourteen touches around the sale came after it`() {
    var touches = [sale] + (10...20).map { ours("2024-01-\($0)") }
    touches += [ours("2024-02-13T10:00", admin: true), ours("2024-02-13T11:00"), ours("2024-03-01")]
    touches += [ours("2023-10-01"), ours("2024-06-01")]
    #expect(traits(touches, "after_sale_share_num", "after_sale_share_den", "sale_to_next_h") == ["3", "14", "311.0"])
    #expect(
      traits(touches, "after_sale_share", "after_sale_share_den", "sale_to_next_h", asOf: "2024-02-10")
        == ["NULL", "NULL", "NULL"])
  }

  @Test func `the seller was in touch for twelve days after the sale`() {
    let start = TestTouch(
      "relationship.started", "2024-01-20", .in, [.dataText("acquirer_agent"): .text("kim")])
    let touches = [
      start, ours("2024-01-25", by: "kim"), sale, ours("2024-02-12T12:00", by: "kim"), ours("2024-05-01", by: "ann"),
    ]
    #expect(traits(touches, "seller_engaged_d") == ["12.0"])
    #expect(traits([start, ours("2024-01-25", by: "kim"), sale], "seller_engaged_d") == ["0.0"])
    #expect(traits([start, sale, ours("2024-05-01", by: "ann")], "seller_engaged_d") == ["NULL"])
  }

  @Test func `who never bought had no sale`() {
    let table = Lives([(1, [ours("2024-01-25")]), (2, [sale])]).tables([.customers], asOf: at("2024-12-01"))["customers"]!
    #expect(table.texts("honeymoon_before", "after_sale_share_den", "sale_to_next_h")[0] == ["NULL", "NULL", "NULL"])
    #expect(table.texts("honeymoon_drop", "after_sale_share")[1] == ["0.0", "NULL"])
  }
}

@Suite struct BurdenTraitTests {
  private func burden(_ what: String, by reporter: String) -> TestTouch {
    TestTouch(
      "burden.imposed", "2024-07-01", .absent,
      [.dataText("burden"): .text(what), .dataText("reported_by"): .text(reporter)])
  }

  @Test func `an abuse and a missed meeting among twenty touches`() {
    var touches = [
      burden("abuse", by: "ann"),
      TestTouch("meeting.missed", "2024-07-01", .absent, [.dataText("missed_by"): .text("customer")]),
      TestTouch("meeting.missed", "2024-07-01", .absent, [.dataText("missed_by"): .text("us")]),
    ]
    touches += (0..<17).map { _ in TestTouch("message.sent", "2024-07-01", .out) }
    #expect(traits(touches, "burden", "burden_num", "burden_den") == ["15.0", "3.0", "20.0"])
    #expect(traits(touches, "burden_reporters", "burden_flag") == ["1", "false"])
    #expect(traits(touches + [burden("reversal", by: "bo")], "burden_reporters", "burden_flag") == ["2", "true"])
  }

  @Test func `a burden fades with its touches`() {
    // A half-life of 90 d ago: what was put on us and the touch itself weigh half.
    let touches = [
      TestTouch("promise.broken", "2024-04-02", .in, [.dataText("by"): .text("customer")]),
      TestTouch("message.sent", "2024-07-01", .out),
    ]
    #expect(traits(touches, "burden_num", "burden_den") == ["0.5", "1.5"])
    #expect(traits(touches, "burden")[0].hasPrefix("33.333"))
  }

  @Test func `paying late is a burden, without a signal that says so`() throws {
    let touches = [
      TestTouch("invoice.issued", "2024-05-01", .out, [.dataText("invoice_id"): .text("i1"), .due: .instant(at("2024-05-15"))]),
      TestTouch("payment.received", "2024-07-01", .in, [.dataText("invoice_id"): .text("i1")]),
    ]
    #expect(traits(touches, "burden_num", rulebook: try Rulebook.parse(#"{"signals": []}"#)) == ["1.0"])
  }
}
