/// The Gamma–Gamma model of what a purchase is worth (Fader and Hardie 2013, note 025; Fader, Hardie and Lee 2005, JMR 42).
///
/// A customer's purchases vary about a mean of their own as a gamma distribution with shape `p`; the rates of those differ
/// between customers as a gamma distribution (shape `q`, `gamma` in the unit of value). The model takes value and frequency
/// for unrelated: `Fit.correlation` says how far they are.
public struct GammaGamma: Equatable, Sendable {
  public var p: Double
  public var q: Double
  /// In the unit of the values.
  public var gamma: Double

  /// What the model needs of a customer: customers without a repeat purchase, or with a mean of 0, do not count.
  public struct Spending: Equatable, Comparable, Sendable {
    /// x: repeat purchases, as in `PurchaseHistory.frequency`; ≥ 1.
    public var frequency: Int
    /// m: the mean value of those x purchases; > 0.
    public var meanValue: Double
    /// So many customers like this; ≥ 0.
    public var weight: Int

    /// - Precondition: `frequency` ≥ 1, 0 < `meanValue` < ∞, `weight` ≥ 0.
    public init(frequency: Int, meanValue: Double, weight: Int = 1) {
      precondition(frequency >= 1 && weight >= 0, "\(frequency) repeats of \(weight) customers")
      precondition(meanValue > 0 && meanValue.isFinite, "a mean of \(meanValue)")
      self.frequency = frequency
      self.meanValue = meanValue
      self.weight = weight
    }

    /// By frequency, mean, weight.
    public static func < (one: Self, other: Self) -> Bool {
      (one.frequency, one.meanValue, one.weight) < (other.frequency, other.meanValue, other.weight)
    }
  }

  /// - Precondition: all three are positive and finite.
  public init(p: Double, q: Double, gamma: Double) {
    precondition([p, q, gamma].allSatisfy { $0 > 0 && $0.isFinite }, "\(p), \(q), \(gamma)")
    self.p = p
    self.q = q
    self.gamma = gamma
  }

  /// ln L of one customer; `weight` does not matter.
  public func logLikelihood(_ spending: Spending) -> Double {
    let x = Double(spending.frequency)
    let m = spending.meanValue
    let gammas = Special.lnGamma(p * x + q) - Special.lnGamma(p * x) - Special.lnGamma(q)
    let own = q * Special.ln(gamma) + (p * x - 1) * Special.ln(m) + p * x * Special.ln(x)
    return gammas + own - (p * x + q) * Special.ln(gamma + m * x)
  }

  /// E[M | x, m] = p(γ + mx)/(px + q − 1): what the customer's purchases will be worth on average; between m and the mean of
  /// all, nearer to m the more there are. Nil stands for a customer without a repeat.
  ///
  /// Refused, `infiniteMean`, where px + q ≤ 1.
  public func expectedValue(of spending: Spending?) -> Result<Double, Refusal> {
    let x = Double(spending?.frequency ?? 0)
    let below = p * x + q - 1
    guard below > 0 else { return .failure(.infiniteMean) }
    return .success(p * (gamma + (spending?.meanValue ?? 0) * x) / below)
  }

  /// The mean over all customers, pγ/(q − 1); refused, `infiniteMean`, where q ≤ 1.
  public var populationMean: Result<Double, Refusal> { expectedValue(of: nil) }
}
