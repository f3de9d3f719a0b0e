import KeptFormat
import KeptReplay
import KeptSnapshot

/// One sort of thing that lives are full of - an order, a case, a call - with the table that has a row for each.
///
/// A family stands in one file: its columns, what it reads of which kinds, and a `FactFold` that follows the things
/// through a life. `TableName` names it; everything else (the plan of the replay, the table, its dictionary) comes from
/// here.
struct FactFamily: Sendable {
  let name: String
  /// What a row is.
  let meaning: String
  let columns: [FactColumn]
  /// The fields that are read of touches of these kinds; a kind without fields is listened to all the same.
  let needs: @Sendable (Rulebook) -> [FactNeed]
  let makeFold: @Sendable (FactBase) -> FactFold

  var schema: TableSchema { TableSchema(name: name, meaning: meaning, columns: columns.map(\.spec)) }
}

struct FactNeed: Sendable {
  /// nil: every kind but the ledger's own.
  var kinds: [String]?
  var fields: [DetailField]

  init(_ kinds: [String]?, _ fields: [DetailField]) {
    self.kinds = kinds
    self.fields = fields
  }
}

/// Which families listen to each kind, for the loop over touches.
final class Listeners: Sendable {
  private nonisolated(unsafe) let starts: UnsafeMutablePointer<Int32>
  private nonisolated(unsafe) let families: UnsafeMutablePointer<Int32>

  /// - Parameter byKind: by kind code.
  init(_ byKind: [[Int]]) {
    starts = .allocate(capacity: byKind.count + 1)
    families = .allocate(capacity: max(1, byKind.reduce(0) { $0 + $1.count }))
    starts[0] = 0
    for (kind, list) in byKind.enumerated() {
      for (place, family) in list.enumerated() { families[Int(starts[kind]) + place] = Int32(family) }
      starts[kind + 1] = starts[kind] + Int32(list.count)
    }
  }

  deinit {
    starts.deallocate()
    families.deallocate()
  }

  @inline(__always)
  func of(_ kind: Int) -> UnsafeBufferPointer<Int32> {
    UnsafeBufferPointer(start: families + Int(starts[kind]), count: Int(starts[kind + 1] - starts[kind]))
  }
}

/// What the folds of families share.
struct FactBase {
  let rulebook: Rulebook
  let kinds: [String]
  let plan: DetailPlan
  let asOf: Instant
  let dayTable: DayTable
  /// By currency code, see `OrderTracker`.
  let rates: [UInt32: Int64]

  func reader(_ field: DetailField) -> FactField { FactField(field, kinds: kinds, plan: plan) }

  /// By kind code: which of `names` it is, as its index there; −1: none of them.
  func indices(of names: [String]) -> [Int] { kinds.map { names.firstIndex(of: $0) ?? -1 } }
}

/// Where a field stands in the details of every kind.
final class FactField: Sendable {
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<Int8>

  init(_ field: DetailField, kinds: [String], plan: DetailPlan) {
    slots = .allocate(capacity: max(1, kinds.count))
    for (code, kind) in kinds.enumerated() { slots[code] = Int8(plan.slot(kind, field)) }
  }

  deinit { slots.deallocate() }

  /// Numbers × 10⁶, instants in microseconds; nil where absent.
  func number(_ touch: Touch) -> Int64? {
    let slot = Int(slots[touch.kind])
    guard slot >= 0 else { return nil }
    let value = touch.touches.number(touch.row, slot)
    return value == Touch.absent ? nil : value
  }

  func flag(_ touch: Touch) -> Bool? { number(touch).map { $0 != 0 } }

  /// A field of few values; 0 where absent.
  func code(_ touch: Touch) -> UInt32 {
    let slot = Int(slots[touch.kind])
    return slot < 0 ? 0 : touch.touches.code(touch.row, slot)
  }

  func text(_ touch: Touch) -> UnsafeRawBufferPointer? {
    let slot = Int(slots[touch.kind])
    return slot < 0 ? nil : touch.touches.text(touch.row, slot)
  }

  func says(_ touch: Touch, _ word: StaticString) -> Bool {
    guard let text = text(touch), text.count == word.utf8CodeUnitCount else { return false }
    return UnsafeRawBufferPointer(start: word.utf8Start, count: text.count).elementsEqual(text)
  }
}

/// Follows the things of a family through one life after another; one per worker.
class FactFold {
  /// The rows of all lives folded so far.
  final var rows: FactRows

  init(columnCount: Int) { rows = FactRows(width: columnCount) }

  /// Keeps the first instant something happened.
  final func first(_ instant: inout Instant, _ time: Instant) {
    if instant == .absentInstant { instant = time }
  }

  /// A life begins.
  func begin() {}
  /// The next touch of a kind that the family listens to, in order of time.
  func take(_ touch: Touch, _ direction: Direction) {}
  /// The life is over: what became of its things goes into `rows`.
  func end(customer: UInt32) {}
}
