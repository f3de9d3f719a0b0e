import Foundation
import KeptMeasures
import KeptSnapshot
import Testing

/// What changed between two snapshots of the made-up shop, and what made it so.
@Suite struct DiffTests {
  /// The shop with 255 events, published once with the tables asked for.
  private func shop(_ tables: String) throws -> (place: Workplace, old: String) {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return (place, try rebuild(place, tables))
  }

  private func rebuild(_ place: Workplace, _ tables: String, _ words: String...) throws -> String {
    let run = try place.kept(["rebuild", "shop", "--tables", tables] + words)
    try #require(run.status == 0, "\(run.talk)")
    return run.lines[0]
  }

  private func append(_ place: Workplace, _ lines: String...) throws {
    let run = try place.kept(["append", "shop"], input: lines.map { $0 + "\n" }.joined())
    try #require(run.status == 0, "\(run.talk)")
  }

  /// The rows that say a thing of one sort, as JSON.
  private func rows(_ run: Outcome, _ part: String) throws -> [[String: Any]] {
    try run.lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
      .filter { $0["part"] as? String == part }
  }

  /// `late events: 2 events, 0 cells, 1 new, 0 gone` of each cause, in order.
  private func causes(_ run: Outcome) throws -> [String] {
    try rows(run, "cause").map { row in
      func number(_ name: String) -> String { (row[name] as? Int).map(String.init) ?? "?" }
      return "\(row["cause"] as? String ?? ""): \(number("events")) events, \(number("cells")) cells, "
        + "\(number("rows_new")) new, \(number("rows_gone")) gone"
    }
  }

  private static func event(_ id: String, _ kind: String, _ time: String, _ rest: String) -> String {
    #"{"source":"desk","id":"\#(id)","kind":"\#(kind)","time":"\#(time)","customer":"C-1001",\#(rest)}"#
  }

  private static let lateOrder = event(
    "l1", "order.placed", "2024-03-15T09:00:00Z",
    #""channel":"phone","direction":"in","subject":"O-900","amount":10,"currency":"EUR""#)
  private static let latePromise = [
    event(
      "p1", "promise.made", "2024-06-10T09:00:00Z",
      #""due":"2024-06-12T09:00:00Z","direction":"out","data":{"promise_id":"P-90","by":"us"}"#),
    event("p2", "promise.kept", "2024-06-11T09:00:00Z", #""direction":"out","data":{"promise_id":"P-90","by":"us"}"#),
  ]
  /// P-6 was said to be broken at position 141.
  private static let retraction =
    #"{"source":"crm","id":"r1","kind":"event.retracted","time":"2024-08-01T00:00:00Z","corrects":"c0051"}"#
  private static let merge =
    #"{"source":"crm","id":"m1","kind":"customer.merged","time":"2024-08-01T00:00:00Z","customer":"B-2001","#
    + #""other_customer":"B-2002"}"#
  private static let newPromise = event(
    "p3", "promise.made", "2024-08-20T09:00:00Z",
    #""due":"2024-09-12T09:00:00Z","direction":"out","data":{"promise_id":"P-91","by":"us"}"#)

  @Test func `a late event is named, with the three cells of the month that it changed`() throws {
    let (place, old) = try shop("signals,promises")
    try append(place, Self.lateOrder)
    let new = try rebuild(place, "signals,promises")
    let run = try place.kept("diff", old, new, "--format", "jsonl")
    #expect(run.status == 1)
    // The rule "ordered" in March: touches 1 → 2, points into 1 → 2, net 1 → 2.
    #expect(try rows(run, "table").map { "\($0["table_name"]!) \($0["rows_changed"]!) \($0["cells"]!)" } == ["signals 1 3"])
    #expect(try causes(run) == ["late events: 1 events, 3 cells, 0 new, 0 gone"])
    let event = try #require(rows(run, "event").first)
    #expect(event["position"] as? Int == 255 && event["id"] as? String == "l1" && event["customer"] as? String == "C-1001")
    #expect(event["time"] as? String == "2024-03-15T09:00:00.000000Z" && event["kind"] as? String == "order.placed")
    #expect(
      try rows(run, "cell").map { "\($0["row_key"]!): \($0["column_name"]!) \($0["old"]!) \($0["new"]!) \($0["cause"]!)" } == [
        "rule=ordered, list=they, period=2024-03-01: touches 1 2 late events",
        "rule=ordered, list=they, period=2024-03-01: points_into 1 2 late events",
        "rule=ordered, list=they, period=2024-03-01: points_net 1 2 late events",
      ])
    #expect(run.talk == "no cell differs in promises\n")
    // Read the other way round, nothing is said; a snapshot beside itself is equal.
    #expect(try place.kept("diff", new, old).status == 2)
    #expect(try place.kept("diff", new, "shop/snapshots/latest").status == 0)
    #expect(try place.kept("diff", old, new, "--table", "promises").status == 0)
  }

  @Test func `late events, corrections, an erasure and new events are told apart, row by row`() throws {
    let (place, old) = try shop("promises")
    try append(place, Self.latePromise[0], Self.latePromise[1], Self.retraction, Self.merge, Self.newPromise)
    let forget = try place.kept("forget", "shop", "C-1005", "--reason", "asked for it")
    let number = try #require(forget.output.firstMatch(of: /forgotten: (c\d+)/)?.1)
    let new = try rebuild(place, "promises")
    #expect(new.hasSuffix("/20240820T090000Z-261"))
    let run = try place.kept("diff", old, new, "--format", "jsonl", "--limit", "9")
    // Erased: the name of P-2's customer. Late: P-90. Corrected: P-6 was never said to be broken, so nothing settled it;
    // P-5 is now B-2001's. New: P-91. P-1, P-3 and P-4 stay.
    #expect(
      try causes(run) == [
        "erasures: 1 events, 0 cells, 1 new, 1 gone", "late events: 2 events, 0 cells, 1 new, 0 gone",
        "corrections: 2 events, 1 cells, 1 new, 1 gone", "new events: 1 events, 0 cells, 1 new, 0 gone",
      ], "\(run.talk)")
    let table = try #require(rows(run, "table").first)
    #expect(
      ["rows_same", "rows_changed", "rows_new", "rows_gone", "cells"].map { table[$0] as? Int } == [3, 1, 4, 2, 1])
    #expect(
      try Set(rows(run, "cell").map { "\($0["change"]!) \($0["row_key"]!) \($0["cause"]!)" }) == [
        "cell customer=B-2004, promise=P-6, made_by=customer corrections",
        "row_gone customer=B-2002, promise=P-5, made_by=us corrections",
        "row_new customer=B-2001, promise=P-5, made_by=us corrections",
        "row_gone customer=C-1005, promise=P-2, made_by=us erasures",
        "row_new customer=\(number), promise=P-2, made_by=us erasures",
        "row_new customer=C-1001, promise=P-90, made_by=us late events",
        "row_new customer=C-1001, promise=P-91, made_by=us new events",
      ])
    let events = try rows(run, "event").map {
      "\($0["cause"]!) \($0["position"]!) \($0["customer"] as? String ?? "-") \($0["note"] as? String ?? "-")"
    }
    #expect(
      events == [
        "erasures 260 \(number) -", "late events 255 C-1001 -", "late events 256 C-1001 -",
        "corrections 257 - takes back 141, promise.broken of B-2004", "corrections 258 B-2001 B-2002 is B-2001",
        "new events 259 C-1001 -",
      ])
  }

  @Test func `another weight is a rule change, and what a late event did beside it is still told`() throws {
    let (place, old) = try shop("signals")
    let ordered = try place.kept("replay", "shop", "--table", "signals", "--format", "csv").output
      .components(separatedBy: "\r\n").count { $0.hasPrefix("ordered,") }
    try append(place, Self.latePromise[0], Self.latePromise[1])
    try #require(
      place.shell(
        #"""
        kept rulebook | python3 -c '
        import json, sys
        rules = json.load(sys.stdin)
        next(s for s in rules["signals"] if s["rule"] == "ordered")["points"] = 2
        json.dump(rules, sys.stdout)' > mine.json
        """#
      ).status == 0)
    let new = try rebuild(place, "signals", "--rulebook", "mine.json")
    // Points into and net of "ordered" in every month that has any; and a kept promise said something in June.
    let expected = [
      "late events: 2 events, 0 cells, 1 new, 0 gone", "rule change: ? events, \(2 * ordered) cells, 0 new, 0 gone",
    ]
    let run = try place.kept("diff", old, new, "--format", "jsonl", "--rulebook", "mine.json")
    #expect(try causes(run) == expected && ordered > 3, "\(run.talk)")
    // Without the rules, the causes are named all the same.
    let without = try place.kept("diff", old, new, "--format", "jsonl")
    #expect(without.status == 1)
    #expect(
      try causes(without) == ["late events: 2 events, ? cells, ? new, ? gone", "rule change: ? events, ? cells, ? new, ? gone"])
    #expect(without.talk.contains("give them with --rulebook FILE."))
    // A shadow of the same events differs by its rules alone, and rules that were adopted need not be given.
    let shadow = try rebuild(place, "signals", "--known-at", "255", "--rulebook", "mine.json", "--shadow")
    #expect(
      try self.causes(place.kept("diff", old, shadow, "--format", "jsonl")) == [
        "rule change: ? events, \(2 * ordered) cells, 0 new, 0 gone"
      ])
    try #require(place.kept("adopt", "shop", "mine.json", "--reason", "the board").status == 0)
    let adopted = try place.kept("diff", old, rebuild(place, "signals"), "--format", "jsonl")
    #expect(
      try causes(adopted) == [expected[0], "rule change: 1 events, \(2 * ordered) cells, 0 new, 0 gone"], "\(adopted.talk)")
    #expect(try rows(adopted, "event").last?["kind"] as? String == "rulebook.adopted")
  }

  @Test func `where only the clock moved, that is said; without its ledger a snapshot still tells what changed`() throws {
    let (place, _) = try shop("scores")
    let old = try rebuild(place, "scores", "--as-of", "2024-08-10T07:00:00Z")
    let new = try rebuild(place, "scores", "--as-of", "2024-08-11T07:00:00Z")
    let run = try place.kept("diff", old, new)
    #expect(run.status == 1)
    #expect(run.output.contains("2024-08-10T07:00:00.000000Z → 2024-08-11T07:00:00.000000Z"))
    #expect(run.output.contains("\nas-of "))
    try #require(place.shell("cp -rL \(old) a && cp -rL \(new) b").status == 0)
    let apart = try place.kept("diff", "a", "b")
    #expect(apart.status == 1 && apart.talk.contains("Next: give the ledger both were made from with --ledger."))
    #expect(try place.kept("diff", "a", "b", "--ledger", "shop").output == run.output)
    // Of another ledger.
    try #require(place.kept("init", "other", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "other", "Fixtures/shop/events.jsonl").status == 0)
    #expect(try place.kept("diff", "a", "b", "--ledger", "other").status == 2)
    #expect(try place.kept("diff", "a", "nowhere").status == 2)
    #expect(try place.kept("diff", "a", "b", "--table", "promises").status == 2)
  }

  @Test func `who was forgotten after both snapshots changes no share; another version and lines left out are causes`() throws {
    let (place, old) = try shop("promises,sources")
    try append(place, Self.latePromise[0], Self.latePromise[1], Self.retraction)
    let new = try rebuild(place, "promises,sources")
    func causes() throws -> [String] {
      try self.causes(place.kept("diff", old, new, "--table", "promises", "--format", "jsonl"))
    }
    let told = [
      "late events: 2 events, 0 cells, 1 new, 0 gone", "corrections: 1 events, 1 cells, 0 new, 0 gone",
    ]
    #expect(try causes() == told)
    try #require(place.kept("forget", "shop", "B-2002", "--reason", "asked for it").status == 1)
    #expect(try causes() == told)
    // Somebody says it was made by another program.
    try #require(place.shell("sed -i 's/\"kept\":\"[^\"]*\"/\"kept\":\"0.0\"/' \(old)/manifest.json").status == 0)
    #expect(try causes().contains { $0.hasPrefix("version: ") })
    // 254 lines that were there already.
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    let again = try rebuild(place, "promises,sources")
    let run = try place.kept("diff", new, again, "--table", "sources", "--format", "jsonl")
    let imports = try #require(rows(run, "event").first { $0["cause"] as? String == "imports" })
    #expect(imports["note"] as? String == "Fixtures/shop/events.jsonl: 254 duplicates")
  }

  @Test func `every table has keys that tell its rows apart, and columns that say which are over`() throws {
    let (place, _) = try shop(TableName.allCases.map(\.rawValue).joined(separator: ","))
    for name in TableName.allCases {
      let file = place.path + "/shop/snapshots/latest/\(name.rawValue).parquet"
      let reader = try ParquetReader([UInt8](Data(contentsOf: URL(fileURLWithPath: file))))
      let columns = Set(reader.schema.columns.map(\.name))
      #expect(columns.isSuperset(of: name.keys), "\(name)")
      let keys = try reader.table(columns: Set(name.keys))
      let rows = TableText.string(keys, as: .jsonl).split(separator: "\n")
      #expect(Set(rows).count == rows.count, "\(name): \(name.keys)")
      switch name.closing {
      case .complete: #expect(columns.contains("complete"), "\(name)")
      case .month(let column), .day(let column): #expect(columns.contains(column), "\(name)")
      case .always, nil: break
      }
    }
  }
}
