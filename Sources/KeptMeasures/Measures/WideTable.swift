import KeptFormat
import KeptSnapshot

/// The measures of `measures` side by side: `months` of the firm, `channels`, `departments` and `agents` by month.
///
/// A ratio stands as `x, x_num, x_den`; why there is no value, `measures` says.
enum WideTable {
  static func schema(_ grain: MeasureGrain) -> TableSchema {
    TableSchema(
      name: grain == .firm ? "months" : grain.name + "s",
      meaning: grain == .firm ? "month" : "\(grain.name) × month in which anything of it counted",
      columns: keys(grain) + TouchMeasure.all(.standard).flatMap(columns))
  }

  private static func keys(_ grain: MeasureGrain) -> [ColumnSpec] {
    let period = ColumnSpec("period", .date, meaning: "first local day of the month")
    return grain == .firm ? [period] : [ColumnSpec(grain.name, .string, meaning: "its name"), period]
  }

  private static func columns(_ measure: TouchMeasure) -> [ColumnSpec] {
    let value = ColumnSpec(
      measure.name, .double, isNullable: true, unit: measure.unit, meaning: measure.meaning, formula: measure.formula,
      seed: measure.seed, direction: measure.direction, highIsGood: measure.highIsGood)
    if measure.den.isEmpty { return [value] }
    func part(_ suffix: String, _ meaning: String) -> ColumnSpec {
      ColumnSpec(
        measure.name + suffix, .decimal, isNullable: true, meaning: "\(meaning) of \(measure.name)",
        seed: measure.seed, direction: measure.direction)
    }
    return [value, part("_num", "numerator"), part("_den", "denominator")]
  }

  static func make(_ grain: MeasureGrain, _ cells: MeasureCells) -> Table {
    let rows = cells.rows(grain)
    var names = StringColumnBuilder()
    var periods = ColumnBuilder<Int32>()
    for row in rows {
      if let name = row.name { names.append(name) }
      periods.append(Int32(cells.dayTable.firstDay(.month, row.key.month)))
    }
    var columns = grain == .firm ? [periods.finish()] : [names.finish(), periods.finish()]
    for (index, measure) in cells.measures.enumerated() {
      var values = ColumnBuilder<Double>()
      var nums = ColumnBuilder<Int64>()
      var dens = ColumnBuilder<Int64>()
      for row in rows {
        let result = cells.result(index, row.key)
        values.append(result?.value)
        nums.append(result?.num)
        dens.append(result?.den)
      }
      columns.append(values.finish())
      if !measure.den.isEmpty { columns += [nums.finish(), dens.finish()] }
    }
    return Table(schema: schema(grain), columns: columns)
  }
}
