import Foundation
import Testing

@testable import KeptStatistics

private typealias Own = KeptStatistics.SpecialFunctions

/// The two differ by less than `tolerance` times the larger of `scale` and the expected size.
func isClose(_ found: Double, _ expected: Double, _ tolerance: Double, scale: Double = 0) -> Bool {
  found == expected || abs(found - expected) <= tolerance * max(scale, abs(expected))
}

@Suite struct SpecialFunctionsTests {
  @Test func `exp is what libm says, from the smallest number to the largest`() {
    var worst = 0.0
    for step in -70_800...70_900 {
      let x = Double(step) / 100 + 0.001_234_5
      worst = max(worst, abs(Own.exp(x) / Foundation.exp(x) - 1))
    }
    #expect(worst < 5e-16)
    #expect(Own.exp(0) == 1)
    #expect(Own.exp(-745) == Foundation.exp(-745))
    #expect(Own.exp(710) == .infinity && Own.exp(-746) == 0 && Own.exp(.nan).isNaN)
    #expect(Own.exp(.infinity) == .infinity && Own.exp(-.infinity) == 0)
  }

  @Test func `ln is what libm says, subnormal numbers included`() {
    var worst = 0.0
    for exponent in -1074...1023 {
      for mantissa in [1.0, 1.1, 1.3, 1.414_213_562_373_095_2, 1.5, 1.75, 1.999_999] {
        let x = Double(sign: .plus, exponent: exponent, significand: 1) * mantissa
        let expected = Foundation.log(x)
        worst = max(worst, expected == 0 ? abs(Own.ln(x)) : abs(Own.ln(x) / expected - 1))
      }
    }
    for step in 1...20_000 {
      let x = 0.5 + Double(step) / 20_000
      if x != 1 { worst = max(worst, abs(Own.ln(x) / Foundation.log(x) - 1)) }
    }
    #expect(worst < 5e-16)
    #expect(Own.ln(1) == 0 && Own.ln(0) == -.infinity && Own.ln(-1).isNaN && Own.ln(.infinity) == .infinity)
  }

  @Test func `near zero, exp less one and ln of one more keep their digits`() {
    for exponent in -60...3 {
      for x in [1.0, 1.7, -1.0, -0.9].map({ $0 * pow(2, Double(exponent)) }) {
        #expect(isClose(Own.expMinusOne(x), expm1(x), 1e-15), "\(x)")
        if x > -1 { #expect(isClose(Own.lnOnePlus(x), log1p(x), 1e-15), "\(x)") }
        #expect(isClose(Own.tanh(x), Foundation.tanh(x), 2e-15), "\(x)")
        if abs(x) < 1 { #expect(isClose(Own.inverseTanh(x), atanh(x), 2e-15), "\(x)") }
      }
    }
    #expect(Own.tanh(1000) == 1 && Own.tanh(-1000) == -1)
  }

  @Test func `ln Γ is what libm says and is right where factorials and √π are`() {
    for step in 1...40_000 {
      let x = Double(step) / 400
      #expect(isClose(Own.lnGamma(x), lgamma(x), 1e-14, scale: 1), "\(x)")
    }
    for x in [1e-300, 1e-10, 1e3, 1e6, 1e15] { #expect(isClose(Own.lnGamma(x), lgamma(x), 1e-14), "\(x)") }
    #expect(isClose(Own.lnGamma(0.5), 0.572_364_942_924_700_087_07, 1e-14))
    #expect(isClose(Own.lnGamma(11), 15.104_412_573_075_515_295, 1e-15))
  }

  @Test func `ψ is right at published points and is the slope of ln Γ`() {
    // Abramowitz and Stegun, table 6.1, and −γ − 2 ln 2 at one half.
    #expect(isClose(Own.digamma(1), -0.577_215_664_901_532_86, 1e-14))
    #expect(isClose(Own.digamma(0.5), -1.963_510_026_021_423_5, 1e-14))
    #expect(isClose(Own.digamma(2), 0.422_784_335_098_467_14, 1e-14))
    #expect(isClose(Own.digamma(10), 2.251_752_589_066_721_1, 1e-14))
    for x in [0.1, 0.9, 3.3, 9.9, 10.1, 250] {
      let slope = (lgamma(x * (1 + 1e-6)) - lgamma(x * (1 - 1e-6))) / (2e-6 * x)
      #expect(isClose(Own.digamma(x), slope, 1e-6, scale: 1), "\(x)")
    }
  }

  @Test func `normal probabilities and quantiles are the published ones and each other's inverse`() {
    #expect(isClose(Own.normalCDF(1.96), 0.975_002_104_851_779_5, 1e-14))
    #expect(isClose(Own.normalCDF(-8), 6.220_960_574_271_784e-16, 1e-13))
    #expect(isClose(Own.normalQuantile(0.975), Own.z95, 1e-14))
    #expect(isClose(Own.normalQuantile(0.999_9), 3.719_016_485_455_680_8, 1e-13))
    #expect(abs(Own.normalQuantile(0.5)) < 1e-16)
    for step in -370...80 {
      let x = Double(step) / 10 + 0.03
      #expect(isClose(Own.normalCDF(x), 0.5 * erfc(-x / 2.0.squareRoot()), 2e-13), "\(x)")
      if x < 5 { #expect(isClose(Own.normalQuantile(Own.normalCDF(x)), x, 2e-11, scale: 1), "\(x)") }
    }
  }

  @Test func `the upper tail of chi-square is the published one and closed forms agree`() {
    // NIST/SEMATECH e-Handbook, 1.3.6.7.4: upper 5 % points.
    for (degrees, point) in [(1, 3.841), (2, 5.991), (5, 11.070), (10, 18.307), (30, 43.773), (100, 124.342)] {
      #expect(abs(Own.chiSquareUpperTail(point, degreesOfFreedom: degrees) - 0.05) < 3e-5, "\(degrees)")
    }
    for x in [0.0, 0.1, 1, 2.5, 3, 10, 100, 1000] {
      // df 2: exp(−x/2). df 4: that times (1 + x/2). df 1: erfc(√(x/2)).
      #expect(isClose(Own.chiSquareUpperTail(x, degreesOfFreedom: 2), Foundation.exp(-x / 2), 2e-13), "\(x)")
      #expect(isClose(Own.chiSquareUpperTail(x, degreesOfFreedom: 4), Foundation.exp(-x / 2) * (1 + x / 2), 2e-13))
      #expect(isClose(Own.chiSquareUpperTail(x, degreesOfFreedom: 1), erfc((x / 2).squareRoot()), 2e-13), "\(x)")
    }
  }

  @Test func `the stream of a seed is the published one for ever`() {
    // The reference implementation's first numbers for seed 1234567.
    var generator = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
    var counts = Array(repeating: 0, count: 7)
    for _ in 0..<7000 { counts[generator.next(below: 7)] += 1 }
    #expect(counts.allSatisfy { $0 > 850 && $0 < 1150 }, "\(counts)")
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(generator.nextUnit()) })
  }
}
