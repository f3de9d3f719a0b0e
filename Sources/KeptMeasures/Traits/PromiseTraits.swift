import KeptFormat
import KeptReplay

/// Whether we kept our promises, and how many we made to win them. Metrics S3.4, S3.22, 3.11.
///
/// Example: of eleven promises of ours whose due has passed eight were kept in time, two late, one never: promises_kept
/// 8/11, promises_late 2.
final class PromiseTraits: TraitFold {
  static let family = FactFamily(
    name: "promise traits", meaning: "a life",
    columns: FactColumn.ratio(
      "promises_kept", "of the promises we made them for a time that has come, those kept by then",
      formula: "kept / (kept + late + broken) by us, on the due given first unless the customer moved it",
      seed: "S3.22", direction: "WE", highIsGood: true, requires: settling)
      + [
        FactColumn(
          "promises_late", .count, "promises of ours that were kept, but too late", formula: "late by us",
          seed: "S3.22", direction: "WE", highIsGood: false, requires: settling),
        FactColumn(
          "courtship_promises", .count, "promises made to win them, before they first paid for anything",
          formula: "promise.made by us with phase courtship before the first order that is not for nothing",
          seed: "S3.4", direction: "WE", highIsGood: nil, requires: [["promise.made"]]),
      ],
    needs: { rules in
      [
        FactNeed(["promise.made"], [.dataText("phase"), .dataText("by")]),
        FactNeed(rules.orders.placed, [.amount]),
      ]
    },
    makeFold: { PromiseTraits($0) },
    settle: { folds, _ in settle(folds.map { $0 as! PromiseTraits }) })

  private static let settling = [["promise.made", "promise.kept", "promise.broken"]]
  private enum Place { static let den = 2 }

  private let isOrder: [Bool]
  private let phases: FactField
  private let by: FactField
  private let amounts: FactField
  private let promises: PromiseTracker?

  private var courtship: Int64 = 0
  private var hasPaid = false
  /// Promises of ours past their due that nobody settled: broken if their source ever settles any.
  private var unsettled: [(row: Int, source: UInt32)] = []
  private var settlingSources: Set<UInt32> = []

  private init(_ base: FactBase) {
    isOrder = base.kinds.map(base.rulebook.orders.placed.contains)
    phases = base.reader(.dataText("phase"))
    by = base.reader(.dataText("by"))
    amounts = base.reader(.amount)
    promises = base.promises
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    courtship = 0
    hasPaid = false
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if isOrder[touch.kind] {
      if amounts.number(touch) != 0 { hasPaid = true }
    } else if !hasPaid, direction != .in, phases.says(touch, "courtship"), !by.says(touch, "customer") {
      courtship += 1
    }
  }

  override func close() {
    var (kept, late, broken): (Int64, Int64, Int64) = (0, 0, 0)
    for promise in promises?.promises ?? [] {
      let isSettled = promise.settlement == .kept || promise.settlement == .broken
      if isSettled { settlingSources.insert(promise.source) }
      guard promise.maker == .us, promise.due != .absentInstant else { continue }
      switch promise.settlement {
      case .kept: if promise.settledAt <= promise.due { kept += 1 } else { late += 1 }
      case .broken: broken += 1
      case .withdrawn: break
      case .open: if asOf > promise.due { unsettled.append((lifeCount, promise.source)) }
      }
    }
    say(kept, of: kept + late + broken)
    say(late)
    say(courtship)
  }

  private static func settle(_ folds: [PromiseTraits]) {
    let settling = folds.reduce(into: Set<UInt32>()) { $0.formUnion($1.settlingSources) }
    for fold in folds {
      for (row, source) in fold.unsettled where settling.contains(source) {
        fold.rows.set(row, Place.den, fold.rows.word(row, Place.den) + 1)
      }
    }
  }
}
