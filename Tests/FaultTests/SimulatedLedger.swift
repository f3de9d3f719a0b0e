import KeptFormat
import KeptLog
import KeptSimulation
import KeptSnapshot
import Testing

/// A small ledger on a simulated disk, what was acknowledged of it, and what a checker may demand.
struct SimulatedLedger {
  static let path = "/care"
  /// Blocks of eight events, so that a few dozen seal blocks and segments.
  static let geometry = LogGeometry(blockEventCount: 8, segmentBlockCount: 2)
  static let clock: Instant = 1_700_000_000_000_000
  static let secret = "only-C-1-says-so"

  let disk: SimulatedDisk
  /// Ids by position, as acknowledged.
  var acknowledged: [String] = []
  /// A command that was under way, whose events may be there or not, in this order.
  var inFlight: [String] = []
  /// The customer C-1 was forgotten, and that was acknowledged, or a writer has begun since.
  var isForgotten = false
  var publishedPositions: [UInt64] = []
  /// How many events the export holds that was announced last.
  var exportedPosition: UInt64 = 0

  static func empty(seed: UInt64) throws -> SimulatedLedger {
    let disk = SimulatedDisk(seed: seed)
    try Ledger.create(path, .init(zone: "UTC", zoneBytes: [1, 2, 3], sealed: ["customer"]), disk: disk)
    return SimulatedLedger(disk: disk.afterPowerCut(seed: seed))
  }

  private static func words(_ index: Int) -> String { "\(secret) \(index)." }

  func on(_ disk: SimulatedDisk) -> SimulatedLedger {
    SimulatedLedger(
      disk: disk, acknowledged: acknowledged, inFlight: inFlight, isForgotten: isForgotten,
      publishedPositions: publishedPositions, exportedPosition: exportedPosition)
  }

  /// Events of a few customers, two thirds with words; C-1 says what nobody else does.
  static func events(_ range: Range<Int>) -> [TestEvent] {
    range.map { index in
      let customer = index % 5 == 4 ? nil : "C-\(index % 5)"
      let words = index % 5 == 1 ? Self.words(index) : index % 3 == 0 ? "words \(index)" : nil
      return TestEvent("e\(index)", customer: customer, text: words, amount: Int64(index))
    }
  }

  /// The same, so many days apart; every fourth happened three months before its neighbours.
  static func events(_ range: Range<Int>, daysApart days: Int64) -> [TestEvent] {
    zip(range, events(range)).map { index, event in
      var event = event
      event.time = 1_600_000_000_000_000 + Int64(index) * days * 86_400_000_000
      if index % 4 == 3 { event.time -= 90 * 86_400_000_000 }
      return event
    }
  }

  // MARK: commands; each throws what the disk makes it throw

  func reader() throws -> LedgerReader { try LedgerReader(Self.path, disk: disk, geometry: Self.geometry) }

  private func writer() throws -> LedgerWriter {
    try LedgerWriter(Self.path, disk: disk, geometry: Self.geometry, workerCount: 1, holder: "a test")
  }

  /// One commit after another, by one writer.
  mutating func append(_ events: [TestEvent], by size: Int) throws {
    let writer = try writer()
    defer { writer.close() }
    for start in stride(from: 0, to: events.count, by: size) {
      let part = Array(events[start..<min(start + size, events.count)])
      inFlight = part.map(\.id)
      for outcome in try writer.append(TestEvent.batch(part), clock: Self.clock) {
        guard case .accepted = outcome else { continue }
      }
      acknowledge(part.map(\.id))
    }
  }

  mutating func ingest(_ events: [TestEvent], by size: Int) throws {
    let writer = try writer()
    defer { writer.close() }
    inFlight = events.map(\.id)
    for start in stride(from: 0, to: events.count, by: size) {
      let part = Array(events[start..<min(start + size, events.count)])
      _ = try writer.ingest(writer.prepare(TestEvent.batch(part)), clock: Self.clock)
    }
    try writer.finish()
    acknowledge(events.map(\.id))
  }

  private mutating func acknowledge(_ ids: [String]) {
    let known = Set(acknowledged)
    acknowledged += ids.filter { !known.contains($0) }
    inFlight = []
  }

  mutating func forget() throws {
    let reader = try reader()
    let names = try reader.names()
    let number = (1..<UInt32(max(names.count + 1, 1))).first { names[$0].map(Array.init) == Array("C-1".utf8) }
    let writer = try writer()
    defer { writer.close() }
    if let number {
      inFlight = ["(forgotten)"]
      _ = try writer.forget(ForgetRecord(number: number, actor: "Ada", reason: "asked for it"), clock: Self.clock)
    } else if inFlight.isEmpty {
      return
    }
    // Who is not known any more was forgotten by the same command before; a writer has finished that.
    acknowledge(["(forgotten)"])
    isForgotten = true
  }

  /// A snapshot whose one table says how many events were known.
  mutating func publish() throws {
    let reader = try reader()
    let manifest = Manifest(
      position: reader.count, root: try reader.checkpoint().root, asOf: Self.clock, rulebook: SHA256.hash([]),
      zone: SHA256.hash([1]), versions: ["kept": "1"], command: ["kept"])
    let store = SnapshotStore(disk: disk, path: Self.path + "/snapshots")
    let draft = try store.begin(manifest.name, holder: "a test")
    let schema = TableSchema(name: "known", meaning: "", columns: [ColumnSpec("events", .int64)])
    try draft.write([Table(schema: schema, columns: [ColumnData(.int64([Int64(reader.count)]))])], workers: 1)
    _ = try draft.publish(manifest, keep: 2)
    publishedPositions.append(reader.count)
  }

  // MARK: the checker

  /// What a reader sees of a command under way is sure from then on: it may have been put into a snapshot.
  mutating func look() throws {
    let ids = try Self.names(reader())
    if ids.count > acknowledged.count {
      acknowledged = ids
      inFlight = []
    }
  }

  /// What must hold of a ledger whenever somebody opens it; takes over what was under way and turned out to be there.
  mutating func check(_ comment: Comment) throws {
    if isForgotten { try expectErased(comment) }
    let reader = try reader()
    #expect(reader.damage == nil, comment)
    let ids = try Self.names(reader)
    // Every acknowledged event is there, in order, once; of what was under way a beginning, whole events only.
    #expect(Array(ids.prefix(acknowledged.count)) == acknowledged, comment)
    let known = Set(acknowledged)
    let more = inFlight.filter { !known.contains($0) }
    #expect(Array(ids.dropFirst(acknowledged.count)) == Array(more.prefix(ids.count - min(ids.count, acknowledged.count))), comment)
    #expect(try reader.checkpoint().root == literalRoot(reader.lines()[...]), comment)
    let verdict = try Verification(depth: .deep)(reader)
    #expect(verdict.damages.isEmpty, comment)
    // The next writer finishes an erasure.
    try writer().close()
    acknowledged = ids
    if ids.contains("(forgotten)") { isForgotten = true }
    inFlight = []
    try checkSnapshots(comment)
    try checkExport(comment)
  }

  /// Nothing that C-1 said before C-1 was forgotten is in any file, or unpacked from the vault.
  private func expectErased(_ comment: Comment) throws {
    guard let end = acknowledged.firstIndex(of: "(forgotten)") else { return }
    var all = disk.files()
    let reader = try reader()
    for block in reader.blocks.indices { all["values of block \(block)"] = try reader.vault().values(ofBlock: block).bytes }
    for index in acknowledged[..<end].compactMap({ Int($0.dropFirst()) }) where index % 5 == 1 {
      let needle = Array(Self.words(index).utf8)
      for (path, bytes) in all { #expect(!Self.contains(bytes, needle), "\(path) says \(index): \(comment)") }
    }
  }

  private mutating func checkSnapshots(_ comment: Comment) throws {
    let store = SnapshotStore(disk: disk, path: Self.path + "/snapshots")
    guard try disk.exists(Self.path + "/snapshots") else { return #expect(publishedPositions.isEmpty, comment) }
    for name in try store.names() {
      let manifest = try store.manifest(name)
      #expect(try SnapshotStore.check(disk, folder: store.folder(name), against: manifest) == nil, comment)
    }
    let latest = try store.latestName()
    if let latest { #expect(try store.names().contains(latest), comment) }
    if let last = publishedPositions.last { #expect(latest.map { $0.position >= last } == true, comment) }
  }

  /// The next command needs no help; afterwards nothing of a forgotten customer is anywhere.
  mutating func goOn(_ events: [TestEvent], _ comment: Comment) throws {
    try append(events, by: 4)
    try check(comment)
    #expect(try Verification(depth: .deep)(reader()).isSound, comment)
    try publish()
    try check(comment)
  }

  private static func contains(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
    guard bytes.count >= needle.count else { return false }
    return (0...(bytes.count - needle.count)).contains { start in
      bytes[start] == needle[0] && bytes[start..<start + needle.count].elementsEqual(needle)
    }
  }

  /// Every event's id, the ledger's own by what they say.
  static func names(_ reader: LedgerReader) throws -> [String] {
    try reader.lines().map { line in
      let value = try JSONValue.parse(line)
      return value["kind"]?.string == "customer.forgotten" ? "(forgotten)" : value["id"]?.string ?? "?"
    }
  }
}
