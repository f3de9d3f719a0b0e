import Foundation
import Testing

@testable import KeptStatistics

@Suite struct BGNBDFitTests {
  @Test(.enabled(if: CDNOWSample.isHere))
  func `CDNOW's parameters are the known ones to seven digits`() throws {
    let histories = try CDNOWSample.customers().map(\.history)
    #expect(histories.count == 2357 && histories.count { $0.frequency == 0 } == 1411)
    #expect(histories.reduce(0) { $0 + $1.frequency } == 2457)
    #expect(abs(histories.reduce(0) { $0 + $1.recency } - 16_135.5714) < 1e-4)
    #expect(abs(histories.reduce(0) { $0 + $1.age } - 77_111.2857) < 1e-4)
    let fit = try BGNBD.fit(histories).get()
    #expect(abs(fit.model.r - 0.242_594_5) < 1e-7)
    #expect(abs(fit.model.alpha - 4.413_602_2) < 2e-6)
    #expect(abs(fit.model.a - 0.792_921_9) < 1e-6)
    #expect(abs(fit.model.b - 2.425_906_2) < 3e-6)
    #expect(abs(fit.logLikelihood - -9_582.429_207) < 1e-6)
    #expect(fit.gradientNorm < 1e-8 && fit.agreeingStartCount == fit.startCount, "\(fit)")
    #expect(fit.customerCount == 2357 && fit.rowCount < 1200)
    // As the quickstart of lifetimes prints them.
    #expect(fit.parameters.map(\.name) == ["r", "alpha", "a", "b"])
    let errors = fit.parameters.map { ($0.standardError * 1000).rounded() / 1000 }
    #expect(errors == [0.013, 0.378, 0.186, 0.705])
    let sum = histories.reduce(0) { $0 + fit.model.logLikelihood($1) }
    #expect(isClose(sum, fit.logLikelihood, 1e-12))
    let counts = (0...6).map { count in
      histories.reduce(0) { $0 + fit.model.probability(ofCount: count, within: $1.age) }
    }
    let known = [1407.68, 460.32, 192.46, 101.16, 59.85, 38.12, 25.55]
    #expect(zip(counts, known).allSatisfy { abs($0 - $1) < 0.006 }, "\(counts)")
  }

  @Test(.enabled(if: CDNOWSample.isHere))
  func `times rounded to two decimals move the fourth digit`() throws {
    let fit = try BGNBD.fit(try CDNOWSample.rounded().map(\.history)).get()
    #expect(abs(fit.model.r - 0.242_592_9) < 1e-7 && abs(fit.model.alpha - 4.413_531_5) < 2e-6)
    #expect(abs(fit.model.a - 0.792_886_1) < 1e-6 && abs(fit.model.b - 2.425_753_7) < 3e-6)
    #expect(abs(fit.logLikelihood - -9_582.425_561) < 1e-6)
  }

  @Test(.enabled(if: CDNOWSample.isHere))
  func `purchases of one day left apart give the classic wrong answer`() throws {
    let histories = try CDNOWSample.customers(mergingDays: false).map(\.history)
    #expect(histories.reduce(0) { $0 + $1.frequency } == 2603)
    let fit = try BGNBD.fit(histories).get()
    #expect(abs(fit.model.r - 0.217_66) < 1e-5 && abs(fit.model.alpha - 3.273_52) < 1e-5)
    #expect(abs(fit.model.a - 0.801_62) < 1e-5 && abs(fit.model.b - 2.285_25) < 1e-5)
    #expect(abs(fit.logLikelihood - -9_743.891) < 1e-3)
  }

  @Test func `neither the order of customers nor the way weights are written changes a bit`() throws {
    let histories = BGNBD(r: 0.5, alpha: 6, a: 0.8, b: 2.5).simulated(count: 400, seed: 5)
    let apart = histories.flatMap { history in [history, history] }
    let together = histories.reversed().map { history in
      PurchaseHistory(frequency: history.frequency, recency: history.recency, age: history.age, weight: 2)
    }
    let fit = try BGNBD.fit(apart).get()
    #expect(try BGNBD.fit(together).get() == fit)
    // In another unit of time only α changes.
    let days = histories.map {
      PurchaseHistory(frequency: $0.frequency, recency: $0.recency * 7, age: $0.age * 7, weight: 2)
    }
    let inDays = try BGNBD.fit(days).get().model
    #expect(isClose(inDays.alpha, fit.model.alpha * 7, 1e-6) && isClose(inDays.b, fit.model.b, 1e-6))
  }

  @Test func `the gradient that stops the search is the slope of the likelihood`() throws {
    let histories = BGNBD(r: 0.5, alpha: 6, a: 0.8, b: 2.5).simulated(count: 300, seed: 6)
    let best = try BGNBD.fit(histories).get()
    func sum(_ model: BGNBD) -> Double { histories.reduce(0) { $0 + model.logLikelihood($1) } }
    for step in [1.01, 0.99] {
      let paths: [WritableKeyPath<BGNBD, Double>] = [\.r, \.alpha, \.a, \.b]
      for path in paths {
        var other = best.model
        other[keyPath: path] *= step
        #expect(sum(other) < best.logLikelihood)
      }
    }
  }

  @Test func `the parameters that made a hundred thousand customers are found again, in little time`() throws {
    let truth = BGNBD(r: 0.6, alpha: 8, a: 0.9, b: 3)
    let histories = truth.simulated(count: 100_000, seed: 7)
    var fit: BGNBD.Fit?
    let time = try ContinuousClock().measure { fit = try BGNBD.fit(histories).get() }
    let found = try #require(fit)
    print("BG/NBD of \(found.customerCount) customers, \(found.rowCount) distinct histories: \(time)")
    #expect(isClose(found.model.r, truth.r, 0.03) && isClose(found.model.alpha, truth.alpha, 0.05))
    #expect(isClose(found.model.a, truth.a, 0.1) && isClose(found.model.b, truth.b, 0.1))
  }
}
