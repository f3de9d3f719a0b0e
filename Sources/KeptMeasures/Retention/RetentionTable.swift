import KeptFormat
import KeptSnapshot

/// Who came back, by age, and what they paid. Metrics 3.1 and 3.13; the counts are made by `RetentionFold`.
enum RetentionTable {
  static let seed = "S0.11"

  static let schema = TableSchema(
    name: "retention", meaning: "unit × activity × grain × clock × cohort × age",
    columns: RetentionKeys.specs + [
      cohort,
      ColumnSpec("age", .int32, meaning: "buckets since the start; age 0 counts returns on a later local day only"),
      ColumnSpec("cohort_size", .int64, meaning: "members of the cohort", formula: "N = |{e: bucket(t0(e)) = cohort}|"),
      ColumnSpec(
        "eligible", .int64, meaning: "members whose own window of that age had closed by the as-of instant",
        formula: "|{e: end of age k ≤ as-of}|"),
      count("bounded", "members that returned at exactly that age", "|{e: a return at age k}|"),
      count("unbounded", "members whose last return was at that age or later", "|{e: last return at age ≥ k}|"),
      count("returned_by", "members that had returned at some age from 1 to that one", "|{e: a return at age 1 … k}|"),
      rate("bounded_rate", "share that returned at exactly that age", "bounded / cohort_size"),
      rate("bounded_lo", "lower end of its 95 % Wilson interval", "Wilson(bounded, cohort_size)"),
      rate("bounded_hi", "upper end of its 95 % Wilson interval", "Wilson(bounded, cohort_size)"),
      rate("unbounded_rate", "share whose last return was at that age or later", "unbounded / cohort_size"),
      rate("unbounded_lo", "lower end of its 95 % Wilson interval", "Wilson(unbounded, cohort_size)"),
      rate("unbounded_hi", "upper end of its 95 % Wilson interval", "Wilson(unbounded, cohort_size)"),
      soFar,
      ColumnSpec(
        "revenue", .decimal, isNullable: true, unit: "currency",
        meaning: "what the members paid at that age, the start itself included: orders that stand when they were placed, "
          + "less credits when they were given; NULL where a rate of exchange is missing, where no order has an amount, "
          + "and unless the rulebook's retention.revenue asks for it",
        formula: "Σ order.placed (after order.corrected) − cancelled − return.credited", seed: "S0.1",
        direction: "THEY", highIsGood: true),
      ColumnSpec(
        "complete", .boolean, meaning: "the window of that age had closed for every member",
        formula: "eligible = cohort_size"),
      ColumnSpec(
        "horizon_left", .int32, isNullable: true,
        meaning: "how many complete ages of the cohort follow; unbounded is too low where these are few, and is bounded "
          + "at the last; NULL unless complete", formula: "last complete age − age"),
      truncated,
    ])

  static let cohort = ColumnSpec(
    "cohort", .date, isNullable: true,
    meaning: "first local day of the bucket in which the members started; NULL: they are said to have begun before the "
      + "log did, and ages count from their first activity in it")
  static let soFar = ColumnSpec(
    "rate_so_far", .double, isNullable: false, unit: "share",
    meaning: "share that has returned, whether the window has closed or may yet bring more", seed: seed,
    direction: "THEY", highIsGood: true)
  static let truncated = ColumnSpec(
    "left_truncated", .boolean,
    meaning: "the cohort started in the first days of the log, so its members may have begun before it, or is said to "
      + "have begun before it",
      formula: "start < first day of the log + retention.truncated_days")

  static func count(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(name, .int64, meaning: meaning, formula: formula, seed: seed, direction: "THEY", highIsGood: true)
  }

  static func rate(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "share", meaning: meaning + "; NULL unless complete", formula: formula,
      seed: seed, direction: "THEY", highIsGood: true)
  }

  /// - Parameter units: the merged fold of each unit; `logStart`: the earliest touch of all.
  static func make(units: [(unit: Unit, fold: RetentionFold)], run: MeasureRun, logStart: Instant) -> Table {
    var keys = RetentionKeys()
    var cohort = ColumnBuilder<Int32>()
    var age = ColumnBuilder<Int32>()
    var counts = (0..<5).map { _ in ColumnBuilder<Int64>() }
    var rates = (0..<7).map { _ in ColumnBuilder<Double>() }
    var revenue = ColumnBuilder<Int64>()
    var horizon = ColumnBuilder<Int32>()
    var complete = ColumnBuilder<Bool>()
    var truncated = ColumnBuilder<Bool>()
    RetentionCohort.each(units, run: run, logStart: logStart) { grid, fold, cohorts in
      for cells in cohorts {
        keys.append(cells.unit, grid, count: cells.ageCount)
        for k in 0..<cells.ageCount {
          let isComplete = cells.isComplete(k)
          let (bounded, unbounded) = (cells.bounded(k), cells.unbounded(k))
          cohort.append(cells.firstDay)
          age.append(Int32(k))
          counts[0].append(cells.members)
          counts[1].append(cells.eligible(k))
          counts[2].append(bounded)
          counts[3].append(unbounded)
          counts[4].append(cells.returnedBy(k))
          RetentionRate.append(isComplete ? bounded : nil, of: cells.members, to: &rates, 0)
          RetentionRate.append(isComplete ? unbounded : nil, of: cells.members, to: &rates, 3)
          rates[6].append(Double(bounded) / Double(cells.members))
          revenue.append(fold.hasAmounts ? cells.revenue(k) : nil)
          horizon.append(isComplete ? Int32(cells.completeAgeCount - 1 - k) : nil)
          complete.append(isComplete)
          truncated.append(cells.isTruncated)
        }
      }
    }
    var columns = keys.finish() + [cohort.finish(), age.finish()]
    columns += counts.map { $0.finish() }
    columns += rates.map { $0.finish() }
    columns += [revenue.finish(), complete.finish(), horizon.finish(), truncated.finish()]
    return Table(schema: schema, columns: columns)
  }
}

/// A share and its interval, in three columns.
enum RetentionRate {
  /// - Parameter count: nil: not known yet.
  static func append(_ count: Int64?, of total: Int64, to columns: inout [ColumnBuilder<Double>], _ first: Int) {
    guard let count, total > 0 else {
      for place in first..<first + 3 { columns[place].appendNull() }
      return
    }
    let bounds = Wilson.interval(count, of: total)
    columns[first].append(Double(count) / Double(total))
    columns[first + 1].append(bounds.low)
    columns[first + 2].append(bounds.high)
  }
}
