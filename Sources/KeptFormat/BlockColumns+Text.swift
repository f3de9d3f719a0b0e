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
  ///
  /// - Parameter withDictionary: false where the strings do not matter; `dictionary` is then empty.
  public func codes(_ field: TextField, withDictionary: Bool = true) throws -> CodeColumn {
    precondition(field != .id && field != .corrects && field != .text, "\(field.name) is not a column of codes")
    let slot = slot(.text(field))
    let parts: UInt8 = withDictionary ? 3 : 1
    if slot.parts & parts != parts {
      if let entry = header.column(.text(field)) {
        try load(entry, isWhole: field != .subject || withDictionary) { reader in
          switch field {
          case .kind: try decodeKinds(&reader, slot)
          case .subject: try decodeSubjects(&reader, slot, withDictionary: withDictionary)
          default: try decodeText(&reader, slot)
          }
        }
      } else {
        slot.strings.removeAll()
        _ = slot.codes.filled(count, 0)
      }
      slot.parts |= field == .subject ? parts : 3
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
      &reader, count: count, below: slot.strings.count + 1, into: slot.codes.room(count), parentCodes: parentCodes)
  }

  func decodeDictionary(_ reader: inout ByteReader, into table: StringTable, atMost limit: Int) throws {
    table.removeAll()
    let entryCount = try reader.count(atMost: limit, "the entries of a dictionary")
    try stringStreams.decode(&reader, count: entryCount, into: table)
  }

  /// What codes may depend on; decodes it if nobody asked for it yet.
  func parentCodes(_ parent: CodeParent) throws -> ParentCodes {
    let kindLimit = header.kinds.count + 1
    switch parent {
    case .none: preconditionFailure("codes without a parent do not ask for one")
    case .kind:
      let kinds = try codes(.kind)
      return ParentCodes(parent: parent, codes: kinds.codes.baseAddress!, limit: kindLimit)
    case .customer:
      let indices = try customerIndices()
      return ParentCodes(parent: parent, codes: indices.baseAddress!, limit: try customerList().count + 1)
    case .agentOrKind:
      let kinds = try codes(.kind).codes
      let agents = try codes(.agent)
      let firstKind = UInt32(agents.dictionary.count + 1)
      let joined = agentOrKind.room(count)
      for i in 0..<count { joined[i] = agents.codes[i] != 0 ? agents.codes[i] : firstKind + kinds[i] }
      return ParentCodes(parent: parent, codes: UnsafePointer(joined), limit: Int(firstKind) + kindLimit)
    }
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

  // MARK: Subjects

  private func decodeSubjects(_ reader: inout ByteReader, _ slot: ColumnSlot, withDictionary: Bool) throws {
    slot.strings.removeAll()
    let customerOf = try customerIndices()
    let customerCount = try customerList().count
    let start = reader.offset
    let references = slot.moreCodes.room(count)
    try codeStreams.decode(
      &reader, count: count, below: SubjectReference.limit, into: references, parentCodes: parentCodes)
    var explicitCount = 0
    for i in 0..<count { explicitCount += references[i] == SubjectReference.explicit ? 1 : 0 }
    let explicit = slot.numbers.room(explicitCount + 1)
    explicit[explicitCount] = 0
    try ints.decode(&reader, count: explicitCount, into: explicit)
    let latest = flags.filled((customerCount + 1) * 2, 0)
    let out = slot.codes.room(count)
    let introducers = slot.rows.room(count + 1)
    var entryCount: UInt32 = 0
    var next = 0
    var isSound = true
    // Without branches: which reference comes next cannot be predicted.
    for i in 0..<count {
      let recent = latest + Int(customerOf[i]) * 2
      let reference = references[i]
      let isNew = reference == SubjectReference.new
      introducers[Int(entryCount)] = UInt32(truncatingIfNeeded: i)
      entryCount &+= isNew ? 1 : 0
      let last = recent[0]
      let secondLast = recent[1]
      var subject = isNew ? entryCount : 0
      subject = reference == SubjectReference.latest ? last : subject
      subject = reference == SubjectReference.secondLatest ? secondLast : subject
      subject = reference == SubjectReference.explicit ? explicit[next] : subject
      next &+= reference == SubjectReference.explicit ? 1 : 0
      recent[0] = isNew ? subject : last
      recent[1] = isNew ? last : secondLast
      isSound = isSound && (subject != 0) == (reference != 0) && subject <= entryCount
      out[i] = subject
    }
    guard isSound else { throw FormatError(.invalid("a subject that was not introduced"), offset: start) }
    slot.rows.count = Int(entryCount)
    guard withDictionary else { return }
    try stringStreams.decode(&reader, count: Int(entryCount), into: slot.strings) {
      try groups($0, of: slot.rows.buffer)
    }
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
    try codeStreams.decodePresence(&reader, count: count, into: rows, parentCodes: parentCodes)
  }
}
