import Foundation
import Testing

/// `kept forget` as somebody asks for it, who then looks everywhere.
@Suite struct ForgetTests {
  private static let words = "Two of the six bowls were broken."

  private func shop(_ words: String...) throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept(["init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR"] + words).status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  @Test func `a person is gone from every byte of the folder, and every proof made before still holds`() throws {
    let place = try shop("--seal", "customer")
    try #require(place.shell("kept checkpoint shop > old && kept prove shop 47 > p").status == 0)
    #expect(try place.shell("grep -rlF '\(Self.words)' shop").output == "shop/tail\n")
    let number = try #require(
      try place.kept("names", "shop", "--format", "csv").output.split(whereSeparator: \.isNewline)
        .first { $0.hasSuffix(",C-1003") }?.split(separator: ",").first)
    let run = try place.kept("forget", "shop", "C-1003", "--reason", "asked for it on 3 May", "--actor", "Ada")
    #expect(
      run == Outcome(
        output: "forgotten: c\(number), recorded at position 255; key, values and name are destroyed\n", talk: "",
        status: 0))
    #expect(try place.shell("grep -rlF -e '\(Self.words)' -e C-1003 shop").output == "")
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
    #expect(try place.kept("verify", "shop", "--since", "old").status == 0)
    #expect(try place.kept("prove", "--check", "p", "old").status == 0)
    #expect(try place.shell("kept prove shop --from old > g; kept prove --check g old").status == 0)
    // What is left is a number, and nothing fails that meets it.
    #expect(try place.kept("events", "shop", "--customer", "c\(number)").lines.count == 29)
    #expect(try place.kept("events", "shop").output.contains(#""customer":"c\#(number)""#))
    #expect(try place.kept("names", "shop", "--format", "csv").output.contains("\r\n\(number),\r\n"))
    #expect(try place.kept("mirror", "shop", "c\(number)").status == 0)
    #expect(try place.kept("rebuild", "shop").status == 0)
    let erasure = try place.kept("events", "shop", "--kind", "customer.forgotten")
    #expect(erasure.output.contains(#""data":{"actor":"Ada","number":\#(number),"reason":"asked for it on 3 May"}"#))
    let again = try place.kept("forget", "shop", "c\(number)", "--reason", "again")
    #expect(again.status == 0 && again.output.hasPrefix("c\(number) was forgotten at position 255"))
    #expect(try place.kept("forget", "shop", "C-1003", "--reason", "again").status == 2)
    let back = try place.kept("import", "shop", "Fixtures/shop/events.jsonl")
    #expect(back.status == 0 && back.talk.contains("0 accepted, 254 duplicates, 0 conflicts"))
  }

  @Test func `in a ledger with open ids the fields that still say the id are listed, and the answer is no`() throws {
    let place = try shop()
    let run = try place.kept("forget", "shop", "C-1003", "--reason", "asked for it")
    #expect(run.status == 1)
    #expect(run.lines.dropFirst() == ["left in the open: names.customer: 1 event"])
    #expect(run.talk.contains("the log says the external id of c"))
    #expect(try place.shell("grep -rlF '\(Self.words)' shop").output == "")
    #expect(try !place.kept("names", "shop").output.contains("C-1003"))
    let table = try place.kept("replay", "shop", "--table", "customers", "--format", "csv").output
    #expect(table.contains("C-1002") && !table.contains("C-1003"))
  }

  @Test func `what was published while the customer was there is listed`() throws {
    let place = try shop("--seal", "customer")
    try #require(place.kept("rebuild", "shop", "--known-at", "20", "--as-of", "2024-01-20").status == 0)
    try #require(place.kept("rebuild", "shop").status == 0)
    let run = try place.kept("forget", "shop", "I-3001", "--reason", "left the firm")
    let snapshots = run.lines.filter { $0.hasPrefix("published before: shop/snapshots/") }
    #expect(run.status == 0 && snapshots.count == 1 && snapshots[0].hasSuffix("-255"), "\(run)")
  }

  @Test func `a customer that was merged with another is told`() throws {
    let place = try shop("--seal", "customer")
    let run = try place.kept("forget", "shop", "C-1008", "--reason", "asked for it")
    #expect(run.status == 0 && run.lines.count == 2)
    #expect(run.lines.last?.wholeMatch(of: /merged with: c\d+; forget it as well if it is the same person/) != nil)
  }

  @Test func `a reason is asked for, and may not say the name`() throws {
    let place = try shop("--seal", "customer")
    let none = try place.kept("forget", "shop", "C-1003")
    #expect(none.status == 2 && none.talk.hasPrefix("kept: --reason is missing: an erasure says why, for ever\n"))
    let named = try place.kept("forget", "shop", "C-1003", "--reason", "C-1003 asked for it")
    #expect(named.status == 2 && named.talk.contains("--reason says C-1003, which would then stand in the log for ever"))
    let unknown = try place.kept("forget", "shop", "C-9", "--reason", "x")
    #expect(unknown.status == 2 && unknown.talk.contains("customer C-9: the ledger knows no such customer"))
    #expect(try place.kept("checkpoint", "shop").lines[1] == "255")
  }

  @Test func `an erasure that was killed is told by verify and finished by whatever writes next`() throws {
    let place = try shop("--seal", "customer")
    // The tail as it was before the values went, with the event of the erasure behind it: a kill right after the event.
    try #require(place.shell("cp shop/tail before && rm -f shop/index/names").status == 0)
    try #require(place.kept("forget", "shop", "C-1003", "--reason", "asked for it").status == 0)
    try #require(
      place.shell(
        #"""
        python3 - <<'END'
        import struct
        before, after = open('before', 'rb').read(), open('shop/tail', 'rb').read()
        offset, records = 64, []
        while offset < len(after):
            length = struct.unpack_from('<I', after, offset)[0] + 16
            records.append(after[offset:offset + length])
            offset += length
        open('shop/tail', 'wb').write(before + records[-1])
        END
        rm shop/index/names
        """#
      ).status == 0)
    let verify = try place.kept("verify", "shop", "--deep")
    #expect(verify.status == 1 && verify.lines.first?.hasPrefix("unfinished: customer c") == true, "\(verify)")
    #expect(verify.lines.last?.hasPrefix("NOT FINISHED: the record is whole, an erasure is not. ") == true)
    #expect(try !place.kept("names", "shop").output.contains("C-1003"))
    #expect(try place.shell("kept append shop < /dev/null").status == 0)
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
    #expect(try place.shell("grep -rlF -e '\(Self.words)' -e C-1003 shop").output == "")
  }
}
