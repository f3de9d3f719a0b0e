import Foundation
import KeptFormat
import Testing

/// `kept prove` and `verify --since`, as an auditor uses them: with files, and with programs that share no code.
@Suite struct ProveTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  private static let merkle = "python3 '\(Workplace.repository)/Tests/oracles/merkle.py'"

  struct Forgery: CustomTestStringConvertible, Sendable {
    var file: String
    var words: [String]
    var answer: String
    var what: String
    var testDescription: String { "\(file): \(what)" }

    static let all: [Forgery] = {
      let index = (try? String(contentsOfFile: folder + "/index.jsonl", encoding: .utf8)) ?? ""
      return index.split(separator: "\n").compactMap { line in
        guard let entry = try? JSONValue.parse(String(line)), let file = entry["file"]?.string,
          let words = entry["words"]?.array, let answer = entry["answer"]?.string, let what = entry["what"]?.string
        else { return nil }
        return Forgery(file: file, words: words.compactMap(\.string), answer: answer, what: what)
      }
    }()

    static let folder = Workplace.repository + "/Fixtures/forgeries"
  }

  @Test func `every file of forgeries has its line in the index`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Forgery.folder)
      .filter { $0.hasSuffix(".tlog-proof") || $0.hasSuffix(".growth") || $0.hasSuffix(".checkpoint") }
    #expect(Set(files) == Set(Forgery.all.map(\.file) + ["now.checkpoint", "old.checkpoint"]))
    #expect(Forgery.all.count > 60)
  }

  @Test func `the forgeries are what their script writes`() throws {
    let place = try Workplace()
    let run = try place.shell(
      "PYTHONDONTWRITEBYTECODE=1 python3 Fixtures/forgeries/make_forgeries.py made && rm -f list && "
        + "for file in made/*; do cmp $file Fixtures/forgeries/${file#made/} || exit 1; done")
    #expect(run == Outcome(output: "", talk: "", status: 0))
  }

  @Test(arguments: Forgery.all) func `forgeries are refused by name`(forgery: Forgery) throws {
    let place = try Workplace()
    let words = forgery.words.map { $0.contains("{") ? $0 : "Fixtures/forgeries/" + $0 }
    let run = try place.kept(["prove", "--check"] + words)
    switch forgery.answer {
    case "proven":
      #expect(run.status == 0 && run.output.hasPrefix("proven: "), "\(run)")
    case "not_a_checkpoint":
      #expect(run.status == 2 && run.talk.contains("not a checkpoint: "), "\(run)")
    default:
      #expect(run.status == 1 && run.output.hasPrefix("NOT PROVEN (\(forgery.answer)): "), "\(run)")
    }
  }

  @Test func `a proof is checked without a ledger, with its own line, a given one, a hash, or standard input`() throws {
    let place = try shop()
    try #require(place.shell("kept checkpoint shop > now && kept prove shop 17 > p && mv shop away").status == 0)
    let line = try place.shell("kept events away --sealed | sed -n 18p").output.dropLast()
    let run = try place.kept("prove", "--check", "p", "now")
    #expect(run == Outcome(output: "proven: position 17 of the 255 events of now\n\(line)\n", talk: "", status: 0))
    let told = Outcome(output: "proven: position 17 of the 255 events of now\n", talk: "", status: 0)
    #expect(try place.kept("prove", "--check", "p", "now", String(line)) == told)
    let hash = Array(line.utf8).withUnsafeBytes { SHA256.leafHash($0) }.hex
    #expect(try place.kept("prove", "--check", "p", "now", hash) == told)
    #expect(try place.kept("prove", "--check", "p", "now", "-", input: String(line) + "\n") == told)
    let other = try place.kept("prove", "--check", "p", "now", "{}")
    #expect(other.status == 1 && other.output.hasPrefix("NOT PROVEN (other_line): "))
    try #require(place.shell("kept prove away 17 --hash-only > q").status == 0)
    #expect(try place.kept("prove", "--check", "q", "now", hash) == told)
    #expect(try place.kept("prove", "--check", "q", "now").output.hasPrefix("NOT PROVEN (no_line): "))
  }

  @Test func `an old checkpoint, signed, still holds proofs and growth after the ledger went on`() throws {
    let place = try shop()
    let old = try place.kept("checkpoint", "shop", "--known-at", "100").output
    let signed = old + "\n\u{2014} auditor.example \(Base64.encode(Array(repeating: 7, count: 68)))\n"
    try place.write(signed, to: "old")
    try #require(
      place.kept("import", "shop", "Fixtures/shop/orders.csv", "--map", "Fixtures/shop/orders.map.json").status == 0)
    let proof = try place.kept("prove", "shop", "17", "--at", "old")
    #expect(proof.status == 0 && proof.output.hasSuffix("\n\n" + signed))
    try place.write(proof.output, to: "p")
    #expect(try place.kept("prove", "--check", "p", "old").status == 0)
    let growth = try place.kept("prove", "shop", "--from", "old")
    try place.write(growth.output, to: "g")
    let told = try place.shell("kept checkpoint shop > now; kept prove --check g old now")
    #expect(told == Outcome(output: "proven: the 286 events of now begin with the 100 events of old\n", talk: "", status: 0))
    #expect(try place.kept("prove", "--check", "g", "old").output.hasPrefix("proven: the tree with root "))
    let since = try place.kept("verify", "shop", "--since", "old")
    #expect(since.status == 0 && since.lines.first == "the first 100 events are those of the checkpoint")
  }

  @Test func `a ledger that was made again with one event changed is told from the checkpoint of the true one`() throws {
    let place = try shop()
    try #require(place.shell("kept checkpoint shop --known-at 200 > old").status == 0)
    try #require(
      place.shell(
        #"""
        sed '40s/"time":"2024/"time":"2023/' Fixtures/shop/events.jsonl > edited.jsonl
        kept init other --zone Europe/Berlin --currency EUR && cp shop/ledger.json shop/zone.tzif other/
        cp shop/vault/secret other/vault/ && head -c 64 shop/tail > other/tail && kept import other edited.jsonl
        """#
      ).status == 0)
    #expect(try place.kept("verify", "other", "--deep").status == 0)
    let since = try place.kept("verify", "other", "--since", "old")
    #expect(since.status == 1 && since.lines.first?.hasPrefix("edited: the first 200 events have the root ") == true)
    for words in [["17", "--at", "old"], ["--from", "old"], ["--tiles", "t", "--at", "old"]] {
      let run = try place.kept(["prove", "other"] + words)
      #expect(run.status == 1 && run.output == "" && run.talk.contains("the checkpoint says "), "\(run)")
    }
  }

  @Test func `across a block's end, proofs and tiles are those that an RFC 6962 in Python makes of the lines`() throws {
    let place = try Workplace()
    try #require(
      place.shell(
        #"""
        kept init big --quiet && python3 - > big.jsonl <<'END'
        for i in range(65700):
            print('{"source":"s","id":"%d","kind":"order.placed",' % i +
                  '"time":"2024-01-01T00:00:00Z","customer":"C-%d"}' % (i % 997))
        END
        kept import big big.jsonl --quiet && kept events big --sealed > lines && kept checkpoint big > now
        """#
      ).status == 0)
    #expect(try place.kept("status", "big").output.contains("65,536 in 1 blocks, 165 in the tail"))
    var proofs: [String] = []
    for position in [0, 1, 32_768, 65_535, 65_536, 65_700] {
      proofs.append("p\(position)")
      try #require(place.shell("kept prove big \(position) > p\(position)").status == 0)
      #expect(try place.kept("prove", "--check", "p\(position)", "now").status == 0)
    }
    for old in [0, 1, 1_000, 65_535, 65_536, 65_537, 65_700, 65_701] {
      proofs.append("g\(old)")
      try #require(
        place.shell("kept prove big --from \(old) > g\(old) && kept checkpoint big --known-at \(old) > c\(old)").status == 0)
      #expect(try place.kept("prove", "--check", "g\(old)", "c\(old)", "now").status == 0)
    }
    try #require(place.shell("kept prove big --from 3 --to 65536 > to && kept prove big 65535 --at 65536 > at").status == 0)
    let checked = try place.shell("\(Self.merkle) ledger lines to at " + proofs.joined(separator: " "))
    #expect(checked.status == 0 && checked.output.hasSuffix(" 0 differ\n"), "\(checked)")
    try #require(place.kept("prove", "big", "--tiles", "tiles", "--quiet").status == 0)
    let tiles = try place.shell("\(Self.merkle) tiles tiles")
    #expect(tiles.status == 0 && tiles.output.hasSuffix(" 0 differ\n"), "\(tiles)")
    try #require(place.kept("prove", "big", "--tiles", "half", "--at", "65536", "--quiet").status == 0)
    #expect(try place.shell("\(Self.merkle) tiles half").status == 0)
    // The part of verify that an auditor asks for every day reads the tail only.
    let since = try place.kept("verify", "big", "--since", "c65536")
    #expect(since.status == 0 && since.lines.last?.contains(" KiB checked; older blocks by their stored roots only.") == true)
  }

  @Test func `what cannot be proven is told before anything is printed`() throws {
    let place = try shop()
    try #require(
      place.shell(
        "kept checkpoint shop > now && kept prove shop 1 > p && echo x > x && mkdir full && touch full/a"
      ).status == 0)
    func told(_ words: String..., status: Int32 = 2, contains text: String) throws {
      let run = try place.kept(["prove"] + words)
      #expect(run.status == status && run.output == "" && run.talk.contains(text), "\(words): \(run)")
    }
    try told("shop", contains: "one POSITION was expected")
    try told("shop", "x", contains: "x: a position was expected, such as 17")
    try told("shop", "255", contains: "position 255: the tree has only 255 events")
    try told("shop", "1", "--at", "256", contains: "--at 256: the ledger holds only 255 events")
    try told("shop", "1", "--from", "now", contains: "\"1\" is one argument too many")
    try told("shop", "1", "--to", "now", contains: "--to says nothing here")
    try told("shop", "--from", "now", "--check", "p", contains: "two different things")
    try told("shop", "--from", "200", "--to", "100", contains: "--from has 200 events, more than the 100 of --to")
    try told("shop", "--tiles", "full", contains: "there is something already that is no export of this ledger")
    try told("--check", "p", "x", contains: "x: line 2: not a checkpoint")
    try told("--check", "nowhere", "now", contains: "nowhere: open: ")
    try told("--check", "p", "now", "{}", "{}", contains: "\"{}\" is one argument too many")
  }
}

extension Base64 {
  fileprivate static func encode(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { encode($0) } }
}
