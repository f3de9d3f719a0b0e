/// One stored column of a block.
public struct ColumnEntry: Sendable, Equatable {
  public var code: ColumnCode
  /// What the values of a `data` column are; nil for other columns.
  public var type: DataType?
  /// The key of a `data` column, else empty.
  public var key: String
  /// From the first byte of the block.
  public var offset: Int
  public var byteCount: Int
  public var checksum: UInt32

  public var name: String { code == .data ? "data.\(key)" : code.name }
}

/// A kind of the block with the number of its events.
public struct KindCount: Sendable, Equatable {
  public var kind: String
  public var count: Int
}

/// What a block says about itself, without a column being read. Layout: LogFormat, "Block header".
public struct BlockHeader: Sendable, Equatable {
  public var byteCount = 0
  public var headerByteCount = 0
  public var firstPosition: UInt64 = 0
  public var count = 0
  public var timeMin: Instant = 0
  public var timeMax: Instant = 0
  public var recordedMin: Instant = 0
  public var recordedMax: Instant = 0
  public var subtreeRoot = Digest()
  /// The lowest and highest ledger number among the customers and other customers; 0, 0 where there is none.
  public var customerMin: UInt32 = 0
  public var customerMax: UInt32 = 0
  /// By kind code; `kinds[0]` has code 1, since 0 is "absent".
  public var kinds: [KindCount] = []
  /// In the order of their bytes.
  public var columns: [ColumnEntry] = []

  public init() {}

  public func column(_ code: ColumnCode) -> ColumnEntry? { columns.first { $0.code == code } }

  /// Reads the two lengths of a header from the first `LogFormat.blockPrefixByteCount` bytes of a block.
  ///
  /// They are not yet covered by a checksum: `headerByteCount` is bounded, so that it may be read, `byteCount` only by
  /// what the caller knows of its file.
  public static func lengths(
    _ bytes: UnsafeRawBufferPointer
  ) throws(FormatError) -> (headerByteCount: Int, byteCount: Int) {
    var reader = ByteReader(bytes)
    try checkMagic(&reader)
    let headerByteCount = Int(try reader.fixed(UInt32.self))
    let byteCount = try reader.fixed(UInt64.self)
    guard headerByteCount > LogFormat.blockFixedByteCount + 4, headerByteCount <= LogFormat.headerByteCountMax else {
      throw FormatError(.invalid("a block header of \(headerByteCount) bytes"), offset: 12)
    }
    guard byteCount >= UInt64(headerByteCount), byteCount <= UInt64(UInt32.max) else {
      throw FormatError(.invalid("a block of \(byteCount) bytes"), offset: 16)
    }
    return (headerByteCount, Int(byteCount))
  }

  private static func checkMagic(_ reader: inout ByteReader) throws(FormatError) {
    let magic = try reader.fixed(UInt64.self)
    guard magic == blockMagicNumber else { throw FormatError(.invalid("not the start of a block"), offset: 0) }
    let version = try reader.fixed(UInt32.self)
    guard version == LogFormat.blockVersion else {
      throw FormatError(.unknown("block version", UInt64(version)), offset: 8)
    }
  }

  /// `LogFormat.blockMagic` as it is read.
  private static let blockMagicNumber = UInt64(
    littleEndian: UnsafeRawPointer(LogFormat.blockMagic.utf8Start).loadUnaligned(as: UInt64.self))

  /// Reads a header from the start of `bytes`, which hold at least all of it.
  public static func parse(_ bytes: UnsafeRawBufferPointer) throws(FormatError) -> BlockHeader {
    var header = BlockHeader()
    (header.headerByteCount, header.byteCount) = try lengths(bytes)
    guard bytes.count >= header.headerByteCount else { throw FormatError(.truncated, offset: bytes.count) }
    let checkedByteCount = header.headerByteCount - 4
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: checkedByteCount, as: UInt32.self))
    let computed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<checkedByteCount]))
    guard stored == computed else {
      throw FormatError(.checksumMismatch(stored: stored, computed: computed), offset: checkedByteCount)
    }
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<checkedByteCount]))
    try reader.seek(to: 24)
    header.firstPosition = try reader.fixed()
    header.count = Int(try reader.fixed(UInt32.self))
    guard 1...LogFormat.blockEventCount ~= header.count else {
      throw FormatError(.invalid("a block of \(header.count) events"), offset: 32)
    }
    let columnCount = Int(try reader.fixed(UInt32.self))
    guard columnCount <= LogFormat.columnCountMax else {
      throw FormatError(.invalid("\(columnCount) columns"), offset: 36)
    }
    header.timeMin = try reader.fixed()
    header.timeMax = try reader.fixed()
    header.recordedMin = try reader.fixed()
    header.recordedMax = try reader.fixed()
    header.subtreeRoot = try reader.digest()
    header.customerMin = try reader.fixed()
    header.customerMax = try reader.fixed()
    for offset in LogFormat.blockReservedOffset..<LogFormat.blockFixedByteCount where bytes[offset] != 0 {
      throw FormatError(.invalid("a reserved byte that is not zero"), offset: offset)
    }
    try reader.seek(to: LogFormat.blockFixedByteCount)
    try header.readKinds(&reader)
    try header.readColumns(&reader, columnCount)
    guard reader.isAtEnd else { throw reader.failure(.invalid("bytes after the directory")) }
    return header
  }

  private mutating func readKinds(_ reader: inout ByteReader) throws(FormatError) {
    let kindCount = try reader.count(atMost: count, "the number of kinds")
    for _ in 0..<kindCount {
      let length = try reader.count(atMost: reader.remaining, "a kind's length")
      let kind = try reader.string(length)
      kinds.append(KindCount(kind: kind, count: try reader.count(atMost: count, "the events of a kind")))
    }
  }

  private mutating func readColumns(_ reader: inout ByteReader, _ columnCount: Int) throws(FormatError) {
    var expected = headerByteCount
    var seen: Set<UInt8> = []
    for _ in 0..<columnCount {
      let start = reader.offset
      let code = ColumnCode(rawValue: try reader.byte())
      guard code.isKnown else { throw FormatError(.unknown("column", UInt64(code.rawValue)), offset: start) }
      guard code == .data || seen.insert(code.rawValue).inserted else {
        throw FormatError(.invalid("column \(code.name) twice"), offset: start)
      }
      let typeNumber = try reader.byte()
      let type = DataType(rawValue: typeNumber)
      guard code == .data ? type != nil : typeNumber == 0 else {
        throw FormatError(.unknown("type of column \(code.name)", UInt64(typeNumber)), offset: start + 1)
      }
      let key = try reader.string(try reader.count(atMost: code == .data ? LogFormat.keyByteCountMax : 0, "a key"))
      let offset = try reader.count(atMost: byteCount, "a column's offset")
      let columnByteCount = try reader.count(atMost: byteCount - offset, "a column's length")
      // Back to back, so that no byte is left without a checksum.
      guard offset == expected else { throw FormatError(.invalid("columns that are not back to back"), offset: start) }
      expected += columnByteCount
      columns.append(
        ColumnEntry(
          code: code, type: code == .data ? type : nil, key: key, offset: offset, byteCount: columnByteCount,
          checksum: try reader.fixed()))
    }
    guard expected == byteCount else { throw reader.failure(.invalid("bytes after the last column")) }
  }

  /// The bytes of the header, for columns whose offsets count from the end of the header.
  ///
  /// Fills in `headerByteCount`, `byteCount` and the final offsets.
  mutating func finish() -> ByteSink {
    // Offsets are varints, so the header's length depends on them and they on it: a few rounds settle it.
    let payloadByteCount = columns.last.map { $0.offset + $0.byteCount } ?? 0
    let relative = columns.map(\.offset)
    headerByteCount = LogFormat.blockFixedByteCount
    while true {
      for i in columns.indices { columns[i].offset = relative[i] + headerByteCount }
      byteCount = headerByteCount + payloadByteCount
      let sink = serialized()
      if sink.count == headerByteCount { return sink }
      headerByteCount = sink.count
    }
  }

  private func serialized() -> ByteSink {
    var sink = ByteSink(capacity: 4_096)
    sink.append(LogFormat.blockMagic)
    sink.append(fixed: LogFormat.blockVersion)
    sink.append(fixed: UInt32(headerByteCount))
    sink.append(fixed: UInt64(byteCount))
    sink.append(fixed: firstPosition)
    sink.append(fixed: UInt32(count))
    sink.append(fixed: UInt32(columns.count))
    sink.append(fixed: timeMin)
    sink.append(fixed: timeMax)
    sink.append(fixed: recordedMin)
    sink.append(fixed: recordedMax)
    sink.append(subtreeRoot)
    sink.append(fixed: customerMin)
    sink.append(fixed: customerMax)
    sink.append(zeros: LogFormat.blockFixedByteCount - LogFormat.blockReservedOffset)
    sink.append(varint: kinds.count)
    for kind in kinds {
      sink.append(varint: kind.kind.utf8.count)
      sink.append(kind.kind)
      sink.append(varint: kind.count)
    }
    for column in columns {
      sink.append(column.code.rawValue)
      sink.append(column.type?.rawValue ?? 0)
      sink.append(varint: column.key.utf8.count)
      sink.append(column.key)
      sink.append(varint: column.offset)
      sink.append(varint: column.byteCount)
      sink.append(fixed: column.checksum)
    }
    let checksum = sink.withUnsafeBytes { CRC32C.checksum($0) }
    sink.append(fixed: checksum)
    return sink
  }
}
