import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct SplitTraitTests {
  private func touch(_ kind: String, _ day: Int, of department: String, by channel: String = "phone") -> TestTouch {
    TestTouch(kind, "2024-06-0\(day)", .out, [.text(.department): .text(department), .text(.channel): .text(channel)])
  }

  /// Needs met (+2 each) and one status (+1): mean 1.67; two returns refused (−1) and a status: mean −0.33.
  private var touches: [TestTouch] {
    [
      touch("need.met", 1, of: "sales"), touch("need.met", 2, of: "sales"), touch("status.reported", 3, of: "sales"),
      touch("return.refused", 4, of: "billing", by: "email"), touch("return.refused", 5, of: "billing", by: "email"),
      touch("status.reported", 6, of: "billing"),
    ]
  }

  @Test func `what sales says and what billing says are two points apart`() {
    #expect(traits(touches, "split_departments", "split_channels", "split_personality") == ["2.0", "NULL", "2.0"])
  }

  @Test func `a touch without anything to say, and a third department met twice, change nothing`() {
    let more = [
      touch("message.sent", 7, of: "billing"), touch("return.refused", 7, of: "stores"),
      touch("return.refused", 8, of: "stores"),
    ]
    #expect(traits(touches + more, "split_departments") == ["2.0"])
  }

  @Test func `channels are compared like departments`() {
    let third = touch("return.refused", 7, of: "stores", by: "email")
    // By telephone 2, 2, 1, 1: 1.5; by e-mail −1.
    #expect(traits(touches + [third], "split_channels", "split_personality") == ["2.5", "2.5"])
  }

  @Test func `one department is not at odds with itself`() {
    #expect(traits(Array(touches.prefix(3)), "split_personality") == ["NULL"])
  }
}
