import Foundation
import KeptFormat
import Testing

/// How late events arrive, and what they change of what was published before they came.
@Suite struct LateTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  /// The objects of a listing in JSON lines.
  private func rows(_ run: Outcome) throws -> [JSONValue] {
    #expect(run.status == 0, "\(run)")
    return try run.lines.map { try JSONValue.parse($0) }
  }

  private func number(_ row: JSONValue, _ key: String) throws -> Double {
    try #require(row[key].flatMap { Double(String(decoding: $0.canonical(), as: UTF8.self)) }, "\(key) of \(row)")
  }

  @Test func `delays have type-7 quantiles by source, and the first load is told apart from what came since`() throws {
    let place = try shop()
    let hour = 3600.0
    let now = Date().timeIntervalSince1970
    // Of the 254 events two speak of the ledger: a merger and a retraction.
    // Since then of source crm: 0 h, 1 h, 2 d and 10 d after their times, and one an hour before.
    let lines = [0, hour, 48 * hour, 240 * hour, -hour].enumerated().map { index, delay in
      let time = RFC3339.string(Instant((now - delay) * 1_000_000))
      return #"{"source":"crm","id":"late-\#(index)","kind":"contact.made","time":"\#(time)","customer":"C-1003"}"#
    }
    #expect(try place.kept(["append", "shop"], input: lines.joined(separator: "\n") + "\n").status == 0)
    let found = try rows(place.kept("late", "shop", "--format", "jsonl"))
    #expect(found.first { $0["source"] == "(all)" && $0["arrived"] == "first load" }?["events"] == 252)
    let crm = try #require(found.first { $0["source"] == "crm" && $0["arrived"] == "since" })
    #expect(crm["events"] == 5 && crm["over_1d"] == 2 && crm["over_7d"] == 1 && crm["ahead"] == 1)
    // Sorted: −1 h, 0, 1 h, 48 h, 240 h: the median at place 2, the 90th percentile at 3.6: 48 + 0.6 · 192 = 163.2 h, the
    // 99th at 3.96: 232.32 h. Recording took a moment.
    for (key, hours) in [("median_s", 1), ("p90_s", 163.2), ("p99_s", 232.32), ("max_s", 240)] {
      #expect(abs(try number(crm, key) - hours * hour) < 120, "\(key)")
    }
    #expect(try number(crm, "over_1d_share") == 0.4 && number(crm, "over_7d_share") == 0.2)
    #expect(found.filter { $0["arrived"] == "since" }.count == 2)
  }

  @Test func `late events are listed by source and month, with the published cells they change`() throws {
    let place = try shop()
    try #require(place.kept("rebuild", "shop", "--as-of", "2024-06-01").status == 0)
    let none = try place.kept("late", "shop", "--part", "cells", "--format", "jsonl")
    #expect(none.status == 0 && none.output == "")
    let later = """
      {"source":"helpdesk","id":"late","kind":"case.opened","time":"2024-03-02T08:00:00Z","customer":"C-1003","subject":"K-9"}
      {"source":"helpdesk","id":"new","kind":"case.opened","time":"2024-06-02T07:00:00Z","customer":"C-1003","subject":"K-10"}

      """
    #expect(try place.kept(["append", "shop"], input: later).status == 0)
    let events = try rows(place.kept("late", "shop", "--part", "events", "--format", "jsonl"))
    #expect(events.count == 1)
    #expect(events[0]["source"] == "helpdesk" && events[0]["month"] == "2024-03-01" && events[0]["events"] == 1)
    #expect(events[0]["first_position"] == 255 && events[0]["last_position"] == 255)
    let cells = try rows(place.kept("late", "shop", "--part", "cells", "--format", "jsonl"))
    let cases = try #require(cells.first { $0["table_name"] == "cases" })
    #expect(cases["rows_new"] == 1 && cases["cells_of_periods_over"] ?? .null == .null)
    let months = try #require(cells.first { $0["table_name"] == "months" })
    #expect(try number(months, "cells_of_periods_over") > 0 && number(months, "rows_changed") > 0)
    let changes = try rows(place.kept("late", "shop", "--part", "changes", "--format", "jsonl"))
    #expect(changes.filter { $0["table_name"] == "months" }.allSatisfy { $0["row_key"] == "period=2024-03-01" })
    #expect(changes.filter { $0["table_name"] == "months" }.count == 3)

    // What was taken back since is no late event's doing, and other rules are not, either.
    let fix =
      #"{"source":"helpdesk","id":"fix","kind":"event.retracted","time":"2025-01-02T09:00:00Z","corrects":"h0009"}"#
    #expect(try place.kept(["append", "shop"], input: fix + "\n").status == 0)
    try #require(place.kept("adopt", "shop", "Fixtures/shop/rulebook.json", "--reason", "x").status == 0)
    #expect(try rows(place.kept("late", "shop", "--part", "cells", "--format", "jsonl")) == cells)
    // The whole page, and another snapshot.
    let page = try place.kept("late", "shop", "--snapshot", "shop/snapshots/latest")
    #expect(page.status == 0 && page.output.contains("first load") && page.output.contains("cells_of_periods_over"))
    #expect(page.talk.hasSuffix(": as of 2024-05-31T22:00:00.000000Z, from 255 events; 4 were recorded since\n"))
  }

  @Test func `where nothing is published arrivals are told, and a part of a snapshot is asked for in vain`() throws {
    let place = try shop()
    let page = try place.kept("late", "shop")
    #expect(page.status == 0 && page.output.contains("first load"))
    let cells = try place.kept("late", "shop", "--part", "cells")
    #expect(cells.status == 2 && cells.talk.contains("nothing is published of which late events could change anything"))
  }
}
