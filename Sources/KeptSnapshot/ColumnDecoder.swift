import KeptFormat

/// Collects a column from its chunks, page by page.
final class ColumnDecoder {
  private let spec: ColumnSpec
  private var int64 = FixedWidthDecoder<Int64>()
  private var int32 = FixedWidthDecoder<Int32>()
  private var double = FixedWidthDecoder<Double>()
  private var booleans: [Bool] = []
  private var strings = StringDictionary()
  private var codes: [UInt32] = []
  private var validity = Bitmap()
  /// The strings of the chunk's dictionary page among `strings`.
  private var dictionaryCodes: Range<UInt32> = 0..<0
  private var levels: [UInt32] = []
  private var indices: [UInt32] = []
  private var page: [UInt8] = []

  /// Kept writes fewer rows to a page; more is a lie that would cost memory.
  private static let pageRowCountMax = 1 << 20

  init(_ spec: ColumnSpec) { self.spec = spec }

  func finish() -> ColumnData {
    let bits = validity.setCount == validity.count ? nil : validity
    switch spec.type {
    case .int64, .timestamp, .decimal: return ColumnData(.int64(int64.values), validity: bits)
    case .int32, .date: return ColumnData(.int32(int32.values), validity: bits)
    case .double: return ColumnData(.double(double.values), validity: bits)
    case .boolean: return ColumnData(.boolean(booleans), validity: bits)
    case .string: return ColumnData(.string(StringColumn(dictionary: strings, codes: codes)))
    }
  }

  func decode(
    _ bytes: UnsafeRawBufferPointer, codec: ParquetFormat.Codec, hasDictionary: Bool, rowCount: Int
  ) throws(FormatError) {
    var offset = 0
    var rowsLeft = rowCount
    if hasDictionary {
      let header = try PageHeader(bytes, &offset, .dictionary)
      try withBody(bytes, &offset, header, codec) { (body) throws(FormatError) in
        try decodeDictionary(body, count: header.valueCount)
      }
    }
    while rowsLeft > 0 {
      let header = try PageHeader(bytes, &offset, .data)
      guard header.valueCount > 0, header.valueCount <= min(rowsLeft, Self.pageRowCountMax) else {
        throw FormatError(.invalid("a page of \(header.valueCount) rows where \(rowsLeft) are left"), offset: offset)
      }
      guard header.encoding == .plain || (header.encoding == .rleDictionary && hasDictionary) else {
        throw FormatError(.invalid("a page in an encoding without its dictionary"), offset: offset)
      }
      try withBody(bytes, &offset, header, codec) { (body) throws(FormatError) in
        try decodePage(body, rowCount: header.valueCount, isPlain: header.encoding == .plain)
      }
      rowsLeft -= header.valueCount
    }
    guard offset == bytes.count else { throw FormatError(.invalid("bytes after the last page"), offset: offset) }
  }

  /// Hands over the bytes of a page, decompressed.
  private func withBody(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ header: PageHeader, _ codec: ParquetFormat.Codec,
    _ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard header.storedByteCount <= bytes.count - offset else { throw FormatError(.truncated, offset: offset) }
    let stored = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + header.storedByteCount])
    defer { offset += header.storedByteCount }
    switch codec {
    case .uncompressed:
      guard header.byteCount == stored.count else {
        throw FormatError(.invalid("a stored page of another length than it says"), offset: offset)
      }
      try body(stored)
    case .lz4Raw:
      // A byte of LZ4 stands for at most 255.
      guard header.byteCount <= 255 * stored.count else {
        throw FormatError(.invalid("a page larger than its bytes can hold"), offset: offset)
      }
      if page.count < header.byteCount { page = [UInt8](repeating: 0, count: header.byteCount) }
      let isSound = page.withUnsafeMutableBytes {
        LZ4Block.decompress(stored, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<header.byteCount]))
      }
      guard isSound else { throw FormatError(.invalid("a page that does not decompress"), offset: offset) }
      let result: Result<Void, FormatError> = page.withUnsafeBytes { bytes in
        do throws(FormatError) {
          return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[..<header.byteCount])))
        } catch { return .failure(error) }
      }
      try result.get()
    }
  }
}

// MARK: - Pages

extension ColumnDecoder {
  private func decodeDictionary(_ body: UnsafeRawBufferPointer, count: Int) throws(FormatError) {
    switch spec.type {
    case .int64, .timestamp, .decimal: try int64.setDictionary(body, count: count)
    case .int32, .date: try int32.setDictionary(body, count: count)
    case .double: try double.setDictionary(body, count: count)
    case .boolean: throw FormatError(.invalid("a dictionary of booleans"), offset: 0)
    case .string: dictionaryCodes = try appendStrings(body, count: count)
    }
  }

  private func decodePage(_ body: UnsafeRawBufferPointer, rowCount: Int, isPlain: Bool) throws(FormatError) {
    let (presentCount, offset) = try decodeLevels(body, rowCount: rowCount)
    let values = UnsafeRawBufferPointer(rebasing: body[offset...])
    if !isPlain { try decodeIndices(values, count: presentCount) }
    let hasNulls = presentCount < rowCount
    let rowLevels = hasNulls ? levels : nil
    switch spec.type {
    case .int64, .timestamp, .decimal:
      try int64.append(isPlain ? values : nil, indices, presentCount, rowLevels, rowCount)
    case .int32, .date: try int32.append(isPlain ? values : nil, indices, presentCount, rowLevels, rowCount)
    case .double: try double.append(isPlain ? values : nil, indices, presentCount, rowLevels, rowCount)
    case .boolean: try appendBooleans(values, isPlain, presentCount, rowLevels, rowCount)
    case .string: try appendCodes(isPlain ? values : nil, presentCount, rowLevels, rowCount)
    }
    for row in 0..<rowCount { validity.append(!hasNulls || levels[row] == 1) }
  }

  /// Fills `levels`; how many rows have a value, and where the values begin.
  private func decodeLevels(
    _ body: UnsafeRawBufferPointer, rowCount: Int
  ) throws(FormatError) -> (presentCount: Int, offset: Int) {
    guard spec.isNullable else { return (rowCount, 0) }
    guard body.count >= 4 else { throw FormatError(.truncated, offset: 0) }
    let count = Int(UInt32(littleEndian: body.loadUnaligned(as: UInt32.self)))
    guard count <= body.count - 4 else { throw FormatError(.truncated, offset: 0) }
    try RunLengthHybrid.decode(
      UnsafeRawBufferPointer(rebasing: body[4..<4 + count]), width: 1, count: rowCount, into: &levels)
    var presentCount = 0
    for row in 0..<rowCount { presentCount += Int(levels[row]) }
    return (presentCount, 4 + count)
  }

  private func decodeIndices(_ values: UnsafeRawBufferPointer, count: Int) throws(FormatError) {
    guard let width = values.first else { throw FormatError(.truncated, offset: 0) }
    try RunLengthHybrid.decode(
      UnsafeRawBufferPointer(rebasing: values[1...]), width: Int(width), count: count, into: &indices)
  }

  private func appendBooleans(
    _ values: UnsafeRawBufferPointer, _ isPlain: Bool, _ presentCount: Int, _ levels: [UInt32]?, _ rowCount: Int
  ) throws(FormatError) {
    guard isPlain, values.count == (presentCount + 7) / 8 else {
      throw FormatError(.invalid("\(values.count) bytes for \(presentCount) booleans"), offset: 0)
    }
    var next = 0
    for row in 0..<rowCount {
      guard levels == nil || levels![row] == 1 else {
        booleans.append(false)
        continue
      }
      booleans.append(values[next >> 3] >> UInt8(next & 7) & 1 == 1)
      next += 1
    }
  }

  private func appendCodes(
    _ values: UnsafeRawBufferPointer?, _ presentCount: Int, _ levels: [UInt32]?, _ rowCount: Int
  ) throws(FormatError) {
    var first = dictionaryCodes.lowerBound
    if let values {
      first = try appendStrings(values, count: presentCount).lowerBound
    } else {
      let count = UInt32(dictionaryCodes.count)
      for index in 0..<presentCount where indices[index] >= count {
        throw FormatError(.invalid("entry \(indices[index]) of a dictionary of \(count)"), offset: 0)
      }
    }
    var next = 0
    for row in 0..<rowCount {
      guard levels == nil || levels![row] == 1 else {
        codes.append(StringColumn.nullCode)
        continue
      }
      codes.append(first + (values == nil ? indices[next] : UInt32(next)))
      next += 1
    }
  }

  /// Adds exactly `count` plain strings to `strings`; their codes.
  private func appendStrings(_ values: UnsafeRawBufferPointer, count: Int) throws(FormatError) -> Range<UInt32> {
    guard count >= 0, count <= values.count / 4, strings.count + count < Int(StringColumn.nullCode) else {
      throw FormatError(.invalid("\(values.count) bytes for \(count) strings"), offset: 0)
    }
    let first = UInt32(strings.count)
    var offset = 0
    for _ in 0..<count {
      guard values.count - offset >= 4 else { throw FormatError(.truncated, offset: offset) }
      let length = Int(UInt32(littleEndian: values.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      guard length <= values.count - offset - 4 else { throw FormatError(.truncated, offset: offset) }
      strings.append(UnsafeRawBufferPointer(rebasing: values[offset + 4..<offset + 4 + length]))
      offset += 4 + length
    }
    guard offset == values.count else { throw FormatError(.invalid("bytes after the last string"), offset: offset) }
    return first..<first + UInt32(count)
  }
}
