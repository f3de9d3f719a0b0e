import KeptReplay

/// The touch measures of a run, as the touches of each kind are tried against them. Nothing in it changes afterwards.
///
/// What a measure is made of are tallies: one for each term, however many measures share it; terms that count customers
/// count each only once, and are one tally together. A touch is asked each condition once; the answers together are its
/// pattern, and a pattern says which tallies the touch counts for.
final class CompiledMeasures: Sendable {
  /// A measure as tallies: `sign` is −1 for what is taken off.
  struct Sum: Sendable {
    var num: [(tally: Int, sign: Int128)]
    var den: [(tally: Int, sign: Int128)]
    /// The tallies whose touches are those that the measure counts.
    var counted: [(tally: Int, sign: Int128)] { den.isEmpty ? num : den }
  }

  /// What a touch weighs in a tally.
  enum Weight: Sendable {
    case one
    /// One a customer, entity and month; `once`: one a customer and entity.
    case customer(once: Bool)
    case number(FactField)
    case items(FactField)
    case amount(FactField, currency: FactField)
    case rating, rated, satisfied, balance
  }

  /// What the touches of one kind and direction are asked.
  final class Inquiry: Sendable {
    private let conditions: [CompiledCondition]
    /// The same, for the loop over touches.
    private nonisolated(unsafe) let asked: UnsafeMutableBufferPointer<Unmanaged<CompiledCondition>>
    /// The tallies, each with the sets of conditions (a bit each) of which one has to hold whole.
    let clauses: [(tally: Int, alternatives: [UInt64])]

    init(conditions: [CompiledCondition], clauses: [(tally: Int, alternatives: [UInt64])]) {
      self.conditions = conditions
      self.clauses = clauses
      asked = .allocate(capacity: conditions.count)
      _ = asked.initialize(from: conditions.map(Unmanaged.passUnretained))
    }

    deinit { asked.deallocate() }

    /// A bit for each condition that holds.
    @inline(__always)
    func answers(_ touch: Touch, _ direction: Direction) -> UInt64 {
      var answers: UInt64 = 0
      for place in 0..<asked.count {
        let holds = asked[place]._withUnsafeGuaranteedRef { $0.holds(touch, direction, 0) }
        answers |= (holds ? 1 : 0) &<< UInt64(place)
      }
      return answers
    }

    /// The tallies that a touch with these answers counts for, each once.
    func tallies(_ answers: UInt64) -> [Int] {
      Set(clauses.filter { $0.alternatives.contains { $0 & answers == $0 } }.map(\.tally)).sorted()
    }
  }

  let measures: [TouchMeasure]
  /// By measure.
  let sums: [Sum]
  /// By tally.
  let weights: [Weight]
  /// By kind code · 4 + direction.
  let inquiries: [Inquiry]
  let grains: GrainReader
  let rating: RatingReader
  /// By currency code, see `OrderTracker`.
  let rates: [UInt32: Int64]
  /// That touches can have.
  let months: ClosedRange<Int>

  init(
    rulebook: Rulebook, kinds: [String], plan: DetailPlan, dayTable: DayTable, rating: RatingReader,
    rates: [UInt32: Int64], code: (String) -> UInt32
  ) {
    let measures = TouchMeasure.all(rulebook)
    self.measures = measures
    grains = GrainReader(kinds: kinds, plan: plan, code: code)
    self.rating = rating
    self.rates = rates
    months = dayTable.bucket(.month, ofDay: dayTable.low)...dayTable.bucket(.month, ofDay: dayTable.low + dayTable.count - 1)
    var tallies: [[Term]] = []
    var numbers: [[Term]: Int] = [:]
    func parts(_ terms: [Term]) -> [(tally: Int, sign: Int128)] {
      let customers = terms.filter(\.countsCustomers)
      let groups = terms.filter { !$0.countsCustomers }.map { [$0] } + (customers.isEmpty ? [] : [customers])
      return groups.map { group in
        let plain = group.map(\.added)
        if numbers[plain] == nil {
          numbers[plain] = tallies.count
          tallies.append(plain)
        }
        return (numbers[plain]!, group[0].isSubtracted ? -1 : 1)
      }
    }
    sums = measures.map { Sum(num: parts($0.num), den: parts($0.den)) }
    weights = tallies.map { Weight($0[0].weight, kinds: kinds, plan: plan) }
    inquiries = kinds.flatMap { kind in
      let heard = tallies.enumerated().flatMap { tally, terms in
        terms.filter { $0.hears(kind) }.map { (tally: tally, term: $0) }
      }
      return Direction.allCases.map { direction in
        Inquiry(heard, going: direction) {
          CompiledCondition($0, kind: kind, plan: plan, code: code, standardInstrument: rulebook.ratings.standard)
        }
      }
    }
  }

  /// Whether a touch of the kind, whichever way it goes, adds to anything.
  func hears(kind: Int) -> Bool { inquiries[kind << 2..<kind << 2 + 4].contains { !$0.clauses.isEmpty } }

  /// What the measures read of each kind.
  static func needs(_ rulebook: Rulebook, kinds: [String]) -> [Need] {
    let measures = TouchMeasure.all(rulebook)
    let heard = kinds.filter { kind in measures.contains { ($0.num + $0.den).contains { $0.hears(kind) } } }
    return measures.flatMap { $0.needs(kinds: kinds) } + [Need(kinds: heard, fields: GrainReader.fields)]
  }

  /// What the touch adds × 10⁶ to a tally; nil: nothing. Customers are counted by `CellFold`.
  func weigh(_ tally: Int, _ touch: Touch) -> Int64? {
    switch weights[tally] {
    case .one, .customer: return 1_000_000
    case .number(let field): return field.number(touch)
    case .items(let field): return field.text(touch).map { Self.itemCount($0) * 1_000_000 }
    case .amount(let field, let currency):
      guard let amount = field.number(touch), let rate = rates[currency.code(touch)] else { return nil }
      return OrderTracker.worth(amount, rate: rate)
    case .rating, .rated, .satisfied, .balance:
      guard case .rating(let share, let instrument) = rating.read(touch) else { return nil }
      switch weights[tally] {
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

extension CompiledMeasures.Weight {
  init(_ weight: Term.Weight, kinds: [String], plan: DetailPlan) {
    func reader(_ field: DetailField) -> FactField { FactField(field, kinds: kinds, plan: plan) }
    switch weight {
    case .touches: self = .one
    case .customers: self = .customer(once: false)
    case .newcomers: self = .customer(once: true)
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

extension CompiledMeasures.Inquiry {
  convenience init(
    _ terms: [(tally: Int, term: Term)], going direction: Direction, compile: (Condition) -> CompiledCondition
  ) {
    var conditions: [Condition] = []
    let clauses = terms.compactMap { tally, term -> (tally: Int, alternatives: [UInt64])? in
      let open = term.alternatives(going: direction)
      if open.isEmpty { return nil }
      let alternatives = open.map { list in
        list.reduce(UInt64(0)) { bits, condition in
          let place = conditions.firstIndex(of: condition) ?? conditions.count
          if place == conditions.count { conditions.append(condition) }
          return bits | 1 << UInt64(place)
        }
      }
      return (tally, alternatives)
    }
    precondition(conditions.count <= 64, "a kind of touch is asked \(conditions.count) things")
    self.init(conditions: conditions.map(compile), clauses: clauses)
  }
}
