import KeptFormat
import KeptSnapshot

/// What is known of each customer at the as-of instant; see `LifeColumns`.
enum CustomersTable {
  static let schema = TableSchema(
    name: "customers", meaning: "a customer",
    columns: [
      ColumnSpec("customer", .string, meaning: "external id"),
      ColumnSpec("account", .string, isNullable: true, meaning: "the account their latest event that names one names",
        formula: "account of the last touch that has one"),
    ] + LifeColumns.specs + Trait.columns)

  /// - Parameter sourceEnds: by word code, how long each source is known to have recorded touches.
  static func make(
    _ folds: [MeasureFold], names: EntityNames, run: MeasureRun, strings: StringDictionary, sourceEnds: [Instant],
    outlook: CustomerOutlook
  ) -> Table {
    let lives = LifeColumns(folds, names: names)
    var account = StringColumnBuilder(dictionary: strings, rowCount: lives.count)
    lives.each { row, _, _ in
      if row.account == 0 { account.appendNull() } else { account.append(code: row.account) }
    }
    return Table(
      schema: schema,
      columns: [lives.nameColumn(), account.finish()]
        + lives.columns(run: run, strings: strings, sourceEnds: sourceEnds, outlook: outlook)
        + lives.columns(
          of: Trait.families, run: run, strings: strings, sourceEnds: sourceEnds, isPartial: outlook.isPartial))
  }
}
