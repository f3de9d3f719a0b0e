import Foundation
import KeptStatistics

extension BGNBD {
  /// Customers as the model describes them, over ages of 30 to 160 weeks in whole days.
  func simulated(count: Int, seed: UInt64) -> [PurchaseHistory] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      let rate = gamma(r, &generator) / alpha
      let leaving = gamma(a, &generator)
      let chance = leaving / (leaving + gamma(b, &generator))
      let age = 210 + generator.next(below: 900)
      var time = 0.0
      var days: Set<Int> = []
      while true {
        time += -log(1 - generator.nextUnit()) / rate * 7
        guard time <= Double(age) else { break }
        days.insert(max(1, Int(time)))
        if generator.nextUnit() < chance { break }
      }
      return PurchaseHistory(frequency: days.count, recency: Double(days.max() ?? 0) / 7, age: Double(age) / 7)
    }
  }

  /// Marsaglia and Tsang 2000; shapes below 1 by a power of a uniform number.
  private func gamma(_ shape: Double, _ generator: inout SplitMix64) -> Double {
    if shape < 1 { return gamma(shape + 1, &generator) * pow(1 - generator.nextUnit(), 1 / shape) }
    let d = shape - 1.0 / 3
    while true {
      let x = SpecialFunctions.normalQuantile(max(1e-300, generator.nextUnit()))
      let v = pow(1 + x / (9 * d).squareRoot(), 3)
      if v > 0, log(1 - generator.nextUnit()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }
}
