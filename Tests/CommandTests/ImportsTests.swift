import Foundation
import Testing

/// `kept imports`: did every line of that file arrive, and where?
@Suite struct ImportsTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  @Test func `a file is known by its bytes, whatever it is called`() throws {
    let place = try shop()
    try #require(place.shell("cp Fixtures/shop/events.jsonl renamed && head -9 renamed > part").status == 0)
    let found = try place.kept("imports", "shop", "renamed", "--format", "csv")
    #expect(found.status == 0 && found.talk == "" && found.output.contains(",254,254,0,0,0,0,253,27890.84 EUR,"))
    #expect(found.output.contains(",agrees"))
    let none = try place.kept("imports", "shop", "part", "--format", "csv")
    #expect(none.status == 1 && none.talk.hasPrefix("kept: part: no finished import of these bytes, "))
    let missing = try place.kept("imports", "shop", "nowhere")
    #expect(missing.status == 2)
  }

  @Test func `a file whose lines were not all taken is told so`() throws {
    let place = try shop()
    try #require(place.shell("(head -2 Fixtures/shop/events.jsonl; echo nonsense) > bad").status == 0)
    #expect(try place.kept("import", "shop", "bad").status == 1)
    let run = try place.kept("imports", "shop", "bad", "--format", "jsonl")
    #expect(run.status == 1 && run.talk == "kept: bad: 1 of its lines were not taken (conflicts and rejects)\n")
    #expect(run.output.contains(#""lines":3,"accepted":0,"duplicates":2,"conflicts":0,"rejected":1"#))
    #expect(try place.kept("imports", "shop").status == 0)
  }

  @Test func `gaps in the ids of a source and feeds that went silent are named`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    var lines = ""
    for number in 1...30 where ![7, 9, 10].contains(number) {
      lines += #"{"source":"till","id":"T-\#(number)","kind":"order.placed","#
      lines += #""time":"2024-01-01T00:00:00Z","customer":"C"}"# + "\n"
    }
    lines += #"{"source":"phone","id":"p","kind":"call.ended","time":"2024-01-20T00:00:00Z","customer":"C"}"# + "\n"
    try place.write(lines, to: "a.jsonl")
    try #require(place.kept("import", "shop", "a.jsonl").status == 0)
    let feeds = try place.kept("imports", "shop", "--feeds", "--format", "csv").output.components(separatedBy: "\r\n")
    #expect(
      feeds.dropLast() == [
        "source,events,last_at,silent_days,feed,ids,numbers,missing,missing_first",
        "till,27,2024-01-01T00:00:00.000000Z,19,went silent,T-1 … 30,27,3,\"7, 9 to 10\"",
        "phone,1,2024-01-20T00:00:00.000000Z,0,,,,,",
      ])
    let both = try place.kept("imports", "shop").output
    #expect(both.contains("agrees") && both.contains("T-1 … 30") && both.contains("went silent"))
    #expect(try place.kept("imports", "shop", "a.jsonl", "--feeds").status == 2)
  }
}
