import KeptFormat
import KeptLog
import KeptSimulation
import Testing

@testable import KeptSnapshot

/// An export at every single operation: the power cut, the process gone, the operation failing. Whatever happens, what is
/// published holds every event once and stays, and the next run needs no help.
@Suite struct ExportFaultTests {
  private static let path = SimulatedLedger.exportPath

  /// Events of five months; every fourth happened three months before its neighbours.
  private static func events(_ range: Range<Int>) -> [TestEvent] { SimulatedLedger.events(range, daysApart: 3) }

  @discardableResult
  private static func export(_ disk: SimulatedDisk, before end: UInt64? = nil, workers: Int = 1) throws -> ExportManifest {
    try SimulatedLedger(disk: disk).exported(before: end, workers: workers)
  }

  /// The files that a reader of the whole folder sees.
  private static func visible(_ disk: SimulatedDisk) -> [String: [UInt8]] {
    let found = disk.files().filter { path, _ in
      path.hasPrefix("\(Self.path)/events/") && !path.split(separator: "/").last!.hasPrefix(".")
    }
    return Dictionary(uniqueKeysWithValues: found.map { (String($0.key.dropFirst(Self.path.count + 1)), $0.value) })
  }

  @Test(arguments: [0, 9])
  func `whatever fails, and whenever the power goes, an export holds every event once, and no part changes`(
    exportedBefore: Int
  ) throws {
    var template = try SimulatedLedger.empty(seed: 7)
    if exportedBefore > 0 {
      try template.append(Self.events(0..<exportedBefore), by: 5)
      try Self.export(template.disk)
    }
    try template.append(Self.events(exportedBefore..<16), by: 5)
    let before = Self.visible(template.disk)
    let counted = template.disk.afterDeath(seed: 11)
    let whole = try Self.export(counted)
    let after = Self.visible(counted)
    #expect(whole.position == 16 && after.count > before.count + 1)
    let operations = counted.operations
    for (index, operation) in operations.enumerated() {
      for fault in EveryOperationTests.faults {
        let disk = template.disk.afterDeath(seed: 11, faults: [index + 1: fault])
        let isDone = (try? Self.export(disk)) != nil
        for (name, next) in [
          ("", disk.afterDeath(seed: 13)), (", the power cut", disk.afterPowerCut(seed: UInt64(index))),
        ] {
          let comment: Comment = "operation \(index + 1), \(operation), \(fault)\(name)"
          let published = try SimulatedLedger.checkExport(next, comment)
          #expect((published?.position ?? 0) == (isDone || published == whole ? 16 : UInt64(exportedBefore)), comment)
          // No reader sees anything but what was there and what will be, and never a part that changes.
          let seen = Self.visible(next)
          for (path, bytes) in before { #expect(seen[path] == bytes, comment) }
          for (path, bytes) in seen { #expect(after[path] == bytes, comment) }
          #expect(try Self.export(next) == whole, comment)
          #expect(Self.visible(next) == after, comment)
          #expect(next.files().keys.filter { $0.contains("/.part-") || $0.contains(".publishing") } == [], comment)
          // What the second run found in memory alone, and announced, is on disk.
          let later = next.afterPowerCut(seed: UInt64(index + 1))
          #expect(try SimulatedLedger.checkExport(later, comment) == whole, comment)
          #expect(Self.visible(later) == after, comment)
        }
      }
    }
  }

  @Test(arguments: [0, 9])
  func `killed twice and cut off, an export gives no engine an event twice once the ledger has grown`(
    exportedBefore: Int
  ) throws {
    var template = try SimulatedLedger.empty(seed: 7)
    if exportedBefore > 0 {
      try template.append(Self.events(0..<exportedBefore), by: 5)
      try Self.export(template.disk)
    }
    try template.append(Self.events(exportedBefore..<16), by: 5)
    let counted = template.disk.afterDeath(seed: 11)
    try Self.export(counted)
    var chance = Chance(5)
    for (index, operation) in counted.operations.enumerated() {
      // What is in memory alone when the first is killed is what the second goes by.
      let isDecisive = operation == "rename lake/.publishing.json"
      let kills: [(Bool, Int)] = isDecisive ? (1...40).map { (true, 1 + $0 % 20) } : [(chance.flip(), 1 + chance.below(12))]
      for (isAfter, second) in kills {
        let first = template.disk.afterDeath(seed: 11, faults: [index + 1: .death(after: isAfter)])
        #expect(throws: (any Error).self) { try Self.export(first) }
        let next = first.afterDeath(seed: 12, faults: [second: .death(after: chance.flip())])
        _ = try? Self.export(next)
        let seed = chance.next()
        let comment: Comment = "operation \(index + 1), \(operation), then operation \(second), seed \(seed)"
        var grown = template.on(next.afterPowerCut(seed: seed))
        try grown.append(Self.events(16..<21), by: 5)
        try grown.export()
        try grown.checkExport(comment)
        let manifest = try #require(try LogExport.manifest(Self.path, grown.disk))
        #expect(try LogExport.strangers(manifest, Self.path, grown.disk) == [], comment)
      }
    }
  }

  @Test func `months are cut into parts of about the rows asked for, sorted by time, for any worker count the same`() throws {
    var ledger = try SimulatedLedger.empty(seed: 5)
    try ledger.append(Self.events(0..<60), by: 5)
    let other = ledger.disk.afterDeath(seed: 3)
    let manifest = try Self.export(ledger.disk)
    #expect(try Self.export(other, workers: 4) == manifest)
    #expect(Self.visible(ledger.disk) == Self.visible(other))
    let months = Dictionary(grouping: manifest.parts) { $0.path.split(separator: "/")[1] }
    #expect(months.values.contains { $0.count > 1 })
    for part in manifest.parts {
      // A part ends where a block does, so that it may have a block's rows more.
      #expect(part.rowCount <= 6 + SimulatedLedger.geometry.blockEventCount, "\(part)")
      let table = try ParquetReader(ledger.disk.contents("\(Self.path)/\(part.path)")).table()
      guard case .int64(let times) = table.columns[ExportColumn.time.rawValue].values else { continue }
      #expect(times == times.sorted())
      #expect(times.allSatisfy { part.path.contains("/month=\(RFC3339.string($0).prefix(7))/") }, "\(part)")
    }
  }

  @Test func `a ledger that was cut, or is another, is not exported over what is there`() throws {
    var ledger = try SimulatedLedger.empty(seed: 5)
    try ledger.append(Self.events(0..<20), by: 5)
    let early = ledger.disk.afterDeath(seed: 3)
    try ledger.append(Self.events(20..<30), by: 5)
    let manifest = try Self.export(ledger.disk)
    #expect(throws: ExportError.longer(path: Self.path, position: 30, count: 12)) {
      try Self.export(ledger.disk, before: 12)
    }
    // The export beside an older copy of the ledger.
    for (path, bytes) in ledger.disk.files() where path.hasPrefix("\(Self.path)/") {
      let folders = path.split(separator: "/").dropLast()
      for count in 1...folders.count {
        let folder = "/" + folders.prefix(count).joined(separator: "/")
        if try !early.exists(folder) { try early.makeFolder(folder, permissions: 0o755) }
      }
      early.plant(path, bytes)
    }
    #expect(throws: ExportError.longer(path: Self.path, position: 30, count: 20)) { try Self.export(early) }
    #expect(try LogExport.manifest(Self.path, early) == manifest)
  }
}
