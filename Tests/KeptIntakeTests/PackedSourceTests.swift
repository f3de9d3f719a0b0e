import Foundation
import KeptFormat
import Testing

@testable import KeptIntake

@Suite struct PackedSourceTests {
  static func fixture(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appendingPathComponent("Fixtures/intake/\(name)")))
  }

  @Test(arguments: [100, 5000, 4 << 20])
  func `frames, one behind another, say what the plain file says`(chunkByteCount: Int) throws {
    let packed = try Self.fixture("two-frames.jsonl.lz4")
    let plain = try Self.fixture("two-frames.jsonl")
    let unpacked = try read(packed, chunkByteCount: chunkByteCount)
    let said = try read(plain).said
    #expect(unpacked.said == said)
    #expect(unpacked.said.events.count == 120)
    #expect(unpacked.totals.digest == SHA256.hash(packed))
    #expect(unpacked.totals.byteCount == UInt64(packed.count))
    #expect(unpacked.totals.unpackedByteCount == UInt64(plain.count))
  }

  @Test func `a packed file cut anywhere but between frames is an error with its offset`() throws {
    let packed = try Self.fixture("two-frames.jsonl.lz4")
    var wholeCount = 0
    for end in 4..<packed.count {
      do {
        _ = try read(Array(packed[..<end]))
        wholeCount += 1
      } catch IntakeError.damagedLZ4(_, let offset, _) {
        #expect(offset <= UInt64(end))
      }
    }
    // Behind the first frame, and behind the skippable one.
    #expect(wholeCount == 2)
  }

  @Test func `a packed file with a changed byte is an error or gives lines to reject, never a trap`() throws {
    let packed = try Self.fixture("two-frames.jsonl.lz4")
    var random = SeededGenerator(seed: 9)
    for _ in 0..<400 {
      var bytes = packed
      bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      guard let said = try? read(bytes).said else { continue }
      #expect(said.lineCount == said.events.count + said.rejects.count)
    }
  }

  @Test func `what a damaged file said before the damage was delivered`() throws {
    let packed = try Self.fixture("two-frames.jsonl.lz4")
    let file = try TemporaryFile(Array(packed.dropLast(5)), suffix: ".lz4")
    var source = ImportSource(path: file.path)
    source.chunkByteCount = 2000
    var count = 0
    #expect(throws: IntakeError.self) { try source.forEachBatch { count += $0.batch.rows.count } }
    #expect(count > 60)
  }
}
