import KeptFormat
import KeptSnapshot

/// Who came back at some age within a range. Metrics 3.1; the ranges are the rulebook's `retention.brackets`.
enum RetentionBracketsTable {
  static let schema = TableSchema(
    name: "retention_brackets", meaning: "unit × activity × grain × clock × cohort × range of ages that has begun",
    columns: RetentionKeys.specs + [
      RetentionTable.cohort,
      ColumnSpec("age_from", .int32, meaning: "the first age of the range, ages as in retention"),
      ColumnSpec("age_to", .int32, meaning: "the last one"),
      ColumnSpec(
        "cohort_size", .int64, meaning: "members of the cohort", formula: "|{e: the first activity is in the cohort}|"),
      ColumnSpec(
        "eligible", .int64, meaning: "members whose own window of the last age had closed",
        formula: "|{e: end of age j ≤ as-of}|"),
      RetentionTable.count(
        "returned", "members that returned at some age of the range", "|{e: a return at age i … j}|"),
      RetentionTable.rate("rate", "share that returned at some age of the range", "returned / cohort_size"),
      RetentionTable.rate("lo", "lower end of its 95 % Wilson interval", "Wilson(returned, cohort_size)"),
      RetentionTable.rate("hi", "upper end of its 95 % Wilson interval", "Wilson(returned, cohort_size)"),
      RetentionTable.soFar,
      ColumnSpec(
        "complete", .boolean, meaning: "the window of the last age had closed for every member",
        formula: "eligible = cohort_size"),
      RetentionTable.truncated,
    ])

  /// - Parameter units: the merged fold of each unit; `logStart`: the earliest touch of all.
  static func make(units: [(unit: Unit, fold: RetentionFold)], run: MeasureRun, logStart: Instant) -> Table {
    var keys = RetentionKeys()
    var cohort = ColumnBuilder<Int32>()
    var ages = (0..<2).map { _ in ColumnBuilder<Int32>() }
    var counts = (0..<3).map { _ in ColumnBuilder<Int64>() }
    var rates = (0..<4).map { _ in ColumnBuilder<Double>() }
    var complete = ColumnBuilder<Bool>()
    var truncated = ColumnBuilder<Bool>()
    RetentionCohort.each(units, run: run, logStart: logStart) { grid, _, cohorts in
      let brackets = grid.brackets.enumerated().sorted {
        ($0.element.lowerBound, $0.element.upperBound) < ($1.element.lowerBound, $1.element.upperBound)
      }
      for cells in cohorts {
        for (place, bracket) in brackets where bracket.lowerBound < cells.ageCount {
          let returned = cells.bracket(place)
          let isComplete = cells.isComplete(bracket.upperBound)
          keys.append(cells.unit, grid, count: 1)
          cohort.append(cells.firstDay)
          ages[0].append(Int32(bracket.lowerBound))
          ages[1].append(Int32(bracket.upperBound))
          counts[0].append(cells.members)
          counts[1].append(cells.eligible(bracket.upperBound))
          counts[2].append(returned)
          RetentionRate.append(isComplete ? returned : nil, of: cells.members, to: &rates, 0)
          rates[3].append(Double(returned) / Double(cells.members))
          complete.append(isComplete)
          truncated.append(cells.isTruncated)
        }
      }
    }
    var columns = keys.finish() + [cohort.finish()]
    columns += ages.map { $0.finish() }
    columns += counts.map { $0.finish() }
    columns += rates.map { $0.finish() }
    columns += [complete.finish(), truncated.finish()]
    return Table(schema: schema, columns: columns)
  }
}
