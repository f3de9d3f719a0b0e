/// Why there is no number. The raw value is the reason as tables show it.
public enum Refusal: String, Error, Sendable, CaseIterable {
  /// Too few observations for the statistic to exist.
  case tooLittleData = "too little data"
  /// Every value is the same, so that nothing can be related to it.
  case noVariation = "no variation"
  /// Ranking needs at least one of each outcome.
  case oneOutcomeOnly = "one outcome only"
  /// BG/NBD says 1 for everybody without a repeat, by construction; that is no estimate.
  case noRepeatYet = "no repeat yet"
  /// a + b + x − 1 ≤ 0: the expectation's series does not exist.
  case expectationUndefined = "expectation undefined"
  /// The mean of the distribution is infinite (Gamma–Gamma: q ≤ 1, or p·x + q ≤ 1).
  case infiniteMean = "infinite mean"
  /// A series had not ended after its allowed number of terms.
  case seriesTooLong = "series too long"
  /// No start reached a point where the gradient vanishes.
  case notConverged = "not converged"
  /// The likelihood keeps rising towards the edge of the parameters: these data do not determine all of them.
  case noInteriorMaximum = "no interior maximum"
  /// A sum or a mean that the statistic divides by is zero, or a value is negative where none may be.
  case outsideDomain = "outside domain"
}

extension Result where Failure == Refusal {
  /// The value, nil when refused.
  public var value: Success? { if case .success(let value) = self { value } else { nil } }

  /// The reason, nil when there is a value.
  public var refusal: Refusal? { if case .failure(let reason) = self { reason } else { nil } }
}
