import KeptFormat
import KeptStatistics

/// What claims are asked of: everything that a replay found out, put side by side.
struct ClaimEvidence {
  /// Why no claim can be asked at all.
  var reason: String?
  let rulebook: Rulebook
  let dayTable: DayTable
  let asOf: Instant
  /// Lives that reached the landmark, with their tenure.
  let landmarks: [Landmark]
  /// Tenures seen from their beginning.
  let tenures: [TenureFold.Row]
  let cases: [ClaimCase]
  let cells: MeasureCells
  let wordOfMouth: WordOfMouthFold
  let backtests: Backtests
  /// Of accounts where there are any, else of customers.
  let growth: [GrowthFold]
  let growthUnit: String
  /// By week: spent on getting customers, minutes where any are told, else money.
  let acquiring: [Int: Double]

  struct Landmark {
    var tenure: TenureFold.Row
    var depth: Int
    var isAggrieved: Bool
    /// Days after the sale of the seller's last touch by the landmark, 0 where there was none; nil: nobody said who sold.
    var sellerDays: Int?
    var checked: Int
    var holding: Int
  }

  init(
    _ folds: [MeasureFold], accounts: [MeasureFold], cells: MeasureCells, backtests: Backtests, curves: TenureCurves,
    run: MeasureRun, words: [String], isPartial: Bool
  ) {
    rulebook = run.rulebook
    dayTable = run.dayTable
    asOf = run.asOf
    self.cells = cells
    self.backtests = backtests
    let ofAccounts = accounts.compactMap(\.growth)
    let haveAny = ofAccounts.contains { !$0.starts.isEmpty }
    growth = haveAny ? ofAccounts : folds.compactMap(\.growth)
    growthUnit = haveAny ? "accounts" : "customers"
    wordOfMouth = folds[0].wordOfMouth!
    if isPartial { reason = "not all customers were replayed" }
    let isSeen = { (row: TenureFold.Row) in
      row.isRelationship && row.firstTouch <= row.start && (row.isStartTold || Int(row.firstTouch) >= curves.truncatedBefore)
    }
    tenures = folds.flatMap { $0.tenure!.rows.filter(isSeen) }
    landmarks = folds.flatMap { fold in
      fold.claims!.rows.compactMap { row in
        let tenure = fold.tenure!.rows[Int(row.tenure)]
        // Whoever was watched no longer than to the landmark has nothing to say of what came after it.
        let reaches = Self.lastDay(tenure) - tenure.start > Int32(run.rulebook.claims.landmarkDays)
        return reaches && isSeen(tenure) ? Landmark(row, tenure, fold.claims!, words) : nil
      }
    }
    cases = zip(folds, run.factRows(.cases, folds)!).flatMap { fold, rows in ClaimCase.gather(rows, fold.tenure!.rows, run) }
    var spent: [Int: (minutes: Int128, amount: Int128)] = [:]
    for fold in folds {
      for (week, effort) in fold.claims!.effort {
        spent[week, default: (0, 0)].minutes += Int128(effort.minutes)
        spent[week, default: (0, 0)].amount += Int128(effort.amount)
      }
    }
    let areTimed = spent.values.contains { $0.minutes > 0 }
    acquiring = spent.mapValues { Double(areTimed ? $0.minutes : $0.amount) / 1_000_000 }
  }

  /// Leaving from the landmark on, by a group that each life belongs to; nil: to none.
  func leaving(_ group: (Landmark) -> Int?) -> [SurvivalObservation] {
    let landmark = Double(rulebook.claims.landmarkDays)
    return landmarks.compactMap { life in
      group(life).map { observation(life.tenure, entry: landmark, stratum: $0) }
    }
  }

  /// Of their end, else the one until which it would have been seen.
  private static func lastDay(_ row: TenureFold.Row) -> Int32 { row.end == TenureFold.absent ? row.observed : row.end }

  func observation(_ row: TenureFold.Row, entry: Double?, stratum: Int) -> SurvivalObservation {
    SurvivalObservation(
      entry: entry, exit: Double(Self.lastDay(row) - row.start), isEvent: row.end != TenureFold.absent, stratum: stratum)
  }

  /// Levels put into three groups of about equal size, equal ones together: by level its group; nil with fewer than three.
  static func terciles(_ values: [Int]) -> [Int: Int]? {
    var counts: [Int: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let levels = counts.keys.sorted()
    guard levels.count >= 3 else { return nil }
    var groups: [Int: Int] = [:]
    var (group, counted) = (0, 0)
    for (place, level) in levels.enumerated() {
      groups[level] = group
      counted += counts[level]!
      // On to the next group once this one is full, or as soon as what is left is needed one level each.
      let isFull = 3 * counted >= (group + 1) * values.count
      if group < 2, isFull || levels.count - place - 1 == 2 - group { group += 1 }
    }
    return groups
  }
}

extension ClaimEvidence.Landmark {
  init(_ row: ClaimFold.Row, _ tenure: TenureFold.Row, _ fold: ClaimFold, _ words: [String]) {
    self.tenure = tenure
    depth = Int(row.depth)
    isAggrieved = row.isAggrieved
    if row.acquirer >= 0 {
      let seller = fold.acquirers[Int(row.acquirer)]
      let touched = fold.handlers[Int(row.handlers.lowerBound)..<Int(row.handlers.upperBound)]
      sellerDays = touched.first { words[Int($0.agent)] == seller }.map { Int($0.day) } ?? 0
    }
    checked = Int(row.checked)
    holding = Int(row.holding)
  }
}

/// A case as claims look at it: when it opened, and how long it took for what; microseconds.
struct ClaimCase {
  var openedAt: Instant
  /// Until it was resolved, or to the as-of instant.
  var seen: Int64
  /// nil: not heard of.
  var firstReply: Int64?
  /// Until frustration, annoyance or anger first showed.
  var upset: Int64?
  /// Whether the customer was one before the case, and not only since.
  var isOfExisting: Bool

  /// A customer exists once they have been one for so many days.
  static let existingDays: Int32 = 30

  static func gather(_ rows: FactRows, _ tenures: [TenureFold.Row], _ run: MeasureRun) -> [ClaimCase] {
    var cases: [ClaimCase] = []
    cases.reserveCapacity(rows.customers.count)
    var life = 0
    for (number, customer) in rows.customers.enumerated() {
      // Rows of both are in the order in which lives were folded.
      while life < tenures.count, tenures[life].customer != customer { life += 1 }
      func word(_ column: CaseColumn) -> Int64? {
        let word = rows.words[number * rows.width + column.rawValue]
        return word == FactRows.absent ? nil : word
      }
      let openedAt = word(.opened_at)!
      let day = Int32(run.dayTable.day(of: openedAt))
      cases.append(
        ClaimCase(
          openedAt: openedAt, seen: (word(.resolved_at) ?? run.asOf) - openedAt, firstReply: word(.first_reply_h),
          upset: [word(.frustrated_after_h), word(.annoyed_after_h), word(.angry_after_h)].compactMap(\.self).min(),
          isOfExisting: life < tenures.count && tenures[life].start <= day - existingDays))
    }
    return cases
  }
}
