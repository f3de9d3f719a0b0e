import KeptFormat
import KeptReplay

/// How each life stood at the instants of the back-tests, and what came of it. Metrics 3.15.
///
/// Indices are counted by level, a hundredth of a point wide, with and without the outcome: integers that add up across
/// lives. Whoever was silent then, or had left, is not asked.
final class BacktestFold {
  enum Index: Int, CaseIterable {
    case we_index, they_index, felt_index, done_index
    /// The same of those who had ordered, and how often they had ordered again: whether repeat business tells more. S2.18.
    case we_index_of_buyers, repeat_orders
    /// The same of those of whom both are known: whether what they felt tells more than what we did. S3.20.
    case felt_index_of_both, done_index_of_both
  }

  /// One who had bought by an instant at which the models of purchases are fitted.
  struct Buyer: Hashable, Comparable {
    /// Local days of the first and the last purchase, and the days with one after the first.
    var first: Int32
    var last: Int32
    var repeats: Int32
    var hasEnded: Bool
    var hadOutcome: Bool
    var orderedNothing: Bool

    static func < (a: Buyer, b: Buyer) -> Bool { a.key < b.key }

    private var key: (Int32, Int32, Int32, Int) {
      (first, last, repeats, (hasEnded ? 4 : 0) + (hadOutcome ? 2 : 0) + (orderedNothing ? 1 : 0))
    }
  }

  static let levelCount = 20_001

  let plan: BacktestPlan
  /// By index, instant, level and outcome.
  private let counts: UnsafeMutablePointer<Int32>
  private let size: Int
  /// By instant; empty where nothing is fitted.
  private(set) var buyers: [[Buyer]]

  private let affinity: Affinity
  private let asOf: Instant
  private let low: Int32

  // The life being folded.
  private var relationship = Relationship()
  private var ends: [(at: Instant, back: Instant)] = []

  init(_ base: FoldBase) {
    plan = BacktestPlan(rulebook: base.rulebook, kinds: base.kinds, dayTable: base.dayTable)
    size = Index.allCases.count * plan.instants.count * Self.levelCount * 2
    counts = .allocate(capacity: max(1, size))
    counts.initialize(repeating: 0, count: max(1, size))
    buyers = Array(repeating: [], count: plan.instants.count)
    affinity = Affinity(rules: base.rulebook.index)
    asOf = base.asOf
    low = Int32(base.dayTable.low)
  }

  deinit { counts.deallocate() }

  func begin() {
    relationship = Relationship()
    ends.removeAll(keepingCapacity: true)
  }

  func apply(_ turns: [RelationshipTurn]) {
    for turn in turns {
      pass(turn.time)
      if relationship.take(turn) { ends[ends.count - 1].back = turn.time }
      if turn.ended != nil { pass(turn.time) }
    }
  }

  private func pass(_ time: Instant) {
    if let end = relationship.pass(time) { ends.append((end.at, .max)) }
  }

  /// The life is over: `tenures` ends with its tenure, `occasions` are the days on which it bought.
  func end(
    customer: UInt32, _ tenures: [TenureFold.Row], _ history: ScoreHistory, _ occasions: [(day: Int32, amount: Int64?)]
  ) {
    pass(asOf)
    guard let tenure = tenures.last, tenure.customer == customer, tenure.isRelationship else { return }
    var month = 0
    var bought = 0
    for (place, instant) in plan.instants.enumerated() {
      while month < history.months.count, Int(history.months[month].month) < instant.month - 1 { month += 1 }
      while bought < occasions.count, low + occasions[bought].day < instant.day { bought += 1 }
      if tenure.firstTouch >= instant.day || tenure.start >= instant.day { continue }
      let hasEnded = ends.contains { $0.at <= instant.start && $0.back > instant.start }
      let hasLeft = ends.contains { $0.at > instant.start && $0.at <= instant.end }
      let ordersNothing = bought == occasions.count || low + occasions[bought].day >= instant.endDay
      let outcome = plan.outcome == .ended ? hasLeft : ordersNothing
      if instant.isFitted, bought > 0 {
        buyers[place].append(
          Buyer(
            first: low + occasions[0].day, last: low + occasions[bought - 1].day, repeats: Int32(bought - 1),
            hasEnded: hasEnded, hadOutcome: outcome, orderedNothing: ordersNothing))
      }
      // Nobody can fail to order again who never did.
      if hasEnded || (plan.outcome == .noOrder && bought == 0) { continue }
      guard month < history.months.count, Int(history.months[month].month) == instant.month - 1 else { continue }
      let standing = affinity.standing(history.months[month])
      for (index, value) in zip(Index.allCases, [standing.we, standing.they, standing.felt, standing.done]) {
        if let value { count(index, place, level: Self.level(value), outcome) }
      }
      if let felt = standing.felt, let done = standing.done {
        count(.felt_index_of_both, place, level: Self.level(felt), outcome)
        count(.done_index_of_both, place, level: Self.level(done), outcome)
      }
      if let we = standing.we, bought > 0 {
        count(.we_index_of_buyers, place, level: Self.level(we), outcome)
        count(.repeat_orders, place, level: min(bought - 1, Self.levelCount - 1), outcome)
      }
    }
  }

  private static func level(_ index: Double) -> Int {
    max(0, min(levelCount - 1, Int(((index + 100) * 100).rounded())))
  }

  private func place(_ index: Index, _ instant: Int) -> Int {
    (index.rawValue * plan.instants.count + instant) * Self.levelCount * 2
  }

  private func count(_ index: Index, _ instant: Int, level: Int, _ outcome: Bool) {
    counts[place(index, instant) + level * 2 + (outcome ? 1 : 0)] += 1
  }

  /// By level that anybody had: how many had the outcome, and how many had not.
  func levels(_ index: Index, _ instant: Int) -> [(level: Int, events: Int, others: Int)] {
    let start = place(index, instant)
    return (0..<Self.levelCount).compactMap { level in
      let (others, events) = (Int(counts[start + level * 2]), Int(counts[start + level * 2 + 1]))
      return events + others > 0 ? (level, events, others) : nil
    }
  }

  func merge(_ other: BacktestFold) {
    for place in 0..<size { counts[place] += other.counts[place] }
    for instant in buyers.indices { buyers[instant] += other.buyers[instant] }
  }
}
