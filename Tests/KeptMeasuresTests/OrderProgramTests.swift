import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct OrderProgramTests {
  private func order(_ number: Int, _ kind: String, _ time: String, _ fields: [String: TestTouch.Value] = [:]) -> TestTouch {
    touch(kind, time, fields.merging(["subject": .text("O\(number)")]) { given, _ in given })
  }

  @Test func `S1.12: of 512 orders 9 were wrong by our fault, .982 were accurate`() {
    var touches: [TestTouch] = []
    for number in 1...512 { touches.append(order(number, "order.placed", "2024-03-04")) }
    for number in 1...9 { touches.append(order(number, "order.corrected", "2024-03-05", ["our_fault": .flag(true)])) }
    touches.append(order(10, "order.corrected", "2024-03-05", ["our_fault": .flag(false)]))
    #expect(Programs(touches, asOf: "2024-03-31").rows("order_accuracy", "firm") == ["firm 2024-03 503/512 0.982"])
    #expect(
      Programs([order(1, "order.placed", "2024-03-04")], asOf: "2024-03-31").rows("order_accuracy")
        == ["firm NULL –/– no order.corrected events"])
  }

  @Test func `S1.14: by phone in four steps, and of 25 who began two gave up`() {
    var touches: [TestTouch] = []
    for number in 1...23 {
      touches.append(
        order(
          number, "order.placed", "2024-03-04", ["device": .text("phone"), "steps": .number(number < 12 ? 3 : 4)]))
    }
    for number in 24...25 { touches.append(order(number, "order.abandoned", "2024-03-05", ["device": .text("phone")])) }
    touches.append(order(26, "order.placed", "2024-03-05", ["device": .text("laptop"), "steps": .number(9)]))
    let programs = Programs(touches, asOf: "2024-03-31")
    #expect(
      programs.rows("abandon_rate", "device") == ["device=laptop 2024-03 0/1 0", "device=phone 2024-03 2/25 0.08"])
    #expect(programs.rows("steps_median", "device") == ["device=laptop 2024-03 –/1 9", "device=phone 2024-03 –/23 4"])
  }

  @Test func `S1.16 to S1.18: confirmed at once, told of shipping and of a backorder`() {
    let touches = [
      order(9, "order.placed", "2024-03-04T09:00"), order(9, "order.confirmed", "2024-03-04T09:00"),
      order(9, "order.shipped", "2024-03-05", ["told_customer": .flag(true)]),
      order(8, "order.placed", "2024-03-04T09:00"), order(8, "order.confirmed", "2024-03-04T09:02"),
      order(8, "order.backordered", "2024-03-05", ["told_customer": .flag(false)]),
      order(8, "case.opened", "2024-03-06"), order(8, "order.shipped", "2024-03-07"),
    ]
    let programs = Programs(touches, asOf: "2024-03-31")
    #expect(programs.rows("share_instant", "firm") == ["firm 2024-03 1/2 0.5"])
    // Nothing says whether the customer of O8 was told: no messages are recorded here.
    #expect(programs.rows("ship_told_share", "firm") == ["firm 2024-03 1/1 1"])
    #expect(programs.rows("told_first_share", "firm") == ["firm 2024-03 0/1 0"])
  }
}

@Suite struct ReturnProgramTests {
  private func item(_ id: String, _ kind: String, _ time: String, _ fields: [String: TestTouch.Value] = [:]) -> TestTouch {
    touch(kind, time, fields.merging(["return_id": .text(id)]) { given, _ in given })
  }

  @Test func `S1.13: half had their credit after 52 hours; who still waits has waited so long already`() {
    let touches = [
      item("R4", "return.requested", "2024-03-04T09:00"), item("R4", "return.credited", "2024-03-05T09:00"),
      item("R5", "return.requested", "2024-03-04T09:00"), item("R5", "return.credited", "2024-03-06T13:00"),
      item("R6", "return.requested", "2024-03-04T09:00"),
    ].sorted { $0.time < $1.time }
    #expect(Programs(touches, asOf: "2024-03-08").rows("credit_h", "firm") == ["firm 2024-03 2/3 52"])
    // At noon of the 5th only one has it, and two have waited for 27 hours.
    #expect(
      Programs(touches, asOf: "2024-03-05T12:00").rows("credit_h", "firm")
        == ["firm 2024-03 1/3 not reached by so many yet"])
    #expect(
      Programs([touches[0]], asOf: "2024-03-08").rows("credit_h") == ["firm NULL –/– no return.credited events"])
  }

  @Test func `S1.19 and S1.20: easy, and told of receipt in 20 hours and of the credit in 49`() {
    let touches = [
      item("R5", "return.requested", "2024-03-04", ["label_supplied": .flag(true), "same_packaging": .flag(true)]),
      item("R5", "return.received", "2024-03-05"),
      touch("message.sent", "2024-03-05T20:00", ["return_id": .text("R5")], .out),
      item("R5", "return.credited", "2024-03-07T01:00", ["told_customer": .flag(true)]),
      item("R6", "return.received", "2024-03-07"),
    ]
    let programs = Programs(touches, asOf: "2024-03-07T12:00")
    #expect(programs.rows("return_easy", "firm") == ["firm 2024-03 1/1 1"])
    #expect(programs.rows("receipt_told_soon", "firm") == ["firm 2024-03 1/1 1"])
    #expect(programs.rows("credit_told_soon", "firm") == ["firm 2024-03 0/1 0"])
    #expect(programs.rows("credit_told_at_last", "firm") == ["firm 2024-03 1/1 1"])
    #expect(Programs(touches, asOf: "2024-03-09").rows("receipt_told_soon", "firm") == ["firm 2024-03 1/2 0.5"])
  }

  @Test func `S1.21: whatever the reason, 44 of 44 in the wrong size were taken back`() {
    var touches: [TestTouch] = []
    for number in 1...44 {
      touches.append(item("R\(number)", "return.requested", "2024-03-04", ["reason": .text("wrong_size")]))
    }
    touches.append(item("R50", "return.requested", "2024-03-05", ["reason": .text("late")]))
    touches.append(item("R50", "return.refused", "2024-03-06"))
    let programs = Programs(touches, asOf: "2024-03-31")
    #expect(programs.rows("return_accept", "reason") == ["reason=late 2024-03 0/1 0", "reason=wrong_size 2024-03 44/44 1"])
    #expect(programs.rows("return_accept", "firm") == ["firm 2024-03 44/45 0.978"])
  }
}
