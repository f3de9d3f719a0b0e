extension BlockColumns {
  /// Appends all events of the block to `batch`, as they were recorded. Rows of equal strings share their bytes.
  ///
  /// - Throws: as the single columns do; `batch` then has fewer events than the block, or none of their values.
  public func decodeAll(into batch: EventBatch) throws {
    let first = batch.rows.count
    let times = try times()
    let recorded = try recorded()
    let customers = try customers()
    batch.rows.append(contentsOf: repeatElement(EventRow(), count: count))
    edit(batch, first) { rows in
      for i in 0..<count {
        rows[i].time = times[i]
        rows[i].recorded = recorded[i]
        rows[i].customer = customers[i]
      }
    }
    for field in TextField.allCases where header.column(.text(field)) != nil {
      if field == .id || field == .corrects {
        try fill(batch, first, field, try identifiers(field))
      } else {
        try fill(batch, first, field, try codes(field))
      }
    }
    let others = try otherCustomers()
    let dues = try dues()
    edit(batch, first) { rows in
      for i in 0..<others.rows.count { rows[Int(others.rows[i])].otherCustomer = UInt32(others.values[i]) }
      for i in 0..<dues.rows.count { rows[Int(dues.rows[i])].due = dues.values[i] }
    }
    try fill(batch, first, try numbers(.amount)) { $0.pointee.amount = $1 }
    try fill(batch, first, try numbers(.score)) { $0.pointee.score = $1 }
    try fillNames(batch, first)
    for field in TextField.allCases where header.column(.sealed(field)) != nil {
      let bit: UInt32 = 1 << UInt32(field.rawValue)
      try fill(batch, first, try commitments(.sealed(field)), bit) { $0.pointee.fields[field.rawValue] = $1 }
    }
    try fillData(batch, first)
  }

  @inline(__always)
  private func edit(_ batch: EventBatch, _ first: Int, _ body: (UnsafeMutablePointer<EventRow>) -> Void) {
    batch.rows.withUnsafeMutableBufferPointer { body($0.baseAddress! + first) }
  }

  /// Copies bytes into the batch's arena.
  ///
  /// - Returns: where they begin there.
  private func append(_ bytes: UnsafeBufferPointer<UInt8>, to batch: EventBatch) throws -> UInt32 {
    let start = batch.bytes.count
    guard start + bytes.count < Int(UInt32.max) else {
      throw FormatError(.invalid("a batch of more than 4 GiB"), offset: 0)
    }
    batch.bytes.append(contentsOf: bytes)
    return UInt32(start)
  }

  private func append(_ strings: BlockStrings, _ byteCount: Int, to batch: EventBatch) throws -> UInt32 {
    try append(UnsafeBufferPointer(start: strings.bytes, count: byteCount), to: batch)
  }

  private func fill(_ batch: EventBatch, _ first: Int, _ field: TextField, _ column: CodeColumn) throws {
    let start = try append(column.dictionary, slot(.text(field)).strings.bytes.count, to: batch)
    let slices = column.dictionary.slices
    edit(batch, first) { rows in
      for i in 0..<count where column.codes[i] != 0 {
        var slice = slices[Int(column.codes[i]) - 1]
        slice.offset += start
        rows[i].fields[field.rawValue] = slice
      }
    }
  }

  private func fill(_ batch: EventBatch, _ first: Int, _ field: TextField, _ column: StringColumn) throws {
    let start = try append(column.strings, slot(.text(field)).strings.bytes.count, to: batch)
    edit(batch, first) { rows in
      for i in 0..<column.rows.count {
        var slice = column.strings.slices[i]
        slice.offset += start
        rows[Int(column.rows[i])].fields[field.rawValue] = slice
      }
    }
  }

  private func fill(
    _ batch: EventBatch, _ first: Int, _ column: NumberColumn,
    _ set: (UnsafeMutablePointer<EventRow>, ExactDecimal) -> Void
  ) throws {
    var isSound = true
    edit(batch, first) { rows in
      for i in 0..<column.rows.count {
        guard let value = column.value(i) else {
          isSound = false
          return
        }
        set(rows + Int(column.rows[i]), value)
      }
    }
    guard isSound else { throw FormatError(.invalid("a number of more than 18 digits"), offset: 0) }
  }

  private func fill(
    _ batch: EventBatch, _ first: Int, _ column: CommitmentColumn, _ bit: UInt32,
    _ set: (UnsafeMutablePointer<EventRow>, ByteSlice) -> Void
  ) throws {
    let start = try append(column.bytes.bindMemory(to: UInt8.self), to: batch)
    edit(batch, first) { rows in
      for i in 0..<column.rows.count {
        let row = rows + Int(column.rows[i])
        set(row, ByteSlice(Int(start) + i * Digest.byteCount, Digest.byteCount))
        row.pointee.sealed |= bit
      }
    }
  }

  private func fillNames(_ batch: EventBatch, _ first: Int) throws {
    for code in [ColumnCode.customerName, .otherCustomerName] {
      let names = try names(code)
      let start = try append(names.strings, slot(code).strings.bytes.count, to: batch)
      edit(batch, first) { rows in
        for i in 0..<names.rows.count {
          var slice = names.strings.slices[i]
          slice.offset += start
          let row = rows + Int(names.rows[i])
          if code == .customerName { row.pointee.customerName = slice } else { row.pointee.otherCustomerName = slice }
        }
      }
    }
    try fill(batch, first, try commitments(.sealedCustomerName), EventRow.sealedCustomerBit) {
      $0.pointee.customerName = $1
    }
    try fill(batch, first, try commitments(.sealedOtherCustomerName), EventRow.sealedOtherCustomerBit) {
      $0.pointee.otherCustomerName = $1
    }
  }

  // MARK: Data

  /// An entry with its row, as the columns give them: column by column.
  private struct Placed {
    var row: UInt32
    var entry: DataEntry
  }

  private func fillData(_ batch: EventBatch, _ first: Int) throws {
    var placed: [Placed] = []
    for entry in dataEntries { try collect(entry, batch, into: &placed) }
    let hasOthers = try collectOthers(batch, into: &placed)
    guard !placed.isEmpty else { return }
    var starts = [Int](repeating: 0, count: count + 1)
    for item in placed { starts[Int(item.row) + 1] += 1 }
    for row in 0..<count {
      guard starts[row + 1] <= LogFormat.dataKeyCountMax else {
        throw FormatError(.invalid("\(starts[row + 1]) keys in an event"), offset: 0)
      }
      starts[row + 1] += starts[row]
    }
    let base = batch.data.count
    batch.data.append(contentsOf: repeatElement(placed[0].entry, count: placed.count))
    var next = starts
    for item in placed {
      batch.data[base + next[Int(item.row)]] = item.entry
      next[Int(item.row)] += 1
    }
    for row in 0..<count where starts[row + 1] > starts[row] {
      batch.rows[first + row].dataStart = UInt32(base + starts[row])
      batch.rows[first + row].dataCount = UInt32(starts[row + 1] - starts[row])
    }
    // Columns come in the order of keys, but the keys of the shared column belong between them.
    guard hasOthers else { return }
    batch.bytes.withUnsafeBufferPointer { bytes in
      for row in 0..<count where starts[row + 1] - starts[row] > 1 {
        batch.data[base + starts[row]..<base + starts[row + 1]].sort {
          KeyOrder.compare(bytes.baseAddress!, $0.key, $1.key) < 0
        }
      }
    }
  }

  private func collect(_ column: ColumnEntry, _ batch: EventBatch, into placed: inout [Placed]) throws {
    guard let type = column.type else { return }
    let key = batch.add(column.key.utf8)
    switch type {
    case .integer, .decimal:
      let numbers = try dataNumbers(column)
      for i in 0..<numbers.rows.count {
        guard let value = numbers.value(i) else {
          throw FormatError(.invalid("a number of more than 18 digits"), offset: column.offset, column: column.name)
        }
        placed.append(Placed(row: numbers.rows[i], entry: DataEntry(key: key, type: type, number: value)))
      }
    case .boolean:
      let booleans = try dataBooleans(column)
      for i in 0..<booleans.rows.count {
        let number = ExactDecimal(Int64(booleans.codes[i]) - 1)
        placed.append(Placed(row: booleans.rows[i], entry: DataEntry(key: key, type: type, number: number)))
      }
    case .string, .json:
      let strings = try dataStrings(column)
      let start = try append(strings.strings, shared.strings.bytes.count, to: batch)
      for i in 0..<strings.rows.count {
        var slice = strings.strings.slices[i]
        slice.offset += start
        placed.append(Placed(row: strings.rows[i], entry: DataEntry(key: key, type: type, bytes: slice)))
      }
    case .sealed:
      let sealed = try dataCommitments(column)
      let start = try append(sealed.bytes.bindMemory(to: UInt8.self), to: batch)
      for i in 0..<sealed.rows.count {
        let slice = ByteSlice(Int(start) + i * Digest.byteCount, Digest.byteCount)
        placed.append(Placed(row: sealed.rows[i], entry: DataEntry(key: key, type: type, bytes: slice)))
      }
    }
    try checkCount(placed)
  }

  private func checkCount(_ placed: [Placed]) throws {
    guard placed.count <= count * LogFormat.dataKeyCountMax else {
      throw FormatError(.invalid("more than \(LogFormat.dataKeyCountMax) keys in an event"), offset: 0)
    }
  }

  /// The keys beyond the limit of columns.
  private func collectOthers(_ batch: EventBatch, into placed: inout [Placed]) throws -> Bool {
    guard let column = header.column(.otherData) else { return false }
    try load(column) { reader in
      let start = reader.offset
      let counts = otherCounts.room(count)
      try codeStreams.decode(&reader, count: count, below: LogFormat.dataKeyCountMax + 1, into: counts)
      var total = 0
      for i in 0..<count { total += Int(counts[i]) }
      let nameCount = try reader.count(atMost: total, "the number of keys")
      var types: [DataType] = []
      for _ in 0..<nameCount {
        let number = try reader.byte()
        guard let type = DataType(rawValue: number) else {
          throw FormatError(.unknown("type of data", UInt64(number)), offset: start)
        }
        types.append(type)
      }
      shared.strings.removeAll()
      try stringStreams.decode(&reader, count: nameCount, into: shared.strings)
      let keyStart = try append(shared.strings.bytes.buffer, to: batch)
      let keys = shared.strings.slices.buffer.map { ByteSlice(offset: $0.offset + keyStart, count: $0.count) }
      let names = shared.codes.room(total)
      try codeStreams.decode(&reader, count: total, below: nameCount + 1, into: names)
      var numberCount = 0
      for i in 0..<total {
        guard names[i] != 0 else { throw FormatError(.invalid("a value without a key"), offset: start) }
        numberCount += types[Int(names[i]) - 1].rawValue <= DataType.boolean.rawValue ? 1 : 0
      }
      let scales = shared.scales.room(numberCount)
      try ints.decode(&reader, count: numberCount, into: scales)
      let mantissas = shared.values.room(numberCount)
      try ints.decode(&reader, count: numberCount, into: mantissas)
      shared.strings.removeAll()
      try stringStreams.decode(&reader, count: total - numberCount, into: shared.strings)
      let textStart = try append(shared.strings.bytes.buffer, to: batch)
      var at = 0
      var nextNumber = 0
      var nextSlice = 0
      for row in 0..<count {
        for _ in 0..<counts[row] {
          let name = Int(names[at]) - 1
          at += 1
          var entry = DataEntry(key: keys[name], type: types[name])
          if types[name].rawValue <= DataType.boolean.rawValue {
            guard 0...ExactDecimal.digitCountMax ~= Int(clamping: scales[nextNumber]),
              let number = ExactDecimal(canonicalizing: mantissas[nextNumber], scale: Int(scales[nextNumber]))
            else { throw FormatError(.invalid("a number of more than 18 digits"), offset: start) }
            entry.number = number
            nextNumber += 1
          } else {
            entry.bytes = shared.strings.slices.pointer[nextSlice]
            entry.bytes.offset += textStart
            nextSlice += 1
            if entry.type == .sealed && entry.bytes.count != UInt32(Digest.byteCount) {
              throw FormatError(.invalid("a commitment of \(entry.bytes.count) bytes"), offset: start)
            }
          }
          placed.append(Placed(row: UInt32(row), entry: entry))
        }
      }
    }
    try checkCount(placed)
    return true
  }
}
