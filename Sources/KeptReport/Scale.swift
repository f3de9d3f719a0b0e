import KeptStatistics

/// From values to places in a picture; what lies outside is drawn at the edge.
struct Scale {
  let lower: Double
  let upper: Double
  let start: Double
  let end: Double
  private let isLogarithmic: Bool

  init(_ values: ClosedRange<Double>, to start: Double, _ end: Double) {
    lower = values.lowerBound
    upper = max(values.upperBound, values.lowerBound + 1e-9)
    (self.start, self.end, isLogarithmic) = (start, end, false)
  }

  /// - Precondition: the values are above 0.
  init(logarithmic values: ClosedRange<Double>, to start: Double, _ end: Double) {
    precondition(values.lowerBound > 0, "no logarithm of \(values.lowerBound)")
    lower = SpecialFunctions.ln(values.lowerBound)
    upper = max(SpecialFunctions.ln(values.upperBound), lower + 1e-9)
    (self.start, self.end, isLogarithmic) = (start, end, true)
  }

  func callAsFunction(_ value: Double) -> Double {
    let shown = isLogarithmic ? (value > 0 ? SpecialFunctions.ln(min(value, 1e300)) : lower) : value
    return start + (end - start) * min(1, max(0, (shown - lower) / (upper - lower)))
  }

  /// Round numbers from 0 to at least `upper`, about `count` steps: 1, 2 or 5 times a power of ten.
  static func ticks(upTo upper: Double, count: Int = 4) -> [Double] {
    guard upper > 0, upper < 1e14 else { return [0, 1] }
    var step = 1.0
    while step * Double(count) < upper { step *= 10 }
    while step > 1e-6, step / 10 * Double(count) >= upper { step /= 10 }
    if step / 5 * Double(count) >= upper { step /= 5 } else if step / 2 * Double(count) >= upper { step /= 2 }
    return (0...Int((upper / step).rounded(.up))).map { Double($0) * step }
  }
}
