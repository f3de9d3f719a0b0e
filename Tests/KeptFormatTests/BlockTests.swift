import KeptFormat
import Testing

@Suite struct BlockTests {
  /// Law: decode(encode(x)) = x.
  @Test(arguments: [1, 2, 3, 7, 127, 128, 129, 500, 3_000])
  func `a block gives back the events it was made of`(count: Int) throws {
    for seed in 0..<(count < 500 ? 12 : 2) { try expectRoundTrip(randomEvents(count, seed: UInt64(seed * 10_000 + count))) }
  }

  @Test(arguments: [1, 2, 127, 128, 129])
  func `every column comes back where no row, one row or every row has it`(count: Int) throws {
    let full = randomEvents(count, seed: 7, EventMix(presence: 1, dataKeys: 4))
    try expectRoundTrip(full)
    var bare = PlainEvent()
    bare.time = 5
    try expectRoundTrip(Array(repeating: bare, count: count))
    for place in [0, count / 2, count - 1] {
      var events = Array(repeating: bare, count: count)
      events[place] = full[place]
      try expectRoundTrip(events)
    }
  }

  @Test func `events without order and at the ends of time come back`() throws {
    try expectRoundTrip(randomEvents(700, seed: 3, EventMix(isOrdered: false)))
    var first = PlainEvent()
    first.time = -2_208_988_800_000_000
    var last = PlainEvent()
    last.time = 7_258_118_399_999_999
    last.due = 7_258_118_399_999_999
    last.recorded = .max
    first.recorded = .min
    try expectRoundTrip([last, first, last, first])
  }

  @Test func `decimals of 18 digits come back at any mix of scales`() throws {
    let largest = Int64(999_999_999_999_999_999)
    var events: [PlainEvent] = []
    for scale in 0...18 {
      for mantissa in [1, -1, 7, largest, -largest] {
        var event = PlainEvent()
        event.amount = ExactDecimal(canonicalizing: mantissa, scale: scale)
        event.data[Array("x".utf8)] = .number(event.amount!, event.amount!.scale == 0 ? .integer : .decimal)
        events.append(event)
      }
    }
    try expectRoundTrip(events)
    try expectRoundTrip(events.filter { $0.amount!.scale < 3 && $0.amount!.mantissa.magnitude < 10 })
  }

  @Test func `more than 1,024 data keys share one more column`() throws {
    var random = SeededGenerator(seed: 11)
    let events = (0..<60).map { index in
      var event = PlainEvent()
      for _ in 0..<80 {
        let key = Array("key \(Int.random(in: 0..<3_000, using: &random))".utf8)
        event.data[key] =
          switch Int.random(in: 0..<5, using: &random) {
          case 0: .bytes(random.bytes(32), .sealed)
          case 1: .bytes(Array("value \(index)".utf8), .string)
          case 2: .number(ExactDecimal(canonicalizing: Int64(index) * 10 + 1, scale: 1)!, .decimal)
          case 3: .number(ExactDecimal(1), .boolean)
          default: .number(ExactDecimal(Int64(index)), .integer)
          }
      }
      return event
    }
    let block = encoded(events)
    let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
    #expect(header.columns.filter { $0.code == .data }.count == 1_024)
    #expect(header.columns.contains { $0.code == .otherData })
    try expectRoundTrip(events)
  }

  @Test func `strings up to a line's limit come back, and empty ones stay present`() throws {
    var long = PlainEvent()
    long.data[Array("k".utf8)] = .bytes(Array(repeating: 120, count: 65_000), .string)
    long.fields[.agent] = Array(repeating: 97, count: 60_000)
    long.fields[.subject] = Array(String(repeating: "é", count: 30_000).utf8)
    var empty = PlainEvent()
    empty.data[Array("k".utf8)] = .bytes([], .string)
    for field in [TextField.id, .agent, .subject, .channel, .account, .corrects] { empty.fields[field] = [] }
    empty.customerName = []
    try expectRoundTrip([long, empty, PlainEvent(), empty, long, long])
  }

  @Test func `ids of every shape come back`() throws {
    let shapes: [(Int) -> String] = [
      { "\($0)" }, { String(repeating: "0", count: max(0, 9 - "\($0)".count)) + "\($0)" }, { "INV-\($0 * 7)/a" },
      { "00000000-0000-4000-8000-" + hex($0, 12) }, { hex($0 * 2_654_435_761, 32) }, { hex($0 * 40_503, 16).uppercased() },
      { hex($0 * 977, 5) }, { "0\($0 % 3)" }, { "a0\($0)" }, { "9" + String(repeating: "9", count: $0 % 30) }, { _ in "x" },
    ]
    for (number, shape) in shapes.enumerated() {
      let events = (0..<300).map { index in
        var event = PlainEvent()
        event.fields[.source] = Array("s\(index % 3)".utf8)
        event.fields[.id] = Array((index % 3 == 2 ? shape(index + 90) : "\(index)").utf8)
        event.fields[.corrects] = Array(shape(index).utf8)
        event.fields[.subject] = Array(shape(index / 3).utf8)
        event.customer = UInt32(index % 20)
        return event
      }
      try expectRoundTrip(events, "shape \(number)")
    }
  }

  @Test func `the header says what is in the block`() throws {
    var events = randomEvents(200, seed: 5)
    events[3].otherCustomer = 900
    for i in events.indices where i != 3 { events[i].otherCustomer = 0 }
    var root = SeededGenerator(seed: 1)
    let digest = root.bytes(32).withUnsafeBytes { Digest($0.baseAddress!) }
    let block = encoded(events, firstPosition: 65_536, root: digest)
    let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
    #expect(header.firstPosition == 65_536 && header.count == 200 && header.byteCount == block.count)
    #expect(header.subtreeRoot == digest)
    #expect(header.timeMin == events.map(\.time).min() && header.timeMax == events.map(\.time).max())
    #expect(header.recordedMin == events[0].recorded && header.recordedMax == events[199].recorded)
    #expect(header.customerMin == events.map(\.customer).filter { $0 > 0 }.min() && header.customerMax == 900)
    for kind in header.kinds {
      #expect(kind.count == events.filter { $0.fields[.kind] == Array(kind.kind.utf8) }.count)
    }
    let columns = BlockColumns()
    columns.begin(header, source: MemoryBlockSource(block))
    #expect(try columns.customerList().map { $0 } == Set(events.map(\.customer)).subtracting([0]).sorted())
    #expect(try columns.customers().map { $0 } == events.map(\.customer))
  }

  @Test func `one encoder and one decoder serve many blocks, and equal rows give equal bytes`() throws {
    let encoder = BlockEncoder()
    let columns = BlockColumns()
    for seed in 0..<6 {
      let events = randomEvents(50 + seed * 100, seed: UInt64(seed))
      let batch = batch(events)
      let block = encoder.encode(batch, rows: 0..<events.count, firstPosition: 0, subtreeRoot: Digest())
      #expect(block == encoded(events), "seed \(seed)")
      columns.begin(try block.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(block))
      let out = EventBatch()
      _ = try columns.codes(.subject, at: UnsafeBufferPointer(start: nil, count: 0))
      try columns.decodeAll(into: out)
      try columns.decodeAll(into: out)
      #expect(KeptFormatTests.events(out) == events + events, "seed \(seed)")
    }
  }

  @Test func `part of a batch is encoded as if it were the whole`() throws {
    let events = randomEvents(300, seed: 21)
    let block = BlockEncoder().encode(batch(events), rows: 100..<250, firstPosition: 0, subtreeRoot: Digest())
    #expect(try decoded(block) == Array(events[100..<250]))
  }

  @Test func `a field at a few rows reads as it does at all`() throws {
    var random = SeededGenerator(seed: 77)
    for seed in 0..<8 {
      let events = randomEvents(60 + seed * 150, seed: UInt64(seed))
      let block = encoded(events)
      let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
      let (some, all) = (BlockColumns(), BlockColumns())
      for share in [0, 1, 10, 50, 100] as [UInt64] {
        some.begin(header, source: MemoryBlockSource(block))
        all.begin(header, source: MemoryBlockSource(block))
        let rows = events.indices.filter { _ in random.next() % 100 < share }.map { UInt32($0) }
        for field in TextField.allCases where field != .id && field != .corrects && field != .text {
          let whole = try all.codes(field)
          try rows.withUnsafeBufferPointer { rows in
            let picked = try some.codes(field, at: rows)
            #expect(picked.codes.count == rows.count)
            for (code, row) in zip(picked.codes, rows) {
              let expected = whole.codes[Int(row)]
              #expect(code == expected, "seed \(seed), \(field.name) of row \(row)")
              guard code > 0, code == expected else { continue }
              #expect(picked.dictionary.string(Int(code) - 1) == whole.dictionary.string(Int(code) - 1))
            }
          }
        }
      }
    }
  }

  @Test func `single columns agree with whole events`() throws {
    let events = randomEvents(400, seed: 31)
    let block = encoded(events)
    let columns = BlockColumns()
    columns.begin(try block.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(block))
    let amounts = try columns.numbers(.amount)
    #expect(amounts.rows.map { Int($0) } == events.indices.filter { events[$0].amount != nil })
    #expect((0..<amounts.rows.count).map { amounts.value($0) } == events.compactMap(\.amount))
    var micros = [Int64](repeating: 0, count: amounts.rows.count)
    micros.withUnsafeMutableBufferPointer { amounts.micros(into: $0.baseAddress!) }
    #expect(micros == events.compactMap { $0.amount }.map { $0.micros ?? Int64.min })
    #expect(try columns.dues().values.map { $0 } == events.compactMap(\.due))
    let agents = try columns.codes(.agent)
    for (row, code) in agents.codes.enumerated() {
      let plain = events[row].sealed & 1 << UInt32(TextField.agent.rawValue) == 0 ? events[row].fields[.agent] : nil
      #expect(plain == (code == 0 ? nil : Array(agents.dictionary[Int(code) - 1])))
    }
  }
}

private func hex(_ value: Int, _ digits: Int) -> String {
  let text = String(UInt64(bitPattern: Int64(value)), radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text.suffix(digits)
}

private func expectRoundTrip(
  _ events: [PlainEvent], _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let back = try decoded(encoded(events))
  #expect(back.count == events.count, "\(comment)", sourceLocation: sourceLocation)
  let different = zip(events, back).enumerated().first { $0.element.0 != $0.element.1 }
  #expect(different == nil, "\(comment)", sourceLocation: sourceLocation)
}
