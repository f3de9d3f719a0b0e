import Testing

@testable import KeptStatistics

@Suite struct RankingTests {
  @Test func `the area under the curve is the share of pairs in the right order, ties half`() throws {
    var generator = SplitMix64(seed: 3)
    for _ in 0..<200 {
      let count = 2 + generator.next(below: 12)
      let scores = (0..<count).map { _ in Double(generator.next(below: 5)) }
      let isEvent = (0..<count).map { _ in generator.next(below: 2) == 1 }
      var right = 0.0
      var pairs = 0.0
      for i in 0..<count where isEvent[i] {
        for j in 0..<count where !isEvent[j] {
          pairs += 1
          right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
        }
      }
      switch areaUnderCurve(scores: scores, isEvent: isEvent) {
      case .success(let found):
        #expect(isClose(found.area, right / pairs, 1e-12))
        #expect(found.eventCount == isEvent.count { $0 } && found.count == count)
      case .failure(let reason): #expect(reason == .oneOutcomeOnly && pairs == 0)
      }
    }
  }

  @Test func `the standard error of an area is Hanley and McNeil's`() throws {
    // Their table of CT readings, 51 abnormal and 58 normal: area 0.893, standard error 0.032.
    let normal = [33, 6, 6, 11, 2]
    let abnormal = [3, 2, 2, 11, 33]
    var scores: [Double] = []
    var isEvent: [Bool] = []
    for rating in 0..<5 {
      scores += Array(repeating: Double(rating), count: normal[rating] + abnormal[rating])
      isEvent += Array(repeating: false, count: normal[rating]) + Array(repeating: true, count: abnormal[rating])
    }
    let found = try areaUnderCurve(scores: scores, isEvent: isEvent).get()
    #expect(abs(found.area - 0.893) < 5e-4 && abs(found.standardError - 0.032) < 1e-3, "\(found)")
  }

  @Test func `calibration bins hold about as many forecasts each, and equal ones stay together`() {
    let forecasts = (0..<100).map { Double($0 % 50) / 50 }
    let isEvent = (0..<100).map { $0 % 50 >= 25 }
    let bins = calibration(forecasts: forecasts, isEvent: isEvent, binCount: 10)
    #expect(bins.map(\.count) == Array(repeating: 10, count: 10))
    #expect(bins.map(\.observed) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    #expect(bins[0].lowest == 0 && bins[0].highest == 0.08 && isClose(bins[0].meanForecast, 0.04, 1e-14))
    let tied = calibration(
      forecasts: [0.1, 0.1, 0.1, 0.1, 0.9], isEvent: [true, false, false, false, true], binCount: 5)
    #expect(tied.map(\.count) == [4, 1] && tied.map(\.observed) == [0.25, 1])
    #expect(calibration(forecasts: [], isEvent: []).isEmpty)
    let mixed = zip(forecasts, isEvent).reversed()
    #expect(calibration(forecasts: mixed.map(\.0), isEvent: mixed.map(\.1)).map(\.eventCount) == bins.map(\.eventCount))
  }

  @Test func `quantiles of type 7 are R's`() {
    let values = [1.0, 2, 4, 8, 16]
    #expect(quantileType7(values, 0) == 1 && quantileType7(values, 1) == 16 && quantileType7(values, 0.5) == 4)
    // quantile(c(1, 2, 4, 8, 16), c(.1, .9)): 1.4, 12.8.
    #expect(isClose(quantileType7(values, 0.1)!, 1.4, 1e-14) && isClose(quantileType7(values, 0.9)!, 12.8, 1e-14))
    #expect(quantileType7([], 0.5) == nil && quantileType7([7], 0.3) == 7)
    #expect(quantileType7([1, .infinity], 0) == 1)
  }

  @Test func `Gini is half the mean difference over the mean`() throws {
    #expect(try gini([5, 5, 5]).get() == 0)
    #expect(isClose(try gini([0, 0, 0, 9]).get(), 0.75, 1e-14))
    let values = [1.0, 3, 3, 10, 0.5, 22]
    var sum = 0.0
    for one in values { for other in values { sum += abs(one - other) } }
    let mean = values.reduce(0, +) / 6
    #expect(isClose(try gini(values).get(), sum / 36 / (2 * mean), 1e-14))
    #expect(gini([]).refusal == .tooLittleData && gini([0, 0]).refusal == .outsideDomain)
    #expect(gini([-1, 3]).refusal == .outsideDomain)
  }
}
