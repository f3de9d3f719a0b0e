import Foundation
import KeptFormat
import KeptSimulation
import Synchronization
import Testing

@testable import KeptLog

@Suite struct WriterTests {
  private static let clock = TemporaryLedger.clock
  private static let day: Int64 = 24 * 3_600 * 1_000_000

  @Test func `a second writer is told who holds the lock, and gets it afterwards`() throws {
    let ledger = try TemporaryLedger()
    let first = try LedgerWriter(ledger.path, geometry: ledger.geometry, holder: "kept import, process 77")
    #expect(throws: LogError.locked(path: ledger.path + "/lock", holder: "kept import, process 77")) {
      try ledger.writer()
    }
    #expect(try ledger.reader().count == 0)
    first.close()
    try ledger.writer().close()
  }

  @Test func `recorded is the clock or the last recorded instant, whichever is later`() throws {
    let ledger = try TemporaryLedger()
    var expected: [Instant] = []
    for (index, offset) in [0, 5, -3, -Self.day + 5, 9].enumerated() {
      _ = try ledger.write {
        try $0.append(TestEvent.batch([TestEvent("e\(index)")]), clock: Self.clock + offset)
      }
      expected.append(max(expected.last ?? .min, Self.clock + offset))
    }
    #expect(try ledger.reader().tailBatches().flatMap { $0.batch.rows.map(\.recorded) } == expected)
  }

  @Test func `a clock more than 24 hours behind stops the writer, who says both times`() throws {
    let ledger = try TemporaryLedger()
    _ = try ledger.write { try $0.append(TestEvent.batch([TestEvent("a")]), clock: Self.clock) }
    let clock = Self.clock - Self.day - 1
    #expect(throws: LogError.clockBehind(clock: clock, lastRecorded: Self.clock)) {
      try ledger.write { try $0.append(TestEvent.batch([TestEvent("b")]), clock: clock) }
    }
    #expect(throws: LogError.clockBehind(clock: clock, lastRecorded: Self.clock)) {
      try ledger.write { try $0.ingest($0.prepare(TestEvent.batch([TestEvent("b")])), clock: clock) }
    }
    #expect(try ledger.reader().count == 1)
  }

  @Test func `customers are numbered in order of first appearance and introduced once`() throws {
    let ledger = try TemporaryLedger()
    let events = [
      TestEvent("a", customer: "B"), TestEvent("b"), TestEvent("c", customer: "A", other: "C"),
      TestEvent("d", customer: "C", other: "D"), TestEvent("e", customer: "E", other: "E"), TestEvent("f", customer: "B"),
    ]
    for event in events {
      _ = try ledger.write { try $0.append(TestEvent.batch([event]), clock: Self.clock) }
    }
    let lines = try ledger.reader().lines().map { try JSONValue.parse($0) }
    #expect(lines.map { $0["customer"]?.integer } == [1, nil, 2, 3, 5, 1])
    #expect(lines.map { $0["other_customer"]?.integer } == [nil, nil, 3, 4, 5, nil])
    #expect(
      lines.map { $0["names"] } == [
        ["customer": "B"], nil, ["customer": "A", "other_customer": "C"], ["other_customer": "D"], ["customer": "E"], nil,
      ])
    let names = try ledger.reader().names()
    #expect((1...5).map { String(decoding: names[$0]!, as: UTF8.self) } == ["B", "A", "C", "D", "E"])
    #expect(names[6] == nil && names[0] == nil)
  }

  @Test func `law 10: personal values are in the vault and nowhere in the log, and the commitments open`() throws {
    let ledger = try TemporaryLedger(sealed: ["customer", "agent", "id", "data.shoe"])
    let events = (0..<40).map { index in
      TestEvent(
        "secret-id-\(index)", customer: "secret-customer-\(index % 5)", text: "secret words \(index)", other: nil,
        data: [("name", "secret name", true), ("plain", "open", false), ("shoe", "secret 44", false)])
    }
    for start in stride(from: 0, to: 40, by: 8) {
      _ = try ledger.write {
        try $0.append(TestEvent.batch(Array(events[start..<start + 8])), clock: Self.clock)
      }
    }
    let reader = try ledger.reader()
    #expect(reader.blocks.count == 2)
    for name in Set(reader.blocks.map(\.segment)) {
      #expect(!String(decoding: try ledger.bytes(name), as: Unicode.ASCII.self).contains("secret"))
    }
    #expect(try !reader.lines().joined().contains("secret"))
    let report = try Verification(depth: .deep)(reader)
    #expect(report.isSound)
    #expect(report.openedValueCount == 40 * 4 + 5)
    let names = try reader.names()
    #expect((1...5).map { String(decoding: names[$0]!, as: UTF8.self) } == (0..<5).map { "secret-customer-\($0)" })
    // Identity holds although ids are sealed, with the index and without it.
    let again = { try ledger.write { try $0.append(TestEvent.batch(events), clock: Self.clock) } }
    #expect(try again() == (0..<40).map { .duplicate($0) })
    for name in try PosixDisk().names(inFolder: ledger.path + "/index") ?? [] {
      try PosixDisk().remove(ledger.path + "/index/" + name)
    }
    #expect(try again() == (0..<40).map { .duplicate($0) })
  }

  @Test func `a commitment is what the format says, computed by hand`() throws {
    let ledger = try TemporaryLedger()
    _ = try ledger.write {
      try $0.append(TestEvent.batch([TestEvent("i1", customer: "C", text: "a \"b\"")]), clock: Self.clock)
    }
    let reader = try ledger.reader()
    let key = Array(try reader.tailValues().keys)
    let salt = HMACKey(key).code(for: Array("text\0shop\0i1".utf8))
    let expected = SHA256.hash(salt.withUnsafeBytes { Array($0) } + Array(#""a \"b\"""#.utf8))
    #expect(try JSONValue.parse(reader.lines()[0])["sealed"]?["text"]?.string == expected.hex)
  }

  @Test func `where a key was destroyed only plain fields are compared, and missing values are fine`() throws {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 4, segmentBlockCount: 4))
    let events = [
      TestEvent("a", customer: "C-1", text: "hello"), TestEvent("b", customer: "C-2", text: "hello"),
      TestEvent("c"), TestEvent("d"),
    ]
    _ = try ledger.write { try $0.append(TestEvent.batch(events), clock: Self.clock) }
    _ = try ledger.write { try $0.forget(ForgetRecord(number: 1, actor: "Ada", reason: "R"), clock: Self.clock) }

    let report = try Verification(depth: .deep)(ledger.reader())
    #expect(report.isSound)
    #expect(report.forgottenValueCount == 1 && report.openedValueCount == 1)
    var otherWords = events[0]
    otherWords.text = "something else"
    var otherAmount = events[0]
    otherAmount.amount = 7
    var known = events[1]
    known.text = "something else"
    let outcomes = try ledger.write {
      try $0.append(TestEvent.batch([events[0], otherWords, otherAmount, known]), clock: Self.clock)
    }
    #expect(outcomes == [.duplicate(0), .duplicate(0), .conflict(0), .conflict(1)])
  }

  @Test func `a value missing from the vault of a customer who was not forgotten is a disagreement`() throws {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 4, segmentBlockCount: 4))
    _ = try ledger.write {
      try $0.append(
        TestEvent.batch([TestEvent("a", customer: "C", text: "x"), TestEvent("b"), TestEvent("c"), TestEvent("d")]),
        clock: Self.clock)
    }
    var values = try ledger.reader().vault().values(ofBlock: 0)
    values.entries = []
    values.bytes = []
    var sink = ByteSink()
    FileHeader(.vault, try ledger.reader().settings.ledgerID).append(to: &sink)
    VaultChunk.append(values, firstPosition: 0, eventCount: 4, to: &sink)
    try ledger.replace(LedgerFolder.vaultSegment(0), with: sink.bytes())
    let report = try Verification(depth: .deep)(ledger.reader())
    #expect(report.damages.map(\.kind) == [.valueMissing(field: "text")])
    #expect(report.damages.map(\.positions) == [0..<1])
  }

  @Test func `a reader beside a writer always sees a prefix, each event once`() throws {
    let ledger = try TemporaryLedger()
    let path = ledger.path
    let geometry = ledger.geometry
    let isDone = Mutex(false)
    let finished = DispatchSemaphore(value: 0)
    let failures = Mutex<[String]>([])
    DispatchQueue.global().async {
      var seen = 0
      while !isDone.withLock({ $0 }) {
        do {
          let reader = try LedgerReader(path, geometry: geometry)
          let ids = try reader.ids()
          if ids != (0..<ids.count).map({ "e\($0)" }) || ids.count < seen || reader.damage != nil {
            failures.withLock { $0.append("\(seen) then \(ids)") }
          }
          seen = ids.count
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
      finished.signal()
    }
    try ledger.write { writer in
      for index in 0..<400 {
        _ = try writer.append(TestEvent.batch(TestEvent.many(index..<index + 1)), clock: Self.clock)
      }
    }
    isDone.withLock { $0 = true }
    finished.wait()
    #expect(failures.withLock { $0 } == [])
  }

  @Test func `an import record is an event that reads back, in the tail and in a block`() throws {
    let ledger = try TemporaryLedger()
    var tally = ImportTally()
    try ledger.write { writer in
      let batch = TestEvent.batch(TestEvent.many(0..<20))
      let admission = try writer.ingest(writer.prepare(batch), clock: Self.clock)
      tally.add(admission, batch)
      try writer.finish()
      tally.rejected = 2
      let record = ImportRecord(file: "a.jsonl", byteCount: 99, digest: SHA256.hash([1]), tally: tally)
      #expect(record.lineCount == 22)
      try writer.append(record, clock: Self.clock)
      #expect(try ledger.reader().imports().map(\.record) == [record])
      _ = try writer.append(TestEvent.batch(TestEvent.many(20..<60)), clock: Self.clock)
      let imports = try ledger.reader().imports()
      #expect(imports.map(\.record) == [record])
      #expect(imports.map(\.position) == [20])
    }
    #expect(tally.accepted == 20 && tally.positions == 0...19)
    #expect(tally.amounts[""]?.text == "190")
  }

  @Test(arguments: [
    ([("1.5", "2.25")], "3.75"), ([("-0.5", "2")], "1.5"), ([("0.5", "-2")], "-1.5"), ([("1", "-1")], "0"),
    ([("0.000000000000000001", "999999999999999999")], "999999999999999999.000000000000000001"),
    ([("-0.3", "0.1")], "-0.2"), ([("999999999999999999", "999999999999999999")], "1999999999999999998"),
  ])
  func `sums of amounts are exact`(_ pairs: [(String, String)], _ expected: String) throws {
    var sum = DecimalSum()
    for (a, b) in pairs {
      sum.add(try #require(JSONValue.parse(a).number))
      sum.add(try #require(JSONValue.parse(b).number))
    }
    #expect(sum.text == expected)
    #expect(DecimalSum(text: expected) == sum)
  }
}

@Suite struct SettingsTests {
  @Test func `settings read back as they were written`() throws {
    let settings = LedgerSettings(
      ledgerID: LedgerID([UInt8](0..<16)), zone: "Europe/Vienna", weekStart: .sunday, currency: "EUR",
      sealed: ["customer", "agent", "data.shoe"])
    #expect(try LedgerSettings.parse(settings.json(), path: "x") == settings)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"format":2}"#, #"{"format":1,"ledger":"00"}"#,
    #"{"format":1,"ledger":"000102030405060708090a0b0c0d0e0f","zone":"UTC","week_start":"Monday","sealed":[]}"#,
    #"{"format":1,"ledger":"000102030405060708090a0b0c0d0e0f","zone":"UTC","week_start":"monday","sealed":["kind"]}"#,
    #"{"format":1,"ledger":"000102030405060708090a0b0c0d0e0f","zone":"UTC","week_start":"monday","sealed":[],"x":1}"#,
  ])
  func `settings that are not a ledger's are refused`(_ text: String) {
    #expect(throws: LogError.self) { try LedgerSettings.parse(Array(text.utf8), path: "ledger.json") }
  }

  @Test func `a folder that is no ledger says so`() throws {
    #expect(throws: LogError.notALedger(path: "/nonexistent", reason: .noFolder)) { try LedgerReader("/nonexistent") }
    #expect(throws: LogError.notALedger(path: NSTemporaryDirectory(), reason: .noSettings)) {
      try LedgerReader(NSTemporaryDirectory())
    }
  }

  @Test func `files and folders are the owner's alone`() throws {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 4, segmentBlockCount: 4))
    _ = try ledger.write {
      try $0.append(TestEvent.batch(TestEvent.many(0..<9)), clock: TemporaryLedger.clock)
    }
    let all = try #require(FileManager.default.enumerator(atPath: ledger.path)?.allObjects as? [String])
    #expect(all.count > 8)
    for name in all + [""] {
      let attributes = try FileManager.default.attributesOfItem(atPath: ledger.path + "/" + name)
      let mode = try #require(attributes[.posixPermissions] as? NSNumber).uint16Value
      #expect(mode & 0o077 == 0, "\(name) has mode \(String(mode, radix: 8))")
    }
  }
}
