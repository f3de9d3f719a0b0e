/// Spearman's rank correlation: does one rise when the other does, in whatever curve? An association, not a cause.
public struct RankCorrelation: Equatable, Sendable {
  /// In −1 … 1.
  public var rho: Double
  /// By Fisher's z, atanh ρ ± z·√((1 + ρ²/2)/(n − 3)) (Bonett and Wright 2000, Psychometrika 65); [ρ, ρ] at |ρ| = 1.
  public var interval: Interval
  /// Two-sided, of no association: atanh ρ·√(n − 3) taken as normal.
  public var pValue: Double
  /// Pairs.
  public var count: Int
}

/// Spearman's ρ of the pairs `x[i]`, `y[i]`: Pearson's correlation of the ranks, ties sharing the mean of theirs.
///
/// Refused: `tooLittleData` with fewer than 4 pairs, `noVariation` where all `x` or all `y` are equal.
///
/// - Precondition: as many `x` as `y`, none of them NaN.
/// - Complexity: O(n log n).
public func rankCorrelation(
  _ x: [Double], _ y: [Double], z: Double = SpecialFunctions.z95
) -> Result<RankCorrelation, Refusal> {
  precondition(x.count == y.count, "\(x.count) against \(y.count)")
  guard x.count >= 4 else { return .failure(.tooLittleData) }
  let first = midranks(x)
  let second = midranks(y)
  let mean = Double(x.count + 1) / 2
  var (xx, xy, yy) = (0.0, 0.0, 0.0)
  for (one, other) in zip(first, second) {
    xx += (one - mean) * (one - mean)
    xy += (one - mean) * (other - mean)
    yy += (other - mean) * (other - mean)
  }
  guard xx > 0, yy > 0 else { return .failure(.noVariation) }
  // The root of a square is exact, so that equal orders give exactly 1; infinity then passes through Fisher's z and back.
  let rho = max(-1, min(1, xy / (xx * yy).squareRoot()))
  let centre = SpecialFunctions.inverseTanh(rho)
  let free = Double(x.count - 3)
  let reach = z * ((1 + rho * rho / 2) / free).squareRoot()
  return .success(
    RankCorrelation(
      rho: rho,
      interval: Interval(
        lower: SpecialFunctions.tanh(centre - reach), upper: SpecialFunctions.tanh(centre + reach)),
      pValue: SpecialFunctions.normalTwoSided(centre * free.squareRoot()), count: x.count))
}

/// Ranks from 1, ties sharing the mean of theirs: 10, 30, 10 are 1.5, 3, 1.5.
func midranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = Array(repeating: 0.0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for i in start..<end { ranks[order[i]] = Double(start + 1 + end) / 2 }
    start = end
  }
  return ranks
}

/// A straight line through points by ordinary least squares.
public struct LeastSquaresLine: Equatable, Sendable {
  /// Units of y per unit of x.
  public var slope: Double
  public var intercept: Double
  /// Of the slope, √(residual sum of squares/(n − 2)/Σ(x − x̄)²); nil with two points, which say nothing of it.
  public var slopeStandardError: Double?
  public var count: Int
}

/// The least-squares line of `y` on `x`.
///
/// Refused: `tooLittleData` with fewer than 2 points, `noVariation` where all `x` are equal.
///
/// - Precondition: as many `x` as `y`, all finite.
public func ordinaryLeastSquaresSlope(_ x: [Double], _ y: [Double]) -> Result<LeastSquaresLine, Refusal> {
  precondition(x.count == y.count, "\(x.count) against \(y.count)")
  guard x.count >= 2 else { return .failure(.tooLittleData) }
  let n = Double(x.count)
  let meanX = x.reduce(0, +) / n
  let meanY = y.reduce(0, +) / n
  var (xx, xy) = (0.0, 0.0)
  for (one, other) in zip(x, y) {
    xx += (one - meanX) * (one - meanX)
    xy += (one - meanX) * (other - meanY)
  }
  guard xx > 0 else { return .failure(.noVariation) }
  let slope = xy / xx
  let rest = zip(x, y).reduce(0) { sum, point in
    let residual = point.1 - meanY - slope * (point.0 - meanX)
    return sum + residual * residual
  }
  return .success(
    LeastSquaresLine(
      slope: slope, intercept: meanY - slope * meanX,
      slopeStandardError: x.count > 2 ? (rest / (n - 2) / xx).squareRoot() : nil, count: x.count))
}
