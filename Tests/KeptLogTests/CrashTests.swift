import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 2: whatever fails, and whenever the program dies, what was acknowledged is there, in order, once.
@Suite struct CrashTests {
  private static let clock = TemporaryLedger.clock
  private static let geometry = LogGeometry(blockEventCount: 8, segmentBlockCount: 2)

  /// Appends events in batches until the disk fails; returns how many were acknowledged.
  private func appendUntilFailure(_ ledger: TemporaryLedger, _ disk: any Disk, _ events: [TestEvent]) -> Int {
    var acknowledged = 0
    do {
      let writer = try ledger.writer(disk)
      defer { writer.close() }
      while acknowledged < events.count {
        let part = Array(events[acknowledged..<min(acknowledged + 3, events.count)])
        let outcomes = try writer.append(TestEvent.batch(part), clock: Self.clock)
        guard outcomes == part.indices.map({ .accepted(UInt64(acknowledged + $0)) }) else { return -1 }
        acknowledged += part.count
      }
    } catch {}
    return acknowledged
  }

  private func ingestUntilFailure(_ ledger: TemporaryLedger, _ disk: any Disk, _ events: [TestEvent]) -> Int {
    do {
      let writer = try ledger.writer(disk)
      defer { writer.close() }
      for start in stride(from: 0, to: events.count, by: 7) {
        let batch = TestEvent.batch(Array(events[start..<min(start + 7, events.count)]))
        _ = try writer.ingest(writer.prepare(batch), clock: Self.clock)
      }
      try writer.finish()
      return events.count
    } catch {
      return 0
    }
  }

  /// What the ledger holds is a prefix of the events, with at least those acknowledged; running on completes it.
  private func expectPrefixAndCompletion(
    _ ledger: TemporaryLedger, _ events: [TestEvent], atLeast acknowledged: Int, _ comment: Comment
  ) throws {
    let reader = try ledger.reader()
    #expect(reader.damage == nil, comment)
    let ids = try reader.ids()
    #expect(ids.count >= acknowledged, comment)
    #expect(ids == events.prefix(ids.count).map(\.id), comment)
    let outcomes = try ledger.write { try $0.append(TestEvent.batch(events), clock: Self.clock) }
    let expected: [Outcome] = (0..<events.count).map {
      $0 < ids.count ? .duplicate(UInt64($0)) : .accepted(UInt64($0))
    }
    #expect(outcomes == expected, comment)
    let completed = try ledger.reader()
    #expect(try completed.ids() == events.map(\.id), comment)
    #expect(try Verification(depth: .deep)(completed).isSound, comment)
    #expect(try completed.checkpoint().root == literalRoot(completed.lines()[...]), comment)
  }

  @Test(arguments: [FaultyDisk.Fault.error, .death])
  func `law 2: appending survives a failure of every single disk operation`(_ fault: FaultyDisk.Fault) throws {
    let events = TestEvent.many(0..<22)
    let template = try TemporaryLedger(Self.geometry)
    let counting = FaultyDisk()
    #expect(appendUntilFailure(try TemporaryLedger(copyOf: template), counting, events) == events.count)
    let operationCount = counting.operations.count
    #expect(operationCount > 40)
    for failing in 1...operationCount {
      let ledger = try TemporaryLedger(copyOf: template)
      let acknowledged = appendUntilFailure(ledger, FaultyDisk(failing: failing, fault), events)
      #expect(acknowledged >= 0)
      try expectPrefixAndCompletion(
        ledger, events, atLeast: acknowledged, "operation \(failing): \(counting.operations[failing - 1])")
    }
  }

  @Test(arguments: [FaultyDisk.Fault.error, .death])
  func `law 2: a bulk ingest survives a failure of every single disk operation`(_ fault: FaultyDisk.Fault) throws {
    let events = TestEvent.many(0..<53)
    let template = try TemporaryLedger(Self.geometry)
    _ = try template.write { try $0.append(TestEvent.batch(Array(events[..<3])), clock: Self.clock) }
    let counting = FaultyDisk()
    #expect(ingestUntilFailure(try TemporaryLedger(copyOf: template), counting, events) == events.count)
    for failing in 1...counting.operations.count {
      let ledger = try TemporaryLedger(copyOf: template)
      let acknowledged = ingestUntilFailure(ledger, FaultyDisk(failing: failing, fault), events)
      try expectPrefixAndCompletion(ledger, events, atLeast: max(3, acknowledged), "operation \(failing)")
    }
  }

  @Test func `recovery itself survives being cut short at every operation`() throws {
    let events = TestEvent.many(0..<40)
    let template = try TemporaryLedger(Self.geometry)
    _ = try template.write { try $0.append(TestEvent.batch(Array(events[..<30])), clock: Self.clock) }
    // What a crash leaves: a torn record, block bytes beyond the commit point, a beginning segment.
    try template.replace("tail", with: try template.bytes("tail") + [9, 9, 9])
    let segment = LedgerFolder.segment(16)
    try template.replace(segment, with: try template.bytes(segment) + [8, 8])
    try template.replace(LedgerFolder.segment(32), with: [7])
    try template.replace(LedgerFolder.vaultSegment(32), with: [7])
    let counting = FaultyDisk()
    let counted = try TemporaryLedger(copyOf: template)
    try counted.writer(counting).close()
    #expect(counting.operations.count > 8)
    for failing in 1...counting.operations.count {
      let ledger = try TemporaryLedger(copyOf: template)
      try? ledger.writer(FaultyDisk(failing: failing, .death)).close()
      try expectPrefixAndCompletion(ledger, events, atLeast: 30, "operation \(failing)")
    }
  }

  @Test func `creating a ledger may fail anywhere and be tried again`() throws {
    let plan = Ledger.Plan(zone: "UTC", zoneBytes: [1])
    let counting = FaultyDisk()
    let first = try TemporaryLedger()
    try Ledger.create(first.path + "/inner", plan, disk: counting)
    for failing in 1...counting.operations.count {
      let outer = try TemporaryLedger()
      let path = outer.path + "/inner"
      #expect(throws: DiskError.self) { try Ledger.create(path, plan, disk: FaultyDisk(failing: failing, .death)) }
      if try PosixDisk().exists(path + "/ledger.json") == false { try Ledger.create(path, plan) }
      #expect(try LedgerReader(path).count == 0)
      #expect(throws: LogError.alreadyExists(path: path)) { try Ledger.create(path, plan) }
    }
  }

  @Test func `law 2: after a failed sync the writer refuses everything, and does not try again`() throws {
    let ledger = try TemporaryLedger()
    let counting = FaultyDisk()
    let counted = try TemporaryLedger(copyOf: ledger)
    let probe = try counted.writer(counting)
    let before = counting.operations.count
    _ = try probe.append(TestEvent.batch([TestEvent("a")]), clock: Self.clock)
    let sync = try #require(counting.operations[before...].firstIndex { $0.hasPrefix("sync") && $0.hasSuffix("tail") })
    let disk = FaultyDisk(failing: sync + 1)
    let writer = try ledger.writer(disk)
    #expect(throws: DiskError.self) { try writer.append(TestEvent.batch([TestEvent("a")]), clock: Self.clock) }
    let operations = disk.operations.count
    #expect(throws: LogError.self) { try writer.append(TestEvent.batch([TestEvent("b")]), clock: Self.clock) }
    #expect(throws: LogError.self) {
      try writer.ingest(writer.prepare(TestEvent.batch([TestEvent("b")])), clock: Self.clock)
    }
    #expect(disk.operations.count == operations)
  }

  @Test func `law 4: vault, segment and folders are synced before the tail that says so, and it before its name`() throws {
    let ledger = try TemporaryLedger(Self.geometry)
    let disk = FaultyDisk()
    let writer = try ledger.writer(disk)
    _ = try writer.append(TestEvent.batch(TestEvent.many(0..<7)), clock: Self.clock)
    let before = disk.operations.count
    _ = try writer.append(TestEvent.batch(TestEvent.many(7..<9)), clock: Self.clock)
    writer.close()
    let folder = String(ledger.path.split(separator: "/").last!)
    let order = disk.operations[before...].filter { !$0.contains("index") && !$0.hasPrefix("write") && !$0.hasPrefix("create") }
    let parent = ledger.path.split(separator: "/").suffix(2).joined(separator: "/")
    #expect(
      Array(order) == [
        "sync vault/000000000000.kept", "sync log/000000000000.kept", "sync folder \(folder)/vault",
        "sync folder \(folder)/log", "sync \(folder)/tail.new", "rename \(folder)/tail", "sync folder \(parent)",
      ])
  }

  @Test func `law 3: appending never changes a byte of a sealed block`() throws {
    let ledger = try TemporaryLedger(Self.geometry)
    var sealed: [String: [UInt8]] = [:]
    for index in 0..<60 {
      _ = try ledger.write { try $0.append(TestEvent.batch(TestEvent.many(index..<index + 1)), clock: Self.clock) }
      for (name, bytes) in sealed { #expect(try ledger.bytes(name).starts(with: bytes)) }
      for block in try ledger.reader().blocks { sealed[block.segment] = try ledger.bytes(block.segment) }
    }
  }
}
