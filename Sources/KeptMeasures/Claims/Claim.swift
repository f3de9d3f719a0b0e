import KeptStatistics

/// A claim of the articles that a ledger can be asked about: declared once, here and in `Claim.all`. Metrics 3.15.
///
/// Every claim has its rows in `claims`, whatever the ledger holds: where it cannot say, one that tells why.
struct Claim: Sendable {
  /// A row of the claims, like `S0.17`.
  let seed: String
  /// The claim, in words.
  let words: String
  /// What is compared with what, and what would support it.
  let test: @Sendable (Rulebook) -> String
  /// The statistic that a row without findings names.
  let statistic: String
  /// Kinds of events without which the ledger cannot say: of each of these lists it must have one.
  let needs: @Sendable (Rulebook) -> [[String]]
  let find: @Sendable (ClaimEvidence) -> Evidence

  init(
    seed: String, words: String, test: @escaping @Sendable (Rulebook) -> String, statistic: String,
    needs: @escaping @Sendable (Rulebook) -> [[String]], find: @escaping @Sendable (ClaimEvidence) -> Evidence
  ) {
    self.seed = seed
    self.words = words
    self.test = test
    self.statistic = statistic
    self.needs = needs
    self.find = find
  }

  /// A claim whose test is the same whatever the rules.
  init(
    seed: String, words: String, test: String, statistic: String, needs: @escaping @Sendable (Rulebook) -> [[String]],
    find: @escaping @Sendable (ClaimEvidence) -> Evidence
  ) {
    self.init(seed: seed, words: words, test: { _ in test }, statistic: statistic, needs: needs, find: find)
  }

  /// What a ledger says of a claim.
  enum Evidence {
    case found([Finding])
    /// Why it says nothing.
    case none(String)
  }

  /// What statistic came out how. The row of a test has a p-value; a row without one says how much, and goes with the
  /// verdict of the test before it.
  struct Finding {
    var statistic: String
    var value: Double?
    var interval: Interval?
    var degreesOfFreedom: Int?
    /// What was counted: customers, months, weeks …
    var count: Int
    /// Who left, or had whatever the claim is about; nil where nothing is counted so.
    var events: Int?
    var pValue: Double?
    /// Which way it leans: as the claim says, or the other way; nil: neither.
    var leansToClaim: Bool?
    /// What more there is to know.
    var note = ""
  }

  enum Verdict: String {
    case supported, reversed
    case notSupported = "not supported"
    case tooLittleData = "too little data"
  }

  /// What the ledger says of every claim, in order, with Holm's p-values over all of the run's tests.
  static func findings(
    _ evidence: ClaimEvidence, _ rules: Rulebook, kinds: Set<String>
  ) -> [(claim: Claim, finding: Finding, holm: Double?, verdict: Verdict)] {
    var found: [(claim: Claim, finding: Finding)] = []
    for claim in all.sorted(by: { $0.seed.utf8.lexicographicallyPrecedes($1.seed.utf8) }) {
      for finding in claim.ask(evidence, rules, kinds) { found.append((claim, finding)) }
    }
    let tested = found.indices.filter { found[$0].finding.pValue != nil && isEnough(found[$0].finding, rules.claims) }
    let adjusted = Dictionary(uniqueKeysWithValues: zip(tested, holm(tested.map { found[$0].finding.pValue! })))
    var test = Verdict.tooLittleData
    return found.indices.map { place in
      let (claim, finding) = found[place]
      let own = verdict(finding, adjusted[place], rules.claims)
      if finding.pValue == nil && finding.value != nil { return (claim, finding, nil, test) }
      test = own
      return (claim, finding, adjusted[place], own)
    }
  }

  private func ask(_ evidence: ClaimEvidence, _ rules: Rulebook, _ kinds: Set<String>) -> [Finding] {
    func nothing(_ reason: String) -> [Finding] { [Finding(statistic: statistic, count: 0, note: reason)] }
    if let missing = needs(rules).first(where: { kinds.isDisjoint(with: $0) }) {
      return nothing(DictionaryTable.reason(without: missing))
    }
    if let reason = evidence.reason { return nothing(reason) }
    switch find(evidence) {
    case .none(let reason): return nothing(reason)
    case .found(let findings): return findings.isEmpty ? nothing(Refusal.tooLittleData.rawValue) : findings
    }
  }

  private static func isEnough(_ finding: Finding, _ rules: ClaimRules) -> Bool {
    finding.count >= rules.countMin && finding.events ?? .max >= rules.eventsMin
  }

  private static func verdict(_ finding: Finding, _ holm: Double?, _ rules: ClaimRules) -> Verdict {
    guard finding.value != nil, isEnough(finding, rules), let holm else { return .tooLittleData }
    guard let leans = finding.leansToClaim, holm <= rules.level else { return .notSupported }
    return leans ? .supported : .reversed
  }
}

extension Claim.Finding {
  /// A rank correlation; `isPositive`: whether the claim says that both rise together.
  static func correlation(
    _ statistic: String, _ x: [Double], _ y: [Double], isPositive: Bool, note: String = ""
  ) -> Claim.Finding {
    switch rankCorrelation(x, y) {
    case .failure(let refusal):
      let reason = note.isEmpty ? refusal.rawValue : "\(note): \(refusal.rawValue)"
      return Claim.Finding(statistic: statistic, count: x.count, note: reason)
    case .success(let found):
      return Claim.Finding(
        statistic: statistic, value: found.rho, interval: found.interval, count: found.count, pValue: found.pValue,
        leansToClaim: found.rho == 0 ? nil : (found.rho > 0) == isPositive, note: note)
    }
  }

  /// Leaving by groups, strata 0, 1 …: the test, and how much faster the last group leaves than the first. `isFaster`:
  /// whether the claim says it does.
  static func leaving(
    _ observations: [SurvivalObservation], isFaster: Bool, note: String
  ) -> Claim.Evidence {
    let strata = Set(observations.map(\.stratum)).sorted()
    guard strata.count >= 2, let test = LogRank.test(observations).value else {
      return .none("nobody to compare with")
    }
    let count = test.groups.reduce(0) { $0 + $1.subjectCount }
    let events = test.groups.reduce(0) { $0 + $1.observed }
    let ratio = test.ratio(of: strata.last!, to: strata[0]).value
    let leans = Self.rate(test.groups, strata.last!).flatMap { last in
      Self.rate(test.groups, strata[0]).flatMap { first in last == first ? nil : (last > first) == isFaster }
    }
    let parts = test.groups.map { "\($0.observed) of \($0.subjectCount)" }.joined(separator: ", ")
    let chi = Claim.Finding(
      statistic: "chi2", value: test.chiSquare, degreesOfFreedom: test.degreesOfFreedom, count: count, events: events,
      pValue: test.pValue, leansToClaim: leans, note: "\(note): \(parts)")
    let hazards = Claim.Finding(
      statistic: "hazard_ratio", value: ratio?.value, interval: ratio?.interval, count: count, events: events,
      note: ratio == nil ? "a group lost nobody" : "the last group against the first")
    return .found([chi, hazards])
  }

  private static func rate(_ groups: [LogRank.Group], _ stratum: Int) -> Double? {
    groups.first { $0.stratum == stratum && $0.expected > 0 }.map { Double($0.observed) / $0.expected }
  }
}
