extension CanonicalLine {
  /// Why bytes are not a canonical line of a recorded event.
  public enum Failure: Error, Sendable, Equatable {
    case json(JSONReason, offset: Int)
    /// A key that no canonical line has, or one twice.
    case key(offset: Int)
    /// A value of the wrong kind or out of range under a known key.
    case value(EnvelopeKey, offset: Int)
    case missing(EnvelopeKey)

    public var offset: Int? {
      switch self {
      case .json(_, let offset), .key(let offset), .value(_, let offset): offset
      case .missing: nil
      }
    }
  }

  /// Reads one line back into a row of `batch`, as it was recorded. The arena receives a copy of the line.
  ///
  /// It takes the members in any order and tolerates no other deviation that would change what is hashed, except number
  /// and string spellings; `--deep` verification compares the bytes. Allocates nothing where the batch has room.
  ///
  /// - Throws: `batch` is then unchanged.
  public static func parse(_ line: UnsafeBufferPointer<UInt8>, into batch: EventBatch) throws(Failure) {
    guard line.count <= byteCountMax else { throw .json(.trailing, offset: byteCountMax) }
    // Arena and entries leave the object while they grow, so that no access to them is checked.
    var arena: [UInt8] = []
    var data: [DataEntry] = []
    swap(&arena, &batch.bytes)
    swap(&data, &batch.data)
    let start = arena.count
    let entryCount = data.count
    defer {
      swap(&arena, &batch.bytes)
      swap(&data, &batch.data)
    }
    arena.append(contentsOf: line)
    do throws(Failure) {
      let row = try arena.withUnsafeMutableBufferPointer { (bytes) throws(Failure) -> EventRow in
        var reader = LineReader(bytes.baseAddress, from: start, to: bytes.count, data: data)
        data = []
        defer { data = reader.data }
        try reader.read()
        return reader.row
      }
      batch.rows.append(row)
    } catch {
      arena.removeSubrange(start...)
      data.removeSubrange(entryCount...)
      throw error
    }
  }
}

/// Reads one line where it stands in an arena. What a text's escapes or a commitment's digits stand for is never longer
/// than they are and takes their place.
private struct LineReader {
  /// Offsets are those of the arena.
  var scanner: JSONScanner
  let arena: UnsafeMutablePointer<UInt8>
  /// Where the line starts in the arena.
  let start: Int
  var data: [DataEntry]
  var row = EventRow()
  var seen: UInt64 = 0
  var hasSealedData = false

  typealias Failure = CanonicalLine.Failure

  init(_ arena: UnsafeMutablePointer<UInt8>?, from start: Int, to end: Int, data: [DataEntry]) {
    // An empty line has no bytes, and nothing is read of it.
    self.arena = arena ?? UnsafeMutablePointer(bitPattern: 1)!
    self.start = start
    self.data = data
    scanner = JSONScanner(self.arena, from: start, to: end)
  }

  mutating func read() throws(Failure) {
    let entryCount = data.count
    row.dataStart = UInt32(entryCount)
    try expect(UInt8(ascii: "{"))
    repeat {
      let offset = scanner.position
      try member(try key(), offset)
    } while takeComma()
    try expect(UInt8(ascii: "}"))
    guard scanner.position == scanner.end else { throw .json(.trailing, offset: scanner.position - start) }
    for key in [EnvelopeKey.source, .id, .kind] where row.fields[Int(key.rawValue)].isAbsent { throw .missing(key) }
    if row.time == .absentInstant { throw .missing(.time) }
    if row.recorded == .absentInstant { throw .missing(.recorded) }
    row.dataCount = UInt32(data.count - entryCount)
    if hasSealedData { sortData() }
  }

  /// The members of one of the three objects inside a line.
  @inline(__always)
  private mutating func object(_ member: (inout Self, JSONString, Int) throws(Failure) -> Void) throws(Failure) {
    try expect(UInt8(ascii: "{"))
    repeat {
      let offset = scanner.position
      try member(&self, try key(), offset)
    } while takeComma()
    try expect(UInt8(ascii: "}"))
  }

  /// A key and the colon behind it.
  @inline(__always)
  private mutating func key() throws(Failure) -> JSONString {
    let key = try string()
    try expect(UInt8(ascii: ":"))
    return key
  }

  @inline(__always)
  private mutating func takeComma() -> Bool {
    guard scanner.byte == UInt8(ascii: ",") else { return false }
    scanner.position += 1
    return true
  }

  private mutating func member(_ string: JSONString, _ offset: Int) throws(Failure) {
    let key = string.isEscaped ? EnvelopeKey.unknown : find(string)
    guard key != .unknown, seen & key.bit == 0 else { throw .key(offset: offset - start) }
    seen |= key.bit
    if key.isText {
      guard key != .text else { throw .value(key, offset: scanner.position - start) }
      row.fields[Int(key.rawValue)] = try slice()
      return
    }
    switch key {
    case .customer: row.customer = try customerNumber(key)
    case .otherCustomer: row.otherCustomer = try customerNumber(key)
    case .time: row.time = try instant(key)
    case .recorded: row.recorded = try instant(key)
    case .due: row.due = try instant(key)
    case .amount: row.amount = try number()
    case .score: row.score = try number()
    case .data: try object { (reader, key, _) throws(Failure) in try reader.entry(key) }
    case .names: try object { (reader, key, offset) throws(Failure) in try reader.name(key, offset) }
    case .sealed: try object { (reader, key, offset) throws(Failure) in try reader.commitment(key, offset) }
    default: throw .key(offset: offset - start)
    }
  }

  private mutating func entry(_ string: JSONString) throws(Failure) {
    let key = slice(of: string)
    let at = scanner.position
    switch scanner.byte {
    case UInt8(ascii: "\""):
      data.append(DataEntry(key: key, type: .string, bytes: try slice()))
    case UInt8(ascii: "t"):
      try scan { (scanner) throws(JSONFault) in try scanner.word("true") }
      data.append(DataEntry(key: key, type: .boolean, number: ExactDecimal(1)))
    case UInt8(ascii: "f"):
      try scan { (scanner) throws(JSONFault) in try scanner.word("false") }
      data.append(DataEntry(key: key, type: .boolean, number: ExactDecimal(0)))
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      try scan { (scanner) throws(JSONFault) in _ = try scanner.value(depth: 3) }
      data.append(DataEntry(key: key, type: .json, bytes: ByteSlice(at, scanner.position - at)))
    default:
      let value = try number()
      data.append(DataEntry(key: key, type: value.scale == 0 ? .integer : .decimal, number: value))
    }
  }

  private mutating func name(_ string: JSONString, _ offset: Int) throws(Failure) {
    switch find(string) {
    case .customer: row.customerName = try slice()
    case .otherCustomer: row.otherCustomerName = try slice()
    default: throw .key(offset: offset - start)
    }
  }

  private mutating func commitment(_ string: JSONString, _ offset: Int) throws(Failure) {
    let at = scanner.position
    let digits = try self.string()
    guard digits.count == 64, !digits.isEscaped, let digest = Digest(hexDigits: arena + digits.start) else {
      throw .value(.sealed, offset: at - start)
    }
    digest.withUnsafeBytes {
      UnsafeMutableRawPointer(arena + digits.start).copyMemory(from: $0.baseAddress!, byteCount: Digest.byteCount)
    }
    let bytes = ByteSlice(digits.start, Digest.byteCount)
    let name = UnsafeBufferPointer(start: scanner.base + string.start, count: string.count)
    if name.starts(with: "data.".utf8) {
      let key = JSONString(start: string.start + 5, count: string.count - 5, isEscaped: string.isEscaped)
      data.append(DataEntry(key: slice(of: key), type: .sealed, bytes: bytes, isPersonal: true))
      hasSealedData = true
      return
    }
    let key = find(string)
    if key.isText {
      guard row.fields[Int(key.rawValue)].isAbsent else { throw .key(offset: offset - start) }
      row.fields[Int(key.rawValue)] = bytes
      row.sealed |= 1 << UInt32(key.rawValue)
    } else if key == .customer, row.customerName.isAbsent {
      row.customerName = bytes
      row.sealed |= EventRow.sealedCustomerBit
    } else if key == .otherCustomer, row.otherCustomerName.isAbsent {
      row.otherCustomerName = bytes
      row.sealed |= EventRow.sealedOtherCustomerBit
    } else {
      throw .key(offset: offset - start)
    }
  }

  /// Open and sealed entries come from two places of the line; a row has them as one sorted run.
  private mutating func sortData() {
    let arena = UnsafePointer(arena)
    data[Int(row.dataStart)...].sort { left, right in
      JSONText.compare(
        arena + Int(left.key.offset), Int(left.key.count), arena + Int(right.key.offset), Int(right.key.count)) < 0
    }
  }

  // MARK: tokens

  @inline(__always)
  private func find(_ key: JSONString) -> EnvelopeKey {
    EnvelopeKey.find(scanner.base + key.start, count: key.count, readable: scanner.end - key.start)
  }

  /// Offsets of failures are those of the line.
  @inline(__always)
  private mutating func scan<R>(_ body: (inout JSONScanner) throws(JSONFault) -> R) throws(Failure) -> R {
    do throws(JSONFault) { return try body(&scanner) } catch { throw .json(error.reason, offset: error.offset - start) }
  }

  @inline(__always)
  private mutating func expect(_ byte: UInt8) throws(Failure) {
    try scan { (scanner) throws(JSONFault) in try scanner.expect(byte) }
  }

  @inline(__always)
  private mutating func string() throws(Failure) -> JSONString {
    try scan { (scanner) throws(JSONFault) in try scanner.string() }
  }

  @inline(__always)
  private mutating func slice() throws(Failure) -> ByteSlice { slice(of: try string()) }

  @inline(__always)
  private func slice(of string: JSONString) -> ByteSlice {
    string.isEscaped ? decoded(string) : ByteSlice(string.start, string.count)
  }

  @inline(never)
  private func decoded(_ string: JSONString) -> ByteSlice {
    var sink = ByteSink(capacity: string.count)
    let byteCount = scanner.decode(string, to: &sink)
    sink.withUnsafeBytes { text in
      UnsafeMutableRawBufferPointer(start: arena + string.start, count: string.count).copyMemory(from: text)
    }
    return ByteSlice(string.start, byteCount)
  }

  @inline(__always)
  private mutating func number() throws(Failure) -> ExactDecimal {
    try scan { (scanner) throws(JSONFault) in try scanner.number() }
  }

  private mutating func customerNumber(_ key: EnvelopeKey) throws(Failure) -> UInt32 {
    let at = scanner.position
    let value = try number()
    guard value.scale == 0, let number = UInt32(exactly: value.mantissa), number > 0 else {
      throw .value(key, offset: at - start)
    }
    return number
  }

  private mutating func instant(_ key: EnvelopeKey) throws(Failure) -> Instant {
    let at = scanner.position
    let text = try string()
    do throws(RFC3339.Failure) {
      return try RFC3339.parse(scanner.base + text.start, count: text.count)
    } catch {
      throw .value(key, offset: at - start)
    }
  }
}
