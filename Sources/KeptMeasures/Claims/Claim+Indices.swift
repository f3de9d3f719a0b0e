import KeptStatistics

/// What the indices foretell. Metrics S2.18, S3.7, S3.20.
extension Claim {
  static let indexClaims: [Claim] = [
    Claim(
      seed: "S2.18", words: "repeat business is not the best barometer of whether clients are the right ones",
      test: "how well the WE index told beforehand who would leave, less how well the number of repeat orders did, over the "
        + "same buyers; supported if the index told it better",
      statistic: "auc_gain", needs: { [$0.orders.placed] }, find: { $0.gain($0.backtests.barometers) }),
    Claim(
      seed: "S3.7", words: "a better experience goes with higher revenue",
      test: "WE index at the end of a quarter, with revenue so many quarters later over that of the quarter; supported if both "
        + "rise together",
      statistic: "rho_lag1", needs: { [$0.orders.placed] }, find: { $0.growing }),
    Claim(
      seed: "S3.20", words: "it is not about you: what counts is how customers believe they are treated",
      test: "how well the felt index told beforehand who would leave, less how well the done index did, over the same "
        + "customers; supported if what they felt told it better",
      statistic: "auc_gain", needs: { _ in [] }, find: { $0.gain($0.backtests.feelings) }),
  ]
}

extension ClaimEvidence {
  fileprivate func gain(_ contest: Backtests.Contest?) -> Claim.Evidence {
    guard let contest, let one = contest.one.areas().last, let other = contest.other.areas().last,
      let oneArea = one.area, let otherArea = other.area
    else { return .none("nobody of whom both are known had, and another had not, what back-tests look for") }
    // Both tell of the same people, and mostly alike: the difference is known better than this.
    let (first, second) = (one.standardError!, other.standardError!)
    let error = (first * first + second * second).squareRoot()
    let gain = oneArea - otherArea
    let reach = SpecialFunctions.z95 * error
    return .found([
      Claim.Finding(
        statistic: "auc_gain", value: gain, interval: Interval(lower: gain - reach, upper: gain + reach),
        count: one.count, events: one.events,
        pValue: error > 0 ? SpecialFunctions.normalTwoSided(gain / error) : gain == 0 ? 1 : 0,
        leansToClaim: gain == 0 ? nil : gain > 0,
        note: "\(contest.one.outcome) at \(contest.one.instants.count) instants; customers counted at each")
    ])
  }

  fileprivate var growing: Claim.Evidence {
    let rules = rulebook.claims
    let units = GrowthFold.units(growth, most: rules.unitsMax, seed: SplitMix64.seed(of: "claims", "S3.7", "units"))
    if units.isEmpty { return .none("no quarter with revenue and a WE index") }
    return .found(
      (0..<GrowthFold.lags).map { lag in
        let statistic = "rho_lag\(lag + 1)"
        let pairs = units.map { rows in rows.filter { !$0.growth[lag].isNaN }.map { (x: $0.index, y: $0.growth[lag]) } }
          .filter { !$0.isEmpty }
        switch clusteredRankCorrelation(
          pairs, resamples: rules.resamples, seed: SplitMix64.seed(of: "claims", "S3.7", statistic))
        {
        case .failure(let refusal):
          return Claim.Finding(statistic: statistic, count: pairs.count, note: refusal.rawValue)
        case .success(let found):
          return Claim.Finding(
            statistic: statistic, value: found.rho, interval: found.interval, count: found.unitCount,
            pValue: found.pValue, leansToClaim: found.rho == 0 ? nil : found.rho > 0,
            note: "\(found.pairCount) quarters of \(growthUnit), which are resampled whole")
        }
      })
  }
}
