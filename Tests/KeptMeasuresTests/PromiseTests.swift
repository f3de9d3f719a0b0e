import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct PromiseTests {
  private func promise(
    _ kind: String, _ time: String, id: String = "p1", due: String? = nil, source: String = "desk",
    department: String? = nil, _ data: [String: String] = [:]
  ) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [.text(.source): .text(source), .text(.subject): .text(id)]
    if let due { fields[.due] = .instant(at(due)) }
    if let department { fields[.text(.department)] = .text(department) }
    for (key, value) in data { fields[.dataText(key)] = .text(value) }
    return TestTouch(kind, time, .absent, fields)
  }

  private func states(_ touches: [TestTouch], asOf: String = "2024-07-01") -> [[String]] {
    Lives(touches).tables([.promises], asOf: at(asOf))["promises"]!.texts("promise", "state", "late_hours", "revisions")
  }

  private let made = "2024-06-01"
  private let due = "2024-06-10"

  @Test func `kept by its due is kept, after it late by so many hours`() {
    let first = promise("promise.made", made, due: due)
    #expect(states([first, promise("promise.kept", "2024-06-10")]) == [["p1", "kept", "0.0", "0"]])
    #expect(states([first, promise("promise.kept", "2024-06-11T12:00")]) == [["p1", "late", "36.0", "0"]])
    #expect(
      states([promise("promise.made", made), promise("promise.kept", "2024-06-20")]) == [["p1", "kept", "NULL", "0"]])
  }

  @Test func `unsettled it is open, then broken, or unknown where its source never settles any`() {
    let first = promise("promise.made", made, due: due)
    #expect(states([first], asOf: "2024-06-10") == [["p1", "open", "NULL", "0"]])
    #expect(states([first], asOf: "2024-06-11") == [["p1", "unknown", "NULL", "0"]])
    let other = [promise("promise.made", made, id: "p2", due: due), promise("promise.kept", "2024-06-02", id: "p2")]
    #expect(states([first] + other) == [["p1", "broken", "NULL", "0"], ["p2", "kept", "0.0", "0"]])
    let elsewhere = [
      promise("promise.made", made, id: "p2", due: due, source: "shop"),
      promise("promise.kept", "2024-06-02", id: "p2", source: "shop"),
    ]
    #expect(states([first] + elsewhere)[0][1] == "unknown")
    #expect(states([promise("promise.made", made)] + other)[0][1] == "open")
  }

  @Test func `said to be broken is broken; the first word decides`() {
    let first = promise("promise.made", made, due: due)
    #expect(
      states([first, promise("promise.broken", "2024-06-05"), promise("promise.kept", "2024-06-06")])[0][1] == "broken")
    #expect(
      states([first, promise("promise.kept", "2024-06-05"), promise("promise.broken", "2024-06-06")])[0][1] == "kept")
  }

  @Test func `the original due holds unless the customer asked for another`() {
    let first = promise("promise.made", made, due: due)
    let kept = promise("promise.kept", "2024-06-15")
    let ours = promise("promise.revised", "2024-06-05", due: "2024-06-20")
    let theirs = promise("promise.revised", "2024-06-05", due: "2024-06-20", ["asked_by": "customer"])
    #expect(states([first, ours, kept]) == [["p1", "late", "120.0", "1"]])
    #expect(states([first, theirs, kept]) == [["p1", "kept", "0.0", "1"]])
  }

  @Test func `a fulfilling event keeps it, a cancelled order withdraws it`() {
    let first = promise("promise.made", made, id: "o1", due: due, ["promise": "delivery"])
    let delivered = TestTouch("order.delivered", "2024-06-09", .out, [.text(.subject): .text("o1")])
    let cancelled = TestTouch("order.cancelled", "2024-06-05", .in, [.text(.subject): .text("o1")])
    #expect(states([first, delivered]) == [["o1", "kept", "0.0", "0"]])
    #expect(states([first, cancelled, delivered])[0][1] == "withdrawn")
    #expect(states([promise("promise.made", made, id: "o1", due: due), delivered])[0][1] == "unknown")
  }

  @Test func `sources keep their promises apart, and a settled key can be promised again`() {
    let rows = states([
      promise("promise.made", made, due: due, source: "shop"), promise("promise.made", made, due: due, source: "desk"),
      promise("promise.kept", "2024-06-03", source: "desk"),
      promise("promise.made", "2024-06-04", due: due, source: "desk"),
    ])
    #expect(rows.map { $0[1] }.sorted() == ["broken", "kept", "unknown"])
  }

  @Test func `rows stand by customer, then by when they were made, with who made them`() {
    let lives = Lives([
      (0, [promise("promise.made", made, id: "all", due: due)]),
      (
        1,
        [
          promise("promise.made", "2024-06-02", id: "b", department: "care"),
          promise("promise.made", "2024-06-03", id: "a", ["by": "customer"]),
        ]
      ),
      (2, [promise("promise.made", made, id: "c")]),
    ])
    let table = lives.tables([.promises], asOf: at("2024-07-01"), workers: 2, names: ["zoe", "ann"])["promises"]!
    #expect(
      table.texts("customer", "promise", "made_by", "department", "source") == [
        ["NULL", "all", "us", "NULL", "desk"], ["ann", "c", "us", "NULL", "desk"], ["zoe", "b", "us", "care", "desk"],
        ["zoe", "a", "customer", "NULL", "desk"],
      ])
  }

  @Test func `kept without a word of its making is a row without made_at`() {
    let table = Lives([promise("promise.kept", "2024-06-05")]).tables([.promises], asOf: at("2024-07-01"))["promises"]!
    #expect(
      table.texts("promise", "made_at", "settled_at", "state") == [
        ["p1", "NULL", "2024-06-05T00:00:00.000000Z", "kept"]
      ])
  }
}
