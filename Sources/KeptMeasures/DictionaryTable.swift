import KeptSnapshot

/// Every column of every table, as it was declared.
enum DictionaryTable {
  static let schema = TableSchema(
    name: "dictionary", meaning: "a column of a table",
    columns: [
      ColumnSpec("table_name", .string, meaning: "the table"),
      ColumnSpec("column_name", .string, meaning: "the column"),
      ColumnSpec("type", .string, meaning: "what its values are"),
      ColumnSpec("unit", .string, isNullable: true, meaning: "what they are counted in"),
      ColumnSpec("meaning", .string, meaning: "what they say"),
      ColumnSpec("formula", .string, isNullable: true, meaning: "how they come about"),
      ColumnSpec("seed", .string, isNullable: true, meaning: "the claim of the articles they answer"),
      ColumnSpec(
        "direction", .string, isNullable: true,
        meaning: "WE: how into them we are; THEY: how into us they are; BOTH; NEI: neither"),
      ColumnSpec("high_is_good", .boolean, isNullable: true, meaning: "whether a high value is good news"),
    ])

  /// - Parameter tables: what the snapshot holds.
  static func make(_ tables: [TableSchema]) -> Table {
    var texts = (0..<8).map { _ in StringColumnBuilder() }
    var good = ColumnBuilder<Bool>()
    for table in tables.sorted(by: { $0.name < $1.name }) {
      for column in table.columns.sorted(by: { $0.name < $1.name }) {
        let values = [
          table.name, column.name, column.type.rawValue, column.unit, column.meaning, column.formula, column.seed,
          column.direction,
        ]
        for (place, value) in values.enumerated() { texts[place].append(value.isEmpty ? nil : value) }
        good.append(column.highIsGood)
      }
    }
    return Table(schema: schema, columns: texts.map { $0.finish() } + [good.finish()])
  }
}
