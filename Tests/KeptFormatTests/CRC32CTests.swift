import Testing

@testable import KeptFormat

@Suite struct CRC32CTests {
  /// RFC 3720, B.4.
  static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    (
      [
        0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      ], 0xd996_3a56
    ),
    (Array("123456789".utf8), 0xe306_9283), ([], 0),
  ]

  @Test(arguments: vectors.indices) func `the published bytes have the published checksums`(index: Int) {
    let (bytes, checksum) = Self.vectors[index]
    #expect(CRC32C.checksum(bytes) == checksum)
    #expect(bytes.withUnsafeBytes { CRC32C.portableChecksum($0) } == checksum)
  }

  @Test func `the instruction and the Swift path agree at every length near a lane's end, and on random ones`() {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    let bytes = generator.bytes(120_000)
    var counts: [Int] = []
    for laneEnd in [3072, 6144, 24576, 27648, 49152] { counts += Array(laneEnd - 9...laneEnd + 9) }
    for _ in 0..<100 { counts.append(Int.random(in: 0...120_000, using: &generator)) }
    bytes.withUnsafeBytes { all in
      for count in counts {
        let slice = UnsafeRawBufferPointer(rebasing: all[(all.count - count)...])
        #expect(CRC32C.checksum(slice) == CRC32C.portableChecksum(slice), "\(count) bytes, \(generator)")
      }
    }
  }

  @Test func `a checksum continues where another ended`() {
    var generator = SeededGenerator(seed: 3)
    let bytes = generator.bytes(5000)
    for cut in [0, 1, 7, 8, 2500, 4999, 5000] {
      let first = CRC32C.checksum(Array(bytes[..<cut]))
      #expect(CRC32C.checksum(Array(bytes[cut...]), from: first) == CRC32C.checksum(bytes))
    }
  }
}
