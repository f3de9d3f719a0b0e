import Foundation
import Testing

@testable import KeptStatistics

@Suite struct LogRankTests {
  @Test func `6-MP against placebo differs as published`() throws {
    let test = try LogRank.test(Leukaemia.treated + Leukaemia.placebo).get()
    #expect(isClose(test.chiSquare, 16.7929, 1e-5))
    #expect(test.degreesOfFreedom == 1)
    #expect(isClose(test.pValue, 4.17e-5, 1e-3))
    #expect(test.groups.map(\.observed) == [21, 9])
    // R, survdiff: expected 10.7 and 19.3.
    #expect(test.groups.map { ($0.expected * 10).rounded() / 10 } == [10.7, 19.3])
  }

  @Test func `with two strata the covariance matrix gives the textbook quotient`() {
    for seed in 0..<300 as Range<UInt64> {
      let data = randomObservations(seed: seed, count: 12, strata: 2)
      var difference = 0.0
      var variance = 0.0
      for time in Set(data.lazy.filter { $0.cause != nil }.map(\.exit)).sorted() {
        let here = data.filter { ($0.entry ?? -1) < time && time <= $0.exit }
        func count(_ of: (SurvivalObservation) -> Bool) -> Double {
          Double(here.lazy.filter(of).reduce(0) { $0 + $1.weight })
        }
        let n = count { _ in true }
        let n1 = count { $0.stratum == 1 }
        let d = count { $0.exit == time && $0.cause != nil }
        guard n > 0 else { continue }
        difference += count { $0.exit == time && $0.cause != nil && $0.stratum == 1 } - n1 * d / n
        if n > 1 { variance += n1 * (n - n1) * d * (n - d) / (n * n * (n - 1)) }
      }
      switch LogRank.test(data) {
      case .success(let test): #expect(isClose(test.chiSquare, difference * difference / variance, 1e-9, scale: 1e-6))
      case .failure(let reason): #expect(reason == .tooLittleData && variance == 0, "seed \(seed)")
      }
    }
  }

  @Test func `the strata may be any numbers in any order, and differences add up to nothing`() throws {
    for seed in 0..<50 as Range<UInt64> {
      let data = randomObservations(seed: seed, count: 60, strata: 4)
      let test = try LogRank.test(data).get()
      #expect(test.degreesOfFreedom == 3)
      let lost = test.groups.reduce(0) { $0 + Double($1.observed) - $1.expected }
      #expect(abs(lost) < 1e-9)
      let renamed = data.reversed().map { observation in
        var other = observation
        other.stratum = [70, -3, 12, 5][observation.stratum]
        return other
      }
      let again = try LogRank.test(renamed).get()
      #expect(isClose(again.chiSquare, test.chiSquare, 1e-9), "seed \(seed)")
      #expect(again.groups.map(\.stratum) == [-3, 5, 12, 70])
    }
  }

  @Test func `strata that were never at risk together cannot be compared`() {
    #expect(LogRank.test([]).refusal == .tooLittleData)
    #expect(LogRank.test(Leukaemia.treated).refusal == .tooLittleData)
    #expect(
      LogRank.test([
        SurvivalObservation(exit: 1, isEvent: true, stratum: 0),
        SurvivalObservation(entry: 1, exit: 2, isEvent: true, stratum: 1),
      ]).refusal == .tooLittleData)
  }
}
