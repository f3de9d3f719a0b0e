/// Strings of a block: as long as the column they came from is valid, so are they.
public struct BlockStrings {
  public let bytes: UnsafePointer<UInt8>
  public let slices: UnsafeBufferPointer<ByteSlice>

  init(_ table: StringTable) {
    bytes = UnsafePointer(table.bytes.pointer)
    slices = table.slices.buffer
  }

  @inlinable public var count: Int { slices.count }

  @inlinable public subscript(index: Int) -> UnsafeRawBufferPointer {
    let slice = slices[index]
    return UnsafeRawBufferPointer(start: bytes + Int(slice.offset), count: Int(slice.count))
  }

  public func string(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }
  public func strings() -> [String] { (0..<count).map(string) }
}

/// A column of few different strings.
public struct CodeColumn {
  /// Code k stands for `dictionary[k - 1]`.
  public let dictionary: BlockStrings
  /// By row; 0 is "absent".
  public let codes: UnsafeBufferPointer<UInt32>
}

/// A column of strings that few rows have, or that are all different: `strings[i]` is that of row `rows[i]`.
public struct StringColumn {
  public let rows: UnsafeBufferPointer<UInt32>
  public let strings: BlockStrings
}

/// A column of commitments: 32 bytes for each of `rows`.
public struct CommitmentColumn {
  public let rows: UnsafeBufferPointer<UInt32>
  public let bytes: UnsafeRawBufferPointer

  public subscript(index: Int) -> Digest {
    precondition(index >= 0 && index < rows.count, "commitment \(index) of \(rows.count)")
    return Digest(bytes.baseAddress! + index * Digest.byteCount)
  }
}

extension BlockColumns {
  /// The plain values of a text field other than `id`, `corrects` and `text`.
  public func codes(_ field: TextField) throws -> CodeColumn {
    precondition(field != .id && field != .corrects && field != .text, "\(field.name) is not a column of codes")
    let slot = slot(.text(field))
    if slot.parts == 0 {
      if let entry = header.column(.text(field)) {
        try load(entry) { reader in
          switch field {
          case .kind: try decodeKinds(&reader, slot)
          case .subject: try decodeSubjects(&reader, slot)
          default: try decodeText(&reader, slot)
          }
        }
      } else {
        slot.strings.removeAll()
        _ = slot.codes.filled(count, 0)
      }
      slot.parts = 1
    }
    return CodeColumn(dictionary: BlockStrings(slot.strings), codes: slot.codes.buffer)
  }

  private func decodeKinds(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    slot.strings.removeAll()
    for kind in header.kinds {
      slot.strings.slices.append(ByteSlice(slot.strings.bytes.count, kind.kind.utf8.count))
      for byte in kind.kind.utf8 { slot.strings.bytes.append(byte) }
    }
    try codeStreams.decode(&reader, count: count, below: header.kinds.count + 1, into: slot.codes.room(count))
  }

  private func decodeText(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    try decodeDictionary(&reader, into: slot.strings, atMost: count)
    try codeStreams.decode(
      &reader, count: count, below: slot.strings.count + 1, into: slot.codes.room(count), parents: self)
  }

  func decodeDictionary(_ reader: inout ByteReader, into table: StringTable, atMost limit: Int) throws {
    table.removeAll()
    let entryCount = try reader.count(atMost: limit, "the entries of a dictionary")
    try stringStreams.decode(&reader, count: entryCount, into: table)
  }

  /// The groups of values that belong to `rows`.
  func groups(_ grouping: Grouping, of rows: UnsafeBufferPointer<UInt32>) throws -> (
    codes: UnsafePointer<UInt32>, limit: Int
  ) {
    let all = grouping == .source ? try codes(.source) : try codes(.kind)
    let limit = grouping == .source ? all.dictionary.count + 1 : header.kinds.count + 1
    let out = groupCodes.room(rows.count)
    for i in 0..<rows.count { out[i] = all.codes[Int(rows[i])] }
    return (UnsafePointer(out), limit)
  }

  // MARK: Ids, names, commitments

  /// The plain values of `id` or `corrects`.
  public func identifiers(_ field: TextField) throws -> StringColumn {
    precondition(field == .id || field == .corrects, "\(field.name) is a column of codes")
    let slot = slot(.text(field))
    if slot.parts == 0 {
      if let entry = header.column(.text(field)) {
        try load(entry) { reader in
          try decodePresence(&reader, into: slot.rows)
          try stringStreams.decode(&reader, count: slot.rows.count, into: slot.strings) {
            try groups($0, of: slot.rows.buffer)
          }
        }
      } else {
        slot.rows.count = 0
        slot.strings.removeAll()
      }
      slot.parts = 1
    }
    return StringColumn(rows: slot.rows.buffer, strings: BlockStrings(slot.strings))
  }

  /// The external ids that the block introduces: `customerName` or `otherCustomerName`.
  public func names(_ code: ColumnCode) throws -> StringColumn {
    precondition(code == .customerName || code == .otherCustomerName, "\(code.name) is not a column of names")
    let slot = slot(code)
    if slot.parts == 0 {
      slot.rows.count = 0
      slot.strings.removeAll()
      if let entry = header.column(code) {
        try load(entry) { reader in
          try decodePresence(&reader, into: slot.rows)
          slot.strings.removeAll()
          try stringStreams.decode(&reader, count: slot.rows.count, into: slot.strings)
        }
      }
      slot.parts = 1
    }
    return StringColumn(rows: slot.rows.buffer, strings: BlockStrings(slot.strings))
  }

  /// Commitments: `.sealed(field)`, `.sealedCustomerName` or `.sealedOtherCustomerName`.
  public func commitments(_ code: ColumnCode) throws -> CommitmentColumn {
    precondition(code.rawValue >= 64, "\(code.name) is not a column of commitments")
    let slot = slot(code)
    if slot.parts == 0 {
      slot.rows.count = 0
      slot.bytes.count = 0
      if let entry = header.column(code) { try load(entry) { try decodeCommitments(&$0, slot) } }
      slot.parts = 1
    }
    return CommitmentColumn(rows: slot.rows.buffer, bytes: UnsafeRawBufferPointer(slot.bytes.buffer))
  }

  func decodeCommitments(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    try decodePresence(&reader, into: slot.rows)
    let bytes = try reader.bytes(slot.rows.count * Digest.byteCount)
    UnsafeMutableRawBufferPointer(start: slot.bytes.room(bytes.count), count: bytes.count).copyMemory(from: bytes)
  }

  /// Reads which rows have a value.
  func decodePresence(_ reader: inout ByteReader, into rows: Scratch<UInt32>) throws {
    try codeStreams.decodePresent(&reader, count: count, below: 2, into: rows, codes: ones, parents: self)
  }
}
