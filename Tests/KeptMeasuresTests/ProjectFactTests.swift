import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct ProjectFactTests {
  private func item(
    _ kind: String, _ time: String, _ data: [DetailField: TestTouch.Value] = [:], _ direction: Direction = .absent
  ) -> TestTouch {
    TestTouch(kind, time, direction, data.merging([.dataText("project_id"): .text("p3")]) { given, _ in given })
  }

  private func cells(_ touches: [TestTouch], asOf: String = "2024-12-31", _ names: String...) -> [[String]] {
    let table = Lives(touches).tables([.projects], asOf: at(asOf))["projects"]!
    let columns = names.map { table.texts($0) }
    return (0..<table.rowCount).map { row in columns.map { $0[row][0] } }
  }

  private func by(_ agent: String, _ department: String) -> [DetailField: TestTouch.Value] {
    [.text(.agent): .text(agent), .text(.department): .text(department)]
  }

  @Test func `people, departments, changes of contact and contradictions are counted over its life`() {
    let touches = [
      item("project.started", "2024-01-01", by("kim", "delivery").merging([.dataText("offering"): .text("repair")]) { $1 }),
      item("contact.assigned", "2024-01-02", by("kim", "delivery")),
      item("contact.assigned", "2024-01-03", by("lee", "delivery")),
      item("message.sent", "2024-01-04", by("ana", "accounting")), item("statement.contradicted", "2024-01-05"),
      TestTouch("message.sent", at("2024-01-06"), .absent, by("bo", "sales")),
    ]
    #expect(
      cells(touches, "project_id", "offering", "state", "people", "departments", "hand_offs", "contradictions")
        == [["p3", "repair", "open", "3", "2", "1", "1"]])
    #expect(cells([item("project.advanced", "2024-01-01")], "start_implied") == [["true"]])
  }

  @Test func `their contact is known from being told until it changes unsaid or the stage it was for is over`() {
    func contact(_ day: String, _ told: Bool, _ stage: String? = nil) -> TestTouch {
      var data: [DetailField: TestTouch.Value] = [.dataNumber("told_customer"): .flag(told)]
      if let stage { data[.dataText("stage")] = .text(stage) }
      return item("contact.assigned", day, data)
    }
    let start = item("project.started", "2024-01-01")
    let end = item("project.closed", "2024-01-11")
    #expect(cells([start, contact("2024-01-03", true), end], "contact_known_share") == [["0.8"]])
    #expect(cells([start, contact("2024-01-01", true), contact("2024-01-06", false), end], "contact_known_share") == [["0.5"]])
    let next = item("project.advanced", "2024-01-04", [.dataText("stage"): .text("build")])
    #expect(cells([start, contact("2024-01-01", true, "plan"), next, end], "contact_known_share") == [["0.3"]])
    #expect(cells([start, contact("2024-01-01", true), next, end], "contact_known_share") == [["1.0"]])
    #expect(cells([start, end], "contact_known_share") == [["NULL"]])
  }

  @Test func `closed well is closed out and introduced to Client Care, within a fortnight`() {
    let closed = item("project.closed", "2024-03-01")
    let closeout = item("closeout.held", "2024-03-03")
    func introduction(_ day: String) -> TestTouch {
      TestTouch("contact.assigned", day, .absent, [
        .dataText("role"): .text("care"), .dataNumber("introduced"): .flag(true),
      ])
    }
    let names = ["closeout", "care_intro", "closed_well"]
    func flags(_ touches: [TestTouch], asOf: String = "2024-12-31") -> [String] {
      let table = Lives(touches).tables([.projects], asOf: at(asOf))["projects"]!
      return names.map { table.texts($0)[0][0] }
    }
    #expect(flags([closed, closeout, introduction("2024-03-10")]) == ["true", "true", "true"])
    #expect(flags([closed, closeout, introduction("2024-03-20")]) == ["true", "false", "false"])
    #expect(flags([closed, closeout, introduction("2024-03-20")], asOf: "2024-03-10") == ["true", "NULL", "NULL"])
    // What a ledger never records accuses nobody.
    #expect(flags([closed, closeout]) == ["true", "NULL", "NULL"])
    #expect(flags([closed]) == ["NULL", "NULL", "NULL"])
  }

  @Test func `what comes first once it is over is care, a sale, or theirs`() {
    let closed = item("project.closed", "2024-03-01")
    let upsell = TestTouch("ask.made", "2024-03-20", .absent, [.dataText("ask_kind"): .text("upsell")])
    let call = TestTouch("case.opened", "2024-03-05")
    let message = TestTouch("message.sent", "2024-03-05T07:00")
    let names = ("first_after", "after_silence_d", "theirs_answered_h")
    #expect(cells([closed, upsell], names.0, names.1, names.2) == [["sell", "NULL", "NULL"]])
    #expect(cells([closed, message, upsell], names.0, names.1) == [["care", "\(4 + 7.0 / 24)"]])
    #expect(cells([closed, call, message], names.0, names.2) == [["theirs", "7.0"]])
    #expect(cells([closed], names.0, names.1) == [["NULL", "NULL"]])
  }

  @Test func `an outcome endured if the last check so long after delivery says so`() {
    func checked(_ day: String, _ holds: Bool) -> TestTouch {
      item("outcome.checked", day, [.dataNumber("holding"): .flag(holds)])
    }
    let start = [
      item("project.started", "2024-01-01"),
      item("outcome.delivered", "2024-02-01", [.dataNumber("accepted"): .flag(true)]),
    ]
    let names = ("accepted", "endured_90", "endured_180")
    #expect(cells(start + [checked("2024-03-01", false)], names.0, names.1, names.2) == [["true", "NULL", "NULL"]])
    #expect(cells(start + [checked("2024-05-10", true)], names.1, names.2) == [["true", "NULL"]])
    #expect(
      cells(start + [checked("2024-05-10", true), checked("2024-08-10", false)], names.1, names.2)
        == [["false", "false"]])
  }
}
