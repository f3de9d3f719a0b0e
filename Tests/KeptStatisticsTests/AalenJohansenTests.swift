import Testing

@testable import KeptStatistics

@Suite struct AalenJohansenTests {
  @Test func `three subjects by hand`() {
    let curve = AalenJohansen([
      SurvivalObservation(exit: 1, cause: 1), SurvivalObservation(exit: 2, cause: nil),
      SurvivalObservation(exit: 3, cause: 2),
    ])
    #expect(curve.causes == [1, 2])
    let third = 1.0 / 3
    #expect(curve.rows.map { $0.causes[0].incidence } == [third, third, third])
    #expect(curve.rows.map { $0.causes[1].incidence } == [0, 0, 2 * third])
    #expect(curve.rows.map(\.survival) == [2 * third, 2 * third, 0])
    #expect(curve.rows.map(\.censored) == [0, 1, 0])
  }

  @Test func `all small random data follow the definition, and every share is somewhere`() {
    for seed in 0..<400 as Range<UInt64> {
      let data = randomObservations(seed: seed, count: 1 + Int(seed % 12), causes: 3)
      let curve = AalenJohansen(data)
      var survival = 1.0
      var steps: [(n: Double, d: [Double], before: Double)] = []
      var incidence = Array(repeating: 0.0, count: curve.causes.count)
      var reached: [[Double]] = []
      for row in curve.rows {
        let here = data.filter { ($0.entry ?? -1) < row.time && row.time <= $0.exit }
        let n = Double(here.reduce(0) { $0 + $1.weight })
        let d = curve.causes.map { cause in
          Double(here.reduce(0) { $0 + ($1.exit == row.time && $1.cause == cause ? $1.weight : 0) })
        }
        for j in d.indices { incidence[j] += survival * d[j] / n }
        steps.append((n, d, survival))
        reached.append(incidence)
        survival *= 1 - d.reduce(0, +) / n
        #expect(isClose(row.causes.reduce(row.survival) { $0 + $1.incidence }, 1, 1e-12), "seed \(seed)")
        #expect(isClose(row.survival, survival, 1e-12, scale: 1e-3), "seed \(seed)")
        for (j, cause) in row.causes.enumerated() {
          #expect(isClose(cause.incidence, incidence[j], 1e-12) && Double(cause.events) == d[j], "seed \(seed)")
          let variance = self.variance(of: incidence[j], cause: j, steps, reached.map { $0[j] })
          #expect(isClose(cause.standardError, max(0, variance).squareRoot(), 1e-6, scale: 1e-2), "seed \(seed)")
        }
      }
      let whole = KaplanMeier(data)
      #expect(curve.rows.map(\.atRisk) == whole.rows.map(\.atRisk) && curve.subjectCount == whole.subjectCount)
    }
  }

  /// The formula as it is printed, a sum over all times for each time.
  private func variance(
    of last: Double, cause j: Int, _ steps: [(n: Double, d: [Double], before: Double)], _ reached: [Double]
  ) -> Double {
    zip(steps, reached).reduce(0) { sum, pair in
      let (step, f) = pair
      let d = step.d.reduce(0, +)
      let rest = last - f
      let hazard = d < step.n ? rest * rest * d / (step.n * (step.n - d)) : 0
      let own = step.before * step.before * step.d[j] * (step.n - step.d[j]) / (step.n * step.n * step.n)
      return sum + hazard + own - 2 * rest * step.before * step.d[j] / (step.n * step.n)
    }
  }

  @Test func `without a second cause incidence is what survival leaves, with the same error`() {
    let survival = KaplanMeier(Leukaemia.treated)
    let incidence = AalenJohansen(Leukaemia.treated)
    for (one, other) in zip(survival.rows, incidence.rows) {
      #expect(isClose(other.causes[0].incidence, 1 - one.survival, 1e-12))
      #expect(isClose(other.causes[0].standardError, one.standardError!, 1e-9))
    }
  }

  @Test func `an interval stays within 0 and 1 and around its estimate`() {
    for seed in 0..<100 as Range<UInt64> {
      for curve in AalenJohansen.curves(of: randomObservations(seed: seed, count: 20, strata: 3, causes: 2)) {
        for cause in curve.rows.flatMap(\.causes) {
          guard let interval = cause.interval else { continue }
          #expect(interval.lower >= 0 && interval.upper <= 1)
          #expect(interval.lower <= cause.incidence && cause.incidence <= interval.upper)
        }
      }
    }
  }
}
