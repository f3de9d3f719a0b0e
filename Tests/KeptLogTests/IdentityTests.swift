import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 6: same event, once, for ever.
@Suite struct IdentityTests {
  private static let clock = TemporaryLedger.clock

  private func append(_ ledger: TemporaryLedger, _ events: [TestEvent]) throws -> [Outcome] {
    try ledger.write { try $0.append(TestEvent.batch(events), clock: Self.clock) }
  }

  @Test func `a repeated event is a duplicate of its position, in the tail and in blocks, and writes nothing`() throws {
    let ledger = try TemporaryLedger()
    let events = TestEvent.many(0..<75)
    _ = try append(ledger, events)
    let before = (try ledger.bytes("tail"), try ledger.reader().checkpoint())
    #expect(try append(ledger, events) == (0..<75).map { .duplicate($0) })
    #expect(try append(ledger, events.reversed()) == (0..<75).reversed().map { .duplicate($0) })
    #expect(try ledger.bytes("tail") == before.0)
    #expect(try ledger.reader().checkpoint() == before.1)
  }

  @Test func `other content under the same identity is a conflict and is not recorded`() throws {
    let ledger = try TemporaryLedger()
    _ = try append(ledger, TestEvent.many(0..<40))
    var amount = TestEvent.many(5..<6)[0]
    amount.amount = 1_000
    var text = TestEvent.many(36..<37)[0]
    text.text = "other words"
    var customer = TestEvent.many(1..<2)[0]
    customer.customer = "C-nobody"
    var late = TestEvent.many(2..<3)[0]
    late.time += 1
    #expect(
      try append(ledger, [amount, text, customer, late])
        == [.conflict(5), .conflict(36), .conflict(1), .conflict(2)])
    #expect(try ledger.reader().count == 40)
    #expect(try ledger.reader().names().count == Set(TestEvent.many(0..<40).compactMap(\.customer)).count)
  }

  @Test func `the same id from another source is another event`() throws {
    let ledger = try TemporaryLedger()
    var other = TestEvent("e1")
    other.source = "desk"
    #expect(try append(ledger, [TestEvent("e1"), other]) == [.accepted(0), .accepted(1)])
  }

  @Test func `source and id are told apart where they meet`() throws {
    let ledger = try TemporaryLedger()
    var first = TestEvent("bc")
    first.source = "a"
    var second = TestEvent("c")
    second.source = "ab"
    #expect(try append(ledger, [first, second]) == [.accepted(0), .accepted(1)])
  }

  @Test func `repetitions within one batch count too`() throws {
    let ledger = try TemporaryLedger()
    var other = TestEvent("a", customer: "C-1")
    other.amount = 3
    let outcomes = try append(
      ledger,
      [
        TestEvent("a", customer: "C-1", text: "hello"), TestEvent("b"), TestEvent("a", customer: "C-1", text: "hello"),
        other, TestEvent("c"), TestEvent("b"),
      ])
    #expect(outcomes == [.accepted(0), .accepted(1), .duplicate(0), .conflict(0), .accepted(2), .duplicate(1)])
  }

  @Test func `repetitions are found across batches of one bulk ingest, before their blocks are written`() throws {
    let ledger = try TemporaryLedger()
    try ledger.write { writer in
      var accepted = 0
      for round in 0..<30 {
        // Every batch repeats half of the one before.
        let start = round * 10
        let batch = TestEvent.batch(TestEvent.many(max(0, start - 5)..<start + 10))
        let admission = try writer.ingest(writer.prepare(batch), clock: Self.clock)
        accepted += admission.acceptedCount
        #expect(admission.exceptions.map(\.outcome) == (max(0, start - 5)..<start).map { .duplicate(UInt64($0)) })
      }
      #expect(accepted == 300)
      try writer.finish()
    }
    #expect(try ledger.reader().ids() == (0..<300).map { "e\($0)" })
  }

  @Test func `a killed import that is run again finishes and duplicates nothing`() throws {
    let ledger = try TemporaryLedger()
    let events = TestEvent.many(0..<300)
    let writer = try ledger.writer()
    for start in stride(from: 0, to: 200, by: 25) {
      _ = try writer.ingest(writer.prepare(TestEvent.batch(Array(events[start..<start + 25]))), clock: Self.clock)
    }
    writer.close()
    let survived = try ledger.reader().count
    #expect(survived <= 200 && survived % 64 == 0)
    try ledger.write { writer in
      var accepted = 0
      for start in stride(from: 0, to: 300, by: 50) {
        accepted += try writer.ingest(
          writer.prepare(TestEvent.batch(Array(events[start..<start + 50]))), clock: Self.clock
        ).acceptedCount
      }
      try writer.finish()
      #expect(accepted == 300 - Int(survived))
    }
    #expect(try ledger.reader().ids() == (0..<300).map { "e\($0)" })
    #expect(try Verification(depth: .deep)(ledger.reader()).isSound)
  }

  @Test func `the index is rebuilt where it is missing or damaged`() throws {
    let ledger = try TemporaryLedger()
    let events = TestEvent.many(0..<200)
    _ = try append(ledger, events)
    let disk = PosixDisk()
    let folder = ledger.path + "/index"
    let runs = try #require(try disk.names(inFolder: folder)).filter { $0.hasPrefix("run-") }
    #expect(!runs.isEmpty)
    for name in try disk.names(inFolder: folder) ?? [] { try disk.remove(folder + "/" + name) }
    #expect(try ledger.reader().names().count > 0)
    #expect(try append(ledger, events) == (0..<200).map { .duplicate($0) })
    for name in try disk.names(inFolder: folder) ?? [] {
      let whole = try ledger.bytes("index/" + name)
      for offset in stride(from: 0, to: whole.count, by: 97) {
        var bytes = whole
        bytes[offset] ^= 0x04
        try ledger.replace("index/" + name, with: bytes)
        #expect(try append(ledger, [events[0], events[100], events[191]]) == [.duplicate(0), .duplicate(100), .duplicate(191)])
      }
    }
  }

  @Test func `runs are merged so that few are left, and they cover every block`() throws {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 16, segmentBlockCount: 64))
    let writer = try ledger.writer()
    defer { writer.close() }
    for index in 0..<1_000 {
      _ = try writer.append(TestEvent.batch(TestEvent.many(index..<index + 1)), clock: Self.clock)
    }
    #expect(writer.index.runsEnd == 992)
    #expect(writer.index.runs.count <= 6)
    #expect(writer.index.runs.map(\.entryCount).reduce(0, +) == 992)
    for (larger, smaller) in zip(writer.index.runs, writer.index.runs.dropFirst()) {
      #expect(larger.entryCount >= 2 * smaller.entryCount)
      #expect(larger.positions.upperBound == smaller.positions.lowerBound)
    }
  }

  @Test func `an e-mail address as a customer id stops an import into a ledger that does not seal customers`() throws {
    let ledger = try TemporaryLedger()
    let event = TestEvent("a", customer: "ann@example.org")
    #expect(throws: LogError.personalIdentifier(.emailAddress, line: 1)) { try append(ledger, [event]) }
    #expect(throws: LogError.personalIdentifier(.phoneNumber, line: 2)) {
      try append(ledger, [TestEvent("b", customer: "0042"), TestEvent("c", customer: "+43 1 234 56 78")])
    }
    #expect(try ledger.reader().count == 0)
    #expect(try append(ledger, [TestEvent("b", customer: "2024-000123")]) == [.accepted(0)])
    let told = try ledger.write { writer in
      writer.allowPersonalIdentifiers()
      return try writer.append(TestEvent.batch([event]), clock: Self.clock)
    }
    #expect(told == [.accepted(1)])
    let sealed = try TemporaryLedger(sealed: ["customer"])
    #expect(try append(sealed, [event]) == [.accepted(0)])
  }

  @Test func `a line that would be too long is not recorded, and the rest is`() throws {
    let ledger = try TemporaryLedger()
    let long = TestEvent("b", data: [("k", String(repeating: "x", count: 65_500), false)])
    let fits = TestEvent("c", data: [("k", String(repeating: "x", count: 65_200), false)])
    let text = TestEvent("d", text: String(repeating: "words ", count: 50_000))
    let outcomes = try append(ledger, [TestEvent("a"), long, fits, text])
    #expect(outcomes.count == 4)
    guard case .tooLong(let byteCount) = outcomes[1] else { return }
    #expect(byteCount > 65_535)
    #expect(outcomes[0] == .accepted(0))
    #expect(outcomes[2...] == [.accepted(1), .accepted(2)])
  }
}
