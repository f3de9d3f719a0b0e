import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct OrderFactTests {
  private func order(
    _ kind: String, _ time: String, _ id: String = "o1", _ data: [DetailField: TestTouch.Value] = [:],
    _ direction: Direction = .absent
  ) -> TestTouch {
    TestTouch(kind, time, direction, data.merging([.text(.subject): .text(id)]) { given, _ in given })
  }

  private func cells(_ touches: [TestTouch], asOf: String = "2024-07-01", _ names: String...) -> [[String]] {
    let table = Lives(touches).tables([.orders], asOf: at(asOf))["orders"]!
    let columns = names.map { table.texts($0) }
    return (0..<table.rowCount).map { row in columns.map { $0[row][0] } }
  }

  @Test func `an order is followed from being placed to its delivery`() {
    let touches = [
      order("order.placed", "2024-06-03T09:00", "o1", [.amount: .number(20), .dataNumber("steps"): .number(4)]),
      order("order.confirmed", "2024-06-03T09:02"), order("order.shipped", "2024-06-04T09:00"),
      TestTouch("message.sent", at("2024-06-05T08:00"), .out, [.dataText("order_id"): .text("o1")]),
      order("order.delivered", "2024-06-06T10:00"),
      order("order.placed", "2024-06-10", "o2", [.dataNumber("reidentified"): .flag(true)]),
    ]
    #expect(
      cells(touches, "order_id", "state", "confirm_s", "confirmed_instantly", "ship_told", "steps", "is_repeat")
        == [
          ["o1", "delivered", "120.0", "false", "true", "4", "false"],
          ["o2", "placed", "NULL", "false", "NULL", "NULL", "true"],
        ])
    #expect(cells(touches, "reidentified", "accurate") == [["NULL", "true"], ["true", "true"]])
  }

  @Test func `what may still come in time is not counted against anyone`() {
    let placed = order("order.placed", "2024-06-03T09:00")
    #expect(cells([placed], asOf: "2024-06-03T09:01", "confirmed_instantly") == [["NULL"]])
    #expect(cells([placed], asOf: "2024-06-03T09:02", "confirmed_instantly") == [["false"]])
    let shipped = [placed, order("order.shipped", "2024-06-04T09:00")]
    // Where no messages are recorded, none can be missing.
    #expect(cells(shipped, asOf: "2024-06-05T09:01", "ship_told") == [["NULL"]])
    let elsewhere = shipped + [TestTouch("message.sent", at("2024-06-05T09:00"), .out)]
    #expect(cells(elsewhere, asOf: "2024-06-05T09:00", "ship_told") == [["NULL"]])
    #expect(cells(elsewhere, asOf: "2024-06-05T09:01", "ship_told") == [["false"]])
    let told = [placed, order("order.shipped", "2024-06-04T09:00", "o1", [.dataNumber("told_customer"): .flag(true)])]
    #expect(cells(told, asOf: "2024-06-04T09:00", "ship_told") == [["true"]])
  }

  @Test func `bad news comes first where they did not have to ask`() {
    let start = [order("order.placed", "2024-06-03"), order("order.backordered", "2024-06-04T09:00")]
    let told = TestTouch("message.sent", at("2024-06-05"), .out, [.dataText("order_id"): .text("o1")])
    let asked = TestTouch("case.opened", at("2024-06-04T12:00"), .in, [.dataText("order_id"): .text("o1")])
    #expect(cells(start, "told_first") == [["NULL"]])
    #expect(cells(start + [told], "told_first") == [["true"]])
    #expect(cells(start + [asked, told], "told_first") == [["false"]])
    #expect(cells(start + [asked], "told_first") == [["false"]])
  }

  @Test func `a correction of our fault is an order that was not accurate, and its amount counts`() {
    let touches = [
      order("order.placed", "2024-06-03", "o1", [.amount: .number(20)]),
      order("order.corrected", "2024-06-04", "o1", [.amount: .number(18.5), .dataNumber("our_fault"): .flag(true)]),
      order("order.placed", "2024-06-05", "o2", [.amount: .number(5)]),
      order("order.corrected", "2024-06-06", "o2", [.dataNumber("our_fault"): .flag(false)]),
      order("order.cancelled", "2024-06-07", "o2"),
    ]
    #expect(
      cells(touches, "amount", "corrections", "our_faults", "accurate", "state") == [
        ["18.5", "1", "1", "false", "placed"], ["5.0", "1", "0", "true", "cancelled"],
      ])
  }

  @Test func `an order without a name of its own is still an order`() {
    let touches = [
      TestTouch("order.placed", "2024-06-03", .absent, [.amount: .number(7)]), TestTouch("order.placed", "2024-06-04"),
      order("order.placed", "2024-06-05", "o3"), order("order.shipped", "2024-06-06", "o3"),
      TestTouch("order.shipped", "2024-06-07"),
    ]
    #expect(
      cells(touches, "order_id", "state", "amount", "is_repeat") == [
        ["NULL", "placed", "7.0", "false"], ["NULL", "placed", "NULL", "true"], ["o3", "shipped", "NULL", "true"],
      ])
  }
}

@Suite struct ReturnFactTests {
  private func item(
    _ kind: String, _ time: String, _ data: [DetailField: TestTouch.Value] = [:], _ direction: Direction = .absent
  ) -> TestTouch {
    TestTouch(kind, time, direction, data.merging([.dataText("return_id"): .text("r1")]) { given, _ in given })
  }

  private func cells(_ touches: [TestTouch], _ names: String...) -> [[String]] {
    let table = Lives(touches).tables([.returns], asOf: at("2024-07-01"))["returns"]!
    let columns = names.map { table.texts($0) }
    return (0..<table.rowCount).map { row in columns.map { $0[row][0] } }
  }

  @Test func `a return is asked for, received and credited, in hours`() {
    let touches = [
      item("return.requested", "2024-06-03T09:00", [
        .dataNumber("label_supplied"): .flag(true), .dataNumber("same_packaging"): .flag(true),
        .dataText("reason"): .text("wrong size"),
      ], .in),
      item("return.received", "2024-06-04T09:00"),
      TestTouch("message.sent", at("2024-06-04T12:00"), .out, [.text(.subject): .text("r1")]),
      item("return.credited", "2024-06-05T13:00", [.dataNumber("told_customer"): .flag(true), .amount: .number(9)]),
    ]
    #expect(
      cells(touches, "return_id", "state", "reason", "easy", "credit_h", "receipt_to_credit_h")
        == [["r1", "credited", "wrong size", "true", "52.0", "28.0"]])
    #expect(cells(touches, "receipt_told_h", "credit_told_h", "amount") == [["3.0", "28.0", "9.0"]])
    #expect(cells(Array(touches.prefix(1)), "state", "credit_h", "easy") == [["requested", "NULL", "true"]])
  }

  @Test func `having to ask again is not easy, and a refusal is a refusal`() {
    let request = item("return.requested", "2024-06-03T09:00", [
      .dataNumber("label_supplied"): .flag(true), .dataNumber("same_packaging"): .flag(true),
    ], .in)
    let call = TestTouch("call.handled", at("2024-06-04"), .in, [.text(.subject): .text("r1")])
    #expect(cells([request, call], "easy", "customer_touches") == [["false", "2"]])
    #expect(cells([request, item("return.refused", "2024-06-05")], "state") == [["refused"]])
    #expect(cells([item("return.requested", "2024-06-03", [:], .in)], "easy") == [["NULL"]])
  }
}
