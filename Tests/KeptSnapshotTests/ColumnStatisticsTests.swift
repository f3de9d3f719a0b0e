import Testing

@testable import KeptSnapshot

@Suite struct ColumnStatisticsTests {
  private func bound(_ text: String, upper: Bool) -> (text: String?, isExact: Bool) {
    Array(text.utf8).withUnsafeBytes { bytes in
      let found: (bound: [UInt8]?, isExact: Bool) =
        upper ? ColumnStatistics.upperBound(bytes) : ColumnStatistics.lowerBound(bytes)
      return (found.bound.map { String(decoding: $0, as: UTF8.self) }, found.isExact)
    }
  }

  @Test func `a string of up to 64 bytes is its own bound`() {
    for text in ["", "a", String(repeating: "x", count: 64)] {
      #expect(bound(text, upper: false) == (text, true))
      #expect(bound(text, upper: true) == (text, true))
    }
  }

  @Test func `a longer string is cut, and the cut upper bound is raised above all that begins with it`() {
    let text = String(repeating: "x", count: 63) + "yz"
    #expect(bound(text, upper: false) == (String(repeating: "x", count: 63) + "y", false))
    #expect(bound(text, upper: true) == (String(repeating: "x", count: 63) + "z", false))
  }

  @Test func `a cut falls between characters and a raised bound is UTF-8`() {
    // "é" has two bytes, the second of which would be byte 65.
    let text = String(repeating: "x", count: 63) + "éé"
    #expect(bound(text, upper: false) == (String(repeating: "x", count: 63), false))
    #expect(bound(text, upper: true) == (String(repeating: "x", count: 62) + "y", false))
    let beforeSurrogates = String(repeating: "\u{D7FF}", count: 30)
    #expect(bound(beforeSurrogates, upper: true).text == String(repeating: "\u{D7FF}", count: 20) + "\u{E000}")
  }

  @Test func `the last of all characters cannot be raised, so the one before is, or there is no bound`() {
    let last = String(repeating: "\u{10FFFF}", count: 20)
    #expect(bound(last, upper: true) == (nil, false))
    #expect(bound("a" + last, upper: true) == ("b", false))
  }

  @Test func `zero is bounded by both zeros, and a NaN takes the bounds away`() {
    func bounds(_ values: [Double]) -> (low: UInt64?, high: UInt64?) {
      var statistics = ColumnStatistics(nullCount: 0)
      values.withUnsafeBufferPointer { statistics.setBounds(doubles: $0) }
      func bits(_ bytes: [UInt8]?) -> UInt64? { bytes?.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
      return (bits(statistics.minimum), bits(statistics.maximum))
    }
    #expect(bounds([0]) == ((-0.0).bitPattern, 0.0.bitPattern))
    #expect(bounds([-0.0, 0]) == ((-0.0).bitPattern, 0.0.bitPattern))
    #expect(bounds([-3, 2.5, -.infinity]) == ((-Double.infinity).bitPattern, 2.5.bitPattern))
    #expect(bounds([1, .nan, 2]) == (nil, nil))
    #expect(bounds([.nan, 1]) == (nil, nil))
    #expect(bounds([]) == (nil, nil))
  }
}
