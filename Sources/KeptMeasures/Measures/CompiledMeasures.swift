import KeptReplay

/// The touch measures of a run, as the touches of each kind are tried against them. Nothing in it changes afterwards.
final class CompiledMeasures: Sendable {
  /// A term of a measure, for one kind and direction. A class, so that trying one costs a reference and no copy.
  final class Entry: Sendable {
    let target: Target
    let isSubtracted: Bool
    /// Empty: it always counts.
    let alternatives: [[CompiledCondition]]
    let weight: Weight

    init(target: Target, isSubtracted: Bool, alternatives: [[CompiledCondition]], weight: Weight) {
      self.target = target
      self.isSubtracted = isSubtracted
      self.alternatives = alternatives
      self.weight = weight
    }

    /// Whether every such touch adds one.
    var isPlain: Bool {
      if isSubtracted || !alternatives.isEmpty { return false }
      switch weight {
      case .touches, .customers, .newcomers: return true
      case .number, .items, .amount, .rating, .rated, .satisfied, .balance: return false
      }
    }
  }

  /// Where a term's weight goes.
  struct Target: Sendable {
    /// The measure's place among the cells of a block, see `CellFold`.
    let place: Int
    let isDenominator: Bool
    /// In the block of distinct customers; and whether a customer counts in the first month only.
    let isDistinct: Bool
    let isOnce: Bool
    /// Whether the touch is one of those that a cell counts.
    let countsTouch: Bool
  }

  enum Weight: Sendable {
    case touches, customers, newcomers
    case number(FactField)
    case items(FactField)
    case amount(FactField, currency: FactField)
    case rating, rated, satisfied, balance
  }

  let measures: [TouchMeasure]
  /// By kind code · 4 + direction: where every such touch adds one.
  let plain: [[Target]]
  /// By kind code · 4 + direction: what such a touch adds if it meets the conditions, or by what it carries.
  let entries: [[Entry]]
  /// By kind code: the measures with a cell in the kind's blocks; the last one is the block of distinct customers,
  /// which touches of several kinds share.
  let measuresOf: [[Int]]
  let grains: GrainReader
  let rating: RatingReader
  /// By currency code, see `OrderTracker`.
  let rates: [UInt32: Int64]
  let dayTable: DayTable

  init(
    rulebook: Rulebook, kinds: [String], plan: DetailPlan, dayTable: DayTable, rating: RatingReader,
    rates: [UInt32: Int64], code: (String) -> UInt32
  ) {
    let measures = TouchMeasure.all(rulebook)
    self.measures = measures
    grains = GrainReader(kinds: kinds, plan: plan, code: code)
    self.rating = rating
    self.rates = rates
    self.dayTable = dayTable
    var measuresOf: [[Int]] = Array(repeating: [], count: kinds.count + 1)
    func place(_ measure: Int, in block: Int) -> Int {
      if let found = measuresOf[block].firstIndex(of: measure) { return found }
      measuresOf[block].append(measure)
      return measuresOf[block].count - 1
    }
    var entries: [[Entry]] = []
    for (kindCode, kind) in kinds.enumerated() {
      var heard: [(term: Term, target: Target, weight: Weight)] = []
      for (index, measure) in measures.enumerated() {
        let terms = measure.num.map { ($0, false) } + measure.den.map { ($0, true) }
        for (term, isDenominator) in terms where term.hears(kind) {
          let weight = Weight(term.weight, kinds: kinds, plan: plan)
          let isOnce = if case .newcomers = weight { true } else { false }
          let isDistinct = if case .customers = weight { true } else { isOnce }
          let target = Target(
            place: place(index, in: isDistinct ? kinds.count : kindCode), isDenominator: isDenominator,
            isDistinct: isDistinct, isOnce: isOnce, countsTouch: isDenominator || measure.den.isEmpty)
          heard.append((term, target, weight))
        }
      }
      for direction in Direction.allCases {
        entries.append(
          heard.compactMap { term, target, weight in
            let open = term.alternatives(going: direction)
            if open.isEmpty { return nil }
            let alternatives = open.map { conditions in
              conditions.map {
                CompiledCondition($0, kind: kind, plan: plan, code: code, standardInstrument: rulebook.ratings.standard)
              }
            }
            return Entry(
              target: target, isSubtracted: term.isSubtracted,
              alternatives: alternatives.contains { $0.isEmpty } ? [] : alternatives, weight: weight)
          })
      }
    }
    plain = entries.map { $0.filter(\.isPlain).map(\.target) }
    self.entries = entries.map { $0.filter { !$0.isPlain } }
    self.measuresOf = measuresOf
  }

  /// Whether a touch of the kind, whichever way it goes, adds to anything.
  func hears(kind: Int) -> Bool {
    let places = kind << 2..<kind << 2 + 4
    return places.contains { !plain[$0].isEmpty || !entries[$0].isEmpty }
  }

  /// What the measures read of each kind.
  static func needs(_ rulebook: Rulebook, kinds: [String]) -> [Need] {
    let measures = TouchMeasure.all(rulebook)
    let heard = kinds.filter { kind in measures.contains { ($0.num + $0.den).contains { $0.hears(kind) } } }
    return measures.flatMap { $0.needs(kinds: kinds) } + [Need(kinds: heard, fields: GrainReader.fields)]
  }
}

extension CompiledMeasures.Weight {
  init(_ weight: Term.Weight, kinds: [String], plan: DetailPlan) {
    func reader(_ field: DetailField) -> FactField { FactField(field, kinds: kinds, plan: plan) }
    switch weight {
    case .touches: self = .touches
    case .customers: self = .customers
    case .newcomers: self = .newcomers
    case .number(let key): self = .number(reader(.dataNumber(key)))
    case .items(let key): self = .items(reader(.dataText(key)))
    case .score: self = .number(reader(.score))
    case .amount: self = .amount(reader(.amount), currency: reader(.text(.currency)))
    case .rating: self = .rating
    case .rated: self = .rated
    case .satisfied: self = .satisfied
    case .balance: self = .balance
    }
  }
}

extension CompiledMeasures.Entry {
  /// What the touch adds × 10⁶; nil: nothing. Customers weigh one touch, which `CellFold` counts once.
  func weigh(_ touch: Touch, _ direction: Direction, _ base: CompiledMeasures) -> Int64? {
    if !alternatives.isEmpty, !alternatives.contains(where: { Self.hold($0, touch, direction) }) { return nil }
    switch weight {
    case .touches, .customers, .newcomers: return 1_000_000
    case .number(let field): return field.number(touch)
    case .items(let field): return field.text(touch).map { Self.itemCount($0) * 1_000_000 }
    case .amount(let field, let currency):
      guard let amount = field.number(touch), let rate = base.rates[currency.code(touch)] else { return nil }
      return OrderTracker.worth(amount, rate: rate)
    case .rating, .rated, .satisfied, .balance:
      guard case .rating(let share, let instrument) = base.rating.read(touch) else { return nil }
      switch weight {
      case .rating: return share
      case .rated: return 1_000_000
      case .satisfied: return share >= instrument.satisfied ? 1_000_000 : 0
      default: return share >= instrument.satisfied ? 1_000_000 : share <= instrument.dissatisfied ? -1_000_000 : 0
      }
    }
  }

  private static func hold(_ conditions: [CompiledCondition], _ touch: Touch, _ direction: Direction) -> Bool {
    for place in conditions.indices where !conditions[place].holds(touch, direction, 0) { return false }
    return true
  }

  /// How many elements a list in canonical JSON has; a lone text is one.
  static func itemCount(_ text: UnsafeRawBufferPointer) -> Int64 {
    guard text.first == UInt8(ascii: "[") else { return text.isEmpty ? 0 : 1 }
    if text.count <= 2 { return 0 }
    var count: Int64 = 1
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    for byte in text {
      if isQuoted {
        if isEscaped { isEscaped = false } else if byte == UInt8(ascii: "\\") { isEscaped = true }
        else if byte == UInt8(ascii: "\"") { isQuoted = false }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isQuoted = true
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ",") where depth == 1: count += 1
      default: break
      }
    }
    return count
  }
}

/// What a row of `measures` is about.
enum MeasureGrain: Int, Sendable, CaseIterable {
  case firm, party, region, channel, department, agent, offering
  /// How somebody who begins a relationship came upon us.
  case source
}

/// Which entities a touch counts for.
struct GrainReader: Sendable {
  static let fields: [DetailField] = [
    .text(.party), .text(.account), .dataText("region"), .text(.channel), .text(.department), .text(.agent),
    .dataText("offering"), .dataText("found_via"),
  ]

  private let party: FactField
  private let account: FactField
  private let region: FactField
  private let channel: FactField
  private let department: FactField
  private let agent: FactField
  private let offering: FactField
  private let source: FactField
  private let business: UInt32
  private let consumer: UInt32

  init(kinds: [String], plan: DetailPlan, code: (String) -> UInt32) {
    func reader(_ field: DetailField) -> FactField { FactField(field, kinds: kinds, plan: plan) }
    party = reader(.text(.party))
    account = reader(.text(.account))
    region = reader(.dataText("region"))
    channel = reader(.text(.channel))
    department = reader(.text(.department))
    agent = reader(.text(.agent))
    offering = reader(.dataText("offering"))
    source = reader(.dataText("found_via"))
    business = code("b2b")
    consumer = code("b2c")
  }

  /// Calls `body` with each entity that the touch names, the firm being one; `names` numbers those told by their bytes.
  @inline(__always)
  func each(_ touch: Touch, hasCustomer: Bool, _ names: inout KeyTable, _ body: (MeasureGrain, UInt32) -> Void) {
    body(.firm, 0)
    var party = party.code(touch)
    if party == 0, hasCustomer { party = account.code(touch) == 0 ? consumer : business }
    if party != 0 { body(.party, party) }
    let (channel, department, agent) = (channel.code(touch), department.code(touch), agent.code(touch))
    if channel != 0 { body(.channel, channel) }
    if department != 0 { body(.department, department) }
    if agent != 0 { body(.agent, agent) }
    func named(_ grain: MeasureGrain, _ field: FactField, _ names: inout KeyTable) {
      if let text = field.text(touch) { body(grain, UInt32(names.insert(tag: UInt64(grain.rawValue), text).key)) }
    }
    named(.region, region, &names)
    named(.offering, offering, &names)
    named(.source, source, &names)
  }
}
