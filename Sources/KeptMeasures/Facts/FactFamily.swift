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
  /// The families whose rows of a life its own row is read from, see `FactFold.basis`.
  var basis: [FactFamily] = []
  /// Whether its fold looks at every touch, see `FactFold.apply`.
  var takesChunks = false
  /// Whether it asks there what touches say, see `Chunk.points`.
  var readsPoints = false
  /// The fields that are read of touches of these kinds; a kind without fields is listened to all the same.
  let needs: @Sendable (Rulebook) -> [FactNeed]
  let makeFold: @Sendable (FactBase) -> FactFold
  /// Ends what only the lives of all workers together can tell, once all are folded.
  var settle: (@Sendable ([FactFold], LifeContext) -> Void)?
  /// Whether it follows what the firm does without a customer, too.
  var hearsFirm = false
  /// What lives must be folded for, beyond its own touches: signal points, turns, money.
  var parts: Parts = []

  var schema: TableSchema { TableSchema(name: name, meaning: meaning, columns: (columns + FactColumn.places).map(\.spec)) }

  func spec(_ column: String) -> ColumnSpec { columns[place(column)].spec }

  /// Where the word of a column stands in a row.
  func place(_ column: String) -> Int {
    guard let place = columns.firstIndex(where: { $0.spec.name == column }) else {
      preconditionFailure("\(name) has no column \(column)")
    }
    return place
  }
}

struct FactNeed: Sendable {
  /// nil: every kind but the ledger's own; `case.*`: every kind of that noun, also those that the vocabulary lacks.
  var kinds: [String]?
  var fields: [DetailField]
  /// Whether `FactFold.take` is called for the kinds; `FactFold.apply` reads the fields all the same.
  var isHeard: Bool

  init(_ kinds: [String]?, _ fields: [DetailField], isHeard: Bool = true) {
    self.kinds = kinds
    self.fields = fields
    self.isHeard = isHeard
  }

  /// - Parameter ledger: the kinds of the touches that count.
  func kinds(of ledger: [String]) -> [String]? {
    kinds?.flatMap { name in name.hasSuffix(".*") ? ledger.filter { $0.hasPrefix(name.dropLast()) } : [name] }
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
  let places: PlaceReader
  let rating: RatingReader
  /// The code under which details carry a word, met or not.
  let code: (String) -> UInt32
  /// The promises of the life being folded, where the run follows any.
  let promises: PromiseTracker?
  private let fold: FoldBase

  init(_ fold: FoldBase, _ promises: PromiseTracker?) {
    self.fold = fold
    self.promises = promises
    code = fold.code
    rulebook = fold.rulebook
    kinds = fold.kinds
    plan = fold.plan
    asOf = fold.asOf
    dayTable = fold.dayTable
    rates = fold.rates
    places = fold.places
    rating = fold.rating
  }

  /// What a kind does in a life, as far as `parts` ask for it.
  func roles(_ kind: Int) -> KindRoles { fold.rolesOf[kind] }

  /// What a touch says about the relationship as a whole, where `parts` ask for turns.
  func turn(_ touch: Touch, _ roles: KindRoles) -> RelationshipTurn? { fold.turn(touch, roles, row: touch.row) }

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
  /// The folds of the family's `basis`, whose rows of a life are there when `end` is called.
  final var basis: [FactFold] = []
  /// What the life so far makes of the touch being taken, see `LifeFact`.
  final var facts: UInt32 = 0
  /// What the signal rules of WE say of the touch being taken, done and felt, × 10⁶; where `parts` ask for signals.
  final var ofUs: (done: Int64, felt: Int64) = (0, 0)
  /// The first touch of the life, once it is over.
  final var firstAt = Instant.absentInstant
  /// How many rows there were before the life being folded.
  final private(set) var rowsBefore = 0
  /// Its family's.
  final var hearsFirm = false
  private let places: PlaceReader?
  private var placeNames = KeyTable()

  /// Of things, which belong somewhere.
  init(_ base: FactBase, columnCount: Int) {
    rows = FactRows(width: columnCount)
    places = base.places
  }

  /// Of traits, which are of a whole life.
  init(columnCount: Int) {
    rows = FactRows(width: columnCount)
    places = nil
  }

  /// Adds to a place what a touch is the first to say.
  final func note(_ touch: Touch, _ place: inout FactPlace) { places!.note(touch, &place, &placeNames) }

  /// A thing is told: its row, and where it belongs.
  final func append(_ row: [Int64], _ place: FactPlace, customer: UInt32) {
    rows.append(customer: customer, place: places!.settled(place, customer: customer), row)
  }

  /// All lives are over.
  final func finish() {
    rows.placeNames = (0..<placeNames.count).map { placeNames.id(of: $0) { String(decoding: $0, as: UTF8.self) } }
  }

  final func beginLife() {
    rowsBefore = rows.customers.count
    begin()
  }

  /// Keeps the first instant something happened.
  final func first(_ instant: inout Instant, _ time: Instant) {
    if instant == .absentInstant { instant = time }
  }

  /// A life begins.
  func begin() {}
  /// The next touch of a kind that the family listens to, in order of time.
  func take(_ touch: Touch, _ direction: Direction) {}
  /// The next touches of whatever kind, if the family takes chunks; those of its kinds were taken before.
  func apply(_ chunk: borrowing Chunk) {}
  /// The life is over: what became of its things goes into `rows`.
  func end(customer: UInt32) {}
  /// All lives are folded and the table is made: whatever is kept elsewhere goes into `rows`.
  func gather() {}
}
