import KeptFormat

/// Tables as text: exact decimals, instants as RFC 3339 in UTC, days as `2024-03-31`.
public struct TableText {
  public enum Format: String, Sendable, CaseIterable {
    /// Aligned columns for a terminal; control characters are shown, not sent, and doubles cut to six decimals.
    case table
    /// RFC 4180 with a header and CRLF. NULL is an empty field, an empty string is `""`.
    case csv
    /// A JSON object a line, its keys in the order of the columns. NULL is `null`.
    case jsonl
  }

  private let table: Table
  private let emit: (UnsafeRawBufferPointer) throws -> Void
  private static let pieceByteCount = 1 << 16

  /// - Parameter emit: is handed the text in pieces.
  public static func write(
    _ table: Table, as format: Format, emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try withoutActuallyEscaping(emit) { emit in
      let text = TableText(table: table, emit: emit)
      switch format {
      case .table: try text.writeAligned()
      case .csv: try text.writeCSV()
      case .jsonl: try text.writeJSONLines()
      }
    }
  }

  public static func string(_ table: Table, as format: Format) -> String {
    var text: [UInt8] = []
    do {
      try write(table, as: format) { text.append(contentsOf: $0) }
    } catch {
      preconditionFailure("appending to memory failed: \(error)")
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension TableText {
  /// A single value, as CSV has it but without quotes; nil is NULL.
  package static func value(_ spec: ColumnSpec, _ column: ColumnData, _ row: Int) -> String? {
    guard !column.isNull(row) else { return nil }
    let schema = TableSchema(name: "", meaning: "", columns: [spec])
    let text = TableText(table: Table(schema: schema, columns: [column.picking([row])]), emit: { _ in })
    var sink = ByteSink()
    text.append(0, 0, to: &sink)
    return sink.text()
  }
}

// MARK: - CSV and JSON Lines

extension TableText {
  private func writeCSV() throws {
    var sink = ByteSink()
    for (index, column) in table.schema.columns.enumerated() {
      if index > 0 { sink.append(Character.comma) }
      appendQuoted(Array(column.name.utf8), to: &sink)
    }
    sink.append("\r\n")
    for row in 0..<table.rowCount {
      for index in table.columns.indices {
        if index > 0 { sink.append(Character.comma) }
        if case .string(let strings) = table.columns[index].values {
          if let bytes = strings.bytes(row) { appendQuoted(bytes, to: &sink) }
        } else if !table.columns[index].isNull(row) {
          append(index, row, to: &sink)
        }
      }
      sink.append("\r\n")
      try flush(&sink, ifAtLeast: Self.pieceByteCount)
    }
    try flush(&sink, ifAtLeast: 1)
  }

  /// In quotes where it has a comma, a quote or a line break, or is empty.
  private func appendQuoted(_ bytes: some Collection<UInt8>, to sink: inout ByteSink) {
    let isPlain = !bytes.isEmpty && !bytes.contains { [Character.comma, Character.quote, 10, 13].contains($0) }
    if !isPlain { sink.append(Character.quote) }
    for byte in bytes {
      if byte == Character.quote { sink.append(byte) }
      sink.append(byte)
    }
    if !isPlain { sink.append(Character.quote) }
  }

  private func writeJSONLines() throws {
    var sink = ByteSink()
    let keys = table.schema.columns.map { column in
      var key = ByteSink()
      JSONText.append(column.name, to: &key)
      key.append(":")
      return key.bytes()
    }
    for row in 0..<table.rowCount {
      for index in table.columns.indices {
        sink.append(index == 0 ? "{" : ",")
        sink.append(keys[index])
        appendJSON(index, row, to: &sink)
      }
      sink.append("}\n")
      try flush(&sink, ifAtLeast: Self.pieceByteCount)
    }
    try flush(&sink, ifAtLeast: 1)
  }

  private func appendJSON(_ index: Int, _ row: Int, to sink: inout ByteSink) {
    let column = table.columns[index]
    if column.isNull(row) { return sink.append("null") }
    switch column.values {
    case .string(let strings): JSONText.append(strings.string(row) ?? "", to: &sink)
    case .double(let values) where !values[row].isFinite: sink.append("null")
    case .int64, .int32, .double, .boolean:
      let isText = [.date, .timestamp].contains(table.schema.columns[index].type)
      if isText { sink.append(Character.quote) }
      append(index, row, to: &sink)
      if isText { sink.append(Character.quote) }
    }
  }

  private func flush(_ sink: inout ByteSink, ifAtLeast byteCount: Int) throws {
    guard sink.count >= byteCount else { return }
    try sink.withUnsafeBytes { try emit($0) }
    sink.removeAll()
  }
}

// MARK: - One value

extension TableText {
  private enum Character {
    static let comma = UInt8(ascii: ",")
    static let quote = UInt8(ascii: "\"")
  }

  /// A value that is there, without quotes.
  private func append(_ index: Int, _ row: Int, to sink: inout ByteSink) {
    switch (table.columns[index].values, table.schema.columns[index].type) {
    case (.int64(let values), .decimal): Self.append(millionths: values[row], to: &sink)
    case (.int64(let values), .timestamp): RFC3339.write(values[row], to: &sink)
    case (.int64(let values), _): sink.append(decimal: values[row])
    case (.int32(let values), .date): sink.append(CivilDate(dayNumber: Int(values[row])).description)
    case (.int32(let values), _): sink.append(decimal: Int64(values[row]))
    case (.double(let values), _): sink.append(Self.shortest(values[row]))
    case (.boolean(let values), _): sink.append(values[row] ? "true" : "false")
    case (.string(let strings), _): sink.append(strings.bytes(row).map { Array($0) } ?? [])
    }
  }

  /// Without trailing zeros: 12.5, 3, -0.000001.
  package static func append(millionths value: Int64, to sink: inout ByteSink) {
    if value < 0 { sink.append("-") }
    let (whole, fraction) = value.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    sink.append(decimal: whole)
    guard fraction > 0 else { return }
    var digits = String(fraction + 1_000_000).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    sink.append("." + digits)
  }

  /// The fewest digits that read back as the same double; whole numbers without a point.
  static func shortest(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

// MARK: - Aligned

extension TableText {
  /// Two passes: what is widest is known only at the end.
  private func writeAligned() throws {
    let columns = table.columns.indices
    let isNumber = table.schema.columns.map { [.int64, .int32, .double, .decimal].contains($0.type) }
    let names = table.schema.columns.map { TerminalText.visible($0.name) }
    var widths = names.map(TerminalText.width)
    for row in 0..<table.rowCount {
      for index in columns { widths[index] = max(widths[index], TerminalText.width(shown(index, row))) }
    }
    try writeLine(names, widths, isNumber)
    try writeLine(widths.map { String(repeating: "-", count: $0) }, widths, isNumber)
    for row in 0..<table.rowCount { try writeLine(columns.map { shown($0, row) }, widths, isNumber) }
  }

  private func shown(_ index: Int, _ row: Int) -> String {
    let column = table.columns[index]
    if column.isNull(row) { return "" }
    switch column.values {
    case .string(let strings): return TerminalText.visible(strings.string(row) ?? "")
    case .double(let values): return Self.rounded(values[row])
    case .int64, .int32, .boolean:
      var sink = ByteSink()
      append(index, row, to: &sink)
      return sink.text()
    }
  }

  /// Six decimals at most, where the number is of a size for that.
  static func rounded(_ value: Double) -> String {
    guard value.magnitude < 1e12, value.magnitude >= 1e-4 else { return shortest(value) }
    var sink = ByteSink()
    append(millionths: Int64((value * 1e6).rounded()), to: &sink)
    return sink.text()
  }

  private func writeLine(_ cells: [String], _ widths: [Int], _ isNumber: [Bool]) throws {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[index] - TerminalText.width(cell))
      line += (index == 0 ? "" : "  ") + (isNumber[index] ? padding + cell : cell + padding)
    }
    while line.last == " " { line.removeLast() }
    line += "\n"
    try line.withUTF8 { try emit(UnsafeRawBufferPointer($0)) }
  }
}
