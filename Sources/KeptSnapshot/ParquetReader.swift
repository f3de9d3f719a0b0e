import KeptFormat

/// Reads Parquet files that Kept wrote, and no others: an unknown type, codec or encoding is an error that names it.
///
/// Nothing in a file is trusted: whatever its bytes are, reading ends with a table or an error, and memory is only
/// taken for what the bytes can hold.
public struct ParquetReader {
  /// Where each column chunk is.
  private struct Chunk {
    var offset: Int
    var byteCount: Int
    var hasDictionary: Bool
    var codec: ParquetFormat.Codec
  }

  private struct RowGroup {
    var rowCount: Int
    var chunks: [Chunk]
  }

  public let schema: TableSchema
  public let rowCount: Int
  private let groups: [RowGroup]
  private let read: (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) throws -> Void

  /// Opens a file of `byteCount` bytes through `read`, which fills its buffer with the bytes from `offset` on.
  ///
  /// - Throws: `FormatError` with an offset into the file or, within a page, into that page; what `read` throws.
  public init(
    byteCount: Int, read: @escaping (_ offset: Int, _ target: UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    self.read = read
    let (footer, footerOffset) = try Self.footer(byteCount, read)
    let metadata = try footer.withUnsafeBytes { bytes throws(FormatError) in
      var reader = ThriftReader(bytes)
      let value = try reader.structure()
      guard reader.offset == bytes.count else {
        throw FormatError(.invalid("bytes after the metadata"), offset: reader.offset)
      }
      return value
    }
    let columns = try Self.columns(metadata)
    let notes = (metadata[5]?.list ?? []).compactMap { note in note[1]?.string.map { ($0, note[2]?.string ?? "") } }
    schema = TableNotes.decode(Dictionary(notes, uniquingKeysWith: { first, _ in first }), columns: columns)
    groups = try (metadata[4]?.list ?? []).map { try Self.rowGroup($0, columns, footerOffset) }
    let (total, isTooLarge) = groups.reduce((0, false)) { sum, group in
      let (next, overflow) = sum.0.addingReportingOverflow(group.rowCount)
      return (next, sum.1 || overflow)
    }
    guard !isTooLarge, let stated = metadata[3]?.int, stated == Int64(total) else {
      throw FormatError(.invalid("row groups do not add up to the rows of the file"), offset: footerOffset)
    }
    rowCount = total
  }

  /// Opens a file in memory.
  public init(_ bytes: [UInt8]) throws {
    try self.init(byteCount: bytes.count) { offset, target in
      bytes.withUnsafeBytes { bytes in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + target.count]))
      }
    }
  }

  /// All columns, or those named, in the order of the file.
  public func table(columns names: Set<String>? = nil) throws -> Table {
    let wanted = schema.columns.indices.filter { names?.contains(schema.columns[$0].name) ?? true }
    var wantedSchema = schema
    wantedSchema.columns = wanted.map { schema.columns[$0] }
    return Table(schema: wantedSchema, columns: try wanted.map(column))
  }

  private func column(_ index: Int) throws -> ColumnData {
    let decoder = ColumnDecoder(schema.columns[index])
    for group in groups {
      let chunk = group.chunks[index]
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk.byteCount, alignment: 16)
      defer { bytes.deallocate() }
      try read(chunk.offset, bytes)
      try decoder.decode(
        UnsafeRawBufferPointer(bytes), codec: chunk.codec, hasDictionary: chunk.hasDictionary, rowCount: group.rowCount)
    }
    return decoder.finish()
  }
}

// MARK: - Footer

extension ParquetReader {
  private static func footer(
    _ byteCount: Int, _ read: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> (bytes: [UInt8], offset: Int) {
    let magicCount = ParquetFormat.magic.count
    guard byteCount >= 2 * magicCount + 4 else {
      throw FormatError(.invalid("\(byteCount) bytes are too few for a Parquet file"), offset: 0)
    }
    let head = try bytes(at: 0, count: magicCount, read)
    guard head == ParquetFormat.magic else { throw FormatError(.invalid("not a Parquet file"), offset: 0) }
    let tail = try bytes(at: byteCount - magicCount - 4, count: magicCount + 4, read)
    guard Array(tail[4...]) == ParquetFormat.magic else {
      throw FormatError(.invalid("no PAR1 at the end: cut short or no Parquet file"), offset: byteCount - magicCount)
    }
    let footerCount = Int(tail[0]) | Int(tail[1]) << 8 | Int(tail[2]) << 16 | Int(tail[3]) << 24
    guard footerCount <= byteCount - 2 * magicCount - 4 else {
      throw FormatError(.invalid("a footer of \(footerCount) bytes does not fit"), offset: byteCount - magicCount - 4)
    }
    let offset = byteCount - magicCount - 4 - footerCount
    return (try bytes(at: offset, count: footerCount, read), offset)
  }

  private static func bytes(
    at offset: Int, count: Int, _ read: (Int, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      try read(offset, UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
      initializedCount = count
    }
  }

  private static func columns(_ metadata: ThriftValue) throws(FormatError) -> [ColumnSpec] {
    guard let elements = metadata[2]?.list, let root = elements.first,
      root[5]?.int == Int64(elements.count - 1), elements.count > 1
    else { throw FormatError(.invalid("the schema is not a flat list of columns"), offset: 0) }
    var columns: [ColumnSpec] = []
    for element in elements.dropFirst() {
      guard let name = element[4]?.string, let repetition = element[3]?.int.flatMap(ParquetFormat.Repetition.init)
      else { throw FormatError(.invalid("a column without a name, or repeated"), offset: 0) }
      guard let type = ColumnType.allCases.first(where: { $0.describes(element) }) else {
        throw FormatError(.invalid("column \(name) is of a type that Kept does not write"), offset: 0)
      }
      columns.append(ColumnSpec(name, type, isNullable: repetition == .optional))
    }
    return columns
  }

  private static func rowGroup(
    _ group: ThriftValue, _ columns: [ColumnSpec], _ footerOffset: Int
  ) throws(FormatError) -> RowGroup {
    func failure(_ reason: String) -> FormatError { FormatError(.invalid(reason), offset: footerOffset) }
    guard let chunks = group[1]?.list, chunks.count == columns.count,
      let rowCount = group[3]?.int.flatMap(Int.init(exactly:)), rowCount > 0
    else { throw failure("a row group without its columns or rows") }
    var result = RowGroup(rowCount: rowCount, chunks: [])
    for (chunk, column) in zip(chunks, columns) {
      guard let metadata = chunk[3], let dataOffset = metadata[9]?.int, let byteCount = metadata[7]?.int,
        let codecNumber = metadata[4]?.int
      else { throw failure("column \(column.name) without its place in the file") }
      guard let codec = ParquetFormat.Codec(rawValue: codecNumber) else {
        throw failure("column \(column.name) is compressed with codec \(codecNumber), which Kept does not write")
      }
      let offset = metadata[11]?.int ?? dataOffset
      guard offset >= 4, byteCount > 0, offset <= Int64(footerOffset), byteCount <= Int64(footerOffset) - offset else {
        throw failure("column \(column.name) lies outside the file")
      }
      result.chunks.append(
        Chunk(offset: Int(offset), byteCount: Int(byteCount), hasDictionary: metadata[11] != nil, codec: codec))
    }
    return result
  }
}

extension ColumnType {
  /// Whether a schema element says what `ParquetFooter` writes for this type.
  func describes(_ element: ThriftValue) -> Bool {
    element[1]?.int == physicalType.rawValue && element[6]?.int == convertedType?.rawValue
      && (self != .decimal
        || element[7]?.int == Int64(ParquetFormat.decimalScale)
          && element[8]?.int == Int64(ParquetFormat.decimalPrecision))
  }
}
