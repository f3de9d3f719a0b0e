/// An estimate with its 95 % interval.
public struct Estimate: Equatable, Sendable {
  public var value: Double
  /// nil where so few say nothing about the reach of chance.
  public var interval: Interval?

  public init(value: Double, interval: Interval?) {
    self.value = value
    self.interval = interval
  }

  /// The interval of `self` − `other`, two estimates that have nothing in common: their squared distances to the near
  /// ends add up. Zou and Donner 2008, Statistics in Medicine 27, 1693–1702; of Wilson's intervals of two shares it is
  /// Newcombe's tenth method.
  ///
  /// Example: 56 of 70 and 48 of 80, Wilson's 0.6917 … 0.8777 and 0.4904 … 0.7002: the difference 0.2 has 0.0524 … 0.3339.
  public func difference(to other: Estimate) -> Interval? {
    guard let interval, let their = other.interval else { return nil }
    func reach(_ one: Double, _ two: Double) -> Double { (one * one + two * two).squareRoot() }
    let difference = value - other.value
    return Interval(
      lower: difference - reach(value - interval.lower, their.upper - other.value),
      upper: difference + reach(interval.upper - value, other.value - their.lower))
  }

  /// A value and its standard error.
  public init(value: Double, standardError: Double?) {
    self.init(
      value: value,
      interval: standardError.map {
        Interval(lower: value - SpecialFunctions.z95 * $0, upper: value + SpecialFunctions.z95 * $0)
      })
  }

  /// The mean of a sample; no interval of a single value.
  public static func mean(_ sample: some Collection<Double>) -> Estimate? {
    if sample.isEmpty { return nil }
    let n = Double(sample.count)
    let mean = sample.reduce(0, +) / n
    let squares = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Estimate(value: mean, standardError: n > 1 ? (squares / (n - 1) / n).squareRoot() : nil)
  }

  /// Σ over / Σ under of a sample of pairs, by the linearised variance (Cochran 1977, chapter 6); nil where Σ under is 0.
  public static func ratio(_ sample: some Collection<(over: Double, under: Double)>) -> Estimate? {
    let n = Double(sample.count)
    let under = sample.reduce(0) { $0 + $1.under }
    if under == 0 { return nil }
    let ratio = sample.reduce(0) { $0 + $1.over } / under
    let squares = sample.reduce(0) { $0 + ($1.over - ratio * $1.under) * ($1.over - ratio * $1.under) }
    return Estimate(value: ratio, standardError: n > 1 ? (squares * n / (n - 1)).squareRoot() / abs(under) : nil)
  }

  /// A quantile of type 7, between order statistics (Conover 1999, section 3.2); no interval where one of them would lie
  /// outside the sample.
  ///
  /// Example: of the median of 9 values, the second and the eighth.
  ///
  /// - Precondition: `sorted` ascends.
  public static func quantile(sorted: [Double], _ level: Double) -> Estimate? {
    guard let value = quantileType7(sorted, level) else { return nil }
    let n = Double(sorted.count)
    let reach = SpecialFunctions.z95 * (n * level * (1 - level)).squareRoot()
    let (low, high) = ((n * level - reach).rounded(.up), (n * level + reach).rounded(.up))
    if low < 1 || high > n { return Estimate(value: value, interval: nil) }
    return Estimate(value: value, interval: Interval(lower: sorted[Int(low) - 1], upper: sorted[Int(high) - 1]))
  }
}
