/// A norm that customers have become used to: what of a kind has to be within what. Metrics 3.14, S1.25.
///
/// Things (replies, calls, ratings …) either keep to it or not; the norm is met where at least its share of them do. Where
/// the norm is a span of time the share is `norms.shares.usual`, a half: the median is within the span.
enum Norm: Int, CaseIterable, Sendable {
  case firstReply, updateGap, estimates, shipNotice
  case waiting, repeatAsks, contactKnown
  case promisesOnTime, topBox
  case credit, closedWell

  enum Pillar: String, CaseIterable, Sendable { case communication, perspective, measurement, milestone }

  var pillar: Pillar {
    switch self {
    case .firstReply, .updateGap, .estimates, .shipNotice: .communication
    case .waiting, .repeatAsks, .contactKnown: .perspective
    case .promisesOnTime, .topBox: .measurement
    case .credit, .closedWell: .milestone
    }
  }

  /// What `norms_missed` calls it.
  var word: String {
    switch self {
    case .firstReply: "first_reply"
    case .updateGap: "update_gap"
    case .estimates: "estimates"
    case .shipNotice: "ship_notice"
    case .waiting: "waiting"
    case .repeatAsks: "repeat_asks"
    case .contactKnown: "contact_known"
    case .promisesOnTime: "promises_on_time"
    case .topBox: "top_box"
    case .credit: "credit"
    case .closedWell: "closed_well"
    }
  }

  /// The part of things, × 10⁶, that must keep to it.
  func share(_ shares: NormShares) -> Int64 {
    switch self {
    case .firstReply, .updateGap, .shipNotice, .waiting, .contactKnown, .credit: shares.usual
    case .estimates: shares.estimates
    case .repeatAsks: 1_000_000 - shares.repeatAsks
    case .promisesOnTime: shares.promisesOnTime
    case .topBox: shares.topBox
    case .closedWell: shares.closedWell
    }
  }
}

/// How many things kept to each norm, of how many.
struct NormTally: Sendable {
  private(set) var met = InlineArray<11, Int64>(repeating: 0)
  private(set) var count = InlineArray<11, Int64>(repeating: 0)

  mutating func add(_ norm: Norm, _ isMet: Bool, times: Int64 = 1) {
    count[norm.rawValue] += times
    if isMet { met[norm.rawValue] += times }
  }

  /// Whether the norm is met; nil where nothing fell under it.
  func isMet(_ norm: Norm, _ shares: NormShares) -> Bool? {
    let all = count[norm.rawValue]
    if all == 0 { return nil }
    return Int128(met[norm.rawValue]) * 1_000_000 >= Int128(norm.share(shares)) * Int128(all)
  }

  /// Of the things under the norms of a pillar, those that kept to them.
  func things(_ pillar: Norm.Pillar) -> (met: Int64, of: Int64) {
    var sum: (met: Int64, of: Int64) = (0, 0)
    for norm in Norm.allCases where norm.pillar == pillar {
      sum.met += met[norm.rawValue]
      sum.of += count[norm.rawValue]
    }
    return sum
  }
}
