import KeptSnapshot

/// Every column of every table, as it was declared.
enum DictionaryTable {
  private static let declared = "as the program declares the column"

  static let schema = TableSchema(
    name: "dictionary", meaning: "a column of a table",
    columns: [
      ColumnSpec("table_name", .string, meaning: "the table"),
      ColumnSpec("column_name", .string, meaning: "the column"),
      ColumnSpec("type", .string, meaning: "what its values are", formula: declared),
      ColumnSpec(
        "unit", .string, meaning: "what they are counted in; count: things, which the meaning names", formula: declared),
      ColumnSpec("meaning", .string, meaning: "what they say", formula: declared),
      ColumnSpec("formula", .string, isNullable: true, meaning: "how they come about", formula: declared),
      ColumnSpec(
        "seed", .string, isNullable: true, meaning: "the claim of the articles they answer", formula: declared),
      ColumnSpec(
        "direction", .string, isNullable: true,
        meaning: "WE: how into them we are; THEY: how into us they are; BOTH; NEI: neither", formula: declared),
      ColumnSpec(
        "high_is_good", .boolean, isNullable: true, meaning: "whether a high value is good news", formula: declared),
      ColumnSpec(
        "reason", .string, isNullable: true, meaning: "why it is NULL in every row: what the ledger has no events of",
        formula: "the kinds that it requires, less those of the ledger"),
    ])

  /// - Parameters:
  ///   - tables: what the snapshot holds.
  ///   - kinds: every kind of the ledger.
  static func make(_ tables: [TableSchema], kinds: [String]) -> Table {
    let known = Set(kinds)
    var texts = (0..<8).map { _ in StringColumnBuilder() }
    var good = ColumnBuilder<Bool>()
    var reasons = StringColumnBuilder()
    for table in tables.map(\.explained).sorted(by: { $0.name < $1.name }) {
      for column in table.columns.sorted(by: { $0.name < $1.name }) {
        let values = [
          table.name, column.name, column.type.rawValue, column.unit, column.meaning, column.formula, column.seed,
          column.direction,
        ]
        for (place, value) in values.enumerated() { texts[place].append(value.isEmpty ? nil : value) }
        good.append(column.highIsGood)
        reasons.append(column.requires.first { known.isDisjoint(with: $0) }.map { reason(without: $0) })
      }
    }
    return Table(schema: schema, columns: texts.map { $0.finish() } + [good.finish(), reasons.finish()])
  }

  /// Why there is nothing to say where the ledger has no events of these kinds; of none, where the rulebook names none.
  static func reason(without kinds: [String]) -> String {
    kinds.isEmpty ? "the rulebook names no kind of event for it" : "no \(kinds.sorted().joined(separator: " or ")) events"
  }
}

extension TableSchema {
  /// With what each column says without having been told to: the unit that its type has, and of a column that tells rows
  /// apart, what a row is. So it is written into a file, and so the dictionary has it.
  var explained: TableSchema {
    let keys = TableName(rawValue: name)?.keys ?? []
    var schema = self
    schema.columns = columns.map { column in
      var column = column
      column.unit = column.countedIn
      if column.formula.isEmpty, keys.contains(column.name) { column.formula = "tells rows apart; a row is: \(meaning)" }
      return column
    }
    return schema
  }
}
