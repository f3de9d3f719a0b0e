import KeptReplay
import KeptSnapshot

/// A measure that touches add up to: the one place where it is declared.
///
/// What it reads, its rows in `measures`, their reasons and the columns of the wide tables all come from here. Example:
/// of 33 minutes spent, 11 on serving and 22 on obtaining, `serve_obtain` has num 11, den 33, value 0.333.
struct TouchMeasure: Sendable {
  let name: String
  /// Rows of the claims, like `S4.13`; several are set apart by a comma.
  let seed: String
  let meaning: String
  let formula: String
  /// `WE`, `THEY`, `BOTH` or `NEI`.
  let direction: String
  /// nil where neither end is the good one.
  let highIsGood: Bool?
  let unit: String
  /// value = scale · num / den.
  let scale: Double
  let num: [Term]
  /// Empty: a count or a sum, whose value is its numerator.
  let den: [Term]

  init(
    _ name: String, _ seed: String, _ meaning: String, formula: String, _ direction: String, high highIsGood: Bool?,
    unit: String = "", scale: Double = 1, num: [Term], den: [Term] = []
  ) {
    self.name = name
    self.seed = seed
    self.meaning = meaning
    self.formula = formula
    self.direction = direction
    self.highIsGood = highIsGood
    // Counted in what it adds; of things for things, that many for each.
    let isEach = !den.isEmpty && num[0].unit == ColumnUnit.count
    self.unit = !unit.isEmpty ? unit : isEach ? ColumnUnit.each : num[0].unit
    self.scale = scale
    self.num = num
    self.den = den
  }

  /// Of the touches of `term`, the part of which `hit` is true as well.
  static func share(
    _ name: String, _ seed: String, _ meaning: String, formula: String, _ direction: String, high: Bool?,
    of terms: [Term], where hit: Condition
  ) -> TouchMeasure {
    TouchMeasure(
      name, seed, meaning, formula: formula, direction, high: high, unit: "share", num: terms.map { $0.and(hit) },
      den: terms)
  }

  var seeds: [String] { seed.split(separator: ",").map { $0.filter { $0 != " " } } }

  /// Every touch measure there is, by name.
  static func all(_ rules: Rulebook) -> [TouchMeasure] {
    let counting = rules.counting
    var measures = attention + attitude(counting) + communication
    measures += orders + reactions + partings(counting)
    return measures.sorted { $0.name < $1.name }
  }

  /// The fields it reads.
  func needs(kinds: [String]) -> [Need] {
    (num + den).flatMap { term in
      let heard = kinds.filter(term.hears)
      var fields = term.alternatives.flatMap(\.self).flatMap { condition in
        condition.fields.flatMap { CompiledCondition.details(of: $0, condition.test) }
      }
      switch term.weight {
      case .touches, .customers, .newcomers: break
      case .number(let key): fields.append(.dataNumber(key))
      case .items(let key): fields.append(.dataText(key))
      case .score: fields.append(.score)
      case .amount: fields += [.amount, .text(.currency)]
      case .rating, .rated, .satisfied, .balance:
        return Need.each(heard, Self.ratingFields) + [Need(kinds: heard, fields: fields)]
      }
      return [Need(kinds: heard, fields: fields)]
    }
  }

  private static let ratingFields: [TouchField] = [.score, .instrument, .scaleMin, .scaleMax, .source]
}

/// Touches that a measure adds, and what each weighs.
struct Term: Sendable, Hashable {
  enum Weight: Sendable, Hashable {
    case touches
    /// Each customer once a month, however many touches.
    case customers
    /// Each customer once and for all: in the month in which it is first true of them and the entity.
    case newcomers
    /// A number in `data`.
    case number(String)
    /// How many things a list in `data` has.
    case items(String)
    case score
    /// In the ledger's currency; an amount without a rate adds nothing.
    case amount
    /// A rating rescaled 0 … 1; every usable rating; every satisfied one; satisfied less dissatisfied.
    case rating, rated, satisfied, balance
  }

  /// nil: every kind of the ledger but its own.
  var kinds: [String]?
  /// It counts if all conditions of one of these hold.
  var alternatives: [[Condition]]
  var weight: Weight
  var isSubtracted = false

  static func of(_ kinds: String..., where conditions: Condition..., weight: Weight = .touches) -> Term {
    Term(kinds: kinds, alternatives: [conditions], weight: weight)
  }

  static func anything(where conditions: Condition..., weight: Weight = .touches) -> Term {
    Term(kinds: nil, alternatives: [conditions], weight: weight)
  }

  func and(_ condition: Condition) -> Term {
    var term = self
    term.alternatives = alternatives.map { $0 + [condition] }
    return term
  }

  func or(_ conditions: Condition...) -> Term {
    var term = self
    term.alternatives.append(conditions)
    return term
  }

  /// What it adds up to is counted in.
  var unit: String {
    switch weight {
    case .touches, .customers, .newcomers, .items, .rated, .satisfied, .balance: ColumnUnit.count
    case .number(let key): ColumnUnit.ofKeys[key] ?? ColumnUnit.count
    case .rating: "0 … 1"
    case .score: "0 … 1"
    case .amount: "currency"
    }
  }

  var countsCustomers: Bool {
    switch weight {
    case .customers, .newcomers: true
    case .touches, .number, .items, .score, .amount, .rating, .rated, .satisfied, .balance: false
    }
  }

  /// The same where nothing is taken off.
  var added: Term {
    var term = self
    term.isSubtracted = false
    return term
  }

  var subtracted: Term {
    var term = self
    term.isSubtracted = true
    return term
  }

  /// What is left to be asked of a touch that goes this way; nothing at all where one of the lists is empty.
  func alternatives(going direction: Direction) -> [[Condition]] {
    alternatives.compactMap { conditions in
      var open: [Condition] = []
      for condition in conditions {
        guard case .direction(let ways) = condition.test else {
          open.append(condition)
          continue
        }
        if !ways.contains(direction) { return nil }
      }
      return open
    }
  }

  func hears(_ kind: String) -> Bool { kinds?.contains(kind) ?? !LedgerKind.all.contains(kind) }
}

extension Condition {
  static func says(_ field: String, _ words: String...) -> Condition { says(field, words) }
  static func says(_ field: String, _ words: [String]) -> Condition {
    Condition(fields: [field], test: .isOneOf(words.map(Literal.text)))
  }
  static func isTrue(_ field: String) -> Condition { Condition(fields: [field], test: .isOneOf([.number(1_000_000)])) }
  static func isFalse(_ field: String) -> Condition { Condition(fields: [field], test: .isOneOf([.number(0)])) }
  static func known(_ field: String) -> Condition { Condition(fields: [field], test: .isPresent(true)) }
  static func number(_ field: String) -> Condition { Condition(fields: [field], test: .from(.min)) }
  static func negative(_ field: String) -> Condition { Condition(fields: [field], test: .under(0)) }
  /// From us to them; theirs to us.
  static let outbound = Condition(fields: [], test: .direction([.out]))
  static let fromThem = Condition(fields: [], test: .direction([.in, .both]))
}
