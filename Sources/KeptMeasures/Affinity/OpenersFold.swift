import KeptReplay

/// Which sources opened matters in the lives asked for, and so whose silence says something of them: only of these must it
/// be known since when they record what settles a matter.
public final class OpenersFold: LifeFold {
  /// Kind and source code.
  public private(set) var found: Set<UInt64> = []
  private let isOpener: [Bool]
  private let slots: [Int]

  public init(_ context: ReplayContext) {
    isOpener = context.kinds.map(SettlingSorts.isOpener)
    slots = context.kinds.indices.map { context.slot(.text(.source), ofKind: $0) ?? -1 }
  }

  public func begin(entity: UInt32) {}

  public func apply(_ touches: Touches) {
    for row in touches.rows.indices {
      let kind = TouchClass.kind(touches.rows[row].touchClass)
      guard isOpener[kind], slots[kind] >= 0 else { continue }
      found.insert(UInt64(kind) << 32 | UInt64(touches.code(row, slots[kind])))
    }
  }

  public func end() {}
}

extension MeasureRun {
  /// What a replay into `OpenersFold` must read.
  public var openersPlan: ReplayPlan {
    let openers = kinds.filter(SettlingSorts.isOpener)
    return ReplayPlan(details: Dictionary(uniqueKeysWithValues: openers.map { ($0, [.text(.source)]) }))
  }

  /// What must be known of the sources that opened matters in some lives.
  public func askedSorts(_ result: ReplayResult<OpenersFold>) -> AskedSorts {
    var asked: AskedSorts = [:]
    for opener in Set(result.folds.flatMap(\.found)) {
      let kind = result.context.kinds[Int(opener >> 32)]
      let source = result.context.word(UInt32(truncatingIfNeeded: opener))
      asked[source, default: []].formUnion(SettlingSorts.asked(byOpener: kind, rulebook).map(\.rawValue))
    }
    return asked
  }
}
