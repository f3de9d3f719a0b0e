import Foundation
import Testing

@Suite struct SalvageTests {
  @Test func `a block that a disk lost is named, the rest is rescued, and the source files bring it back`() throws {
    let place = try Workplace()
    let events = (0..<140_000).map { index in
      #"{"source":"till","id":"r-\#(index)","kind":"order.placed","time":"2024-01-01T00:00:00Z","customer":"C-\#(index % 977)"}"#
    }
    try place.write(events.joined(separator: "\n") + "\n", to: "till.jsonl")
    try #require(place.kept("init", "shop").status == 0)
    try #require(place.kept("import", "shop", "till.jsonl").status == 0)
    let whole = try place.kept("events", "shop", "--kind", "order.placed").lines
    // A page of the second block is gone.
    try #require(
      place.shell(
        "size=$(stat -c %s shop/log/000000000000.kept); "
          + "dd if=/dev/zero of=shop/log/000000000000.kept bs=4096 count=1 seek=$((size / 2 / 4096 + 4)) conv=notrunc"
      ).status == 0)
    let refused = try place.kept("import", "shop", "till.jsonl")
    #expect(refused.status == 2)
    #expect(refused.talk.contains("`kept salvage LEDGER DIR --reason R` saves what verifies."))
    let verified = try place.kept("verify", "shop")
    #expect(verified.status == 1 && verified.output.contains("positions 65536 to 131071"))
    #expect(try place.kept("salvage", "shop", "rescued").status == 2)
    let run = try place.kept("salvage", "shop", "rescued", "--reason", "disk 3 failed", "--actor", "Ada", "--format", "jsonl")
    #expect(run.status == 1)
    try #require(run.lines.count == 3, "\(run)")
    #expect(run.lines[0].hasPrefix(#"{"what":"kept","first":0,"last":65535,"new_first":0,"count":65536,"#))
    #expect(run.lines[1].hasPrefix(#"{"what":"kept","first":131072,"last":140000,"new_first":65536,"count":8929,"#))
    #expect(run.lines[2].hasPrefix(#"{"what":"lost events","first":65536,"last":131071,"new_first":null,"count":65536,"#))
    #expect(run.talk.contains("kept: shop: not everything could be saved: rescued/losses.jsonl lists what is lost\n"))
    #expect(try place.kept("verify", "rescued", "--deep").status == 0)
    #expect(try place.kept("events", "rescued").lines.last?.contains(#""reason":"disk 3 failed""#) == true)
    #expect(try place.read("rescued/losses.jsonl").split(separator: "\n").count == 3)
    let again = try place.kept("import", "rescued", "till.jsonl")
    #expect(again.talk.contains("140,000 lines: 65,536 accepted, 74,464 duplicates, 0 conflicts, 0 rejected"))
    func ids(_ lines: [String]) -> Set<Substring> { Set(lines.compactMap { $0.split(separator: "\"id\":").last?.prefix(11) }) }
    #expect(try ids(place.kept("events", "rescued", "--kind", "order.placed").lines) == ids(whole))
    #expect(try place.kept("salvage", "shop", "rescued", "--reason", "r").talk.hasPrefix("kept: rescued: there is something"))
  }
}
