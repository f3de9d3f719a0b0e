/// What a sample of pairs (x, y) adds up to.
public struct Moments: Equatable, Sendable {
  public var count: Double
  public var x, y, xx, yy, xy: Double

  public init(count: Double, x: Double, y: Double, xx: Double, yy: Double, xy: Double) {
    (self.count, self.x, self.y) = (count, x, y)
    (self.xx, self.yy, self.xy) = (xx, yy, xy)
  }
}

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

  /// In a unit so many times as large.
  public func divided(by scale: Double) -> Estimate {
    Estimate(
      value: value / scale, interval: interval.map { Interval(lower: $0.lower / scale, upper: $0.upper / scale) })
  }

  /// A value and its standard error.
  public init(value: Double, standardError: Double?) {
    self.init(
      value: value,
      interval: standardError.map {
        Interval(lower: value - SpecialFunctions.z95 * $0, upper: value + SpecialFunctions.z95 * $0)
      })
  }

  /// The mean of the first of each pair; no interval of a single one, nil of none.
  public static func mean(_ moments: Moments) -> Estimate? {
    if moments.count == 0 { return nil }
    let n = moments.count
    let mean = moments.x / n
    let squares = max(0, moments.xx - n * mean * mean)
    return Estimate(value: mean, standardError: n > 1 ? (squares / (n - 1) / n).squareRoot() : nil)
  }

  /// Σ of the first / Σ of the second of each pair, by the linearised variance (Cochran 1977, chapter 6); nil where the
  /// latter is 0.
  public static func ratio(_ moments: Moments) -> Estimate? {
    if moments.y == 0 { return nil }
    let n = moments.count
    let ratio = moments.x / moments.y
    let squares = max(0, moments.xx - 2 * ratio * moments.xy + ratio * ratio * moments.yy)
    return Estimate(value: ratio, standardError: n > 1 ? (squares * n / (n - 1)).squareRoot() / abs(moments.y) : nil)
  }

  /// A quantile of type 7, between order statistics (Conover 1999, section 3.2); no interval where one of them would lie
  /// outside the sample.
  ///
  /// Example: of the median of 9 values, the second and the eighth.
  ///
  /// - Precondition: `sorted` ascends.
  public static func quantile(sorted: [Double], _ level: Double) -> Estimate? {
    guard let value = quantileType7(sorted, level) else { return nil }
    let ranks = ranks(around: level, of: sorted.count)
    return Estimate(
      value: value, interval: ranks.map { Interval(lower: sorted[$0.low - 1], upper: sorted[$0.high - 1]) })
  }

  /// The ranks, from 1, of the values between which a quantile lies with 95 %: of the binomial distribution, from 100
  /// values on of the normal one that is near it.
  private static func ranks(around level: Double, of count: Int) -> (low: Int, high: Int)? {
    let n = Double(count)
    if count >= 100 {
      let reach = SpecialFunctions.z95 * (n * level * (1 - level)).squareRoot()
      let (low, high) = ((n * level - reach).rounded(.up), (n * level + reach).rounded(.up))
      return low >= 1 && high <= n ? (Int(low), Int(high)) : nil
    }
    // Of so many values, how many lie below the quantile.
    var chances = [(0..<count).reduce(1.0) { product, _ in product * (1 - level) }]
    for below in 0..<count {
      chances.append(chances[below] * (n - Double(below)) / Double(below + 1) * level / (1 - level))
    }
    var (low, high) = (0, count + 1)
    var tail = 0.0
    while low <= count, tail + chances[low] <= 0.025 {
      tail += chances[low]
      low += 1
    }
    tail = 0
    while high >= 1, tail + chances[high - 1] <= 0.025 {
      tail += chances[high - 1]
      high -= 1
    }
    return low >= 1 && high <= count ? (low, high) : nil
  }
}
