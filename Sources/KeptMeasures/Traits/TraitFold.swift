import KeptFormat
import KeptReplay

/// A fold that ends every life with one row: what the touches of the life say of whose it is.
///
/// The row is said value by value in `close`, in the order of the family's columns.
class TraitFold: FactFold {
  final let rules: TraitRules
  final let asOf: Instant
  final let dayTable: DayTable
  final let asOfDay: Int
  private var row: [Int64] = []
  private var lives: PackedRows

  init(_ base: FactBase, width: Int) {
    rules = base.rulebook.traits
    asOf = base.asOf
    dayTable = base.dayTable
    asOfDay = base.dayTable.day(of: base.asOf)
    lives = PackedRows(width: width)
    super.init(columnCount: width)
    row.reserveCapacity(width)
  }

  /// Local days from an instant to the as-of instant; nil where there was no such instant.
  final func age(_ instant: Instant) -> Int64? {
    instant == .absentInstant ? nil : Int64(asOfDay - dayTable.day(of: instant))
  }

  final override func end(customer: UInt32) {
    row.removeAll(keepingCapacity: true)
    close()
    lives.append(customer: customer, row)
  }

  final override func gather() { lives.unpack(into: &rows) }

  /// How many lives were folded before the present one.
  final var lifeCount: Int { lives.count }

  /// The life is over: says its values.
  func close() {}

  /// The next value; nil: NULL.
  final func say(_ value: Int64?) { row.append(value ?? FactRows.absent) }

  final func sayNothing(_ count: Int = 1) {
    for _ in 0..<count { row.append(FactRows.absent) }
  }

  final func say(_ value: Int) { row.append(Int64(value)) }

  final func say(_ flag: Bool?) { row.append(flag.map { $0 ? 1 : 0 } ?? FactRows.absent) }

  /// The next three: a ratio, which is made of the other two, and its parts.
  final func say(_ num: Int64, of den: Int64) {
    row.append(FactRows.absent)
    row.append(num)
    row.append(den)
  }
}

extension FactBase {
  /// The start of the local day that is so many days before the as-of instant's.
  func start(daysAgo days: Int) -> Instant { dayTable.start(ofDay: dayTable.day(of: asOf) - days) }
}

/// What the lives of all workers together tell of each one, for `FactFamily.settle`; by fold and row of a life.
struct LifeContext {
  /// The last local day on which a source of the life said anything of anyone; nil: it had none. Metrics 3.01.
  let observedDay: (_ fold: Int, _ row: Int) -> Int?
  let isB2C: (_ fold: Int, _ row: Int) -> Bool
  /// Whether only some lives were replayed: then they tell nothing of all.
  let isPartial: Bool
  /// Whether the relationship has ended.
  let hasEnded: (_ fold: Int, _ row: Int) -> Bool
}

/// Half of the values are below it, half above: the middle one, or the mean of the two in the middle; nil of nothing.
func median(_ values: inout [Int64]) -> Int64? {
  if values.isEmpty { return nil }
  values.sort()
  let middle = values.count / 2
  return values.count % 2 == 1 ? values[middle] : values[middle - 1] + (values[middle] - values[middle - 1]) / 2
}
