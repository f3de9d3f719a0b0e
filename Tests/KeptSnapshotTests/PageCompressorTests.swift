import KeptFormat
import Testing

@testable import KeptSnapshot

/// liblz4 is the oracle: it must read what the compressor writes.
@Suite struct PageCompressorTests {
  private func roundTrip(_ page: [UInt8]) -> (storedCount: Int, copy: [UInt8]) {
    let compressor = PageCompressor()
    var stored = [UInt8](repeating: 0xAA, count: LZ4Block.bound(page.count))
    let count = page.withUnsafeBytes { source in
      stored.withUnsafeMutableBytes { compressor.compress(source, into: $0) }
    }
    var copy = [UInt8](repeating: 0, count: page.count)
    let isRead = stored.withUnsafeBytes { bytes in
      copy.withUnsafeMutableBytes {
        LZ4Block.decompress(UnsafeRawBufferPointer(rebasing: bytes[..<(count ?? 0)]), into: $0)
      }
    }
    return (count ?? 0, isRead ? copy : [])
  }

  @Test func `liblz4 reads pages of every length and repetition`() {
    var random = Randomness(seed: 3)
    for count in Array(1...300) + [4095, 4096, 65_535, 65_536, 70_000, 200_000] {
      for distinct: UInt64 in [1, 2, 5, 256] {
        var page = (0..<count).map { _ in UInt8(random.next() % distinct) }
        if count > 2000 {
          // Long repeats from near and from beyond the reach of a match.
          page.replaceSubrange(1000..<1900, with: page[0..<900])
          page.replaceSubrange(count - 900..<count, with: page[0..<900])
        }
        #expect(roundTrip(page).copy == page, "\(count) bytes of \(distinct) values")
      }
    }
  }

  @Test func `repetition is found and noise costs next to nothing`() {
    var random = Randomness(seed: 4)
    let noise = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    #expect(roundTrip(noise).storedCount < 100_500)
    #expect(roundTrip([UInt8](repeating: 7, count: 100_000)).storedCount < 500)
    let text = Array((0..<10_000).flatMap { "customer C-\($0 * 3) of Zürich\n".utf8 })
    #expect(roundTrip(text).storedCount < text.count / 2)
  }

  @Test func `the bytes of a block are settled`() {
    let page = Array((0..<2000).flatMap { "\($0 % 37) and \($0)," .utf8 })
    let compressor = PageCompressor()
    var stored = [UInt8](repeating: 0, count: LZ4Block.bound(page.count))
    let count = page.withUnsafeBytes { source in
      stored.withUnsafeMutableBytes { compressor.compress(source, into: $0) }
    }
    #expect(
      SHA256.hash(Array(stored.prefix(count ?? 0))).hex
        == "f11a57ace19f07aaf9feb5156e9624fc3155e895cc19677dfa652f06b6ef3b5f")
  }

  @Test func `a target that is too small is never overrun`() {
    let page = Array((0..<500).flatMap { "\($0 * 7)," .utf8 })
    let compressor = PageCompressor()
    for capacity in 0..<page.count {
      var stored = [UInt8](repeating: 0xAA, count: capacity + 8)
      let count = page.withUnsafeBytes { source in
        stored.withUnsafeMutableBytes {
          compressor.compress(source, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<capacity]))
        }
      }
      #expect((count ?? 0) <= capacity)
      #expect(stored.suffix(8).allSatisfy { $0 == 0xAA })
    }
  }
}
