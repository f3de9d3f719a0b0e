/// A parameter as a table of models shows it.
public struct FittedParameter: Equatable, Sendable {
  /// As the model's paper writes it, `r` or `alpha`.
  public var name: String
  public var value: Double
  /// By the inverse of the observed information in the parameter's logarithm, times the value (the delta method): as large
  /// as the value means that the data hardly tell.
  public var standardError: Double

  static func list(
    _ names: [String], _ values: [Double], _ maximum: LikelihoodMaximum, count: Double
  ) -> [FittedParameter] {
    names.indices.map {
      FittedParameter(
        name: names[$0], value: values[$0],
        standardError: values[$0] * maximum.standardErrors[$0] / count.squareRoot())
    }
  }
}
