import Testing

@testable import KeptStatistics

@Suite struct BootstrapTests {
  @Test func `a bootstrap interval of a mean is the normal one, and the seed's`() throws {
    var generator = SplitMix64(seed: 8)
    let values = (0..<400).map { _ in generator.nextUnit() }
    func mean(_ drawn: [Int]) -> Double? { drawn.reduce(0) { $0 + values[$1] } / Double(drawn.count) }
    let found = try bootstrap(count: 400, seed: 1, statistic: mean).get()
    let centre = values.reduce(0, +) / 400
    let error = (values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }).squareRoot() / 400
    #expect(isClose(found.interval.lower, centre - 1.96 * error, 0.01))
    #expect(isClose(found.interval.upper, centre + 1.96 * error, 0.01))
    #expect(found.resampleCount == 1000)
    #expect(try bootstrap(count: 400, seed: 1, statistic: mean).get() == found)
    #expect(try bootstrap(count: 400, seed: 2, statistic: mean).get() != found)
    #expect(bootstrap(count: 0, seed: 1, statistic: mean).refusal == .tooLittleData)
    #expect(bootstrap(count: 3, seed: 1) { _ in nil }.refusal == .tooLittleData)
  }

  @Test func `groups are drawn from apart, each in its own size`() throws {
    let values = [[1.0, 2, 3, 4, 5, 6, 7, 8], [11, 12, 13]]
    var sizes: Set<[Int]> = []
    let found = try bootstrap(counts: [8, 3], seed: 5) { drawn in
      sizes.insert(drawn.map(\.count))
      let means = zip(drawn, values).map { members, all in
        members.reduce(0) { $0 + all[$1] } / Double(members.count)
      }
      return means[1] - means[0]
    }.get()
    #expect(sizes == [[8, 3]])
    #expect(found.interval.lower > 5 && found.interval.lower < 7.5)
    #expect(found.interval.upper > 7.5 && found.interval.upper < 10)
    #expect(bootstrap(counts: [8, 0], seed: 5) { _ in 1 }.refusal == .tooLittleData)
  }

  @Test func `a seed is that of its names and of where one ends`() {
    #expect(SplitMix64.seed(of: "S1.9", "2024-03") == SplitMix64.seed(of: "S1.9", "2024-03"))
    #expect(SplitMix64.seed(of: "a", "bc") != SplitMix64.seed(of: "ab", "c"))
    // FNV-1a of "a" is 0xAF63DC4C8601EC8C; then the 0xFF.
    let ofLetter: UInt64 = 0xAF63_DC4C_8601_EC8C
    #expect(SplitMix64.seed(of: "a") == (ofLetter ^ 0xFF) &* 0x100_0000_01B3)
  }
}
