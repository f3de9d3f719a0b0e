import Testing

@testable import KeptStatistics

@Suite struct CorrelationTests {
  @Test func `Spearman's ρ is that of the ranks, ties at the mean of theirs`() throws {
    #expect(midranks([10, 30, 10, 20, 10]) == [2, 5, 2, 4, 2])
    let found = try rankCorrelation([1, 2, 2, 3, 5, 8], [4, 1, 4, 4, 9, 7]).get()
    // Ranks 1 2.5 2.5 4 5 6 and 3 1 3 3 6 5: Σxy = 11.5, Σx² = 17, Σy² = 15.5 about their means.
    #expect(isClose(found.rho, 11.5 / (17.0 * 15.5).squareRoot(), 1e-15))
    #expect(found.count == 6)
    // IQ and hours of television, the example of most textbooks: −29/165.
    let television = try rankCorrelation(
      [106, 100, 86, 101, 99, 103, 97, 113, 112, 110], [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    ).get()
    #expect(isClose(television.rho, -29.0 / 165, 1e-14))
    // atanh(−0.17576) ± 1.96·√((1 + 0.01545)/7).
    #expect(
      isClose(television.interval.lower, -0.727_830_028, 1e-8)
        && isClose(television.interval.upper, 0.514_546_662, 1e-8))
    #expect(isClose(television.pValue, 0.638_433_778, 1e-8))
  }

  @Test func `the same order is 1, the opposite one −1, in any curve`() throws {
    let x = [1.0, 2, 3, 4, 5]
    let up = try rankCorrelation(x, x.map { $0 * $0 * $0 }).get()
    #expect(up.rho == 1 && up.interval == Interval(lower: 1, upper: 1) && up.pValue == 0)
    #expect(try rankCorrelation(x, x.map { 1 / $0 }).get().rho == -1)
  }

  @Test func `nothing is said of three pairs, or of one that does not vary`() {
    #expect(rankCorrelation([1, 2, 3], [1, 2, 3]).refusal == .tooLittleData)
    #expect(rankCorrelation([1, 1, 1, 1], [1, 2, 3, 4]).refusal == .noVariation)
  }

  @Test func `the least-squares line of Anscombe's first set is the published one`() throws {
    // Anscombe 1973, The American Statistician 27: y = 3.00 + 0.500x, with a standard error of 0.118.
    let x = [10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    let line = try ordinaryLeastSquaresSlope(x, y).get()
    #expect(isClose(line.slope, 0.500_090_909_090_909, 1e-12))
    #expect(isClose(line.intercept, 3.000_090_909_090_909, 1e-12))
    #expect(isClose(try #require(line.slopeStandardError), 0.117_905_500, 1e-7))
    let exact = try ordinaryLeastSquaresSlope([0, 2], [1, 5]).get()
    #expect(exact.slope == 2 && exact.intercept == 1 && exact.slopeStandardError == nil)
    #expect(ordinaryLeastSquaresSlope([3, 3], [1, 5]).refusal == .noVariation)
    #expect(ordinaryLeastSquaresSlope([3], [1]).refusal == .tooLittleData)
  }
}
