import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Every byte and every length of the files that `TailDamageTests` and `SegmentDamageTests` leave out.
@Suite struct LedgerDamageTests {
  /// Two segments: 64 events in four blocks, 32 in two; three in the tail.
  private func ledger() throws -> TemporaryLedger {
    let ledger = try TemporaryLedger()
    try ledger.write { _ = try $0.append(TestEvent.batch(TestEvent.many(0..<99)), clock: TemporaryLedger.clock) }
    return ledger
  }

  /// What a ledger with one file changed comes to: the same settings and zone, or an error before anything is said.
  private func isHarmless(_ ledger: TemporaryLedger, _ whole: LedgerReader) throws -> Bool {
    do {
      let reader = try ledger.reader()
      let isSound = try Verification(depth: .deep)(reader).isSound
      return isSound && reader.settings == whole.settings && reader.zoneBytes == whole.zoneBytes
    } catch LogError.settings {
      return false
    } catch LogError.damage {
      return false
    } catch LogError.unknownVersion {
      return false
    }
  }

  @Test func `a changed byte of ledger.json is refused, unless it changes only the space between words`() throws {
    let ledger = try ledger()
    let whole = try ledger.reader()
    let bytes = try ledger.bytes(LedgerFolder.settings)
    for offset in bytes.indices {
      for mask: UInt8 in [0x01, 0x02, 0x20, 0x80] {
        var changed = bytes
        changed[offset] ^= mask
        try ledger.replace(LedgerFolder.settings, with: changed)
        let isSpace = bytes[offset] == 0x20 || bytes[offset] == 0x0A
        if !isSpace { #expect(try !isHarmless(ledger, whole), "byte \(offset), mask \(mask)") }
      }
    }
    for length in 0..<bytes.count - 1 {
      try ledger.replace(LedgerFolder.settings, with: Array(bytes[..<length]))
      #expect(try !isHarmless(ledger, whole), "cut at \(length)")
    }
  }

  @Test func `a changed or cut zone.tzif is damage: no day begins by other rules than the ledger's`() throws {
    let ledger = try ledger()
    let bytes = try ledger.bytes(LedgerFolder.zone)
    for length in 0..<bytes.count {
      try ledger.replace(LedgerFolder.zone, with: Array(bytes[..<length]))
      #expect(throws: LogError.self, "cut at \(length)") { try ledger.reader() }
    }
    for offset in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[offset] ^= 1 << UInt8(bit)
        try ledger.replace(LedgerFolder.zone, with: changed)
        let damage = Damage(
          file: LedgerFolder.zone, offset: 0,
          kind: .checksum(stored: CRC32C.checksum(bytes), computed: CRC32C.checksum(changed)))
        #expect(throws: LogError.damage(damage)) { try ledger.reader() }
        #expect(throws: LogError.damage(damage)) { try ledger.writer() }
      }
    }
  }

  @Test func `a changed or cut vault/secret is damage, named by every verification, and stops the writer`() throws {
    let ledger = try ledger()
    let bytes = try ledger.bytes(LedgerFolder.secret)
    func check(_ comment: Comment) throws {
      let reader = try ledger.reader()
      #expect(reader.count == 99, comment)
      #expect(try Verification(depth: .checksums)(reader).damages.map(\.file) == [LedgerFolder.secret], comment)
      #expect(throws: LogError.self, comment) { try ledger.writer() }
    }
    for offset in bytes.indices {
      var changed = bytes
      changed[offset] ^= 0x04
      try ledger.replace(LedgerFolder.secret, with: changed)
      try check("byte \(offset)")
    }
    for length in 0..<bytes.count {
      try ledger.replace(LedgerFolder.secret, with: Array(bytes[..<length]))
      try check("cut at \(length)")
    }
  }

  @Test func `a vault cut anywhere before the commit point is damage, and the log is still served`() throws {
    let ledger = try ledger()
    let name = LedgerFolder.vaultSegment(64)
    let bytes = try ledger.bytes(name)
    for length in 0..<bytes.count {
      try ledger.replace(name, with: Array(bytes[..<length]))
      let reader = try ledger.reader()
      #expect(reader.count == 99)
      let report = try Verification(depth: .checksums)(reader)
      #expect(report.damages.map(\.file) == [name], "cut at \(length)")
      #expect(throws: LogError.self) { try ledger.writer() }
    }
  }

  @Test func `a changed or cut index is no damage: it is built again, and finds every event`() throws {
    let ledger = try ledger()
    let names = try PosixDisk().names(inFolder: ledger.path + "/" + LedgerFolder.index) ?? []
    #expect(names.count >= 2)
    for name in names.map({ LedgerFolder.index + "/" + $0 }) {
      let bytes = try ledger.bytes(name)
      let offsets = Array(0..<min(96, bytes.count)) + Array(stride(from: 96, to: bytes.count, by: 37))
      for offset in offsets {
        for isCut in [false, true] {
          let copy = try TemporaryLedger(copyOf: ledger)
          var changed = isCut ? Array(bytes[..<offset]) : bytes
          if !isCut { changed[offset] ^= 0x10 }
          try copy.replace(name, with: changed)
          #expect(try Verification(depth: .checksums)(copy.reader()).isSound)
          let outcomes = try copy.write {
            try $0.append(TestEvent.batch(TestEvent.many(0..<99) + [TestEvent("new", customer: "C-1")]), clock: TemporaryLedger.clock)
          }
          #expect(outcomes == (0..<99).map { .duplicate($0) } + [.accepted(99)], "\(name), byte \(offset), cut \(isCut)")
          #expect(try copy.reader().names().count == ledger.reader().names().count)
        }
      }
    }
  }

  @Test func `swapped blocks, a segment under another name and one of another ledger are damage at their positions`() throws {
    let ledger = try ledger()
    let blocks = try ledger.reader().blocks
    let (first, second) = (LedgerFolder.segment(0), LedgerFolder.segment(64))
    let bytes = try ledger.bytes(first)
    let parts = blocks.prefix(4).map { bytes[$0.offset..<$0.offset + $0.header.byteCount] }
    func damage(_ name: String, _ bytes: [UInt8]) throws -> Damage? {
      let copy = try TemporaryLedger(copyOf: ledger)
      try copy.replace(name, with: bytes)
      return try copy.reader().damage
    }
    let swapped = try damage(first, Array(bytes[..<64]) + parts[0] + parts[2] + parts[1] + parts[3])
    #expect(swapped?.file == first && swapped?.positions == 16..<32)
    #expect(swapped?.kind == .misplaced("16 events from position 32"))
    let twice = try damage(first, Array(bytes[..<64]) + parts[0] + parts[1] + parts[1] + parts[2])
    #expect(twice?.positions == 32..<48 && twice?.kind == .misplaced("16 events from position 16"))
    #expect(try damage(second, bytes)?.kind == .misplaced("begins at 0"))
    let stranger = try damage(second, self.ledger().bytes(second))
    #expect(stranger?.file == second && stranger?.kind == .misplaced("another ledger's file"))
    // Bytes between two blocks, and one that fell out.
    #expect(try damage(first, Array(bytes[..<64]) + parts[0] + [0] + parts[1] + parts[2] + parts[3])?.positions == 16..<32)
    #expect(try damage(first, Array(bytes[..<64]) + parts[0].dropLast() + parts[1] + parts[2] + parts[3])?.positions == 16..<32)
  }

  @Test func `a log rolled back to an earlier state is sound by itself and refuted by a later checkpoint`() throws {
    let ledger = try ledger()
    let old = try TemporaryLedger(copyOf: ledger)
    try ledger.write {
      _ = try $0.append(TestEvent.batch(TestEvent.many(99..<150)), clock: TemporaryLedger.clock)
    }
    let later = try ledger.reader().checkpoint()
    let reader = try old.reader()
    #expect(try Verification(depth: .deep)(reader).isSound)
    #expect(later.count == 150 && reader.count == 99)
    // The same number of other events is an edit: roots differ.
    try old.write { _ = try $0.append(TestEvent.batch(TestEvent.many(200..<251)), clock: TemporaryLedger.clock) }
    #expect(try old.reader().count == 150 && old.reader().checkpoint().root != later.root)
    #expect(try old.reader().tree(count: 99).root == ledger.reader().tree(count: 99).root)
  }

  @Test func `a vault of an older copy lacks the values of newer blocks, which is damage; one that opens others' is too`()
    throws
  {
    let ledger = try ledger()
    let name = LedgerFolder.vaultSegment(64)
    let other = try TemporaryLedger(copyOf: ledger)
    // The values of block 5 under the keys of block 4: checksums hold, places do not.
    let chunks = try ledger.reader().vault().chunks.filter { $0.file == name }
    let bytes = try ledger.bytes(name)
    let parts = chunks.map { bytes[$0.offset..<$0.offset + $0.chunk.byteCount] }
    try other.replace(name, with: Array(bytes[..<64]) + parts[1] + parts[0])
    #expect(try Verification(depth: .checksums)(other.reader()).damages.map(\.positions) == [64..<80])
    // Values that were changed under true checksums open nothing.
    var values = try ledger.reader().vault().values(ofBlock: 4)
    values.bytes[1] ^= 1
    var sink = ByteSink()
    VaultChunk.append(values, firstPosition: 64, eventCount: 16, to: &sink)
    try other.replace(name, with: Array(bytes[..<64]) + sink.bytes() + parts[1])
    #expect(try Verification(depth: .checksums)(other.reader()).isSound)
    let damage = try #require(Verification(depth: .deep)(other.reader()).damages.first)
    #expect(damage.positions == 66..<67 && damage.kind == .commitment(field: "text"))
  }
}
