import Foundation
import Testing

@testable import KeptStatistics

@Suite struct GammaGammaTests {
  private static let published = GammaGamma(p: 6.25, q: 3.74, gamma: 15.44)

  /// Those with a repeat, but those who paid nothing for it.
  private func spendings(_ customers: [CDNOWSample.Customer]) -> [GammaGamma.Spending] {
    customers.filter { $0.history.frequency > 0 && $0.meanValue > 0 }.map {
      GammaGamma.Spending(frequency: $0.history.frequency, meanValue: $0.meanValue)
    }
  }

  @Test func `two purchases of 22.35 on average promise 24.66, none promise everybody's mean`() throws {
    let spending = GammaGamma.Spending(frequency: 2, meanValue: 22.35)
    let model = GammaGamma(p: 6.248_80, q: 3.744_59, gamma: 15.447_75)
    #expect(abs(try model.expectedValue(of: spending).get() - 24.658_62) < 5e-5)
    #expect(isClose(try Self.published.populationMean.get(), 6.25 * 15.44 / 2.74, 1e-15))
  }

  @Test func `where the mean is infinite there is none`() throws {
    let heavy = GammaGamma(p: 0.2, q: 0.9, gamma: 10)
    #expect(heavy.populationMean.refusal == .infiniteMean)
    #expect(heavy.expectedValue(of: GammaGamma.Spending(frequency: 1, meanValue: 4)).value != nil)
  }

  @Test(.enabled(if: CDNOWSample.isHere))
  func `CDNOW's parameters are the known ones, with the correlation beside`() throws {
    let rows = spendings(try CDNOWSample.rounded())
    let fit = try GammaGamma.fit(rows).get()
    #expect(abs(fit.model.p - 6.248_80) < 6e-6 && abs(fit.model.q - 3.744_59) < 6e-6)
    #expect(abs(fit.model.gamma - 15.447_75) < 6e-6)
    #expect(abs(fit.logLikelihood - -4_055.923_244) < 1e-6)
    #expect(abs(rows.reduce(0) { $0 + Self.published.logLikelihood($1) } - -4_055.924_713) < 1e-6)
    #expect(abs(try fit.model.populationMean.get() - 35.171) < 1e-3)
    #expect(abs(try fit.model.expectedValue(of: .init(frequency: 2, meanValue: 22.35)).get() - 24.658_62) < 1e-5)
    #expect(abs(try #require(fit.correlation) - 0.114) < 1e-3)
    #expect(fit.customerCount == 946 && fit.gradientNorm < 1e-8 && fit.agreeingStartCount == fit.startCount)
  }

  @Test(.enabled(if: CDNOWSample.isHere))
  func `CDNOW's purchases to the cent give about the same as their rounded means`() throws {
    let customers = try CDNOWSample.customers()
    let fit = try GammaGamma.fit(spendings(customers)).get()
    #expect(abs(fit.model.p - 6.249_572) < 1e-6 && abs(fit.model.q - 3.744_225) < 1e-6)
    #expect(abs(fit.model.gamma - 15.443_521) < 1e-6 && abs(fit.logLikelihood - -4_055.917_695) < 1e-6)
    #expect(fit.customerCount == 946)
  }

  @Test func `the fit is a maximum, in any order, with any weights, and in any currency`() throws {
    var generator = SplitMix64(seed: 11)
    let rows = (0..<300).map { _ in
      let frequency = 1 + generator.next(below: 6)
      let own = 20 + 60 * generator.nextUnit() * generator.nextUnit()
      let spread = (0..<frequency).reduce(0) { sum, _ in sum + 0.5 + generator.nextUnit() } / Double(frequency)
      return GammaGamma.Spending(frequency: frequency, meanValue: (own * spread * 100).rounded() / 100)
    }
    let fit = try GammaGamma.fit(rows).get()
    #expect(isClose(rows.reduce(0) { $0 + fit.model.logLikelihood($1) }, fit.logLikelihood, 1e-12))
    for step in [1.01, 0.99] {
      let paths: [WritableKeyPath<GammaGamma, Double>] = [\.p, \.q, \.gamma]
      for path in paths {
        var other = fit.model
        other[keyPath: path] *= step
        #expect(rows.reduce(0) { $0 + other.logLikelihood($1) } < fit.logLikelihood)
      }
    }
    #expect(try GammaGamma.fit(rows.reversed()).get() == fit)
    let weighted = rows.map { GammaGamma.Spending(frequency: $0.frequency, meanValue: $0.meanValue, weight: 3) }
    let thrice = try GammaGamma.fit(weighted).get()
    #expect(isClose(thrice.model.p, fit.model.p, 1e-6) && isClose(thrice.logLikelihood, 3 * fit.logLikelihood, 1e-9))
    #expect(isClose(try #require(thrice.correlation), try #require(fit.correlation), 1e-9))
    let yen = rows.map { GammaGamma.Spending(frequency: $0.frequency, meanValue: $0.meanValue * 157) }
    #expect(isClose(try GammaGamma.fit(yen).get().model.gamma, 157 * fit.model.gamma, 1e-6))
  }

  @Test func `customers who all spend the same, or too few, make no fit`() {
    let one = GammaGamma.Spending(frequency: 3, meanValue: 10, weight: 29)
    #expect(GammaGamma.fit([one]).refusal == .tooLittleData)
    let same = GammaGamma.Spending(frequency: 3, meanValue: 10, weight: 100)
    #expect(GammaGamma.fit([same]).refusal == .noInteriorMaximum)
  }
}
