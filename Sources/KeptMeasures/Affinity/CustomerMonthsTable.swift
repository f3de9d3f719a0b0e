import KeptFormat
import KeptSnapshot

/// How every customer stood at the end of every month. Metrics 3.9; gathered by `CustomerMonthFold`.
///
/// A row stands for each month in which there was a touch or at whose end an index existed, and for the first month
/// after it; the last month ends at the as-of instant.
enum CustomerMonthsTable {
  static let schema = TableSchema(
    name: "customer_months", meaning: "customer × month in which they were touched or an index existed",
    columns: [
      ColumnSpec("customer", .string, meaning: "external id"),
      ColumnSpec("period", .date, meaning: "first local day of the month"),
      ColumnSpec("touches", .int64, meaning: "touches that name them in the month", seed: "S0.10", direction: "BOTH"),
    ] + SignalList.allCases.flatMap(points) + [
      index("we_index", "how into them we were: what we did and what they felt", "WE"),
      index("they_index", "how into us they were", "THEY"),
      index("felt_index", "how they believed we treat them", "WE"),
      index("done_index", "how our own record says we treated them", "WE"),
      ColumnSpec(
        "quadrant", .string, meaning: "mutual, unrequited_ours, unrequited_theirs, indifferent or unknown",
        seed: "S2.13", direction: "BOTH"),
      ColumnSpec(
        "complete", .boolean, meaning: "the month had ended by the as-of instant", formula: "end of the month ≤ as-of"),
    ])

  private static func points(_ list: SignalList) -> [ColumnSpec] {
    let direction = list == .they ? "THEY" : "WE"
    return [
      ColumnSpec(
        "\(list.rawValue)_into", .double, unit: "points",
        meaning: "points for of the list \(list.rawValue), faded to the end of the month",
        formula: "Σ points · 2^(−age / half-life), points > 0", seed: "S4.15", direction: direction, highIsGood: true),
      ColumnSpec(
        "\(list.rawValue)_not_into", .double, unit: "points",
        meaning: "points against of the list \(list.rawValue), faded to the end of the month",
        formula: "Σ |points| · 2^(−age / half-life), points < 0", seed: "S4.15", direction: direction,
        highIsGood: false),
    ]
  }

  private static func index(_ name: String, _ meaning: String, _ direction: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: ColumnUnit.index, meaning: meaning + "; NULL while they were silent",
      formula: "100 · (P − N) / (P + N + 4)", seed: "S4.15", direction: direction, highIsGood: true)
  }

  static func make(_ folds: [CustomerMonthFold], names: EntityNames, run: MeasureRun) -> Table {
    let all = folds.map(\.rows)
    let order = LifeOrder(all.map { $0.map(\.customer) }, names)
    let count = all.reduce(0) { $0 + $1.count }
    let affinity = Affinity(rules: run.rulebook.index)
    let asOfMonth = run.dayTable.bucket(.month, of: run.asOf)
    var customers = StringColumnBuilder(dictionary: names.dictionary, rowCount: count)
    var periods = ColumnBuilder<Int32>(rowCount: count)
    var touches = ColumnBuilder<Int64>(rowCount: count)
    var points = (0..<6).map { _ in ColumnBuilder<Double>(rowCount: count) }
    var indices = (0..<4).map { _ in ColumnBuilder<Double>(rowCount: count) }
    var quadrants = StringColumnBuilder(dictionary: StringDictionary(Quadrant.words), rowCount: count)
    var complete = ColumnBuilder<Bool>(rowCount: count)
    let silent = ScoreHistory.Month(month: 0, sums: InlineArray(repeating: 0))
    for place in order.places {
      let rows = all[place.fold]
      var index = place.row
      while index < rows.count, rows[index].customer == rows[place.row].customer {
        let row = rows[index]
        index += 1
        customers.append(code: names.code(row.customer))
        periods.append(Int32(run.dayTable.firstDay(.month, Int(row.month))))
        touches.append(row.touches)
        let month = row.standing ?? silent
        for list in SignalList.allCases {
          let (into, notInto) = month.points(list)
          points[list.index * 2].append(into)
          points[list.index * 2 + 1].append(notInto)
        }
        let standing = affinity.standing(month)
        for (slot, value) in [standing.we, standing.they, standing.felt, standing.done].enumerated() {
          indices[slot].append(value)
        }
        quadrants.append(code: UInt32(standing.quadrant.rawValue))
        complete.append(Int(row.month) < asOfMonth)
      }
    }
    var columns = [customers.finish(), periods.finish(), touches.finish()]
    columns += points.map { $0.finish() }
    columns += indices.map { $0.finish() }
    return Table(schema: schema, columns: columns + [quadrants.finish(), complete.finish()])
  }
}
