/// Wilson's 95 % interval of a share; Wilson 1927, Journal of the American Statistical Association 22, 209–212.
///
/// With p = x/n and z = 1.959964: centre (p + z²/2n) / (1 + z²/n), half-width z·√(p(1−p)/n + z²/4n²) / (1 + z²/n).
/// Example: 8 of 10 give 0.4902 … 0.9433. Only √ beside the four operations, so every machine gets the same bits.
package enum Wilson {
  static let z = 1.959_964

  /// - Precondition: 0 ≤ `count` ≤ `total`, `total` > 0.
  package static func interval(_ count: Int64, of total: Int64) -> (low: Double, high: Double) {
    precondition(count >= 0 && count <= total && total > 0, "\(count) of \(total) is not a share")
    let n = Double(total)
    let share = Double(count) / n
    let square = z * z
    let scale = 1 + square / n
    let centre = (share + square / (2 * n)) / scale
    let half = z * (share * (1 - share) / n + square / (4 * n * n)).squareRoot() / scale
    // The bounds at the ends are exact; rounding must not move them past 0 or 1.
    return (count == 0 ? 0 : max(0, centre - half), count == total ? 1 : min(1, centre + half))
  }
}
