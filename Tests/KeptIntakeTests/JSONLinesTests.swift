import KeptFormat
import Testing

@testable import KeptIntake

@Suite struct JSONLinesTests {
  @Test func `an event with every field is read`() throws {
    let line = """
      {"source":"shop","id":"1","kind":"order.placed","time":"2024-03-31T11:05:00.1234567+02:00","customer":"C-1",\
      "account":"A","party":"b2b","channel":"web","direction":"in","agent":"Ada","department":"Sales","subject":"o-1",\
      "amount":12.340,"currency":"EUR","score":-3,"due":"2024-04-01T00:00:00Z","text":"caf\\u00e9 \\ud83d\\ude00",\
      "corrects":"0","other_customer":"C-2","data":{"z":"last","order_id":"o-1","n":5,"x":1.50,"ok":true,\
      "list":[1, {"b":null,"a":2.0}],"none":null}}
      """
    let said = try read(line)
    #expect(
      said.events == [
        """
        1: {"source":"shop","id":"1","kind":"order.placed","time":"2024-03-31T09:05:00.123456Z","customer":"C-1",\
        "account":"A","party":"b2b","channel":"web","direction":"in","agent":"Ada","department":"Sales",\
        "subject":"o-1","corrects":"0","other_customer":"C-2","amount":12.34,"currency":"EUR","score":-3,\
        "due":"2024-04-01T00:00:00.000000Z","text":"café 😀","data":{"list":[1,{"a":2,"b":null}],"n":5,"ok":true,\
        "order_id":"o-1","x":1.5,"z":"last"}}
        """
      ])
    #expect(said.rejects == [])
  }

  @Test func `well-known values are taken out of data`() throws {
    let data = #"{"amount":1,"currency":"EUR","score":2,"due":"2024-04-01T00:00:00Z","text":"t","other_customer":"B"}"#
    let hoisted = try read(event(["data": data]))
    let open = try read(
      event([
        "amount": "1", "currency": #""EUR""#, "score": "2", "due": #""2024-04-01T00:00:00Z""#, "text": #""t""#,
        "other_customer": #""B""#,
      ]))
    #expect(hoisted == open)
    #expect(hoisted.rejects == [])
  }

  @Test func `null is absent and an empty text is not`() throws {
    let said = try read(event(["agent": "null", "amount": "null", "data": "null", "channel": #""""#]))
    #expect(
      said.events == [
        #"1: {"source":"shop","id":"1","kind":"order.placed","time":"2024-03-31T09:05:00.000000Z","#
          + #""customer":"C-1","channel":""}"#
      ])
  }

  @Test func `what the ledger printed can be read again`() throws {
    let printed = event(["position": "17", "recorded": #""2024-03-31T09:05:00.000000Z""#])
    #expect(try read(printed) == read(event()))
  }

  @Test func `firm-side kinds need no customer, and all others do`() throws {
    for kind in ["effort.spent", "reward.paid", "skill.trained", "change.made", "probe.run", "period.declared"] {
      #expect(try read(event(["kind": "\"\(kind)\""], without: ["customer"])).rejects == [])
    }
    let retracted = event(["kind": #""event.retracted""#, "corrects": #""1""#], without: ["customer"])
    #expect(try read(retracted).rejects == [])
    #expect(try read(event(without: ["customer"])).rejects == ["1 0+0 customer missing"])
  }

  @Test func `personal entries are marked, at any depth`() throws {
    let file = try TemporaryFile(
      Array(event(["data": #"{"Email":"x","order_id":"o","list":[{"note":1}],"plain":[{"n":1}]}"#]).utf8))
    try ImportSource(path: file.path, format: .jsonl).forEachBatch { chunk in
      let batch = chunk.batch
      #expect(batch.data.map { batch.string($0.key)! } == ["Email", "list", "order_id", "plain"])
      #expect(batch.data.map(\.isPersonal) == [true, true, false, false])
    }
  }

  @Test func `texts without escapes are slices of the chunk`() throws {
    let file = try TemporaryFile(Array(event(["agent": #""A\u0064a""#]).utf8))
    try ImportSource(path: file.path, format: .jsonl).forEachBatch { chunk in
      let row = chunk.batch.rows[0]
      #expect(row[.source].offset < UInt32(chunk.byteCount))
      #expect(row[.agent].offset >= UInt32(chunk.byteCount))
      #expect(chunk.batch.string(row[.agent]) == "Ada")
    }
  }

  @Test func `blank lines, carriage returns and a missing last line feed are no events and no faults`() throws {
    let said = try read("\n" + event() + "\r\n\r\n  \n\t" + event(["id": #""2""#]))
    #expect(said.lineCount == 2)
    #expect(said.events.map { $0.prefix(2) } == ["2:", "5:"])
    #expect(try read("") == Said())
    #expect(try read("\n\n") == Said())
  }

  @Test func `a byte order mark is skipped at the start of the file and nowhere else`() throws {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let line = Array((event() + "\n").utf8)
    #expect(try read(mark + line).said.events.count == 1)
    #expect(try read(line + mark + line).said.rejects == ["2 \(line.count)+0  byte_order_mark"])
    #expect(try read(mark + line + [0x7B]).said.rejects == ["2 \(line.count + 3)+1  cut"])
    #expect(try read(mark).said == Said())
  }

  @Test func `lines add up`() throws {
    let said = try read([event(), "{", "", event(["id": "3"]), event(), "x"].joined(separator: "\n"))
    #expect(said.lineCount == 5)
    #expect(said.events.count == 2)
    #expect(said.rejects == ["2 \(event().utf8.count + 1)+1  cut"] + said.rejects.dropFirst())
    #expect(said.rejects.map { $0.split(separator: " ")[0] } == ["2", "4", "6"])
  }

  @Test func `totals name the stored bytes and their digest`() throws {
    let bytes = Array((event() + "\n" + "{}").utf8)
    let totals = try read(bytes).totals
    #expect(totals.byteCount == UInt64(bytes.count))
    #expect(totals.digest == SHA256.hash(bytes))
    #expect(totals.lineCount == 2 && totals.rejectCount == 1)
  }

  @Test(arguments: [1, 2, 3, 7, 64, 1000])
  func `the size of the chunks changes nothing`(chunkByteCount: Int) throws {
    let lines = (0..<40).map { number in
      number % 7 == 3 ? "{\"id\":\(number)" : event(["id": "\"\(number)\"", "agent": #""é\n""#])
    }
    let bytes = Array(lines.joined(separator: "\n").utf8)
    let whole = try read(bytes)
    let cut = try read(bytes, chunkByteCount: chunkByteCount)
    #expect(cut.said == whole.said)
    #expect(cut.totals == whole.totals)
  }

  /// Within a chunk a key is first compared with the one that followed before; a chunk of one line has none before.
  @Test func `a line is read alike after any others, whatever the order and spelling of its keys`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let members = [
      #""source":"shop""#, #""kind":"order.placed""#, #""customer":"c1""#, #""time":"2024-01-01T00:00:00Z""#,
      #""channel":"web""#, #""amount" : 5"#, #""department": "a""#, #""direction":"in""#, #""data":{"a":1}"#,
      #""other_customer":"c2""#, #""subject" :"s""#, #""age\u006et":"Ada""#,
    ]
    let odd = [#""sourcf":"x""#, #""kind""#, #""channel":"web","channel":"web""#, #""tim":"x""#, #""agent":null"#]
    var lines: [String] = []
    for number in 0..<400 {
      var chosen = members.filter { _ in Int.random(in: 0..<8, using: &generator) > 0 } + [#""id":"\#(number)""#]
      if Int.random(in: 0..<3, using: &generator) == 0 { chosen.shuffle(using: &generator) }
      if Int.random(in: 0..<6, using: &generator) == 0 { chosen.append(odd.randomElement(using: &generator)!) }
      lines.append("{" + chosen.joined(separator: Bool.random(using: &generator) ? "," : ", ") + "}")
    }
    let bytes = Array(lines.joined(separator: "\n").utf8)
    let whole = try read(bytes)
    #expect(whole.said == (try read(bytes, chunkByteCount: 1)).said, "seed \(seed)")
    #expect(whole.said.events.count > 50 && whole.said.rejects.count > 50, "seed \(seed)")
  }

  @Test func `a small file cut at every offset says the same`() throws {
    let bytes = Array((event() + "\n{\"x\":1}\r\n\n" + event(["text": #""a\u00e9b""#])).utf8)
    let whole = try read(bytes).said
    for size in 1...bytes.count { #expect(try read(bytes, chunkByteCount: size).said == whole) }
  }

  @Test func `the body's error ends the reading and comes back`() throws {
    struct Stop: Error {}
    let file = try TemporaryFile(Array(String(repeating: event() + "\n", count: 2000).utf8))
    var source = ImportSource(path: file.path)
    source.chunkByteCount = 500
    #expect(throws: Stop.self) { try source.forEachBatch { _ in throw Stop() } }
  }

  @Test func `a chunk's rows can be prepared on the parsing thread`() throws {
    let file = try TemporaryFile(Array(String(repeating: event() + "\n", count: 100).utf8))
    var source = ImportSource(path: file.path, format: .jsonl)
    source.chunkByteCount = 1000
    var total = 0
    try source.forEachBatch(prepare: { $0.rows.count }) { chunk, count in
      #expect(count == chunk.batch.rows.count)
      total += count
    }
    #expect(total == 100)
  }

  @Test func `a file that is not there is an error that says so`() {
    let error = #expect(throws: IntakeError.self) {
      try ImportSource(path: "/nowhere/at.all").forEachBatch { _ in }
    }
    #expect(error?.description == "/nowhere/at.all: cannot be opened: No such file or directory")
  }

  @Test func `a packed file of another kind is named`() throws {
    let file = try TemporaryFile([0x1F, 0x8B, 8, 0, 0, 0])
    #expect(throws: IntakeError.otherCompression(file: file.path, name: "gzip")) {
      try ImportSource(path: file.path).forEachBatch { _ in }
    }
  }

  @Test func `one line alone is a row or a reject`() throws {
    let batch = try EventBatch.parse(line: Array(event().utf8)).get()
    #expect(batch.string(batch.rows[0][.id]) == "1")
    for text in ["", "{", event() + "\n" + event(), "{}"] {
      if case .success = EventBatch.parse(line: Array(text.utf8)) { Issue.record("\(text) is no event") }
    }
  }

  @Test func `damaged lines never trap and always add up`() throws {
    var random = SeededGenerator(seed: 3)
    let data = #"{"name":"\u00e9","list":[1,{"a":"\\"}],"n":-1.5e2,"ok":false,"amount":1}"#
    let whole = Array((event(["data": data, "text": #""long é text with \"quotes\"""#]) + "\n").utf8)
    var bytes: [UInt8] = []
    for _ in 0..<20_000 {
      var line = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<line.count - 1, using: &random)
        let byte = UInt8.random(in: 0...255, using: &random)
        line[at] = byte == 0x0A ? 0x20 : byte
      }
      bytes += line
    }
    let said = try read(bytes, chunkByteCount: 100_000).said
    #expect(said.lineCount == 20_000)
    let cloud = try read(bytes, .cloudevents, chunkByteCount: 100_000).said
    #expect(cloud.events.count <= said.lineCount)
  }
}
