import KeptFormat
import KeptSnapshot

/// Every measure, for the firm, each month, and whoever touches and things name. Made from `MeasureCells`.
///
/// A ratio keeps its numerator and denominator. The firm has a row for every month of the ledger; others have one where
/// anything counted, agents only from `measures.agent_touches_min` touches on. A measure of which the ledger holds
/// nothing has one row that says so.
enum MeasuresTable {
  private static let ofMeasure = "that of the row's measure, which the dictionary has"

  static let schema = TableSchema(
    name: "measures", meaning: "measure × entity × month",
    columns: [
      ColumnSpec("measure", .string, meaning: "its name"),
      ColumnSpec("seed", .string, meaning: "the claims of the articles that it answers", formula: ofMeasure),
      ColumnSpec(
        "grain", .string,
        meaning:
          "what it is of: firm, party, region, channel, department, agent, offering, source by which a relationship began, "
          + "or what one measure tells apart: reason, device, moment …"),
      ColumnSpec("entity", .string, isNullable: true, meaning: "which of them; NULL for the firm"),
      ColumnSpec(
        "period", .date, isNullable: true,
        meaning: "first local day of the month; NULL where the ledger holds nothing of it at all"),
      ColumnSpec(
        "num", .decimal, isNullable: true, unit: "as the measure",
        meaning: "numerator; of a count or a sum the thing itself; NULL for medians",
        formula: ofMeasure),
      ColumnSpec(
        "den", .decimal, isNullable: true, unit: "as the measure",
        meaning: "denominator, or how many it is of; NULL for counts and sums",
        formula: ofMeasure),
      ColumnSpec(
        "value", .double, isNullable: true, unit: "as the measure",
        meaning: "the measure, by its formula in the dictionary; NULL with a reason",
        formula: ofMeasure),
      ColumnSpec(
        "reason", .string, isNullable: true, meaning: "why there is no value",
        formula: "what the ledger has no events of, or nothing to divide by"),
    ])

  /// The measures that no wide table shows, as the dictionary lists them: under this table.
  static var others: TableSchema {
    let wide = Set(TableName.allCases.compactMap(\.grain))
    let measures = MeasureSpec.all(.standard).filter { $0.grains.isDisjoint(with: wide) }
    return TableSchema(name: schema.name, meaning: schema.meaning, columns: measures.map(\.column))
  }

  static func make(_ cells: MeasureCells) -> Table {
    var builder = Builder(dayTable: cells.dayTable)
    for (index, measure) in cells.measures.enumerated() {
      if let reason = cells.missing(index) {
        builder.append(measure, MeasureGrain.firm.name, nil, nil, MeasureResult(reason: reason))
      }
      for row in cells.rows(of: index) { builder.append(measure, row.grain, row.entity, row.month, row.result) }
    }
    return builder.finish()
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

    mutating func append(
      _ measure: MeasureSpec, _ grain: String, _ entity: String?, _ month: Int?, _ result: MeasureResult
    ) {
      names.append(measure.name)
      seeds.append(measure.seed)
      grains.append(grain)
      entities.append(entity)
      periods.append(month.map { Int32(dayTable.firstDay(.month, $0)) })
      nums.append(result.num)
      dens.append(result.den)
      values.append(result.value)
      reasons.append(result.reason)
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
  private static let names = allCases.map { "\($0)" }

  var name: String { Self.names[rawValue] }

  /// Whether its entities are told by their bytes; those of the others are words of the replay.
  var isNamed: Bool {
    switch self {
    case .region, .offering, .source: true
    case .firm, .party, .channel, .department, .agent: false
    }
  }
}
