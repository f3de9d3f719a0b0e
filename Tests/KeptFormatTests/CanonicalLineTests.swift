import KeptFormat
import Testing

@Suite struct CanonicalLineTests {
  /// A row with something in every place a line has.
  func full() -> EventBatch {
    let batch = EventBatch()
    var row = EventRow()
    for (field, text) in [
      (TextField.source, "shop"), (.id, "o-1:placed"), (.kind, "order.placed"), (.account, "ac \"1\""),
      (.channel, "web"), (.direction, "in"), (.agent, "Ada\n"), (.subject, "o-1"), (.currency, "EUR"), (.party, "b2b"),
      (.department, "Sälés"), (.corrects, "o-0"),
    ] { row[field] = batch.add(text.utf8) }
    row[.text] = batch.add(UInt8(0)..<32)
    row.sealed = 1 << UInt32(TextField.text.rawValue) | EventRow.sealedOtherCustomerBit
    row.customer = 17
    row.customerName = batch.add("C-1042".utf8)
    row.otherCustomer = 18
    row.otherCustomerName = batch.add(UInt8(32)..<64)
    row.time = 1_711_875_900_000_000
    row.recorded = 1_711_875_901_234_567
    row.due = 1_711_962_300_000_000
    row.amount = ExactDecimal(mantissa: 1234, scale: 2)
    row.score = ExactDecimal(-3)
    row.dataStart = 0
    row.dataCount = 4
    batch.data = [
      DataEntry(key: batch.add("a\\b".utf8), type: .string, bytes: batch.add("x".utf8)),
      DataEntry(key: batch.add("email".utf8), type: .sealed, bytes: batch.add(UInt8(64)..<96), isPersonal: true),
      DataEntry(key: batch.add("list".utf8), type: .json, bytes: batch.add("[1,null]".utf8)),
      DataEntry(key: batch.add("yes".utf8), type: .boolean, number: ExactDecimal(1)),
    ]
    batch.rows = [row]
    return batch
  }

  func line(_ batch: EventBatch, _ index: Int = 0, _ form: CanonicalLine.Form = .recorded) -> String {
    var sink = ByteSink()
    CanonicalLine.append(index, of: batch, form: form, to: &sink)
    return sink.text()
  }

  func hex(_ range: Range<UInt8>) -> String {
    range.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test func `a line has every field once, in the order of RFC 8785`() {
    #expect(
      line(full()) == """
        {"account":"ac \\"1\\"","agent":"Ada\\n","amount":12.34,"channel":"web","corrects":"o-0","currency":"EUR",\
        "customer":17,"data":{"a\\\\b":"x","list":[1,null],"yes":true},"department":"Sälés","direction":"in",\
        "due":"2024-04-01T09:05:00.000000Z","id":"o-1:placed","kind":"order.placed","names":{"customer":"C-1042"},\
        "other_customer":18,"party":"b2b","recorded":"2024-03-31T09:05:01.234567Z","score":-3,\
        "sealed":{"data.email":"\(hex(64..<96))","other_customer":"\(hex(32..<64))","text":"\(hex(0..<32))"},\
        "source":"shop","subject":"o-1","time":"2024-03-31T09:05:00.000000Z"}
        """)
  }

  @Test func `the content leaves out when it was recorded and whom it introduces`() {
    let content = line(full(), 0, .content)
    #expect(!content.contains("recorded") && !content.contains("names") && !content.contains(hex(32..<64)))
    #expect(content.contains(#""customer":17"#) && content.contains(#""other_customer":18"#))
    #expect(content.contains(#""sealed":{"data.email":"# + "\"\(hex(64..<96))\""))
  }

  @Test func `a line is canonical JSON to the JSON reader too`() throws {
    let text = line(full())
    #expect(String(decoding: try JSONValue.parse(text).canonical(), as: UTF8.self) == text)
  }

  @Test(arguments: 1...8)
  func `lines of random events read back as the same events and are canonical`(seed: UInt64) throws {
    let original = randomEvents(400, seed: seed).map { event in
      var event = event
      // Open text never reaches a line.
      if event.sealed & 1 << UInt32(TextField.text.rawValue) == 0 { event.fields[.text] = nil }
      return event
    }
    let source = batch(original)
    let read = EventBatch()
    for index in source.rows.indices {
      let text = line(source, index)
      #expect(String(decoding: try JSONValue.parse(text).canonical(), as: UTF8.self) == text)
      try Array(text.utf8).withUnsafeBufferPointer { try CanonicalLine.parse($0, into: read) }
      #expect(line(read, index) == text)
    }
    for (index, event) in events(read).enumerated() where event != original[index] {
      Issue.record("event \(index) of seed \(seed) is \(event) and was \(original[index])")
      return
    }
    #expect(read.rows.count == original.count)
  }

  @Test func `a line cut anywhere or changed in any byte never traps and leaves the batch as it was`() {
    let whole = Array(line(full()).utf8)
    let target = EventBatch()
    for end in 0..<whole.count {
      #expect(throws: CanonicalLine.Failure.self) {
        try Array(whole[..<end]).withUnsafeBufferPointer { try CanonicalLine.parse($0, into: target) }
      }
    }
    #expect(target.bytes.isEmpty && target.data.isEmpty && target.rows.isEmpty)
    var random = SeededGenerator(seed: 5)
    for at in whole.indices {
      for byte in random.bytes(8) + [0, 0x22, 0x5C, 0x7B, 0x7D, 0x2C] {
        var bytes = whole
        bytes[at] = byte
        let batch = EventBatch()
        let isRead =
          (try? bytes.withUnsafeBufferPointer { try CanonicalLine.parse($0, into: batch) }) != nil
        #expect(batch.rows.count == (isRead ? 1 : 0))
        if isRead { _ = line(batch) }
      }
    }
  }

  static let wrong: [(String, CanonicalLine.Failure)] = [
    (#"{"id":"1"}"#, .missing(.source)),
    (#"{"id":"1","id":"1"}"#, .key(offset: 10)),
    (#"{"colour":"1"}"#, .key(offset: 1)),
    (#"{"text":"open"}"#, .value(.text, offset: 8)),
    (#"{"customer":0}"#, .value(.customer, offset: 12)),
    (#"{"customer":4294967296}"#, .value(.customer, offset: 12)),
    (#"{"time":"2024-03-31"}"#, .value(.time, offset: 8)),
    (#"{"sealed":{"text":"12"}}"#, .value(.sealed, offset: 18)),
    (#"{"id":1}"#, .json(.syntax, offset: 6)),
  ]

  @Test(arguments: wrong)
  func `what no recorded event says is refused with its place`(text: String, failure: CanonicalLine.Failure) {
    #expect(throws: failure) {
      try Array(text.utf8).withUnsafeBufferPointer { try CanonicalLine.parse($0, into: EventBatch()) }
    }
  }

  @Test func `values that commitments commit to read back`() throws {
    let batch = EventBatch()
    for text in [#""a \"b\"\n""#, "12.5", "-3", "true", "false", #"{"a":[1,null]}"#, "[]"] {
      let entry = try Array(text.utf8).withUnsafeBufferPointer {
        try CanonicalValue.parse($0, key: .absent, into: batch)
      }
      var sink = ByteSink()
      batch.bytes.withUnsafeBufferPointer { CanonicalValue.append(entry, bytes: $0.pointer, to: &sink) }
      #expect(sink.text() == text)
    }
    for text in ["", "null", "1 ", "\"a\"b", "{"] {
      #expect(throws: JSONFault.self) {
        _ = try Array(text.utf8).withUnsafeBufferPointer {
          try CanonicalValue.parse($0, key: .absent, into: batch)
        }
      }
    }
  }
}
