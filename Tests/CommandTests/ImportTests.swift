import Foundation
import Testing

extension Outcome {
  /// Standard error without what differs from run to run: seconds and speed.
  var steadyTalk: String {
    talk.replacing(/\([0-9.,]+ s, [0-9,]+ lines\/s\)/, with: "(…)").replacing(#/ in [0-9.]+ s/#, with: " in … s")
  }
}

@Suite struct ImportTests {
  private func ledger() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    return place
  }

  @Test func `a new ledger says what was chosen`() throws {
    let place = try Workplace()
    #expect(
      try place.kept("init", "shop", "--zone", "Europe/Berlin", "--seal", "customer,agent")
        == Outcome(
          output: "",
          talk: """
            shop: a new ledger; days begin in Europe/Berlin, weeks on monday; sealed: agent, customer
            Next: `kept import shop FILE`

            """, status: 0))
    #expect(
      try place.kept("init", "shop")
        == Outcome(
          output: "",
          talk: """
            kept: shop: there is something already
            Next: choose a folder that does not exist, or an empty one.

            """, status: 2))
  }

  @Test func `an import accounts for every line, and the ledger keeps the account`() throws {
    let place = try ledger()
    let run = try place.kept("import", "shop", "Fixtures/shop/events.jsonl")
    #expect(run.output == "")
    #expect(
      run.steadyTalk
        == "Fixtures/shop/events.jsonl: 254 lines: 254 accepted, 0 duplicates, 0 conflicts, 0 rejected; positions 0 to 253 (…)\n"
    )
    #expect(run.status == 0)
    let again = try place.kept("import", "shop", "Fixtures/shop/events.jsonl")
    #expect(
      again.steadyTalk
        == "Fixtures/shop/events.jsonl: 254 lines: 0 accepted, 254 duplicates, 0 conflicts, 0 rejected (…)\n")
    #expect(again.status == 0)
    let imports = try place.kept("imports", "shop", "--format", "csv").output.components(separatedBy: "\r\n")
    #expect(imports.count == 4)
    #expect(
      imports[0]
        == "position,finished_at,file,lines,accepted,duplicates,conflicts,rejected,first_position,last_position,amounts,"
        + "bytes,sha256,map_sha256,checked")
    #expect(imports[1].hasPrefix("254,"))
    #expect(imports[1].contains(",Fixtures/shop/events.jsonl,254,254,0,0,0,0,253,27890.84 EUR,65010,"))
    #expect(imports[2].hasPrefix("255,"))
    #expect(imports[2].contains(",Fixtures/shop/events.jsonl,254,0,254,0,0,,,,65010,"))
  }

  @Test func `a dry run tells what it would take and changes nothing`() throws {
    let place = try ledger()
    let before = try place.shell("cd shop && find . -type f | sort | xargs sha256sum").output
    let run = try place.kept("import", "shop", "--dry-run", "Fixtures/bad-input/cut-lines.jsonl")
    #expect(
      run
        == Outcome(
          output: "",
          talk: """
            kept: Fixtures/bad-input/cut-lines.jsonl: line 2, byte 165: time: ends in the middle; the line may have been cut
            kept: Fixtures/bad-input/cut-lines.jsonl: line 4, byte 373: ends in the middle; the line may have been cut
            Fixtures/bad-input/cut-lines.jsonl: 4 lines: 2 could be taken, 2 rejected; nothing was written, duplicates were not looked for

            """, status: 1))
    #expect(try place.shell("cd shop && find . -type f | sort | xargs sha256sum").output == before)
  }

  @Test func `standard input and packed files give the same events as the file`() throws {
    let place = try ledger()
    try #require(place.kept("import", "shop", "Fixtures/servicenow/events.jsonl.lz4").status == 0)
    try #require(place.kept("init", "other").status == 0)
    let piped = try place.shell("lz4 -dc Fixtures/servicenow/events.jsonl.lz4 | kept import other -")
    #expect(
      piped.steadyTalk
        == "standard input: 27,451 lines: 27,451 accepted, 0 duplicates, 0 conflicts, 0 rejected; positions 0 to 27450 (…)\n"
    )
    let plain = "sed -E 's/\"recorded\":\"[^\"]*\"//' | grep -v import.finished"
    let left = try place.shell("kept events shop | \(plain) | sha256sum").output
    #expect(left == (try place.shell("kept events other | \(plain) | sha256sum").output))
  }

  @Test func `one row with five dates is five events, with decimal commas and quantity times price`() throws {
    let place = try ledger()
    let run = try place.kept("import", "shop", "--map", "Fixtures/shop/orders.map.json", "Fixtures/shop/orders.csv")
    #expect(run.status == 0, "\(run.talk)")
    let first = try place.kept("events", "shop", "--customer", "C-1001").lines
    #expect(
      first.map { $0.replacing(/"recorded":"[^"]*",/, with: "") } == [
        #"{"position":0,"source":"till","id":"7001:placed","kind":"order.placed","time":"2024-09-02T08:15:00.000000Z","customer":"C-1001","party":"b2c","channel":"web","direction":"in","subject":"7001","amount":25,"currency":"EUR","data":{"device":"phone","items":2}}"#,
        #"{"position":1,"source":"till","id":"7001:promised","kind":"promise.made","time":"2024-09-02T08:15:00.000000Z","customer":"C-1001","party":"b2c","direction":"out","subject":"7001","due":"2024-09-06T21:59:59.999999Z","data":{"by":"us","phase":"service","promise_id":"7001","promise_kind":"estimate"}}"#,
        #"{"position":2,"source":"till","id":"7001:confirmed","kind":"order.confirmed","time":"2024-09-02T08:16:00.000000Z","customer":"C-1001","party":"b2c","direction":"out","subject":"7001","data":{"told_customer":true}}"#,
        #"{"position":3,"source":"till","id":"7001:shipped","kind":"order.shipped","time":"2024-09-03T14:00:00.000000Z","customer":"C-1001","party":"b2c","direction":"out","subject":"7001"}"#,
        #"{"position":4,"source":"till","id":"7001:delivered","kind":"order.delivered","time":"2024-09-05T09:30:00.000000Z","customer":"C-1001","party":"b2c","direction":"out","subject":"7001"}"#,
      ])
    let imports = try place.kept("imports", "shop", "--format", "jsonl").output
    #expect(imports.contains(#""lines":30,"accepted":30,"#))
    #expect(imports.contains(#""amounts":"2054.4 EUR""#))
  }

  @Test func `what events prints can be imported again, in both forms, but for values that are sealed`() throws {
    let place = try ledger()
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    let open = "grep -v -e import.finished -e '\"sealed\"'"
    let plain = #"kept events LEDGER | sed -E 's/"(recorded|position)":("[^"]*"|[0-9]+),//g' | "# + open
    for format in ["jsonl", "cloudevents"] {
      try #require(place.kept("init", format).status == 0)
      let run = try place.shell(
        "kept events shop --format \(format) | \(open) | kept import \(format) --format \(format) -")
      #expect(run.status == 0, "\(run.talk)")
      let left = try place.shell(plain.replacing("LEDGER", with: "shop")).lines
      let right = try place.shell(plain.replacing("LEDGER", with: format)).lines
      #expect(left == right)
      #expect(left.count == 249)
    }
  }

  @Test func `a ledger that was not told to seal customers refuses e-mail addresses as their ids`() throws {
    let place = try ledger()
    let line =
      #"{"source":"s","id":"1","kind":"order.placed","time":"2024-01-01T00:00:00Z","customer":"ada@example.org"}"#
      + "\n"
    let run = try place.kept("import", "shop", "-", input: line)
    #expect(
      run.talk == """
        kept: line 1: the customer looks like an e-mail address, which this ledger would keep in the open for ever
        Next: import into a ledger made with `kept init DIR --seal customer`; nothing was written.

        """)
    #expect(run.status == 2)
    try #require(place.kept("init", "sealed", "--seal", "customer").status == 0)
    #expect(try place.kept("import", "sealed", "-", input: line).status == 0)
    #expect(try place.kept("events", "sealed").lines[0].contains(#""customer":"c1""#))
    #expect(try place.kept("names", "sealed", "--format", "csv").output == "number,name\r\n1,ada@example.org\r\n")
  }

  @Test func `a file that is not there is told with its name, and nothing was lost`() throws {
    let place = try ledger()
    #expect(
      try place.kept("import", "shop", "nowhere.jsonl")
        == Outcome(
          output: "",
          talk: """
            kept: nowhere.jsonl: cannot be opened: No such file or directory
            Next: Check the path and that you may read the file.

            """, status: 2))
  }

  @Test func `progress is one JSON line, and quiet says nothing at all`() throws {
    let place = try ledger()
    let run = try place.kept("import", "shop", "Fixtures/shop/events.jsonl", "--progress", "json", "--quiet")
    #expect(run.output == "")
    #expect(
      run.talk.wholeMatch(of: /\{"task":"importing","done":65010,"total":65010,"events":254,"events_per_second":(null|[0-9]+),"seconds":[0-9.]+,"seconds_left":[0-9.]+\}\n/)
        != nil)
    #expect(
      try place.kept("import", "shop", "Fixtures/shop/events.jsonl", "--quiet")
        == Outcome(output: "", talk: "", status: 0))
  }
}
