import Foundation
import KeptFormat
import Testing

/// Commands that read a ledger, on the made-up shop.
@Suite struct LedgerTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  @Test func `append acknowledges every line, in order, with what became of it`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    func line(_ id: String, _ more: String = "") -> String {
      #"{"source":"s","id":"\#(id)","kind":"order.placed","time":"2024-01-01T00:00:00Z","customer":"C-1"\#(more)}"#
        + "\n"
    }
    let input = line("1") + line("2") + line("1") + line("2", #","amount":5"#) + "nonsense\n" + line("3")
    let run = try place.kept("append", "shop", input: input)
    #expect(
      run
        == Outcome(
          output: """
            {"line":1,"position":0}
            {"line":2,"position":1}
            {"line":3,"position":0,"duplicate":true}
            {"line":4,"conflict":1}
            {"line":5,"rejected":"not_an_object"}
            {"line":6,"position":2}

            """, talk: "", status: 1))
  }

  @Test func `events are filtered by customer, kind, time and what was known`() throws {
    let place = try shop()
    func count(_ words: String...) throws -> Int { try place.kept(["events", "shop"] + words).lines.count }
    #expect(try count() == 255)
    #expect(try count("--customer", "C-1003") == 29)
    #expect(try count("--customer", "C-1003", "--customer", "C-1002") == 36)
    #expect(try count("--kind", "promise.*") == 15)
    #expect(try count("--kind", "promise.kept,promise.broken") == 6)
    #expect(try count("--since", "2024-03-01", "--until", "2024-04-01", "--kind", "order.placed") == 2)
    #expect(try count("--known-at", "10") == 10)
    #expect(try count("--limit", "3") == 3)
    #expect(try count("--source", "crm") == 94)
    #expect(try count("--source", "crm", "--source", "webshop") == 94 + 85)
    let unknown = try place.kept("events", "shop", "--customer", "nobody")
    #expect(unknown.talk.hasPrefix("kept: customer nobody: the ledger knows no such customer\n"))
    #expect(unknown.status == 2)
  }

  @Test func `the mirror shows a customer what was worst first`() throws {
    let place = try shop()
    let lines = try place.kept("mirror", "shop", "C-1003", "--format", "csv").output.split(whereSeparator: \.isNewline)
    #expect(lines[0].hasPrefix("customer,party,status,ended_by,"))
    #expect(lines[1].hasPrefix("C-1003,b2c,ended,customer,-"))
    #expect(lines[2].hasPrefix("points,points_left,said_at,"))
    #expect(
      lines[3].hasPrefix(
        "-2,-1.4789895635620502,2024-03-04T09:00:00.000000Z,they,relationship.ended,left,they-left,S2.4,"))
    let points = lines[3...].compactMap { $0.split(separator: ",").first.flatMap { Double($0) } }
    #expect(points.count == lines.count - 3)
    #expect(points == points.sorted())
    #expect(try place.kept("mirror", "shop", "nobody").status == 2)
  }

  @Test func `the mirror tells it in the words of the customer, and a rule without words says what it hears`() throws {
    let place = try shop()
    let page = try place.kept("mirror", "shop", "C-1003").lines
    #expect(page[0] == "C-1003, b2c, with us since 2024-01-22; they left.")
    #expect(page[1] == "How into them we are: not into, −55 (what we did: −48, what they felt: −25).")
    let worst = try #require(page.firstIndex(of: "Worst first:"))
    #expect(page[worst + 1] == "  −2  2024-03-04 10:00  I left (by email).  [they-left S2.4, event 111]")
    #expect(page.contains("  −1  2024-02-19 10:00  I was waiting, and heard nothing from you.  [left-in-dark S4.1, since event 47]"))
    #expect(page.last == "  +1  2024-01-22 12:10  I ordered from you (by phone, about O-103).  [ordered S0.1, S2.18, event 25]")
    try place.write(place.kept("rulebook").output.replacing(/"lived": "I left\.",? */, with: ""), to: "wordless.json")
    let wordless = try place.kept("mirror", "shop", "C-1003", "--rulebook", "wordless.json")
    #expect(wordless.status == 0 && wordless.output.contains("10:00  left (by email).  [they-left"))
  }

  @Test func `what came from outside cannot steer the terminal of whoever looks into the mirror or asks why`() throws {
    let place = try shop()
    let hostile = #"{"source":"crm","id":"x","kind":"case.opened","time":"2024-08-09T09:00:00Z","customer":"C-\u001b[2J\u202e1","#
      + #""subject":"K-\u001b]0;owned\u0007\u202e1","data":{"case_kind":"complaint"}}"#
    #expect(try place.kept("append", "shop", input: hostile + "\n").status == 0)
    let id = "C-\u{1B}[2J\u{202E}1"
    for words in [["mirror", "shop", id], ["explain", "shop", "--customer", id, "--column", "touches"]] {
      let run = try place.kept(words)
      #expect(run.status == 0 && run.output.contains(#"C-\u{1B}[2J\u{202E}1"#), "\(run.output.debugDescription)")
      #expect(!run.output.unicodeScalars.contains { ["\u{1B}", "\u{7}", "\u{202E}"].contains($0) })
    }
  }

  @Test func `the sealed lines are exactly what was hashed`() throws {
    let place = try shop()
    let lines = try place.kept("events", "shop", "--sealed").lines
    let root = merkleRoot(lines.map { Array($0.utf8) })
    let checkpoint = try place.kept("checkpoint", "shop").lines
    #expect(checkpoint.count == 3)
    #expect(checkpoint[1] == "255")
    #expect(checkpoint[2] == root.base64)
    #expect(!lines.joined().contains("bowls were broken"))
  }

  @Test func `an untouched ledger is sound, and an older checkpoint is found in it`() throws {
    let place = try shop()
    let checkpoint = try place.kept("checkpoint", "shop", "--known-at", "100")
    try place.write(checkpoint.output, to: "old.checkpoint")
    try #require(
      place.kept("import", "shop", "Fixtures/shop/orders.csv", "--map", "Fixtures/shop/orders.map.json").status == 0)
    let run = try place.kept("verify", "shop", "--since", "old.checkpoint")
    #expect(run.lines.first == "the first 100 events are those of the checkpoint")
    #expect(run.status == 0)
    #expect(
      try place.kept("verify", "shop").lines.last?.hasPrefix("no accidental damage; edits not checked, use --deep")
        == true)
  }

  @Test func `a flipped byte of the tail is damage, told with its place, and what comes before it is still read`()
    throws
  {
    let place = try shop()
    // The first record, of 254 events, stays; the second, import.finished, is changed.
    try #require(
      place.shell(
        #"python3 -c "b=bytearray(open('shop/tail','rb').read()); b[-20]^=1; open('shop/tail','wb').write(b)""#
      ).status == 0)
    let run = try place.kept("verify", "shop")
    #expect(run.status == 1)
    #expect(run.lines.first?.hasPrefix("damage: tail: byte ") == true, "\(run.output)")
    let events = try place.kept("events", "shop")
    #expect(events.lines.count == 254)
    #expect(events.status == 1)
    #expect(events.talk.contains("Only what comes before it was read."))
    let refused = try place.kept("import", "shop", "Fixtures/shop/events.jsonl")
    #expect(refused.status == 2)
  }

  @Test func `a torn tail is no damage: verify says so, and the next writer puts it aside`() throws {
    let place = try shop()
    try #require(place.shell("truncate -s -10 shop/tail").status == 0)
    let run = try place.kept("verify", "shop")
    #expect(run.status == 0)
    #expect(run.lines.first?.hasPrefix("torn: tail: byte ") == true)
    let next = try place.kept("import", "shop", "Fixtures/shop/events.jsonl")
    #expect(next.status == 0)
    #expect(next.talk.contains("nothing of it was acknowledged"))
    #expect(try place.kept("verify", "shop", "--deep").lines.first?.hasPrefix("root ") == true)
  }

  @Test func `only a checkpoint kept elsewhere shows a log that was cut between two records`() throws {
    let place = try shop()
    try #require(place.shell("kept checkpoint shop > c && cp shop/tail tail.before").status == 0)
    try #require(
      place.shell("head -1 Fixtures/shop/events.jsonl | sed 's/f0001/f9999/' | kept append shop").status == 0)
    try #require(place.shell("kept checkpoint shop > c && cp tail.before shop/tail").status == 0)
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
    let run = try place.kept("verify", "shop", "--since", "c")
    #expect(run.status == 1)
    #expect(run.lines.first == "cut: the checkpoint has 256 events, the ledger 255: positions 255 to 255 are gone")
  }

  @Test func `what is no ledger is told so`() throws {
    let place = try Workplace()
    #expect(
      try place.kept("status", "nowhere")
        == Outcome(
          output: "",
          talk: """
            kept: nowhere: there is no such folder
            Next: `kept init nowhere` makes a new ledger there.

            """, status: 2))
  }

  @Test func `a reader that goes away ends the listing without a word`() throws {
    let place = try shop()
    let run = try place.shell("kept events shop | head -1 | wc -l")
    #expect(run.output == "1\n")
    #expect(run.talk == "")
    #expect(run.status == 0)
  }

  @Test func `status shows size, span, kinds and sources that went silent`() throws {
    let place = try shop()
    let run = try place.kept("status", "shop")
    #expect(run.status == 0)
    #expect(run.lines.contains("events         255: 0 in 0 blocks, 255 in the tail"))
    #expect(run.lines.contains("customers      13"))
    #expect(run.lines.contains("occurred       2024-01-08T08:00:00.000000Z to 2024-08-10T07:00:00.000000Z"))
    #expect(run.lines.contains("order.placed                18"))
    #expect(run.lines.contains("phone          3  2024-04-11T06:20:00.000000Z          121  went silent"))
    let rows = try place.kept("status", "shop", "--format", "jsonl")
    #expect(rows.lines.contains(#"{"topic":"kind","name":"order.placed","value":"18"}"#))
  }
}

@Suite struct InitTests {
  @Test func `a ledger says who made it and why`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--actor", "Ada", "--reason", "the pilot in Lyon").status == 0)
    #expect(try place.kept("status", "shop").lines.contains("made by        Ada: the pilot in Lyon"))
    try #require(place.kept("init", "other").status == 0)
    let user = try place.shell("id -un").output.dropLast()
    #expect(try place.kept("status", "other").lines.contains("made by        \(user)"))
  }
}

/// RFC 6962, 2.1, as it is written there.
private func merkleRoot(_ leaves: [[UInt8]]) -> Digest {
  guard leaves.count > 1 else { return SHA256.hash([0] + leaves[0]) }
  var split = 1
  while split * 2 < leaves.count { split *= 2 }
  let left = merkleRoot(Array(leaves[..<split]))
  let right = merkleRoot(Array(leaves[split...]))
  return SHA256.hash([1] + left.withUnsafeBytes(Array.init) + right.withUnsafeBytes(Array.init))
}
