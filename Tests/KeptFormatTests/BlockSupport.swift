import KeptFormat

extension SeededGenerator {
  mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}

/// An event in values that compare: what a test says and what a block gives back.
struct PlainEvent: Equatable {
  enum Value: Equatable {
    case number(ExactDecimal, DataType)
    case bytes([UInt8], DataType)
  }

  var fields: [TextField: [UInt8]] = [:]
  var customerName: [UInt8]?
  var otherCustomerName: [UInt8]?
  var customer: UInt32 = 0
  var otherCustomer: UInt32 = 0
  var time: Instant = 0
  var recorded: Instant = 0
  var due: Instant?
  var amount: ExactDecimal?
  var score: ExactDecimal?
  var data: [[UInt8]: Value] = [:]
  var sealed: UInt32 = 0
}

/// Canonical order of keys: by UTF-16 code units.
func utf16Precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  String(decoding: a, as: UTF8.self).utf16.lexicographicallyPrecedes(String(decoding: b, as: UTF8.self).utf16)
}

func batch(_ events: [PlainEvent]) -> EventBatch {
  let batch = EventBatch()
  for event in events {
    var row = EventRow()
    for field in TextField.allCases { if let text = event.fields[field] { row[field] = batch.add(text) } }
    if let name = event.customerName { row.customerName = batch.add(name) }
    if let name = event.otherCustomerName { row.otherCustomerName = batch.add(name) }
    row.customer = event.customer
    row.otherCustomer = event.otherCustomer
    row.time = event.time
    row.recorded = event.recorded
    row.due = event.due ?? .absentInstant
    row.amount = event.amount ?? .absent
    row.score = event.score ?? .absent
    row.sealed = event.sealed
    row.dataStart = UInt32(batch.data.count)
    row.dataCount = UInt32(event.data.count)
    for (key, value) in event.data.sorted(by: { utf16Precedes($0.key, $1.key) }) {
      switch value {
      case .number(let number, let type):
        batch.data.append(DataEntry(key: batch.add(key), type: type, number: number))
      case .bytes(let bytes, let type):
        batch.data.append(DataEntry(key: batch.add(key), type: type, bytes: batch.add(bytes)))
      }
    }
    batch.rows.append(row)
  }
  return batch
}

func events(_ batch: EventBatch) -> [PlainEvent] {
  func bytes(_ slice: ByteSlice) -> [UInt8]? {
    slice.isAbsent ? nil : Array(batch.bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)])
  }
  return batch.rows.map { row in
    var event = PlainEvent()
    for field in TextField.allCases { event.fields[field] = bytes(row[field]) }
    event.customerName = bytes(row.customerName)
    event.otherCustomerName = bytes(row.otherCustomerName)
    event.customer = row.customer
    event.otherCustomer = row.otherCustomer
    event.time = row.time
    event.recorded = row.recorded
    event.due = row.due == .absentInstant ? nil : row.due
    event.amount = row.amount.isPresent ? row.amount : nil
    event.score = row.score.isPresent ? row.score : nil
    event.sealed = row.sealed
    for entry in batch.data[Int(row.dataStart)..<Int(row.dataStart + row.dataCount)] {
      switch entry.type {
      case .integer, .decimal, .boolean: event.data[bytes(entry.key)!] = .number(entry.number, entry.type)
      case .string, .json, .sealed: event.data[bytes(entry.key)!] = .bytes(bytes(entry.bytes)!, entry.type)
      }
    }
    return event
  }
}

func encoded(_ events: [PlainEvent], firstPosition: UInt64 = 0, root: Digest = Digest()) -> [UInt8] {
  BlockEncoder().encode(batch(events), rows: 0..<events.count, firstPosition: firstPosition, subtreeRoot: root)
}

func decoded(_ block: [UInt8]) throws -> [PlainEvent] {
  let columns = BlockColumns()
  columns.begin(try block.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(block))
  let batch = EventBatch()
  try columns.decodeAll(into: batch)
  return events(batch)
}

/// What random events look like.
struct EventMix {
  var customers = 40
  var kinds = ["order.placed", "order.delivered", "complaint.raised", "status.updated", "café.ouvert"]
  var presence = 0.4
  var dataKeys = 6
  var isOrdered = true
  var hasText = true
}

func randomEvents(_ count: Int, seed: UInt64, _ mix: EventMix = EventMix()) -> [PlainEvent] {
  var random = SeededGenerator(seed: seed)
  var time: Instant = 1_700_000_000_000_000
  func digest() -> [UInt8] { random.bytes(32) }
  func decimal() -> ExactDecimal {
    let digits = Int.random(in: 1...18, using: &random)
    let limit = Int64("1" + String(repeating: "0", count: digits))!
    return ExactDecimal(
      canonicalizing: Int64.random(in: -limit + 1..<limit, using: &random), scale: Int.random(in: 0...6, using: &random))!
  }
  let words = ["", "a", "straße", "日本", "Ω≈ç√∫", "long " + String(repeating: "x", count: 40), "e\u{301}", "\u{10ffff}"]
  return (0..<count).map { index in
    var event = PlainEvent()
    time = mix.isOrdered ? time + Instant.random(in: 0...9_000, using: &random) * 1_000 : Instant.random(
      in: -2_208_988_800_000_000..<7_258_118_400_000_000, using: &random)
    event.time = random.chance(0.02) ? time - Instant.random(in: 0...86_400_000_000, using: &random) : time
    event.recorded = 1_800_000_000_000_000 + Instant(index / 100)
    event.customer = random.chance(0.9) ? UInt32.random(in: 1...UInt32(mix.customers), using: &random) : 0
    let kind = mix.kinds.randomElement(using: &random)!
    event.fields[.kind] = Array(kind.utf8)
    let source = ["shop", "desk"].randomElement(using: &random)!
    event.fields[.source] = Array(source.utf8)
    event.fields[.id] = Array((source == "shop" ? "\(100_000 + index)" : "T-\(index)x").utf8)
    event.fields[.direction] = kind == "order.placed" ? Array("in".utf8) : Array("out".utf8)
    if event.customer != 0 { event.fields[.account] = Array("ac-\(event.customer % 7)".utf8) }
    for field in [TextField.party, .channel, .agent, .department, .subject, .currency, .corrects]
    where random.chance(mix.presence) {
      let word = words.randomElement(using: &random)!
      event.fields[field] = Array((field == .subject ? "o-\(Int.random(in: 0...count, using: &random))" : word).utf8)
      if random.chance(0.05) {
        event.fields[field] = digest()
        event.sealed |= 1 << UInt32(field.rawValue)
      }
    }
    if mix.hasText && random.chance(mix.presence) {
      event.fields[.text] = digest()
      event.sealed |= 1 << UInt32(TextField.text.rawValue)
    }
    if random.chance(0.1) {
      event.customerName = random.chance(0.5) ? Array("cu-\(index)".utf8) : digest()
      if event.customerName!.count == 32 { event.sealed |= EventRow.sealedCustomerBit }
    }
    if random.chance(0.02) {
      event.otherCustomer = UInt32.random(in: 1...UInt32.max, using: &random)
      event.otherCustomerName = random.chance(0.5) ? Array("other".utf8) : digest()
      if event.otherCustomerName!.count == 32 { event.sealed |= EventRow.sealedOtherCustomerBit }
    }
    if random.chance(mix.presence) { event.amount = decimal() }
    if random.chance(mix.presence) { event.score = ExactDecimal(Int64.random(in: 0...10, using: &random)) }
    if random.chance(mix.presence) { event.due = time + 3_600_000_000 }
    for key in 0..<mix.dataKeys where random.chance(mix.presence) {
      let name = Array(["k\(key)", "ключ\(key)", "\u{e000}\(key)", "\u{1f600}\(key)"][key % 4].utf8)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: event.data[name] = .number(ExactDecimal(Int64.random(in: -99...99, using: &random)), .integer)
      case 1:
        let number = decimal()
        event.data[name] = .number(number, number.scale == 0 ? .integer : .decimal)
      case 2: event.data[name] = .number(ExactDecimal(Int64.random(in: 0...1, using: &random)), .boolean)
      case 3: event.data[name] = .bytes(Array(words.randomElement(using: &random)!.utf8), .string)
      case 4: event.data[name] = .bytes(Array("[\(index),{}]".utf8), .json)
      default: event.data[name] = .bytes(digest(), .sealed)
      }
    }
    return event
  }
}
