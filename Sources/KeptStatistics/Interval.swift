/// A confidence interval, [`lower`, `upper`], both ends included; 95 % unless the function that made it was asked for
/// another z.
public struct Interval: Equatable, Sendable {
  public var lower: Double
  public var upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}
