import KeptFormat
import KeptSnapshot

/// Who moved from which quadrant to which, and who stayed where they were. Metrics 3.9, S2.13; counted by `MovesFold`.
///
/// Whoever said nothing yet, or nothing any more, is unknown. Of those unknown both when the month before ended and when
/// this one did, only those count of whom one of the two indices existed.
enum MovesTable {
  static let schema = TableSchema(
    name: "moves", meaning: "unit × month × quadrant at its start × quadrant at its end",
    columns: [
      ColumnSpec("unit", .string, meaning: "whose lives are counted: customer or account"),
      ColumnSpec("period", .date, meaning: "first local day of the month"),
      ColumnSpec("from_quadrant", .string, meaning: "how they stood when the month before ended"),
      ColumnSpec("to_quadrant", .string, meaning: "how they stood when the month ended, or at the as-of instant"),
      ColumnSpec(
        "customers", .int64, meaning: "customers, or accounts, that stood so", seed: "S2.13", direction: "BOTH"),
    ] + mean("we", "how into them we were", "WE") + mean("they", "how into us they were", "THEY") + [
      ColumnSpec(
        "complete", .boolean, meaning: "the month had ended by the as-of instant", formula: "end of the month ≤ as-of")
    ])

  private static func mean(_ name: String, _ meaning: String, _ direction: String) -> [ColumnSpec] {
    [
      ColumnSpec(
        "\(name)_mean", .double, isNullable: true, unit: ColumnUnit.index,
        meaning: "\(meaning) at the end of the month, on average",
        formula: "\(name)_mean_num / \(name)_mean_den", seed: "S2.13", direction: direction, highIsGood: true),
      ColumnSpec(
        "\(name)_mean_num", .decimal, unit: "points", meaning: "sum of their \(name)_index", seed: "S2.13",
        direction: direction),
      ColumnSpec(
        "\(name)_mean_den", .int64, meaning: "how many of them had a \(name)_index", seed: "S2.13",
        direction: direction),
    ]
  }

  /// Quadrants as they sort.
  private static let quadrants = Quadrant.allCases.sorted { $0.word < $1.word }

  static func make(units: [(unit: Unit, fold: MovesFold)], run: MeasureRun) -> Table {
    var unit = StringColumnBuilder()
    var period = ColumnBuilder<Int32>()
    var from = StringColumnBuilder()
    var to = StringColumnBuilder()
    var customers = ColumnBuilder<Int64>()
    var means = (0..<2).map { _ in ColumnBuilder<Double>() }
    var sums = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var counts = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var complete = ColumnBuilder<Bool>()
    for (name, fold) in units.sorted(by: { $0.unit.rawValue < $1.unit.rawValue }) {
      for month in 0..<fold.monthCount {
        for start in quadrants {
          for end in quadrants {
            let cell = fold[month, start, end]
            if cell.count == 0 { continue }
            unit.append(name.rawValue)
            period.append(Int32(run.dayTable.firstDay(.month, fold.lowMonth + month)))
            from.append(start.word)
            to.append(end.word)
            customers.append(cell.count)
            for (place, mean) in [(cell.weSum, cell.weCount), (cell.theySum, cell.theyCount)].enumerated() {
              means[place].append(mean.1 == 0 ? nil : Double(mean.0) / 1_000_000 / Double(mean.1))
              sums[place].append(mean.0)
              counts[place].append(mean.1)
            }
            complete.append(month < fold.monthCount - 1)
          }
        }
      }
    }
    var columns = [unit.finish(), period.finish(), from.finish(), to.finish(), customers.finish()]
    for place in 0..<2 { columns += [means[place].finish(), sums[place].finish(), counts[place].finish()] }
    return Table(schema: schema, columns: columns + [complete.finish()])
  }
}
