import KeptReplay

/// Reads the score of a touch on its instrument's scale. Metrics 3.12 and the rule `rated`.
struct RatingReader: Sendable {
  private struct Instrument: Sendable {
    let name: [UInt8]
    let rules: RatingRules.Instrument
  }
  /// What it reads of a touch of a kind.
  static func fields(_ kind: String) -> [DetailField] {
    [TouchField.score, .instrument, .scaleMin, .scaleMax, .source].map { $0.detail(ofKind: kind) }
  }

  private let instruments: [Instrument]
  private let standard: Int
  /// By source code, where the rulebook gives a source's scale.
  private let sources: [UInt32: (low: Int64, high: Int64)]

  enum Verdict: Sendable {
    /// No instrument of the rulebook, or no score that lies on the scale.
    case unusable
    /// `share`: the score rescaled so that 0 is worst and 1 best, as a fraction of 10⁶.
    case rating(share: Int64, instrument: RatingRules.Instrument)
  }

  init(rules: RatingRules, code: (String) -> UInt32) {
    let names = rules.instruments.keys.sorted()
    instruments = names.map { Instrument(name: Array($0.utf8), rules: rules.instruments[$0]!) }
    standard = names.firstIndex(of: rules.standard)!
    var sources: [UInt32: (low: Int64, high: Int64)] = [:]
    for (name, scale) in rules.sources { sources[code(name)] = scale }
    self.sources = sources
  }

  /// Whether a touch rates on the standard instrument.
  func isStandard(_ touch: Touch) -> Bool {
    guard let name = touch.text(.instrument) else { return true }
    return name.elementsEqual(instruments[standard].name)
  }

  func read(_ touch: Touch) -> Verdict {
    var instrument = instruments[standard].rules
    if let name = touch.text(.instrument) {
      guard let found = instruments.first(where: { $0.name.count == name.count && name.elementsEqual($0.name) }) else {
        return .unusable
      }
      instrument = found.rules
    }
    let score = touch.number(.score)
    guard score != Touch.absent else { return .unusable }
    var scale = (low: instrument.low, high: instrument.high)
    if !sources.isEmpty, let own = sources[touch.code(.source)] { scale = own }
    let low = touch.number(.scaleMin)
    let high = touch.number(.scaleMax)
    if low != Touch.absent, high != Touch.absent { scale = (low, high) }
    guard scale.low < scale.high, score >= scale.low, score <= scale.high else { return .unusable }
    let (width, overflow) = scale.high.subtractingReportingOverflow(scale.low)
    guard !overflow else { return .unusable }
    let place = (score - scale.low).multipliedFullWidth(by: 1_000_000)
    let share = width.dividingFullWidth(place).quotient
    return .rating(share: instrument.highIsGood ? share : 1_000_000 - share, instrument: instrument)
  }

  /// round(4·s − 2) in points × 10⁶; halves go away from zero.
  static func points(share: Int64) -> Int64 {
    let exact = 4 * share - 2_000_000
    let half: Int64 = exact < 0 ? -500_000 : 500_000
    return (exact + half) / 1_000_000 * 1_000_000
  }
}
