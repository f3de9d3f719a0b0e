/// Spearman's rank correlation of pairs that hang together in units (the quarters of one customer, say).
public struct ClusteredCorrelation: Equatable, Sendable {
  /// In −1 … 1, over all pairs.
  public var rho: Double
  /// Of resampled units, see `Bootstrap`.
  public var interval: Interval
  /// Two-sided, of no association: ρ over its standard error among the resamples, taken as normal.
  public var pValue: Double
  public var unitCount: Int
  public var pairCount: Int
}

/// Spearman's ρ of the pairs of all units; its interval by drawing whole units, and ranking anew what was drawn.
///
/// Refused: `tooLittleData` with fewer than 4 pairs or 2 units, `noVariation` where all x or all y are equal.
///
/// - Parameter units: the pairs of each unit; NaN nowhere.
/// - Complexity: O(n log n) once, then `resamples` × n.
public func clusteredRankCorrelation(
  _ units: [[(x: Double, y: Double)]], resamples: Int = 1000, seed: UInt64
) -> Result<ClusteredCorrelation, Refusal> {
  let pairs = units.flatMap(\.self)
  guard pairs.count >= 4, units.count >= 2 else { return .failure(.tooLittleData) }
  let unitOf = units.enumerated().flatMap { unit, pairs in pairs.map { _ in unit } }
  let ranking = WeightedRanking(pairs.map(\.x), pairs.map(\.y))
  guard let rho = ranking.correlation(pairs.map { _ in 1 }) else { return .failure(.noVariation) }
  var drawn = Array(repeating: 0, count: units.count)
  let resampled = bootstrap(count: units.count, resamples: resamples, seed: seed) { members in
    for unit in drawn.indices { drawn[unit] = 0 }
    for unit in members { drawn[unit] += 1 }
    return ranking.correlation(unitOf.map { drawn[$0] })
  }
  switch resampled {
  case .failure(let refusal): return .failure(refusal)
  case .success(let found):
    let error = found.standardError ?? 0
    return .success(
      ClusteredCorrelation(
        rho: rho, interval: found.interval,
        // Where every draw says the same there is nothing to be in doubt of.
        pValue: error > 0 ? SpecialFunctions.normalTwoSided(rho / error) : rho == 0 ? 1 : 0, unitCount: units.count,
        pairCount: pairs.count))
  }
}

/// Pairs in the order of each side, so that ranks under any weights take one pass.
private struct WeightedRanking {
  private let orders: [[Int]]
  /// By order and place: whether the value is another than that of the place before.
  private let starts: [[Bool]]

  init(_ x: [Double], _ y: [Double]) {
    orders = [x, y].map { values in values.indices.sorted { values[$0] < values[$1] } }
    starts = zip(orders, [x, y]).map { order, values in
      order.indices.map { $0 == 0 || values[order[$0]] != values[order[$0 - 1]] }
    }
  }

  /// Spearman's ρ of pairs that count so many times each; nil where one side does not vary.
  func correlation(_ weights: [Int]) -> Double? {
    let total = weights.reduce(0, +)
    // Twice the rank less twice the mean rank, which is whole.
    let ranks = zip(orders, starts).map { order, starts in
      var ranks = Array(repeating: 0, count: order.count)
      var below = 0
      var start = 0
      while start < order.count {
        var end = start + 1
        while end < order.count, !starts[end] { end += 1 }
        let tied = order[start..<end].reduce(0) { $0 + weights[$1] }
        for place in start..<end { ranks[order[place]] = 2 * below + tied - total }
        below += tied
        start = end
      }
      return ranks
    }
    var (xx, xy, yy) = (Int128(0), Int128(0), Int128(0))
    for (place, weight) in weights.enumerated() where weight > 0 {
      xx += Int128(weight) * Int128(ranks[0][place] * ranks[0][place])
      xy += Int128(weight) * Int128(ranks[0][place] * ranks[1][place])
      yy += Int128(weight) * Int128(ranks[1][place] * ranks[1][place])
    }
    guard xx > 0, yy > 0 else { return nil }
    return max(-1, min(1, Double(xy) / (Double(xx).squareRoot() * Double(yy).squareRoot())))
  }
}
