import KeptFormat

/// The cells of one CSV record at a time, as slices of the arena; empty ones are absent.
struct CSVCells: ~Copyable {
  let columnCount: Int
  let delimiter: UInt8
  private let cells: UnsafeMutablePointer<ByteSlice>
  private let delimiterWord: UInt64
  /// Whether the chunk has bytes beyond ASCII, so that records must be checked.
  private let isASCII: Bool
  private let hasNUL: Bool

  init(columnCount: Int, delimiter: UInt8, chunk: UnsafePointer<UInt8>, byteCount: Int) {
    self.columnCount = columnCount
    self.delimiter = delimiter
    cells = .allocate(capacity: columnCount + 1)
    delimiterWord = UInt64(delimiter) &* 0x0101_0101_0101_0101
    isASCII = isAllASCII(chunk, byteCount)
    hasNUL = RecordSplitter.find(0, chunk, from: 0, to: byteCount) != nil
  }

  deinit { cells.deallocate() }

  @inline(__always)
  subscript(_ column: Int) -> ByteSlice { cells[column] }

  /// Takes the record in `[start, end)` apart; its line end may still be on it.
  ///
  /// - Throws: also where the record has another number of cells than `columnCount`.
  mutating func split(from start: Int, to recordEnd: Int, _ builder: inout RowBuilder) throws(RowFault) {
    let base = builder.chunk
    var end = recordEnd
    if end > start, base[end &- 1] == 0x0A { end &-= 1 }
    if end > start, base[end &- 1] == 0x0D { end &-= 1 }
    if !isASCII || hasNUL { try check(base, start, end) }
    var at = start
    var column = 0
    while true {
      let cell: ByteSlice
      if at < end, base[at] == UInt8(ascii: "\"") {
        cell = try quoted(&at, end, &builder)
      } else {
        let stop = try cellEnd(base, at, end, builder.chunkByteCount)
        cell = stop == at ? .absent : ByteSlice(at, stop &- at)
        at = stop
      }
      guard column < columnCount else { throw RowFault(.fieldCount, at: at) }
      cells[column] = cell
      column &+= 1
      guard at < end else { break }
      at &+= 1
    }
    guard column == columnCount else { throw RowFault(.fieldCount, at: end) }
  }

  /// How many cells a record has, going by its quotes and delimiters alone.
  static func countCells(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int, delimiter: UInt8) -> Int {
    var count = 1
    var isQuoted = false
    for at in start..<end {
      if base[at] == UInt8(ascii: "\"") { isQuoted.toggle() }
      if base[at] == delimiter, !isQuoted { count += 1 }
    }
    return count
  }

  /// The delimiter or end behind an unquoted cell.
  @inline(__always)
  private func cellEnd(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ readable: Int
  ) throws(RowFault) -> Int {
    var at = start
    while at &+ 8 <= readable, at < end {
      let word = loadWord(base + at)
      let delimiters = (word ^ delimiterWord) &- 0x0101_0101_0101_0101
      let quotes = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
      // Bytes beyond ASCII may show up too; they are looked at and passed over.
      let found = (delimiters | quotes) & 0x8080_8080_8080_8080
      if found == 0 {
        at &+= 8
        continue
      }
      at &+= found.trailingZeroBitCount &>> 3
      if at >= end { return end }
      if base[at] == delimiter { return at }
      if base[at] == UInt8(ascii: "\"") { throw RowFault(.strayQuote, at: at) }
      at &+= 1
    }
    while at < end, base[at] != delimiter {
      if base[at] == UInt8(ascii: "\"") { throw RowFault(.strayQuote, at: at) }
      at &+= 1
    }
    return min(at, end)
  }

  /// A cell in quotes, at whose opening one `at` stands; doubled quotes are spelled out in the scratch.
  private func quoted(_ at: inout Int, _ end: Int, _ builder: inout RowBuilder) throws(RowFault) -> ByteSlice {
    let base = builder.chunk
    let quote = UInt8(ascii: "\"")
    let opening = at
    let start = at + 1
    let before = builder.scratch.count
    var from = start
    while true {
      guard let closing = RecordSplitter.find(quote, base, from: from, to: end) else {
        throw RowFault(.unclosedQuote, at: opening)
      }
      at = closing + 1
      guard at < end, base[at] == quote else {
        guard at == end || base[at] == delimiter else { throw RowFault(.strayQuote, at: closing) }
        if from == start { return closing == start ? .absent : ByteSlice(start, closing - start) }
        builder.scratch.append(base + from, count: closing - from)
        return builder.scratchSlice(builder.scratch.count - before)
      }
      // One of the two quotes belongs to the text.
      builder.scratch.append(base + from, count: at - from)
      at += 1
      from = at
    }
  }

  private func check(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) throws(RowFault) {
    var at = start
    while at < end {
      if at &+ 8 <= end {
        let word = loadWord(base + at)
        if (word | (word &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 == 0 {
          at &+= 8
          continue
        }
      }
      let byte = base[at]
      if byte == 0 { throw RowFault(.controlCharacter, at: at) }
      if byte < 0x80 {
        at += 1
        continue
      }
      if byte == 0xEF, at + 2 < end, base[at + 1] == 0xBB, base[at + 2] == 0xBF, at == start {
        throw RowFault(.byteOrderMark, at: at)
      }
      let length = utf8Length(base, at, end)
      guard length > 0 else { throw RowFault(.notUTF8, at: at) }
      at += length
    }
  }
}

func isAllASCII(_ base: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var all: UInt64 = 0
  var at = 0
  while at &+ 8 <= count {
    all |= loadWord(base + at)
    at &+= 8
  }
  while at < count {
    all |= UInt64(base[at])
    at &+= 1
  }
  return all & 0x8080_8080_8080_8080 == 0
}
