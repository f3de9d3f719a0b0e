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
  /// By pattern: touches.
  let counts: CellTables
  /// By tally: one more than the place in `sums`.
  let weighed: CellTables
  private(set) var sums: [WeighedSum] = []
  /// By tally: how many customers, and in the upper half the one counted last.
  let customers: CellTables

  /// Entities told by their bytes, by number; their tag is their grain.
  private var names = KeyTable()
  private var customer: UInt32 = 0
  /// What was true of the customer before: tallies, grains and entities.
  private var known: Set<UInt64> = []
  private let inquiries: UnsafeMutablePointer<Unmanaged<CompiledMeasures.Inquiry>>
  /// By kind code · 4 + direction: the answers met last, and their pattern.
  private let lastMet: UnsafeMutablePointer<(answers: UInt64, pattern: Int)>
  private var patternNumbers: [PatternKey: Int] = [:]
  private var heads: [Head] = []
  /// What the touch at hand weighs, tally by tally.
  private var weights: [(tally: Int, weight: Int64)] = []

  private struct PatternKey: Hashable {
    var place: Int
    var answers: UInt64
  }

  init(_ base: CompiledMeasures) {
    self.base = base
    counts = CellTables(months: base.months)
    weighed = CellTables(months: base.months)
    customers = CellTables(months: base.months)
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

  /// - Parameter month: 12 · year + month, of the touch.
  func take(_ touch: Touch, _ direction: Direction, month: Int) {
    let place = touch.kind << 2 | Int(direction.rawValue)
    let answers = inquiries[place]._withUnsafeGuaranteedRef { $0.answers(touch, direction) }
    var pattern = lastMet[place].pattern
    if pattern < 0 || lastMet[place].answers != answers {
      pattern = number(place, answers)
      lastMet[place] = (answers, pattern)
    }
    let head = heads[pattern]
    if head.isSilent { return }
    let hasCustomer = customer != 0
    if head.hasPlain {
      let table = counts.table(pattern, month)
      base.grains.each(touch, hasCustomer: hasCustomer, &names) { table.value($0, $1).pointee &+= 1 }
    }
    if head.hasOthers {
      weigh(touch, patterns[pattern])
      base.grains.each(touch, hasCustomer: hasCustomer, &names) { addOthers(pattern, month, $0, $1) }
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
    patternNumbers[PatternKey(place: place, answers: answers)] = patterns.count
    patterns.append(pattern)
    heads.append(
      Head(hasPlain: !pattern.plain.isEmpty, hasOthers: !pattern.weighed.isEmpty || !pattern.customers.isEmpty))
    return patterns.count - 1
  }

  private func weigh(_ touch: Touch, _ pattern: Pattern) {
    weights.removeAll(keepingCapacity: true)
    for tally in pattern.weighed {
      if let weight = base.weigh(tally, touch) { weights.append((tally, weight)) }
    }
  }

  private func addOthers(_ pattern: Int, _ month: Int, _ grain: MeasureGrain, _ entity: UInt32) {
    for (tally, weight) in weights {
      let place = weighed.table(tally, month).value(grain, entity)
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
      if once, !known.insert(UInt64(tally << 3 | grain.rawValue) << 32 | UInt64(entity)).inserted { continue }
      let place = customers.table(tally, month).value(grain, entity)
      // A life is folded whole and by one fold: whoever was counted before was counted last.
      if UInt32(place.pointee >> 32) == customer { continue }
      place.pointee = UInt64(customer) << 32 | UInt64(UInt32(truncatingIfNeeded: place.pointee) + 1)
    }
  }

  /// The bytes of a named entity.
  func name<Result>(of entity: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    names.id(of: Int(entity), body)
  }
}
