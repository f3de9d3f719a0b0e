import Foundation
import Testing

/// Law 8, asked from the command line: is a published snapshot what the log gives?
@Suite struct VerifySnapshotTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  @Test func `law 8: a snapshot is found again in the log, also after the log went on`() throws {
    let place = try shop()
    try #require(place.kept("rebuild", "shop", "--tables", "customers,promises,signals", "--as-of", "2024-06-01").status == 0)
    try #require(
      place.kept("import", "shop", "Fixtures/shop/orders.csv", "--map", "Fixtures/shop/orders.map.json").status == 0)
    let run = try place.kept("verify", "shop", "--snapshot", "shop/snapshots/latest")
    #expect(
      run == Outcome(
        output: "shop/snapshots/latest: 3 tables are, byte for byte, what the first 255 events give as of "
          + "2024-05-31T22:00:00.000000Z\n", talk: "", status: 0))
    let both = try place.kept("verify", "shop", "--snapshot", "shop/snapshots/latest", "--deep")
    #expect(both.status == 0 && both.lines.last?.hasPrefix("sound: ") == true)
  }

  @Test func `law 11: a changed file, another history, other rules and a cut ledger are each told as what they are`() throws {
    let place = try shop()
    try #require(place.shell("kept rebuild shop --tables customers > name && cp -rL shop/snapshots/latest kept").status == 0)
    func verify(_ words: String...) throws -> Outcome { try place.kept(["verify"] + words) }
    try #require(place.shell("cp -r kept changed && printf x >> changed/customers.parquet").status == 0)
    let changed = try verify("shop", "--snapshot", "changed")
    #expect(changed.status == 1)
    #expect(changed.output == "changed: changed: customers.parquet has other bytes, unlike its manifest\n")
    // Somebody who changes a number also puts the manifest right.
    try #require(
      place.shell(
        #"""
        kept rebuild shop --tables customers --as-of 2024-02-01 --quiet > other && cp -r "$(cat other)" lied
        python3 - <<'END'
        import json
        true, lied = json.load(open('kept/manifest.json')), json.load(open('lied/manifest.json'))
        true['files'] = lied['files']
        json.dump(true, open('lied/manifest.json', 'w'))
        END
        """#
      ).status == 0)
    let lied = try verify("shop", "--snapshot", "lied")
    #expect(lied.status == 1 && lied.lines.first == "differs: lied/customers.parquet: the log gives other bytes", "\(lied)")
    try #require(
      place.shell(
        "kept rulebook | sed 's/\"prior\": 4/\"prior\": 5/' > rules; ! cmp -s rules <(kept rulebook)").status == 0)
    let rules = try verify("shop", "--snapshot", "kept", "--rulebook", "rules")
    #expect(rules.status == 2 && rules.talk.contains("it was made with other rules"), "\(rules)")
    try #require(
      place.shell(
        "kept init short --zone Europe/Berlin --currency EUR && head -9 Fixtures/shop/events.jsonl | kept import short -"
      ).status == 0)
    let cut = try verify("short", "--snapshot", "kept")
    #expect(cut.status == 1 && cut.output == "cut: kept was made from 255 events, the ledger has 10\n")
    try #require(
      place.shell(
        "kept init twin --zone Europe/Berlin --currency EUR && kept import twin Fixtures/shop/events.jsonl"
      ).status == 0)
    let edited = try verify("twin", "--snapshot", "kept")
    #expect(edited.status == 1 && edited.output.hasPrefix("edited: the first 255 events have the root "))
    #expect(try verify("shop", "--snapshot", "nowhere").status == 2)
    #expect(try verify("shop", "--rulebook", "rules").status == 2)
  }
}
