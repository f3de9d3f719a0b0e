import KeptFormat
import KeptSnapshot

/// Who came back, by age. Metrics 3.1; the counts are made by `RetentionFold`.
enum RetentionTable {
  private static let seed = "S0.11"

  static let schema = TableSchema(
    name: "retention", meaning: "unit × activity × grain × clock × cohort × age",
    columns: [
      ColumnSpec("unit", .string, meaning: "whose lives are counted: customer or account"),
      ColumnSpec("activity", .string, meaning: "what starts and continues a relationship here, by the rulebook"),
      ColumnSpec("grain", .string, meaning: "day, week or month"),
      ColumnSpec(
        "clock", .string,
        meaning: "calendar: ages are differences of local buckets; rolling: of 24 h, 7 d or 30 d since the start"),
      ColumnSpec("cohort", .date, meaning: "first local day of the bucket in which the members started"),
      ColumnSpec("age", .int32, meaning: "buckets since the start; age 0 counts returns on a later local day only"),
      ColumnSpec("cohort_size", .int64, meaning: "members of the cohort", formula: "N = |{e: bucket(t0(e)) = cohort}|"),
      ColumnSpec("eligible", .int64, meaning: "members whose own window of that age had closed by the as-of instant"),
      count("bounded", "members that returned at exactly that age", "|{e: a return at age k}|"),
      count("unbounded", "members whose last return was at that age or later", "|{e: last return at age ≥ k}|"),
      count("returned_by", "members that had returned at some age from 1 to that one", "|{e: a return at age 1 … k}|"),
      rate("bounded_rate", "share that returned at exactly that age", "bounded / cohort_size"),
      rate("bounded_lo", "lower end of its 95 % Wilson interval", "Wilson(bounded, cohort_size)"),
      rate("bounded_hi", "upper end of its 95 % Wilson interval", "Wilson(bounded, cohort_size)"),
      rate("unbounded_rate", "share whose last return was at that age or later", "unbounded / cohort_size"),
      rate("unbounded_lo", "lower end of its 95 % Wilson interval", "Wilson(unbounded, cohort_size)"),
      rate("unbounded_hi", "upper end of its 95 % Wilson interval", "Wilson(unbounded, cohort_size)"),
      ColumnSpec("complete", .boolean, meaning: "the window of that age had closed for every member"),
      ColumnSpec(
        "left_truncated", .boolean,
        meaning: "the cohort started in the first days of the log, so its members may have begun before it"),
    ])

  private static func count(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(name, .int64, meaning: meaning, formula: formula, seed: seed, direction: "THEY", highIsGood: true)
  }

  private static func rate(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "share", meaning: meaning + "; NULL unless complete", formula: formula,
      seed: seed, direction: "THEY", highIsGood: true)
  }

  /// - Parameter units: the merged fold of each unit; `logStart`: the earliest touch of all.
  static func make(units: [(unit: Unit, fold: RetentionFold)], run: MeasureRun, logStart: Instant) -> Table {
    var unit = StringColumnBuilder()
    var activity = StringColumnBuilder()
    var grain = StringColumnBuilder()
    var clock = StringColumnBuilder()
    var cohort = ColumnBuilder<Int32>()
    var age = ColumnBuilder<Int32>()
    var complete = ColumnBuilder<Bool>()
    var truncated = ColumnBuilder<Bool>()
    var counts = (0..<5).map { _ in ColumnBuilder<Int64>() }
    var rates = (0..<6).map { _ in ColumnBuilder<Double>() }
    let dayTable = run.dayTable
    let rules = run.rulebook.retention
    let truncatedBefore = logStart == .max ? Int.min : dayTable.day(of: logStart) + rules.truncatedDays

    for (name, fold) in units.sorted(by: { $0.unit.rawValue < $1.unit.rawValue }) {
      for grid in fold.grids.sorted(by: isOrdered) {
        let codes = (
          unit.intern(name.rawValue), activity.intern(grid.pair.name), grain.intern(grid.grain.rawValue),
          clock.intern(grid.clock.rawValue)
        )
        for index in 0..<grid.cohortCount {
          guard let cell = grid.counts(ofCohort: index) else { continue }
          let bucket = grid.lowCohort + index
          let first = dayTable.firstDay(grid.grain, bucket)
          let isTruncated = !rules.logStartsWithBusiness && first < truncatedBefore
          let (unbounded, returnedBy, eligible) = cell.cumulative()
          let members = cell.members
          let completeAges = grid.completeAgeCount(ofBucket: bucket)
          for k in 0..<cell.ageCount {
            let isComplete = k < completeAges
            unit.append(code: codes.0)
            activity.append(code: codes.1)
            grain.append(code: codes.2)
            clock.append(code: codes.3)
            cohort.append(Int32(first))
            age.append(Int32(k))
            complete.append(isComplete)
            truncated.append(isTruncated)
            let bounded = cell.bounded(k)
            counts[0].append(members)
            counts[1].append(grid.clock == .rolling ? eligible[k] : isComplete ? members : 0)
            counts[2].append(bounded)
            counts[3].append(unbounded[k])
            counts[4].append(returnedBy[k])
            guard isComplete else {
              for place in 0..<6 { rates[place].appendNull() }
              continue
            }
            append(bounded, members, &rates, 0)
            append(unbounded[k], members, &rates, 3)
          }
        }
      }
    }
    return Table(
      schema: schema,
      columns: [unit.finish(), activity.finish(), grain.finish(), clock.finish(), cohort.finish(), age.finish()]
        + counts.map { $0.finish() } + rates.map { $0.finish() } + [complete.finish(), truncated.finish()])
  }

  private static func append(_ count: Int64, _ total: Int64, _ rates: inout [ColumnBuilder<Double>], _ first: Int) {
    let bounds = Wilson.interval(count, of: total)
    rates[first].append(Double(count) / Double(total))
    rates[first + 1].append(bounds.low)
    rates[first + 2].append(bounds.high)
  }

  private static func isOrdered(_ a: RetentionGrid, _ b: RetentionGrid) -> Bool {
    (a.pair.name, a.grain.rawValue, a.clock.rawValue) < (b.pair.name, b.grain.rawValue, b.clock.rawValue)
  }
}
