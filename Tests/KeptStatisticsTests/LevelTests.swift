import Testing

@testable import KeptStatistics

@Suite struct LevelTests {
  @Test func `counted levels give the area that their members give one by one`() throws {
    let levels = [
      ScoreLevel(score: 1, events: 0, others: 2), ScoreLevel(score: 2, events: 1, others: 1),
      ScoreLevel(score: 3, events: 1, others: 0),
    ]
    let counted = try areaUnderCurve(levels).get()
    #expect(abs(counted.area - 5.5 / 6) < 1e-15)
    #expect(counted == (try areaUnderCurve(scores: [1, 1, 2, 2, 3], isEvent: [false, false, true, false, true]).get()))
    #expect(areaUnderCurve(Array(levels.prefix(1))).refusal == .oneOutcomeOnly)
  }

  @Test func `a score that knows nothing has ½, a perfect one 1`() throws {
    #expect(try areaUnderCurve([ScoreLevel(score: 7, events: 12, others: 30)]).get().area == 0.5)
    #expect(
      try areaUnderCurve([ScoreLevel(score: 1, events: 0, others: 9), ScoreLevel(score: 2, events: 3, others: 0)]).get().area
        == 1)
  }

  @Test func `counted levels are binned as their members are`() {
    var generator = SplitMix64(seed: 11)
    var levels: [ScoreLevel] = []
    var scores: [Double] = []
    var isEvent: [Bool] = []
    for score in 0..<40 {
      let level = ScoreLevel(score: Double(score) / 40, events: generator.next(below: 4), others: generator.next(below: 9))
      levels.append(level)
      scores += Array(repeating: level.score, count: level.events + level.others)
      isEvent += Array(repeating: true, count: level.events) + Array(repeating: false, count: level.others)
    }
    for bins in [1, 3, 10, 100] {
      let counted = calibration(levels, binCount: bins)
      let single = calibration(forecasts: scores, isEvent: isEvent, binCount: bins)
      #expect(counted.map(\.count) == single.map(\.count))
      #expect(counted.map(\.eventCount) == single.map(\.eventCount))
      #expect(zip(counted, single).allSatisfy { abs($0.meanForecast - $1.meanForecast) < 1e-12 })
    }
  }

  @Test func `a hazard ratio is that of observed to expected`() throws {
    let observations =
      [1, 2, 3, 4].map { SurvivalObservation(exit: $0, isEvent: true, stratum: 0) }
      + [3, 5, 6, 7].map { SurvivalObservation(exit: $0, isEvent: true, stratum: 1) }
    let test = try LogRank.test(observations).get()
    let ratio = try test.ratio(of: 0, to: 1).get()
    #expect(abs(ratio.value - (4 / test.groups[0].expected) / (4 / test.groups[1].expected)) < 1e-15)
    #expect(ratio.interval.lower < ratio.value && ratio.value < ratio.interval.upper)
  }

  @Test func `pairs of one unit are drawn together`() throws {
    // Ten units that each say one thing a hundred times know no more than ten pairs.
    let units = (0..<10).map { unit in
      Array(repeating: (x: Double(unit), y: Double(unit * 7 % 10)), count: 100)
    }
    let many = try clusteredRankCorrelation(units, seed: 5).get()
    let few = try clusteredRankCorrelation(units.map { [$0[0]] }, seed: 5).get()
    #expect(abs(many.rho - few.rho) < 1e-12)
    #expect(abs(many.interval.lower - few.interval.lower) < 1e-12)
    #expect(many.unitCount == 10 && many.pairCount == 1000)
    let known = try rankCorrelation(units.map { $0[0].x }, units.map { $0[0].y }).get()
    #expect(abs(few.rho - known.rho) < 1e-12)
  }
}
