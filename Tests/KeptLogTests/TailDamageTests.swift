import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 4, byte by byte, on a tail of four records.
@Suite struct TailDamageTests {
  private static let recordSizes = [1, 3, 2, 4]

  private func ledger() throws -> TemporaryLedger {
    let ledger = try TemporaryLedger()
    var next = 0
    for size in Self.recordSizes {
      _ = try ledger.write {
        try $0.append(TestEvent.batch(TestEvent.many(next..<next + size)), clock: TemporaryLedger.clock)
      }
      next += size
    }
    return ledger
  }

  @Test func `law 4: a tail cut anywhere but at a record boundary is torn, and every whole record survives`() throws {
    let ledger = try ledger()
    let whole = try ledger.bytes("tail")
    let contents = try Tail.read(whole, of: ledger.reader().settings.ledgerID)
    let ends = [FileHeader.byteCount] + contents.records.map { $0.offset + $0.byteCount }
    #expect(contents.state == .clean)
    for length in FileHeader.byteCount...whole.count {
      try ledger.replace("tail", with: Array(whole[..<length]))
      let reader = try ledger.reader()
      let survivors = ends.filter { $0 <= length }.count - 1
      #expect(reader.count == UInt64(Self.recordSizes[..<survivors].reduce(0, +)), "cut at \(length)")
      if ends.contains(length) {
        #expect(reader.tailState == .clean, "cut at \(length)")
      } else {
        #expect(reader.tailState == .torn(offset: ends[survivors], byteCount: length - ends[survivors]))
      }
      #expect(reader.damage == nil)
      #expect(try Verification(depth: .deep)(reader).isSound, "cut at \(length)")
    }
  }

  @Test func `law 4: a tail cut inside its header is damage, for then the commit point is not known`() throws {
    let ledger = try ledger()
    let whole = try ledger.bytes("tail")
    for length in 0..<FileHeader.byteCount {
      try ledger.replace("tail", with: Array(whole[..<length]))
      let reader = try ledger.reader()
      #expect(reader.damage == Damage(file: "tail", offset: length, kind: .cut(byteCount: length)))
      #expect(throws: LogError.self) { try ledger.writer() }
    }
  }

  @Test func `law 4: zeros after the last record are torn`() throws {
    let ledger = try ledger()
    let whole = try ledger.bytes("tail")
    for count in [1, 11, 12, 13, 100, 5_000] {
      try ledger.replace("tail", with: whole + [UInt8](repeating: 0, count: count))
      let reader = try ledger.reader()
      #expect(reader.tailState == .torn(offset: whole.count, byteCount: count))
      #expect(reader.count == 10)
    }
  }

  @Test func `law 4: every flipped byte of a whole record is damage, reported with file, offset and positions`() throws {
    let ledger = try ledger()
    let whole = try ledger.bytes("tail")
    let id = try ledger.reader().settings.ledgerID
    let records = try Tail.read(whole, of: id).records
    for offset in whole.indices {
      for mask: UInt8 in [0x01, 0x80] {
        var bytes = whole
        bytes[offset] ^= mask
        try ledger.replace("tail", with: bytes)
        let reader = try ledger.reader()
        let report = try Verification(depth: .checksums)(reader)
        #expect(!report.isSound, "byte \(offset)")
        let damage = try #require(report.damages.first)
        #expect(damage.file == "tail")
        guard offset >= FileHeader.byteCount else {
          #expect(reader.count == 0)
          continue
        }
        let record = try #require(records.last { $0.offset <= offset })
        #expect(reader.count == record.firstPosition, "byte \(offset)")
        #expect(reader.tailState == .damaged(damage))
        #expect(damage.offset >= record.offset && damage.offset < record.offset + record.byteCount)
        #expect(damage.positions?.lowerBound == record.firstPosition)
        if offset >= record.offset + 12 {
          #expect(damage.positions == record.firstPosition..<record.firstPosition + UInt64(record.count))
        }
        #expect(throws: LogError.damage(damage)) { try ledger.writer() }
      }
    }
  }

  @Test func `a line that is none under a right checksum is named when its events are asked for, and stops a writer`()
    throws
  {
    let ledger = try ledger()
    let id = try ledger.reader().settings.ledgerID
    let whole = try ledger.bytes("tail")
    let record = try Tail.read(whole, of: id).records[2]
    var bytes = whole
    bytes[record.lines.lowerBound + 20] = UInt8(ascii: "\n")
    let body = record.offset + Tail.recordHeaderByteCount..<record.offset + record.byteCount - Tail.checksumByteCount
    let checksum = CRC32C.checksum(Array(bytes[body]))
    for byte in 0..<4 { bytes[body.upperBound + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte)) }
    try ledger.replace("tail", with: bytes)
    let reader = try ledger.reader()
    let damage = Damage(
      file: "tail", offset: record.lines.lowerBound + 20, positions: record.positions,
      kind: .malformed("a line that is not canonical"))
    #expect(reader.damage == nil && reader.count == 10)
    #expect(throws: LogError.damage(damage)) { try reader.tailBatches() }
    #expect(throws: LogError.damage(damage)) { try reader.names() }
    #expect(throws: LogError.damage(damage)) { try ledger.writer() }
    #expect(try Verification(depth: .checksums)(reader).isSound)
    #expect(try Verification(depth: .deep)(reader).damages == [damage])
  }

  @Test func `events of a tail come in runs that leave none out, whatever records they are in`() throws {
    for sizes in [[1], [2], [3], [15], [1, 1, 1, 1, 1], [4, 1, 7, 2], [1, 14], [14, 1]] {
      let ledger = try TemporaryLedger()
      var next = 0
      for size in sizes {
        let events = TestEvent.many(next..<next + size)
        _ = try ledger.write { try $0.append(TestEvent.batch(events), clock: TemporaryLedger.clock) }
        next += size
      }
      let reader = try ledger.reader()
      let batches = try reader.tailBatches()
      #expect(batches.map(\.batch.rows.count).reduce(0, +) == next && reader.tailCount == next)
      #expect(batches.allSatisfy { $0.batch.rows.count <= ledger.geometry.tailRunEventCount })
      var position: UInt64 = 0
      for (first, batch) in batches {
        #expect(first == position)
        position += UInt64(batch.rows.count)
      }
      #expect(try reader.ids() == (0..<next).map { "e\($0)" })
      #expect(try reader.lastRecorded() == TemporaryLedger.clock)
      // The leaves are those of the lines written again from what was parsed.
      let lines = try reader.lines()
      for count in 0...next { #expect(try reader.tree(count: UInt64(count)).root == literalRoot(lines[..<count])) }
    }
  }

  @Test func `the next writer moves a torn record away and goes on`() throws {
    let ledger = try ledger()
    let whole = try ledger.bytes("tail")
    try ledger.replace("tail", with: whole + Array(whole[64..<120]))
    try ledger.write { writer in
      #expect(writer.recovered.map(\.file) == ["tail"])
      #expect(writer.recovered.map(\.byteCount) == [56])
      let outcomes = try writer.append(TestEvent.batch([TestEvent("next")]), clock: TemporaryLedger.clock)
      #expect(outcomes == [.accepted(10)])
    }
    #expect(try ledger.bytes("tail.torn") == Array(whole[64..<120]))
    #expect(try ledger.reader().count == 11)
    #expect(try Verification(depth: .deep)(ledger.reader()).isSound)
  }

  @Test func `a missing tail is damage, and what is sealed is still served`() throws {
    let ledger = try TemporaryLedger()
    try ledger.write {
      _ = try $0.append(TestEvent.batch(TestEvent.many(0..<70)), clock: TemporaryLedger.clock)
    }
    try PosixDisk().remove(ledger.path + "/tail")
    let reader = try ledger.reader()
    #expect(reader.damage == Damage(file: "tail", offset: 0, kind: .missing))
    #expect(try reader.ids() == (0..<64).map { "e\($0)" })
    #expect(throws: LogError.damage(Damage(file: "tail", offset: 0, kind: .missing))) { try ledger.writer() }
  }
}
