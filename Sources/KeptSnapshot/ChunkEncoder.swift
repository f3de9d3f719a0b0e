import KeptFormat

/// What the footer says about the pages of one column in one row group.
struct EncodedChunk: Sendable {
  var rowCount: Int
  var codec: ParquetFormat.Codec
  /// Bytes of the dictionary page with its header, 0 where values stand for themselves.
  var dictionaryByteCount: Int
  /// Bytes of all pages with their headers, as stored.
  var storedByteCount = 0
  /// With page headers, as `total_uncompressed_size` counts.
  var uncompressedByteCount: Int
  var statistics: ColumnStatistics
}

/// Encodes column chunks one after another, with memory that it keeps.
///
/// The steps: leave out NULLs; bounds; a dictionary where it pays; pages; LZ4 where the first page shows a gain. What
/// comes out depends on the rows alone, never on what was encoded before.
final class ChunkEncoder {
  private let layout: ParquetLayout
  private var present = PageBuffer()
  private var plain = PageBuffer()
  private var validity = PageBuffer()
  private var dictionary = DictionaryBuilder()
  private let compressor = PageCompressor()
  private var body = PageBuffer()
  private var compressed = PageBuffer()
  private var output = PageMemory()

  init(layout: ParquetLayout) { self.layout = layout }

  /// What the values of a chunk's data pages are made from.
  private enum PageSource {
    /// Little-endian values of `width` bytes.
    case fixed(UnsafeRawPointer, width: Int)
    case booleans(UnsafePointer<Bool>)
    /// Plain-encoded, one after another.
    case strings(UnsafeMutableRawPointer)
    /// Codes into the dictionary page.
    case codes(UnsafePointer<UInt32>, width: Int)

    /// How far the values are written; `offset` counts the bytes of strings.
    struct Position {
      var index = 0
      var offset = 0
    }
  }

  /// Writes the pages of a chunk to `memory`.
  ///
  /// - Precondition: `rows` starts at a multiple of 64 and is not empty.
  /// - Throws: `SnapshotError.decimalOutOfRange` where a decimal has more than 18 digits.
  func encode(
    _ column: ColumnData, spec: ColumnSpec, rows: Range<Int>, to memory: PageMemory
  ) throws(SnapshotError) -> EncodedChunk {
    precondition(rows.lowerBound % 64 == 0 && !rows.isEmpty)
    output = memory
    output.buffer.count = 0
    dictionary.reset()
    let presentCount = gatherValidity(column, isNullable: spec.isNullable, rows)
    switch column.values {
    case .int64(let values):
      return try values.withUnsafeBufferPointer { (values) throws(SnapshotError) in
        let values = compact(values, rows, presentCount)
        var statistics = ColumnStatistics(nullCount: rows.count - presentCount)
        statistics.setBounds(values)
        if spec.type == .decimal { try checkDecimals(values, spec) }
        return encodeFixed(values, as: UInt64.self, spec, rows.count, statistics)
      }
    case .int32(let values):
      return values.withUnsafeBufferPointer { values in
        let values = compact(values, rows, presentCount)
        var statistics = ColumnStatistics(nullCount: rows.count - presentCount)
        statistics.setBounds(values)
        return encodeFixed(values, as: UInt32.self, spec, rows.count, statistics)
      }
    case .double(let values):
      return values.withUnsafeBufferPointer { values in
        let values = compact(values, rows, presentCount)
        var statistics = ColumnStatistics(nullCount: rows.count - presentCount)
        statistics.setBounds(doubles: values)
        return encodeFixed(values, as: UInt64.self, spec, rows.count, statistics)
      }
    case .boolean(let values):
      return values.withUnsafeBufferPointer { values in
        let values = compact(values, rows, presentCount)
        var statistics = ColumnStatistics(nullCount: rows.count - presentCount)
        statistics.setBounds(booleans: values)
        let source = PageSource.booleans(values.baseAddress!)
        return writePages(source, spec, rows.count, presentCount, layout.pageRowCount, statistics)
      }
    case .string(let strings):
      return strings.codes.withUnsafeBufferPointer { codes in
        strings.dictionary.withPointers { pointers in
          encodeStrings(compact(codes, rows, presentCount), pointers, spec, rows.count)
        }
      }
    }
  }

  private func encodeFixed<Value, Pattern: FixedWidthInteger & UnsignedInteger>(
    _ values: UnsafeBufferPointer<Value>, as type: Pattern.Type, _ spec: ColumnSpec, _ rowCount: Int,
    _ statistics: ColumnStatistics
  ) -> EncodedChunk {
    let base = UnsafeRawPointer(values.baseAddress!)
    let patterns = UnsafeBufferPointer(start: base.assumingMemoryBound(to: Pattern.self), count: values.count)
    let source: PageSource =
      if dictionary.build(patterns) {
        .codes(dictionary.codes, width: RunLengthHybrid.bitWidth(codeCount: dictionary.count))
      } else {
        .fixed(base, width: MemoryLayout<Pattern>.size)
      }
    return writePages(source, spec, rowCount, values.count, layout.pageRowCount, statistics)
  }

  private func encodeStrings(
    _ codes: UnsafeBufferPointer<UInt32>, _ strings: StringPointers, _ spec: ColumnSpec, _ rowCount: Int
  ) -> EncodedChunk {
    var statistics = ColumnStatistics(nullCount: rowCount - codes.count)
    plain.count = 0
    guard !codes.isEmpty else {
      return writePages(.strings(plain.base), spec, rowCount, 0, layout.pageRowCount, statistics)
    }
    if let bounds = dictionary.build(codes, strings) {
      statistics.setBounds(low: strings[bounds.lowest], high: strings[bounds.highest])
      let width = RunLengthHybrid.bitWidth(codeCount: dictionary.count)
      let source = PageSource.codes(dictionary.codes, width: width)
      return writePages(source, spec, rowCount, codes.count, layout.pageRowCount, statistics)
    }
    // Strings are fetched once, wherever they are; the pages are then cut from these bytes.
    let bounds = strings.append(codes, to: &plain)
    statistics.setBounds(low: strings[bounds.lowest], high: strings[bounds.highest])
    let fitting = layout.pageByteCount / max(1, plain.count / codes.count)
    let pageRowCount = min(layout.pageRowCount, max(64, fitting / 64 * 64))
    return writePages(.strings(plain.base), spec, rowCount, codes.count, pageRowCount, statistics)
  }

  private func checkDecimals(_ values: UnsafeBufferPointer<Int64>, _ spec: ColumnSpec) throws(SnapshotError) {
    if values.contains(where: { $0.magnitude >= 1_000_000_000_000_000_000 }) {
      throw .decimalOutOfRange(column: spec.name)
    }
  }
}

// MARK: - NULLs

extension ChunkEncoder {
  /// Brings the bits of `rows` to `validity`, where the column may have NULLs, and counts them.
  private func gatherValidity(_ column: ColumnData, isNullable: Bool, _ rows: Range<Int>) -> Int {
    validity.count = 0
    guard isNullable else { return rows.count }
    let wordCount = (rows.count + 63) / 64
    validity.reserve(wordCount * 8)
    let words = validity.base.assumingMemoryBound(to: UInt64.self)
    if case .string(let strings) = column.values {
      strings.codes.withUnsafeBufferPointer { codes in
        for word in 0..<wordCount {
          let start = rows.lowerBound + word * 64
          var bits: UInt64 = 0
          for bit in 0..<min(64, rows.upperBound - start) where codes[start + bit] != StringColumn.nullCode {
            bits |= 1 << UInt64(bit)
          }
          words[word] = bits
        }
      }
    } else if let bits = column.validity {
      for word in 0..<wordCount { words[word] = bits.words[rows.lowerBound / 64 + word] }
    } else {
      return rows.count
    }
    validity.count = wordCount * 8
    var presentCount = 0
    for word in 0..<wordCount { presentCount += words[word].nonzeroBitCount }
    return presentCount
  }

  /// The values that are there, side by side; the rows themselves where none is NULL.
  private func compact<Value: BitwiseCopyable>(
    _ values: UnsafeBufferPointer<Value>, _ rows: Range<Int>, _ presentCount: Int
  ) -> UnsafeBufferPointer<Value> {
    let source = values.baseAddress! + rows.lowerBound
    guard presentCount < rows.count else { return UnsafeBufferPointer(start: source, count: rows.count) }
    present.count = 0
    present.reserve(max(1, presentCount) * MemoryLayout<Value>.stride)
    let target = present.base.bindMemory(to: Value.self, capacity: max(1, presentCount))
    let words = validity.base.assumingMemoryBound(to: UInt64.self)
    var count = 0
    for word in 0..<(rows.count + 63) / 64 {
      var bits = words[word]
      while bits != 0 {
        target[count] = source[word * 64 + bits.trailingZeroBitCount]
        count += 1
        bits &= bits - 1
      }
    }
    return UnsafeBufferPointer(start: target, count: presentCount)
  }
}

// MARK: - Pages

extension ChunkEncoder {
  private func writePages(
    _ source: PageSource, _ spec: ColumnSpec, _ rowCount: Int, _ presentCount: Int, _ pageRowCount: Int,
    _ statistics: ColumnStatistics
  ) -> EncodedChunk {
    var chunk = EncodedChunk(
      rowCount: rowCount, codec: .uncompressed, dictionaryByteCount: 0, uncompressedByteCount: 0,
      statistics: statistics)
    let encoding: ParquetFormat.Encoding = if case .codes = source { .rleDictionary } else { .plain }
    var values = PageSource.Position()
    for start in stride(from: 0, to: rowCount, by: pageRowCount) {
      let pageRows = start..<min(start + pageRowCount, rowCount)
      body.count = 0
      let pagePresentCount = appendLevels(pageRows, isNullable: spec.isNullable)
      let page = page(source, &values, count: pagePresentCount)
      if start == 0 {
        chunk.codec = isWorthCompressing(page) ? .lz4Raw : .uncompressed
        if encoding == .rleDictionary {
          writePage(.dictionary, dictionary.page.bytes, &chunk) { page in
            page.structure(7) {
              $0.int32(1, Int64(dictionary.count))
              $0.int32(2, ParquetFormat.Encoding.plain.rawValue)
            }
          }
          chunk.dictionaryByteCount = output.buffer.count
        }
      }
      writePage(.data, page, &chunk) { page in
        page.structure(5) {
          $0.int32(1, Int64(pageRows.count))
          $0.int32(2, encoding.rawValue)
          $0.int32(3, ParquetFormat.Encoding.rle.rawValue)
          $0.int32(4, ParquetFormat.Encoding.rle.rawValue)
        }
      }
    }
    precondition(values.index == presentCount, "\(spec.name): \(values.index) values written of \(presentCount)")
    return chunk
  }

  /// Definition levels with their length, where the column may have NULLs; how many values the page has.
  private func appendLevels(_ rows: Range<Int>, isNullable: Bool) -> Int {
    guard isNullable else { return rows.count }
    var presentCount = rows.count
    let words = validity.base.assumingMemoryBound(to: UInt64.self) + rows.lowerBound / 64
    if validity.count > 0 {
      presentCount = 0
      for word in 0..<(rows.count + 63) / 64 { presentCount += words[word].nonzeroBitCount }
    }
    body.append(littleEndian: 0)
    RunLengthHybrid.appendLevels(words, rowCount: rows.count, presentCount: presentCount, to: &body)
    body.base.storeBytes(of: UInt32(body.count - 4).littleEndian, as: UInt32.self)
    return presentCount
  }

  /// The bytes of a page: what is in `body` already and the next `count` values; where there is nothing in `body` and
  /// the values stand somewhere as they should, those bytes themselves.
  private func page(_ source: PageSource, _ position: inout PageSource.Position, count: Int) -> UnsafeRawBufferPointer {
    let first = position.index
    position.index += count
    switch source {
    case .fixed(let base, let width):
      return page(UnsafeRawBufferPointer(start: base + first * width, count: count * width))
    case .strings(let base):
      let start = position.offset
      for _ in 0..<count {
        let length = base.loadUnaligned(fromByteOffset: position.offset, as: UInt32.self)
        position.offset += 4 + Int(UInt32(littleEndian: length))
      }
      return page(UnsafeRawBufferPointer(start: base + start, count: position.offset - start))
    case .booleans(let base):
      for start in stride(from: first, to: position.index, by: 8) {
        var byte: UInt8 = 0
        for index in start..<min(start + 8, position.index) where base[index] { byte |= 1 << UInt8(index - start) }
        body.append(byte)
      }
    case .codes(let codes, let width):
      body.append(UInt8(width))
      RunLengthHybrid.append(UnsafeBufferPointer(start: codes + first, count: count), width: width, to: &body)
    }
    return body.bytes
  }

  private func page(_ values: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard body.count > 0 else { return values }
    body.append(values)
    return body.bytes
  }

  /// LZ4 costs a reader little but not nothing: it must save a twentieth of the first page.
  private func isWorthCompressing(_ page: UnsafeRawBufferPointer) -> Bool {
    compressed.count = 0
    compressed.reserve(page.count)
    let room = UnsafeMutableRawBufferPointer(start: compressed.base, count: page.count * 19 / 20)
    return compressor.compress(page, into: room) != nil
  }

  private func compress(_ bytes: UnsafeRawBufferPointer) {
    compressed.count = 0
    compressed.reserve(LZ4Block.bound(bytes.count))
    let room = UnsafeMutableRawBufferPointer(start: compressed.base, count: compressed.capacity)
    guard let count = compressor.compress(bytes, into: room) else { preconditionFailure("LZ4 outgrew its bound") }
    compressed.count = count
  }

  private func writePage(
    _ type: ParquetFormat.PageType, _ bytes: UnsafeRawBufferPointer, _ chunk: inout EncodedChunk,
    _ details: (inout ThriftWriter) -> Void
  ) {
    if chunk.codec == .lz4Raw { compress(bytes) }
    let stored = chunk.codec == .lz4Raw ? compressed.bytes : bytes
    var header = ThriftWriter()
    header.structureElement {
      $0.int32(1, type.rawValue)
      $0.int32(2, Int64(bytes.count))
      $0.int32(3, Int64(stored.count))
      details(&$0)
    }
    output.buffer.append(header.bytes)
    output.buffer.append(stored)
    chunk.storedByteCount = output.buffer.count
    chunk.uncompressedByteCount += header.bytes.count + bytes.count
  }
}
