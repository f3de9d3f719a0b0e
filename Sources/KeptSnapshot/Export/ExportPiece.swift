import KeptFormat

/// Rows of one block, column by column, in the order of their positions: what a part is gathered from.
///
/// A column that no row has takes no memory.
struct ExportPiece: Sendable {
  /// Stands for NULL in `integers`.
  static let absent = Int64.min

  private(set) var rowCount = 0
  /// By `ExportColumn.rawValue`, where the column holds numbers; empty where no row has one.
  private(set) var integers = [[Int64]](repeating: [], count: ExportColumn.allCases.count)
  /// By `ExportColumn.rawValue`, where the column holds text; nil where no row has one.
  private(set) var texts = [StringColumn?](repeating: nil, count: ExportColumn.allCases.count)

  /// - Parameters:
  ///   - rows: which of the batch's, ascending.
  ///   - first: the position of the batch's first row.
  init(_ batch: EventBatch, rows: [Int], firstPosition first: UInt64) {
    rowCount = rows.count
    batch.rows.withUnsafeBufferPointer { events in
      set(.position, rows.map { Int64(first) + Int64($0) })
      set(.recorded, rows.map { events[$0].recorded })
      set(.time, rows.map { events[$0].time })
      set(.customerNumber, rows.map { Self.number(events[$0].customer) })
      set(.otherCustomerNumber, rows.map { Self.number(events[$0].otherCustomer) })
      set(.amount, rows.map { Self.micros(events[$0].amount).value })
      set(.score, rows.map { Self.micros(events[$0].score).value })
      set(.due, rows.map { events[$0].due == .absentInstant ? Self.absent : events[$0].due })
      for column in ExportColumn.allCases {
        guard let field = column.field else { continue }
        setField(column, batch, rows) { events[$0].isSealed(field) ? .absent : events[$0][field] }
      }
      setWritten(.data, rows) { row, sink in Self.appendData(batch, events[row], to: &sink) }
      setWritten(.sealed, rows) { row, sink in Self.appendSealed(batch, events[row], to: &sink) }
      setWritten(.exact, rows) { row, sink in Self.appendExact(events[row], to: &sink) }
    }
  }

  private mutating func set(_ column: ExportColumn, _ values: [Int64]) {
    if values.contains(where: { $0 != Self.absent }) { integers[column.rawValue] = values }
  }

  /// A field of the envelope. Rows of equal strings mostly share their bytes, so that few strings are looked at twice.
  private mutating func setField(
    _ column: ExportColumn, _ batch: EventBatch, _ rows: [Int], _ slice: (Int) -> ByteSlice
  ) {
    var strings = StringDictionary()
    var codeOfSlice: [UInt64: UInt32] = [:]
    var codes: [UInt32] = []
    batch.bytes.withUnsafeBytes { bytes in
      for row in rows {
        let slice = slice(row)
        guard slice.isPresent else {
          if strings.count > 0 { codes.append(StringColumn.nullCode) }
          continue
        }
        if codes.isEmpty {
          codes.reserveCapacity(rows.count)
          codes.append(contentsOf: repeatElement(StringColumn.nullCode, count: rows.firstIndex(of: row)!))
        }
        let key = UInt64(slice.offset) << 32 | UInt64(slice.count)
        if let code = codeOfSlice[key] {
          codes.append(code)
          continue
        }
        let start = Int(slice.offset)
        let code = strings.append(UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(slice.count)]))
        // Every event has an id of its own: remembering them finds none again.
        if column != .id { codeOfSlice[key] = code }
        codes.append(code)
      }
    }
    if strings.count > 0 { texts[column.rawValue] = StringColumn(dictionary: strings, codes: codes) }
  }

  /// A text that is put together; nothing written is NULL.
  private mutating func setWritten(_ column: ExportColumn, _ rows: [Int], _ write: (Int, inout ByteSink) -> Void) {
    var builder = StringColumnBuilder(rowCount: rows.count)
    var sink = ByteSink(capacity: 1_024)
    var isPresent = false
    for row in rows {
      sink.removeAll()
      write(row, &sink)
      if sink.count == 0 {
        builder.appendNull()
      } else {
        isPresent = true
        builder.append(code: builder.intern(sink.bytes()))
      }
    }
    if isPresent, case .string(let strings) = builder.finish().values { texts[column.rawValue] = strings }
  }
}

// MARK: - Values

extension ExportPiece {
  private static func number(_ customer: UInt32) -> Int64 { customer == 0 ? absent : Int64(customer) }

  /// What DECIMAL(18,6) says of a number, `absent` where there is none or it is too large, and whether that is all of it.
  private static func micros(_ number: ExactDecimal) -> (value: Int64, isExact: Bool) {
    guard number.isPresent else { return (absent, true) }
    guard let micros = number.micros, micros.magnitude < 1_000_000_000_000_000_000 else { return (absent, false) }
    return (micros, number.scale <= 6)
  }

  private static func appendExact(_ row: EventRow, to sink: inout ByteSink) {
    for (name, number) in [("amount", row.amount), ("score", row.score)] where !micros(number).isExact {
      sink.append(sink.count == 0 ? "{\"" : ",\"")
      sink.append(name)
      sink.append("\":")
      number.write(to: &sink)
    }
    if sink.count > 0 { sink.append(UInt8(ascii: "}")) }
  }

  private static func appendData(_ batch: EventBatch, _ row: EventRow, to sink: inout ByteSink) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      for place in entries(row) where batch.data[place].type != .sealed {
        let entry = batch.data[place]
        sink.append(sink.count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
        JSONText.append(base + Int(entry.key.offset), count: Int(entry.key.count), to: &sink)
        sink.append(UInt8(ascii: ":"))
        CanonicalValue.append(entry, bytes: base, to: &sink)
      }
    }
    if sink.count > 0 { sink.append(UInt8(ascii: "}")) }
  }

  private static func appendSealed(_ batch: EventBatch, _ row: EventRow, to sink: inout ByteSink) {
    for field in TextField.allCases where row.isSealed(field) {
      if sink.count > 0 { sink.append(UInt8(ascii: ",")) }
      sink.append(field.name)
    }
    for place in entries(row) where batch.data[place].type == .sealed {
      sink.append(sink.count > 0 ? ",data." : "data.")
      sink.append(batch.string(batch.data[place].key) ?? "")
    }
  }

  private static func entries(_ row: EventRow) -> Range<Int> {
    Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)
  }
}
