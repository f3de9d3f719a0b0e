import KeptFormat
import KeptSnapshot

/// What is known of each B2B account at the as-of instant: the same as of a customer, of all touches that carry the
/// account, whichever customer they name and also where they name none. Its indices add up the points of those touches,
/// never the indices of its people.
enum AccountsTable {
  static let schema = TableSchema(
    name: "accounts", meaning: "a B2B account",
    columns: [
      ColumnSpec("account", .string, meaning: "as its events name it"),
      ColumnSpec("people", .int64, meaning: "customers that its touches name"),
    ] + LifeColumns.specs + Trait.columns + AccountTrait.columns)

  /// - Parameters:
  ///   - names: of the accounts.
  ///   - sourceEnds: by word code, how long each source is known to have recorded touches of accounts.
  static func make(
    _ folds: [MeasureFold], names: EntityNames, run: MeasureRun, strings: StringDictionary, sourceEnds: [Instant],
    outlook: CustomerOutlook
  ) -> Table {
    let lives = LifeColumns(folds, names: names)
    var people = ColumnBuilder<Int64>(rowCount: lives.count)
    lives.each { row, _, _ in people.append(row.people) }
    return Table(
      schema: schema,
      columns: [lives.nameColumn(), people.finish()]
        + lives.columns(run: run, strings: strings, sourceEnds: sourceEnds, outlook: outlook)
        + lives.columns(
          of: Trait.families + AccountTrait.families, run: run, strings: strings, sourceEnds: sourceEnds,
          isPartial: outlook.isPartial))
  }
}
