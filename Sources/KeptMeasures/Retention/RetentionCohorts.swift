import KeptFormat
import KeptSnapshot

/// A cohort as the tables of retention show it.
struct RetentionCohort {
  let unit: Unit
  let grid: RetentionGrid
  /// Its place in the grid.
  let index: Int
  /// First local day of its bucket; nil: of those who began before the log.
  let firstDay: Int32?
  let members: Int64
  /// Ages 0 … n − 1 have begun.
  let ageCount: Int
  let isTruncated: Bool
  private let counts: CohortCounts
  private let unbounded: [Int64]
  private let returnedBy: [Int64]
  private let eligible: [Int64]
  /// Ages 0 … n − 1 have closed for everybody.
  let completeAgeCount: Int

  private init(_ unit: Unit, _ grid: RetentionGrid, _ index: Int, _ counts: CohortCounts, firstDay: Int32?, isTruncated: Bool) {
    self.unit = unit
    self.grid = grid
    self.index = index
    self.counts = counts
    self.firstDay = firstDay
    self.isTruncated = isTruncated
    let members = counts.members
    (unbounded, returnedBy, eligible) = counts.cumulative()
    self.members = members
    if firstDay != nil {
      ageCount = counts.ageCount
      completeAgeCount = grid.completeAgeCount(ofCohort: index)
    } else {
      // Its members started at different times: an age has begun when the one before has closed for somebody.
      ageCount = min(counts.ageCount, (eligible.firstIndex(of: 0) ?? counts.ageCount) + 1)
      completeAgeCount = eligible.firstIndex { $0 < members } ?? counts.ageCount
    }
  }

  func isComplete(_ age: Int) -> Bool { age < completeAgeCount }

  /// Members whose own window of that age had closed.
  func eligible(_ age: Int) -> Int64 {
    guard age < eligible.count else { return 0 }
    return grid.clock == .rolling || firstDay == nil ? eligible[age] : isComplete(age) ? members : 0
  }

  func bounded(_ age: Int) -> Int64 { counts.bounded(age) }
  func unbounded(_ age: Int) -> Int64 { unbounded[age] }
  func returnedBy(_ age: Int) -> Int64 { returnedBy[age] }
  func bracket(_ place: Int) -> Int64 { counts.bracket(place) }

  /// × 10⁶; nil where it is not known, or beyond the range of a decimal.
  func revenue(_ age: Int) -> Int64? {
    guard let sum = grid.revenue(ofCohort: index, age: age), abs(sum) < 1_000_000_000_000_000_000 else { return nil }
    return Int64(sum)
  }

  /// The cohorts of each grid, in the order in which tables show them: unit, activity, grain, clock, then those from
  /// before the log, then by time.
  static func each(
    _ units: [(unit: Unit, fold: RetentionFold)], run: MeasureRun, logStart: Instant,
    _ body: (_ grid: RetentionGrid, _ fold: RetentionFold, _ cohorts: [RetentionCohort]) -> Void
  ) {
    let dayTable = run.dayTable
    let rules = run.rulebook.retention
    let truncatedBefore = logStart == .max ? Int.min : dayTable.day(of: logStart) + rules.truncatedDays
    for (unit, fold) in units.sorted(by: { $0.unit.rawValue < $1.unit.rawValue }) {
      for grid in fold.grids.sorted(by: isOrdered) {
        var cohorts: [RetentionCohort] = []
        if let counts = grid.counts(ofCohort: grid.cohortCount) {
          cohorts.append(RetentionCohort(unit, grid, grid.cohortCount, counts, firstDay: nil, isTruncated: true))
        }
        for index in 0..<grid.cohortCount {
          guard let counts = grid.counts(ofCohort: index) else { continue }
          let first = dayTable.firstDay(grid.grain, grid.lowCohort + index)
          cohorts.append(
            RetentionCohort(
              unit, grid, index, counts, firstDay: Int32(first),
              isTruncated: !rules.logStartsWithBusiness && first < truncatedBefore))
        }
        body(grid, fold, cohorts)
      }
    }
  }

  private static func isOrdered(_ a: RetentionGrid, _ b: RetentionGrid) -> Bool {
    (a.pair.name, a.grain.rawValue, a.clock.rawValue) < (b.pair.name, b.grain.rawValue, b.clock.rawValue)
  }
}

/// Columns that say which grid a row belongs to, in all tables of retention.
struct RetentionKeys {
  private var columns = (0..<4).map { _ in StringColumnBuilder() }

  static let specs = [
    ColumnSpec("unit", .string, meaning: "whose lives are counted: customer or account"),
    ColumnSpec("activity", .string, meaning: "what starts and continues a relationship here, by the rulebook"),
    ColumnSpec("grain", .string, meaning: "day, week or month"),
    ColumnSpec(
      "clock", .string,
      meaning: "calendar: ages are differences of local buckets; rolling: of 24 h, 7 d or 30 d since the start"),
  ]

  /// - Parameter count: how many rows.
  mutating func append(_ unit: Unit, _ grid: RetentionGrid, count: Int) {
    let words = [unit.rawValue, grid.pair.name, grid.grain.rawValue, grid.clock.rawValue]
    for (place, word) in words.enumerated() {
      let code = columns[place].intern(word)
      for _ in 0..<count { columns[place].append(code: code) }
    }
  }

  consuming func finish() -> [ColumnData] { columns.map { $0.finish() } }
}
