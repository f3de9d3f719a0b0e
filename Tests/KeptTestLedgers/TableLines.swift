import KeptSnapshot

extension Table {
  /// The names of the columns, then the cells of each row, exactly.
  public var lines: [String] {
    [schema.columns.map(\.name).joined(separator: "|")]
      + (0..<rowCount).map { row in columns.map { $0.text(row) }.joined(separator: "|") }
  }
}

extension ColumnData {
  fileprivate func text(_ row: Int) -> String {
    if isNull(row) { return "NULL" }
    switch values {
    case .int64(let values): return "\(values[row])"
    case .int32(let values): return "\(values[row])"
    case .double(let values): return "\(values[row])"
    case .boolean(let values): return "\(values[row])"
    case .string(let values): return values.string(row) ?? "NULL"
    }
  }
}
