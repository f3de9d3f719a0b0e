import KeptFormat
import KeptSnapshot

/// Who was new, still here, came back or went quiet. Metrics 3.2; the counts are made by `LifecycleFold`.
enum LifecycleTable {
  static let schema = TableSchema(
    name: "lifecycle", meaning: "unit × grain × period",
    columns: [
      ColumnSpec("unit", .string, meaning: "whose lives are counted: customer or account"),
      ColumnSpec("grain", .string, meaning: "day, week or month"),
      ColumnSpec("period", .date, meaning: "first local day of the bucket"),
      column("active", "in touch in the period", "|A(b)|", good: true),
      column("new_count", "in touch for the first time", "|{first bucket = b}|", good: true),
      column("still_here", "in touch, as in the period before", "|A(b) ∩ A(b−1)|", good: true),
      column(
        "came_back", "in touch again after at least one silent period", "|A(b) \\ A(b−1), seen before|", good: true),
      column(
        "gone_quiet", "in touch in the period before, not in this one", "|A(b−1) \\ A(b)|", good: false, open: true),
      column(
        "asleep", "seen before, silent in both periods, and not ended",
        "seen before b − still_here − came_back − "
          + "gone_quiet − ended", good: false, open: true),
      column(
        "ended", "seen before, silent in both periods, and the relationship stood ended at the end", "",
        good: false, open: true),
      ColumnSpec(
        "complete", .boolean, meaning: "the period had ended by the as-of instant", formula: "end of the period ≤ as-of"),
    ])

  private static func column(
    _ name: String, _ meaning: String, _ formula: String, good: Bool, open: Bool = false
  ) -> ColumnSpec {
    ColumnSpec(
      name, .int64, isNullable: open, meaning: open ? meaning + "; NULL unless complete" : meaning, formula: formula,
      seed: "S0.1", direction: "THEY", highIsGood: good)
  }

  static func make(units: [(unit: Unit, fold: LifecycleFold)], run: MeasureRun) -> Table {
    var unit = StringColumnBuilder()
    var grain = StringColumnBuilder()
    var period = ColumnBuilder<Int32>()
    var complete = ColumnBuilder<Bool>()
    var columns = (0..<7).map { _ in ColumnBuilder<Int64>() }
    for (name, fold) in units.sorted(by: { $0.unit.rawValue < $1.unit.rawValue }) {
      for grid in fold.grains.sorted(by: { $0.grain.rawValue < $1.grain.rawValue }) {
        var seenBefore: Int64 = 0
        var ended: Int64 = 0
        for bucket in 0..<grid.bucketCount {
          let new = grid.count(.new, bucket)
          let stillHere = grid.count(.stillHere, bucket)
          let cameBack = grid.count(.cameBack, bucket)
          let goneQuiet = grid.count(.goneQuiet, bucket)
          ended += grid.count(.endedStep, bucket)
          let asleep = seenBefore - stillHere - cameBack - goneQuiet - ended
          let isFirst = seenBefore == 0 && new == 0
          seenBefore += new
          if isFirst { continue }
          // The as-of instant lies in the last bucket, so that one is still open.
          let isComplete = bucket < grid.bucketCount - 1
          unit.append(name.rawValue)
          grain.append(grid.grain.rawValue)
          period.append(Int32(run.dayTable.firstDay(grid.grain, grid.lowBucket + bucket)))
          columns[0].append(new + stillHere + cameBack)
          columns[1].append(new)
          columns[2].append(stillHere)
          columns[3].append(cameBack)
          columns[4].append(isComplete ? goneQuiet : nil)
          columns[5].append(isComplete ? asleep : nil)
          columns[6].append(isComplete ? ended : nil)
          complete.append(isComplete)
        }
      }
    }
    return Table(
      schema: schema,
      columns: [unit.finish(), grain.finish(), period.finish()] + columns.map { $0.finish() } + [complete.finish()])
  }
}
