import KeptFormat

/// The counts of one activity, grain and clock, cohort by cohort.
final class RetentionGrid {
  let pair: RetentionRules.Pair
  let grain: Grain
  let clock: Clock
  /// Ranges of ages that are counted as one.
  let brackets: [ClosedRange<Int>]
  /// The calendar clock's: when there were returns.
  private let returns: ActiveBuckets?
  private let startMask: UInt8
  private let backMask: UInt8
  private let countsStartDay: Bool
  private let countsAtEnd: Bool
  private let asOf: Instant
  private let dayTable: DayTable
  /// The rolling clock's unit in microseconds.
  let unit: Int64
  private let ageMax: Int

  /// Buckets from `lowCohort`; a cohort's counts are allocated when its first member comes. After the last one stands that
  /// of those who began before the log.
  let lowCohort: Int
  let cohortCount: Int
  private let lastBucket: Int
  private let cohorts: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>?>
  /// By cohort and age: what its members paid × 10⁶, and how many payments are not known; empty where there were none.
  private var revenues: [[Int128]]
  private var unknowns: [[UInt32]]

  // The life being folded.
  private(set) var life = RetentionLife()
  private var counts: UnsafeMutablePointer<UInt32>?
  private var ageCount = 0
  private var startTime: Instant = 0
  private var startDay: Int32 = 0
  private var startBucket: Int32 = 0
  private var lastAge = -1
  private var firstAge = -1

  init(
    pair: RetentionRules.Pair, grain: Grain, clock: Clock, base: FoldBase, countsAtEnd: Bool,
    brackets: [ClosedRange<Int>], returns: ActiveBuckets?
  ) {
    self.pair = pair
    self.returns = returns
    self.grain = grain
    self.clock = clock
    self.countsAtEnd = countsAtEnd
    self.brackets = brackets
    let rules = base.rulebook.retention
    startMask = 1 << UInt8(pair.start)
    backMask = 1 << UInt8(pair.back)
    countsStartDay = rules.countsStartDay
    asOf = base.asOf
    dayTable = base.dayTable
    unit = Rulebook.day * (grain == .day ? 1 : grain == .week ? 7 : 30)
    ageMax = rules.ageMax[grain] ?? Int.max - 1
    lowCohort = dayTable.bucket(grain, ofDay: dayTable.low)
    lastBucket = dayTable.bucket(grain, of: asOf)
    cohortCount = max(1, lastBucket - lowCohort + 1)
    cohorts = .allocate(capacity: cohortCount + 1)
    cohorts.initialize(repeating: nil, count: cohortCount + 1)
    revenues = Array(repeating: [], count: cohortCount + 1)
    unknowns = Array(repeating: [], count: cohortCount + 1)
  }

  deinit {
    for index in 0...cohortCount { cohorts[index]?.deallocate() }
    cohorts.deallocate()
  }

  // MARK: the layout of a cohort's counts: members, then bounded, last, first, eligible, each by age, then brackets

  /// Ages 0 … n − 1 are kept of a cohort: up to the one that holds the as-of instant.
  func ageCount(ofCohort index: Int) -> Int {
    let bucket = lowCohort + (index == cohortCount ? 0 : index)
    switch clock {
    case .calendar: return min(ageMax, lastBucket - bucket) + 1
    case .rolling:
      return min(ageMax, max(0, Int((asOf - dayTable.start(grain, bucket)) / unit))) + 1
    }
  }

  /// How many ages, from 0, have closed for every member of a cohort: on the rolling clock for the last one who could
  /// have started in it.
  func completeAgeCount(ofCohort index: Int) -> Int {
    let bucket = lowCohort + index
    switch clock {
    case .calendar: return max(0, lastBucket - bucket)
    case .rolling: return max(0, Int((asOf - dayTable.end(grain, bucket)) / unit))
    }
  }

  private func size(ofCohort index: Int) -> Int { 1 + 4 * ageCount(ofCohort: index) + brackets.count }

  /// A cohort's counts, or nil where it has no members.
  func counts(ofCohort index: Int) -> CohortCounts? {
    guard let counts = cohorts[index], counts[0] > 0 else { return nil }
    return CohortCounts(base: counts, ageCount: ageCount(ofCohort: index), bracketCount: brackets.count)
  }

  /// What a cohort's members paid at an age × 10⁶; nil where a rate of exchange is missing.
  func revenue(ofCohort index: Int, age: Int) -> Int128? {
    if !unknowns[index].isEmpty, unknowns[index][age] > 0 { return nil }
    return revenues[index].isEmpty ? 0 : revenues[index][age]
  }

  private func makeCounts(ofCohort index: Int) -> UnsafeMutablePointer<UInt32> {
    if let found = cohorts[index] { return found }
    let size = size(ofCohort: index)
    let fresh = UnsafeMutablePointer<UInt32>.allocate(capacity: size)
    fresh.initialize(repeating: 0, count: size)
    cohorts[index] = fresh
    return fresh
  }

  // MARK: a life

  func begin() {
    counts = nil
    lastAge = -1
    firstAge = -1
    guard countsAtEnd else { return }
    life.cohort = -1
    life.ages.removeAll(keepingCapacity: true)
    life.revenue.removeAll(keepingCapacity: true)
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
    counts = makeCounts(ofCohort: index)
    life.cohort = index
  }

  /// A return at an age; ages come in order, each as often as it likes.
  @inline(__always)
  private func returned(_ age: Int) {
    if age == lastAge { return }
    lastAge = age
    if countsAtEnd {
      life.ages.append(Int32(truncatingIfNeeded: age))
      return
    }
    if age < ageCount { counts![1 + age] += 1 }
    if firstAge < 0 && age >= 1 { firstAge = age }
  }

  /// A life is over that was counted return by return.
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

  /// A life is over that is to be counted as a whole: completes `life`.
  func finish(_ payments: [OrderTracker.Payment]) {
    guard life.cohort >= 0 else { return }
    life.closed =
      clock == .rolling ? Int((asOf - startTime) / unit) : lastBucket - lowCohort - life.cohort
    for payment in payments where payment.time >= startTime {
      let age: Int32
      switch (clock, grain) {
      case (.rolling, _): age = Int32(truncatingIfNeeded: (payment.time - startTime) / unit)
      case (.calendar, .day): age = payment.day - startBucket
      case (.calendar, .week): age = dayTable.calendar.weekIndex(ofDay: Int32(dayTable.low) + payment.day) - startBucket
      case (.calendar, .month): age = dayTable.months[Int(payment.day)] - startBucket
      }
      life.revenue.append((age, payment.isKnown ? payment.amount : nil))
    }
  }

  /// Adds a whole life to its cohort, or to those who began before the log.
  func count(_ life: RetentionLife, isBeforeLog: Bool) {
    guard life.cohort >= 0 else { return }
    let cohort = isBeforeLog ? cohortCount : life.cohort
    let ageCount = ageCount(ofCohort: cohort)
    let counts = makeCounts(ofCohort: cohort)
    counts[0] += 1
    for age in life.ages where Int(age) < ageCount { counts[1 + Int(age)] += 1 }
    if let last = life.ages.last { counts[1 + ageCount + min(Int(last), ageCount - 1)] += 1 }
    if let first = life.ages.first(where: { $0 >= 1 }), Int(first) < ageCount {
      counts[1 + 2 * ageCount + Int(first)] += 1
    }
    if life.closed > 0 { counts[1 + 3 * ageCount + min(life.closed, ageCount) - 1] += 1 }
    for (place, bracket) in brackets.enumerated() where life.ages.contains(where: { bracket.contains(Int($0)) }) {
      counts[1 + 4 * ageCount + place] += 1
    }
    for (age, amount) in life.revenue where Int(age) < ageCount {
      guard let amount else {
        if unknowns[cohort].isEmpty { unknowns[cohort] = Array(repeating: 0, count: ageCount) }
        unknowns[cohort][Int(age)] += 1
        continue
      }
      if revenues[cohort].isEmpty { revenues[cohort] = Array(repeating: 0, count: ageCount) }
      revenues[cohort][Int(age)] += Int128(amount)
    }
  }

  /// Adds what another worker counted.
  func merge(_ other: RetentionGrid) {
    for index in 0...cohortCount {
      guard let theirs = other.cohorts[index] else { continue }
      let ours = makeCounts(ofCohort: index)
      for place in 0..<size(ofCohort: index) { ours[place] += theirs[place] }
      Self.add(other.revenues[index], to: &revenues[index])
      Self.add(other.unknowns[index], to: &unknowns[index])
    }
  }

  private static func add<Number: AdditiveArithmetic>(_ theirs: [Number], to ours: inout [Number]) {
    if ours.isEmpty { ours = theirs } else { for place in theirs.indices { ours[place] += theirs[place] } }
  }
}

/// What one cohort's lives added up to, as the columns want it.
struct CohortCounts {
  fileprivate let base: UnsafeMutablePointer<UInt32>
  let ageCount: Int
  let bracketCount: Int

  var members: Int64 { Int64(base[0]) }
  func bounded(_ age: Int) -> Int64 { Int64(base[1 + age]) }
  func bracket(_ place: Int) -> Int64 { Int64(base[1 + 4 * ageCount + place]) }

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
