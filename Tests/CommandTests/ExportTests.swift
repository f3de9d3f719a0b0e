import Foundation
import Testing

/// `kept export` as somebody runs it who computes on many machines.
@Suite struct ExportTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  static let missing: Comment = "KEPT_PYTHON names no Python with DuckDB and pyarrow; Scripts/test does"

  static func shop(_ words: String..., years: Bool = false) throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept(["init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR"] + words).status == 0)
    let files = (years ? ["Fixtures/shop/years.jsonl"] : []) + ["Fixtures/shop/events.jsonl"]
    try #require(place.kept(["import", "shop"] + files).status == 0)
    return place
  }

  /// Compares every cell of an export with what `kept events` prints.
  private func compare(_ place: Workplace, _ folder: String, _ words: String = "") throws -> Outcome {
    try place.shell(
      "kept events shop \(words) > printed.jsonl && kept names shop --format jsonl > names.jsonl && "
        + "'\(Self.python!)' '\(Workplace.repository)/Tests/oracles/export_readers.py' \(folder) printed.jsonl names.jsonl")
  }

  @Test(.enabled(if: python != nil, missing), arguments: ["", "--seal customer,agent"])
  func `DuckDB and pyarrow read from an export, cell by cell, what kept events prints`(sealing: String) throws {
    let place = try Self.shop("--seal", sealing.isEmpty ? "text" : "customer,agent", years: true)
    // Before 1970, in the last of all months, numbers that no DECIMAL(18,6) holds, a key and a text that want escapes.
    let edges = [
      #"{"source":"lab","id":"1","kind":"order.placed","time":"1969-12-31T23:59:59.999999Z","customer":"C-9001","#
        + #""amount":0.1234567,"currency":"EUR"}"#,
      #"{"source":"lab","id":"2","kind":"survey.answered","customer":"C-9001","time":"2199-12-31T00:00:00Z","#
        + #""score":123456789012345678,"data":{"quote\"d":["ü",{"a":1.50}],"name":"Ada"}}"#,
    ]
    try place.write(edges.map { $0 + "\n" }.joined(), to: "edges.jsonl")
    try #require(place.kept("import", "shop", "edges.jsonl").status == 0)
    try #require(place.kept("export", "shop", "lake").status == 0)
    let run = try compare(place, "lake")
    #expect(run.status == 0, "\(run.output)\(run.talk)")
    #expect(run.lines.last == "5907 events, 25 columns, 2 readers: every cell is equal", "\(run.output)")
  }

  @Test(.enabled(if: python != nil, missing))
  func `a second run adds parts of what is new, a late event's among them, and touches none that is there`() throws {
    let place = try Self.shop()
    let sums = "cd lake && find . -name '*.parquet' | sort | xargs sha256sum"
    let first = try place.kept("export", "shop", "lake", "--known-at", "100")
    #expect(first.status == 0 && first.output == "lake/manifest.json\n", "\(first)")
    let before = try place.shell(sums).lines
    let late = #"{"source":"crm","id":"late","kind":"thanks.given","time":"2024-01-20T10:00:00Z","customer":"C-1001"}"#
    #expect(try place.kept("append", "shop", input: late + "\n").status == 0)
    let second = try place.kept("export", "shop", "lake")
    #expect(second.status == 0 && second.talk.contains("; 256 events are in it"), "\(second)")
    let after = try place.shell(sums).lines
    #expect(Set(before).isSubset(of: after) && after.count > before.count)
    #expect(after.filter { $0.contains("/month=2024-01/") }.count == 2)
    #expect(try compare(place, "lake").status == 0)
    #expect(try compare(place, "lake", "--known-at 256").status == 0)
    let third = try place.kept("export", "shop", "lake")
    #expect(third.status == 0 && third.talk.hasPrefix("lake: nothing new"), "\(third)")
    #expect(try place.shell(sums).lines == after)
    let check = try place.kept("export", "shop", "lake", "--check")
    let root = try place.kept("checkpoint", "shop").lines[2]
    #expect(check.status == 0 && check.lines.last == "root \(root)" && check.output.hasPrefix("sound: "), "\(check)")
  }

  @Test func `nothing that is sealed is in any byte of an export`() throws {
    let place = try Self.shop("--seal", "customer,agent")
    try #require(place.kept("export", "shop", "lake").status == 0)
    // The words of a complaint and a customer's id; both are in the file that was imported. Keys of `data` that name one of
    // ours, like acquirer_agent, are open in the log, too.
    for words in ["Two of the six bowls were broken.", "C-1003"] {
      #expect(try place.shell("grep -c -F -e '\(words)' Fixtures/shop/events.jsonl").output != "0\n", "\(words)")
      #expect(try place.shell("grep -rlF -e '\(words)' lake").output == "", "\(words)")
    }
    #expect(try place.shell("grep -rlF -e 'case.opened' lake").output != "")
  }

  @Test func `who is forgotten is named in no later part; that earlier ones do is told until a new export is made`() throws {
    let place = try Self.shop()
    try #require(place.kept("export", "shop", "old").status == 0)
    #expect(try place.kept("forget", "shop", "C-1003", "--reason", "asked for it").status == 1)
    for _ in 1...2 {
      let run = try place.kept("export", "shop", "old")
      #expect(run.status == 1, "\(run)")
      #expect(
        run.talk.contains(
          "kept: old: parts written before still say the external id of 1 customer forgotten since: c"), "\(run.talk)")
      #expect(run.talk.hasSuffix("Next: export into another folder, remove this one and its copies.\n"))
    }
    #expect(try place.kept("export", "shop", "old", "--check").status == 1)
    #expect(try place.kept("export", "shop", "new").status == 0)
    #expect(try place.shell("grep -rlF -e C-1003 new").output == "")
    #expect(try place.kept("export", "shop", "new").status == 0)
  }

  @Test func `check names a part that has other bytes, one that is missing, and a file of nobody's`() throws {
    let place = try Self.shop()
    try #require(place.kept("export", "shop", "lake").status == 0)
    let part = "events/month=2024-02/part-000000000000-000000000255.parquet"
    let other = "events/month=2024-03/part-000000000000-000000000255.parquet"
    try place.shell("printf X | dd of=lake/\(part) bs=1 seek=200 conv=notrunc; rm lake/\(other)")
    try place.shell("touch lake/events/month=2024-04/x.parquet")
    let run = try place.kept("export", "shop", "lake", "--check")
    #expect(
      run
        == Outcome(
          output: """
            lake/\(part) has other bytes
            lake/\(other) is missing
            lake/events/month=2024-04/x.parquet is not in the manifest

            """,
          talk: "kept: lake: not what its manifest says\nNext: export into another folder.\n", status: 1))
  }

  @Test func `a folder of something else, an export of another ledger and a manifest that is none are refused`() throws {
    let place = try Self.shop()
    try place.shell("mkdir full; touch full/x; kept init other; mkdir bad; echo '{}' > bad/manifest.json")
    let full = try place.kept("export", "shop", "full")
    #expect(
      full.status == 2
        && full.talk
          == "kept: full: there is something already that is no export\nNext: name an empty folder, or a new one.\n",
      "\(full)")
    try #require(place.kept("export", "shop", "lake").status == 0)
    let other = try place.kept("export", "other", "lake")
    #expect(other.status == 2 && other.talk.contains("lake: an export of kept/"), "\(other)")
    let bad = try place.kept("export", "shop", "bad")
    #expect(
      bad.status == 2 && bad.talk.contains("bad/manifest.json: no manifest of an export: it does not say the version"),
      "\(bad)")
    let none = try place.kept("export", "shop", "nowhere", "--check")
    #expect(none.status == 2 && none.talk.contains("nowhere: there is no manifest.json"), "\(none)")
    #expect(try place.shell("ls nowhere").status != 0)
  }

  @Test func `an export beside a writer holds a beginning of the log, and a killed one is ended by the next`() throws {
    let place = try Self.shop(years: true)
    let lines = (0..<3000).map {
      #"{"source":"feed","id":"\#($0)","kind":"status.reported","time":"2024-05-01T00:00:00Z","customer":"C-\#($0 % 50)"}"#
    }
    try place.write(lines.joined(separator: "\n") + "\n", to: "feed.jsonl")
    let writing = "'\(Workplace.products)/kept' append shop < feed.jsonl"
    let writer = try place.start(["-c", writing], executable: "/bin/bash", input: [])
    for round in 0..<6 {
      let run = try place.start(["export", "shop", "lake"], input: [])
      usleep(UInt32(round) * 30_000)
      run.kill()
      _ = run.wait()
    }
    #expect(try place.kept("export", "shop", "lake").status == 0)
    #expect(try place.kept("export", "shop", "lake", "--check").status == 0)
    #expect(writer.wait().status == 0)
    let last = try place.kept("export", "shop", "lake")
    #expect(last.status == 0 && last.talk.hasSuffix("; 8,904 events are in it\n"), "\(last)")
    #expect(try place.kept("export", "shop", "lake", "--check").status == 0)
    if Self.python != nil { #expect(try compare(place, "lake").status == 0) }
  }
}
