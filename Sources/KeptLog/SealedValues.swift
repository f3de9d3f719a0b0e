import KeptFormat

/// The values behind the commitments of some consecutive events, and the keys of the customers they introduce.
///
/// The plain form of what a tail record and a chunk of the vault hold; rows count from the first of those events.
/// Layout: LogFormat, "Sealed values".
package struct SealedValues: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package var row: UInt32
    /// Into `fields`.
    package var field: UInt32
    /// The value's canonical JSON: a range of `bytes`.
    package var offset: UInt32
    package var count: UInt32
  }

  /// The number of the first customer in `keys`.
  package var firstKeyNumber: UInt32 = 0
  /// 32 bytes a customer, in order of number.
  package var keys: [UInt8] = []
  /// Names as a canonical line's `sealed` spells them.
  package var fields: [String] = []
  /// Sorted by row.
  package var entries: [Entry] = []
  package var bytes: [UInt8] = []

  package init() {}

  package var keyCount: Int { keys.count / CustomerKey.byteCount }

  package mutating func fieldCode(_ name: String) -> UInt32 {
    // A handful of names: a search beats a dictionary.
    if let known = fields.firstIndex(of: name) { return UInt32(known) }
    fields.append(name)
    return UInt32(fields.count - 1)
  }

  package mutating func append(row: Int, field: UInt32, value: UnsafeRawBufferPointer) {
    entries.append(
      Entry(row: UInt32(row), field: field, offset: UInt32(bytes.count), count: UInt32(value.count)))
    bytes.append(contentsOf: value)
  }

  package mutating func append(key: CustomerKey, number: UInt32) {
    if keys.isEmpty { firstKeyNumber = number }
    precondition(Int(firstKeyNumber) + keyCount == Int(number), "keys are introduced in order of number")
    key.digest.withUnsafeBytes { keys.append(contentsOf: $0) }
  }

  /// Adds what belongs to the rows after `rowOffset` rows that are here already.
  package mutating func append(_ other: SealedValues, rowOffset: Int) {
    if !other.keys.isEmpty {
      if keys.isEmpty { firstKeyNumber = other.firstKeyNumber }
      precondition(
        Int(firstKeyNumber) + keyCount == Int(other.firstKeyNumber), "keys are introduced in order of number")
      keys.append(contentsOf: other.keys)
    }
    let codes = other.fields.map { fieldCode($0) }
    let start = UInt32(bytes.count)
    entries.reserveCapacity(entries.count + other.entries.count)
    for entry in other.entries {
      entries.append(
        Entry(
          row: entry.row + UInt32(rowOffset), field: codes[Int(entry.field)], offset: start + entry.offset,
          count: entry.count))
    }
    bytes.append(contentsOf: other.bytes)
  }

  package mutating func removeAll() {
    firstKeyNumber = 0
    keys.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// The canonical JSON under a commitment, or nil where there is none.
  package func value(row: Int, field: String) -> ArraySlice<UInt8>? {
    guard let code = fields.firstIndex(of: field) else { return nil }
    var lower = 0
    var upper = entries.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if Int(entries[middle].row) < row { lower = middle + 1 } else { upper = middle }
    }
    while lower < entries.count, Int(entries[lower].row) == row {
      let entry = entries[lower]
      if Int(entry.field) == code { return bytes[Int(entry.offset)..<Int(entry.offset) + Int(entry.count)] }
      lower += 1
    }
    return nil
  }

  // MARK: On disk

  /// The entries and their bytes, without the keys.
  package func appendEntries(to sink: inout ByteSink) {
    sink.append(varint: fields.count)
    for field in fields {
      sink.append(varint: field.utf8.count)
      sink.append(field)
    }
    sink.append(varint: entries.count)
    var previous: UInt32 = 0
    for entry in entries {
      sink.append(varint: UInt64(entry.row - previous))
      sink.append(varint: UInt64(entry.field))
      sink.append(varint: UInt64(entry.count))
      previous = entry.row
    }
    sink.append(bytes)
  }

  /// Reads what `appendEntries` wrote, to the end of the reader's bytes.
  package mutating func readEntries(_ reader: inout ByteReader, rowCount: Int) throws(FormatError) {
    let fieldCount = try reader.count(atMost: 2_048, "number of sealed fields")
    for _ in 0..<fieldCount {
      let byteCount = try reader.count(atMost: LogFormat.keyByteCountMax + 16, "length of a sealed field's name")
      fields.append(try reader.string(byteCount))
    }
    // An entry has at least three bytes, so a count that fits is no reason to allocate much.
    let entryCount = try reader.count(atMost: reader.remaining / 3, "number of sealed values")
    entries.reserveCapacity(entryCount)
    var row = 0
    var offset = 0
    for _ in 0..<entryCount {
      row += try reader.count(atMost: rowCount, "row of a sealed value")
      guard row < rowCount else { throw reader.failure(.invalid("a sealed value of row \(row), beyond \(rowCount)")) }
      let field = try reader.count(atMost: max(0, fieldCount - 1), "field of a sealed value")
      guard fieldCount > 0 else { throw reader.failure(.invalid("a sealed value without a field")) }
      let count = try reader.count(atMost: 1 << 24, "length of a sealed value")
      entries.append(Entry(row: UInt32(row), field: UInt32(field), offset: UInt32(offset), count: UInt32(count)))
      offset += count
      guard offset <= reader.remaining else { throw reader.failure(.truncated) }
    }
    guard offset == reader.remaining else { throw reader.failure(.invalid("bytes after the last sealed value")) }
    bytes.append(contentsOf: try reader.bytes(offset))
  }
}

/// The 32 random bytes with which one customer's values are committed to; without them nobody can open a commitment.
package struct CustomerKey: Sendable, Equatable {
  package static let byteCount = 32

  package var digest: Digest

  package init(_ digest: Digest) { self.digest = digest }

  /// All zeros: the key was destroyed, or never known.
  package var isDestroyed: Bool { digest == Digest() }
}
