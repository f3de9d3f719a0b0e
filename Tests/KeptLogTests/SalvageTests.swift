import Foundation
import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// What `salvage` makes of a damaged ledger: 99 events, in blocks of 16, segments of 64, three of them in the tail.
@Suite struct SalvageTests {
  private func ledger(sealed: [String] = []) throws -> TemporaryLedger {
    let ledger = try TemporaryLedger(sealed: sealed)
    try ledger.write { _ = try $0.append(TestEvent.batch(TestEvent.many(0..<99)), clock: TemporaryLedger.clock) }
    return ledger
  }

  /// Salvages into a folder of its own, which must then be sound to the last commitment.
  private func salvage(
    _ ledger: TemporaryLedger, _ body: (Salvage.Report, LedgerReader, String) throws -> Void
  ) throws {
    let target = NSTemporaryDirectory() + "kept-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: target) }
    let report = try Salvage.run(
      ledger.path, to: target, actor: "Ada", reason: "a test", clock: TemporaryLedger.clock + 5, geometry: ledger.geometry,
      losses: { _ in Array("list".utf8) })
    let reader = try LedgerReader(target, geometry: ledger.geometry)
    #expect(try Verification(depth: .deep)(reader).damages == [])
    #expect(try Verification(depth: .deep)(reader).isSound)
    #expect(reader.count == UInt64(report.carriedCount) + 1 || report.losses.isEmpty == false)
    try body(report, reader, target)
  }

  private func writing<R>(_ path: String, _ body: (LedgerWriter) throws -> R) throws -> R {
    let writer = try LedgerWriter(path, geometry: TemporaryLedger.small, holder: "a test")
    defer { writer.close() }
    return try body(writer)
  }

  @Test(arguments: [[], ["customer"], ["customer", "id"]])
  func `a whole ledger is saved whole: the same lines, the same root, and who did it at the end`(sealed: [String]) throws {
    let ledger = try ledger(sealed: sealed)
    let root = try ledger.reader().tree(count: 99).root
    try salvage(ledger) { report, reader, _ in
      #expect(report.losses == [] && report.carriedCount == 99 && report.position == 99)
      #expect(report.ranges == [SalvagedRange(old: 0, new: 0, count: 99)])
      #expect(try reader.tree(count: 99).root == root)
      if sealed.isEmpty {
        let last = try JSONValue.parse(#require(reader.lines().last))
        #expect(last["kind"] == "ledger.salvaged" && last["data"]?["actor"] == "Ada" && last["data"]?["lost"] == 0)
        #expect(last["data"]?["from"]?.string == (try ledger.reader().settings.ledgerID.hex))
      }
    }
  }

  @Test(arguments: 0..<6) func `one lost block costs its sixteen events, and the same import adds them again`(block: Int) throws {
    let ledger = try ledger()
    let reference = try ledger.reader().blocks[block]
    // In the header's midst, and in a column: its root, its kinds, its customers are then known or not.
    for offset in [40, reference.header.headerByteCount + 9, reference.header.byteCount - 1] {
      let damaged = try TemporaryLedger(copyOf: ledger)
      try damaged.flipByte(reference.segment, at: reference.offset + offset)
      try salvage(damaged) { report, reader, target in
        #expect(report.losses.filter { $0.kind == .events }.map(\.positions) == [reference.positions], "byte \(offset)")
        #expect(report.carriedCount == 83 && report.lostCount == 16)
        let ids = try reader.ids()
        #expect(ids.dropLast() == (0..<99).filter { !(16 * block..<16 * block + 16).contains($0) }.map { "e\($0)" }[...])
        // Whom it concerns: everybody of the block, or whom the vault says.
        let loss = try #require(report.losses.first { $0.kind == .events })
        #expect(!loss.customers.isEmpty || block > 0)
        #expect(loss.recorded.to == TemporaryLedger.clock)
        let outcomes = try writing(target) {
          try $0.append(TestEvent.batch(TestEvent.many(0..<99)), clock: TemporaryLedger.clock + 6)
        }
        let added = outcomes.count { if case .accepted = $0 { true } else { false } }
        let same = outcomes.count { if case .duplicate = $0 { true } else { false } }
        #expect(added == 16 && same == 83, "byte \(offset) of block \(block)")
        #expect(try Verification(depth: .deep)(LedgerReader(target, geometry: ledger.geometry)).isSound)
      }
    }
  }

  @Test func `whatever byte of a ledger is changed, what is salvaged is sound and nothing in it was made up`() throws {
    let ledger = try ledger(sealed: ["customer"])
    let whole = Set(try ledger.reader().ids())
    var count = 0
    for name in [LedgerFolder.segment(64), LedgerFolder.vaultSegment(64), LedgerFolder.tail, LedgerFolder.secret] {
      let bytes = try ledger.bytes(name)
      for offset in stride(from: 0, to: bytes.count, by: bytes.count / 40 | 1) {
        let damaged = try TemporaryLedger(copyOf: ledger)
        try damaged.flipByte(name, at: offset)
        count += 1
        try salvage(damaged) { report, reader, _ in
          let ids = try reader.ids()
          #expect(whole.isSuperset(of: ids.dropLast()), "\(name), byte \(offset)")
          let isHarmless = report.losses.isEmpty
          // A segment's own header and the tail's say nothing that blocks and records do not say again.
          #expect(!isHarmless || offset < FileHeader.byteCount || report.renewedCount > 0, "\(name), byte \(offset)")
          #expect(report.carriedCount >= 99 - 16, "\(name), byte \(offset)")
        }
      }
    }
    #expect(count > 120)
  }

  @Test func `swapped blocks, segments under each other's name and one twice lose nothing`() throws {
    let ledger = try ledger()
    let blocks = try ledger.reader().blocks
    let first = LedgerFolder.segment(0), second = LedgerFolder.segment(64)
    let bytes = try ledger.bytes(first)
    let parts = blocks.prefix(4).map { bytes[$0.offset..<$0.offset + $0.header.byteCount] }
    let swapped = Array(bytes[..<64]) + parts[2] + parts[1] + parts[0] + parts[3]
    let other = try ledger.bytes(second)
    for files in [[first: swapped], [first: other, second: bytes], [first: bytes, LedgerFolder.segment(128): bytes]] {
      let damaged = try TemporaryLedger(copyOf: ledger)
      for (name, bytes) in files { try damaged.replace(name, with: bytes) }
      try salvage(damaged) { report, reader, _ in
        #expect(report.losses == [])
        let root = try reader.tree(count: 99).root
        #expect(root == (try ledger.reader().tree(count: 99).root))
      }
    }
  }

  @Test func `a segment of another ledger has nothing for this one`() throws {
    let ledger = try ledger()
    try ledger.replace(LedgerFolder.segment(0), with: self.ledger().bytes(LedgerFolder.segment(0)))
    try salvage(ledger) { report, reader, _ in
      #expect(report.losses.first?.positions == 0..<64)
      #expect(report.carriedCount == 35)
    }
  }

  @Test func `without a tail's header the blocks and the tail's records are still there`() throws {
    let ledger = try ledger()
    try ledger.flipByte(LedgerFolder.tail, at: 33)
    try salvage(ledger) { report, _, _ in
      #expect(report.isCommitPointUnknown && report.losses == [] && report.carriedCount == 99)
    }
    try PosixDisk().remove(ledger.path + "/tail")
    try salvage(ledger) { report, _, _ in
      #expect(report.isCommitPointUnknown && report.carriedCount == 96)
      #expect(report.losses.map(\.file) == ["tail"])
    }
  }

  @Test func `of a tail the records around a broken one are saved, and the place that is lost is said`() throws {
    let ledger = try TemporaryLedger()
    for id in 0..<5 {
      try ledger.write { _ = try $0.append(TestEvent.batch(TestEvent.many(id..<id + 1)), clock: TemporaryLedger.clock) }
    }
    let records = try Tail.read(ledger.bytes("tail"), of: ledger.reader().settings.ledgerID).records
    for (offset, positions) in [(5, nil), (20, 2..<3)] as [(Int, Range<UInt64>?)] {
      let damaged = try TemporaryLedger(copyOf: ledger)
      try damaged.flipByte("tail", at: records[2].offset + offset)
      try salvage(damaged) { report, reader, _ in
        let ids = try reader.ids()
        #expect(ids.dropLast() == ["e0", "e1", "e3", "e4"])
        #expect(report.losses.filter { $0.kind == .events }.map(\.positions) == [positions])
        #expect(report.ranges.last == SalvagedRange(old: positions == nil ? nil : 3, new: 2, count: 2))
      }
    }
    // A last write that was cut was never acknowledged: it is no loss.
    try ledger.replace("tail", with: ledger.bytes("tail") + [1, 2, 3])
    try salvage(ledger) { report, _, _ in #expect(report.losses == [] && report.carriedCount == 5) }
  }

  @Test func `values that no longer open are left out and listed, and their events stay`() throws {
    let ledger = try ledger()
    try ledger.flipByte(LedgerFolder.vaultSegment(64), at: 64 + 60)
    try salvage(ledger) { report, reader, _ in
      #expect(report.carriedCount == 99)
      #expect(report.losses.map(\.kind) == [.values] && report.losses[0].field == "text")
      #expect(report.losses[0].count == 5 && report.losses[0].positions == 66..<79)
      let lines = try reader.lines()
      #expect(lines.count { $0.contains("\"sealed\"") } == 33 - 5)
    }
  }

  @Test func `a customer whose name and key are lost has another name, and can still be told from others`() throws {
    let ledger = try ledger()
    try ledger.flipByte(LedgerFolder.segment(0), at: 80)
    // The index knows the names, until it is gone too.
    try salvage(ledger) { report, _, _ in #expect(report.losses.map(\.kind) == [.events]) }
    try PosixDisk().remove(ledger.path + "/" + LedgerFolder.names)
    try salvage(ledger) { report, reader, _ in
      let lost = report.losses.filter { $0.kind == .name }.flatMap(\.customers)
      #expect(!lost.isEmpty)
      let names = try reader.names()
      let found = (1...UInt32(names.count)).compactMap { names[$0].map { String(decoding: $0, as: UTF8.self) } }
      #expect(Set(found).count == names.count)
      #expect(Set(found).isSuperset(of: lost.map { "lost-c\($0)" }))
    }
  }

  @Test(arguments: [[], ["customer"]])
  func `forgotten stay forgotten, even where it is lost that they were`(sealed: [String]) throws {
    let ledger = try ledger(sealed: sealed)
    let number = try #require(try ledger.reader().names().count > 3 ? UInt32(2) : nil)
    let name = try #require(ledger.reader().names()[number].map { String(decoding: $0, as: UTF8.self) })
    try ledger.write { _ = try $0.forget(ForgetRecord(number: number, actor: "a", reason: "r"), clock: TemporaryLedger.clock) }
    let damaged = try TemporaryLedger(copyOf: ledger)
    let tail = try Tail.read(damaged.bytes("tail"), of: damaged.reader().settings.ledgerID).records
    try damaged.flipByte("tail", at: #require(tail.last).offset + 30)
    for (copy, isEventLost) in [(ledger, false), (damaged, true)] {
      try salvage(copy) { report, reader, target in
        #expect(report.losses.contains { $0.kind == .events } == isEventLost)
        #expect(try reader.forgotten().count == 1)
        let names = try reader.names()
        #expect((1...UInt32(names.count)).allSatisfy { names[$0].map { String(decoding: $0, as: UTF8.self) } != name })
        #expect(try Verification(depth: .deep)(reader).unerased == [])
        #expect(try !reader.lines().joined().contains("\"\(name)\""))
        try writing(target) { _ in }
      }
    }
  }

  @Test func `a lost secret costs no value: firm-side ones are committed to anew`() throws {
    let ledger = try ledger()
    try ledger.flipByte(LedgerFolder.secret, at: 70)
    try salvage(ledger) { report, reader, _ in
      #expect(report.losses == [] && report.renewedCount > 0)
    }
  }

  @Test func `salvaging writes nothing into the damaged ledger, and not over anything`() throws {
    let ledger = try ledger()
    try ledger.flipByte(LedgerFolder.segment(0), at: 80)
    func state() throws -> [String: Data] {
      let names = try #require(FileManager.default.enumerator(atPath: ledger.path)?.allObjects as? [String])
      var state: [String: Data] = [:]
      for name in names { state[name] = FileManager.default.contents(atPath: ledger.path + "/" + name) }
      return state
    }
    let before = try state()
    try salvage(ledger) { _, _, target in
      #expect(throws: LogError.alreadyExists(path: target)) {
        try Salvage.run(
          ledger.path, to: target, actor: "a", reason: "r", clock: 0, geometry: ledger.geometry, losses: { _ in [] })
      }
    }
    #expect(throws: LogError.alreadyExists(path: ledger.path)) {
      try Salvage.run(
        ledger.path, to: ledger.path, actor: "a", reason: "r", clock: 0, geometry: ledger.geometry, losses: { _ in [] })
    }
    #expect(try state() == before)
  }
}
