/// Cumulative incidence by cause, where leaving by one cause ends the risk of the others (Aalen and Johansen 1978,
/// Scandinavian Journal of Statistics 5, 141–150).
///
/// F_j(t) = Σ S(t_i−)·d_ji/n_i over the event times t_i ≤ t, S the Kaplan–Meier survival of all causes together;
/// Σ_j F_j + S = 1.
/// (1 − Kaplan–Meier with the other causes censored is larger, and no probability of leaving by that cause.)
/// Example, 1 by cause 1, 2+, 3 by cause 2: F₁ = 1/3, 1/3, 1/3; F₂ = 0, 0, 2/3; S = 2/3, 2/3, 0.
public struct AalenJohansen: Equatable, Sendable {
  /// One distinct time at which somebody left, by whatever cause or censored.
  public struct Row: Equatable, Sendable {
    /// In the unit of the observations.
    public var time: Double
    /// Subjects with entry < `time` ≤ exit.
    public var atRisk: Int
    public var censored: Int
    /// S just after `time`: 1 less the sum of `incidence`, up to rounding.
    public var survival: Double
    /// As `AalenJohansen.causes`.
    public var causes: [Cause]
  }

  /// One cause at one time.
  public struct Cause: Equatable, Sendable {
    public var events: Int
    /// F_j just after the time, in [0, 1].
    public var incidence: Double
    /// By the delta method (Marubini and Valsecchi 1995, 10.3; what lifelines and SAS LIFETEST report).
    public var standardError: Double
    /// F^exp(± z·se/(F·ln F)): never leaves [0, 1]. Nil where F or its standard error is 0, and at F = 1.
    public var interval: Interval?
  }

  public let stratum: Int
  /// The causes that occur, ascending.
  public let causes: [Int]
  /// By time, ascending.
  public let rows: [Row]
  /// Subjects that were ever at risk.
  public let subjectCount: Int

  /// The curves of every stratum, ascending; a stratum without anybody at risk has none.
  public static func curves(of observations: [SurvivalObservation], z: Double = SpecialFunctions.z95) -> [AalenJohansen]
  {
    Dictionary(grouping: observations, by: \.stratum).sorted { $0.key < $1.key }.compactMap { stratum, members in
      let curve = AalenJohansen(members, stratum: stratum, z: z)
      return curve.subjectCount > 0 ? curve : nil
    }
  }

  /// The curves of all `observations`, whatever their strata say.
  ///
  /// - Complexity: O(n log n + rows × causes).
  public init(_ observations: [SurvivalObservation], stratum: Int = 0, z: Double = SpecialFunctions.z95) {
    let causes = Set(observations.lazy.filter(\.isEverAtRisk).compactMap(\.cause)).sorted()
    let places = Dictionary(uniqueKeysWithValues: causes.enumerated().map { ($1, $0) })
    let table = RiskTable(observations, columnCount: causes.count) { places[$0.cause!]! }
    var survival = 1.0
    var sums = Array(repeating: VarianceSums(), count: causes.count)
    self.stratum = stratum
    self.causes = causes
    subjectCount = table.subjectCounts[0]
    rows = table.rows.map { counts in
      let n = Double(counts.atRisk[0])
      let d = counts.events.reduce(0, +)
      var found: [Cause] = []
      found.reserveCapacity(causes.count)
      for (j, events) in counts.events.enumerated() {
        if d > 0 { sums[j].add(own: Double(events), all: Double(d), atRisk: n, survivalBefore: survival) }
        let incidence = sums[j].incidence
        let error = sums[j].variance.squareRoot()
        found.append(
          Cause(
            events: events, incidence: incidence, standardError: error,
            interval: Self.interval(incidence, error: error, z: z)))
      }
      if d > 0 { survival *= Double(counts.atRisk[0] - d) / n }
      return Row(
        time: counts.time, atRisk: counts.atRisk[0], censored: counts.censored, survival: survival, causes: found)
    }
  }

  private static func interval(_ f: Double, error: Double, z: Double) -> Interval? {
    guard f > 0, f < 1, error > 0 else { return nil }
    let logarithm = SpecialFunctions.ln(f)
    let stretch = SpecialFunctions.exp(-z * error / (f * logarithm))
    return Interval(
      lower: SpecialFunctions.exp(logarithm * stretch), upper: SpecialFunctions.exp(logarithm / stretch))
  }
}

/// The variance of F(t), Σ (F(t) − F(t_i))²·d/(n(n − d)) + Σ S²·d_j(n − d_j)/n³ − 2 Σ (F(t) − F(t_i))·S·d_j/n², with the
/// squares multiplied out so that a row costs the same however many came before it.
private struct VarianceSums {
  private(set) var incidence = 0.0
  private var g = 0.0
  private var gF = 0.0
  private var gFF = 0.0
  private var own = 0.0
  private var h = 0.0
  private var hF = 0.0

  mutating func add(own d1: Double, all d: Double, atRisk n: Double, survivalBefore s: Double) {
    incidence += s * d1 / n
    // Where all leave, F never grows again, and the first sum's term is 0 times a division by 0.
    if d < n {
      let a = d / (n * (n - d))
      g += a
      gF += a * incidence
      gFF += a * incidence * incidence
    }
    own += s * s * d1 * (n - d1) / (n * n * n)
    let b = s * d1 / (n * n)
    h += b
    hF += b * incidence
  }

  var variance: Double {
    let f = incidence
    return max(0, f * f * g - 2 * f * gF + gFF + own - 2 * (f * h - hF))
  }
}
