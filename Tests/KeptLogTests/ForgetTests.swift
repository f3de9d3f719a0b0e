import Foundation
import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 10: what a person said and was called can be destroyed everywhere, and the record still proves what it proved.
@Suite struct ForgetTests {
  private static let clock = TemporaryLedger.clock
  private static let geometry = LogGeometry(blockEventCount: 8, segmentBlockCount: 2)
  private static let anna = "anna-4711"
  private static let bruno = "bruno-0815"
  /// What only Anna's events say; every value has it.
  private static let secret = "Annas-Wort"

  /// 44 events: two segments, a block and four events of a tail; Anna in each, with Bruno in some.
  private static func events() -> [TestEvent] {
    (0..<44).map { index in
      let isAnna = index % 3 == 0
      let name = isAnna ? anna : index % 3 == 1 ? bruno : nil
      let words = isAnna ? "\(secret) \(index)" : "words \(index)"
      var event = TestEvent(
        "e\(index)", customer: name, text: words, amount: Int64(index),
        data: [("name", isAnna ? "\(secret) Name" : "name \(index)", true), ("colour", "red", false)])
      // The other one of the two, and once Anna as the second person of somebody else's event.
      if index % 6 == 0 { event.other = bruno }
      if index % 12 == 1 { event.other = anna }
      return event
    }
  }

  private static func ledger(sealed: [String] = ["customer"]) throws -> TemporaryLedger {
    let ledger = try TemporaryLedger(geometry, sealed: sealed)
    let all = events()
    for start in stride(from: 0, to: all.count, by: 5) {
      let part = Array(all[start..<min(start + 5, all.count)])
      _ = try ledger.write { try $0.append(TestEvent.batch(part), clock: clock) }
    }
    return ledger
  }

  private static func forget(_ ledger: TemporaryLedger, _ number: UInt32, _ disk: any Disk = PosixDisk()) throws {
    _ = try ledger.write(disk) {
      try $0.forget(ForgetRecord(number: number, actor: "Ada", reason: "asked for it"), clock: clock)
    }
  }

  /// The ledger as it is now, on a simulated disk.
  private static func simulated(_ ledger: TemporaryLedger) throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: 1)
    func make(_ folder: String) throws {
      guard folder != "/", try !disk.exists(folder) else { return }
      try make(parentFolder(of: folder))
      try disk.makeFolder(folder, permissions: 0o700)
      try disk.syncFolder(parentFolder(of: folder))
    }
    try make(ledger.path)
    for case let name as String in FileManager.default.enumerator(atPath: ledger.path) ?? .init() {
      let path = ledger.path + "/" + name
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      if isFolder.boolValue { try make(path) } else { disk.plant(path, try ledger.bytes(name)) }
    }
    return disk.afterDeath()
  }

  /// Every byte of every file, and what the packed ones hold: where a text still is.
  private static func places(of text: String, in ledger: TemporaryLedger) throws -> [String] {
    try places(of: Array(text.utf8), in: ledger)
  }

  private static func places(of bytes: [UInt8], in ledger: TemporaryLedger) throws -> [String] {
    var files: [String: [UInt8]] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: ledger.path) ?? .init() {
      if let all = FileManager.default.contents(atPath: ledger.path + "/" + name) { files[name] = Array(all) }
    }
    return try places(of: bytes, in: files, ledger.reader())
  }

  private static func places(of bytes: [UInt8], in files: [String: [UInt8]], _ reader: LedgerReader) throws -> [String] {
    let needle = Data(bytes)
    var found = files.filter { Data($0.value).range(of: needle) != nil }.map(\.key)
    func look(_ bytes: [UInt8], _ place: String) { if Data(bytes).range(of: needle) != nil { found.append(place) } }
    for index in reader.blocks.indices {
      look(try reader.events(ofBlock: index).bytes, "unpacked block \(index)")
      let values = try reader.vault().values(ofBlock: index)
      look(values.bytes, "unpacked values \(index)")
      look(values.keys, "keys \(index)")
    }
    for (_, batch) in try reader.tailBatches() { look(batch.bytes, "tail events") }
    look(try reader.tailValues().bytes, "tail values")
    look(try reader.names().bytes, "names")
    return found
  }

  private static func key(_ ledger: TemporaryLedger, _ number: UInt32) throws -> [UInt8] {
    let values = try ledger.reader().vault().values(ofBlock: 0)
    let start = Int(number - values.firstKeyNumber) * 32
    return Array(values.keys[start..<start + 32])
  }

  @Test func `law 10: no byte of the folder says what a forgotten person said, or who it was`() throws {
    let ledger = try Self.ledger()
    // What unfinished writes left behind.
    for name in ["tail.torn", "tail.2.torn", "log/000000000032.kept.torn"] {
      try ledger.replace(name, with: Array("torn \(Self.secret) \(Self.anna)".utf8))
    }
    let key = try Self.key(ledger, 1)
    #expect(try !Self.places(of: Self.secret, in: ledger).isEmpty)
    #expect(try !Self.places(of: key, in: ledger).isEmpty)
    #expect(try Self.places(of: Self.anna, in: ledger).contains("index/names"))
    try Self.forget(ledger, 1)
    #expect(try Self.places(of: Self.secret, in: ledger) == [])
    #expect(try Self.places(of: Self.anna, in: ledger) == [])
    #expect(try Self.places(of: key, in: ledger) == [])
    // Neither does an index that is built again.
    for name in try PosixDisk().names(inFolder: ledger.path + "/index") ?? [] {
      try PosixDisk().remove(ledger.path + "/index/" + name)
    }
    try ledger.write { _ in }
    #expect(try Self.places(of: Self.anna, in: ledger) == [])
    let report = try Verification(depth: .deep)(ledger.reader())
    #expect(report.isSound && report.forgottenValueCount > 0 && report.openedValueCount > 0, "\(report.damages)")
  }

  @Test func `two people in one event: only one is forgotten`() throws {
    let ledger = try Self.ledger()
    let opened = try Verification(depth: .deep)(ledger.reader()).openedValueCount
    let annas = Self.events().reduce(0) { $0 + ($1.customer == Self.anna ? 2 : 0) }
    try Self.forget(ledger, 1)
    let report = try Verification(depth: .deep)(ledger.reader())
    // Her events' text and name, and her id where she was introduced; of Bruno's nothing.
    #expect(report.isSound && report.forgottenValueCount == annas + 1)
    #expect(report.openedValueCount == opened - annas - 1)
    let names = try ledger.reader().names()
    #expect(names[1] == nil && names[2].map { String(decoding: $0, as: UTF8.self) } == Self.bruno)
    let values = try ledger.reader().vault().values(ofBlock: 0)
    #expect(values.value(row: 0, field: "text") == nil)
    #expect(values.value(row: 0, field: "other_customer").map(Array.init) == Array("\"\(Self.bruno)\"".utf8))
    #expect(values.value(row: 1, field: "text").map(Array.init) == Array("\"words 1\"".utf8))
  }

  @Test func `the second person of an event is forgotten, and the first one's words stay`() throws {
    let ledger = try Self.ledger()
    try Self.forget(ledger, 2)
    #expect(try Self.places(of: Self.bruno, in: ledger) == [])
    #expect(try !Self.places(of: Self.secret, in: ledger).isEmpty)
    #expect(try Verification(depth: .deep)(ledger.reader()).isSound)
  }

  @Test func `where ids are sealed too, the second person's name stays sound though it cannot be opened`() throws {
    let ledger = try Self.ledger(sealed: ["customer", "id"])
    try Self.forget(ledger, 1)
    let report = try Verification(depth: .deep)(ledger.reader())
    #expect(report.isSound, "\(report.damages)")
    #expect(try Self.places(of: Self.anna, in: ledger) == [])
  }

  @Test func `law 5: every proof and checkpoint made before still holds`() throws {
    let ledger = try Self.ledger()
    let before = try ledger.reader()
    let checkpoints = try (0...44).map { count in
      Checkpoint(origin: Ledger.origin(before.settings), count: UInt64(count), root: try before.tree(count: UInt64(count)).root)
    }
    let proofs = try (0..<44).map { try before.inclusionProof(of: UInt64($0), in: checkpoints[44]) }
    try Self.forget(ledger, 1)
    let after = try ledger.reader()
    #expect(after.count == 45)
    for (count, checkpoint) in checkpoints.enumerated() {
      #expect(try after.tree(count: UInt64(count)).root == checkpoint.root)
      try after.consistencyProof(from: UInt64(count), to: after.checkpoint()).check(from: checkpoint)
    }
    for (position, proof) in proofs.enumerated() {
      #expect(try after.inclusionProof(of: UInt64(position), in: checkpoints[44]) == proof)
      try proof.check(against: checkpoints[44])
    }
  }

  @Test func `the event says number, actor and reason, and no name`() throws {
    let ledger = try Self.ledger()
    try Self.forget(ledger, 1)
    let line = try #require(try ledger.reader().lines().last)
    let value = try JSONValue.parse(line)
    #expect(value["kind"]?.string == "customer.forgotten" && value["source"]?.string == "kept")
    #expect(value["data"] == ["actor": "Ada", "number": 1, "reason": "asked for it"])
    #expect(value["customer"] == nil)
    #expect(try ledger.reader().forgotten() == [1: 44])
  }

  @Test(arguments: [[], ["customer"]]) func `who comes back is a new number, and old events are still known`(
    sealed: [String]
  ) throws {
    let ledger = try Self.ledger(sealed: sealed)
    try Self.forget(ledger, 1)
    let again = try ledger.write { try $0.append(TestEvent.batch(Self.events()), clock: Self.clock) }
    #expect(again == (0..<44).map { .duplicate(UInt64($0)) })
    let back = TestEvent("new", customer: Self.anna, text: "I am back")
    #expect(try ledger.write { try $0.append(TestEvent.batch([back]), clock: Self.clock) } == [.accepted(45)])
    let names = try ledger.reader().names()
    #expect(names.count == 3 && names[1] == nil)
    #expect(names[3].map { String(decoding: $0, as: UTF8.self) } == Self.anna)
    // Known under the new number, her old events are the same events still; other plain fields are not.
    #expect(
      try ledger.write { try $0.append(TestEvent.batch(Self.events()), clock: Self.clock) }
        == (0..<44).map { .duplicate(UInt64($0)) })
    var other = Self.events()[0]
    other.amount = 99
    #expect(try ledger.write { try $0.append(TestEvent.batch([other]), clock: Self.clock) } == [.conflict(0)])
    try Self.forget(ledger, 3)
    #expect(try ledger.reader().names()[3] == nil)
    #expect(try Verification(depth: .deep)(ledger.reader()).isSound)
  }

  @Test func `in a ledger with open ids the name goes from the index for good, and the log's mentions are counted`() throws {
    let ledger = try Self.ledger(sealed: [])
    try ledger.write {
      let event = TestEvent(
        "note", customer: Self.bruno, data: [("referrer", "via \(Self.anna)!", false), ("x", "\(Self.anna)9", false)])
      _ = try $0.append(TestEvent.batch([event]), clock: Self.clock)
    }
    try Self.forget(ledger, 1)
    #expect(try ledger.reader().names()[1] == nil)
    #expect(try !ledger.bytes("index/names").contains(Array(Self.anna.utf8)))
    for name in try PosixDisk().names(inFolder: ledger.path + "/index") ?? [] {
      try PosixDisk().remove(ledger.path + "/index/" + name)
    }
    #expect(try ledger.reader().names()[1] == nil)
    try ledger.write { _ in }
    #expect(try ledger.reader().names()[1] == nil)
    #expect(try !ledger.bytes("index/names").contains(Array(Self.anna.utf8)))
    let mentions = try Mentions(of: Self.anna, in: ledger.reader())
    #expect(mentions.counts == ["names.customer": 1, "data.referrer": 1])
    #expect(try Mentions(of: "nobody", in: ledger.reader()).isEmpty)
  }

  @Test(arguments: [SimulatedDisk.Fault.error(5), .death(after: false), .death(after: true)])
  func `an erasure that fails at any disk operation is finished by the next writer`(_ fault: SimulatedDisk.Fault) throws {
    let ledger = try Self.ledger()
    try ledger.replace("tail.torn", with: Array(Self.secret.utf8))
    let key = try Self.key(ledger, 1)
    let template = try Self.simulated(ledger)
    let counting = template.afterDeath()
    try Self.forget(ledger, 1, counting)
    #expect(counting.operations.count > 20)
    for (index, operation) in counting.operations.enumerated() {
      let comment: Comment = "operation \(index + 1): \(operation)"
      // What the erasure itself hit is thrown; what was only derived may be passed over.
      let failing = template.afterDeath(faults: [index + 1: fault])
      try? Self.forget(ledger, 1, failing)
      let disk = failing.afterDeath()
      func reader() throws -> LedgerReader { try LedgerReader(ledger.path, disk: disk, geometry: Self.geometry) }
      let between = try reader()
      #expect(between.damage == nil, comment)
      let wasRecorded = between.count == 45
      #expect(try Verification(depth: .deep)(between).damages.isEmpty, comment)
      #expect(try (between.names()[1] == nil) == wasRecorded, comment)
      try ledger.write(disk) { _ in }
      if !wasRecorded {
        // Nothing happened, and nothing is lost.
        #expect(try Verification(depth: .deep)(reader()).forgottenValueCount == 0, comment)
        try Self.forget(ledger, 1, disk)
      }
      let after = try reader()
      for gone in [Array(Self.secret.utf8), Array(Self.anna.utf8), key] {
        #expect(try Self.places(of: gone, in: disk.files(), after) == [], comment)
      }
      #expect(try Verification(depth: .deep)(after).isSound, comment)
      #expect(after.count == 45, comment)
      #expect(try after.checkpoint().root == literalRoot(after.lines()[...]), comment)
    }
  }

  @Test func `verify names an erasure that is not finished, and a value that is missing without one`() throws {
    let ledger = try Self.ledger()
    let vault = try ledger.bytes(LedgerFolder.vaultSegment(0))
    try Self.forget(ledger, 1)
    try ledger.replace(LedgerFolder.vaultSegment(0), with: vault)
    let unfinished = try Verification(depth: .deep)(ledger.reader())
    #expect(unfinished.damages.isEmpty && unfinished.unerased == [1] && !unfinished.isSound)
    // With the key back, the next writer sees it; values alone are found by whoever looks for them.
    try ledger.write { _ in }
    #expect(try Verification(depth: .deep)(ledger.reader()).isSound)
    #expect(try Self.places(of: Self.secret, in: ledger) == [])
    let second = try ledger.bytes(LedgerFolder.vaultSegment(16))
    try Self.forget(ledger, 2)
    try ledger.replace(LedgerFolder.vaultSegment(16), with: second)
    #expect(try Verification(depth: .deep)(ledger.reader()).unerased == [2])
    try ledger.write { _ in }
    #expect(try Verification(depth: .deep)(ledger.reader()).unerased == [2])
    try ledger.write { try $0.eraseForgotten() }
    #expect(try Verification(depth: .deep)(ledger.reader()).isSound)
    #expect(try Self.places(of: Self.bruno, in: ledger) == [])
    // A vault that lost the same, in a ledger whose log never heard of it.
    let other = try Self.ledger()
    var values = try other.reader().vault().values(ofBlock: 0)
    values.keys.replaceSubrange(0..<32, with: [UInt8](repeating: 0, count: 32))
    values.entries.removeAll { $0.row == 0 }
    let damages = try Verification(depth: .deep)(try Self.replacingChunk(other, values)).damages
    #expect(damages.contains { $0.kind == .valueMissing(field: "text") && $0.positions == 0..<1 })
  }

  /// The ledger with other values in the vault's first chunk.
  private static func replacingChunk(_ ledger: TemporaryLedger, _ values: SealedValues) throws -> LedgerReader {
    let reader = try ledger.reader()
    var kept = SealedValues()
    kept.firstKeyNumber = values.firstKeyNumber
    kept.keys = values.keys
    for entry in values.entries {
      values.bytes[Int(entry.offset)..<Int(entry.offset) + Int(entry.count)].withUnsafeBytes {
        kept.append(row: Int(entry.row), field: kept.fieldCode(values.fields[Int(entry.field)]), value: $0)
      }
    }
    var sink = ByteSink()
    FileHeader(.vault, reader.settings.ledgerID).append(to: &sink)
    VaultChunk.append(kept, firstPosition: 0, eventCount: 8, to: &sink)
    VaultChunk.append(try reader.vault().values(ofBlock: 1), firstPosition: 8, eventCount: 8, to: &sink)
    try ledger.replace(LedgerFolder.vaultSegment(0), with: sink.bytes())
    return try ledger.reader()
  }

  @Test func `law 2: the event is on disk before anything is destroyed, every file before its name, and the names last`()
    throws
  {
    let ledger = try Self.ledger()
    try ledger.replace("tail.torn", with: [1])
    try ledger.write { _ in }
    let disk = try Self.simulated(ledger)
    try Self.forget(ledger, 1, disk)
    let folder = String(ledger.path.split(separator: "/").last!)
    let parent = ledger.path.split(separator: "/").suffix(2).joined(separator: "/")
    let event = try #require(disk.operations.lastIndex(of: "write \(folder)/tail"))
    #expect(disk.operations[event + 1] == "sync \(folder)/tail")
    #expect(!disk.operations[..<event].contains { $0.hasPrefix("rename") || $0.hasPrefix("remove") })
    // A new writer first makes sure of the tail's name.
    #expect(disk.operations[..<event].last { $0.hasPrefix("sync folder") } == "sync folder \(parent)")
    // Readers sync the tail and its name as well.
    var order = disk.operations[(event + 2)...].filter {
      !$0.hasPrefix("write") && !$0.hasPrefix("create") && $0 != "sync \(folder)/tail"
    }[...]
    #expect(order.popFirst() == "sync folder \(parent)")
    var expected = ["sync \(folder)/tail.new", "rename \(folder)/tail", "sync folder \(parent)"]
    for name in ["000000000000", "000000000016", "000000000032"] {
      expected += ["sync vault/\(name).kept.new", "rename vault/\(name).kept"]
    }
    expected += [
      "sync folder \(folder)/vault", "remove \(folder)/tail.torn", "sync folder \(parent)", "sync folder \(folder)/log",
      "sync index/names.new", "rename index/names", "sync folder \(folder)/index",
    ]
    #expect(Array(order) == expected)
  }

  @Test func `law 3: erasing changes no byte of the log`() throws {
    let ledger = try Self.ledger()
    let segments = try Set(ledger.reader().blocks.map(\.segment)).sorted()
    let before = try segments.map { try ledger.bytes($0) }
    try Self.forget(ledger, 1)
    #expect(try segments.map { try ledger.bytes($0) } == before)
  }
}
