import Testing

@testable import KeptFormat

/// Short texts are handled in words that overlap or reach beyond them.
@Suite struct ShortTextTests {
  private func escaped(_ text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in text {
      switch byte {
      case 0x22, 0x5C: out += [0x5C, byte]
      case 0x0A: out += Array("\\n".utf8)
      case 0x00..<0x20: out += Array((byte < 16 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
      default: out.append(byte)
      }
    }
    return out
  }

  @Test func `a text of any length is escaped at any place`() {
    for count in 0...20 {
      let plain = (0..<count).map { UInt8(97 + $0) }
      var variants = [plain]
      for place in 0..<count {
        for byte in [0x22, 0x5C, 0x0A, 0x01, 0x1F, 0x20, 0x7F] as [UInt8] {
          var text = plain
          text[place] = byte
          variants.append(text)
        }
      }
      for text in variants {
        var sink = ByteSink()
        (text + [0x22, 0x5C]).withUnsafeBufferPointer { JSONText.appendInner($0.pointer, count: count, to: &sink) }
        #expect(sink.bytes() == escaped(text), "\(text)")
      }
    }
  }

  @Test func `equal texts have equal codes, wherever in the arena they are and whatever is beside them`() {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    for _ in 0..<20 {
      let arena = (0..<600).map { _ in UInt8.random(in: 97...98, using: &generator) }
      let interner = StringInterner()
      var codes: [[UInt8]: UInt32] = [:]
      arena.withUnsafeBufferPointer { bytes in
        interner.begin(bytes.pointer)
        for number in 0..<2_000 {
          let count = Int.random(in: 0...20, using: &generator)
          let start = number < 20 ? number / 2 : Int.random(in: 0...arena.count - count, using: &generator)
          let text = Array(arena[start..<start + count])
          let expected = codes[text] ?? UInt32(codes.count + 1)
          codes[text] = expected
          #expect(interner.code(ByteSlice(start, count)) == expected, "\(text) at \(start), \(generator)")
        }
      }
    }
  }
}
