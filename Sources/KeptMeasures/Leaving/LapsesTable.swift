import KeptSnapshot

/// Every silence that lasted too long, and whether it was a lapse after all. Metrics 3.4; collected by `ChurnFold`.
///
/// A return takes nothing back: the row stays, and says when they came back.
enum LapsesTable {
  private static let seed = "S2.3"

  static let schema = TableSchema(
    name: "lapses", meaning: "customer × silence longer than their limit",
    columns: [
      ColumnSpec("customer", .string, meaning: "external id"),
      ColumnSpec("went_quiet_on", .date, meaning: "local day of the last contact before the silence", seed: seed),
      ColumnSpec(
        "limit_days", .double, unit: "days",
        meaning: "the limit of silence as it was then, by the gaps closed before", formula:
          "clamp((n·q + 5·180 d) / (n + 5), 30 d, 365 d), q the 0.9 quantile of their n gaps", seed: seed,
        direction: "THEY"),
      ColumnSpec(
        "lapsed_on", .date, meaning: "the first local day beyond it", formula: "went_quiet_on + limit_days", seed: seed,
        direction: "THEY"),
      ColumnSpec(
        "reversed_at", .timestamp, isNullable: true, meaning: "when they came back after all; NULL: not yet", seed: seed,
        direction: "THEY"),
    ])

  static func make(_ folds: [MeasureFold], names: EntityNames) -> Table {
    let all = folds.map { $0.churn?.lapses ?? [] }
    let order = LifeOrder(all.map { $0.map(\.customer) }, names)
    var customer = StringColumnBuilder(dictionary: names.dictionary)
    var days = (0..<2).map { _ in ColumnBuilder<Int32>() }
    var limit = ColumnBuilder<Double>()
    var reversed = ColumnBuilder<Int64>()
    for place in order.places {
      let rows = all[place.fold]
      for row in rows[place.row...].prefix(while: { $0.customer == rows[place.row].customer }) {
        customer.append(code: names.code(row.customer))
        days[0].append(row.quiet)
        days[1].append(row.lapsed)
        limit.append(row.limit)
        reversed.append(row.reversedAt == .max ? nil : row.reversedAt)
      }
    }
    return Table(
      schema: schema,
      columns: [customer.finish(), days[0].finish(), limit.finish(), days[1].finish(), reversed.finish()])
  }
}
