import Foundation
import Testing

@Suite struct TouchesTests {
  /// The desk answers cases in person and resolves them; the bot has only ever sent automatic answers.
  private func desk() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    func event(_ source: String, _ id: Int, _ kind: String, _ time: String, _ customer: String, _ more: String = "") -> String {
      #"{"source":"\#(source)","id":"\#(id)","kind":"\#(kind)","time":"\#(time):00Z","customer":"\#(customer)"\#(more)}"#
    }
    let events = [
      event("desk", 1, "case.opened", "2024-03-01T09:00", "bob", #","subject":"k0""#),
      event("desk", 2, "message.sent", "2024-03-01T10:00", "bob", #","agent":"kim","data":{"case_id":"k0"}"#),
      event("desk", 3, "case.resolved", "2024-03-01T11:00", "bob", #","subject":"k0""#),
      event("bot", 1, "message.sent", "2024-03-01T12:00", "bob", #","agent":"r2","data":{"case_id":"k9","automated":true}"#),
      event("bot", 2, "case.resolved", "2024-03-01T12:00", "bob", #","subject":"k9""#),
      event("desk", 4, "case.opened", "2024-03-04T09:00", "ann", #","subject":"k1""#),
      event("bot", 3, "case.opened", "2024-03-04T09:00", "cid", #","subject":"k2""#),
      event("bot", 4, "message.sent", "2024-03-06T09:00", "cid", #","agent":"r2","data":{"case_id":"k2","automated":true}"#),
      event("desk", 5, "order.placed", "2024-03-15T09:00", "bob"),
      event("bot", 5, "survey.sent", "2024-03-15T09:00", "bob"),
    ]
    try events.joined(separator: "\n").write(toFile: place.path + "/events.jsonl", atomically: true, encoding: .utf8)
    try #require(place.kept("import", "shop", "events.jsonl").status == 0)
    return place
  }

  private func absences(_ place: Workplace, _ words: String...) throws -> [String] {
    let lines = try place.kept(["replay", "shop", "--table", "touches", "--format", "csv"] + words).output
      .components(separatedBy: "\r\n")
    var found: [String] = []
    for line in lines {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard cells.count > 6, cells[4] == "true" else { continue }
      found.append([cells[0], String(cells[1].prefix(16)), cells[2], cells[6]].joined(separator: " "))
    }
    return found
  }

  @Test func `what did not happen is told with the event that opened the matter, whoever is asked for`() throws {
    let place = try desk()
    let ann = [
      "ann 2024-03-05T17:00 5 unanswered", "ann 2024-03-07T09:00 5 left-in-dark", "ann 2024-03-14T09:00 5 left-in-dark",
    ]
    // The bot never answered in person, so only its automatic words can be missed: they came, and then no more.
    let cid = ["cid 2024-03-09T09:00 6 left-in-dark"]
    #expect(try absences(place) == ann + cid)
    #expect(try absences(place, "--customer", "ann") == ann)
    #expect(try absences(place, "--customer", "cid") == cid)
    // As of then the desk had not been heard of for three days: nothing is observed.
    #expect(try absences(place, "--as-of", "2024-03-07T10:00:00Z") == [])
  }

  @Test func `a rebuild makes tables on request only where they are named`() throws {
    let place = try desk()
    #expect(try place.kept("rebuild", "shop").status == 0)
    #expect(
      try place.shell("ls shop/snapshots/latest").lines.filter {
        ["touches.parquet", "customer_months.parquet"].contains($0)
      } == [])
    #expect(try place.kept("rebuild", "shop", "--as-of", "2024-03-16", "--tables", "touches,customer_months").status == 0)
    #expect(
      try place.shell("ls shop/snapshots/latest").lines == [
        "customer_months.parquet", "manifest.json", "touches.parquet",
      ])
    #expect(try place.kept("rebuild", "--help").output.contains("on request only"))
  }
}
