import KeptHostileInput
import Testing

@testable import KeptFormat

@Suite struct BlockDamageTests {
  private let block = encoded(randomEvents(24, seed: 2, EventMix(presence: 0.2, dataKeys: 3)))

  @Test func `every changed byte of a block is found`() throws {
    for offset in block.indices {
      var damaged = block
      damaged[offset] ^= 1 << UInt8(offset % 8)
      #expect(throws: FormatError.self, "byte \(offset)") { try decoded(damaged) }
    }
  }

  @Test func `every cut of a block is found`() throws {
    for length in 0..<block.count {
      #expect(throws: FormatError.self, "\(length) bytes") { try decoded(Array(block[..<length])) }
    }
  }

  @Test func `damage to a column names the column, the place and both checksums`() throws {
    let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
    let entry = try #require(header.column(.time))
    var damaged = block
    damaged[entry.offset + 3] ^= 0x10
    let computed = CRC32C.checksum(Array(damaged[entry.offset..<entry.offset + entry.byteCount]))
    let expected = FormatError(
      .checksumMismatch(stored: entry.checksum, computed: computed), offset: entry.offset, column: "time")
    #expect(throws: expected) { try decoded(damaged) }
  }

  /// Bytes with sound checksums are still only claims: a decoder never trusts them further than it must.
  @Test func `a block changed and checksummed anew is refused or read, and never traps`() throws {
    var random = SeededGenerator(seed: 77)
    for round in 0..<1_500 {
      var forged = block
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        forged[Int.random(in: LogFormat.blockFixedByteCount..<forged.count, using: &random)] =
          round % 3 == 0 ? UInt8.random(in: 0...4, using: &random) : UInt8.random(in: 0...255, using: &random)
      }
      fixChecksums(&forged)
      _ = try? decoded(forged)
    }
  }

  @Test func `a block of random bytes behind a sound header never traps`() throws {
    var random = SeededGenerator(seed: 78)
    let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
    for _ in 0..<1_000 {
      var forged = block
      let entry = header.columns.randomElement(using: &random)!
      for offset in entry.offset..<entry.offset + entry.byteCount where random.chance(0.5) {
        forged[offset] = UInt8.random(in: 0...255, using: &random)
      }
      fixChecksums(&forged)
      _ = try? decoded(forged)
    }
  }

  @Test func `a reserved byte that is not zero is refused`() throws {
    for offset in LogFormat.blockReservedOffset..<LogFormat.blockFixedByteCount {
      var forged = block
      forged[offset] = 1
      fixChecksums(&forged)
      #expect(throws: FormatError(.invalid("a reserved byte that is not zero"), offset: offset)) { try decoded(forged) }
    }
  }

  @Test func `an unknown version, column and codec are named`() throws {
    var newer = block
    newer[8] = 2
    #expect(throws: FormatError(.unknown("block version", 2), offset: 8)) { try decoded(newer) }

    let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
    let entry = try #require(header.column(.time))
    var moded = block
    moded[entry.offset + 1] = 64
    fixChecksums(&moded)
    #expect(throws: FormatError(.unknown("integer mode", 64), offset: entry.offset + 1, column: "time")) {
      try decoded(moded)
    }
    [UInt8]([9, 1, 0]).withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      #expect(throws: FormatError(.unknown("codec", 9), offset: 0)) { _ = try BlobDecoder().decode(&reader) }
    }

    var strange = block
    let first = LogFormat.blockFixedByteCount + 1 + header.kinds.reduce(0) { $0 + $1.kind.utf8.count + 2 }
    #expect(strange[first] == ColumnCode.time.rawValue)
    strange[first] = 31
    fixChecksums(&strange)
    #expect(throws: FormatError(.unknown("column", 31), offset: first)) { try decoded(strange) }
  }

  @Test func `few bytes cannot ask for much memory`() throws {
    // A blob of 20 bytes that claims to expand to 2 GiB is refused before anything is allocated.
    var sink = ByteSink()
    sink.append(BlobCodec.lz4)
    sink.append(varint: 1 << 31)
    sink.append(varint: 20)
    sink.append(zeros: 20)
    sink.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      #expect(throws: FormatError.self) { _ = try BlobDecoder().decode(&reader) }
    }
  }
}
