extension SpecialFunctions {
  /// The 0.975 quantile of the normal distribution: intervals of 95 % reach this many standard errors to either side.
  public static let z95 = 1.959_963_984_540_054

  /// Φ(x), the probability that a standard normal variable is at most `x`; relative error about 10⁻¹³ in both tails.
  public static func normalCDF(_ x: Double) -> Double {
    if x.isNaN { return x }
    let half = 0.5 * upperGamma(0.5, 0.5 * x * x)
    return x < 0 ? half : 1 - half
  }

  /// The two-sided p-value of a standard normal statistic `z`: the probability of one at least as far from 0.
  public static func normalTwoSided(_ z: Double) -> Double { upperGamma(0.5, 0.5 * z * z) }

  /// The `x` with Φ(x) = `p`, for 0 < p < 1; relative error about 10⁻¹³ (absolute near p = ½).
  ///
  /// A start good to 4.5·10⁻⁴ (Abramowitz and Stegun 26.2.23), then Halley's steps, each of which triples the digits.
  public static func normalQuantile(_ p: Double) -> Double {
    precondition(p > 0 && p < 1, "a quantile of \(p)")
    if p > 0.5 { return -normalQuantile(1 - p) }
    let t = (-2 * ln(p)).squareRoot()
    let above = 2.515517 + t * (0.802853 + t * 0.010328)
    let below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    var x = above / below - t
    for _ in 0..<4 {
      let step = (normalCDF(x) - p) * squareRootOf2Pi * exp(0.5 * x * x)
      x -= step / (1 + 0.5 * x * step)
    }
    return x
  }

  private static let squareRootOf2Pi = 2.506_628_274_631_000_5
}
