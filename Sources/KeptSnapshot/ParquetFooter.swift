/// The footer of a file: `FileMetaData` of parquet.thrift.
enum ParquetFooter {
  /// - Parameter chunks: with the offset in the file at which each begins; row group by row group.
  static func encode(
    _ schema: TableSchema, rowCount: Int, chunks: [(offset: Int, chunk: EncodedChunk)]
  ) -> [UInt8] {
    let columns = schema.columns
    var writer = ThriftWriter()
    writer.structureElement { file in
      file.int32(1, 2)
      file.list(2, of: .structure, [nil] + columns.map(Optional.some)) { writer, column in
        writer.structureElement { schemaElement(column, columns.count, &$0) }
      }
      file.int64(3, Int64(rowCount))
      let groups = stride(from: 0, to: chunks.count, by: columns.count).map { chunks[$0..<$0 + columns.count] }
      file.list(4, of: .structure, groups) { writer, group in
        writer.structureElement { rowGroup(group, columns, &$0) }
      }
      file.list(5, of: .structure, TableNotes.encode(schema)) { writer, note in
        writer.structureElement {
          $0.binary(1, note.key.utf8)
          $0.binary(2, note.value.utf8)
        }
      }
      file.binary(6, ParquetFormat.createdBy.utf8)
      // TYPE_ORDER for every column: without it readers must not trust bounds of strings.
      file.list(7, of: .structure, columns) { writer, _ in
        writer.structureElement { $0.structure(1) { _ in } }
      }
    }
    return writer.bytes
  }

  /// A column, or the root for nil.
  private static func schemaElement(_ column: ColumnSpec?, _ columnCount: Int, _ element: inout ThriftWriter) {
    guard let column else {
      element.binary(4, "schema".utf8)
      element.int32(5, Int64(columnCount))
      return
    }
    element.int32(1, column.type.physicalType.rawValue)
    element.int32(3, column.repetition.rawValue)
    element.binary(4, column.name.utf8)
    if let converted = column.type.convertedType { element.int32(6, converted.rawValue) }
    if column.type == .decimal {
      element.int32(7, Int64(ParquetFormat.decimalScale))
      element.int32(8, Int64(ParquetFormat.decimalPrecision))
    }
    guard let logical = column.type.logicalTypeField else { return }
    element.structure(10) {
      $0.structure(logical) { type in
        switch column.type {
        case .timestamp:
          type.bool(1, true)
          // The unit MICROS: a union of structures without fields.
          type.structure(2) { $0.structure(2) { _ in } }
        case .decimal:
          type.int32(1, Int64(ParquetFormat.decimalScale))
          type.int32(2, Int64(ParquetFormat.decimalPrecision))
        case .string, .date, .int64, .int32, .double, .boolean: break
        }
      }
    }
  }

  private static func rowGroup(
    _ group: ArraySlice<(offset: Int, chunk: EncodedChunk)>, _ columns: [ColumnSpec], _ writer: inout ThriftWriter
  ) {
    let pairs = zip(group, columns).map { (offset: $0.offset, chunk: $0.chunk, spec: $1) }
    writer.list(1, of: .structure, pairs) { writer, pair in
      writer.structureElement {
        $0.int64(2, Int64(pair.offset))
        $0.structure(3) { columnMetadata(pair.chunk, pair.spec, pair.offset, &$0) }
      }
    }
    writer.int64(2, pairs.reduce(0) { $0 + Int64($1.chunk.uncompressedByteCount) })
    writer.int64(3, Int64(pairs[0].chunk.rowCount))
    writer.int64(5, Int64(pairs[0].offset))
    writer.int64(6, pairs.reduce(0) { $0 + Int64($1.chunk.storedByteCount) })
  }

  private static func columnMetadata(
    _ chunk: EncodedChunk, _ spec: ColumnSpec, _ offset: Int, _ writer: inout ThriftWriter
  ) {
    var encodings: [ParquetFormat.Encoding] = [.plain, .rle]
    if chunk.dictionaryByteCount > 0 { encodings.append(.rleDictionary) }
    writer.int32(1, spec.type.physicalType.rawValue)
    writer.list(2, of: .int32, encodings) { $0.int32Element($1.rawValue) }
    writer.list(3, of: .binary, [spec.name]) { $0.binaryElement($1.utf8) }
    writer.int32(4, chunk.codec.rawValue)
    writer.int64(5, Int64(chunk.rowCount))
    writer.int64(6, Int64(chunk.uncompressedByteCount))
    writer.int64(7, Int64(chunk.storedByteCount))
    writer.int64(9, Int64(offset + chunk.dictionaryByteCount))
    if chunk.dictionaryByteCount > 0 { writer.int64(11, Int64(offset)) }
    writer.structure(12) { statistics in
      statistics.int64(3, Int64(chunk.statistics.nullCount))
      if let maximum = chunk.statistics.maximum { statistics.binary(5, maximum) }
      if let minimum = chunk.statistics.minimum { statistics.binary(6, minimum) }
      if chunk.statistics.maximum != nil { statistics.bool(7, chunk.statistics.isMaximumExact) }
      if chunk.statistics.minimum != nil { statistics.bool(8, chunk.statistics.isMinimumExact) }
    }
  }
}

extension ColumnSpec {
  var repetition: ParquetFormat.Repetition { isNullable ? .optional : .required }
}
