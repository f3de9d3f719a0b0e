import KeptFormat

/// Who came back, by age since the start: one grid for each activity, grain and clock. Metrics 3.1.
///
/// For an entity with start t0 in bucket c and a return at t, age k is bucket(t) − c on the calendar clock, and ⌊(t −
/// t0) / u⌋ on the rolling one, u = 24 h, 7 d or 30 d. What a life adds, each at most once per age: `bounded[k]` it
/// returned at age k; `last[k]` its last return was at age k; `first[k]` its first return at an age of 1 or more was at
/// age k; `eligible[k]` (rolling) k is the last age whose window had closed for it.
///
/// Who is said to have begun before the local day of the log's first touch belongs to no cohort of it, but to one of
/// their own, before the log.
final class RetentionFold {
  let grids: [RetentionGrid]
  /// Whether any order or credit had an amount.
  private(set) var hasAmounts = false

  private let days: DayReader
  /// No touch of the ledger is on an earlier day than the one that begins here.
  private let lowest: Instant
  /// Whether lives are counted when they are over; else return by return, which is faster.
  private let countsAtEnd: Bool
  private var since = Instant.max
  private var payments: [OrderTracker.Payment] = []
  /// Lives that began before some touches of the log but perhaps not before its first, by grid: until it is known.
  private var undecided: [(since: Instant, lives: [RetentionLife])] = []

  init(_ base: FoldBase, active: ActiveBucketSet) {
    let rules = base.rulebook.retention
    let dayTable = base.dayTable
    days = base.days
    lowest = dayTable.start(ofDay: dayTable.low)
    let brackets = base.parts.contains(.brackets)
    countsAtEnd = brackets || base.parts.contains(.revenue) || base.kinds.contains(TenureFold.began)
    var grids: [RetentionGrid] = []
    for pair in rules.pairs {
      for grain in rules.grains {
        for clock in rules.clocks {
          grids.append(
            RetentionGrid(
              pair: pair, grain: grain, clock: clock, base: base, countsAtEnd: countsAtEnd,
              brackets: brackets ? rules.brackets[grain] ?? [] : [],
              returns: clock == .calendar ? active.of(1 << UInt8(pair.back), grain) : nil))
        }
      }
    }
    self.grids = grids
  }

  func begin() {
    since = .max
    for grid in grids { grid.begin() }
  }

  func apply(_ chunk: borrowing Chunk) { for grid in grids { grid.apply(chunk) } }

  /// A touch that says how the relationship began.
  func take(began touch: Touch) {
    let told = days.instant(touch, .since)
    if told != Touch.absent { since = min(since, told) }
  }

  /// - Parameter earliest: the earliest touch of any life so far, this one among them.
  func end(_ orders: OrderTracker?, earliest: Instant) {
    guard countsAtEnd else {
      for grid in grids { grid.end() }
      return
    }
    payments.removeAll(keepingCapacity: true)
    orders?.eachPayment { payments.append($0) }
    if !payments.isEmpty { hasAmounts = true }
    for grid in grids { grid.finish(payments) }
    if since >= lowest && since < earliest {
      undecided.append((since, grids.map(\.life)))
    } else {
      for grid in grids { grid.count(grid.life, isBeforeLog: since < lowest) }
    }
  }

  /// Counts the lives of which it was not known whether they began before the log; to be called once, before folds are
  /// merged.
  ///
  /// - Parameter firstDay: when the local day of the log's first touch began.
  func settle(firstDay: Instant) {
    for (since, lives) in undecided {
      for (grid, life) in zip(grids, lives) { grid.count(life, isBeforeLog: since < firstDay) }
    }
    undecided.removeAll()
  }

  /// Adds what another worker counted.
  func merge(_ other: RetentionFold) {
    hasAmounts = hasAmounts || other.hasAmounts
    for (grid, theirs) in zip(grids, other.grids) { grid.merge(theirs) }
  }
}

/// What one life adds to a grid that counts lives when they are over.
struct RetentionLife {
  /// Which cohort, −1: it never started.
  var cohort = -1
  /// How many ages, from 0, had closed for it.
  var closed = 0
  /// At which it returned, ascending.
  var ages: [Int32] = []
  /// What it paid at which age, × 10⁶; nil: not known.
  var revenue: [(age: Int32, amount: Int64?)] = []
}
