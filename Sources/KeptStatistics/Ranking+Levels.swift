/// So many had the event, and so many had not, of those with one score.
public struct ScoreLevel: Equatable, Sendable {
  public var score: Double
  public var events: Int
  public var others: Int

  public init(score: Double, events: Int, others: Int) {
    self.score = score
    self.events = events
    self.others = others
  }
}

/// `areaUnderCurve(scores:isEvent:)` of scores that were counted by level, each level once.
///
/// An event above k others and level with t has beaten k + t/2 of them; the area is the mean of that over all pairs.
/// Example: levels 1 (0 events, 2 others), 2 (1, 1), 3 (1, 0): (2.5 + 3)/(2·3) = .917.
///
/// - Complexity: O(n log n).
public func areaUnderCurve(_ levels: [ScoreLevel]) -> Result<AreaUnderCurve, Refusal> {
  let eventCount = levels.reduce(0) { $0 + $1.events }
  let otherCount = levels.reduce(0) { $0 + $1.others }
  guard eventCount > 0, otherCount > 0 else { return .failure(.oneOutcomeOnly) }
  // Twice the pairs won, so that it stays whole.
  var won: Int128 = 0
  var below = 0
  for level in levels.sorted(by: { $0.score < $1.score }) {
    won += Int128(level.events) * Int128(2 * below + level.others)
    below += level.others
  }
  let (m, k) = (Double(eventCount), Double(otherCount))
  let area = Double(won) / (2 * m * k)
  return .success(
    AreaUnderCurve(
      area: area, standardError: AreaUnderCurve.standardError(area, events: m, others: k), eventCount: eventCount,
      count: eventCount + otherCount))
}

/// `calibration(forecasts:isEvent:binCount:)` of forecasts that were counted by level, each level once.
///
/// - Precondition: `binCount` ≥ 1.
public func calibration(_ levels: [ScoreLevel], binCount: Int = 10) -> [CalibrationBin] {
  precondition(binCount >= 1, "\(binCount) bins")
  let levels = levels.filter { $0.events + $0.others > 0 }.sorted { $0.score < $1.score }
  let total = levels.reduce(0) { $0 + $1.events + $1.others }
  var bins: [CalibrationBin] = []
  var next = 0
  var counted = 0
  for bin in 1...binCount {
    let goal = total * bin / binCount
    let first = next
    var (count, events, sum) = (0, 0, 0.0)
    while next < levels.count, counted < goal {
      let weight = levels[next].events + levels[next].others
      counted += weight
      count += weight
      events += levels[next].events
      sum += levels[next].score * Double(weight)
      next += 1
    }
    guard count > 0 else { continue }
    bins.append(
      CalibrationBin(
        lowest: levels[first].score, highest: levels[next - 1].score, meanForecast: sum / Double(count),
        observed: Double(events) / Double(count), eventCount: events, count: count))
  }
  return bins
}

extension AreaUnderCurve {
  /// √ of Hanley and McNeil's variance.
  static func standardError(_ area: Double, events m: Double, others k: Double) -> Double {
    let both = (m - 1) * (area / (2 - area) - area * area)
    let others = (k - 1) * (2 * area * area / (1 + area) - area * area)
    return max(0, (area * (1 - area) + both + others) / (m * k)).squareRoot()
  }
}
