import Foundation
import Testing

@Suite struct RebuildTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  @Test func `a rebuild publishes a snapshot, says where it lies, and latest leads to it`() throws {
    let place = try shop()
    let run = try place.kept("rebuild", "shop")
    #expect(run.status == 0)
    #expect(run.output == "shop/snapshots/20240810T070000Z-255\n")
    #expect(run.steadyTalk.contains("255 events as of 2024-08-10T07:00:00.000000Z in … s\n"))
    #expect(run.talk.contains("sources that have been silent for a week or more"))
    #expect(try place.shell("readlink shop/snapshots/latest").output == "20240810T070000Z-255\n")
    #expect(
      try place.shell("ls shop/snapshots/latest").lines == [
        "accounts.parquet", "agents.parquet", "backtests.parquet", "benchmarks.parquet", "calibration.parquet",
        "calls.parquet", "cases.parquet", "changes.parquet", "channels.parquet", "churn.parquet", "claims.parquet",
        "customers.parquet", "departments.parquet", "dictionary.parquet", "incidence.parquet", "lapses.parquet",
        "lifecycle.parquet",
        "manifest.json", "measures.parquet", "models.parquet", "months.parquet", "moves.parquet", "orders.parquet",
        "pairs.parquet", "parity.parquet", "projects.parquet",
        "promises.parquet", "retention.parquet", "retention_brackets.parquet", "retention_means.parquet",
        "returns.parquet", "scores.parquet", "signals.parquet",
        "sources.parquet", "survival.parquet", "word_of_mouth.parquet",
      ])
  }

  @Test func `the same rebuild gives the same bytes, whatever the workers and the memory`() throws {
    let place = try shop()
    let digests = "cd shop/snapshots/latest && sha256sum *.parquet"
    try #require(place.kept("rebuild", "shop").status == 0)
    let first = try place.shell(digests).output
    for words in [["--jobs", "1"], ["--jobs", "5"], ["--memory", "16M", "--jobs", "3"]] {
      try #require(place.shell("rm -r shop/snapshots").status == 0)
      try #require(place.kept(["rebuild", "shop"] + words).status == 0)
      #expect(try place.shell(digests).output == first, "\(words)")
    }
    let again = try place.kept("rebuild", "shop")
    #expect(again.status == 0)
    #expect(again.talk.contains("; the same snapshot had been published before\n"))
  }

  @Test func `a published snapshot is never changed: other rules for the same instant are refused`() throws {
    let place = try shop()
    try #require(place.kept("rebuild", "shop", "--tables", "customers").status == 0)
    let before = try place.shell("cat shop/snapshots/latest/* | sha256sum").output
    try #require(
      place.shell("kept rulebook | sed 's/\"truncated_days\": 90/\"truncated_days\": 30/' > mine.json").status == 0)
    let run = try place.kept("rebuild", "shop", "--tables", "customers", "--rulebook", "mine.json")
    #expect(run.status == 2)
    #expect(
      run.talk.hasPrefix(
        "kept: 20240810T070000Z-255: a snapshot of this instant and these events is published already, and differs: "
          + "it was made with other rules\nNext: "))
    #expect(try place.shell("cat shop/snapshots/latest/* | sha256sum").output == before)
  }

  @Test func `keep removes the oldest snapshots`() throws {
    let place = try shop()
    for asOf in ["2024-03-01", "2024-04-01", "2024-05-01"] {
      try #require(place.kept("rebuild", "shop", "--as-of", asOf, "--tables", "customers", "--keep", "2").status == 0)
    }
    #expect(
      try place.shell("ls shop/snapshots").lines == [
        "20240331T220000Z-255", "20240430T220000Z-255", "latest",
      ])
  }

  @Test func `an audit replay shows a table as it was, and writes nothing`() throws {
    let place = try shop()
    let before = try place.shell("find shop | sort").output
    let run = try place.kept("replay", "shop", "--table", "promises", "--as-of", "2024-02-06", "--format", "csv")
    #expect(run.status == 0)
    let promise = run.output.components(separatedBy: "\r\n").first { $0.hasPrefix("P-1,") }
    #expect(promise?.contains(",us,C-1003,") == true)
    #expect(promise?.contains("2024-02-07T17:00:00.000000Z") == true)
    #expect(promise?.contains("broken") == false)
    let later = try place.kept("replay", "shop", "--table", "promises", "--format", "csv").output
    #expect(later.components(separatedBy: "\r\n").first { $0.hasPrefix("P-1,") }?.contains(",broken,") == true)
    #expect(try place.shell("find shop | sort").output == before)
  }

  @Test func `a replay of one customer gives that customer's row of all of them`() throws {
    let place = try shop()
    let all = try place.kept("replay", "shop", "--format", "csv").output.components(separatedBy: "\r\n")
    let one = try place.kept("replay", "shop", "--customer", "C-1004", "--format", "csv").output
      .components(separatedBy: "\r\n")
    #expect(one.count == 3)
    #expect(one[0] == all[0])
    // What models of all customers say, nobody can say of one of them alone.
    let outlook = one[0].split(separator: ",").firstIndex(of: "p_alive")!
    func known(_ row: String) -> String {
      let cells = row.split(separator: ",", omittingEmptySubsequences: false)
      return (cells.prefix(outlook) + cells.dropFirst(outlook + 7)).joined(separator: ",")
    }
    #expect(all.map(known).contains(known(one[1])))
    #expect(one[1].contains(",,,,,not all customers were replayed,,not all customers were replayed,"))
  }

  /// A ledger of two customers and two feeds; the file comes twice.
  private func twoFeeds() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin").status == 0)
    let events = """
      {"source":"till","id":"1","kind":"order.placed","time":"2023-01-10T09:00:00Z","customer":"early"}
      {"source":"till","id":"2","kind":"order.placed","time":"2023-09-01T09:00:00Z","customer":"late"}
      {"source":"till","id":"3","kind":"order.placed","time":"2023-10-05T09:00:00Z","customer":"late"}
      {"source":"desk","id":"1","kind":"case.opened","time":"2023-10-05T23:30:00Z","customer":"early"}
      """
    try events.write(toFile: place.path + "/events.jsonl", atomically: true, encoding: .utf8)
    for _ in 1...2 { try #require(place.kept("import", "shop", "events.jsonl").status == 0) }
    return place
  }

  @Test func `when the log began does not depend on whose life is asked for`() throws {
    let place = try twoFeeds()
    func rows(_ words: String...) throws -> [String] {
      try place.kept(["replay", "shop", "--table", "retention", "--format", "jsonl"] + words).lines
        .filter { $0.contains(#""cohort":"2023-09-01""#) }
    }
    let all = try rows()
    #expect(!all.isEmpty && all.allSatisfy { $0.contains(#""left_truncated":false"#) })
    #expect(try rows("--customer", "late") == all)
  }

  @Test func `of accounts, too, only the touches of those asked for are counted`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    let events = """
      {"source":"crm","id":"1","kind":"order.placed","time":"2024-01-10T09:00:00Z","customer":"ann","account":"north"}
      {"source":"crm","id":"2","kind":"order.placed","time":"2024-02-10T09:00:00Z","customer":"bob","account":"north"}
      {"source":"crm","id":"3","kind":"order.placed","time":"2024-02-11T09:00:00Z","customer":"bob","account":"south"}
      """
    try events.write(toFile: place.path + "/events.jsonl", atomically: true, encoding: .utf8)
    try #require(place.kept("import", "shop", "events.jsonl").status == 0)
    func months(_ words: String...) throws -> [String] {
      try place.kept(["replay", "shop", "--table", "lifecycle", "--format", "csv"] + words).output
        .components(separatedBy: "\r\n").filter { $0.hasPrefix("account,month,") }
        .map { $0.split(separator: ",").dropFirst(2).prefix(2).joined(separator: " ") }
    }
    #expect(try months() == ["2024-01-01 1", "2024-02-01 2"])
    #expect(try months("--customer", "ann") == ["2024-01-01 1", "2024-02-01 0"])
    #expect(try months("--customer", "bob").last == "2024-02-01 2")
  }

  @Test func `sources say what came from where, by local day, and what an import left out`() throws {
    let place = try twoFeeds()
    let table = try place.kept("replay", "shop", "--table", "sources", "--format", "csv").output
      .components(separatedBy: "\r\n")
    #expect(table[0] == "source,day,events,first_at,last_at,late,duplicates,conflicts,rejected")
    // Half past eleven in the evening, in Greenwich, is the next day in Berlin.
    #expect(table[1] == "desk,2023-10-06,1,2023-10-05T23:30:00.000000Z,2023-10-05T23:30:00.000000Z,0,0,0,0")
    // The day of the import is today's.
    #expect(table[2].hasPrefix("events.jsonl,") && table[2].hasSuffix(",0,,,0,4,0,0"))
    #expect(
      table.dropFirst(3).prefix(3) == [
        "till,2023-01-10,1,2023-01-10T09:00:00.000000Z,2023-01-10T09:00:00.000000Z,0,0,0,0",
        "till,2023-09-01,1,2023-09-01T09:00:00.000000Z,2023-09-01T09:00:00.000000Z,0,0,0,0",
        "till,2023-10-05,1,2023-10-05T09:00:00.000000Z,2023-10-05T09:00:00.000000Z,0,0,0,0",
      ])
  }

  /// The table of Fixtures/shop/README.md.
  @Test(arguments: [
    ("C-1001", "active", "", "mutual"), ("C-1002", "quiet", "", "unknown"),
    ("C-1003", "ended", "customer", "indifferent"),
    ("C-1004", "active", "", "mutual"), ("C-1005", "active", "", "mutual"), ("C-1006", "ended", "us", "indifferent"),
    ("C-1007", "active", "", "unknown"), ("B-2001", "active", "", "mutual"), ("B-2002", "active", "", "indifferent"),
    ("B-2004", "ended", "external", "unknown"),
  ])
  func `the stories of the made-up shop come out as they are told`(
    customer: String, status: String, endedBy: String, quadrant: String
  ) throws {
    let place = try shop()
    let row = try place.kept("replay", "shop", "--customer", customer, "--format", "jsonl").output
    #expect(row.contains(#""status":"\#(status)""#), "\(row)")
    #expect(row.contains(endedBy.isEmpty ? #""ended_by":null"# : #""ended_by":"\#(endedBy)""#), "\(row)")
    #expect(row.contains(#""quadrant":"\#(quadrant)""#), "\(row)")
  }

  @Test func `a retracted order and a merged customer are knowledge: before it was recorded, it was not so`() throws {
    let place = try shop()
    func orders(_ words: String...) throws -> String? {
      let rows = try place.kept(["replay", "shop", "--format", "jsonl"] + words).lines
      let row = rows.first { $0.contains(#""customer":"C-1001""#) }
      return row?.firstMatch(of: /"orders":([0-9]+)/).map { String($0.1) }
    }
    #expect(try orders() == "5")
    // The test order is at one of the first positions; what retracts it comes two days later.
    let retraction = try place.kept("events", "shop", "--kind", "event.retracted").output
      .firstMatch(of: /"position":([0-9]+)/).map { String($0.1) }
    #expect(try orders("--known-at", retraction ?? "", "--as-of", "2024-04-01") == "4")
    #expect(try orders("--as-of", "2024-04-01") == "3")
    #expect(try !place.kept("replay", "shop").output.contains("C-1008"))
  }

  @Test func `what was taken back does not say how far the ledger goes: as-of last is the newest event that counts`() throws {
    let place = try shop()
    func add(_ lines: String...) throws {
      try place.write(
        lines.map { #"{"source": "desk", "customer": "C-1001", "kind": "message.sent", "# + $0 + "}\n" }.joined(),
        to: "more.jsonl")
      try #require(place.kept("import", "shop", "more.jsonl").status == 0)
    }
    func snapshot(_ words: String...) throws -> String {
      try place.kept(["rebuild", "shop", "--tables", "scores"] + words).output
    }
    try add(#""id": "typo", "time": "2025-08-09T10:00:00Z""#, #""id": "test", "time": "2025-11-01T10:00:00Z""#)
    #expect(try snapshot().hasPrefix("shop/snapshots/20251101T100000Z-"))
    try place.write(
      #"{"source": "desk", "id": "back", "kind": "event.retracted", "time": "2024-08-01T00:00:00Z", "#
        + #""corrects": "test"}"# + "\n",
      to: "back.jsonl")
    try #require(place.kept("import", "shop", "back.jsonl").status == 0)
    #expect(try snapshot().hasPrefix("shop/snapshots/20250809T100000Z-"))
    try add(#""id": "right", "corrects": "typo", "time": "2024-08-09T10:00:00Z""#)
    #expect(try snapshot().hasPrefix("shop/snapshots/20240810T070000Z-"))
    // What had not been taken back yet still counts.
    #expect(try snapshot("--known-at", "257") == "shop/snapshots/20251101T100000Z-257\n")
  }

  @Test func `a table that is not there is answered with the nearest`() throws {
    let place = try shop()
    let run = try place.kept("replay", "shop", "--table", "promise")
    #expect(run.talk.hasPrefix("kept: there is no table promise: did you mean promises?\n"))
    #expect(run.status == 2)
  }
}
