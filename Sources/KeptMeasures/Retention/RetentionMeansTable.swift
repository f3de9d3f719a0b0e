import KeptFormat
import KeptSnapshot

/// Retention of all cohorts together, three ways. Metrics 3.1.
///
/// Complete cells only, and cohorts that are not left truncated. The weighted mean of `unbounded` may rise with age,
/// because younger cohorts leave it: the mean over a fixed set of cohorts cannot.
enum RetentionMeansTable {
  static let schema = TableSchema(
    name: "retention_means", meaning: "unit × activity × grain × clock × age that is complete for some cohort",
    columns: RetentionKeys.specs + [
      ColumnSpec("age", .int32, meaning: "as in retention"),
      ColumnSpec(
        "n_cohorts", .int64, meaning: "cohorts of which that age is complete", formula: "|{cohorts complete at age k}|"),
      ColumnSpec("eligible", .int64, meaning: "their members", formula: "Σ cohort_size"),
      RetentionTable.count("bounded", "of them, returned at exactly that age", "Σ bounded"),
      RetentionTable.count("unbounded", "of them, returned last at that age or later", "Σ unbounded"),
      mean("bounded_weighted", "share of all members that returned at exactly that age", "Σ bounded / Σ eligible"),
      mean("bounded_simple", "mean of the cohorts' shares, each counting as one", "mean of bounded_rate"),
      mean(
        "bounded_fixed", "the weighted mean over those cohorts alone that are complete through the rulebook's "
          + "retention.means_through", "Σ bounded / Σ eligible, fixed cohorts"),
      mean("unbounded_weighted", "share of all members that returned last at that age or later", "Σ unbounded / Σ eligible"),
      mean("unbounded_simple", "mean of the cohorts' shares, each counting as one", "mean of unbounded_rate"),
      mean("unbounded_fixed", "the weighted mean over the fixed cohorts", "Σ unbounded / Σ eligible, fixed cohorts"),
      ColumnSpec(
        "n_fixed_cohorts", .int64, isNullable: true,
        meaning: "how many the fixed ones are; NULL after the age through which they have to be complete",
        formula: "|{cohorts complete through the rulebook's age}|"),
      ColumnSpec("fixed_eligible", .int64, isNullable: true, meaning: "their members", formula: "Σ cohort_size of them"),
    ])

  private static func mean(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "share", meaning: meaning, formula: formula, seed: RetentionTable.seed,
      direction: "THEY", highIsGood: true)
  }

  /// - Parameter units: the merged fold of each unit; `logStart`: the earliest touch of all.
  static func make(units: [(unit: Unit, fold: RetentionFold)], run: MeasureRun, logStart: Instant) -> Table {
    var keys = RetentionKeys()
    var age = ColumnBuilder<Int32>()
    var counts = (0..<4).map { _ in ColumnBuilder<Int64>() }
    var means = (0..<6).map { _ in ColumnBuilder<Double>() }
    var fixedCounts = (0..<2).map { _ in ColumnBuilder<Int64>() }
    let through = run.rulebook.retention.meansThrough
    RetentionCohort.each(units, run: run, logStart: logStart) { grid, _, cohorts in
      let whole = cohorts.filter { !$0.isTruncated && $0.firstDay != nil }
      let fixedThrough = through[grid.grain] ?? -1
      let fixed = whole.filter { $0.isComplete(fixedThrough) }
      for k in 0..<(whole.map { min($0.completeAgeCount, $0.ageCount) }.max() ?? 0) {
        let complete = Sums(whole.filter { $0.isComplete(k) && k < $0.ageCount }, k)
        keys.append(whole[0].unit, grid, count: 1)
        age.append(Int32(k))
        for (place, count) in [complete.cohorts, complete.members, complete.bounded, complete.unbounded].enumerated() {
          counts[place].append(count)
        }
        let same = k <= fixedThrough ? Sums(fixed, k) : nil
        let values = [
          complete.boundedRate, complete.boundedMean, same?.boundedRate, complete.unboundedRate,
          complete.unboundedMean, same?.unboundedRate,
        ]
        for (place, value) in values.enumerated() { means[place].append(value) }
        fixedCounts[0].append(same?.cohorts)
        fixedCounts[1].append(same?.members)
      }
    }
    var columns = keys.finish() + [age.finish()]
    columns += counts.map { $0.finish() }
    columns += means.map { $0.finish() }
    columns += fixedCounts.map { $0.finish() }
    return Table(schema: schema, columns: columns)
  }

  /// Some cohorts at one age.
  private struct Sums {
    var cohorts: Int64 = 0
    var members: Int64 = 0
    var bounded: Int64 = 0
    var unbounded: Int64 = 0
    private var boundedShares = 0.0
    private var unboundedShares = 0.0

    init(_ cells: [RetentionCohort], _ age: Int) {
      for cell in cells {
        cohorts += 1
        members += cell.members
        bounded += cell.bounded(age)
        unbounded += cell.unbounded(age)
        boundedShares += Double(cell.bounded(age)) / Double(cell.members)
        unboundedShares += Double(cell.unbounded(age)) / Double(cell.members)
      }
    }

    var boundedRate: Double? { members > 0 ? Double(bounded) / Double(members) : nil }
    var unboundedRate: Double? { members > 0 ? Double(unbounded) / Double(members) : nil }
    var boundedMean: Double? { cohorts > 0 ? boundedShares / Double(cohorts) : nil }
    var unboundedMean: Double? { cohorts > 0 ? unboundedShares / Double(cohorts) : nil }
  }
}
