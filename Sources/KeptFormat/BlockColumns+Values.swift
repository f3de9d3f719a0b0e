/// A column of numbers: `value(i)` is that of row `rows[i]`.
public struct NumberColumn {
  public let rows: UnsafeBufferPointer<UInt32>
  /// Each times 10^-`scale`, or times 10^-`scales[i]` where `scale` is nil; not in canonical form.
  public let mantissas: UnsafeBufferPointer<Int64>
  public let scale: UInt8?
  public let scales: UnsafeBufferPointer<Int64>

  public func value(_ index: Int) -> ExactDecimal? {
    ExactDecimal(canonicalizing: mantissas[index], scale: Int(scale ?? UInt8(truncatingIfNeeded: scales[index])))
  }

  /// Every value times 10^6, rounded half to even, into `out`; `Int64.min` where that does not fit.
  public func micros(into out: UnsafeMutablePointer<Int64>) {
    if let scale, scale <= 6 {
      let factor = Int64(powersOfTen(Int(6 - scale)))
      for i in 0..<mantissas.count {
        let (product, isTooLarge) = mantissas[i].multipliedReportingOverflow(by: factor)
        out[i] = isTooLarge ? Int64.min : product
      }
    } else {
      for i in 0..<mantissas.count { out[i] = value(i)?.micros ?? Int64.min }
    }
  }
}

/// A column of booleans: `codes[i]` is that of row `rows[i]`, 1 false and 2 true.
public struct BooleanColumn {
  public let rows: UnsafeBufferPointer<UInt32>
  public let codes: UnsafeBufferPointer<UInt32>
}

/// A column of instants or ledger numbers.
public struct IntegerColumn {
  public let rows: UnsafeBufferPointer<UInt32>
  public let values: UnsafeBufferPointer<Int64>
}

extension BlockColumns {
  /// `amount` or `score`.
  public func numbers(_ code: ColumnCode) throws -> NumberColumn {
    precondition(code == .amount || code == .score, "\(code.name) is not a column of numbers")
    let slot = slot(code)
    if slot.parts == 0 {
      slot.rows.count = 0
      slot.values.count = 0
      if let entry = header.column(code) { try load(entry) { try decodeNumbers(&$0, slot) } }
      slot.parts = 1
    }
    return NumberColumn(slot)
  }

  public func dues() throws -> IntegerColumn {
    let slot = slot(.due)
    if slot.parts == 0 {
      slot.rows.count = 0
      slot.values.count = 0
      if let entry = header.column(.due) {
        try load(entry) { reader in
          try decodePresence(&reader, into: slot.rows)
          try decodeGrouped(&reader, slot)
        }
      }
      slot.parts = 1
    }
    return IntegerColumn(rows: slot.rows.buffer, values: slot.values.buffer)
  }

  /// The ledger numbers of second persons.
  public func otherCustomers() throws -> IntegerColumn {
    let slot = slot(.otherCustomer)
    if slot.parts == 0 {
      slot.rows.count = 0
      slot.values.count = 0
      if let entry = header.column(.otherCustomer) {
        try load(entry) { reader in
          try decodePresence(&reader, into: slot.rows)
          let numbers = slot.values.room(slot.rows.count)
          try ints.decode(&reader, count: slot.rows.count, into: numbers)
          for i in 0..<slot.rows.count where numbers[i] <= 0 || numbers[i] > Int64(UInt32.max) {
            throw reader.failure(.invalid("customer number \(numbers[i])"))
          }
        }
      }
      slot.parts = 1
    }
    return IntegerColumn(rows: slot.rows.buffer, values: slot.values.buffer)
  }

  private func decodeNumbers(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    try decodePresence(&reader, into: slot.rows)
    let start = reader.offset
    let form = try reader.byte()
    var highest: Int64 = 0
    var lowest: Int64 = 0
    switch form {
    case NumberForm.oneScale:
      slot.scale = try reader.byte()
      highest = Int64(slot.scale!)
      slot.scales.count = 0
    case NumberForm.scales:
      slot.scale = nil
      let scales = slot.scales.room(slot.rows.count)
      try ints.decode(&reader, count: slot.rows.count, into: scales)
      for i in 0..<slot.rows.count {
        highest = max(highest, scales[i])
        lowest = min(lowest, scales[i])
      }
    default: throw FormatError(.unknown("form of numbers", UInt64(form)), offset: start)
    }
    guard lowest >= 0 && highest <= ExactDecimal.digitCountMax else {
      throw FormatError(.invalid("a number with \(highest) decimal places"), offset: start)
    }
    try decodeGrouped(&reader, slot)
  }

  private func decodeGrouped(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    let valueCount = slot.rows.count
    let values = slot.values.room(valueCount)
    let start = reader.offset
    let number = try reader.byte()
    guard let grouping = Grouping(rawValue: number) else {
      throw FormatError(.unknown("grouping", UInt64(number)), offset: start)
    }
    if grouping == .none {
      try ints.decode(&reader, count: valueCount, into: values)
      return
    }
    let (codes, limit) = try groups(grouping, of: slot.rows.buffer)
    let starts = groups.starts(codes, count: valueCount, limit: limit)
    let sorted = grouped.room(valueCount)
    for group in 0..<limit {
      let from = Int(starts[group])
      try ints.decode(&reader, count: Int(starts[group + 1]) - from, into: sorted + from)
    }
    groups.gather(sorted, codes, count: valueCount, to: values)
  }

  // MARK: Data

  /// The `data` columns of the block; their order is that of their keys.
  public var dataEntries: some Sequence<ColumnEntry> { header.columns.lazy.filter { $0.code == .data } }

  /// A data column of type integer or decimal. Valid until the next data column is asked for, as are those below.
  public func dataNumbers(_ entry: ColumnEntry) throws -> NumberColumn {
    precondition(entry.type == .integer || entry.type == .decimal, "\(entry.name) does not hold numbers")
    try load(entry) { try decodeNumbers(&$0, shared) }
    return NumberColumn(shared)
  }

  public func dataBooleans(_ entry: ColumnEntry) throws -> BooleanColumn {
    precondition(entry.type == .boolean, "\(entry.name) does not hold booleans")
    try load(entry) { reader in
      try codeStreams.decodePresent(
        &reader, count: count, below: 3, into: shared.rows, codes: shared.codes, parents: self)
    }
    return BooleanColumn(rows: shared.rows.buffer, codes: shared.codes.buffer)
  }

  /// A data column of strings or of canonical JSON.
  public func dataStrings(_ entry: ColumnEntry) throws -> StringColumn {
    precondition(entry.type == .string || entry.type == .json, "\(entry.name) does not hold strings")
    try load(entry) { reader in
      let start = reader.offset
      let form = try reader.byte()
      shared.strings.removeAll()
      switch form {
      case DataStringForm.each:
        try decodePresence(&reader, into: shared.rows)
        try stringStreams.decode(&reader, count: shared.rows.count, into: shared.strings)
      case DataStringForm.dictionary:
        try decodeDictionary(&reader, into: shared.strings, atMost: count)
        try codeStreams.decodePresent(
          &reader, count: count, below: shared.strings.count + 1, into: shared.rows, codes: shared.codes, parents: self)
        spread()
      default: throw FormatError(.unknown("form of strings in data", UInt64(form)), offset: start)
      }
    }
    return StringColumn(rows: shared.rows.buffer, strings: BlockStrings(shared.strings))
  }

  /// Gives every row with a code its slice of the dictionary.
  private func spread() {
    let entryCount = shared.strings.count
    let entries = sharedSlices.room(entryCount)
    entries.update(from: shared.strings.slices.pointer, count: entryCount)
    let codes = shared.codes.buffer
    let slices = shared.strings.slices.room(codes.count)
    for i in 0..<codes.count { slices[i] = entries[Int(codes[i]) - 1] }
  }

  public func dataCommitments(_ entry: ColumnEntry) throws -> CommitmentColumn {
    precondition(entry.type == .sealed, "\(entry.name) does not hold commitments")
    try load(entry) { try decodeCommitments(&$0, shared) }
    return CommitmentColumn(rows: shared.rows.buffer, bytes: UnsafeRawBufferPointer(shared.bytes.buffer))
  }
}

extension NumberColumn {
  init(_ slot: ColumnSlot) {
    rows = slot.rows.buffer
    mantissas = slot.values.buffer
    scale = slot.scale
    scales = slot.scales.buffer
  }
}
