/// How well a score told beforehand those who had the event from those who had not.
public struct AreaUnderCurve: Equatable, Sendable {
  /// The probability that one with the event had the higher score, a tie counting half: ½ is guessing, 1 perfect.
  public var area: Double
  /// √ of Hanley and McNeil's variance (1982, Radiology 143, 29–36).
  public var standardError: Double
  public var eventCount: Int
  public var count: Int
}

/// The area under the receiver operating characteristic of `scores` (higher: the event is likelier) for `isEvent`.
///
/// By ranks: (Σ ranks of events − m(m + 1)/2)/(m·k) with m events and k others; ties are right by themselves.
/// Refused, `oneOutcomeOnly`, without at least one of each.
///
/// - Complexity: O(n log n).
public func areaUnderCurve(scores: [Double], isEvent: [Bool]) -> Result<AreaUnderCurve, Refusal> {
  precondition(scores.count == isEvent.count, "\(scores.count) against \(isEvent.count)")
  let eventCount = isEvent.count { $0 }
  guard eventCount > 0, eventCount < scores.count else { return .failure(.oneOutcomeOnly) }
  let m = Double(eventCount)
  let k = Double(scores.count - eventCount)
  let rankSum = zip(midranks(scores), isEvent).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
  let area = (rankSum - m * (m + 1) / 2) / (m * k)
  return .success(
    AreaUnderCurve(
      area: area, standardError: AreaUnderCurve.standardError(area, events: m, others: k), eventCount: eventCount,
      count: scores.count))
}

/// Forecasts of about the same height, and what came of them.
public struct CalibrationBin: Equatable, Sendable {
  /// Of the forecasts in the bin: the least, the greatest, the mean.
  public var lowest: Double
  public var highest: Double
  public var meanForecast: Double
  /// The share that had the event.
  public var observed: Double
  public var eventCount: Int
  public var count: Int
}

/// Forecasts sorted into at most `binCount` bins of about equal size. Equal forecasts stay together, so that the bins do
/// not depend on the order of the input; many of them may make bins fewer.
///
/// - Precondition: as many forecasts as outcomes, `binCount` ≥ 1.
/// - Complexity: O(n log n).
public func calibration(forecasts: [Double], isEvent: [Bool], binCount: Int = 10) -> [CalibrationBin] {
  precondition(forecasts.count == isEvent.count && binCount >= 1, "\(forecasts.count) against \(isEvent.count)")
  let order = forecasts.indices.sorted { forecasts[$0] < forecasts[$1] }
  var bins: [CalibrationBin] = []
  var start = 0
  for bin in 1...binCount {
    var end = max(start, order.count * bin / binCount)
    while end > start, end < order.count, forecasts[order[end]] == forecasts[order[end - 1]] { end += 1 }
    guard end > start else { continue }
    let members = order[start..<end]
    let events = members.count { isEvent[$0] }
    bins.append(
      CalibrationBin(
        lowest: forecasts[members.first!], highest: forecasts[members.last!],
        meanForecast: members.reduce(0) { $0 + forecasts[$1] } / Double(members.count),
        observed: Double(events) / Double(members.count), eventCount: events, count: members.count))
    start = end
  }
  return bins
}

/// The quantile of already sorted values that R calls type 7, the default of R, NumPy and Excel: at (n − 1)·`level`, linear
/// between neighbours. Nil without values.
///
/// - Precondition: `sorted` ascends, 0 ≤ `level` ≤ 1.
public func quantileType7(_ sorted: [Double], _ level: Double) -> Double? {
  precondition(level >= 0 && level <= 1, "a quantile of \(level)")
  guard let last = sorted.last else { return nil }
  let place = Double(sorted.count - 1) * level
  let index = Int(place)
  guard index + 1 < sorted.count else { return last }
  let share = place - Double(index)
  // Not `lower + share·(upper − lower)` where the share is 0: that would make ∞ − ∞ of an infinite neighbour.
  return share == 0 ? sorted[index] : sorted[index] + share * (sorted[index + 1] - sorted[index])
}

/// Gini's coefficient: 0 where all have the same, towards 1 where one has everything; (Σ (2i − n − 1)·v_i)/(n·Σ v) over the
/// values in ascending order, i from 1.
///
/// Refused: `tooLittleData` without values, `outsideDomain` with a negative value or none above 0.
///
/// - Complexity: O(n log n).
public func gini(_ values: [Double]) -> Result<Double, Refusal> {
  guard !values.isEmpty else { return .failure(.tooLittleData) }
  let sorted = values.sorted()
  let sum = sorted.reduce(0, +)
  guard sorted[0] >= 0, sum > 0, sum < .infinity else { return .failure(.outsideDomain) }
  let n = Double(sorted.count)
  let weighted = sorted.enumerated().reduce(0) { $0 + (2 * Double($1.offset + 1) - n - 1) * $1.element }
  return .success(max(0, weighted / (n * sum)))
}
