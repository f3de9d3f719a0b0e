extension LogRank {
  /// How much faster one stratum leaves than another.
  public struct Ratio: Equatable, Sendable {
    /// (O/E of the one) / (O/E of the other); above 1 the one leaves faster.
    public var value: Double
    /// exp(ln value ± z·√(1/E + 1/E)), the usual one beside a log-rank test (Machin, Cheung and Parmar 2006, 3.3).
    public var interval: Interval
  }

  /// The ratio of the hazards of two of the strata compared; `tooLittleData` where one of them lost nobody, or was to lose
  /// nobody.
  ///
  /// Example: 12 left where 8 were to be expected, 5 where 9 were: (12/8)/(5/9) = 2.7.
  ///
  /// - Precondition: both strata were tested.
  public func ratio(of stratum: Int, to other: Int, z: Double = SpecialFunctions.z95) -> Result<Ratio, Refusal> {
    guard let one = groups.first(where: { $0.stratum == stratum }),
      let two = groups.first(where: { $0.stratum == other })
    else { preconditionFailure("strata \(stratum) and \(other) of \(groups.map(\.stratum))") }
    guard one.observed > 0, two.observed > 0, one.expected > 0, two.expected > 0 else {
      return .failure(.tooLittleData)
    }
    let value = Double(one.observed) / one.expected / (Double(two.observed) / two.expected)
    let factor = SpecialFunctions.exp(z * (1 / one.expected + 1 / two.expected).squareRoot())
    return .success(Ratio(value: value, interval: Interval(lower: value / factor, upper: value * factor)))
  }
}
