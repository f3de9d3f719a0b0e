extension SpecialFunctions {
  /// ln Γ(x) for x > 0; the error is below 10⁻¹⁴ times the larger of 1 and the value.
  ///
  /// Stirling's series from 10 on; smaller arguments are shifted there by Γ(x + 1) = x·Γ(x). (Near 1 and 2, where ln Γ is 0,
  /// the error is therefore absolute, which is what a sum of logarithms asks for.)
  /// Source: Abramowitz and Stegun 6.1.41.
  public static func lnGamma(_ x: Double) -> Double {
    precondition(x > 0, "ln Γ of \(x)")
    var argument = x
    var product = 1.0
    while argument < stirlingFrom {
      product *= argument
      argument += 1
    }
    let inverse = 1 / argument
    let square = inverse * inverse
    let low = 1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260))
    let high = 1.0 / 1680 - square * (1.0 / 1188 - square * (691.0 / 360_360 - square * (1.0 / 156)))
    let series = inverse * (low - square * square * square * high)
    let value = (argument - 0.5) * ln(argument) - argument + (halfLn2Pi + series)
    return product == 1 ? value : value - ln(product)
  }

  /// ψ(x), the derivative of ln Γ, for x > 0; the error is below 10⁻¹⁴ times the larger of 1 and the value.
  ///
  /// Source: Abramowitz and Stegun 6.3.18, shifted by 6.3.5.
  public static func digamma(_ x: Double) -> Double {
    precondition(x > 0, "ψ of \(x)")
    var argument = x
    var shift = 0.0
    while argument < stirlingFrom {
      shift += 1 / argument
      argument += 1
    }
    let inverse = 1 / argument
    let square = inverse * inverse
    let low = 1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252))
    let high = 1.0 / 240 - square * (1.0 / 132 - square * (691.0 / 32_760 - square * (1.0 / 12)))
    let series = square * (low - square * square * square * high)
    return ln(argument) - 0.5 * inverse - series - shift
  }

  /// Q(a, x) = Γ(a, x)/Γ(a), the upper tail of the gamma distribution with shape `a` > 0 at `x` ≥ 0.
  ///
  /// The series of the lower tail below a + 1, Lentz's continued fraction above; relative error about 10⁻¹³.
  /// Source: Abramowitz and Stegun 6.5.29 and 6.5.31.
  public static func upperGamma(_ a: Double, _ x: Double) -> Double {
    precondition(a > 0 && x >= 0, "Q(\(a), \(x))")
    if x == 0 { return 1 }
    if x == .infinity { return 0 }
    let factor = exp(a * ln(x) - x - lnGamma(a))
    if x < a + 1 {
      var term = 1 / a
      var sum = term
      var n = a
      while term > sum * 1e-17 {
        n += 1
        term *= x / n
        sum += term
      }
      return 1 - sum * factor
    }
    var b = x + 1 - a
    var c = 1 / tiny
    var d = 1 / b
    var fraction = d
    var n = 0.0
    while true {
      n += 1
      let step = -n * (n - a)
      b += 2
      d = nonZero(step * d + b)
      c = nonZero(b + step / c)
      d = 1 / d
      let change = d * c
      fraction *= change
      if change - 1 < 2e-16 && 1 - change < 2e-16 { return factor * fraction }
      // Never reached for the arguments above (the fraction gains a digit a step); a bound all the same.
      if n > 100_000 { return factor * fraction }
    }
  }

  /// The probability that a chi-square variable with `degreesOfFreedom` ≥ 1 is at least `x` ≥ 0.
  public static func chiSquareUpperTail(_ x: Double, degreesOfFreedom: Int) -> Double {
    upperGamma(Double(degreesOfFreedom) / 2, x / 2)
  }

  private static func nonZero(_ x: Double) -> Double { x > -tiny && x < tiny ? tiny : x }

  private static let tiny = 1e-300
  private static let stirlingFrom = 10.0
  private static let halfLn2Pi = 0.918_938_533_204_672_7
}
