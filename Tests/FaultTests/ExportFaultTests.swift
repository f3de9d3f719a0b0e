import KeptFormat
import KeptLog
import KeptSimulation
import Testing

@testable import KeptSnapshot

/// An export at every single operation: the power cut, the process gone, the operation failing. Whatever happens, what is
/// published holds every event once and stays, and the next run needs no help.
@Suite struct ExportFaultTests {
  private static let path = "/lake"

  /// Events of five months; every fourth happened three months before its neighbours.
  private static func events(_ range: Range<Int>) -> [TestEvent] {
    SimulatedLedger.events(range).enumerated().map { offset, event in
      let index = range.lowerBound + offset
      var event = event
      event.time = 1_600_000_000_000_000 + Int64(index) * 3 * 86_400_000_000
      if index % 4 == 3 { event.time -= 90 * 86_400_000_000 }
      return event
    }
  }

  @discardableResult
  private static func export(_ disk: SimulatedDisk, before end: UInt64? = nil, workers: Int = 1) throws -> ExportManifest {
    let reader = try LedgerReader(SimulatedLedger.path, disk: disk, geometry: SimulatedLedger.geometry)
    let labels = ExportLabels(names: try reader.names(), areSealed: true)
    let export = try LogExport(path, of: reader, disk: disk, holder: "a test")
    _ = try export.add(reader, before: end ?? reader.count, labels: labels, partRowCount: 6, workers: workers)
    return export.manifest!
  }

  /// The files that a reader of the whole folder sees.
  private static func visible(_ disk: SimulatedDisk) -> [String: [UInt8]] {
    let found = disk.files().filter { path, _ in
      path.hasPrefix("\(Self.path)/events/") && !path.split(separator: "/").last!.hasPrefix(".")
    }
    return Dictionary(uniqueKeysWithValues: found.map { (String($0.key.dropFirst(Self.path.count + 1)), $0.value) })
  }

  private static func positions(_ file: [UInt8]) throws -> [Int64] {
    guard case .int64(let values) = try ParquetReader(file).table().columns[0].values else { return [] }
    return values
  }

  /// The manifest of what is published, if there is one, and that it is true.
  private func check(_ disk: SimulatedDisk, _ comment: Comment) throws -> ExportManifest? {
    guard let manifest = try LogExport.manifest(Self.path, disk) else { return nil }
    #expect(try LogExport.differences(manifest, Self.path, disk, workers: 1) == [], comment)
    let positions = try manifest.parts.flatMap { try Self.positions(disk.contents("\(Self.path)/\($0.path)")) }
    #expect(positions.sorted() == Array(0..<Int64(manifest.position)), comment)
    return manifest
  }

  @Test func `whatever fails, and whenever the power goes, an export holds every event once, and no part changes`() throws {
    var template = try SimulatedLedger.empty(seed: 7)
    try template.append(Self.events(0..<9), by: 5)
    try Self.export(template.disk)
    try template.append(Self.events(9..<16), by: 5)
    let before = Self.visible(template.disk)
    let counted = template.disk.afterDeath(seed: 11)
    let whole = try Self.export(counted)
    let after = Self.visible(counted)
    #expect(whole.position == 16 && before.count > 1 && after.count > before.count + 1)
    let operations = counted.operations
    for (index, operation) in operations.enumerated() {
      for fault in EveryOperationTests.faults {
        let disk = template.disk.afterDeath(seed: 11, faults: [index + 1: fault])
        let isDone = (try? Self.export(disk)) != nil
        for (name, next) in [
          ("", disk.afterDeath(seed: 13)), (", the power cut", disk.afterPowerCut(seed: UInt64(index))),
        ] {
          let comment: Comment = "operation \(index + 1), \(operation), \(fault)\(name)"
          let published = try #require(try check(next, comment), comment)
          #expect(published.position == (isDone || published == whole ? 16 : 9), comment)
          // No reader sees anything but what was there and what will be, and never a part that changes.
          let seen = Self.visible(next)
          for (path, bytes) in before { #expect(seen[path] == bytes, comment) }
          for (path, bytes) in seen { #expect(after[path] == bytes, comment) }
          #expect(try Self.export(next) == whole, comment)
          #expect(Self.visible(next) == after, comment)
          #expect(next.files().keys.filter { $0.contains("/.part-") || $0.contains(".publishing") } == [], comment)
        }
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
