/// One subject under observation over (`entry`, `exit`], in whatever unit the caller counts time in.
public struct SurvivalObservation: Equatable, Sendable {
  /// Observed from just after this time on (late entry, left truncation); nil: from the beginning.
  ///
  /// The difference shows at 0: a subject without entry is at risk of an event at 0, one that entered at 0 is not.
  public var entry: Double?
  /// When the event came, or when the observation ended without one.
  public var exit: Double
  /// Which event ended it; nil: none, the subject is censored at `exit`. A single kind of event is cause 1.
  public var cause: Int?
  /// The group whose curve it belongs to.
  public var stratum: Int
  /// So many equal subjects; ≥ 0.
  public var weight: Int

  /// - Precondition: `exit` is finite, `entry` is not NaN, `weight` is not negative.
  public init(entry: Double? = nil, exit: Double, cause: Int?, stratum: Int = 0, weight: Int = 1) {
    precondition(
      exit.isFinite && !(entry?.isNaN ?? false) && weight >= 0, "\(String(describing: entry)), \(exit), \(weight)")
    self.entry = entry
    self.exit = exit
    self.cause = cause
    self.stratum = stratum
    self.weight = weight
  }

  /// A subject with one kind of event: it came at `exit`, or had not come by then.
  public init(entry: Double? = nil, exit: Double, isEvent: Bool, stratum: Int = 0, weight: Int = 1) {
    self.init(entry: entry, exit: exit, cause: isEvent ? 1 : nil, stratum: stratum, weight: weight)
  }

  /// At risk at some time at all: `entry` < `exit`. What is not, counts nowhere.
  var isEverAtRisk: Bool {
    guard let entry else { return weight > 0 }
    return entry < exit && weight > 0
  }
}
