import KeptFormat

/// What stands before the bytes of a page: `PageHeader` of parquet.thrift, as far as Kept writes it.
struct PageHeader {
  var byteCount: Int
  var storedByteCount: Int
  /// Rows of a data page, entries of a dictionary page.
  var valueCount: Int
  var encoding: ParquetFormat.Encoding

  /// Reads the header at `offset` and moves `offset` to the page's bytes.
  init(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ type: ParquetFormat.PageType) throws(FormatError) {
    var reader = ThriftReader(bytes, at: offset)
    let header = try reader.structure()
    let details = type == .dictionary ? header[7] : header[5]
    guard header[1]?.int == type.rawValue, let details,
      let byteCount = header[2]?.int, byteCount >= 0, byteCount <= Int32.max,
      let storedByteCount = header[3]?.int, storedByteCount >= 0, storedByteCount <= Int32.max,
      let valueCount = details[1]?.int, valueCount >= 0, valueCount <= Int32.max,
      let encoding = details[2]?.int.flatMap(ParquetFormat.Encoding.init)
    else { throw FormatError(.invalid("not the header of a \(type) page"), offset: offset) }
    self.byteCount = Int(byteCount)
    self.storedByteCount = Int(storedByteCount)
    self.valueCount = Int(valueCount)
    self.encoding = encoding
    offset = reader.offset
  }
}
