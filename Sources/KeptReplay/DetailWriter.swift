import KeptFormat

/// Writes the details of a block's touches into the region, column by column; one per worker.
///
/// Works on the rows that carry details alone: of most blocks they are few.
final class DetailWriter {
  private let context: ReplayContext
  private let words = WordCodes()
  /// Per row of the block: where its detail starts, in words from the region's base; `TouchRow.noDetail` without one.
  private let offsets: UnsafeMutablePointer<UInt32> = .allocate(capacity: LogFormat.blockEventCount)
  /// The rows of the last block that have a detail, ascending.
  private let detailRows = Room<UInt32>()
  private var detailRowCount = 0
  /// The rows that carry the field at hand, and where each of them keeps it, in words from the block's first.
  private let fieldRows = Room<UInt32>()
  private let places = Room<UInt32>()
  private let micros = Room<Int64>()
  /// Where the texts of a block's dictionary were copied to.
  private let copies = Room<UInt64>()

  init(context: ReplayContext) {
    self.context = context
    offsets.initialize(repeating: TouchRow.noDetail, count: LogFormat.blockEventCount)
    detailRows.reserve(LogFormat.blockEventCount)
    fieldRows.reserve(LogFormat.blockEventCount)
    places.reserve(LogFormat.blockEventCount)
  }

  deinit { offsets.deallocate() }

  /// The details of all rows that belong to somebody, or nil when the region had no room.
  func write(
    _ columns: BlockColumns, _ block: ReplayBlock, kinds: CodeColumn, entities: UnsafePointer<UInt32>, rowCount: Int,
    to writer: RowWriter
  ) throws -> UnsafePointer<UInt32>? {
    for i in 0..<detailRowCount { offsets[Int(detailRows.base[i])] = TouchRow.noDetail }
    detailRowCount = 0
    let codes = context.codes(of: block.header)
    let slotCounts = [0] + codes.map { UInt32(context.slotCounts[$0]) }
    guard slotCounts.contains(where: { $0 > 0 }) else { return UnsafePointer(offsets) }
    let wordCount = slotCounts.withUnsafeBufferPointer { findRows($0, kinds.codes, entities, rowCount) }
    guard wordCount > 0 else { return UnsafePointer(offsets) }
    guard let memory = writer.detailBytes(wordCount * 8) else { return nil }
    let detail = memory.assumingMemoryBound(to: UInt64.self)
    detail.update(repeating: Touches.absentWord, count: wordCount)
    for field in context.fields {
      let slots = [-1] + codes.map { Int32(field.slots[$0]) }
      guard slots.contains(where: { $0 >= 0 }) else { continue }
      let target = try slots.withUnsafeBufferPointer { try place($0, kinds.codes, detail, columns) }
      if target.rows.isEmpty { continue }
      guard try fill(field.field, target, columns, block, writer) else { return nil }
    }
    let base = UInt32(truncatingIfNeeded: (memory - writer.store.base) / 8)
    for i in 0..<detailRowCount { offsets[Int(detailRows.base[i])] += base }
    return UnsafePointer(offsets)
  }

  /// Lists the rows that carry details and gives each its place; returns how many words they take.
  private func findRows(
    _ slotCounts: UnsafeBufferPointer<UInt32>, _ kinds: UnsafeBufferPointer<UInt32>,
    _ entities: UnsafePointer<UInt32>, _ rowCount: Int
  ) -> Int {
    let rows = detailRows.base
    var found = 0
    for row in 0..<rowCount {
      rows[found] = UInt32(truncatingIfNeeded: row)
      found &+= slotCounts[Int(kinds[row])] > 0 && entities[row] != BlockScatter.nobody ? 1 : 0
    }
    detailRowCount = found
    var wordCount: UInt32 = 0
    for i in 0..<found {
      let row = Int(rows[i])
      offsets[row] = wordCount
      wordCount &+= slotCounts[Int(kinds[row])]
    }
    return Int(wordCount)
  }

  /// The rows that carry a field: `words[places[i]]` is where row `rows[i]` keeps it.
  private struct Target {
    let rows: UnsafeBufferPointer<UInt32>
    let places: UnsafePointer<UInt32>
    let words: UnsafeMutablePointer<UInt64>
  }

  private func place(
    _ slots: UnsafeBufferPointer<Int32>, _ kinds: UnsafeBufferPointer<UInt32>, _ words: UnsafeMutablePointer<UInt64>,
    _ columns: BlockColumns
  ) throws -> Target {
    let (rows, out, places) = (detailRows.base, fieldRows.base, places.base)
    var found = 0
    if let some = try columns.rows(ofKinds: { slots[$0] >= 0 }), some.count < detailRowCount {
      for row in some {
        let offset = offsets[Int(row)]
        out[found] = row
        places[found] = offset &+ UInt32(truncatingIfNeeded: slots[Int(kinds[Int(row)])])
        found &+= offset != TouchRow.noDetail ? 1 : 0
      }
      return Target(rows: UnsafeBufferPointer(start: out, count: found), places: UnsafePointer(places), words: words)
    }
    for i in 0..<detailRowCount {
      let row = Int(rows[i])
      let slot = slots[Int(kinds[row])]
      out[found] = rows[i]
      places[found] = offsets[row] &+ UInt32(truncatingIfNeeded: slot)
      found &+= slot >= 0 ? 1 : 0
    }
    return Target(rows: UnsafeBufferPointer(start: out, count: found), places: UnsafePointer(places), words: words)
  }

  private func fill(
    _ field: DetailField, _ target: Target, _ columns: BlockColumns, _ block: ReplayBlock, _ writer: RowWriter
  ) throws -> Bool {
    switch field {
    case .text(.id), .text(.corrects):
      guard case .text(let field) = field else { return true }
      let column = try columns.identifiers(field)
      return put(column.rows, column.strings, target, writer)
    case .text(.subject): return put(try columns.codes(.subject, at: target.rows), target, writer)
    case .text(.text): break  // Sealed: a replay never opens the vault.
    case .text(let field):
      let column = try columns.codes(field, at: target.rows)
      if target.rows.count < column.dictionary.count {
        // A few rows of a block, as where one customer is asked for: most words of its dictionary are nobody's.
        for i in target.rows.indices where column.codes[i] > 0 {
          let word = column.dictionary[Int(column.codes[i]) - 1]
          target.words[Int(target.places[i])] = UInt64(words.code(of: word, context.code(of:)))
        }
        return true
      }
      let codes = [Touches.absentWord] + words.codes(of: column.dictionary, context.code(of:)).map(UInt64.init)
      for i in target.rows.indices { target.words[Int(target.places[i])] = codes[Int(column.codes[i])] }
    case .dataText(let key):
      for entry in columns.dataEntries where entry.key == key && (entry.type == .string || entry.type == .json) {
        let column = try columns.dataStrings(entry)
        guard put(column.rows, column.strings, target, writer) else { return false }
      }
      if columns.header.column(.otherData) != nil {
        return try putOthers(key, target, columns) { entry, batch in
          guard entry.type == .string || entry.type == .json else { return nil }
          return batch.bytes.withUnsafeBytes { bytes in
            copy(UnsafeRawBufferPointer(rebasing: bytes[Int(entry.bytes.offset)...].prefix(Int(entry.bytes.count))), writer)
          }
        }
      }
    case .dataNumber(let key):
      for entry in columns.dataEntries where entry.key == key {
        switch entry.type {
        case .integer, .decimal: put(try columns.dataNumbers(entry), target)
        case .boolean:
          let booleans = try columns.dataBooleans(entry)
          Self.forEachShared(booleans.rows, target.rows) { index, i in
            target.words[Int(target.places[i])] = UInt64(booleans.codes[index] - 1) * 1_000_000
            return true
          }
        case .string, .json, .sealed, nil: break
        }
      }
      if columns.header.column(.otherData) != nil {
        return try putOthers(key, target, columns) { entry, _ in
          switch entry.type {
          case .integer, .decimal: entry.number.micros.map(UInt64.init(bitPattern:))
          case .boolean: UInt64(entry.number.mantissa) * 1_000_000
          case .string, .json, .sealed: nil
          }
        }
      }
    case .amount: put(try columns.numbers(.amount), target)
    case .score: put(try columns.numbers(.score), target)
    case .due:
      let column = try columns.dues()
      put(column.rows, column.values, target)
    case .customer:
      let customers = try columns.customerList()
      let indices = try columns.customerIndices()
      let mergedInto = context.corrections.mergedInto
      for (i, row) in target.rows.enumerated() where indices[Int(row)] > 0 {
        let customer = customers[Int(indices[Int(row)]) - 1]
        target.words[Int(target.places[i])] = UInt64(mergedInto[customer] ?? customer)
      }
    case .otherCustomer:
      let column = try columns.otherCustomers()
      put(column.rows, column.values, target)
    case .position:
      for (i, row) in target.rows.enumerated() {
        target.words[Int(target.places[i])] = block.header.firstPosition + UInt64(row)
      }
    case .recorded:
      let recorded = try columns.recorded()
      for (i, row) in target.rows.enumerated() {
        target.words[Int(target.places[i])] = UInt64(bitPattern: recorded[Int(row)])
      }
    }
    return true
  }

  /// A key that shares the column of all keys beyond `LogFormat.dataColumnCountMax`: rare, so whole rows are decoded.
  private func putOthers(
    _ key: String, _ target: Target, _ columns: BlockColumns, _ word: (DataEntry, EventBatch) -> UInt64?
  ) throws -> Bool {
    let batch = EventBatch()
    try columns.decodeAll(into: batch)
    for (i, row) in target.rows.enumerated() where target.words[Int(target.places[i])] == Touches.absentWord {
      let start = Int(batch.rows[Int(row)].dataStart)
      for entry in batch.data[start..<start + Int(batch.rows[Int(row)].dataCount)] where batch.string(entry.key) == key {
        if let word = word(entry, batch) { target.words[Int(target.places[i])] = word }
      }
    }
    return true
  }

  private func put(_ column: NumberColumn, _ target: Target) {
    micros.reserve(column.rows.count)
    column.micros(into: micros.base)
    put(column.rows, UnsafeBufferPointer(start: micros.base, count: column.rows.count), target)
  }

  private func put(_ rows: UnsafeBufferPointer<UInt32>, _ values: UnsafeBufferPointer<Int64>, _ target: Target) {
    Self.forEachShared(rows, target.rows) { index, i in
      target.words[Int(target.places[i])] = UInt64(bitPattern: values[index])
      return true
    }
  }

  /// Texts that few rows share: one copy a text is enough.
  private func put(_ column: CodeColumn, _ target: Target, _ writer: RowWriter) -> Bool {
    copies.reserve(column.dictionary.count + 1)
    copies.base.update(repeating: Touches.absentWord, count: column.dictionary.count + 1)
    for i in target.rows.indices {
      let code = Int(column.codes[i])
      if code > 0, copies.base[code] == Touches.absentWord {
        guard let word = copy(column.dictionary[code - 1], writer) else { return false }
        copies.base[code] = word
      }
      target.words[Int(target.places[i])] = copies.base[code]
    }
    return true
  }

  private func put(
    _ rows: UnsafeBufferPointer<UInt32>, _ strings: BlockStrings, _ target: Target, _ writer: RowWriter
  ) -> Bool {
    Self.forEachShared(rows, target.rows) { index, i in
      guard let word = copy(strings[index], writer) else { return false }
      target.words[Int(target.places[i])] = word
      return true
    }
  }

  /// Where two ascending lists have the same row, until `body` says false; false then.
  @inline(__always) @discardableResult
  private static func forEachShared(
    _ left: UnsafeBufferPointer<UInt32>, _ right: UnsafeBufferPointer<UInt32>, _ body: (Int, Int) -> Bool
  ) -> Bool {
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      let (a, b) = (left[i], right[j])
      if a == b, !body(i, j) { return false }
      i &+= a <= b ? 1 : 0
      j &+= b <= a ? 1 : 0
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
