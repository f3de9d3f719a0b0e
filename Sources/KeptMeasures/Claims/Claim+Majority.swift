import KeptStatistics

/// What makes up the larger part. Metrics S3.6, S3.13, S4.7.
extension Claim {
  static let majorityClaims: [Claim] = [
    Claim(
      seed: "S3.6", words: "more is spent on getting customers than on keeping them",
      test: "of the money spent on both, the part spent on keeping; supported below one half", statistic: "share",
      needs: { _ in [["effort.spent"]] }, find: { $0.majority("keep_per_get", isAbove: false) }),
    Claim(
      seed: "S3.13", words: "services are impersonal",
      test: "of messages and care, the part meant for this person; supported below one half", statistic: "share",
      needs: { _ in [["message.sent", "care.given"]] }, find: { $0.majority("personal_share", isAbove: false) }),
    Claim(
      seed: "S4.7", words: "success is measured primarily by sales",
      test: "of the rewards that say their basis, the part paid for sales; supported above one half", statistic: "share",
      needs: { _ in [["reward.paid"]] }, find: { $0.majority("sales_reward_share", isAbove: true) }),
  ]
}

extension ClaimEvidence {
  /// A share over all months against one half; what belongs together is the month, so months are resampled.
  fileprivate func majority(_ name: String, isAbove: Bool) -> Claim.Evidence {
    let months = cells.byMonth(name).filter { isOver($0.key) && $0.value.den ?? 0 > 0 }.sorted { $0.key < $1.key }
      .map { (num: Double($0.value.num), den: Double($0.value.den!)) }
    func share(_ drawn: [Int]) -> Double? {
      let den = drawn.reduce(0) { $0 + months[$1].den }
      return den > 0 ? drawn.reduce(0) { $0 + months[$1].num } / den : nil
    }
    guard let found = share(Array(months.indices)) else { return .none("no event says what it needs") }
    let drawn = bootstrap(
      count: months.count, resamples: rulebook.claims.resamples, seed: SplitMix64.seed(of: "claims", name),
      statistic: share
    ).value
    let error = drawn?.standardError ?? 0
    return .found([
      Claim.Finding(
        statistic: "share", value: found, interval: drawn?.interval, count: months.count,
        pValue: error > 0 ? SpecialFunctions.normalTwoSided((found - 0.5) / error) : found == 0.5 ? 1 : 0,
        leansToClaim: found == 0.5 ? nil : (found > 0.5) == isAbove, note: "months, resampled")
    ])
  }
}
