import KeptStatistics

extension Claim {
  /// Every claim that ledgers are asked about. Whoever adds one adds it here.
  static let all: [Claim] = stayingClaims + serviceClaims + attentionClaims + majorityClaims + indexClaims

  static func ends(_ rules: Rulebook) -> [String] { rules.relationship.ends.map(\.kind) }
}

/// Who stays. Metrics S0.16, S0.17, S2.21, S3.19, S4.9.
extension Claim {
  static let stayingClaims: [Claim] = [
    Claim(
      seed: "S0.16", words: "care is the best differentiator: it is why customers stay",
      test: "of the answers that say why they stay, those that name care; supported above one half",
      statistic: "share", needs: { _ in [["survey.answered"]] }, find: { $0.careNamed }),
    Claim(
      seed: "S0.17", words: "truly care, relationships deepen, and you need not worry about them leaving",
      test: "leaving after the landmark by thirds of depth up to it, shallow to deep; supported if the deep leave more slowly",
      statistic: "chi2", needs: { [ends($0)] }, find: { $0.depth }),
    Claim(
      seed: "S2.21", words: "match customers better to what we are good at, and they stay",
      test: { rules in
        "leaving by fit at the start, below \(rules.index.goodFitText) and from it on; supported if those who fit leave "
          + "more slowly"
      },
      statistic: "chi2", needs: { [ends($0), [TenureFold.assessed]] }, find: { $0.fit }),
    Claim(
      seed: "S3.19", words: "aggrieved customers are not going to take it: somebody else is a click away",
      test: "leaving after the landmark by whether they complained or spoke in anger up to it; supported if those who did "
        + "leave faster",
      statistic: "chi2", needs: { [ends($0), ["case.opened", "emotion.expressed"]] }, find: { $0.grievance }),
    Claim(
      seed: "S4.9", words: "sellers who stay engaged after the sale bring better outcomes",
      test:
        "leaving after the landmark by thirds of the days that whoever won them stayed in touch from the beginning up to it, "
        + "and the share of outcomes that held; supported if leaving is slower, the share higher",
      statistic: "chi2", needs: { [ends($0), [TenureFold.began]] }, find: { $0.sellers }),
  ]
}

extension ClaimEvidence {
  fileprivate var careNamed: Claim.Evidence {
    let (named, answers) = cells.total("care_named_share")
    guard answers > 0 else { return .none("no answer says why they stay") }
    let share = Double(named) / Double(answers)
    let bounds = Wilson.interval(named, of: answers)
    // Against one half, whose standard error is known: ½/√n.
    let z = (share - 0.5) * 2 * Double(answers).squareRoot()
    return .found([
      Claim.Finding(
        statistic: "share", value: share, interval: Interval(lower: bounds.low, upper: bounds.high),
        count: Int(answers), pValue: SpecialFunctions.normalTwoSided(z),
        leansToClaim: share == 0.5 ? nil : share > 0.5,
        note: "\(named) of \(answers) answers")
    ])
  }

  fileprivate var depth: Claim.Evidence {
    guard let groups = Self.terciles(landmarks.map(\.depth)) else { return .none("fewer than three levels of depth") }
    return Claim.Finding.leaving(leaving { groups[$0.depth]! }, isFaster: false, note: "left, by depth \(Self.told(groups))")
  }

  fileprivate var grievance: Claim.Evidence {
    Claim.Finding.leaving(leaving { $0.isAggrieved ? 1 : 0 }, isFaster: true, note: "left, content and aggrieved")
  }

  fileprivate var fit: Claim.Evidence {
    // Fit may be assessed up to so many days after the start: who left before that could not be.
    let from = Double(rulebook.relationship.fitDays)
    let good = rulebook.index
    let observations = tenures.filter { $0.fit != .min }.map { row in
      observation(row, entry: from, stratum: row.fit >= good.goodFit ? 1 : 0)
    }
    return Claim.Finding.leaving(
      observations, isFaster: false, note: "left, with a fit below \(good.goodFitText) and from it on")
  }

  fileprivate var sellers: Claim.Evidence {
    let sold = landmarks.filter { $0.sellerDays != nil }
    guard !sold.isEmpty else { return .none("nobody says who sold") }
    guard let groups = Self.terciles(sold.map { $0.sellerDays! }) else {
      return .none("fewer than three levels of engagement")
    }
    let leaving = Claim.Finding.leaving(
      leaving { $0.sellerDays.map { groups[$0]! } }, isFaster: false,
      note: "left, by days the seller stayed \(Self.told(groups))")
    guard case .found(let findings) = leaving else { return leaving }
    let checked = sold.filter { $0.checked > 0 }.map { ($0.sellerDays!, Double($0.holding) / Double($0.checked)) }
      .sorted { $0 < $1 }
    return .found(
      findings + [
        .correlation(
          "rho_holding", checked.map { Double($0.0) }, checked.map(\.1), isPositive: true,
          note: "days the seller stayed, and the share of checked outcomes that held")
      ])
  }

  /// "0, 1 to 2, 3 to 9": the levels of each group.
  private static func told(_ groups: [Int: Int]) -> String {
    (0..<3).map { group in
      let levels = groups.filter { $0.value == group }.keys
      let (low, high) = (levels.min()!, levels.max()!)
      return low == high ? "\(low)" : "\(low) to \(high)"
    }.joined(separator: ", ")
  }
}
