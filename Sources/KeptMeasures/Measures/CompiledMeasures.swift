import KeptReplay

/// The touch measures of a run, as the touches of each kind are tried against them. Nothing in it changes afterwards.
final class CompiledMeasures: Sendable {
  /// A term of a measure, for one kind.
  struct Entry: Sendable {
    let measure: Int
    /// The measure's place among the cells of a block, see `CellFold`.
    let place: Int
    let isDenominator: Bool
    let isSubtracted: Bool
    let alternatives: [[CompiledCondition]]
    let weight: Weight
  }

  enum Weight: Sendable {
    case touches, customers
    case number(FactField)
    case items(FactField)
    case amount(FactField, currency: FactField)
    case rating, rated, satisfied, balance
  }

  let measures: [TouchMeasure]
  /// By kind code: what a touch of it adds.
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
    entries = kinds.enumerated().map { kindCode, kind in
      measures.enumerated().flatMap { index, measure in
        let terms = measure.num.map { ($0, false) } + measure.den.map { ($0, true) }
        return terms.filter { $0.0.hears(kind) }.map { term, isDenominator in
          let weight = Weight(term.weight, kinds: kinds, plan: plan)
          let block = if case .customers = weight { kinds.count } else { kindCode }
          return Entry(
            measure: index, place: place(index, in: block), isDenominator: isDenominator,
            isSubtracted: term.isSubtracted,
            alternatives: term.alternatives.map { conditions in
              conditions.map {
                CompiledCondition(
                  $0, kind: kind, plan: plan, code: code, standardInstrument: rulebook.ratings.standard)
              }
            }, weight: weight)
        }
      }
    }
    self.measuresOf = measuresOf
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
  /// What the touch adds × 10⁶; nil: nothing. A customer weighs one touch, which `CellFold` counts once.
  func weigh(_ touch: Touch, _ direction: Direction, _ base: CompiledMeasures) -> Int64? {
    guard alternatives.contains(where: { $0.allSatisfy { $0.holds(touch, direction, 0) } }) else { return nil }
    switch weight {
    case .touches, .customers: return 1_000_000
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

  /// Entities whose words the replay knows, by code; 0 where the touch names none.
  func codes(_ touch: Touch, hasCustomer: Bool) -> [(MeasureGrain, UInt32)] {
    var party = party.code(touch)
    if party == 0, hasCustomer { party = account.code(touch) == 0 ? consumer : business }
    return [
      (.party, party), (.channel, channel.code(touch)), (.department, department.code(touch)),
      (.agent, agent.code(touch)),
    ]
  }

  /// Entities told by their bytes.
  func named(_ touch: Touch) -> [(MeasureGrain, UnsafeRawBufferPointer?)] {
    [(.region, region.text(touch)), (.offering, offering.text(touch)), (.source, source.text(touch))]
  }
}
