import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

@Suite struct SegmentDamageTests {
  /// Two segments: 64 events in four blocks, 32 in two; three in the tail.
  private func ledger() throws -> TemporaryLedger {
    let ledger = try TemporaryLedger()
    try ledger.write { _ = try $0.append(TestEvent.batch(TestEvent.many(0..<99)), clock: TemporaryLedger.clock) }
    return ledger
  }

  @Test func `law 4: every flipped byte of a segment is reported with segment, offset and positions`() throws {
    let ledger = try ledger()
    let name = LedgerFolder.segment(64)
    let whole = try ledger.bytes(name)
    let blocks = try ledger.reader().blocks.filter { $0.segment == name }
    for offset in whole.indices {
      var bytes = whole
      bytes[offset] ^= 0x10
      try ledger.replace(name, with: bytes)
      let reader = try ledger.reader()
      let report = try Verification(depth: .checksums)(reader)
      let damage = try #require(report.damages.first, "byte \(offset)")
      #expect(report.damages.count == 1)
      #expect(damage.file == name)
      guard let block = blocks.last(where: { $0.offset <= offset }) else {
        #expect(reader.count == 64)
        continue
      }
      #expect(damage.positions == block.positions, "byte \(offset)")
      #expect(damage.offset >= block.offset && damage.offset < block.offset + block.header.byteCount)
      // What comes before still replays.
      let prefix = reader.damage == nil ? reader.count : block.header.firstPosition
      #expect(prefix >= block.header.firstPosition)
      for block in reader.blocks.prefix(4) { #expect(try reader.events(block).rows.count == 16) }
    }
  }

  @Test func `law 4: a segment cut anywhere before the commit point is damage`() throws {
    let ledger = try ledger()
    let name = LedgerFolder.segment(64)
    let whole = try ledger.bytes(name)
    for length in 0..<whole.count {
      try ledger.replace(name, with: Array(whole[..<length]))
      let reader = try ledger.reader()
      let damage = try #require(reader.damage, "cut at \(length)")
      #expect(damage.file == name && damage.offset <= length)
      #expect(reader.tailCount == 0)
      #expect(throws: LogError.damage(damage)) { try ledger.writer() }
    }
  }

  @Test func `verify goes on after a damaged segment and finds the next damage`() throws {
    let ledger = try ledger()
    try ledger.flipByte(LedgerFolder.segment(0), at: 70)
    try ledger.flipByte(LedgerFolder.segment(64), at: 64 + 200)
    let report = try Verification(depth: .checksums)(ledger.reader())
    #expect(Set(report.damages.map(\.file)) == [LedgerFolder.segment(0), LedgerFolder.segment(64)])
  }

  @Test func `a missing segment is damage at its positions`() throws {
    let ledger = try ledger()
    try PosixDisk().remove(ledger.path + "/" + LedgerFolder.segment(0))
    let reader = try ledger.reader()
    #expect(reader.damage == Damage(file: LedgerFolder.segment(0), offset: 0, positions: 0..<64, kind: .missing))
    #expect(reader.count == 0)
  }

  @Test func `an edit that keeps every checksum right is found by a deep verification only`() throws {
    let ledger = try ledger()
    let reader = try ledger.reader()
    let block = reader.blocks[1]
    let events = try reader.events(block)
    // The forger rewrites the block with another amount and leaves the stored root as it was.
    events.rows[3].amount = ExactDecimal(9_999_999)
    let forged = BlockEncoder().encode(
      events, rows: 0..<16, firstPosition: 16, subtreeRoot: block.header.subtreeRoot)
    var bytes = try ledger.bytes(block.segment)
    bytes.replaceSubrange(block.offset..<block.offset + block.header.byteCount, with: forged)
    try ledger.replace(block.segment, with: bytes)
    #expect(try Verification(depth: .checksums)(ledger.reader()).isSound)
    let report = try Verification(depth: .deep)(ledger.reader())
    #expect(report.damages.count == 1)
    #expect(report.damages.first?.positions == 16..<32)
    guard case .root? = report.damages.first?.kind else {
      Issue.record("the root does not fit, but \(report.damages)")
      return
    }
  }

  @Test func `law 4: block bytes after the commit point are ignored by readers and moved away by the next writer`() throws {
    let ledger = try ledger()
    let segment = LedgerFolder.segment(64)
    let vault = LedgerFolder.vaultSegment(64)
    let before = (try ledger.bytes(segment), try ledger.bytes(vault))
    try ledger.replace(segment, with: before.0 + [1, 2, 3])
    try ledger.replace(vault, with: before.1 + [4, 5])
    try ledger.replace(LedgerFolder.segment(128), with: [6, 7, 8, 9])
    try ledger.replace(LedgerFolder.vaultSegment(128), with: [6])
    #expect(try ledger.reader().count == 99)
    #expect(try ledger.reader().damage == nil)
    try ledger.write { writer in
      #expect(Set(writer.recovered.map(\.file)) == [segment, LedgerFolder.segment(128)])
    }
    #expect(try ledger.bytes(segment) == before.0)
    #expect(try ledger.bytes(vault) == before.1)
    #expect(try ledger.bytes(segment + ".torn") == [1, 2, 3])
    #expect(try ledger.bytes(LedgerFolder.segment(128) + ".torn") == [6, 7, 8, 9])
    #expect(try PosixDisk().exists(ledger.path + "/" + LedgerFolder.vaultSegment(128)) == false)
  }

  @Test func `a damaged vault is reported, stops the writer, and not the reader`() throws {
    let ledger = try ledger()
    let name = LedgerFolder.vaultSegment(64)
    let whole = try ledger.bytes(name)
    for offset in stride(from: 0, to: whole.count, by: 7) {
      var bytes = whole
      bytes[offset] ^= 0x20
      try ledger.replace(name, with: bytes)
      let reader = try ledger.reader()
      #expect(try reader.ids().count == 99)
      let report = try Verification(depth: .deep)(reader)
      #expect(report.damages.map(\.file) == [name], "byte \(offset)")
    }
  }
}

extension LedgerReader {
  func events(_ block: BlockReference) throws -> EventBatch {
    let events = EventBatch()
    let columns = BlockColumns()
    columns.begin(block.header, source: source(for: block))
    try columns.decodeAll(into: events)
    return events
  }
}
