import KeptFormat

/// Who came back, by age since the start: one grid for each activity, grain and clock. Metrics 3.1.
///
/// For an entity with start t0 in bucket c and a return at t, age k is bucket(t) − c on the calendar clock, and ⌊(t −
/// t0) / u⌋ on the rolling one, u = 24 h, 7 d or 30 d. What a life adds, each at most once per age: `bounded[k]` it
/// returned at age k; `last[k]` its last return was at age k; `first[k]` its first return at an age of 1 or more was at
/// age k; `eligible[k]` (rolling) k is the last age whose window had closed for it.
final class RetentionFold {
  private var variants: [RetentionGrid]
  private let dayTable: DayTable
  private let asOf: Instant

  init(rules: RetentionRules, dayTable: DayTable, asOf: Instant, active: ActiveBucketSet) {
    self.dayTable = dayTable
    self.asOf = asOf
    variants = []
    for pair in rules.pairs {
      for grain in rules.grains {
        for clock in rules.clocks {
          variants.append(
            RetentionGrid(
              pair: pair, grain: grain, clock: clock, rules: rules, dayTable: dayTable, asOf: asOf,
              returns: clock == .calendar ? active.of(1 << UInt8(pair.back), grain) : nil))
        }
      }
    }
  }

  var grids: [RetentionGrid] { variants }

  func begin() { for grid in variants { grid.begin() } }
  func apply(_ chunk: borrowing Chunk) { for grid in variants { grid.apply(chunk) } }
  func end() { for grid in variants { grid.end() } }
}

/// The counts of one activity, grain and clock, cohort by cohort.
final class RetentionGrid {
  let pair: RetentionRules.Pair
  let grain: Grain
  let clock: Clock
  /// The calendar clock's: when there were returns.
  private let returns: ActiveBuckets?
  private let startMask: UInt8
  private let backMask: UInt8
  private let countsStartDay: Bool
  private let asOf: Instant
  private let dayTable: DayTable
  /// The rolling clock's unit in microseconds.
  let unit: Int64
  private let ageMax: Int

  /// Buckets from `lowCohort`; a cohort's counts are allocated when its first member comes.
  let lowCohort: Int
  let cohortCount: Int
  private let lastBucket: Int
  private let cohorts: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>?>

  // The life being folded.
  private var counts: UnsafeMutablePointer<UInt32>?
  private var ageCount = 0
  private var startTime: Instant = 0
  private var startDay: Int32 = 0
  private var startBucket: Int32 = 0
  private var lastAge = -1
  private var firstAge = -1

  init(
    pair: RetentionRules.Pair, grain: Grain, clock: Clock, rules: RetentionRules, dayTable: DayTable, asOf: Instant,
    returns: ActiveBuckets?
  ) {
    self.pair = pair
    self.returns = returns
    self.grain = grain
    self.clock = clock
    startMask = 1 << UInt8(pair.start)
    backMask = 1 << UInt8(pair.back)
    countsStartDay = rules.countsStartDay
    self.asOf = asOf
    self.dayTable = dayTable
    unit = Rulebook.day * (grain == .day ? 1 : grain == .week ? 7 : 30)
    ageMax = rules.ageMax[grain] ?? Int.max - 1
    lowCohort = dayTable.bucket(grain, ofDay: dayTable.low)
    lastBucket = dayTable.bucket(grain, of: asOf)
    cohortCount = max(1, lastBucket - lowCohort + 1)
    cohorts = .allocate(capacity: cohortCount)
    cohorts.initialize(repeating: nil, count: cohortCount)
  }

  deinit {
    for index in 0..<cohortCount { cohorts[index]?.deallocate() }
    cohorts.deallocate()
  }

  // MARK: the layout of a cohort's counts: members, then bounded, last, first, eligible, each by age

  /// Ages 0 … n − 1 are written for a cohort: up to the one that holds the as-of instant.
  func ageCount(ofCohort index: Int) -> Int {
    let bucket = lowCohort + index
    switch clock {
    case .calendar: return min(ageMax, lastBucket - bucket) + 1
    case .rolling:
      return min(ageMax, max(0, Int((asOf - dayTable.start(grain, bucket)) / unit))) + 1
    }
  }

  /// How many ages, from 0, have closed for every member of a cohort: on the rolling clock for the last one who could
  /// have started in it.
  func completeAgeCount(ofBucket bucket: Int) -> Int {
    switch clock {
    case .calendar: max(0, lastBucket - bucket)
    case .rolling: max(0, Int((asOf - dayTable.end(grain, bucket)) / unit))
    }
  }

  /// A cohort's counts, or nil where it has no members.
  func counts(ofCohort index: Int) -> CohortCounts? {
    guard let counts = cohorts[index] else { return nil }
    return CohortCounts(base: counts, ageCount: ageCount(ofCohort: index))
  }

  func begin() {
    counts = nil
    lastAge = -1
    firstAge = -1
  }

  func apply(_ chunk: borrowing Chunk) {
    let activity = chunk.activity
    var row = 0
    if counts == nil {
      while row < chunk.count, activity[row] & startMask == 0 { row += 1 }
      if row == chunk.count { return }
      start(chunk.rows[row].time, chunk.days[row])
      if !countsStartDay { row += 1 }
    }
    if let returns { applyCalendar(chunk, from: row, returns) } else { applyRolling(chunk, from: row) }
  }

  private func applyCalendar(_ chunk: borrowing Chunk, from first: Int, _ returns: ActiveBuckets) {
    // Age 0 is not that of the whole bucket: what came before the start, and perhaps on its day, is no return.
    if lastAge < 0 {
      var row = first
      while row < chunk.count {
        if bucket(chunk, row) != startBucket { break }
        let isStartDay = chunk.days[row] == startDay
        if chunk.activity[row] & backMask != 0, countsStartDay || !isStartDay {
          returned(0)
          break
        }
        row += 1
      }
    }
    let (buckets, startBucket) = (returns.buckets, startBucket)
    for place in 0..<returns.count where buckets[place] > startBucket {
      returned(Int(buckets[place] &- startBucket))
    }
  }

  private func bucket(_ chunk: borrowing Chunk, _ row: Int) -> Int32 {
    switch grain {
    case .day: chunk.days[row]
    case .week: dayTable.calendar.weekIndex(ofDay: Int32(truncatingIfNeeded: dayTable.low) &+ chunk.days[row])
    case .month: chunk.months[row]
    }
  }

  private func applyRolling(_ chunk: borrowing Chunk, from first: Int) {
    let (activity, rows, mask) = (chunk.activity, chunk.rows, backMask)
    // A return before the end of the age that was counted last says nothing new.
    var nextTime = lastAge < 0 ? Instant.min : startTime &+ Int64(lastAge + 1) &* unit
    for row in first..<chunk.count {
      if activity[row] & mask == 0 || rows[row].time < nextTime { continue }
      let age = Int((rows[row].time - startTime) / unit)
      if age == 0, !countsStartDay, chunk.days[row] == startDay { continue }
      returned(age)
      nextTime = startTime &+ Int64(age + 1) &* unit
    }
  }

  private func start(_ time: Instant, _ day: Int32) {
    startTime = time
    startDay = day
    let bucket = dayTable.bucket(grain, ofDay: dayTable.low + Int(day))
    let index = max(0, min(cohortCount - 1, bucket - lowCohort))
    // Calendar ages are differences of what the chunk holds: days of the table, months, weeks.
    startBucket = grain == .day ? day : Int32(truncatingIfNeeded: bucket)
    ageCount = ageCount(ofCohort: index)
    if let found = cohorts[index] {
      counts = found
    } else {
      let size = 1 + 4 * ageCount
      let fresh = UnsafeMutablePointer<UInt32>.allocate(capacity: size)
      fresh.initialize(repeating: 0, count: size)
      cohorts[index] = fresh
      counts = fresh
    }
  }

  /// A return at an age; ages come in order, each as often as it likes.
  @inline(__always)
  private func returned(_ age: Int) {
    if age == lastAge { return }
    lastAge = age
    if age < ageCount { counts![1 + age] += 1 }
    if firstAge < 0 && age >= 1 { firstAge = age }
  }

  func end() {
    guard let counts else { return }
    counts[0] += 1
    if lastAge >= 0 { counts[1 + ageCount + min(lastAge, ageCount - 1)] += 1 }
    if firstAge >= 0, firstAge < ageCount { counts[1 + 2 * ageCount + firstAge] += 1 }
    if clock == .rolling {
      let closed = Int((asOf - startTime) / unit) - 1
      if closed >= 0 { counts[1 + 3 * ageCount + min(closed, ageCount - 1)] += 1 }
    }
  }

  /// Adds what another worker counted.
  func merge(_ other: RetentionGrid) {
    for index in 0..<cohortCount {
      guard let theirs = other.cohorts[index] else { continue }
      let size = 1 + 4 * ageCount(ofCohort: index)
      if let ours = cohorts[index] {
        for place in 0..<size { ours[place] += theirs[place] }
      } else {
        let fresh = UnsafeMutablePointer<UInt32>.allocate(capacity: size)
        fresh.initialize(from: theirs, count: size)
        cohorts[index] = fresh
      }
    }
  }
}

/// What one cohort's lives added up to, as the columns want it.
struct CohortCounts {
  fileprivate let base: UnsafeMutablePointer<UInt32>
  let ageCount: Int

  var members: Int64 { Int64(base[0]) }
  func bounded(_ age: Int) -> Int64 { Int64(base[1 + age]) }

  /// By age: members whose last return was at that age or later, who had returned at 1 … that age, whose window of that
  /// age had closed (rolling clock).
  func cumulative() -> (unbounded: [Int64], returnedBy: [Int64], eligible: [Int64]) {
    var unbounded = Array(repeating: Int64(0), count: ageCount)
    var returnedBy = unbounded
    var eligible = unbounded
    var later: Int64 = 0
    var closed: Int64 = 0
    for age in (0..<ageCount).reversed() {
      later += Int64(base[1 + ageCount + age])
      closed += Int64(base[1 + 3 * ageCount + age])
      unbounded[age] = later
      eligible[age] = closed
    }
    var earlier: Int64 = 0
    for age in 0..<ageCount {
      earlier += Int64(base[1 + 2 * ageCount + age])
      returnedBy[age] = earlier
    }
    return (unbounded, returnedBy, eligible)
  }
}
