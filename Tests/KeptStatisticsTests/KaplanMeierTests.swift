import Foundation
import Testing

@testable import KeptStatistics

@Suite struct KaplanMeierTests {
  private func to4(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "-" }

  @Test func `the remissions under 6-MP survive as published`() {
    let curve = KaplanMeier(Leukaemia.treated)
    let steps = curve.rows.filter { $0.events > 0 }
    #expect(steps.map(\.time) == [6, 7, 10, 13, 16, 22, 23])
    #expect(steps.map(\.atRisk) == [21, 17, 15, 12, 11, 7, 6])
    #expect(
      steps.map { to4($0.survival) } == ["0.8571", "0.8067", "0.7529", "0.6902", "0.6275", "0.5378", "0.4482"])
    #expect(
      steps.map { to4($0.standardError) } == ["0.0764", "0.0869", "0.0963", "0.1068", "0.1141", "0.1282", "0.1346"])
    #expect(to4(steps[0].logLog?.upper) == "0.9516" && to4(steps[0].logLog?.lower) == "0.6197")
    #expect(to4(steps[2].logLog?.lower) == "0.5032" && to4(steps[2].logLog?.upper) == "0.8894")
    #expect(to4(steps[6].logLog?.lower) == "0.1881" && to4(steps[6].logLog?.upper) == "0.6801")
    #expect(to4(steps[2].log?.lower) == "0.5859" && to4(steps[2].log?.upper) == "0.9676")
    #expect(curve.subjectCount == 21 && curve.eventCount == 9)
    // R, survfit(conf.type = "log"): median 23, 0.95LCL 16, 0.95UCL NA.
    #expect(curve.median(.log) == KaplanMeier.Quantile(time: 23, lower: 16, upper: nil))
    #expect(curve.median().time == 23)
    // plain: S ± 1.96·se at 10.
    #expect(to4(steps[2].plain?.lower) == "0.5641" && to4(steps[2].plain?.upper) == "0.9418")
  }

  @Test func `a subject censored at a time is at risk then, one that enters then is not`() {
    let curve = KaplanMeier([
      SurvivalObservation(exit: 5, isEvent: true),
      SurvivalObservation(exit: 5, isEvent: false),
      SurvivalObservation(entry: 5, exit: 9, isEvent: false),
      SurvivalObservation(entry: 4, exit: 9, isEvent: false),
    ])
    #expect(curve.rows.map(\.atRisk) == [3, 2])
    #expect(curve.rows[0].survival == 2.0 / 3)
    #expect(curve.rows[0].censored == 1 && curve.rows[1].censored == 2)
  }

  @Test func `an event at 0 counts for one that was watched from the beginning, and not for one that entered at 0`() {
    let beginning = KaplanMeier([
      SurvivalObservation(exit: 0, isEvent: true), SurvivalObservation(exit: 1, isEvent: true),
    ])
    #expect(beginning.rows.map(\.survival) == [0.5, 0])
    let entered = KaplanMeier([
      SurvivalObservation(entry: 0, exit: 0, isEvent: true), SurvivalObservation(entry: 0, exit: 1, isEvent: true),
    ])
    #expect(entered.rows.map(\.time) == [1])
    #expect(entered.subjectCount == 1)
  }

  @Test func `there is no interval before the first event and none where nobody is left`() {
    let curve = KaplanMeier([
      SurvivalObservation(exit: 1, isEvent: false), SurvivalObservation(exit: 2, isEvent: true),
      SurvivalObservation(exit: 3, isEvent: true),
    ])
    #expect(curve.rows.map(\.survival) == [1, 0.5, 0])
    for kind in KaplanMeier.IntervalKind.allCases {
      #expect(curve.rows.map { $0.interval(kind) == nil } == [true, false, true], "\(kind)")
    }
    #expect(curve.rows.map { to4($0.standardError) } == ["0.0000", "0.3536", "-"])
  }

  @Test func `survival is known from the beginning to the last time watched, and for ever once nobody is left`() {
    let open = KaplanMeier([SurvivalObservation(exit: 2, isEvent: true), SurvivalObservation(exit: 8, isEvent: false)])
    #expect(open.survival(at: 0) == 1 && open.survival(at: 1.9) == 1 && open.survival(at: 2) == 0.5)
    #expect(open.survival(at: 8) == 0.5 && open.survival(at: 8.1) == nil)
    #expect(open.eventProbability(after: 0, within: 3) == 0.5 && open.eventProbability(after: 3, within: 5) == 0)
    #expect(open.eventProbability(after: 3, within: 90) == nil)
    let ended = KaplanMeier([SurvivalObservation(exit: 2, isEvent: true)])
    #expect(ended.survival(at: 100) == 0 && ended.eventProbability(after: 2, within: 1) == nil)
    #expect(KaplanMeier([]).survival(at: 0) == nil && KaplanMeier([]).median() == KaplanMeier.Quantile())
  }

  @Test func `a level that a product of quotients equals is reached in spite of rounding`() {
    // 9/10 · 8/9 · … · 5/6 is one half, and 0.5000000000000001 in floating point for some orders.
    for n in stride(from: 2, through: 60, by: 2) {
      let curve = KaplanMeier((1...n).map { SurvivalObservation(exit: Double($0), isEvent: true) })
      #expect(curve.median().time == Double(n / 2), "\(n)")
    }
  }

  @Test func `every curve of small random data is the definition, and weights are repetitions`() {
    for seed in 0..<400 as Range<UInt64> {
      let data = randomObservations(seed: seed, count: 1 + Int(seed % 9), strata: 2)
      for curve in KaplanMeier.curves(of: data) {
        let members = data.filter { $0.stratum == curve.stratum && ($0.entry ?? -1) < $0.exit }
        var survival = 1.0
        var sum = 0.0
        for row in curve.rows {
          let n = members.reduce(0) { $0 + (($1.entry ?? -1) < row.time && row.time <= $1.exit ? $1.weight : 0) }
          let d = members.reduce(0) { $0 + ($1.exit == row.time && $1.cause != nil ? $1.weight : 0) }
          survival *= 1 - Double(d) / Double(n)
          sum += n > d ? Double(d) / Double(n * (n - d)) : 0
          #expect(row.atRisk == n && row.events == d, "seed \(seed)")
          #expect(isClose(row.survival, survival, 1e-12, scale: 1e-3), "seed \(seed)")
          if let error = row.standardError {
            #expect(isClose(error, survival * sum.squareRoot(), 1e-12), "seed \(seed)")
          }
        }
        let exits = Set(members.lazy.filter { $0.weight > 0 }.map(\.exit)).sorted()
        #expect(curve.rows.map(\.time) == exits, "seed \(seed)")
      }
      let repeated = data.flatMap { observation in
        var one = observation
        one.weight = 1
        return Array(repeating: one, count: observation.weight)
      }
      #expect(KaplanMeier.curves(of: repeated) == KaplanMeier.curves(of: data), "seed \(seed)")
    }
  }
}
