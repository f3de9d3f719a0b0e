/// The distinct exit times of some subjects, with who was at risk, left by which event, or was censored at each.
///
/// At risk at t are those with entry < t ≤ exit: a subject that enters at t is not, one that is censored at t is.
struct RiskTable {
  struct Row {
    var time: Double
    /// By stratum.
    var atRisk: [Int]
    /// By column; see `init`.
    var events: [Int]
    var censored: Int
  }

  private(set) var rows: [Row] = []
  /// Subjects ever at risk, by stratum.
  private(set) var subjectCounts: [Int]

  /// - Parameters:
  ///   - strata: the strata to tell apart, ascending; observations of others are left out. Nil: all are one.
  ///   - columnCount, column: where an event is counted, in 0..<`columnCount`.
  /// - Complexity: O(n log n).
  init(
    _ observations: [SurvivalObservation], strata: [Int]? = nil, columnCount: Int = 1,
    column: (SurvivalObservation) -> Int = { _ in 0 }
  ) {
    let place = strata.map { Dictionary(uniqueKeysWithValues: $0.enumerated().map { ($1, $0) }) }
    func stratum(_ observation: SurvivalObservation) -> Int? { place == nil ? 0 : place![observation.stratum] }

    let taken = observations.filter { $0.isEverAtRisk && stratum($0) != nil }.sorted { $0.exit < $1.exit }
    let late = taken.filter { $0.entry != nil }.sorted { $0.entry! < $1.entry! }
    subjectCounts = Array(repeating: 0, count: strata?.count ?? 1)
    for observation in taken { subjectCounts[stratum(observation)!] += observation.weight }
    // Those not yet gone, less those not yet come.
    var here = subjectCounts
    for observation in late { here[stratum(observation)!] -= observation.weight }
    var entered = 0
    var next = 0
    while next < taken.count {
      let time = taken[next].exit
      while entered < late.count, late[entered].entry! < time {
        here[stratum(late[entered])!] += late[entered].weight
        entered += 1
      }
      var row = Row(time: time, atRisk: here, events: Array(repeating: 0, count: columnCount), censored: 0)
      while next < taken.count, taken[next].exit == time {
        let observation = taken[next]
        if observation.cause == nil {
          row.censored += observation.weight
        } else {
          row.events[column(observation)] += observation.weight
        }
        here[stratum(observation)!] -= observation.weight
        next += 1
      }
      rows.append(row)
    }
  }
}
