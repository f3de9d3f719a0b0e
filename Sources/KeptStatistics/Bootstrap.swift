/// A percentile interval of a statistic whose distribution nobody knows (Efron and Tibshirani 1993, chapter 13).
public struct Bootstrap: Equatable, Sendable {
  /// Of the statistic over the resamples: their quantiles at (1 − level)/2 and (1 + level)/2, type 7.
  public var interval: Interval
  /// The standard deviation of those values; nil where there is only one.
  public var standardError: Double?
  /// Resamples for which the statistic had a value; the interval is of these.
  public var resampleCount: Int
}

/// Draws `count` members with replacement, `resamples` times, and takes the statistic of each draw.
///
/// A member is whatever must stay together: pass accounts, not quarters of accounts, where those hang together.
/// Refused, `tooLittleData`, with no member, or where fewer than half of the resamples give a value: an interval of the
/// rest would hide that.
///
/// - Parameters:
///   - seed: the caller's, from what the statistic is of (`SplitMix64.seed`); equal seeds give equal intervals on every
///     machine.
///   - statistic: of the members drawn, by index in 0..<`count`, in the order drawn; nil where it has no value.
/// - Complexity: `resamples` × (`count` + the statistic).
public func bootstrap(
  count: Int, resamples: Int = 1000, seed: UInt64, level: Double = 0.95, statistic: ([Int]) -> Double?
) -> Result<Bootstrap, Refusal> {
  bootstrap(counts: [count], resamples: resamples, seed: seed, level: level) { statistic($0[0]) }
}

/// Draws from several groups, each of its own members and as many as it has: for a difference between groups.
///
/// As `bootstrap(count:)`; refused, too, where a group has no member.
///
/// - Parameter statistic: of the members drawn, group by group, by index within the group.
public func bootstrap(
  counts: [Int], resamples: Int = 1000, seed: UInt64, level: Double = 0.95, statistic: ([[Int]]) -> Double?
) -> Result<Bootstrap, Refusal> {
  precondition(resamples >= 1 && level > 0 && level < 1, "\(resamples) resamples, level \(level)")
  guard !counts.isEmpty, counts.allSatisfy({ $0 >= 1 }) else { return .failure(.tooLittleData) }
  var generator = SplitMix64(seed: seed)
  var drawn = counts.map { Array(repeating: 0, count: $0) }
  var values: [Double] = []
  values.reserveCapacity(resamples)
  for _ in 0..<resamples {
    for (group, count) in counts.enumerated() {
      for i in 0..<count { drawn[group][i] = generator.next(below: count) }
    }
    if let value = statistic(drawn), !value.isNaN { values.append(value) }
  }
  guard values.count * 2 >= resamples else { return .failure(.tooLittleData) }
  values.sort()
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return .success(
    Bootstrap(
      interval: Interval(
        lower: quantileType7(values, (1 - level) / 2)!, upper: quantileType7(values, (1 + level) / 2)!),
      standardError: values.count > 1 ? (squares / (n - 1)).squareRoot() : nil, resampleCount: values.count))
}
