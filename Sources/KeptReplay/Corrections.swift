/// What later events say about earlier ones: which events no longer count and whose lives are one.
///
/// Corrections are knowledge, not occurrences: they act on everything in the known-at prefix, whatever their own time
/// and whatever the as-of. The highest position wins; retracting a correction restores its target; retracting a merge
/// splits again.
public struct Corrections: Sendable, Equatable {
  /// An event that speaks about another one.
  public struct Action: Sendable, Equatable {
    public enum Effect: Sendable, Equatable {
      /// `corrects` on any kind: the target is replaced by this event.
      case replaces(target: UInt64)
      /// `event.retracted`: the target does not count.
      case retracts(target: UInt64)
      /// `customer.merged`: touches of `other` belong to `customer`.
      case merges(customer: UInt32, other: UInt32)
    }
    public var position: UInt64
    public var effect: Effect

    fileprivate var isMerge: Bool { if case .merges = effect { true } else { false } }

    public init(position: UInt64, effect: Effect) {
      self.position = position
      self.effect = effect
    }
  }

  /// Positions of events that do not count, ascending.
  public var dead: [UInt64] = []
  /// Number of a merged customer → the number its touches count for, followed to the end.
  public var mergedInto: [UInt32: UInt32] = [:]

  public init() {}

  /// Decides from the highest position down, so that an action is judged before those it may cancel.
  ///
  /// A replaced correction keeps its effect (its target stays replaced); a retracted one loses it. A merge loses its effect
  /// either way. Of two merges of the same customer the later counts; a merge that would close a circle is void.
  public init(resolving actions: [Action]) {
    var dead: Set<UInt64> = []
    var retracted: Set<UInt64> = []
    var settledTargets: Set<UInt64> = []
    var merges: [UInt32: UInt32] = [:]
    // Of an event that both replaces and merges, whether it counts is decided first.
    let ordered = actions.sorted { ($0.position, $1.isMerge ? 1 : 0) > ($1.position, $0.isMerge ? 1 : 0) }
    for action in ordered where !retracted.contains(action.position) {
      switch action.effect {
      case .replaces(let target):
        guard target != action.position else { continue }
        // A later word on the same target already stands: this one is as void as what it meant to replace.
        if !settledTargets.insert(target).inserted { dead.insert(action.position) }
        dead.insert(target)
      case .retracts(let target):
        guard target != action.position, settledTargets.insert(target).inserted else { continue }
        dead.insert(target)
        retracted.insert(target)
      case .merges(let customer, let other):
        guard !dead.contains(action.position), merges[other] == nil, Self.end(of: customer, in: merges) != other else {
          continue
        }
        merges[other] = customer
      }
    }
    self.dead = dead.sorted()
    for other in merges.keys { mergedInto[other] = Self.end(of: other, in: merges) }
  }

  /// As far as corrections were known before a position; those from there on are left out, as if they had never been said.
  init(resolving actions: [Action], knownBefore position: UInt64) {
    self.init(resolving: actions.filter { $0.position < position })
    dead = Set(dead).union(actions.lazy.map(\.position).filter { $0 >= position }).sorted()
  }

  private static func end(of customer: UInt32, in merges: [UInt32: UInt32]) -> UInt32 {
    var customer = customer
    while let next = merges[customer] { customer = next }
    return customer
  }

  /// Whether the event at a position does not count.
  public func isDead(_ position: UInt64) -> Bool { !deadRange(from: position, to: position + 1).isEmpty }

  /// The dead positions in `[lower, upper)`, as an index range into `dead`.
  func deadRange(from lower: UInt64, to upper: UInt64) -> Range<Int> {
    Self.firstIndex(in: dead, notBelow: lower)..<Self.firstIndex(in: dead, notBelow: upper)
  }

  private static func firstIndex(in sorted: [UInt64], notBelow value: UInt64) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
