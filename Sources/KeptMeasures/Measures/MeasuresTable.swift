import KeptFormat
import KeptSnapshot

/// Every touch measure, for the firm, each month, and whoever touches name. Made from the cells of `CellFold`.
///
/// A ratio keeps its numerator and denominator. The firm has a row for every month of the ledger; others have one where
/// anything counted, agents only from `measures.agent_touches_min` touches on. A measure of which the ledger holds
/// nothing has one row that says so.
enum MeasuresTable {
  static let schema = TableSchema(
    name: "measures", meaning: "measure × entity × month",
    columns: [
      ColumnSpec("measure", .string, meaning: "its name"),
      ColumnSpec("seed", .string, meaning: "the claims of the articles that it answers"),
      ColumnSpec("grain", .string, meaning: "what it is of: firm, party, region, channel, department, agent or offering"),
      ColumnSpec("entity", .string, isNullable: true, meaning: "which of them; NULL for the firm"),
      ColumnSpec(
        "period", .date, isNullable: true,
        meaning: "first local day of the month; NULL where the ledger holds nothing of it at all"),
      ColumnSpec("num", .decimal, isNullable: true, meaning: "numerator; of a count or a sum the thing itself"),
      ColumnSpec("den", .decimal, isNullable: true, meaning: "denominator; NULL for counts and sums"),
      ColumnSpec("value", .double, isNullable: true, meaning: "the measure; NULL with a reason", formula: "scale · num / den"),
      ColumnSpec("reason", .string, isNullable: true, meaning: "why there is no value"),
    ])

  private struct Row {
    var grain: String
    var entity: String?
    var month: Int?
    var result: Result
  }

  /// What a cell says.
  struct Result {
    var num: Int64?
    var den: Int64?
    var value: Double?
    var reason: String?

    init(reason: String) { self.reason = reason }

    init(_ cell: MeasureCell, _ measure: TouchMeasure) {
      let limit: Int128 = 1_000_000_000_000_000_000
      guard abs(cell.num) < limit, abs(cell.den) < limit else {
        reason = "beyond the range of a decimal"
        return
      }
      num = Int64(cell.num)
      if measure.den.isEmpty {
        value = measure.scale * Double(cell.num) / 1_000_000
        return
      }
      den = Int64(cell.den)
      if cell.den == 0 { reason = "nothing to divide by" } else { value = measure.scale * Double(cell.num) / Double(cell.den) }
    }
  }

  static func make(_ fold: CellFold, run: MeasureRun, words: [String]) -> Table {
    var builder = Builder(dayTable: run.dayTable)
    let sums = fold.sums()
    let span = months(of: sums)
    for (index, measure) in fold.base.measures.enumerated() {
      let cells = sums[index] ?? [:]
      if let reason = missing(measure, run.kinds) ?? silent(cells) {
        builder.append(measure, Row(grain: MeasureGrain.firm.name, result: Result(reason: reason)))
        continue
      }
      for row in rows(measure, cells, fold, run, words, span) { builder.append(measure, row) }
    }
    return builder.finish()
  }

  /// The months of the firm, from the first that anything counted in to the last.
  private static func months(of sums: [Int: [CellFold.Key: MeasureCell]]) -> ClosedRange<Int>? {
    var span: ClosedRange<Int>?
    for key in sums.values.flatMap(\.keys) where key.grain == .firm {
      span = span.map { min($0.lowerBound, key.month)...max($0.upperBound, key.month) } ?? key.month...key.month
    }
    return span
  }

  /// What the ledger would have to record of it, and does not: missing telemetry never reads as good care.
  private static func missing(_ measure: TouchMeasure, _ kinds: [String]) -> String? {
    for terms in [measure.num, measure.den] where !terms.isEmpty {
      if terms.contains(where: { term in kinds.contains(where: term.hears) }) { continue }
      let named = Set(terms.flatMap { $0.kinds ?? [] }).sorted()
      return "no \(named.joined(separator: " or ")) events"
    }
    return nil
  }

  private static func silent(_ cells: [CellFold.Key: MeasureCell]) -> String? {
    cells.values.contains { $0.touches > 0 } ? nil : "no event says what it needs"
  }

  private static func rows(
    _ measure: TouchMeasure, _ cells: [CellFold.Key: MeasureCell], _ fold: CellFold, _ run: MeasureRun,
    _ words: [String], _ span: ClosedRange<Int>?
  ) -> [Row] {
    var rows: [Row] = []
    for (key, cell) in cells where key.grain != .firm && cell.touches > 0 {
      if key.grain == .agent, cell.touches < run.rulebook.counting.agentTouchesMin { continue }
      rows.append(
        Row(
          grain: key.grain.name, entity: fold.name(of: key, words: words), month: key.month,
          result: Result(cell, measure)))
    }
    if let span {
      for month in span {
        let cell = cells[CellFold.Key(grain: .firm, entity: 0, month: month)] ?? MeasureCell()
        rows.append(Row(grain: MeasureGrain.firm.name, entity: nil, month: month, result: Result(cell, measure)))
      }
    }
    return rows.sorted { left, right in
      if left.grain != right.grain { return left.grain < right.grain }
      if left.entity != right.entity {
        return (left.entity ?? "").utf8.lexicographicallyPrecedes((right.entity ?? "").utf8)
      }
      return (left.month ?? 0) < (right.month ?? 0)
    }
  }

  private struct Builder {
    let dayTable: DayTable
    var names = StringColumnBuilder()
    var seeds = StringColumnBuilder()
    var grains = StringColumnBuilder()
    var entities = StringColumnBuilder()
    var periods = ColumnBuilder<Int32>()
    var nums = ColumnBuilder<Int64>()
    var dens = ColumnBuilder<Int64>()
    var values = ColumnBuilder<Double>()
    var reasons = StringColumnBuilder()

    init(dayTable: DayTable) { self.dayTable = dayTable }

    mutating func append(_ measure: TouchMeasure, _ row: Row) {
      names.append(measure.name)
      seeds.append(measure.seed)
      grains.append(row.grain)
      entities.append(row.entity)
      periods.append(row.month.map { Int32(dayTable.firstDay(.month, $0)) })
      nums.append(row.result.num)
      dens.append(row.result.den)
      values.append(row.result.value)
      reasons.append(row.result.reason)
    }

    consuming func finish() -> Table {
      Table(
        schema: MeasuresTable.schema,
        columns: [
          names.finish(), seeds.finish(), grains.finish(), entities.finish(), periods.finish(), nums.finish(),
          dens.finish(), values.finish(), reasons.finish(),
        ])
    }
  }
}

extension MeasureGrain {
  var name: String { "\(self)" }
}
