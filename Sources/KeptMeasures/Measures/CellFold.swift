import KeptFormat
import KeptReplay

/// What a measure adds up to for one entity in one month. Only integers are added, so no order and no number of workers
/// can change a bit; they are wide, so that no sum of amounts leaves the range.
struct MeasureCell: Sendable {
  /// × 10⁶.
  var num: Int128 = 0
  var den: Int128 = 0
  /// Touches that counted: in the denominator, else in the numerator.
  var touches: Int64 = 0
  /// The customer counted last, where customers are.
  fileprivate var lastNum: UInt32 = 0
  fileprivate var lastDen: UInt32 = 0

  fileprivate mutating func add(_ weight: Int64, _ target: CompiledMeasures.Target) {
    if target.isDenominator { den += Int128(weight) } else { num += Int128(weight) }
    if target.countsTouch { touches += 1 }
  }

  /// A life is folded whole and by one fold: whoever was counted before was counted last.
  fileprivate mutating func count(customer: UInt32, _ target: CompiledMeasures.Target) {
    if target.isDenominator {
      if lastDen == customer { return }
      lastDen = customer
    } else {
      if lastNum == customer { return }
      lastNum = customer
    }
    add(1_000_000, target)
  }

  static func += (cell: inout MeasureCell, other: MeasureCell) {
    cell.num += other.num
    cell.den += other.den
    cell.touches += other.touches
  }
}

/// Adds touches into cells: measure × grain × entity × local month. One per worker.
///
/// The cells of one kind, entity and month stand together in a block, so that a touch looks up a block a grain and then
/// adds by place.
final class CellFold {
  let base: CompiledMeasures
  /// By `key`: where the block begins.
  private var blocks: [UInt64: Int] = [:]
  private var cells: [MeasureCell] = []
  /// Entities told by their bytes, by number; their tag is their grain.
  private var names = KeyTable()
  private var customer: UInt32 = 0
  /// What was true of the customer before: place and entity.
  private var known: Set<UInt64> = []
  /// What the touch at hand adds.
  private var added: [(target: CompiledMeasures.Target, weight: Int64)] = []
  /// The month of the last touch, and when it is over.
  private var month = 0
  private var monthStart = Instant.max
  private var monthEnd = Instant.min

  init(_ base: CompiledMeasures) { self.base = base }

  func begin(customer: UInt32) {
    self.customer = customer
    known.removeAll(keepingCapacity: true)
  }

  func take(_ touch: Touch, _ direction: Direction) {
    added.removeAll(keepingCapacity: true)
    let place = touch.kind << 2 | Int(direction.rawValue)
    for target in base.plain[place] { added.append((target, 1_000_000)) }
    for entry in base.entries[place] {
      if let weight = entry.weigh(touch, direction, base) {
        added.append((entry.target, entry.isSubtracted ? -weight : weight))
      }
    }
    if added.isEmpty { return }
    findMonth(of: touch.time)
    base.grains.each(touch, hasCustomer: customer != 0, &names) { add(touch.kind, $0, $1) }
  }

  private func findMonth(of time: Instant) {
    if time >= monthStart, time < monthEnd { return }
    month = base.dayTable.bucket(.month, of: time)
    monthStart = base.dayTable.start(.month, month)
    monthEnd = base.dayTable.end(.month, month)
  }

  private func add(_ kind: Int, _ grain: MeasureGrain, _ entity: UInt32) {
    var start = -1
    var distinctStart = -1
    for (target, weight) in added {
      if target.isDistinct {
        if customer == 0 { continue }
        if target.isOnce, !known.insert(Self.key(target.place, grain, Self.lowMonth, entity)).inserted { continue }
        if distinctStart < 0 { distinctStart = block(base.measuresOf.count - 1, grain, entity) }
        cells[distinctStart + target.place].count(customer: customer, target)
      } else {
        if start < 0 { start = block(kind, grain, entity) }
        cells[start + target.place].add(weight, target)
      }
    }
  }

  private func block(_ kind: Int, _ grain: MeasureGrain, _ entity: UInt32) -> Int {
    let key = Self.key(kind, grain, month, entity)
    if let found = blocks[key] { return found }
    let start = cells.count
    cells.append(contentsOf: repeatElement(MeasureCell(), count: base.measuresOf[kind].count))
    blocks[key] = start
    return start
  }

  // A replay tells at most 2¹⁴ kinds apart, and the years 1900 to 2200 have fewer than 2¹² months.
  private static func key(_ kind: Int, _ grain: MeasureGrain, _ month: Int, _ entity: UInt32) -> UInt64 {
    UInt64(kind) << 49 | UInt64(grain.rawValue) << 46 | UInt64(month - lowMonth) << 32 | UInt64(entity)
  }
  private static let lowMonth = 12 * 1899

  /// Adds what another worker counted.
  func merge(_ other: CellFold) {
    for (key, start) in other.blocks {
      let kind = Int(key >> 49)
      let grain = MeasureGrain(rawValue: Int(key >> 46) & 7)!
      var entity = UInt32(truncatingIfNeeded: key)
      if grain.isNamed {
        entity = UInt32(other.names.id(of: Int(entity)) { names.insert(tag: UInt64(grain.rawValue), $0).key })
      }
      month = Int(key >> 32) & 0x3FFF + Self.lowMonth
      let mine = block(kind, grain, entity)
      for place in base.measuresOf[kind].indices { cells[mine + place] += other.cells[start + place] }
    }
    monthEnd = .min
  }

  /// The cells by measure: the kinds put together.
  func sums() -> [Int: [Key: MeasureCell]] {
    var sums: [Int: [Key: MeasureCell]] = [:]
    for (key, start) in blocks {
      let kind = Int(key >> 49)
      let place = Key(
        grain: MeasureGrain(rawValue: Int(key >> 46) & 7)!, entity: UInt32(truncatingIfNeeded: key),
        month: Int(key >> 32) & 0x3FFF + Self.lowMonth)
      for (index, measure) in base.measuresOf[kind].enumerated() {
        sums[measure, default: [:]][place, default: MeasureCell()] += cells[start + index]
      }
    }
    return sums
  }

  struct Key: Hashable {
    var grain: MeasureGrain
    /// A code of the replay's words, or of `name(of:)`; 0 for the firm.
    var entity: UInt32
    /// 12 · year + month.
    var month: Int
  }

  /// What the entity of a key is called; nil for the firm.
  func name(of key: Key, words: [String]) -> String? {
    if key.grain == .firm { return nil }
    if key.grain.isNamed { return names.id(of: Int(key.entity)) { String(decoding: $0, as: UTF8.self) } }
    return words[Int(key.entity)]
  }
}
