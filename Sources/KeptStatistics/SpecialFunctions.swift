/// The transcendental functions of this module, from + − × ÷ √ alone, so that every machine gets the same bits.
///
/// The libm of one system differs from the next one's in the last place, and a snapshot must not. Each function is a range
/// reduction that is exact and a plain series of the textbook; nothing is fused, nothing depends on the order of evaluation
/// being left to the compiler.
public enum SpecialFunctions {
  /// The natural exponential; within 2 units in the last place while the result is a normal number.
  ///
  /// `x` = k·ln 2 + r with |r| ≤ 0.35, for which 13 terms of the series leave less than 10⁻¹⁷. Overflows to infinity above
  /// 709.78, underflows to 0 below −745.13, passes a NaN on.
  public static func exp(_ x: Double) -> Double {
    guard x < overflowsAbove else { return x.isNaN ? x : .infinity }
    guard x > underflowsBelow else { return 0 }
    // Adding 1.5·2^52 rounds to a whole number, which then stands in the low bits.
    let shifted = x * perLn2 + wholeShift
    let whole = shifted - wholeShift
    let rest = (x - whole * ln2High) - whole * ln2Low
    let halvings = Int(whole)
    // In two steps, because 2^k alone may lie outside what a Double can be where the product does not.
    let half = halvings / 2
    return (1 + expMinusOneSeries(rest)) * powerOfTwo(half) * powerOfTwo(halvings - half)
  }

  /// exp(x) − 1, without the loss of digits near 0; relative error under 10⁻¹⁵.
  public static func expMinusOne(_ x: Double) -> Double {
    x > -0.35 && x < 0.35 ? expMinusOneSeries(x) : exp(x) - 1
  }

  /// The natural logarithm; within 2 units in the last place. ln 0 is −infinity, and of a negative number NaN.
  ///
  /// `x` = m·2^k with m in [√½, √2); ln m by the series in s = (m − 1)/(m + 1), of which |s| ≤ 0.172 needs ten terms.
  public static func ln(_ x: Double) -> Double {
    guard x >= Double.leastNormalMagnitude, x < .infinity else {
      if x.isNaN || x < 0 { return .nan }
      if x == 0 { return -.infinity }
      return x == .infinity ? x : ln(x * 0x1p60) - 60 * ln2
    }
    let bits = x.bitPattern
    var exponent = Int(bits >> 52) - 1023
    var mantissa = Double(bitPattern: bits & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000)
    if mantissa > squareRootOf2 {
      mantissa *= 0.5
      exponent += 1
    }
    let whole = Double(exponent)
    let f = mantissa - 1
    let s = f / (2 + f)
    let z = s * s
    let z2 = z * z
    let z4 = z2 * z2
    // Pairs first: a chain of ten dependent steps would be the larger part of every likelihood.
    let low = (2.0 / 3 + z * (2.0 / 5)) + z2 * (2.0 / 7 + z * (2.0 / 9))
    let high = (2.0 / 11 + z * (2.0 / 13)) + z2 * (2.0 / 15 + z * (2.0 / 17)) + z4 * (2.0 / 19 + z * (2.0 / 21))
    let series = z * (low + z4 * high)
    let halfSquare = 0.5 * f * f
    return whole * ln2High - ((halfSquare - (s * (halfSquare + series) + whole * ln2Low)) - f)
  }

  /// ln(1 + x) for x > −1, without the loss of digits near 0; relative error under 10⁻¹⁵ (Kahan's quotient).
  public static func lnOnePlus(_ x: Double) -> Double {
    let sum = 1 + x
    if sum == 1 { return x }
    return sum == .infinity ? sum : ln(sum) * (x / (sum - 1))
  }

  /// The inverse hyperbolic tangent, Fisher's z, for |x| < 1.
  public static func inverseTanh(_ x: Double) -> Double { 0.5 * lnOnePlus(2 * x / (1 - x)) }

  /// The hyperbolic tangent.
  public static func tanh(_ x: Double) -> Double {
    let grown = expMinusOne(2 * (x < 0 ? -x : x))
    let size = grown == .infinity ? 1 : grown / (grown + 2)
    return x < 0 ? -size : size
  }

  static let ln2 = 0.693_147_180_559_945_3

  /// exp(r) − 1 for |r| ≤ 0.35: r + r²/2! + … + r¹³/13!, in pairs for the same reason as in `ln`.
  private static func expMinusOneSeries(_ r: Double) -> Double {
    let r2 = r * r
    let r4 = r2 * r2
    let low = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120))
    let middle = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40_320 + r * (1.0 / 362_880))
    let high =
      (1.0 / 3_628_800 + r * (1.0 / 39_916_800)) + r2 * (1.0 / 479_001_600 + r * (1.0 / 6_227_020_800))
    return r + r2 * (low + r4 * (middle + r4 * high))
  }

  /// 2^k for −1022 ≤ k ≤ 1023.
  private static func powerOfTwo(_ k: Int) -> Double { Double(bitPattern: UInt64(k + 1023) << 52) }

  // ln 2 in two parts; the first has 21 zero bits at its end, so that k times it is exact.
  private static let ln2High = 0x1.62e4_2fee_0p-1
  private static let ln2Low = 0x1.a39e_f357_93c7_6p-33
  private static let perLn2 = 1.442_695_040_888_963_4
  private static let squareRootOf2 = 1.414_213_562_373_095_1
  private static let wholeShift = 0x1.8p52
  private static let overflowsAbove = 709.782_712_893_384
  private static let underflowsBelow = -745.133_219_101_941_2
}

/// Shorter where formulas are long.
typealias Special = SpecialFunctions
