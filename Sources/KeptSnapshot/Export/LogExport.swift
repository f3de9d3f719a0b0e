import KeptFormat
import KeptLog

/// The log as Parquet files, partitioned by the month in which events happened, for engines that spread work over many
/// machines. Later runs add what is new.
///
/// Parts are written beside under a hidden name and synced; `.publishing.json`, the manifest to be, makes it certain that
/// they will be published; they are renamed; last of all that becomes `manifest.json`. A run that is killed before the
/// second step leaves hidden files, which the next one removes; after it, the next one finishes the renames. No part that
/// can be seen is ever written again.
package final class LogExport {
  package static let eventsFolder = "events"
  /// About 100 to 250 MB, and 1 GiB of memory.
  package static let partRowCountDefault = 4_194_304

  private static let publishing = ".publishing.json"
  private static let lock = ".lock"

  private let disk: any Disk
  private let path: String
  private let lock: any DiskLock
  /// What is published; nil where nothing is.
  package private(set) var manifest: ExportManifest?

  /// Takes the folder's lock and ends what an earlier run left unfinished.
  ///
  /// - Parameters:
  ///   - path: missing, empty, or an earlier export of this ledger.
  ///   - holder: who is exporting, for the message another process gets.
  package init(_ path: String, of reader: LedgerReader, disk: any Disk = PosixDisk(), holder: String) throws {
    self.path = path
    self.disk = disk
    let names = try disk.names(inFolder: path)
    let own = [ExportManifest.fileName, Self.eventsFolder, Self.publishing, Self.publishing + ".new", Self.lock]
    if let names {
      let isUnclaimed = names.contains(Self.eventsFolder) && !names.contains(ExportManifest.fileName)
        && !names.contains(Self.lock)
      guard !isUnclaimed, names.allSatisfy({ own.contains($0) }) else { throw ExportError.foreign(path: path) }
    }
    if names == nil { try disk.makeFolder(path, permissions: 0o755) }
    // Until something is published, whoever made the folder may have come no further.
    if names?.contains(ExportManifest.fileName) != true { try disk.syncFolder(parentFolder(of: path)) }
    switch try disk.lock("\(path)/\(Self.lock)", holder: holder) {
    case .held(let held): lock = held
    case .heldByOther(let other): throw ExportError.locked(path: path, holder: other)
    case .untrusted(let fileSystem): throw ExportError.untrustedLock(path: path, fileSystem: fileSystem)
    }
    // What is found in it may have its name in memory alone: no part may be seen for good before the list of it is there.
    try disk.syncFolder(path)
    try finishPublishing()
    try removeHidden()
    manifest = try Self.manifest(path, disk)
    if let manifest { try Self.check(manifest, of: reader, path) }
  }

  deinit { lock.release() }

  /// What a run added.
  package struct Added: Sendable {
    package var parts: [ExportManifest.Part]
    package var rowCount: Int { parts.reduce(0) { $0 + $1.rowCount } }
    package var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }
  }

  /// Adds the events before `end` that are not there yet.
  ///
  /// - Parameters:
  ///   - partRowCount: about how many rows a file has at most; so many rows are in memory at one time.
  ///   - progress: told how many events are written.
  /// - Throws: `ExportError.longer` where there are more already; `LogError`, `DiskError`.
  package func add(
    _ reader: LedgerReader, before end: UInt64, labels: ExportLabels, partRowCount: Int = partRowCountDefault,
    workers: Int, progress: (Int) -> Void = { _ in }
  ) throws -> Added {
    precondition(end <= reader.count, "the first \(end) events of \(reader.count)")
    let start = manifest?.position ?? 0
    guard start <= end else { throw ExportError.longer(path: path, position: start, count: end) }
    let plan = try ExportPlan(reader, positions: start..<end, partRowCount: partRowCount, workers: workers)
    var written: [ExportManifest.Part] = []
    var customerCount = manifest?.customerCount ?? 0
    for pass in plan.passes(rowCountMax: partRowCount) {
      let rows = try Self.gather(pass, plan, reader, workers).map { ExportRows($0, labels: labels) }
      written += try write(pass, rows, workers)
      for part in rows { customerCount = max(customerCount, part.highestCustomer) }
      progress(written.reduce(0) { $0 + $1.rowCount })
    }
    let next = ExportManifest(
      origin: Ledger.origin(reader.settings), zone: reader.settings.zone, position: end,
      root: try reader.tree(count: end).root, customerCount: customerCount, namesKnownAt: reader.count,
      named: try named(reader, labels),
      parts: ((manifest?.parts ?? []) + written).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
    if next != manifest { try publish(next) }
    return Added(parts: written)
  }

  /// Who was forgotten since a part named them. Where ids are sealed no part names anybody.
  private func named(_ reader: LedgerReader, _ labels: ExportLabels) throws -> [UInt32] {
    guard let manifest, !labels.areSealed else { return [] }
    let since = try reader.forgotten(from: manifest.namesKnownAt).keys.filter { $0 <= manifest.customerCount }
    return Set(manifest.named).union(since).sorted()
  }

  // MARK: Parts

  private func write(
    _ parts: ArraySlice<ExportPart>, _ rows: [ExportRows], _ workers: Int
  ) throws -> [ExportManifest.Part] {
    for folder in Set(parts.map(\.folder)).sorted() { try makeFolder(folder) }
    let handles = try parts.map { try disk.open(hidden($0.path), .replace(permissions: 0o644)) }
    defer { for handle in handles { handle.close() } }
    let jobs = rows.indices.map { index in
      let rows = rows[index], handle = handles[index]
      var offset = 0
      return ParquetWriter.Job(ExportColumn.schema, rowCount: rows.count) { place, group in
        rows.column(ExportColumn.allCases[place], group)
      } write: { bytes in
        try handle.write(bytes, at: offset)
        offset += bytes.count
      } finish: {
        try handle.sync()
      }
    }
    return zip(parts, try ParquetWriter.write(jobs, workers: workers)).map { part, file in
      ExportManifest.Part(
        path: part.path, positions: part.positions, rowCount: file.rowCount, byteCount: file.byteCount,
        digest: file.digest)
    }
  }

  /// The rows of each part, block by block. A block is decoded once, whatever the number of parts it belongs to.
  private static func gather(
    _ parts: ArraySlice<ExportPart>, _ plan: ExportPlan, _ reader: LedgerReader, _ workers: Int
  ) throws -> [[ExportPiece]] {
    let runs = Set(parts.flatMap(\.runs)).sorted()
    let partsOfRun = Dictionary(
      parts.enumerated().flatMap { number, part in part.runs.map { ($0, [number]) } }, uniquingKeysWith: +)
    let pieces = try parallel(runs.count, workers: workers) { index in
      let (batch, first, indices) = try plan.runs[runs[index]].events(in: reader)
      var rowsOfMonth: [ExportMonth: [Int]] = [:]
      for row in indices { rowsOfMonth[ExportMonth(of: batch.rows[row].time), default: []].append(row) }
      return partsOfRun[runs[index]]!.map { number in
        let part = parts[parts.startIndex + number]
        return (number, ExportPiece(batch, rows: rowsOfMonth[part.month]!, firstPosition: first))
      }
    }
    var gathered = [[ExportPiece]](repeating: [], count: parts.count)
    for (number, piece) in pieces.joined() { gathered[number].append(piece) }
    return gathered
  }

  private func makeFolder(_ folder: String) throws {
    for name in [Self.eventsFolder, folder] where try !disk.exists("\(path)/\(name)") {
      try disk.makeFolder("\(path)/\(name)", permissions: 0o755)
    }
  }

  // MARK: Publishing

  /// Readers pass over names that begin with a dot.
  private func hidden(_ part: String) -> String {
    let full = "\(path)/\(part)"
    return parentFolder(of: full) + "/." + full.split(separator: "/").last!
  }

  private func publish(_ next: ExportManifest) throws {
    let known = Set((manifest?.parts ?? []).map(\.path))
    let months = Set(next.parts.filter { !known.contains($0.path) }.map { parentFolder(of: $0.path) }).sorted()
    if !months.isEmpty {
      // The folders, too, have their names for good before the list says that the parts are there.
      for folder in months + [Self.eventsFolder] { try disk.syncFolder("\(path)/\(folder)") }
      try disk.syncFolder(path)
    }
    try disk.replaceFile("\(path)/\(Self.publishing)", with: next.encode(), permissions: 0o644)
    try finishPublishing()
    manifest = next
  }

  /// Publishes what `.publishing.json` lists, if there is one.
  private func finishPublishing() throws {
    let file = "\(path)/\(Self.publishing)"
    guard try disk.exists(file) else { return }
    let next = try ExportManifest(parsing: try disk.contents(file), path: file)
    let known = Set((try Self.manifest(path, disk)?.parts ?? []).map(\.path))
    let new = next.parts.filter { !known.contains($0.path) }
    for part in new where try disk.exists(hidden(part.path)) {
      try disk.rename(hidden(part.path), to: "\(path)/\(part.path)")
    }
    for folder in Set(new.map { parentFolder(of: $0.path) }).sorted() { try disk.syncFolder("\(path)/\(folder)") }
    try disk.rename(file, to: "\(path)/\(ExportManifest.fileName)")
    try disk.syncFolder(path)
  }

  /// Removes what a killed run wrote and did not publish.
  private func removeHidden() throws {
    let beside = "\(path)/\(Self.publishing).new"
    if try disk.exists(beside) { try disk.remove(beside) }
    let events = "\(path)/\(Self.eventsFolder)"
    for month in try disk.names(inFolder: events) ?? [] where month.hasPrefix("month=") {
      for name in try disk.names(inFolder: "\(events)/\(month)") ?? [] where name.hasPrefix(".part-") {
        try disk.remove("\(events)/\(month)/\(name)")
      }
    }
  }
}

// MARK: - What is published

extension LogExport {
  /// The manifest of the export in a folder; nil where there is none.
  package static func manifest(_ path: String, _ disk: any Disk = PosixDisk()) throws -> ExportManifest? {
    let file = "\(path)/\(ExportManifest.fileName)"
    guard try disk.exists(file) else { return nil }
    return try ExportManifest(parsing: try disk.contents(file), path: file)
  }

  /// That an export is of a ledger, which may have grown since.
  ///
  /// - Throws: `ExportError`
  package static func check(_ manifest: ExportManifest, of reader: LedgerReader, _ path: String) throws {
    let origin = Ledger.origin(reader.settings)
    guard manifest.origin == origin else {
      throw ExportError.otherLedger(path: path, origin: manifest.origin, expected: origin)
    }
    guard manifest.position <= reader.count else {
      throw ExportError.longer(path: path, position: manifest.position, count: reader.count)
    }
    let root = try reader.tree(count: manifest.position).root
    guard root == manifest.root else {
      throw ExportError.otherRoot(
        path: path, position: manifest.position, exported: manifest.root, ledger: root)
    }
  }

  /// The paths of parts that are not there, or have other bytes than the manifest says.
  package static func differences(
    _ manifest: ExportManifest, _ path: String, _ disk: any Disk = PosixDisk(), workers: Int
  ) throws -> [String] {
    try parallel(manifest.parts.count, workers: workers) { index -> String? in
      let part = manifest.parts[index]
      let full = "\(path)/\(part.path)"
      guard try disk.exists(full) else { return "\(part.path) is missing" }
      let digest = try SnapshotStore.digest(disk, full, byteCount: part.byteCount)
      return digest == part.digest ? nil : "\(part.path) has other bytes"
    }.compactMap { $0 }
  }

  /// Files among the events that the manifest does not list, and that a reader of the whole folder would read.
  package static func strangers(
    _ manifest: ExportManifest, _ path: String, _ disk: any Disk = PosixDisk()
  ) throws -> [String] {
    let listed = Set(manifest.parts.map(\.path))
    var found: [String] = []
    for month in try disk.names(inFolder: "\(path)/\(eventsFolder)") ?? [] where !month.hasPrefix(".") {
      let folder = "\(eventsFolder)/\(month)"
      guard month.hasPrefix("month=") else {
        found.append(folder)
        continue
      }
      let names = try disk.names(inFolder: "\(path)/\(folder)") ?? []
      found += names.filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }.filter { !listed.contains($0) }
    }
    return found
  }
}
