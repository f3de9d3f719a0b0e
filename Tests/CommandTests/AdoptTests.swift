import Foundation
import KeptFormat
import KeptSnapshot
import Testing

/// Rules are known for as long as the log is: who adopted which, when and why, and what was published by them.
@Suite struct AdoptTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    // An index that asks for more before it says anything.
    try place.write(#"{"index": {"prior": 8}}"#, to: "strict.json")
    try place.write(#"{"index": {"prior": 2}}"#, to: "mild.json")
    return place
  }

  private func adopt(_ place: Workplace, _ file: String, _ reason: String = "the board") throws -> Outcome {
    try place.kept("adopt", "shop", file, "--reason", reason, "--actor", "Ada")
  }

  private func digest(_ place: Workplace, _ file: String) throws -> String {
    let line = try #require(try place.kept("rulebook", "--check", file).lines.first)
    return String(line.suffix(64))
  }

  private func events(_ place: Workplace) throws -> String { try place.kept("checkpoint", "shop").lines[1] }

  @Test func `an adoption is an event with the whole rulebook, by whom and why; adopting it again writes nothing`() throws {
    let place = try shop()
    let digest = try digest(place, "strict.json")
    let run = try adopt(place, "strict.json", "the board, 3 May")
    #expect(run == Outcome(output: "adopted: \(digest), recorded at position 255\n", talk: "", status: 0))
    let event = try JSONValue.parse(try place.kept("events", "shop", "--kind", "rulebook.adopted").output)
    let data = try #require(event["data"])
    #expect(data["actor"] == "Ada" && data["reason"] == "the board, 3 May" && data["digest"]?.string == digest)
    #expect(SHA256.hash(Array(try #require(data["rules"]?.string).utf8)).hex == digest)
    let again = try adopt(place, "strict.json")
    #expect(again == Outcome(output: "in force already: \(digest), adopted at position 255\n", talk: "", status: 0))
    #expect(try events(place) == "256")
    // What is printed is the same rulebook again.
    try #require(place.shell("kept rulebook shop > printed.json").status == 0)
    #expect(try adopt(place, "printed.json").output.hasPrefix("in force already: "))
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
  }

  @Test func `what is no rulebook, is too long or has no reason is not adopted, and nothing is written`() throws {
    let place = try shop()
    try place.write(#"{"index": {"prior": "four"}}"#, to: "wrong.json")
    let wrong = try adopt(place, "wrong.json")
    #expect(wrong.status == 2 && wrong.talk.hasPrefix("kept: wrong.json: index.prior: expected a number, found a string\n"))
    let currencies = (0..<9000).map { #""X\#($0)": 2"# }.joined(separator: ", ")
    try place.write(#"{"currencies": {\#(currencies)}}"#, to: "long.json")
    let long = try adopt(place, "long.json")
    #expect(long.status == 2 && long.talk.contains("and a line of the log has 65,535 at most\nNext: "), "\(long)")
    let silent = try place.kept("adopt", "shop", "strict.json")
    #expect(silent.status == 2 && silent.talk.hasPrefix("kept: --reason is missing: "))
    #expect(try adopt(place, "nowhere.json").status == 2)
    #expect(try events(place) == "255")
  }

  @Test func `the newest rulebook of the known prefix is in force, and rulebook lists them all`() throws {
    let place = try shop()
    let (strict, mild) = (try digest(place, "strict.json"), try digest(place, "mild.json"))
    for file in ["strict.json", "mild.json"] { try #require(adopt(place, file).status == 0) }
    func inForce(_ words: String...) throws -> String { try place.kept(["rulebook", "shop"] + words).talk }
    #expect(try inForce() == "shop: \(mild), adopted at position 256\n")
    #expect(try inForce("--known-at", "256") == "shop: \(strict), adopted at position 255\n")
    #expect(try inForce("--known-at", "255").hasSuffix(", built into kept 0.1.0\n"))
    let list = try place.kept("rulebook", "shop", "--list", "--format", "csv").output
    let rows = list.split(separator: "\r\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.count == 3 && rows[1][0] == "255" && Array(rows[1][2...4]) == [strict, "Ada", "the board"])
    #expect(rows.last?[0] == "256" && rows.last?[2] == mild)
    // A replay goes by them without being told, and by others where it is told.
    func scores(_ words: String...) throws -> String {
      try place.kept(["replay", "shop", "--table", "customers", "--format", "csv"] + words).output
    }
    #expect(try scores() == scores("--rulebook", "mild.json"))
    #expect(try scores("--known-at", "256") == scores("--rulebook", "strict.json"))
    #expect(try scores() != scores("--known-at", "256"))
    let page = try place.kept("mirror", "shop", "C-1003").output
    #expect(try page == place.kept("mirror", "shop", "C-1003", "--rulebook", "mild.json").output)
    #expect(try page != place.kept("mirror", "shop", "C-1003", "--known-at", "255").output)
    let why = ["explain", "shop", "--customer", "C-1003", "--column", "we_index"]
    #expect(try place.kept(why).output == place.kept(why + ["--rulebook", "mild.json"]).output)
    #expect(try place.kept(why).output != place.kept(why + ["--known-at", "255"]).output)
  }

  /// The digests of a folder's tables, and the members of its manifest that say what it is.
  private func facts(_ place: Workplace, _ folder: String) throws -> (tables: [String], members: [JSONMember]) {
    let tables = try place.shell("cd \(folder) && sha256sum *.parquet").lines
    let manifest = try JSONValue.parse(place.read(folder + "/manifest.json"))
    return (tables, (manifest.members ?? []).filter { $0.key != "command" })
  }

  @Test func `a snapshot is published again, byte for byte, years later with the rules then in force`() throws {
    let place = try shop()
    try #require(adopt(place, "strict.json").status == 0)
    let published = try place.kept("rebuild", "shop", "--as-of", "2024-06-01", "--quiet")
    #expect(published.output == "shop/snapshots/20240531T220000Z-256\n")
    try #require(place.shell("cp -r shop/snapshots/20240531T220000Z-256 kept").status == 0)
    // Meanwhile: other events, a late one, a correction, other rules, a later snapshot.
    try #require(
      place.kept("import", "shop", "Fixtures/shop/orders.csv", "--map", "Fixtures/shop/orders.map.json").status == 0)
    let later = """
      {"source":"helpdesk","id":"late","kind":"case.opened","time":"2024-03-02T08:00:00Z","customer":"C-1003","subject":"K-9"}
      {"source":"helpdesk","id":"fix","kind":"event.retracted","time":"2025-01-02T09:00:00+01:00","corrects":"h0009"}

      """
    #expect(try place.kept(["append", "shop"], input: later).status == 0)
    try #require(adopt(place, "mild.json").status == 0)
    try #require(place.kept("rebuild", "shop", "--as-of", "2024-06-01").status == 0)
    try #require(place.shell("rm -r shop/snapshots/20240531T220000Z-256").status == 0)
    let again = try place.kept("rebuild", "shop", "--known-at", "256", "--as-of", "2024-06-01", "--jobs", "1", "--quiet")
    #expect(again.output == published.output)
    let (before, after) = (try facts(place, "kept"), try facts(place, "shop/snapshots/20240531T220000Z-256"))
    #expect(before.tables.count > 30 && before.tables == after.tables)
    #expect(before.members == after.members)
    #expect(before.members.first { $0.key == "rulebook_from" }?.value == ["adopted_at": 255])
    // In which order the members of a rulebook were written does not matter; the log has them sorted.
    let words = ["--known-at", "256", "--as-of", "2024-06-01", "--rulebook", "strict.json", "--shadow", "--quiet"]
    let tried = try place.kept(["rebuild", "shop"] + words)
    #expect(try facts(place, String(tried.output.dropLast())).tables == before.tables)
    let verified = try place.kept("verify", "shop", "--snapshot", "kept")
    #expect(verified.status == 0, "\(verified)")
  }

  @Test func `a manifest says where its rules came from`() throws {
    let place = try shop()
    func origin(_ words: String...) throws -> JSONValue? {
      let run = try place.kept(["rebuild", "shop", "--tables", "scores", "--quiet"] + words)
      #expect(run.status == 0, "\(run)")
      return try JSONValue.parse(place.read(String(run.output.dropLast()) + "/manifest.json"))["rulebook_from"]
    }
    #expect(try origin() == ["built_in": "0.1.0"])
    try #require(adopt(place, "strict.json").status == 0)
    #expect(try origin() == ["adopted_at": 255])
    #expect(try origin("--rulebook", "mild.json", "--shadow") == ["file": "mild.json"])
    // Rules that were tried and then adopted are found by their digest.
    let shadow = "shop/snapshots/20240810T070000Z-256-shadow-\(try digest(place, "mild.json").prefix(12))-*"
    #expect(try place.shell("kept verify shop --snapshot \(shadow)").status == 2)
    #expect(try place.shell("kept verify shop --snapshot \(shadow) --rulebook mild.json").status == 0)
    try #require(adopt(place, "mild.json").status == 0)
    #expect(try place.shell("kept verify shop --snapshot \(shadow)").status == 0)
  }

  @Test func `rules are tried as a shadow, beside what is published, and so are other tables`() throws {
    let place = try shop()
    let snapshot = "20240810T070000Z-255"
    try #require(place.kept("rebuild", "shop", "--tables", "scores").status == 0)
    let refused = try place.kept("rebuild", "shop", "--tables", "scores,customers")
    #expect(refused.status == 2)
    #expect(
      refused.talk.hasPrefix(
        "kept: \(snapshot): a snapshot of this instant and these events is published already, and differs: it has no "
          + "customers.parquet\nNext: a published snapshot is never changed: --shadow publishes this one beside it, "))
    let rules = try digest(place, "strict.json").prefix(12)
    let tried = try place.kept("rebuild", "shop", "--tables", "scores", "--rulebook", "strict.json", "--shadow", "--quiet")
    #expect(tried.status == 0 && tried.output.hasPrefix("shop/snapshots/\(snapshot)-shadow-\(rules)-"))
    let whole = try place.kept("rebuild", "shop", "--rulebook", "strict.json", "--shadow", "--quiet")
    #expect(whole.output == "shop/snapshots/\(snapshot)-shadow-\(rules)\n")
    let again = try place.kept("rebuild", "shop", "--rulebook", "strict.json", "--shadow")
    #expect(again.status == 0 && again.talk.contains("; the same snapshot had been published before\n"))
    #expect(try place.shell("readlink shop/snapshots/latest").output == snapshot + "\n")
    #expect(try place.shell("ls shop/snapshots").lines.count == 4)
    #expect(try place.kept("rebuild", "shop", "--shadow", "--keep", "1").status == 2)
    // Whoever is forgotten may be in a shadow, too.
    let forgotten = try place.kept("forget", "shop", "C-1003", "--reason", "asked for it")
    #expect(forgotten.lines.filter { $0.hasPrefix("published before: ") }.count == 3)
  }
}
