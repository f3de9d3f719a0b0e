import Foundation
import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 5: proofs over a ledger on disk, sealed blocks and tail together, against the tree of its canonical lines.
@Suite struct ProofTests {
  private static let clock = TemporaryLedger.clock
  /// 45 events: two segments of two blocks of 8, then one block and 5 events in the tail.
  private static let geometry = LogGeometry(blockEventCount: 8, segmentBlockCount: 2)
  private static let count = 45

  private static func ledger() throws -> TemporaryLedger {
    let ledger = try TemporaryLedger(geometry)
    _ = try ledger.write { try $0.append(TestEvent.batch(TestEvent.many(0..<count)), clock: clock) }
    return ledger
  }

  private static func checkpoint(_ reader: LedgerReader, _ lines: [String], _ count: Int) -> Checkpoint {
    Checkpoint(origin: Ledger.origin(reader.settings), count: UInt64(count), root: literalRoot(lines[..<count]))
  }

  @Test func `law 5: every event is proven in every tree that holds it, across blocks and tail`() throws {
    let reader = try Self.ledger().reader()
    let lines = try reader.lines()
    #expect(reader.blocks.count == 5 && reader.tailCount == 5)
    for size in 1...Self.count {
      let checkpoint = Self.checkpoint(reader, lines, size)
      #expect(try reader.tree(count: UInt64(size)).root == checkpoint.root)
      for position in 0..<size {
        let proof = try reader.inclusionProof(of: UInt64(position), in: checkpoint)
        #expect(proof.line == Array(lines[position].utf8))
        try InclusionProof(parsing: proof.text.utf8).check(against: checkpoint, leaf: .line(Array(lines[position].utf8)))
      }
    }
  }

  @Test func `law 5: every tree is proven to begin with every older one, across blocks and tail`() throws {
    let reader = try Self.ledger().reader()
    let lines = try reader.lines()
    for new in 0...Self.count {
      let newer = Self.checkpoint(reader, lines, new)
      for old in 0...new {
        let proof = try reader.consistencyProof(from: UInt64(old), to: newer)
        try ConsistencyProof(parsing: proof.text.utf8).check(from: Self.checkpoint(reader, lines, old), to: newer)
      }
    }
  }

  @Test func `a proof reads one block and no other`() throws {
    let ledger = try Self.ledger()
    let lines = try ledger.reader().lines()
    // Columns of the second block are damaged; its header and its stored root are not.
    let block = try ledger.reader().blocks[1]
    try ledger.flipByte(block.segment, at: block.offset + block.header.byteCount - 1)
    let reader = try ledger.reader()
    let checkpoint = Self.checkpoint(reader, lines, Self.count)
    for position in [0, 7, 16, 39, 40, 44] {
      try reader.inclusionProof(of: UInt64(position), in: checkpoint).check(against: checkpoint)
    }
    #expect(throws: LogError.self) { try reader.inclusionProof(of: 9, in: checkpoint) }
    try reader.consistencyProof(from: 16, to: checkpoint).check(from: Self.checkpoint(reader, lines, 16))
  }

  @Test func `law 3: an event edited with every checksum put right is not proven, and the old root does not come back`()
    throws
  {
    let honest = try Self.ledger()
    let reader = try honest.reader()
    let old = Self.checkpoint(reader, try reader.lines(), 30)
    // The same ledger with one amount changed before it was sealed: sound in itself, to the last checksum and root.
    let forged = try TemporaryLedger(Self.geometry)
    try forged.replace("ledger.json", with: try honest.bytes("ledger.json"))
    try forged.replace("vault/secret", with: try honest.bytes("vault/secret"))
    try forged.replace("tail", with: FileHeader(.tail, reader.settings.ledgerID).bytes())
    var events = TestEvent.many(0..<Self.count)
    events[3].amount = 9_999
    _ = try forged.write { try $0.append(TestEvent.batch(events), clock: Self.clock) }
    let other = try forged.reader()
    #expect(try Verification(depth: .deep)(other).isSound)
    let now = other.checkpoint()
    #expect(throws: ProofFailure.self) { try other.consistencyProof(from: 30, to: now).check(from: old) }
    let line = try other.line(at: 3)
    #expect(throws: ProofFailure.self) {
      try other.inclusionProof(of: 3, in: old).check(against: old, leaf: .line(line))
    }
  }

  @Test(arguments: [0, 7, 8, 16, 39, 40, 44, 45]) func `verifying since a checkpoint reads what is newer, and no more`(
    since: Int
  ) throws {
    let ledger = try Self.ledger()
    let reader = try ledger.reader()
    let old = (since / 8)
    let report = try Verification(depth: .deepSince(UInt64(since)))(reader)
    #expect(report.isSound)
    let blocks = reader.blocks[min(old, 5)...].reduce(0) { $0 + $1.header.byteCount }
    let vault = try reader.vault().chunks[min(old, 5)...].reduce(0) { $0 + $1.chunk.byteCount }
    #expect(report.checkedByteCount == blocks + vault + reader.tailByteCount)
    // Damage is found in every block that is read, and in no other.
    for (index, block) in reader.blocks.enumerated() {
      let copy = try TemporaryLedger(copyOf: ledger)
      try copy.flipByte(block.segment, at: block.offset + block.header.byteCount - 1)
      #expect(try Verification(depth: .deepSince(UInt64(since)))(copy.reader()).isSound == (index < old))
    }
  }

  @Test func `tiles are refused where a block's events do not give its root`() throws {
    let ledger = try Self.ledger()
    let reader = try ledger.reader()
    var lied = reader.checkpoint()
    lied.root = SHA256.hash([1])
    let folder = ledger.path + "/tiles"
    var export = TileExport(folder)
    #expect(throws: LogError.self) { try export.write(reader, lied, text: lied.text) }
    #expect(try !PosixDisk().exists(folder + "/checkpoint"))
  }
}
