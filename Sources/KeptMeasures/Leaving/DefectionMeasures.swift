import KeptStatistics

/// Which offerings are left, and which most. Metrics S2.9.
///
/// Example: of 10 who had a lease when February began 1 had left it when it ended, of 10 repairs 2: .1 and .2. That is
/// not more than chance makes of two tens, so both are drawn to the mean of .15 and share the first place.
struct DefectionMeasure: ToldMeasure {
  static let all: [any ToldMeasure] = [share, rank, shrunken]

  /// Of an offering and a month.
  private struct Offering {
    var ended: Int
    var count: Int
    var shrunken: Double?
    /// Offerings of the month that are left more, by `shrunken`.
    var above: Int
    /// Why nothing is drawn to the mean.
    var reason: String?
  }

  let spec: MeasureSpec
  let parts: Parts = .leaving
  private let tell: @Sendable (Offering) -> MeasureResult

  private static let share = DefectionMeasure(
    spec: MeasureSpec(
      "defection", "S2.9", "by offering: of those who had it when the month began, those who had left it when it ended",
      formula: "left / had it at the start", "THEY", high: false, unit: "share", num: "left", den: "had it at the start",
      grains: [.offering], isMonthly: false)
  ) {
    MeasureResult(
      num: Int64($0.ended) * 1_000_000, den: Int64($0.count) * 1_000_000, value: Double($0.ended) / Double($0.count))
  }

  private static let rank = DefectionMeasure(
    spec: MeasureSpec(
      "defection_rank", "S2.9", "by offering: its place by defection_shrunken, 1 being left most",
      formula: "1 + offerings with more", "THEY", high: true, unit: "place", grains: [.offering], isMonthly: false)
  ) { offering in
    MeasureResult(value: offering.shrunken.map { _ in Double(1 + offering.above) }, reason: offering.reason)
  }

  private static let shrunken = DefectionMeasure(
    spec: MeasureSpec(
      "defection_shrunken", "S2.9", "defection drawn to the mean of all offerings, the more the fewer had it",
      formula: "(left + strength · mean) / (had + strength), a Beta prior by moments over the month's offerings", "THEY",
      high: false, unit: "share", grains: [.offering], isMonthly: false)
  ) {
    MeasureResult(value: $0.shrunken, reason: $0.reason)
  }

  func told(_ replayed: Replayed) -> Told {
    guard let fold = replayed.folds.first?.offerings else { return .rows([]) }
    if fold.names.isEmpty { return .nothing("no event says the offering") }
    // By name, for a prior adds doubles up and workers meet offerings in any order.
    let order = fold.names.indices.sorted { fold.names[$0].utf8.lexicographicallyPrecedes(fold.names[$1].utf8) }
    var had = Array(repeating: Int64(0), count: fold.names.count)
    var rows: [MeasureRow] = []
    for month in 0..<fold.monthCount {
      for place in order { had[place] += fold.months[place].steps[month] }
      let bucket = fold.lowMonth + month
      if replayed.dayTable.start(.month, bucket) < replayed.logStart { continue }
      let isOver = month < fold.monthCount - 1
      let seen = order.filter { had[$0] > 0 }
      let offerings = Self.offerings(seen.map { (Int(fold.months[$0].ended[month]), Int(had[$0])) })
      for (place, offering) in zip(seen, offerings) {
        rows.append(
          MeasureRow(
            grain: MeasureGrain.offering.name, entity: fold.names[place], month: bucket,
            result: isOver ? tell(offering) : MeasureResult(reason: "the month is not over")))
      }
    }
    return .rows(rows)
  }

  private static func offerings(_ groups: [(events: Int, count: Int)]) -> [Offering] {
    let prior = BetaPrior.byMoments(groups)
    let shrunken = groups.map { group in
      prior.value.map { $0.shrunkenRate(events: group.events, count: group.count) }
    }
    return zip(groups, shrunken).map { group, own in
      Offering(
        ended: group.events, count: group.count, shrunken: own,
        above: own.map { own in shrunken.count { $0 ?? 0 > own } } ?? 0, reason: prior.refusal?.rawValue)
    }
  }
}
