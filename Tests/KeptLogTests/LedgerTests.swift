import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

@Suite struct LedgerTests {
  @Test func `a new ledger is empty and its root is the hash of nothing`() throws {
    let ledger = try TemporaryLedger()
    let reader = try ledger.reader()
    #expect(reader.count == 0)
    #expect(reader.damage == nil)
    #expect(reader.checkpoint().root == SHA256.hash([]))
    #expect(reader.zoneBytes == [1, 2, 3])
  }

  @Test func `law 1: positions are 0, 1, 2 and so on, whichever way events come in`() throws {
    let ledger = try TemporaryLedger()
    var next = 0
    var outcomes: [Outcome] = []
    for size in [1, 3, 16, 15, 1, 40, 2] {
      outcomes += try ledger.write { writer in
        try writer.append(TestEvent.batch(TestEvent.many(next..<next + size)), clock: TemporaryLedger.clock)
      }
      next += size
    }
    #expect(outcomes == (0..<UInt64(next)).map { .accepted($0) })
    let reader = try ledger.reader()
    #expect(reader.count == UInt64(next))
    #expect(try reader.ids() == (0..<next).map { "e\($0)" })
    #expect(reader.blocks.count == next / 16)
  }

  @Test func `law 5: the root is the RFC 6962 root over the canonical lines, before and after sealing`() throws {
    let ledger = try TemporaryLedger()
    try ledger.write { writer in
      for index in 0..<150 {
        _ = try writer.append(TestEvent.batch(TestEvent.many(index..<index + 1)), clock: TemporaryLedger.clock)
        guard index % 7 == 0 || index % 16 > 13 || index % 16 < 2 else { continue }
        let reader = try ledger.reader()
        let lines = try reader.lines()
        #expect(lines.count == index + 1)
        #expect(reader.checkpoint().root == literalRoot(lines[...]))
      }
    }
  }

  @Test func `appended and ingested events give the same lines and the same root`() throws {
    let events = TestEvent.many(0..<333)
    let appended = try TemporaryLedger()
    try appended.write { writer in
      for start in stride(from: 0, to: events.count, by: 10) {
        let part = events[start..<min(start + 10, events.count)]
        _ = try writer.append(TestEvent.batch(Array(part)), clock: TemporaryLedger.clock)
      }
    }
    let ingested = try TemporaryLedger()
    try ingested.write { writer in
      for start in stride(from: 0, to: events.count, by: 77) {
        let batch = TestEvent.batch(Array(events[start..<min(start + 77, events.count)]))
        _ = try writer.ingest(writer.prepare(batch), clock: TemporaryLedger.clock)
      }
      try writer.finish()
    }
    // Keys are random, so commitments differ; everything else must not.
    func plain(_ lines: [String]) -> [String] {
      lines.map { $0.replacing(/"sealed":\{[^}]*\}/, with: "") }
    }
    let first = try appended.reader()
    let second = try ingested.reader()
    #expect(try plain(first.lines()) == plain(second.lines()))
    #expect(try second.checkpoint().root == literalRoot(second.lines()[...]))
    #expect(try first.names().bytes == second.names().bytes)
  }

  @Test func `a bulk ingest goes on from a tail and leaves one`() throws {
    let ledger = try TemporaryLedger()
    try ledger.write { writer in
      _ = try writer.append(TestEvent.batch(TestEvent.many(0..<13)), clock: TemporaryLedger.clock)
      for start in stride(from: 13, to: 113, by: 20) {
        let batch = TestEvent.batch(TestEvent.many(start..<start + 20))
        _ = try writer.ingest(writer.prepare(batch), clock: TemporaryLedger.clock + Instant(start))
      }
      try writer.finish()
      _ = try writer.append(TestEvent.batch(TestEvent.many(113..<114)), clock: TemporaryLedger.clock)
    }
    let reader = try ledger.reader()
    #expect(try reader.ids() == (0..<114).map { "e\($0)" })
    #expect(reader.blocks.count == 7)
    #expect(reader.tailCount == 2)
    // One recorded instant a segment of 64 events.
    let recorded = try reader.lines().map { try JSONValue.parse($0)["recorded"]?.string }
    #expect(Set(recorded[13..<64]).count == 1)
    #expect(Set(recorded[64..<113]).count == 1)
    #expect(recorded[13] != recorded[64])
  }
}
