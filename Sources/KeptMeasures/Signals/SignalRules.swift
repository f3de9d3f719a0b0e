import Glibc
import KeptFormat
import KeptReplay

/// The rulebook's signal table compiled for the kinds of one ledger.
///
/// Most kinds say the same whatever the touch carries: for those `quick` has one entry by touch class. The others
/// are tried rule by rule, list by list, until one matches.
final class SignalTable: Sendable {
  /// What a touch class says when kind and direction decide, and only one list hears it.
  struct Quick {
    /// |points| in 2⁻³²; 0: nothing.
    var weight: Double
    /// 256 / half-life in microseconds.
    var steps: Double
    /// `list · 2 + (negative ? 1 : 0)`.
    var slot: Int
    var rule: Int
  }

  let rules: [SignalRule]
  nonisolated(unsafe) let quick: UnsafeMutablePointer<Quick>
  let quickCount: Int
  /// By kind code: the compiled rules of each list, in order; empty for kinds that `quick` decides.
  let tried: [[[CompiledRule]]]
  let rating: RatingReader
  /// By absence: the rule of each list that hears it.
  let absences: [[CompiledRule]]

  init(rulebook: Rulebook, kinds: [String], plan: DetailPlan, code word: (String) -> UInt32) {
    rules = rulebook.signals
    rating = RatingReader(rules: rulebook.ratings, code: word)
    quickCount = kinds.count * 4
    quick = .allocate(capacity: max(1, quickCount))
    quick.initialize(repeating: Quick(weight: 0, steps: 0, slot: 0, rule: -1), count: max(1, quickCount))
    var tried: [[[CompiledRule]]] = Array(repeating: [], count: kinds.count)
    for (code, kind) in kinds.enumerated() {
      let candidates = rules.enumerated().filter { rulebook.kinds(of: $0.element).contains(kind) }
      if candidates.isEmpty { continue }
      if Self.isQuick(candidates.map(\.element)) {
        let usual = rulebook.directions[kind] ?? Vocabulary.direction(of: kind)
        for way in Direction.allCases {
          let direction = way == .absent ? usual : way
          if let (index, rule) = candidates.first(where: { $0.element.accepts(direction) }) {
            quick[code << 2 | Int(way.rawValue)] = Self.quick(rule, index, rulebook)
          }
        }
      } else {
        tried[code] = SignalList.allCases.map { list in
          candidates.filter { $0.element.list == list }.map { index, rule in
            CompiledRule(rule, index, kind: kind, rulebook: rulebook, plan: plan, code: word)
          }
        }
      }
    }
    self.tried = tried
    absences = LifeAbsence.allCases.map { what in
      SignalList.allCases.compactMap { list in
        rulebook.signals.enumerated().first { $0.element.absence == what && $0.element.list == list }.map { index, rule in
          CompiledRule(rule, index, kind: "", rulebook: rulebook, plan: plan, code: word)
        }
      }
    }
  }

  deinit { quick.deallocate() }

  /// Whether kind and direction decide, and for each direction only one rule can ever count.
  private static func isQuick(_ rules: [SignalRule]) -> Bool {
    guard rules.allSatisfy(\.needsOnlyDirection) else { return false }
    return Direction.allCases.allSatisfy { way in
      let lists = Set(rules.filter { $0.accepts(way) }.map(\.list))
      return lists.count <= 1
    }
  }

  /// Whether the kind is decided by `quick` (or not at all).
  static func isQuick(kind: String, _ rulebook: Rulebook) -> Bool {
    isQuick(rulebook.signals.filter { rulebook.kinds(of: $0).contains(kind) })
  }

  private static func quick(_ rule: SignalRule, _ index: Int, _ rulebook: Rulebook) -> Quick {
    guard case .fixed(let micros) = rule.points, micros != 0 else {
      return Quick(weight: 0, steps: 0, slot: 0, rule: -1)
    }
    return Quick(
      weight: Double(abs(micros)) / 1_000_000 * Decay.unit,
      steps: Decay.stepsPerHalving / Double(rulebook.halfLives[rule.halfLife]!),
      slot: rule.list.index * 2 + (micros < 0 ? 1 : 0), rule: index)
  }

  /// What the rules read of each kind.
  static func needs(_ rulebook: Rulebook, kinds: [String]) -> [Need] {
    var needs: [Need] = []
    for rule in rulebook.signals {
      let ruleKinds = rulebook.kinds(of: rule)
      for condition in rule.conditions {
        for field in condition.fields {
          needs.append(Need(kinds: ruleKinds, fields: CompiledCondition.details(of: field, condition.test)))
        }
      }
      if case .rating = rule.points {
        needs += Need.each(ruleKinds, [.score, .instrument, .scaleMin, .scaleMax, .source])
      }
    }
    return needs
  }
}

extension SignalRule {
  /// No condition but the direction, and points that are said outright.
  var needsOnlyDirection: Bool {
    if case .rating = points { return false }
    return conditions.allSatisfy { if case .direction = $0.test { true } else { false } }
  }

  func accepts(_ direction: Direction) -> Bool {
    conditions.allSatisfy { if case .direction(let set) = $0.test { set.contains(direction) } else { true } }
  }
}

/// A rule as its kind's touches are tried against it.
struct CompiledRule: Sendable {
  let rule: Int
  /// × 10⁶; ignored where the rating gives the points.
  let points: Int64
  let isRating: Bool
  let steps: Double
  let conditions: [CompiledCondition]

  init(
    _ source: SignalRule, _ index: Int, kind: String, rulebook: Rulebook, plan: DetailPlan,
    code: (String) -> UInt32
  ) {
    rule = index
    switch source.points {
    case .fixed(let micros):
      points = micros
      isRating = false
    case .rating:
      points = 0
      isRating = true
    }
    steps = rulebook.halfLives[source.halfLife].map { Decay.stepsPerHalving / Double($0) } ?? 0
    let standard = rulebook.ratings.standard
    conditions = source.conditions.map {
      CompiledCondition($0, kind: kind, plan: plan, code: code, standardInstrument: standard)
    }
  }

  func matches(_ touch: Touch, _ direction: Direction, _ facts: UInt32) -> Bool {
    for condition in conditions where !condition.holds(touch, direction, facts) { return false }
    return true
  }
}
