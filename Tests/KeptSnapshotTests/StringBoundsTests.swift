import Testing

@testable import KeptSnapshot

@Suite struct StringBoundsTests {
  @Test func `the bounds of strings that share long beginnings are those of a plain comparison of bytes`() {
    var random = Randomness(seed: 11)
    for _ in 0..<500 {
      let strings = (0..<Int(1 + random.next() % 20)).map { _ in
        // Few values of a byte and lengths around 8 and 16, so that prefixes tie; zeros, which pad a prefix too.
        (0..<Int(random.next() % 20)).map { _ in [UInt8(0), 0x61, 0x61, 0x61, 0xFF][Int(random.next() % 5)] }
      }
      var dictionary = StringDictionary()
      for string in strings { dictionary.append(string) }
      let codes = strings.indices.map { UInt32($0) }.shuffled(using: &random)
      var buffer = PageBuffer()
      let bounds = dictionary.withPointers { pointers in
        codes.withUnsafeBufferPointer { pointers.append($0, to: &buffer) }
      }
      let sorted = strings.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(strings[Int(bounds.lowest)] == sorted.first)
      #expect(strings[Int(bounds.highest)] == sorted.last)
      #expect(buffer.count == strings.reduce(0) { $0 + $1.count + 4 })
    }
  }
}
