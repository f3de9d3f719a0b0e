import KeptFormat
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
