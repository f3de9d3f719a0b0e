import Testing

@testable import KeptStatistics

@Suite struct ShareTests {
  @Test func `Holm raises p-values as R's p adjust does`() {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"): 0.03 0.06 0.06 0.02.
    let found = holm([0.01, 0.04, 0.03, 0.005])
    #expect(zip(found, [0.03, 0.06, 0.06, 0.02]).allSatisfy { isClose($0, $1, 1e-14) })
    #expect(holm([0.5, 0.9, 0.7]) == [1, 1, 1] && holm([]) == [])
  }

  @Test func `leavers with probabilities of their own add up`() {
    let found = poissonBinomial([0.1, 0.5, 0.5, 1])
    #expect(isClose(found.mean, 2.1, 1e-15) && isClose(found.standardDeviation, 0.59.squareRoot(), 1e-15))
    #expect(poissonBinomial([]) == (0, 0))
  }

  @Test func `a net promoter score comes with its standard error, in points`() throws {
    let found = try #require(netPromoterScore(promoters: 50, detractors: 20, answers: 100))
    // √((0.5 + 0.2 − 0.3²)/100) = 0.0781.
    #expect(isClose(found.score, 30, 1e-14) && isClose(found.standardError, 7.810_249_675_906_654, 1e-13))
    #expect(netPromoterScore(promoters: 0, detractors: 0, answers: 0) == nil)
    #expect(netPromoterScore(promoters: 7, detractors: 0, answers: 7) == NetPromoterScore(score: 100, standardError: 0))
  }

  @Test func `a rate of few observations is drawn to the mean of all, one of many is not`() throws {
    // By hand: mean 0.3, S = 100·0.04 + 100·0.04 = 8, S/(0.3·0.7) = 38.095, less 1; below 200 − 100 − 1 = 99.
    let prior = try BetaPrior.byMoments([(10, 100), (50, 100)]).get()
    let share = (8 / 0.21 - 1) / 99
    #expect(isClose(prior.mean, 0.3, 1e-14) && isClose(prior.strength, (1 - share) / share, 1e-12))
    #expect(isClose(prior.shrunkenRate(events: 0, count: 0), 0.3, 1e-14))
    #expect(prior.shrunkenRate(events: 1, count: 1) < 0.8)
    #expect(isClose(prior.shrunkenRate(events: 500_000, count: 1_000_000), 0.5, 1e-5))
  }

  @Test func `groups that differ by chance alone all get the mean`() throws {
    let prior = try BetaPrior.byMoments([(10, 100), (11, 100), (9, 100)]).get()
    #expect(prior.strength == .infinity && prior.shrunkenRate(events: 11, count: 100) == prior.mean)
    #expect(try BetaPrior.byMoments([(0, 10), (0, 20)]).get().shrunkenRate(events: 0, count: 10) == 0)
    #expect(BetaPrior.byMoments([(1, 10)]).refusal == .tooLittleData)
    #expect(BetaPrior.byMoments([(1, 1), (0, 1), (0, 0)]).refusal == .tooLittleData)
  }

  @Test func `a prior is found again in the groups that it made`() throws {
    // Beta(2, 6): a rate is the second smallest of seven uniform numbers.
    var generator = SplitMix64(seed: 4)
    let groups = (0..<4000).map { _ in
      let rate = (0..<7).map { _ in generator.nextUnit() }.sorted()[1]
      let count = 5 + generator.next(below: 60)
      return (events: (0..<count).count { _ in generator.nextUnit() < rate }, count: count)
    }
    let prior = try BetaPrior.byMoments(groups).get()
    #expect(isClose(prior.mean, 0.25, 0.03) && isClose(prior.strength, 8, 0.1), "\(prior)")
  }
}
