import KeptFormat

/// Measures of how all stood together when a month was over. Metrics S1.26, S2.5, S2.13, S2.16, S3.12; counted by
/// `StandingFold`.
enum StandingMeasures {
  static let all: [any ToldMeasure] =
    [
      share("mutual_share", "S2.13", "customers in touch who stand in mutual love", high: true) {
        $0.quadrants[Quadrant.mutual.rawValue]
      },
      share("unrequited_ours_share", "S2.13", "customers in touch whom we are into, and not they into us", high: nil) {
        $0.quadrants[Quadrant.unrequitedOurs.rawValue]
      },
      share("unrequited_theirs_share", "S2.13", "customers in touch who are into us, and not we into them", high: false) {
        $0.quadrants[Quadrant.unrequitedTheirs.rawValue]
      },
      StandingShare(
        spec: MeasureSpec(
          "a_list_share", "S2.16", "customers in touch who are mutual and whom we fit",
          formula: "mutual with a fit of at least .7 / customers in touch", "BOTH", high: true, unit: "share",
          num: "mutual customers whom we fit", den: "customers in touch"),
        kinds: [["fit.assessed"]], ofAccounts: false, count: { $0.aList }),
      StandingShare(
        spec: MeasureSpec(
          "poor_state_share", "S3.12",
          "accounts in touch (customers where no touch carries an account) that are indifferent both ways",
          formula: "indifferent / in touch", "BOTH", high: false, unit: "share", num: "indifferent accounts",
          den: "accounts in touch"),
        kinds: [], ofAccounts: true, count: { $0.quadrants[Quadrant.indifferent.rawValue] }),
      StandingMean(
        spec: mean("we_index_mean", "S2.13, S4.15", "how into them we are, on average", "WE", of: "we_index", high: true),
        sum: \.we),
      StandingMean(
        spec: mean("they_index_mean", "S2.13, S4.15", "how into us they are, on average", "THEY", of: "they_index", high: true),
        sum: \.they),
      StandingMean(
        spec: mean(
          "love_gap", "S2.5", "how much more we think we love them than they feel it, on average", "BOTH",
          of: "done_index − felt_index", high: false),
        sum: \.loveGap),
      CrisisCareGap(),
    ]

  private static func share(
    _ name: String, _ seed: String, _ meaning: String, high: Bool?,
    _ count: @escaping @Sendable (StandingFold.Month) -> Int64
  ) -> StandingShare {
    StandingShare(
      spec: MeasureSpec(
        name, seed, meaning, formula: "in the quadrant when the month ends / in touch in it", "BOTH", high: high,
        unit: "share", num: "customers in the quadrant", den: "customers in touch"),
      kinds: [], ofAccounts: false, count: count)
  }

  private static func mean(
    _ name: String, _ seed: String, _ meaning: String, _ direction: String, of index: String, high: Bool
  ) -> MeasureSpec {
    MeasureSpec(
      name, seed, meaning, formula: "mean \(index) when the month ends, of those who have one", direction, high: high,
      unit: "points", num: MeasurePart("sum of \(index)", unit: "points"), den: "customers who have one")
  }
}

/// Of those in touch in the month, how many stand so at its end.
///
/// Example: 3 of 10 customers in touch are mutual and two of these were assessed as a fit of .7 or more: a_list_share .2.
struct StandingShare: ToldMeasure {
  let spec: MeasureSpec
  let parts: Parts = [.history, .standing]
  /// What the ledger must have events of.
  let kinds: [[String]]
  let ofAccounts: Bool
  let count: @Sendable (StandingFold.Month) -> Int64

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing(kinds) { return .nothing(reason) }
    let accounts = ofAccounts ? replayed.accounts?.standing : nil
    let hasAccounts = accounts?.rows.contains { $0.standing.active > 0 } ?? false
    let rows = (hasAccounts ? accounts : replayed.folds.first?.standing)?.rows ?? []
    guard rows.contains(where: { $0.standing.active > 0 }) else { return .nothing("nobody was in touch") }
    return .rows(
      rows.compactMap { month, standing in
        if standing.active == 0 { return nil }
        let found = count(standing)
        return MeasureRow(
          grain: MeasureGrain.firm.name, entity: nil, month: month,
          result: MeasureResult(
            num: found * 1_000_000, den: standing.active * 1_000_000, value: Double(found) / Double(standing.active),
            reason: ofAccounts && !hasAccounts ? "of customers: no touch carries an account" : nil))
      })
  }
}

/// A mean over the customers of whom something is known when the month ends.
struct StandingMean: ToldMeasure {
  let spec: MeasureSpec
  let parts: Parts = [.history, .standing]
  let sum: KeyPath<StandingFold.Month, StandingFold.Sum> & Sendable

  func told(_ replayed: Replayed) -> Told {
    let rows = (replayed.folds.first?.standing?.rows ?? []).filter { $0.standing[keyPath: sum].count > 0 }
    if rows.isEmpty { return .nothing("no event says what it needs") }
    return .rows(
      rows.map { month, standing in
        let total = standing[keyPath: sum]
        return MeasureRow(
          grain: MeasureGrain.firm.name, entity: nil, month: month,
          result: MeasureResult(num: total.sum, den: total.count * 1_000_000, value: total.mean))
      })
  }
}

/// Whether we care for customers in a crisis as at other times: what the WE index was in each month that a declared
/// crisis touches, less what it was on average over all months outside.
///
/// Example: 12 and 8 outside, 4 in the crisis: −6.
struct CrisisCareGap: ToldMeasure {
  let spec = MeasureSpec(
    "crisis_care_gap", "S1.26", "how much more into customers we are in a crisis than outside",
    formula: "mean we_index when the month of a declared crisis ends − the same of all months outside", "WE", high: true,
    unit: "points", num: MeasurePart("mean we_index in the crisis", unit: "points"),
    den: MeasurePart("mean we_index outside", unit: "points"), isMonthly: false)
  let parts: Parts = [.history, .standing]
  let families: [FactFamily] = [PeriodFacts.family]

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing([["period.declared"]]) { return .nothing(reason) }
    let crises = replayed.periods.filter { $0.kind == "crisis" }
    if crises.isEmpty { return .nothing("no crisis was declared") }
    var inside: [(month: Int, sum: StandingFold.Sum)] = []
    var outside = StandingFold.Sum()
    for (month, standing) in replayed.folds.first?.standing?.rows ?? [] where standing.we.count > 0 {
      let (start, end) = (replayed.dayTable.start(.month, month), replayed.dayTable.end(.month, month))
      if crises.contains(where: { $0.from < end && $0.until > start }) {
        inside.append((month, standing.we))
      } else {
        outside += standing.we
      }
    }
    if inside.isEmpty { return .nothing("no index in a crisis") }
    return .rows(
      inside.map { month, sum in
        let result =
          outside.count == 0
          ? MeasureResult(reason: "no month outside a crisis")
          : MeasureResult(
            num: Int64((sum.mean * 1_000_000).rounded()), den: Int64((outside.mean * 1_000_000).rounded()),
            value: sum.mean - outside.mean)
        return MeasureRow(grain: MeasureGrain.firm.name, entity: nil, month: month, result: result)
      })
  }
}

extension StandingFold.Sum {
  /// - Precondition: anything was added.
  fileprivate var mean: Double { Double(sum) / 1_000_000 / Double(count) }
}
