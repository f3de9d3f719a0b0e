import KeptFormat
import KeptStatistics

/// The observations behind the curves of survival, by stratum, equal ones counted together.
///
/// `tenure`: from the start of a relationship to its first end; without one it is censored at the last local day on which
/// any source of theirs said anything of anyone (metrics 3.01). A start that is told to lie before the first touch is a
/// late entry: nobody could have left unseen in between. Who was first seen in the first days of the log, and does not say
/// since when, may have begun before it, and is left out.
///
/// `lapse`: from the first contact to the last one. With τ that last day less the longest limit of silence: who was
/// in contact after τ is there, and censored at τ; who was not lapsed with the last contact. Dating ends at the last
/// contact while censoring the living at the as-of instant would raise the curve.
struct TenureCurves {
  struct Key: Hashable, Comparable {
    var exit: Int32
    /// −1: observed from the beginning.
    var entry: Int32
    /// 0: censored; else 1 + the party's raw value.
    var cause: UInt8

    static func < (a: Key, b: Key) -> Bool { (a.exit, a.entry, a.cause) < (b.exit, b.entry, b.cause) }
  }

  /// What a life is like as it begins: everything that a stratum is told by.
  private struct Profile: Hashable {
    var partyWord: UInt32
    var hasAccount: Bool
    /// 4 · year + quarter from 0.
    var quarter: Int32
    var foundVia: Int32
    var offering: Int32
    var source: UInt32
    /// nil: not assessed.
    var fits: Bool?

    init(_ row: TenureFold.Row, _ start: Int32, fitFrom: Int64) {
      partyWord = row.partyWord
      hasAccount = row.account != 0
      let date = CivilDate(dayNumber: Int(start))
      quarter = Int32(4 * date.year + (date.month - 1) / 3)
      foundVia = row.foundVia
      offering = row.offering
      source = row.source
      fits = row.fit == .min ? nil : row.fit >= fitFrom
    }

    func strata(_ told: [String], _ words: [String], _ rules: IndexRules) -> [String] {
      let party = partyWord != 0 ? words[Int(partyWord)] : hasAccount ? "b2b" : "b2c"
      var names = ["all", "party=\(party)", "cohort=\(quarter / 4)-Q\(quarter % 4 + 1)"]
      if foundVia >= 0 { names.append("found_via=\(told[Int(foundVia)])") }
      if offering >= 0 { names.append("offering=\(told[Int(offering)])") }
      if source != 0 { names.append("source=\(words[Int(source)])") }
      if let fits { names.append(fits ? "fit=\(rules.goodFitText) or more" : "fit=below \(rules.goodFitText)") }
      return names
    }
  }

  struct Stratum {
    var name: String
    var observations: [SurvivalObservation]
  }

  /// What strata are told by, before the `=` of their names.
  static let families = ["cohort", "fit", "found_via", "offering", "party", "source"]

  /// By name; none where the reason says why.
  private(set) var tenure: [Stratum] = []
  private(set) var tenureReason: String?
  private(set) var lapse: [Stratum] = []
  private(set) var lapseReason: String?
  /// Of all tenures: what the chance to leave within days is read from.
  private(set) var all: KaplanMeier?
  /// Who was first seen before this local day, and does not say since when, is left out.
  let truncatedBefore: Int
  private let asOfDay: Int

  /// - Parameters:
  ///   - folds: of lives of which tenure is kept.
  ///   - words: by code.
  ///   - logStart: the earliest touch of all.
  init(_ folds: [TenureFold], rulebook: Rulebook, dayTable: DayTable, words: [String], logStart: Instant) {
    asOfDay = dayTable.low + dayTable.count - 1
    let logStartDay = logStart == .max ? asOfDay : dayTable.day(of: logStart)
    truncatedBefore =
      rulebook.retention.logStartsWithBusiness ? .min : logStartDay + rulebook.retention.truncatedDays
    let longest = Int(rulebook.lapse.maxDays.rounded(.up))
    lapseReason = asOfDay - logStartDay < 2 * longest ? "log too short" : nil
    if !folds.contains(where: \.knowsEnds) {
      tenureReason = DictionaryTable.reason(without: rulebook.relationship.ends.map(\.kind))
    }

    let fitFrom = rulebook.index.goodFit
    var tenures: [String: [Key: Int]] = [:]
    var lapses: [String: [Key: Int]] = [:]
    for fold in folds {
      var ofTenure: [Profile: [Key: Int]] = [:]
      var ofLapse: [Profile: [Key: Int]] = [:]
      for row in fold.rows where row.isRelationship && !isTruncated(row) {
        if tenureReason == nil {
          ofTenure[Profile(row, row.start, fitFrom: fitFrom), default: [:]][tenureKey(row), default: 0] += 1
        }
        let studyEnd = row.observed - Int32(longest)
        if lapseReason == nil, row.firstContact != TenureFold.absent, row.firstContact <= studyEnd {
          let isThere = row.lastContact > studyEnd
          let key = Key(
            exit: (isThere ? studyEnd : row.lastContact) - row.firstContact, entry: -1, cause: isThere ? 0 : 1)
          ofLapse[Profile(row, row.firstContact, fitFrom: fitFrom), default: [:]][key, default: 0] += 1
        }
      }
      Self.add(ofTenure, to: &tenures, fold.names, words, rulebook.index)
      Self.add(ofLapse, to: &lapses, fold.names, words, rulebook.index)
    }
    tenure = Self.strata(tenures)
    lapse = Self.strata(lapses)
    if tenureReason == nil && tenure.isEmpty { tenureReason = Refusal.tooLittleData.rawValue }
    if lapseReason == nil && lapse.isEmpty { lapseReason = Refusal.tooLittleData.rawValue }
    all = tenure.first { $0.name == "all" }.map { KaplanMeier($0.observations) }
  }

  private func isTruncated(_ row: TenureFold.Row) -> Bool { !row.isStartTold && Int(row.firstTouch) < truncatedBefore }

  private func tenureKey(_ row: TenureFold.Row) -> Key {
    let entry = row.isStartTold && row.start < row.firstTouch ? row.firstTouch - row.start : -1
    if row.end == TenureFold.absent { return Key(exit: row.observed - row.start, entry: entry, cause: 0) }
    return Key(exit: row.end - row.start, entry: entry, cause: row.party.rawValue + 1)
  }

  private static func add(
    _ found: [Profile: [Key: Int]], to strata: inout [String: [Key: Int]], _ told: [String], _ words: [String],
    _ rules: IndexRules
  ) {
    for (profile, keys) in found {
      for name in profile.strata(told, words, rules) { strata[name, default: [:]].merge(keys, uniquingKeysWith: +) }
    }
  }

  private static func strata(_ counts: [String: [Key: Int]]) -> [Stratum] {
    counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, keys in
      Stratum(name: name, observations: observations(keys))
    }
  }

  /// Equal observations counted together, in order.
  static func observations(_ counts: [Key: Int]) -> [SurvivalObservation] {
    counts.sorted { $0.key < $1.key }.map { key, weight in
      SurvivalObservation(
        entry: key.entry < 0 ? nil : Double(key.entry), exit: Double(key.exit),
        cause: key.cause == 0 ? nil : Int(key.cause), weight: weight)
    }
  }

  /// The chance that a relationship which stands ends within 90 days, or why there is no saying. Metrics S2.3.
  func endWithin90Days(_ row: TenureFold.Row) -> (chance: Double?, reason: String?) {
    if row.hasEnded { return (nil, "ended") }
    guard row.isRelationship else { return (nil, "not begun") }
    if row.isBack { return (nil, "back after an end") }
    if isTruncated(row) { return (nil, "may have begun before the log") }
    guard let all else { return (nil, tenureReason) }
    guard let chance = all.eventProbability(after: Double(asOfDay - Int(row.start)), within: 90) else {
      return (nil, "nobody seen that long")
    }
    return (chance, nil)
  }

  /// How many of the relationships that stand are to be expected to end within 90 days, give or take; nil without any
  /// chance to leave. Metrics S2.3.
  ///
  /// Chances depend on how long they have stayed, so they are added by that, in order.
  func expectedLeavers(_ folds: [TenureFold]) -> (mean: Double, deviation: Double, count: Int)? {
    var stayed: [Int32: (chance: Double, count: Int)] = [:]
    for row in folds.lazy.flatMap(\.rows) {
      guard let chance = endWithin90Days(row).chance else { continue }
      stayed[row.start, default: (chance, 0)].count += 1
    }
    guard !stayed.isEmpty else { return nil }
    let chances = stayed.sorted { $0.key < $1.key }.flatMap { Array(repeating: $0.value.chance, count: $0.value.count) }
    let (mean, deviation) = poissonBinomial(chances)
    return (mean, deviation, chances.count)
  }
}
