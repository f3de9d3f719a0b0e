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
}

/// Adds touches into tallies by grain, entity and local month; `CellSums` makes cells of them. One per worker.
///
/// Most touches add one to several tallies: such are counted once, under the pattern of their answers. What weighs
/// something, and customers, who count once, have tallies of their own.
final class CellFold {
  /// What the touches of one kind and direction that gave the same answers count for.
  struct Pattern {
    /// Tallies that each of them adds one to.
    var plain: [Int]
    var weighed: [Int]
    /// Tallies of customers, and whether they count once for all.
    var customers: [(tally: Int, once: Bool)]
  }

  /// A pattern as the loop over touches sees it.
  private struct Head {
    var hasPlain: Bool
    var hasOthers: Bool
    var isSilent: Bool { !hasPlain && !hasOthers }
  }

  struct WeighedSum {
    /// × 10⁶.
    var sum: Int128 = 0
    var touches: Int64 = 0
  }

  let base: CompiledMeasures
  private(set) var patterns: [Pattern] = []
  /// By key of pattern: touches.
  let counts = CellTable()
  /// By key of tally: one more than the place in `sums`.
  let weighed = CellTable()
  private(set) var sums: [WeighedSum] = []
  /// By key of tally: how many customers, and in the upper half the one counted last.
  let customers = CellTable()

  /// Entities told by their bytes, by number; their tag is their grain.
  private var names = KeyTable()
  private var customer: UInt32 = 0
  /// What was true of the customer before: keys of no month.
  private var known: Set<UInt64> = []
  private let inquiries: UnsafeMutablePointer<Unmanaged<CompiledMeasures.Inquiry>>
  /// By kind code · 4 + direction: the answers met last, and their pattern.
  private let lastMet: UnsafeMutablePointer<(answers: UInt64, pattern: Int)>
  private var patternNumbers: [PatternKey: Int] = [:]
  private var heads: [Head] = []
  /// What the touch at hand weighs, tally by tally.
  private var weights: [(tally: Int, weight: Int64)] = []
  /// The month of the last touch, and when it is over.
  private var month = 0
  private var monthStart = Instant.max
  private var monthEnd = Instant.min

  private struct PatternKey: Hashable {
    var place: Int
    var answers: UInt64
  }

  init(_ base: CompiledMeasures) {
    self.base = base
    let count = base.inquiries.count
    inquiries = .allocate(capacity: max(1, count))
    for (place, inquiry) in base.inquiries.enumerated() {
      (inquiries + place).initialize(to: Unmanaged.passUnretained(inquiry))
    }
    lastMet = .allocate(capacity: max(1, count))
    lastMet.initialize(repeating: (0, -1), count: count)
  }

  deinit {
    inquiries.deallocate()
    lastMet.deallocate()
  }

  func begin(customer: UInt32) {
    self.customer = customer
    if !known.isEmpty { known.removeAll(keepingCapacity: true) }
  }

  func take(_ touch: Touch, _ direction: Direction) {
    let place = touch.kind << 2 | Int(direction.rawValue)
    let answers = inquiries[place]._withUnsafeGuaranteedRef { $0.answers(touch, direction) }
    var pattern = lastMet[place].pattern
    if pattern < 0 || lastMet[place].answers != answers {
      pattern = number(place, answers)
      lastMet[place] = (answers, pattern)
    }
    let head = heads[pattern]
    if head.isSilent { return }
    findMonth(of: touch.time)
    if head.hasOthers { weigh(touch, patterns[pattern]) }
    base.grains.each(touch, hasCustomer: customer != 0, &names) { grain, entity in
      if head.hasPlain { counts.value(key(pattern, grain, entity)).pointee &+= 1 }
      if head.hasOthers { addOthers(pattern, grain, entity) }
    }
  }

  /// The number of a pattern.
  private func number(_ place: Int, _ answers: UInt64) -> Int {
    if let known = patternNumbers[PatternKey(place: place, answers: answers)] { return known }
    var pattern = Pattern(plain: [], weighed: [], customers: [])
    for tally in base.inquiries[place].tallies(answers) {
      switch base.weights[tally] {
      case .one: pattern.plain.append(tally)
      case .customer(let once): pattern.customers.append((tally, once))
      case .number, .items, .amount, .rating, .rated, .satisfied, .balance: pattern.weighed.append(tally)
      }
    }
    precondition(patterns.count < 1 << 17, "touches of \(patterns.count) patterns")
    patternNumbers[PatternKey(place: place, answers: answers)] = patterns.count
    patterns.append(pattern)
    heads.append(
      Head(hasPlain: !pattern.plain.isEmpty, hasOthers: !pattern.weighed.isEmpty || !pattern.customers.isEmpty))
    return patterns.count - 1
  }

  private func findMonth(of time: Instant) {
    if time >= monthStart, time < monthEnd { return }
    month = base.dayTable.bucket(.month, of: time)
    monthStart = base.dayTable.start(.month, month)
    monthEnd = base.dayTable.end(.month, month)
  }

  private func weigh(_ touch: Touch, _ pattern: Pattern) {
    weights.removeAll(keepingCapacity: true)
    for tally in pattern.weighed {
      if let weight = base.weigh(tally, touch) { weights.append((tally, weight)) }
    }
  }

  private func addOthers(_ pattern: Int, _ grain: MeasureGrain, _ entity: UInt32) {
    for (tally, weight) in weights {
      let place = weighed.value(key(tally, grain, entity))
      if place.pointee == 0 {
        sums.append(WeighedSum())
        place.pointee = UInt64(sums.count)
      }
      let at = Int(place.pointee) - 1
      sums[at].sum += Int128(weight)
      sums[at].touches += 1
    }
    if customer == 0 { return }
    for (tally, once) in patterns[pattern].customers {
      if once, !known.insert(CellKey(tally, grain, 0, entity).bits).inserted { continue }
      let place = customers.value(key(tally, grain, entity))
      // A life is folded whole and by one fold: whoever was counted before was counted last.
      if UInt32(place.pointee >> 32) == customer { continue }
      place.pointee = UInt64(customer) << 32 | UInt64(UInt32(truncatingIfNeeded: place.pointee) + 1)
    }
  }

  @inline(__always)
  private func key(_ number: Int, _ grain: MeasureGrain, _ entity: UInt32) -> UInt64 {
    CellKey(number, grain, month - CellKey.lowMonth, entity).bits
  }

  /// The bytes of a named entity.
  func name<Result>(of entity: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    names.id(of: Int(entity), body)
  }
}

/// A pattern or tally, grain, entity and month in one word: never 0.
struct CellKey {
  let bits: UInt64

  // The years 1900 to 2200 have fewer than 2¹² months.
  static let lowMonth = 12 * 1899

  init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  init(_ number: Int, _ grain: MeasureGrain, _ month: Int, _ entity: UInt32) {
    bits =
      UInt64(truncatingIfNeeded: number) &<< 47 | UInt64(truncatingIfNeeded: grain.rawValue) &<< 44
      | UInt64(truncatingIfNeeded: month) &<< 32 | UInt64(entity)
  }

  var number: Int { Int(bits >> 47) }
  var grain: MeasureGrain { MeasureGrain(rawValue: Int(bits >> 44) & 7)! }
  /// 12 · year + month.
  var month: Int { Int(bits >> 32) & 0xFFF + Self.lowMonth }
  var entity: UInt32 { UInt32(truncatingIfNeeded: bits) }
}
