import KeptFormat
import KeptSnapshot

/// The decayed sums of every customer and list. Metrics 3.9; made by `ScoreFold`.
enum ScoresTable {
  static let schema = TableSchema(
    name: "scores", meaning: "customer × list in which any of their touches said something",
    columns: [
      ColumnSpec("customer", .string, meaning: "external id"),
      ColumnSpec(
        "list", .string,
        meaning:
          "they: what the customer does or says toward us; we_done: what our record shows we did; we_felt: what the "
          + "customer said about how we treat them"),
      points("points_into", "points for, faded by age", "P = Σ points · 2^(−age / half-life), points > 0", good: true),
      points(
        "points_not_into", "points against, faded by age", "N = Σ |points| · 2^(−age / half-life), points < 0",
        good: false),
      points("points_net", "what is left", "P − N", good: true),
    ])

  private static func points(_ name: String, _ meaning: String, _ formula: String, good: Bool) -> ColumnSpec {
    ColumnSpec(
      name, .double, unit: "points", meaning: meaning, formula: formula, seed: "S4.15", direction: "BOTH",
      highIsGood: good)
  }

  /// Lists as they sort.
  private static let lists: [SignalList] = [.they, .weDone, .weFelt]

  static func make(_ folds: [MeasureFold], names: EntityNames) -> Table {
    let rows = folds.map(\.scoreRows)
    let order = LifeOrder(rows.map { $0.map(\.customer) }, names)
    let count = order.places.count * 2
    var customers: [UInt32] = []
    var listCodes: [UInt32] = []
    var into: [Double] = []
    var notInto: [Double] = []
    var net: [Double] = []
    customers.reserveCapacity(count)
    listCodes.reserveCapacity(count)
    into.reserveCapacity(count)
    notInto.reserveCapacity(count)
    net.reserveCapacity(count)
    for place in order.places {
      let row = rows[place.fold][place.row]
      let code = names.code(row.customer)
      for (listCode, list) in lists.enumerated() where row.heard & (1 << UInt8(list.index)) != 0 {
        let p = row.sums[list.index * 2]
        let n = row.sums[list.index * 2 + 1]
        customers.append(code)
        listCodes.append(UInt32(listCode))
        into.append(p)
        notInto.append(n)
        net.append(p - n)
      }
    }
    return Table(
      schema: schema,
      columns: [
        ColumnData(.string(StringColumn(dictionary: names.dictionary, codes: customers))),
        ColumnData(.string(StringColumn(dictionary: StringDictionary(lists.map(\.rawValue)), codes: listCodes))),
        ColumnData(.double(into)), ColumnData(.double(notInto)), ColumnData(.double(net)),
      ])
  }
}

/// What each rule of the signal table contributed, month by month, undecayed. Metrics section 5; made by `ScoreFold`.
enum SignalsTable {
  static let schema = TableSchema(
    name: "signals", meaning: "rule × month in which it matched",
    columns: [
      ColumnSpec("rule", .string, meaning: "the rule's name in the rulebook"),
      ColumnSpec(
        "seed", .string, meaning: "the claim of the articles that the rule answers", formula: "seed of the rule"),
      ColumnSpec("list", .string, meaning: "we_done, we_felt or they"),
      ColumnSpec("period", .date, meaning: "first local day of the month"),
      ColumnSpec("touches", .int64, meaning: "touches that the rule gave points", seed: "S4.15", direction: "BOTH"),
      points("points_into", "their points for, undecayed", "Σ points, points > 0", good: true),
      points("points_not_into", "their points against, undecayed", "Σ |points|, points < 0", good: false),
      points("points_net", "what is left", "points_into − points_not_into", good: true),
    ])

  private static func points(_ name: String, _ meaning: String, _ formula: String, good: Bool) -> ColumnSpec {
    ColumnSpec(
      name, .decimal, unit: "points", meaning: meaning, formula: formula, seed: "S4.15", direction: "BOTH",
      highIsGood: good)
  }

  static func make(_ months: SignalMonths, run: MeasureRun) -> Table {
    var rule = StringColumnBuilder()
    var seed = StringColumnBuilder()
    var list = StringColumnBuilder()
    var period = ColumnBuilder<Int32>()
    var columns = (0..<4).map { _ in ColumnBuilder<Int64>() }
    let rules = run.rulebook.signals.enumerated().sorted {
      $0.element.name.utf8.lexicographicallyPrecedes($1.element.name.utf8)
    }
    for (index, declared) in rules {
      for month in 0..<months.monthCount {
        let cell = months[index, month]
        guard cell.touches > 0 else { continue }
        rule.append(declared.name)
        seed.append(declared.seed)
        list.append(declared.list.rawValue)
        period.append(Int32(run.dayTable.firstDay(.month, Int(months.lowMonth) + month)))
        columns[0].append(cell.touches)
        columns[1].append(cell.into)
        columns[2].append(cell.notInto)
        columns[3].append(cell.into - cell.notInto)
      }
    }
    return Table(
      schema: schema,
      columns: [rule.finish(), seed.finish(), list.finish(), period.finish()] + columns.map { $0.finish() })
  }
}
