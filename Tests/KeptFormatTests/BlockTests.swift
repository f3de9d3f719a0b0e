import KeptFormat
import Testing

@Suite struct BlockTests {
  @Test(arguments: [1, 2, 3, 7, 127, 128, 129, 500, 3_000])
  func `a block gives back the events it was made of`(count: Int) throws {
    for seed in 0..<(count < 500 ? 12 : 3) {
      let events = randomEvents(count, seed: UInt64(seed * 10_000 + count))
      let back = try decoded(encoded(events))
      let different = zip(events, back).enumerated().first { $0.element.0 != $0.element.1 }
      #expect(back.count == count && different == nil, "seed \(seed), first difference: \(String(describing: different))")
    }
  }
}
