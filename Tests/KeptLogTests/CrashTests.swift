import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 2: whatever fails, and whenever the program dies, what was acknowledged is there, in order, once.
@Suite struct CrashTests {
  private static let path = "/care"
  private static let clock = TemporaryLedger.clock
  private static let geometry = LogGeometry(blockEventCount: 8, segmentBlockCount: 2)
  private static let faults: [SimulatedDisk.Fault] = [.error(5), .death(after: false), .death(after: true)]

  private static func empty() throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: 1)
    try Ledger.create(path, .init(zone: "UTC", zoneBytes: [1, 2, 3]), disk: disk)
    return disk
  }

  private static func writer(_ disk: SimulatedDisk) throws -> LedgerWriter {
    try LedgerWriter(path, disk: disk, geometry: geometry, holder: "a test")
  }

  /// Appends events in batches until the disk fails; returns how many were acknowledged.
  private func appendUntilFailure(_ disk: SimulatedDisk, _ events: [TestEvent]) -> Int {
    var acknowledged = 0
    do {
      let writer = try Self.writer(disk)
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

  private func ingestUntilFailure(_ disk: SimulatedDisk, _ events: [TestEvent]) -> Int {
    do {
      let writer = try Self.writer(disk)
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
    _ disk: SimulatedDisk, _ events: [TestEvent], atLeast acknowledged: Int, _ comment: Comment
  ) throws {
    let reader = try LedgerReader(Self.path, disk: disk, geometry: Self.geometry)
    #expect(reader.damage == nil, comment)
    let ids = try reader.ids()
    #expect(ids.count >= acknowledged, comment)
    #expect(ids == events.prefix(ids.count).map(\.id), comment)
    let writer = try Self.writer(disk)
    let outcomes = try writer.append(TestEvent.batch(events), clock: Self.clock)
    writer.close()
    let expected: [Outcome] = (0..<events.count).map {
      $0 < ids.count ? .duplicate(UInt64($0)) : .accepted(UInt64($0))
    }
    #expect(outcomes == expected, comment)
    let completed = try LedgerReader(Self.path, disk: disk, geometry: Self.geometry)
    #expect(try completed.ids() == events.map(\.id), comment)
    #expect(try Verification(depth: .deep)(completed).isSound, comment)
    #expect(try completed.checkpoint().root == literalRoot(completed.lines()[...]), comment)
  }

  @Test(arguments: faults)
  func `law 2: appending survives a failure of every single disk operation`(_ fault: SimulatedDisk.Fault) throws {
    let events = TestEvent.many(0..<22)
    let template = try Self.empty()
    let counting = template.afterDeath()
    #expect(appendUntilFailure(counting, events) == events.count)
    let operations = counting.operations
    #expect(operations.count > 40)
    for (index, operation) in operations.enumerated() {
      let disk = template.afterDeath(faults: [index + 1: fault])
      let acknowledged = appendUntilFailure(disk, events)
      #expect(acknowledged >= 0)
      try expectPrefixAndCompletion(
        disk.afterDeath(), events, atLeast: acknowledged, "operation \(index + 1): \(operation)")
    }
  }

  @Test(arguments: faults)
  func `law 2: a bulk ingest survives a failure of every single disk operation`(_ fault: SimulatedDisk.Fault) throws {
    let events = TestEvent.many(0..<53)
    let template = try Self.empty()
    #expect(appendUntilFailure(template, Array(events[..<3])) == 3)
    let counting = template.afterDeath()
    #expect(ingestUntilFailure(counting, events) == events.count)
    for number in 1...counting.operations.count {
      let disk = template.afterDeath(faults: [number: fault])
      let acknowledged = ingestUntilFailure(disk, events)
      try expectPrefixAndCompletion(disk.afterDeath(), events, atLeast: max(3, acknowledged), "operation \(number)")
    }
  }

  @Test(arguments: faults)
  func `recovery itself survives being cut short at every operation`(_ fault: SimulatedDisk.Fault) throws {
    let events = TestEvent.many(0..<40)
    let template = try Self.empty()
    #expect(appendUntilFailure(template, Array(events[..<30])) == 30)
    // What a crash leaves: a torn record, block bytes beyond the commit point, a beginning segment.
    func path(_ name: String) -> String { Self.path + "/" + name }
    template.plant(path("tail"), try template.contents(path("tail")) + [9, 9, 9])
    let segment = path(LedgerFolder.segment(16))
    template.plant(segment, try template.contents(segment) + [8, 8])
    template.plant(path(LedgerFolder.segment(32)), [7])
    template.plant(path(LedgerFolder.vaultSegment(32)), [7])
    let counting = template.afterDeath()
    try Self.writer(counting).close()
    #expect(counting.operations.count > 8)
    for number in 1...counting.operations.count {
      let disk = template.afterDeath(faults: [number: fault])
      try? Self.writer(disk).close()
      try expectPrefixAndCompletion(disk.afterDeath(), events, atLeast: 30, "operation \(number)")
    }
  }

  @Test(arguments: faults)
  func `creating a ledger may fail anywhere and be tried again`(_ fault: SimulatedDisk.Fault) throws {
    let plan = Ledger.Plan(zone: "UTC", zoneBytes: [1])
    let counting = SimulatedDisk(seed: 1)
    try Ledger.create(Self.path, plan, disk: counting)
    for number in 1...counting.operations.count {
      let failing = SimulatedDisk(seed: 1, faults: [number: fault])
      #expect(throws: DiskError.self) { try Ledger.create(Self.path, plan, disk: failing) }
      let disk = failing.afterDeath()
      if try !disk.exists(Self.path + "/ledger.json") { try Ledger.create(Self.path, plan, disk: disk) }
      #expect(try LedgerReader(Self.path, disk: disk).count == 0)
      #expect(throws: LogError.alreadyExists(path: Self.path)) { try Ledger.create(Self.path, plan, disk: disk) }
    }
  }

  @Test func `law 2: after a failed sync the writer refuses everything, and does not try again`() throws {
    let template = try Self.empty()
    let counting = template.afterDeath()
    let probe = try Self.writer(counting)
    let before = counting.operations.count
    _ = try probe.append(TestEvent.batch([TestEvent("a")]), clock: Self.clock)
    let sync = try #require(counting.operations[before...].firstIndex(of: "sync care/tail"))
    let disk = template.afterDeath(faults: [sync + 1: .error(5)])
    let writer = try Self.writer(disk)
    #expect(throws: DiskError.self) { try writer.append(TestEvent.batch([TestEvent("a")]), clock: Self.clock) }
    // It takes back what is not sure, and does nothing more.
    #expect(disk.operations[(sync + 1)...] == ["truncate care/tail"])
    let operations = disk.operations.count
    #expect(throws: LogError.self) { try writer.append(TestEvent.batch([TestEvent("b")]), clock: Self.clock) }
    #expect(throws: LogError.self) {
      try writer.ingest(writer.prepare(TestEvent.batch([TestEvent("b")])), clock: Self.clock)
    }
    #expect(disk.operations.count == operations)
  }

  @Test func `law 4: vault, segment and folders are synced before the tail that says so, and it before its name`() throws {
    let disk = try Self.empty()
    let writer = try Self.writer(disk)
    _ = try writer.append(TestEvent.batch(TestEvent.many(0..<7)), clock: Self.clock)
    let before = disk.operations.count
    _ = try writer.append(TestEvent.batch(TestEvent.many(7..<9)), clock: Self.clock)
    writer.close()
    let order = disk.operations[before...].filter { !$0.contains("index") && !$0.hasPrefix("write") && !$0.hasPrefix("create") }
    #expect(
      Array(order) == [
        "sync vault/000000000000.kept", "sync log/000000000000.kept", "sync folder care/vault", "sync folder care/log",
        "sync care/tail.new", "rename care/tail", "sync folder care",
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
