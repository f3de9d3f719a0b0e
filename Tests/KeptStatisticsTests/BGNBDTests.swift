import Foundation
import Testing

@testable import KeptStatistics

@Suite struct BGNBDTests {
  private static let published = BGNBD(r: 0.243, alpha: 4.414, a: 0.793, b: 2.426)

  struct Customer: CustomTestStringConvertible {
    var x: Int
    var recency: Double
    var logLikelihood: Double?
    var pAlive: Double
    var expected: Double

    var history: PurchaseHistory { PurchaseHistory(frequency: x, recency: recency, age: 38.86) }
    var testDescription: String { "x \(x), t_x \(recency)" }
  }

  @Test(arguments: [
    Customer(x: 2, recency: 30.43, logLikelihood: -9.458_606_31, pAlive: 0.726_578_57, expected: 1.226_028_17),
    Customer(x: 1, recency: 1.71, logLikelihood: -4.469_093_28, pAlive: 0.212_100_99, expected: 0.203_186_99),
    Customer(x: 0, recency: 0, logLikelihood: -0.554_713_28, pAlive: 1, expected: 0.195_098_05),
    Customer(x: 7, recency: 29.43, logLikelihood: -21.863_276_27, pAlive: 0.641_756_35, expected: 3.337_053_27),
    Customer(x: 29, recency: 37, logLikelihood: nil, pAlive: 0.913_922_42, expected: 18.611_268_01),
    Customer(x: 10, recency: 10, logLikelihood: nil, pAlive: 0.000_185_39, expected: 0.001_349_21),
  ])
  func `at the published parameters a customer's figures are the known ones`(customer: Customer) throws {
    let model = Self.published
    if let expected = customer.logLikelihood {
      #expect(abs(model.logLikelihood(customer.history) - expected) < 5.1e-9)
    }
    let pAlive = model.pAlive(customer.history)
    if customer.x == 0 {
      #expect(pAlive == .failure(.noRepeatYet))
    } else {
      #expect(abs(try pAlive.get() - customer.pAlive) < 5.1e-9)
    }
    #expect(abs(try model.expectedPurchases(within: 39, after: customer.history).get() - customer.expected) < 5.1e-9)
  }

  @Test func `a new customer of CDNOW will buy 1.2 times in 39 weeks, and a regular one 25.8 times in the next 52`()
    throws
  {
    #expect(abs(try Self.published.expectedPurchases(within: 39).get() - 1.196_723_19) < 5.1e-9)
    // The walkthrough of the R package BTYD, whose parameters are these to more digits.
    let model = BGNBD(r: 0.242_594_5, alpha: 4.413_602_2, a: 0.792_921_9, b: 2.425_906_2)
    let regular = PurchaseHistory(frequency: 26, recency: 30.86, age: 31)
    #expect(abs(try model.expectedPurchases(within: 52, after: regular).get() - 25.759) < 2e-3)
  }

  @Test func `for a of any size the expectation is the definition's integral`() throws {
    // One with rate λ and chance p of leaving buys (1 − exp(−λpt))/p times in t; λ is gamma(r + x, α + T) and p is
    // Beta(a, b + x) among those alive. Over p by the midpoint rule in u, p = u^k.
    for a in [0.2, 0.793, 0.999_999_999, 1, 1.000_01, 1.5, 4, 60] {
      for (x, age, time) in [(0, 0.0, 39.0), (3, 20, 52), (29, 38.86, 39), (3, 20, 2000)] {
        let model = BGNBD(r: 0.7, alpha: 4.4, a: a, b: 2.4)
        let shape = model.r + Double(x)
        let rate = model.alpha + age
        let lnBeta = lgamma(a) + lgamma(model.b + Double(x)) - lgamma(a + model.b + Double(x))
        let count = 20_000
        let k = max(1, 3 / a)
        var sum = 0.0
        for i in 0..<count {
          let u = (Double(i) + 0.5) / Double(count)
          let p = pow(u, k)
          let density = Foundation.exp((a * k - 1) * log(u) + (model.b + Double(x) - 1) * log1p(-p) - lnBeta) * k
          sum += density * -expm1(-shape * log1p(p * time / rate)) / p
        }
        let found = try model.purchasesWhileAlive(frequency: x, age: age, within: time).get()
        #expect(isClose(found, sum / Double(count), 2e-5), "a \(a), x \(x), t \(time)")
      }
    }
  }

  @Test func `thousands of purchases and years of weeks overflow nothing`() throws {
    for x in [500, 5000] {
      for model in [Self.published, BGNBD(r: 3, alpha: 2, a: 0.01, b: 50), BGNBD(r: 0.1, alpha: 30, a: 9, b: 0.2)] {
        let history = PurchaseHistory(frequency: x, recency: 400, age: 410)
        #expect(model.logLikelihood(history).isFinite)
        #expect((0...1).contains(try model.pAlive(history).get()))
        let expected = try model.expectedPurchases(within: 52, after: history).get()
        #expect(expected >= 0 && expected < Double(x))
      }
    }
    let gone = PurchaseHistory(frequency: 5000, recency: 1, age: 400)
    #expect(try Self.published.pAlive(gone).get() == 0)
    #expect(try Self.published.expectedPurchases(within: 52, after: gone).get() == 0)
  }

  @Test func `where the expectation does not exist there is none`() {
    let model = BGNBD(r: 1, alpha: 1, a: 0.2, b: 0.3)
    let silent = PurchaseHistory(frequency: 0, recency: 0, age: 10)
    #expect(model.expectedPurchases(within: 10, after: silent).refusal == .expectationUndefined)
    #expect(model.expectedPurchases(within: 10).refusal == .expectationUndefined)
    #expect(model.expectedPurchases(within: 10, after: PurchaseHistory(frequency: 1, recency: 1, age: 10)).value != nil)
    #expect(Self.published.expectedPurchases(within: 1e8).refusal == .seriesTooLong)
    #expect(Self.published.expectedPurchases(within: 0).value == 0)
  }

  @Test func `counts of purchases are a distribution whose mean is the expectation`() throws {
    let model = Self.published
    let chances = (0...400).map { model.probability(ofCount: $0, within: 39) }
    #expect(chances.allSatisfy { $0 >= 0 })
    #expect(isClose(chances.reduce(0, +), 1, 1e-9))
    let mean = chances.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
    #expect(isClose(mean, try model.expectedPurchases(within: 39).get(), 1e-6))
  }

  @Test func `customers that do not vary, or too few, make no fit`() {
    let few = (0..<29).map { PurchaseHistory(frequency: 1, recency: Double($0), age: 30) }
    #expect(BGNBD.fit(few).refusal == .tooLittleData)
    #expect(BGNBD.fit([PurchaseHistory(frequency: 0, recency: 0, age: 30, weight: 1000)]).refusal == .tooLittleData)
    let same = [PurchaseHistory(frequency: 4, recency: 29, age: 30, weight: 1000)]
    #expect(BGNBD.fit(same).refusal == .noInteriorMaximum)
  }
}
