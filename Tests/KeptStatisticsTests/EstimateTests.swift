import Testing

@testable import KeptStatistics

@Suite struct EstimateTests {
  private func isNear(_ value: Double?, _ other: Double, _ tolerance: Double = 1e-9) -> Bool {
    value.map { isClose($0, other, tolerance) } ?? false
  }

  @Test func `the difference of two shares is Newcombe's`() {
    // Newcombe 1998, Statistics in Medicine 17, table II, contrast (a), method 10: 56/70 and 48/80.
    let one = Estimate(value: 0.8, interval: Interval(lower: 0.691_7, upper: 0.877_6))
    let other = Estimate(value: 0.6, interval: Interval(lower: 0.490_5, upper: 0.700_3))
    let found = one.difference(to: other)
    #expect(isNear(found?.lower, 0.0524, 5e-3) && isNear(found?.upper, 0.3339, 5e-3))
    let turned = other.difference(to: one)
    #expect(isNear(turned?.lower, -0.3339, 5e-3) && isNear(turned?.upper, -0.0524, 5e-3))
    #expect(one.difference(to: Estimate(value: 1, interval: nil)) == nil)
  }

  private func moments(_ pairs: [(Double, Double)]) -> Moments {
    func sum(_ value: ((Double, Double)) -> Double) -> Double { pairs.map(value).reduce(0, +) }
    return Moments(
      count: Double(pairs.count), x: sum { $0.0 }, y: sum { $0.1 }, xx: sum { $0.0 * $0.0 }, yy: sum { $0.1 * $0.1 },
      xy: sum { $0.0 * $0.1 })
  }

  @Test func `a mean has the error of its sample, one value has none`() {
    // 2, 4, 4, 6: mean 4, variance 8/3, standard error √(2/3).
    let mean = Estimate.mean(moments([(2, 1), (4, 1), (4, 1), (6, 1)]))
    #expect(mean?.value == 4 && isNear(mean?.interval?.upper, 4 + 1.959_963_984_540_054 * 0.816_496_580_927_726))
    #expect(mean?.divided(by: 2).value == 2)
    #expect(Estimate.mean(moments([(7, 1)])) == Estimate(value: 7, interval: nil) && Estimate.mean(moments([])) == nil)
  }

  @Test func `a ratio of sums has the error of what is left of its line`() {
    // 1/1, 3/2, 2/2: ratio 6/5, rests −0.2, 0.6, −0.4, of which the squares are 0.56; √(0.56 · 3/2) / 5.
    let ratio = Estimate.ratio(moments([(1, 1), (3, 2), (2, 2)]))
    #expect(isNear(ratio?.value, 1.2))
    #expect(isNear(ratio?.interval?.lower, 1.2 - 1.959_963_984_540_054 * 0.84.squareRoot() / 5))
    #expect(Estimate.ratio(moments([(1, 0)])) == nil)
  }

  @Test func `a median stands between two of the values`() {
    let nine = Estimate.quantile(sorted: (1...9).map(Double.init), 0.5)
    #expect(nine == Estimate(value: 5, interval: Interval(lower: 2, upper: 8)))
    // All five lie above the median, or below, in 2 of 32 samples, all six in 2 of 64.
    #expect(Estimate.quantile(sorted: [1, 2, 3, 4, 5], 0.5) == Estimate(value: 3, interval: nil))
    let six = Estimate.quantile(sorted: [1, 2, 3, 4, 5, 6], 0.5)
    #expect(six == Estimate(value: 3.5, interval: Interval(lower: 1, upper: 6)))
    // 400 · 0.9 ± 1.96 · 6: 348.24 and 371.76, each rounded up.
    let many = Estimate.quantile(sorted: (1...400).map(Double.init), 0.9)
    #expect(many?.interval == Interval(lower: 349, upper: 372))
    #expect(Estimate.quantile(sorted: [], 0.5) == nil)
  }
}
