/// The log-rank test: do the strata leave at the same rate at every time? (Mantel 1966; Peto and Peto 1972, JRSS A 135.)
///
/// At each event time t with d of n leaving, stratum j, n_j of the n, is expected to lose n_j·d/n. The differences Z_j, summed
/// over time, have covariances Σ d(n − d)/(n − 1) · n_j/n · (δ_jl − n_l/n), and χ² = Zᵀ V⁻¹ Z over all strata but one. With two
/// strata that is (Σ(d₁ − n₁d/n))² / Σ n₁n₀d(n − d)/(n²(n − 1)).
public struct LogRank: Equatable, Sendable {
  public struct Group: Equatable, Sendable {
    public var stratum: Int
    /// Subjects that were ever at risk.
    public var subjectCount: Int
    public var observed: Int
    /// What the stratum would have lost at everybody's rate.
    public var expected: Double
  }

  /// By stratum, ascending.
  public let groups: [Group]
  public let chiSquare: Double
  public let degreesOfFreedom: Int
  /// The probability of at least this χ² when all strata leave alike.
  public let pValue: Double

  /// Refused, `tooLittleData`, when fewer than two strata were at risk together at any event.
  ///
  /// - Complexity: O(n log n + rows·k²) for k strata.
  public static func test(_ observations: [SurvivalObservation]) -> Result<LogRank, Refusal> {
    let strata = Set(observations.lazy.filter(\.isEverAtRisk).map(\.stratum)).sorted()
    let count = strata.count
    let places = Dictionary(uniqueKeysWithValues: strata.enumerated().map { ($1, $0) })
    let table = RiskTable(observations, strata: strata, columnCount: count) { places[$0.stratum]! }
    var observed = Array(repeating: 0, count: count)
    var expected = Array(repeating: 0.0, count: count)
    var covariance = Array(repeating: Array(repeating: 0.0, count: count), count: count)
    for row in table.rows {
      let d = Double(row.events.reduce(0, +))
      guard d > 0 else { continue }
      let n = Double(row.atRisk.reduce(0, +))
      let spread = n > 1 ? d * (n - d) / (n - 1) : 0
      for j in 0..<count where row.atRisk[j] > 0 {
        let share = Double(row.atRisk[j]) / n
        observed[j] += row.events[j]
        expected[j] += share * d
        for l in 0..<count {
          covariance[j][l] += spread * share * ((j == l ? 1 : 0) - Double(row.atRisk[l]) / n)
        }
      }
    }
    // A stratum that never shared the risk with another has no variance, and nothing to say.
    let compared = (0..<count).filter { covariance[$0][$0] > 0 }
    guard compared.count >= 2 else { return .failure(.tooLittleData) }
    let kept = Array(compared.dropLast())
    let differences = kept.map { Double(observed[$0]) - expected[$0] }
    let matrix = kept.map { j in kept.map { l in covariance[j][l] } }
    guard let solution = LinearAlgebra.solve(matrix, differences) else { return .failure(.tooLittleData) }
    let chiSquare = zip(differences, solution).reduce(0) { $0 + $1.0 * $1.1 }
    return .success(
      LogRank(
        groups: (0..<count).map {
          Group(
            stratum: strata[$0], subjectCount: table.subjectCounts[$0], observed: observed[$0], expected: expected[$0])
        },
        chiSquare: chiSquare, degreesOfFreedom: kept.count,
        pValue: SpecialFunctions.chiSquareUpperTail(max(0, chiSquare), degreesOfFreedom: kept.count)))
  }
}
