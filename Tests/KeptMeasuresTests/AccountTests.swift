import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// A touch that carries an account.
func touch(
  _ kind: String, _ time: String, of account: String, _ direction: Direction = .absent,
  _ fields: [DetailField: TestTouch.Value] = [:]
) -> TestTouch {
  var fields = fields
  fields[.text(.account)] = .text(account)
  return TestTouch(kind, time, direction, fields)
}

@Suite struct AccountTests {
  private static let asOf = at("2024-07-01")

  private func accounts(_ lives: [(customer: UInt32, touches: [TestTouch])]) -> Table {
    Lives(lives).tables([.accounts], asOf: Self.asOf)["accounts"]!
  }

  @Test func `an account has every touch that carries it, of whomever and of nobody, and rows stand by name`() {
    let table = accounts([
      (1, [touch("order.placed", "2024-05-01", of: "north"), touch("order.placed", "2024-06-01", of: "East")]),
      (2, [touch("case.opened", "2024-06-10", of: "north", .in), TestTouch("order.placed", "2024-06-11")]),
      (0, [touch("effort.spent", "2024-04-01", of: "north"), touch("effort.spent", "2024-06-20", of: "west")]),
    ])
    #expect(
      table.texts("account", "people", "touches", "orders", "party", "cohort", "status") == [
        ["East", "1", "1", "1", "b2b", "2024-06-01", "active"], ["north", "2", "3", "1", "b2b", "2024-04-01", "active"],
        ["west", "0", "1", "0", "b2b", "2024-06-01", "prospect"],
      ])
    #expect(table.texts("first_at", "last_at")[1] == ["2024-04-01T00:00:00.000000Z", "2024-06-10T00:00:00.000000Z"])
  }

  @Test func `an account adds the points of its touches, never the indices of its people`() {
    let bad: [DetailField: TestTouch.Value] = [.dataText("intent"): .text("leaving")]
    let lives: [(customer: UInt32, touches: [TestTouch])] = [
      (1, [touch("order.placed", "2024-07-01", of: "a")]),
      (2, [touch("competitor.mentioned", "2024-07-01", of: "a", .absent, bad)]),
    ]
    let table = accounts(lives)
    // P 1, N 2: 100 · (1 − 2) / 7, while one index is 20 and the other −33.3.
    #expect(table.texts("they_into", "they_not_into") == [["1.0", "2.0"]])
    #expect(table.reals("they_index") == [100 * -1 / 7.0])
    let customers = Lives(lives).tables([.customers], asOf: Self.asOf)["customers"]!
    #expect(customers.reals("they_index") == [20, 100 * -2 / 6.0])
  }

  @Test func `an account shows all that is shown of a customer, and why it may not know`() {
    let names = AccountsTable.schema.columns.map(\.name)
    let alike = CustomersTable.schema.columns.map(\.name).filter { $0 != "customer" }
    #expect(alike.filter { !names.contains($0) } == [])
    #expect(Set(names).count == names.count)
    let table = accounts([(1, [touch("order.placed", "2024-05-01", of: "north")])])
    #expect(table.texts("p_alive", "p_alive_reason") == [["NULL", "no repeat yet"]])
    #expect(table.texts("p_end_90d", "p_end_reason") == [["NULL", "may have begun before the log"]])
  }

  @Test func `who left an account, and who came back`() {
    func row(_ touches: [TestTouch]) -> [String] { accounts([(1, touches)]).texts("status", "ended_by")[0] }
    let end = touch("relationship.ended", "2024-05-01", of: "a", .absent, [.dataText("ended_by"): .text("us")])
    #expect(row([end]) == ["ended", "us"])
    #expect(row([end, touch("order.placed", "2024-06-01", of: "a", .in)]) == ["active", "NULL"])
  }
}
