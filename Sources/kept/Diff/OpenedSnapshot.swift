import Glibc
import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// A snapshot's folder, or a candidate's, to be read.
struct OpenedSnapshot {
  let folder: String
  let manifest: Manifest
  private let disk: any Disk

  init(_ folder: String, _ disk: any Disk = PosixDisk()) throws {
    self.folder = folder
    self.disk = disk
    manifest = try SnapshotStore.manifest(disk, folder: folder)
  }

  /// A snapshot's folder itself, or the last one published of a ledger.
  init(latestOf path: String) throws {
    let disk = PosixDisk()
    guard try disk.exists(path) else { throw FileError(path, "there is no such ledger or snapshot") }
    if try disk.exists("\(path)/\(Manifest.fileName)") {
      try self.init(path, disk)
      return
    }
    let store = SnapshotStore(disk: disk, path: "\(path)/\(LedgerFolder.snapshots)")
    guard let latest = try store.latestName() else {
      guard try LedgerReader(path).count > 0 else { throw FileError.noEvents(path) }
      throw FileError(path, "no snapshot is published there", next: "publish one: kept rebuild \(path)")
    }
    try self.init(store.folder(latest), disk)
  }

  /// By table; files that are no table of this program's are not among them.
  var files: [TableName: Manifest.File] {
    var files: [TableName: Manifest.File] = [:]
    for file in manifest.files {
      if let table = TableName.allCases.first(where: { "\($0.rawValue).parquet" == file.name }) { files[table] = file }
    }
    return files
  }

  func table(_ name: TableName) throws -> LazyTable {
    try LazyTable(disk, file: "\(folder)/\(name.rawValue).parquet")
  }

  /// The ledger whose `snapshots` folder it lies in; nil where it lies elsewhere.
  var ledgerPath: String? {
    guard let resolved = realpath(folder, nil) else { return nil }
    defer { free(resolved) }
    var parts = String(cString: resolved).split(separator: "/")
    guard parts.count >= 3, parts[parts.count - 2] == LedgerFolder.snapshots else { return nil }
    parts.removeLast(2)
    return "/" + parts.joined(separator: "/")
  }
}

extension LedgerReader {
  /// Whether a snapshot was made from the log's first events; else an error says how the ledger is another.
  func requireOrigin(of snapshot: OpenedSnapshot) throws {
    let manifest = snapshot.manifest
    guard manifest.position <= count else {
      throw FileError(
        snapshot.folder,
        "it was made from \(grouped(manifest.position)) events, the ledger \(folder.path) has \(grouped(count))",
        next: "give the ledger it was made from with --ledger.")
    }
    guard try tree(count: manifest.position).root == manifest.root else {
      throw FileError(
        snapshot.folder, "it was not made from the first \(grouped(manifest.position)) events of \(folder.path)",
        next: "give the ledger it was made from with --ledger; `kept verify \(folder.path) --deep` checks this one.")
    }
  }
}
