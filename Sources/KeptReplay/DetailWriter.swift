import KeptFormat

/// Writes the details of a block's touches into the region, column by column; one per worker.
final class DetailWriter {
  private let context: ReplayContext
  private let words = WordCodes()
  /// Per row of the block: where its detail starts, in words from the region's base; `TouchRow.noDetail` without one.
  private let offsets: UnsafeMutablePointer<UInt32> = .allocate(capacity: LogFormat.blockEventCount)
  private var offsetsAreClear = false
  private let micros = Room<Int64>()
  /// Where the texts of a block's dictionary were copied to.
  private let copies = Room<UInt64>()

  init(context: ReplayContext) { self.context = context }
  deinit { offsets.deallocate() }

  /// The details of all rows that belong to somebody, or nil when the region had no room.
  func write(
    _ columns: BlockColumns, _ block: ReplayBlock, kinds: CodeColumn, entities: UnsafePointer<UInt32>, rowCount: Int,
    to writer: RowWriter
  ) throws -> UnsafePointer<UInt32>? {
    let codes = [0] + context.codes(of: block.header)
    let slotCounts = [0] + codes.dropFirst().map { context.slotCounts[$0] }
    guard slotCounts.contains(where: { $0 > 0 }) else {
      if !offsetsAreClear {
        offsets.update(repeating: TouchRow.noDetail, count: LogFormat.blockEventCount)
        offsetsAreClear = true
      }
      return UnsafePointer(offsets)
    }
    offsetsAreClear = false
    var wordCount = 0
    for row in 0..<rowCount {
      let count = slotCounts[Int(kinds.codes[row])]
      if count > 0, entities[row] != BlockScatter.nobody {
        offsets[row] = UInt32(truncatingIfNeeded: wordCount)
        wordCount += count
      } else {
        offsets[row] = TouchRow.noDetail
      }
    }
    guard wordCount > 0 else { return UnsafePointer(offsets) }
    guard let memory = writer.detailBytes(wordCount * 8) else { return nil }
    let detail = memory.assumingMemoryBound(to: UInt64.self)
    detail.update(repeating: Touches.absentWord, count: wordCount)
    let target = Target(detail: detail, offsets: offsets, kinds: kinds.codes)
    for field in context.fields {
      let slots = [-1] + codes.dropFirst().map { field.slots[$0] }
      guard slots.contains(where: { $0 >= 0 }) else { continue }
      guard try fill(field.field, slots, target, columns, block, rowCount, writer) else { return nil }
    }
    let base = UInt32(truncatingIfNeeded: (memory - writer.store.base) / 8)
    for row in 0..<rowCount where offsets[row] != TouchRow.noDetail { offsets[row] += base }
    return UnsafePointer(offsets)
  }

  private struct Target {
    let detail: UnsafeMutablePointer<UInt64>
    let offsets: UnsafeMutablePointer<UInt32>
    let kinds: UnsafeBufferPointer<UInt32>

    /// Where row `row` keeps the field whose slots are given, or nil where it does not.
    @inline(__always)
    func place(_ row: Int, _ slots: [Int]) -> UnsafeMutablePointer<UInt64>? {
      let offset = offsets[row]
      guard offset != TouchRow.noDetail else { return nil }
      let slot = slots[Int(kinds[row])]
      return slot < 0 ? nil : detail + Int(offset) + slot
    }
  }

  private func fill(
    _ field: DetailField, _ slots: [Int], _ target: Target, _ columns: BlockColumns, _ block: ReplayBlock,
    _ rowCount: Int, _ writer: RowWriter
  ) throws -> Bool {
    switch field {
    case .text(.id), .text(.corrects):
      guard case .text(let field) = field else { return true }
      let column = try columns.identifiers(field)
      return put(column.rows, column.strings, slots, target, rowCount, writer)
    case .text(.subject):
      return put(try columns.codes(.subject), slots, target, rowCount, writer)
    case .text(.text): break  // Sealed: a replay never opens the vault.
    case .text(let field):
      let column = try columns.codes(field)
      let codes = [Touches.absentWord] + words.codes(of: column.dictionary, in: context).map(UInt64.init)
      for row in 0..<rowCount {
        if let place = target.place(row, slots) { place.pointee = codes[Int(column.codes[row])] }
      }
    case .dataText(let key):
      for entry in columns.dataEntries where entry.key == key && (entry.type == .string || entry.type == .json) {
        let column = try columns.dataStrings(entry)
        guard put(column.rows, column.strings, slots, target, rowCount, writer) else { return false }
      }
      if columns.header.column(.otherData) != nil {
        return try putOthers(key, slots, target, columns, rowCount) { entry, batch in
          guard entry.type == .string || entry.type == .json else { return nil }
          return batch.bytes.withUnsafeBytes { bytes in
            copy(UnsafeRawBufferPointer(rebasing: bytes[Int(entry.bytes.offset)...].prefix(Int(entry.bytes.count))), writer)
          }
        }
      }
    case .dataNumber(let key):
      for entry in columns.dataEntries where entry.key == key {
        switch entry.type {
        case .integer, .decimal: put(try columns.dataNumbers(entry), slots, target, rowCount)
        case .boolean:
          let booleans = try columns.dataBooleans(entry)
          for row in 0..<rowCount where booleans[row] != 0 {
            target.place(row, slots)?.pointee = UInt64(booleans[row] - 1) * 1_000_000
          }
        case .string, .json, .sealed, nil: break
        }
      }
      if columns.header.column(.otherData) != nil {
        return try putOthers(key, slots, target, columns, rowCount) { entry, _ in
          switch entry.type {
          case .integer, .decimal: entry.number.micros.map(UInt64.init(bitPattern:))
          case .boolean: UInt64(entry.number.mantissa) * 1_000_000
          case .string, .json, .sealed: nil
          }
        }
      }
    case .amount: put(try columns.numbers(.amount), slots, target, rowCount)
    case .score: put(try columns.numbers(.score), slots, target, rowCount)
    case .due:
      let column = try columns.dues()
      put(column.rows, column.values, slots, target, rowCount)
    case .otherCustomer:
      let column = try columns.otherCustomers()
      put(column.rows, column.values, slots, target, rowCount)
    case .position:
      for row in 0..<rowCount { target.place(row, slots)?.pointee = block.header.firstPosition + UInt64(row) }
    case .recorded:
      let recorded = try columns.recorded()
      for row in 0..<rowCount { target.place(row, slots)?.pointee = UInt64(bitPattern: recorded[row]) }
    }
    return true
  }

  /// A key that shares the column of all keys beyond `LogFormat.dataColumnCountMax`: rare, so whole rows are decoded.
  private func putOthers(
    _ key: String, _ slots: [Int], _ target: Target, _ columns: BlockColumns, _ rowCount: Int,
    _ word: (DataEntry, EventBatch) -> UInt64?
  ) throws -> Bool {
    let batch = EventBatch()
    try columns.decodeAll(into: batch)
    for row in 0..<rowCount {
      guard let place = target.place(row, slots), place.pointee == Touches.absentWord else { continue }
      let start = Int(batch.rows[row].dataStart)
      for entry in batch.data[start..<start + Int(batch.rows[row].dataCount)] where batch.string(entry.key) == key {
        if let word = word(entry, batch) { place.pointee = word }
      }
    }
    return true
  }

  private func put(_ column: NumberColumn, _ slots: [Int], _ target: Target, _ rowCount: Int) {
    micros.reserve(column.rows.count)
    column.micros(into: micros.base)
    put(column.rows, UnsafeBufferPointer(start: micros.base, count: column.rows.count), slots, target, rowCount)
  }

  private func put(
    _ rows: UnsafeBufferPointer<UInt32>, _ values: UnsafeBufferPointer<Int64>, _ slots: [Int], _ target: Target,
    _ rowCount: Int
  ) {
    for index in rows.indices {
      let row = Int(rows[index])
      if row >= rowCount { break }
      target.place(row, slots)?.pointee = UInt64(bitPattern: values[index])
    }
  }

  /// Texts that few rows share: one copy a text is enough.
  private func put(
    _ column: CodeColumn, _ slots: [Int], _ target: Target, _ rowCount: Int, _ writer: RowWriter
  ) -> Bool {
    copies.reserve(column.dictionary.count + 1)
    copies.base.update(repeating: Touches.absentWord, count: column.dictionary.count + 1)
    for row in 0..<rowCount {
      guard let place = target.place(row, slots) else { continue }
      let code = Int(column.codes[row])
      if code > 0, copies.base[code] == Touches.absentWord {
        guard let word = copy(column.dictionary[code - 1], writer) else { return false }
        copies.base[code] = word
      }
      place.pointee = copies.base[code]
    }
    return true
  }

  private func put(
    _ rows: UnsafeBufferPointer<UInt32>, _ strings: BlockStrings, _ slots: [Int], _ target: Target, _ rowCount: Int,
    _ writer: RowWriter
  ) -> Bool {
    for index in rows.indices {
      let row = Int(rows[index])
      guard row < rowCount else { break }
      guard let place = target.place(row, slots) else { continue }
      guard let word = copy(strings[index], writer) else { return false }
      place.pointee = word
    }
    return true
  }

  /// Copies a text into the region; nil when there is no room.
  private func copy(_ text: UnsafeRawBufferPointer, _ writer: RowWriter) -> UInt64? {
    guard let memory = writer.detailBytes(text.count) else { return nil }
    if let start = text.baseAddress { memory.copyMemory(from: start, byteCount: text.count) }
    return UInt64(text.count) << Touches.textOffsetBits | UInt64(memory - writer.store.base)
  }
}

/// Room for a block's worth of words, kept between blocks.
private final class Room<Element: BitwiseCopyable> {
  private(set) var base: UnsafeMutablePointer<Element> = .allocate(capacity: 1)
  private var capacity = 1

  deinit { base.deallocate() }

  func reserve(_ count: Int) {
    guard count > capacity else { return }
    base.deallocate()
    base = .allocate(capacity: count)
    capacity = count
  }
}
