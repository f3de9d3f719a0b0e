import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct NormTests {
  private typealias Fields = [DetailField: TestTouch.Value]

  private func a7(
    _ kind: String, _ time: String, _ direction: Direction = .absent, _ fields: [DetailField: TestTouch.Value] = [:]
  ) -> TestTouch { touch(kind, time, of: "A7", direction, fields) }

  private func row(_ touches: [TestTouch], asOf: String = "2024-03-31") -> [String: String] {
    let table = Lives(touches.sorted { $0.time < $1.time }).tables([.accounts], asOf: at(asOf))["accounts"]!
    return Dictionary(uniqueKeysWithValues: table.schema.columns.map { ($0.name, table.texts($0.name)[0][0]) })
  }

  private func subject(_ id: String, _ more: Fields = [:]) -> Fields {
    more.merging([.text(.subject): .text(id)]) { $1 }
  }

  /// A Monday.
  private static let monday = "2024-03-04T09:00"

  /// One thing under each of the eleven norms: seven keep to theirs.
  private var everyNorm: [TestTouch] {
    let reply: Fields = [.text(.agent): .text("kim"), .dataText("estimate_at"): .text("2024-03-05")]
    return [
      // First reply after three business hours, with an estimate; four days of silence, and three late on the 8th.
      a7("case.opened", Self.monday, .in, subject("K1")), a7("status.reported", "2024-03-04T12:00", .out, subject("K1", reply)),
      a7("case.resolved", "2024-03-08T09:00", .out, subject("K1")),
      // Told within the hour.
      a7("order.placed", Self.monday, .in, subject("O1")),
      a7("order.shipped", "2024-03-05T09:00", .out, subject("O1", [.dataNumber("told_customer"): .flag(true)])),
      // Two minutes on the line; asked for nothing that we knew.
      a7("call.handled", "2024-03-06T09:00", .in, [.dataNumber("wait_s"): .number(60), .dataNumber("hold_s"): .number(60)]),
      a7("info.requested", "2024-03-06T09:05", .out, [.dataText("already_known"): .text("[]")]),
      // A project of ten days in which they knew whom to ask on the last nine, with no one to care for them after it.
      a7("project.started", "2024-02-20", .both, subject("P1")),
      a7("contact.assigned", "2024-02-21", .out, subject("P1", [.dataNumber("told_customer"): .flag(true)])),
      a7("project.closed", "2024-03-01", .out, subject("P1")), a7("closeout.held", "2024-03-02", .both, subject("P1")),
      // A promise kept a day late.
      a7("promise.made", "2024-03-01", .out, subject("W1", [.due: .instant(at("2024-03-10"))])),
      a7("promise.kept", "2024-03-11", .out, subject("W1")),
      // A middling rating, and a credit after four days.
      a7("survey.answered", "2024-03-12", .in, [.score: .number(3)]),
      a7("return.requested", "2024-03-12", .in, subject("R1")), a7("return.credited", "2024-03-16", .out, subject("R1")),
    ]
  }

  @Test func `S1.25: the norms that an account was served to, of those that anything fell under`() {
    let met = row(everyNorm)
    #expect([met["norms_met_num"], met["norms_met_den"]] == ["6", "11"])
    #expect(met["norms_missed"] == "update_gap promises_on_time top_box credit closed_well")
    // Three of four, all three, none of two and none of two.
    let pillars = ["p_communication", "p_perspective", "p_measurement", "p_milestone"]
    #expect(pillars.map { met[$0] } == ["0.75", "1.0", "0.0", "0.0"])
    // Three more credits in time, and half of them are: the median is.
    let credits = (2...4).flatMap {
      [
        a7("return.requested", "2024-03-12", .in, subject("R\($0)")),
        a7("return.credited", "2024-03-13", .out, subject("R\($0)")),
      ]
    }
    let better = row(everyNorm + credits)
    #expect([better["norms_met_num"], better["norms_met_den"]] == ["7", "11"])
    #expect(better["norms_met"] == "\(7 / 11.0)")
    #expect(better["norms_missed"] == "update_gap promises_on_time top_box closed_well")
  }

  @Test func `a norm that nothing fell under of late is neither met nor missed`() {
    let late = row(everyNorm, asOf: "2024-09-30")
    #expect(
      [late["norms_met"], late["norms_met_num"], late["norms_met_den"], late["norms_missed"]] == [
        "NULL", "0", "0", "NULL",
      ])
    #expect(late["p_milestone"] == "NULL")
  }

  @Test func `what may still keep to its norm is left out, and what can no more is missed`() {
    func ask(_ asOf: String) -> [String?] {
      let met = row([a7("return.requested", "2024-03-12", .in, subject("R1")), a7("return.credited", "2024-01-01")], asOf: asOf)
      return [met["norms_met_num"], met["norms_met_den"]]
    }
    #expect(ask("2024-03-14") == ["0", "0"])
    #expect(ask("2024-03-16") == ["0", "1"])
    let promise = a7(
      "promise.made", "2024-03-01", .out,
      subject("W1", [.due: .instant(at("2024-03-10")), .text(.source): .text("crm")]))
    #expect(row([promise])["norms_met_den"] == "0")
    let other = a7("promise.kept", "2023-03-01", .out, subject("W0", [.text(.source): .text("crm")]))
    #expect(row([promise, other])["norms_missed"] == "promises_on_time")
  }

  @Test func `S4.18: the four failings together, by the things that kept to the norms of each`() {
    /// So many things under a norm, of which so many keep to it.
    func things(_ count: Int, kept: Int, _ make: (Int, Bool) -> [TestTouch]) -> [TestTouch] {
      (0..<count).flatMap { make($0, $0 < kept) }
    }
    let touches =
      things(10, kept: 3) { _, isTold in
        [a7("status.reported", "2024-03-04", .out, isTold ? [.dataText("estimate_at"): .text("2024-03-05")] : [:])]
      }
      + things(2, kept: 1) { _, isShort in
        [a7("call.handled", "2024-03-05", .in, [.dataNumber("wait_s"): .number(isShort ? 120 : 121)])]
      }
      + things(5, kept: 1) { _, isGood in [a7("survey.answered", "2024-03-06", .in, [.score: .number(isGood ? 4 : 3)])] }
      + things(10, kept: 1) { number, isSoon in
        [
          a7("return.requested", "2024-03-07", .in, subject("R\(number)")),
          a7("return.credited", isSoon ? "2024-03-10" : "2024-03-11", .out, subject("R\(number)")),
        ]
      }
    let met = row(touches)
    let pillars = ["communication", "perspective", "measurement", "milestone"]
    #expect(pillars.map { met["p_\($0)"] } == ["0.3", "0.5", "0.2", "0.1"])
    #expect([met["p_milestone_num"], met["p_milestone_den"]] == ["1", "10"])
  }
}
