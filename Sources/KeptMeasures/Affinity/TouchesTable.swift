import KeptFormat
import KeptSnapshot

/// What every touch said, rule by rule, and how its list stood right after it. S0.10, S4.15; gathered by
/// `SpokenTouchFold`.
///
/// A call held 12 minutes when the customer's list we_done stood at 1.42: rule held-10m, points −1, balance_after .42.
enum TouchesTable {
  static let schema = TableSchema(
    name: "touches", meaning: "touch × rule that gave it points",
    columns: [
      ColumnSpec("customer", .string, meaning: "external id"),
      ColumnSpec("said_at", .timestamp, meaning: "when it was; of an absence, when its limit passed"),
      ColumnSpec(
        "position", .int64, isNullable: true,
        meaning: "where the event stands in the log; of an absence, the event that opened the matter"),
      ColumnSpec(
        "kind", .string, meaning: "the event's kind; of an absence, that of the event that opened the matter",
        formula: "kind of the event at position"),
      ColumnSpec("is_absence", .boolean, meaning: "no event says it: a limit passed and nothing came"),
      ColumnSpec("list", .string, meaning: "we_done, we_felt or they"),
      ColumnSpec("rule", .string, meaning: "the rule of the rulebook that gave the points"),
      ColumnSpec(
        "points", .decimal, unit: "points", meaning: "how into each other the touch says they are", seed: "S4.15",
        direction: "BOTH", highIsGood: true),
      ColumnSpec(
        "points_left", .double, unit: "points", meaning: "what is left of them at the as-of instant",
        formula: "points · 2^(−age / half-life)", seed: "S4.15", direction: "BOTH", highIsGood: true),
      ColumnSpec(
        "balance_after", .double, unit: "points", meaning: "the customer's list right after the touch, faded to then",
        formula: "P − N of the list", seed: "S0.10", direction: "BOTH", highIsGood: true),
      ColumnSpec(
        "we_after", .double, isNullable: true, unit: ColumnUnit.index, meaning: "we_index right after the touch; NULL: silence",
        formula: "100 · (P − N) / (P + N + 4)", seed: "S0.10", direction: "WE", highIsGood: true),
      ColumnSpec(
        "they_after", .double, isNullable: true, unit: ColumnUnit.index,
        meaning: "they_index right after the touch; NULL: silence",
        formula: "100 · (P − N) / (P + N + 4)", seed: "S0.10", direction: "THEY", highIsGood: true),
      ColumnSpec("why", .string, meaning: "what the rule hears in it", seed: "S3.21"),
      ColumnSpec(
        "seed", .string, meaning: "the claim of the articles that the rule answers", formula: "seed of the rule"),
    ])

  /// - Parameter kinds: by kind code.
  static func make(_ folds: [SpokenTouchFold], kinds: [String], names: EntityNames, run: MeasureRun) -> Table {
    let all = folds.map(\.rows)
    let order = LifeOrder(all.map { $0.map(\.customer) }, names)
    let count = all.reduce(0) { $0 + $1.count }
    let rules = run.rulebook.signals
    func texts(_ words: [String]) -> StringColumnBuilder {
      StringColumnBuilder(dictionary: StringDictionary(words), rowCount: count)
    }
    var customers = StringColumnBuilder(dictionary: names.dictionary, rowCount: count)
    var times = ColumnBuilder<Int64>(rowCount: count)
    var positions = ColumnBuilder<Int64>(rowCount: count)
    var kindColumn = texts(kinds)
    var absences = ColumnBuilder<Bool>(rowCount: count)
    var ofRule = [rules.map(\.list.rawValue), rules.map(\.name), rules.map(\.why), rules.map(\.seed)].map(texts)
    var points = ColumnBuilder<Int64>(rowCount: count)
    var left = ColumnBuilder<Double>(rowCount: count)
    var balance = ColumnBuilder<Double>(rowCount: count)
    var indices = (0..<2).map { _ in ColumnBuilder<Double>(rowCount: count) }
    for place in order.places {
      let rows = all[place.fold]
      var index = place.row
      while index < rows.count, rows[index].customer == rows[place.row].customer {
        let row = rows[index]
        index += 1
        customers.append(code: names.code(row.customer))
        times.append(row.time)
        positions.append(row.position == Touch.absent ? nil : row.position)
        kindColumn.append(code: UInt32(row.kind))
        absences.append(row.isAbsence)
        for column in ofRule.indices { ofRule[column].append(code: UInt32(row.rule)) }
        points.append(row.points)
        left.append(row.left)
        balance.append(row.balance)
        indices[0].append(row.we)
        indices[1].append(row.they)
      }
    }
    return Table(
      schema: schema,
      columns: [
        customers.finish(), times.finish(), positions.finish(), kindColumn.finish(), absences.finish(),
        ofRule[0].finish(), ofRule[1].finish(), points.finish(), left.finish(), balance.finish(),
        indices[0].finish(), indices[1].finish(),
        ofRule[2].finish(), ofRule[3].finish(),
      ])
  }
}
