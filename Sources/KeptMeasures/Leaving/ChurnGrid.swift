import KeptFormat

/// Where a life stands in the eyes of a definition of churn.
enum ChurnState: Int {
  case before, here, theyLeft, weLeft, mutual, external, unsaid, lapsed

  init(_ party: RelationshipTurn.Party) {
    switch party {
    case .customer: self = .theyLeft
    case .us: self = .weLeft
    case .mutual: self = .mutual
    case .external: self = .external
    case .unsaid: self = .unsaid
    }
  }

  var hasLeft: Bool { self != .before && self != .here }
}

/// Who stayed and who left, month by month, by one definition. Metrics 3.3.
///
/// A life is a row of changes, each in its month; what counts is how a life stood before the first change of a month and
/// after the last one, so that an end taken back within its month is no churn (it is one of the `ends`). Months in which
/// nothing changed cost nothing: at their start stand those who stood there after the last change.
///
/// Example, here from January, gone in March, back in May: at the start of February and March 1, in March 1 left, in May
/// 1 came back, from June on 1 again.
final class ChurnGrid {
  /// What is counted of a month; the steps are differences to the month before.
  enum Count: Int, CaseIterable {
    case atStartStep, unknownStep, theyLeft, weLeft, mutual, external, unsaid, lapsed, cameBack, ends, flash, takenBack
  }

  /// Recurring revenue of a life × 10⁶ a month; `isKnown` false where a rate of exchange is missing.
  struct Money {
    var amount: Int128 = 0
    var isKnown = true
  }

  let lowBucket: Int
  let bucketCount: Int
  /// Whether any event spoke of the definition at all.
  var isSpokenOf = false
  private var counts: [Int64]
  /// By month: Σ m0 as differences, what was lost of m0, and Σ m1 − Σ m0.
  private var moneySteps: [Int128]
  private var losses: [Int128]
  private var gains: [Int128]
  private var unknowns: [Int64]

  // The life being folded; months relative to `lowBucket`, those before the log being −1.
  private(set) var bucket = -1
  private(set) var atStart = ChurnState.before
  private(set) var state = ChurnState.before
  private var moneyAtStart = Money()
  private var money = Money()
  private var leftIn = -1

  init(dayTable: DayTable, asOf: Instant) {
    lowBucket = dayTable.bucket(.month, ofDay: dayTable.low)
    bucketCount = max(1, dayTable.bucket(.month, of: asOf) - lowBucket + 1)
    counts = Array(repeating: 0, count: (bucketCount + 1) * Count.allCases.count)
    moneySteps = Array(repeating: 0, count: bucketCount + 1)
    losses = moneySteps
    gains = moneySteps
    unknowns = Array(repeating: 0, count: bucketCount + 1)
  }

  func count(_ what: Count, _ bucket: Int) -> Int64 { counts[bucket * Count.allCases.count + what.rawValue] }

  private func add(_ what: Count, _ bucket: Int, _ number: Int64 = 1) {
    counts[bucket * Count.allCases.count + what.rawValue] += number
  }

  func begin() {
    bucket = -1
    atStart = .before
    state = .before
    moneyAtStart = Money()
    money = Money()
    leftIn = -1
  }

  /// The life stands otherwise from some instant of that month on, or has other money.
  ///
  /// - Parameter month: not before that of the last change; relative to `lowBucket`.
  func change(to new: ChurnState, _ month: Int, money newMoney: Money = Money()) {
    if new.hasLeft && state == .before { return }
    let month = max(-1, month)
    if month > bucket {
      close()
      stay(until: month)
      bucket = month
      atStart = state
      moneyAtStart = money
    }
    if new.hasLeft && state == .here && bucket >= 0 { add(.ends, bucket) }
    state = new
    money = newMoney
  }

  func end() {
    close()
    stay(until: bucketCount - 1)
  }

  /// Counts the life at the start of the months after `bucket` up to `last`.
  private func stay(until last: Int) {
    guard state == .here, last > bucket else { return }
    add(.atStartStep, bucket + 1)
    add(.atStartStep, last + 1, -1)
    if money.isKnown {
      moneySteps[bucket + 1] += money.amount
      moneySteps[last + 1] -= money.amount
    } else {
      add(.unknownStep, bucket + 1)
      add(.unknownStep, last + 1, -1)
    }
  }

  /// Counts what the month of the last changes came to.
  private func close() {
    guard bucket >= 0 else { return }
    if atStart == .here {
      if state.hasLeft {
        add(Count(state), bucket)
        leftIn = bucket
      }
      let after = state == .here ? money : Money()
      if moneyAtStart.isKnown && after.isKnown {
        losses[bucket] += max(0, moneyAtStart.amount - after.amount)
        gains[bucket] += after.amount - moneyAtStart.amount
      } else if moneyAtStart.isKnown {
        unknowns[bucket] += 1
      }
    } else if state == .here && atStart.hasLeft {
      add(.cameBack, bucket)
      if leftIn >= 0 { add(.takenBack, leftIn) }
      leftIn = -1
    } else if state.hasLeft && atStart == .before {
      add(.flash, bucket)
    }
  }

  /// Counts `number` lives, which ended `here`, as lapsed in that month after all.
  ///
  /// - Parameter from: how they stood at the month's start.
  func lapse(_ number: Int64, in month: Int, from: ChurnState) {
    add(.ends, month, number)
    switch from {
    case .here: add(.lapsed, month, number)
    case .before: add(.flash, month, number)
    default: add(.cameBack, month, -number)
    }
    guard month + 1 < bucketCount else { return }
    add(.atStartStep, month + 1, -number)
    add(.atStartStep, bucketCount, number)
  }

  /// Σ m0, Σ min(m1, m0) and Σ m1 × 10⁶ of every month; nil where a rate is missing.
  func moneys() -> [(start: Int128, kept: Int128, after: Int128)?] {
    var sum: Int128 = 0
    var unknown: Int64 = 0
    return (0..<bucketCount).map { month in
      sum += moneySteps[month]
      unknown += count(.unknownStep, month)
      guard unknown == 0 && unknowns[month] == 0 else { return nil }
      return (sum, sum - losses[month], sum + gains[month])
    }
  }

  func merge(_ other: ChurnGrid) {
    isSpokenOf = isSpokenOf || other.isSpokenOf
    for place in counts.indices { counts[place] += other.counts[place] }
    for place in moneySteps.indices {
      moneySteps[place] += other.moneySteps[place]
      losses[place] += other.losses[place]
      gains[place] += other.gains[place]
      unknowns[place] += other.unknowns[place]
    }
  }
}

extension ChurnGrid.Count {
  /// What a life that left so counts as.
  init(_ state: ChurnState) {
    switch state {
    case .theyLeft: self = .theyLeft
    case .weLeft: self = .weLeft
    case .mutual: self = .mutual
    case .external: self = .external
    case .lapsed: self = .lapsed
    case .unsaid, .before, .here: self = .unsaid
    }
  }
}
