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
  /// and string spellings; `--deep` verification compares the bytes.
  ///
  /// - Throws: `batch` is then unchanged.
  public static func parse(_ line: UnsafeBufferPointer<UInt8>, into batch: EventBatch) throws(Failure) {
    let byteCount = batch.bytes.count
    let entryCount = batch.data.count
    do throws(Failure) {
      guard line.count <= byteCountMax else { throw .json(.trailing, offset: byteCountMax) }
      var reader = LineReader(scanner: JSONScanner(line.pointer, to: line.count), batch: batch, arenaStart: byteCount)
      batch.bytes.append(contentsOf: line)
      try reader.read()
    } catch {
      batch.bytes.removeSubrange(byteCount...)
      batch.data.removeSubrange(entryCount...)
      throw error
    }
  }
}

private struct LineReader {
  var scanner: JSONScanner
  let batch: EventBatch
  /// Where the line's copy starts in the arena.
  let arenaStart: Int
  var row = EventRow()
  var seen: UInt64 = 0
  var hasSealedData = false

  typealias Failure = CanonicalLine.Failure

  /// The four objects of a line: the line itself and the three inside it.
  enum Level { case line, data, names, sealed }

  mutating func read() throws(Failure) {
    row.dataStart = UInt32(batch.data.count)
    try object(.line)
    guard scanner.position == scanner.end else { throw .json(.trailing, offset: scanner.position) }
    for key in [EnvelopeKey.source, .id, .kind] {
      if let field = key.textField, row[field].isAbsent { throw .missing(key) }
    }
    if row.time == .absentInstant { throw .missing(.time) }
    if row.recorded == .absentInstant { throw .missing(.recorded) }
    row.dataCount = UInt32(batch.data.count - Int(row.dataStart))
    if hasSealedData { sortData() }
    batch.rows.append(row)
  }

  private mutating func object(_ level: Level) throws(Failure) {
    try expect(UInt8(ascii: "{"))
    repeat {
      let offset = scanner.position
      let key = try string()
      try expect(UInt8(ascii: ":"))
      switch level {
      case .line: try member(key, offset)
      case .data: try entry(key)
      case .names: try name(key, offset)
      case .sealed: try commitment(key, offset)
      }
    } while takeComma()
    try expect(UInt8(ascii: "}"))
  }

  private mutating func takeComma() -> Bool {
    guard scanner.byte == UInt8(ascii: ",") else { return false }
    scanner.position += 1
    return true
  }

  private mutating func member(_ string: JSONString, _ offset: Int) throws(Failure) {
    let key = string.isEscaped ? EnvelopeKey.unknown : find(string)
    guard key != .unknown, seen & key.bit == 0 else { throw .key(offset: offset) }
    seen |= key.bit
    let start = scanner.position
    if let field = key.textField {
      guard field != .text else { throw .value(key, offset: start) }
      row[field] = try slice()
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
    case .data: try object(.data)
    case .names: try object(.names)
    case .sealed: try object(.sealed)
    default: throw .key(offset: offset)
    }
  }

  private mutating func entry(_ string: JSONString) throws(Failure) {
    let key = slice(of: string)
    let start = scanner.position
    switch scanner.byte {
    case UInt8(ascii: "\""):
      batch.data.append(DataEntry(key: key, type: .string, bytes: try slice()))
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "{"), UInt8(ascii: "["):
      let value: JSONValue
      do throws(JSONFault) { value = try scanner.value(depth: 3) } catch {
        throw .json(error.reason, offset: error.offset)
      }
      if let truth = value.boolean {
        batch.data.append(DataEntry(key: key, type: .boolean, number: ExactDecimal(truth ? 1 : 0)))
      } else {
        let bytes = ByteSlice(arenaStart + start, scanner.position - start)
        batch.data.append(DataEntry(key: key, type: .json, bytes: bytes))
      }
    default:
      let value = try number()
      batch.data.append(DataEntry(key: key, type: value.scale == 0 ? .integer : .decimal, number: value))
    }
  }

  private mutating func name(_ string: JSONString, _ offset: Int) throws(Failure) {
    switch find(string) {
    case .customer: row.customerName = try slice()
    case .otherCustomer: row.otherCustomerName = try slice()
    default: throw .key(offset: offset)
    }
  }

  private mutating func commitment(_ string: JSONString, _ offset: Int) throws(Failure) {
    let start = scanner.position
    let digits = try self.string()
    guard digits.count == 64, !digits.isEscaped, let digest = Digest(hexDigits: scanner.base + digits.start) else {
      throw .value(.sealed, offset: start)
    }
    let bytes = digest.withUnsafeBytes { batch.add($0) }
    let name = UnsafeBufferPointer(start: scanner.base + string.start, count: string.count)
    if name.starts(with: "data.".utf8) {
      let key = JSONString(start: string.start + 5, count: string.count - 5, isEscaped: string.isEscaped)
      batch.data.append(DataEntry(key: slice(of: key), type: .sealed, bytes: bytes, isPersonal: true))
      hasSealedData = true
      return
    }
    let key = find(string)
    if let field = key.textField {
      guard row[field].isAbsent else { throw .key(offset: offset) }
      row[field] = bytes
      row.sealed |= 1 << UInt32(field.rawValue)
    } else if key == .customer, row.customerName.isAbsent {
      row.customerName = bytes
      row.sealed |= EventRow.sealedCustomerBit
    } else if key == .otherCustomer, row.otherCustomerName.isAbsent {
      row.otherCustomerName = bytes
      row.sealed |= EventRow.sealedOtherCustomerBit
    } else {
      throw .key(offset: offset)
    }
  }

  /// Open and sealed entries come from two places of the line; a row has them as one sorted run.
  private func sortData() {
    let bytes = batch.bytes
    bytes.withUnsafeBufferPointer { base in
      batch.data[Int(row.dataStart)...].sort { left, right in
        JSONText.compare(
          base.pointer + Int(left.key.offset), Int(left.key.count),
          base.pointer + Int(right.key.offset), Int(right.key.count)) < 0
      }
    }
  }

  // MARK: tokens

  private func find(_ key: JSONString) -> EnvelopeKey {
    EnvelopeKey.find(scanner.base + key.start, count: key.count, readable: scanner.end - key.start)
  }

  private mutating func expect(_ byte: UInt8) throws(Failure) {
    do throws(JSONFault) { try scanner.expect(byte) } catch { throw .json(error.reason, offset: error.offset) }
  }

  private mutating func string() throws(Failure) -> JSONString {
    do throws(JSONFault) { return try scanner.string() } catch { throw .json(error.reason, offset: error.offset) }
  }

  private mutating func slice() throws(Failure) -> ByteSlice { slice(of: try string()) }

  private func slice(of string: JSONString) -> ByteSlice {
    string.isEscaped ? batch.add(string, of: scanner) : ByteSlice(arenaStart + string.start, string.count)
  }

  private mutating func number() throws(Failure) -> ExactDecimal {
    do throws(JSONFault) { return try scanner.number() } catch { throw .json(error.reason, offset: error.offset) }
  }

  private mutating func customerNumber(_ key: EnvelopeKey) throws(Failure) -> UInt32 {
    let start = scanner.position
    let value = try number()
    guard value.scale == 0, let number = UInt32(exactly: value.mantissa), number > 0 else {
      throw .value(key, offset: start)
    }
    return number
  }

  private mutating func instant(_ key: EnvelopeKey) throws(Failure) -> Instant {
    let start = scanner.position
    let text = try string()
    do throws(RFC3339.Failure) {
      return try RFC3339.parse(scanner.base + text.start, count: text.count)
    } catch {
      throw .value(key, offset: start)
    }
  }
}
