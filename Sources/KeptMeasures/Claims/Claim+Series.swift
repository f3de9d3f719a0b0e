import KeptStatistics

/// What goes together from month to month and from week to week. Metrics S1.6, S3.10, S3.27, S3.28, S4.16.
extension Claim {
  static let attentionClaims: [Claim] = [
    Claim(
      seed: "S1.6", words: "customers become more critical in public",
      test: "share of public mentions against us, month after month; supported if it rises", statistic: "rho",
      needs: { _ in [["mention.posted"]] }, find: { $0.criticality }),
    Claim(
      seed: "S3.10", words: "whoever attends to getting more than to keeping is vulnerable",
      test: "part of the minutes spent on keeping, with the endings for each active customer so many months later; "
        + "supported if more keeping goes with fewer endings",
      statistic: "rho_lag1", needs: { [["effort.spent"], ends($0)] }, find: { $0.keeping }),
    Claim(
      seed: "S3.27", words: "scorned customers make new ones harder to get, whatever is spent on marketing",
      test: "word-of-mouth balance, with the cost of a new customer so many months later; supported if a better balance "
        + "goes with a lower cost",
      statistic: "rho_lag0", needs: { [["effort.spent"], [TenureFold.began], $0.ratings.kinds] }, find: { $0.scorn }),
    Claim(
      seed: "S3.28", words: "keeping customers is more profitable and easier than replacing them",
      test: "what a new customer costs over what keeping one costs a year; supported above 1", statistic: "ratio",
      needs: { _ in [["effort.spent"], [TenureFold.began]] }, find: { $0.replacing }),
    Claim(
      seed: "S4.16", words: "the shiny new customer comes at the expense of those we have",
      test: "effort of getting customers in a week, with the 0.9 quantile of first replies to existing customers so many weeks "
        + "later; supported if both rise together",
      statistic: "rho_lag0", needs: { _ in [["effort.spent"], ClaimEvidence.caseKinds, ClaimEvidence.replyKinds] },
      find: { $0.shiny }),
  ]
}

extension MeasureCells {
  /// What a measure adds up to for the firm, by month: numerator and denominator × 10⁶.
  func byMonth(_ name: String) -> [Int: (num: Int64, den: Int64?)] {
    guard let measure = measures.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("there is no measure \(name)")
    }
    var found: [Int: (num: Int64, den: Int64?)] = [:]
    for row in rows(of: measure, .firm) {
      if let num = row.result.num { found[row.month] = (num, row.result.den) }
    }
    return found
  }

  /// Touches counted in numerator and denominator, over all months.
  func total(_ name: String) -> (num: Int64, den: Int64) {
    byMonth(name).values.reduce((0, 0)) { ($0.0 + $1.num / 1_000_000, $0.1 + ($1.den ?? 0) / 1_000_000) }
  }
}

extension ClaimEvidence {
  static let caseKinds = ["case.opened", "case.assigned", "case.resolved"]
  static let replyKinds = ["message.sent", "call.handled", "meeting.held", "status.reported"]
  /// A week with fewer cases has no 0.9 quantile to speak of.
  private static let casesMin = 5

  /// Whether a month is over by the as-of instant.
  func isOver(_ month: Int) -> Bool { dayTable.end(.month, month) <= asOf }

  private func shares(_ name: String) -> [Int: Double] {
    cells.byMonth(name).filter { isOver($0.key) }.compactMapValues { part in
      part.den.flatMap { $0 > 0 ? Double(part.num) / Double($0) : nil }
    }
  }

  /// Pairs of a series with another so many steps later, in order of time.
  private static func lagged(_ one: [Int: Double], _ other: [Int: Double], by lag: Int) -> (x: [Double], y: [Double]) {
    let steps = one.keys.sorted().filter { other[$0 + lag] != nil }
    return (steps.map { one[$0]! }, steps.map { other[$0 + lag]! })
  }

  private static func lags(
    _ lags: ClosedRange<Int>, _ one: [Int: Double], _ other: [Int: Double], isPositive: Bool, _ note: String
  ) -> Claim.Evidence {
    if one.isEmpty || other.isEmpty { return .none("no event says what it needs") }
    return .found(
      lags.map { lag in
        let pairs = lagged(one, other, by: lag)
        return .correlation(
          "rho_lag\(lag)", pairs.x, pairs.y, isPositive: isPositive, note: note.replacing("LAG", with: "\(lag)"))
      })
  }

  fileprivate var criticality: Claim.Evidence {
    let shares = shares("criticality")
    if shares.isEmpty { return .none("no mention says how it speaks of us") }
    let months = shares.keys.sorted()
    return .found([.correlation("rho", months.map(Double.init), months.map { shares[$0]! }, isPositive: true)])
  }

  fileprivate var keeping: Claim.Evidence {
    let ended = cells.byMonth("replace_ratio").compactMapValues(\.den)
    let active = cells.byMonth("keep_minutes_per_customer").compactMapValues(\.den)
    let leaving = active.filter { isOver($0.key) && $0.value > 0 }
      .reduce(into: [Int: Double]()) { $0[$1.key] = Double(ended[$1.key] ?? 0) / Double($1.value) }
    return Self.lags(1...3, shares("keep_per_get_minutes"), leaving, isPositive: false, "LAG months later")
  }

  fileprivate var scorn: Claim.Evidence {
    var balances: [Int: Double] = [:]
    for place in 0..<wordOfMouth.monthCount {
      let (good, bad) = (wordOfMouth.count(.satisfied, place), wordOfMouth.count(.dissatisfied, place))
      guard good + bad > 0, isOver(wordOfMouth.lowMonth + place) else { continue }
      balances[wordOfMouth.lowMonth + place] = Double(good) - rulebook.wordOfMouth.breakEven * Double(bad)
    }
    return Self.lags(0...3, balances, shares("acquire_cost_per_new"), isPositive: false, "LAG months later")
  }

  fileprivate var replacing: Claim.Evidence {
    let (getting, keeping) = (cells.byMonth("acquire_cost_per_new"), cells.byMonth("keep_cost_per_customer"))
    let months = getting.keys.filter { keeping[$0] != nil && isOver($0) }.sorted().map { month in
      [getting[month]!.num, getting[month]!.den ?? 0, keeping[month]!.num, keeping[month]!.den ?? 0].map(Double.init)
    }
    // ln of (Σ spent on getting / Σ new) / (12 · Σ spent on keeping / Σ active in each month).
    func logRatio(_ drawn: [Int]) -> Double? {
      let sums = (0..<4).map { part in drawn.reduce(0) { $0 + months[$1][part] } }
      guard sums.allSatisfy({ $0 > 0 }) else { return nil }
      return SpecialFunctions.ln(sums[0] / sums[1] / (12 * sums[2] / sums[3]))
    }
    guard !months.isEmpty, let ratio = logRatio(Array(months.indices)) else {
      return .none("no event says what it needs")
    }
    let drawn = bootstrap(
      count: months.count, resamples: rulebook.claims.resamples, seed: SplitMix64.seed(of: "claims", "S3.28"),
      statistic: logRatio
    ).value
    let error = drawn?.standardError ?? 0
    return .found([
      Claim.Finding(
        statistic: "ratio", value: SpecialFunctions.exp(ratio),
        interval: drawn.map {
          Interval(lower: SpecialFunctions.exp($0.interval.lower), upper: SpecialFunctions.exp($0.interval.upper))
        }, count: months.count, pValue: error > 0 ? SpecialFunctions.normalTwoSided(ratio / error) : ratio == 0 ? 1 : 0,
        leansToClaim: ratio == 0 ? nil : ratio > 0, note: "months, resampled")
    ])
  }

  fileprivate var shiny: Claim.Evidence {
    var replies: [Int: [SurvivalObservation]] = [:]
    for item in cases where item.isOfExisting {
      let week = dayTable.bucket(.week, of: item.openedAt)
      // A reply after a case was resolved is one all the same; without any, it was waited for while the case was open.
      let exit = Double(max(0, item.firstReply ?? item.seen))
      replies[week, default: []].append(SurvivalObservation(exit: exit, isEvent: item.firstReply != nil))
    }
    let slow = replies.filter { $0.value.count >= Self.casesMin && dayTable.end(.week, $0.key) <= asOf }
      .compactMapValues { KaplanMeier($0).quantile(0.1).time }
    // Where effort is recorded at all, a week without any had none.
    var effort: [Int: Double] = [:]
    if let first = acquiring.keys.min(), let last = acquiring.keys.max() {
      for week in first...last { effort[week] = acquiring[week] ?? 0 }
    }
    return Self.lags(0...4, effort, slow, isPositive: true, "LAG weeks later; weeks with 5 cases or more")
  }
}
