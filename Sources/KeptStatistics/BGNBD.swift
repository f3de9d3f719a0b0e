/// The BG/NBD model of customers who buy at a rate of their own and may leave, unnoticed, after any purchase
/// (Fader, Hardie and Lee 2005, Marketing Science 24(2), 275–284).
///
/// While with us a customer buys as a Poisson process; rates differ between customers as a gamma distribution (shape `r`,
/// `alpha` in the unit of time); after each purchase a customer leaves with a probability that differs as Beta(`a`, `b`).
public struct BGNBD: Equatable, Sendable {
  public var r: Double
  /// In the unit of the histories' times.
  public var alpha: Double
  public var a: Double
  public var b: Double

  /// - Precondition: all four are positive and finite.
  public init(r: Double, alpha: Double, a: Double, b: Double) {
    precondition([r, alpha, a, b].allSatisfy { $0 > 0 && $0.isFinite }, "\(r), \(alpha), \(a), \(b)")
    self.r = r
    self.alpha = alpha
    self.a = a
    self.b = b
  }

  /// ln L of one customer with this history; `weight` does not matter.
  public func logLikelihood(_ history: PurchaseHistory) -> Double {
    let x = Double(history.frequency)
    let gammas = Special.lnGamma(r + x) - Special.lnGamma(r) + r * Special.ln(alpha)
    let betas =
      Special.lnGamma(a + b) - Special.lnGamma(a + b + x) + Special.lnGamma(b + x) - Special.lnGamma(b)
    let alive = -(r + x) * Special.ln(alpha + history.age)
    return gammas + betas + alive + lnOnePlusExp(lnOddsGone(history))
  }

  /// The probability that the customer has not left for good.
  ///
  /// 1/(1 + (a/(b + x − 1))·((α + T)/(α + t_x))^(r + x)). Refused, `noRepeatYet`, for x = 0: there the model says 1
  /// whatever the silence, since nobody leaves before a repeat (Hardie, note 021), and that is no estimate.
  public func pAlive(_ history: PurchaseHistory) -> Result<Double, Refusal> {
    guard history.frequency > 0 else { return .failure(.noRepeatYet) }
    return .success(1 / (1 + Special.exp(lnOddsGone(history))))
  }

  /// E[X(t)]: how often somebody who has just bought for the first time will buy again within `time` ≥ 0.
  ///
  /// Refused, `expectationUndefined`, where a + b ≤ 1; `seriesTooLong` where `time` is tens of thousands of α.
  public func expectedPurchases(within time: Double) -> Result<Double, Refusal> {
    purchasesWhileAlive(frequency: 0, age: 0, within: time)
  }

  /// E[Y(t) | x, t_x, T]: how often the customer will buy within `time` ≥ 0 after T, left or not.
  ///
  /// Refused as the other; a + b + x ≤ 1 is the limit here.
  public func expectedPurchases(within time: Double, after history: PurchaseHistory) -> Result<Double, Refusal> {
    purchasesWhileAlive(frequency: history.frequency, age: history.age, within: time).map {
      $0 / (1 + Special.exp(lnOddsGone(history)))
    }
  }

  /// P(X(t) = x): the share of new customers with `count` repeats within `time` (equation 8 of the paper).
  ///
  /// - Complexity: O(`count`).
  public func probability(ofCount count: Int, within time: Double) -> Double {
    precondition(count >= 0 && time >= 0, "\(count) purchases in \(time)")
    let x = Double(count)
    let lnRest = Special.ln(alpha / (alpha + time))
    let share = time / (alpha + time)
    // The negative binomial's terms, j = 0, 1, …
    var term = Special.exp(r * lnRest)
    var below = 0.0
    for j in 0..<count {
      below += term
      term *= (r + Double(j)) / (Double(j) + 1) * share
    }
    let lnBeta = lnBeta(a, b)
    let stayed = Special.exp(self.lnBeta(a, b + x) - lnBeta) * term
    guard count > 0 else { return stayed }
    return stayed + Special.exp(self.lnBeta(a + 1, b + x - 1) - lnBeta) * max(0, 1 - below)
  }

  /// ln of gone : alive; −∞ without a repeat. In logarithms, for the power overflows for eager customers.
  private func lnOddsGone(_ history: PurchaseHistory) -> Double {
    guard history.frequency > 0 else { return -.infinity }
    let x = Double(history.frequency)
    let power = (r + x) * (Special.ln(alpha + history.age) - Special.ln(alpha + history.recency))
    return Special.ln(a) - Special.ln(b + x - 1) + power
  }

  /// What E[Y] is for one who is known not to have left:
  /// (a + b + x − 1)/(a − 1)·[1 − (1 − z)^(r + x)·₂F₁(r + x, b + x; a + b + x − 1; z)] with z = t/(α + T + t).
  ///
  /// By Euler's transform the bracket is 1 − (1 − z)^(a − 1)·₂F₁(a + b − 1 − r, a − 1; a + b + x − 1; z), which neither
  /// overflows nor needs many terms. Its first factor of the series, a − 1, is divided out against the one below the
  /// bracket, so that nothing special happens at a = 1. Of the two forms the one is summed whose series stays bounded as z
  /// nears 1.
  func purchasesWhileAlive(frequency: Int, age: Double, within time: Double) -> Result<Double, Refusal> {
    precondition(time >= 0 && time.isFinite, "purchases within \(time)")
    let x = Double(frequency)
    let c = a + b + x - 1
    guard c > 0 else { return .failure(.expectationUndefined) }
    let z = time / (alpha + age + time)
    let lnRest = -Special.lnOnePlus(time / (alpha + age))
    if a - 1 > max(r + x, 1) {
      guard let series = Self.series(r + x, b + x, c, z, first: (r + x) * (b + x) / c * z) else {
        return .failure(.seriesTooLong)
      }
      let power = (r + x) * lnRest
      let bracket = -Special.expMinusOne(power) - Special.exp(power) * series
      return .success(max(0, c / (a - 1) * bracket))
    }
    let top = a + b - 1 - r
    guard let series = Self.series(top, a - 1, c, z, first: top / c * z) else {
      return .failure(.seriesTooLong)
    }
    let power = (a - 1) * lnRest
    let slope = power == 0 ? 1 : Special.expMinusOne(power) / power
    return .success(max(0, c * (-lnRest * slope - Special.exp(power) * series)))
  }

  /// Σ_{n ≥ 1} of a hypergeometric series, given its `first` term (from which a factor may have been divided out).
  private static func series(
    _ p: Double, _ q: Double, _ c: Double, _ z: Double, first: Double
  ) -> Double? {
    var term = first
    var sum = first
    var n = 1.0
    while abs(term) > 1e-17 * (1 - z) * abs(sum) || n < -p {
      term *= (p + n) * (q + n) / ((c + n) * (n + 1)) * z
      sum += term
      n += 1
      if n > termCountMax { return nil }
    }
    return sum
  }

  private static let termCountMax = 400_000.0

  private func lnBeta(_ p: Double, _ q: Double) -> Double {
    Special.lnGamma(p) + Special.lnGamma(q) - Special.lnGamma(p + q)
  }

  private func lnOnePlusExp(_ y: Double) -> Double {
    y > 0 ? y + Special.lnOnePlus(Special.exp(-y)) : Special.lnOnePlus(Special.exp(y))
  }
}
