import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct CallTraitTests {
  private func call(_ time: String, _ data: [DetailField: TestTouch.Value]) -> TestTouch {
    TestTouch("call.handled", time, .in, data)
  }

  private func cells(_ touches: [TestTouch], _ names: String...) -> [String] {
    let table = Lives(touches).tables([.customers], asOf: at("2024-07-01"))["customers"]!
    return names.map { table.texts($0)[0][0] }
  }

  @Test func `waiting, holding and apologies of all calls add up`() {
    let touches = [
      call(
        "2024-06-01",
        [
          .dataNumber("wait_s"): .number(900), .dataNumber("hold_s"): .number(330), .dataNumber("apologies"): .number(4),
          .dataNumber("human_reached"): .flag(true),
        ]),
      call(
        "2024-06-02",
        [
          .dataNumber("wait_s"): .number(660), .dataNumber("apologies"): .number(2),
          .dataNumber("human_reached"): .flag(false),
        ]),
      call("2024-06-03", [:]),
    ]
    #expect(cells(touches, "hold_min", "hollow_apologies") == ["31.5", "6"])
    #expect(cells(touches, "human_reached", "human_reached_num", "human_reached_den") == ["0.5", "1", "2"])
  }

  @Test func `who never called was never kept waiting, and nobody knows how they would be`() {
    let order = TestTouch("order.placed", "2024-06-01")
    let lives = Lives([(1, [order]), (2, [call("2024-06-02", [:])])])
    let table = lives.tables([.customers], asOf: at("2024-07-01"))["customers"]!
    #expect(table.texts("hold_min", "human_reached", "human_reached_den")[0] == ["NULL", "NULL", "0"])
  }

  @Test func `where no call is recorded, no count of calls is nought`() {
    let order = TestTouch("order.placed", "2024-06-01")
    #expect(cells([order], "hold_min", "human_reached", "human_reached_den") == ["NULL", "NULL", "NULL"])
  }

  @Test func `the dictionary says which events are missing`() {
    let order = TestTouch("order.placed", "2024-06-01")
    let table = Lives([order]).tables([.customers, .dictionary], asOf: at("2024-07-01"))["dictionary"]!
    let row = table.texts("column_name").firstIndex(of: ["hold_min"])!
    #expect(table.texts("reason")[row] == ["no call.handled events"])
  }
}
