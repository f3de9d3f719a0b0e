extension Table {
  /// Some of the columns, and of the rows, in the order asked for.
  ///
  /// - Parameter rows: nil: all.
  /// - Precondition: the table has these columns.
  public func picking(columns names: [String], rows: [Int]? = nil) -> Table {
    let places = names.map { name in
      guard let place = schema.columns.firstIndex(where: { $0.name == name }) else {
        preconditionFailure("\(schema.name) has no column \(name)")
      }
      return place
    }
    return Table(
      schema: TableSchema(name: schema.name, meaning: schema.meaning, columns: places.map { schema.columns[$0] }),
      columns: places.map { place in rows.map(columns[place].picking) ?? columns[place] })
  }
}

extension ColumnData {
  func picking(_ rows: [Int]) -> ColumnData {
    let picked: ColumnValues =
      switch values {
      case .int64(let values): .int64(rows.map { values[$0] })
      case .int32(let values): .int32(rows.map { values[$0] })
      case .double(let values): .double(rows.map { values[$0] })
      case .boolean(let values): .boolean(rows.map { values[$0] })
      case .string(let column): .string(StringColumn(dictionary: column.dictionary, codes: rows.map { column.codes[$0] }))
      }
    guard let validity else { return ColumnData(picked) }
    var bits = Bitmap()
    for row in rows { bits.append(validity[row]) }
    return ColumnData(picked, validity: bits)
  }
}
