import KeptFormat
import KeptLog

/// A snapshot being written. Nobody sees it before `publish`; unless that succeeds, the next draft removes it. No
/// other can be begun while this one is there.
package final class SnapshotDraft {
  package let name: SnapshotName
  private let store: SnapshotStore
  private let folder: String
  private let lock: any DiskLock
  private var files: [Manifest.File] = []

  init(store: SnapshotStore, name: SnapshotName, folder: String, lock: any DiskLock) {
    self.store = store
    self.name = name
    self.folder = folder
    self.lock = lock
  }

  deinit { lock.release() }

  /// Writes and syncs `<table>.parquet` for each table. Tables written in one call share the workers.
  package func write(_ tables: [Table], workers: Int) throws {
    let handles = try tables.map { table in
      try store.disk.open("\(folder)/\(table.schema.name).parquet", .replace(permissions: 0o644))
    }
    defer { for handle in handles { handle.close() } }
    let jobs = zip(tables, handles).map { table, handle in
      var offset = 0
      return ParquetWriter.Job(table) { bytes in
        try handle.write(bytes, at: offset)
        offset += bytes.count
      } finish: {
        try handle.sync()
      }
    }
    let written = try ParquetWriter.write(jobs, workers: workers)
    for (table, file) in zip(tables, written) {
      let name = "\(table.schema.name).parquet"
      precondition(!files.contains { $0.name == name }, "\(name) was written twice")
      files.append(
        Manifest.File(name: name, rowCount: file.rowCount, byteCount: file.byteCount, digest: file.digest))
    }
  }

  package struct Published: Sendable {
    /// The snapshot's folder.
    package var path: String
    /// With the files.
    package var manifest: Manifest
    /// False where the same snapshot had been published before.
    package var isNew: Bool
    /// Older snapshots that were removed.
    package var removed: [SnapshotName]
  }

  /// Makes the snapshot visible under its name and, where it is no shadow, as `latest`.
  ///
  /// - Parameters:
  ///   - manifest: without the files, of the instant and position the draft was begun with.
  ///   - keep: how many snapshots stay, this one included; nil: all.
  /// - Throws: `SnapshotError.alreadyPublished` where the name is taken by something else.
  package func publish(_ manifest: Manifest, keep: Int?) throws -> Published {
    let isShadow = name.shadow != nil
    precondition(
      manifest.asOf == name.asOf && manifest.position == name.position && manifest.files.isEmpty,
      "a manifest of another snapshot")
    precondition(!isShadow || keep == nil, "a shadow takes nobody's place")
    let disk = store.disk
    let manifest = withFiles(manifest)
    let target = store.folder(name)
    let isNew = try !disk.exists(target)
    if isNew {
      try finish(manifest)
      try disk.rename(folder, to: target)
    } else {
      if let difference = try difference(of: manifest, from: target) {
        throw SnapshotError.alreadyPublished(name: name.description, difference)
      }
      try store.removeFolder(folder)
    }
    // The folder is in place for good before anything points at it.
    try disk.syncFolder(store.path)
    if !isShadow { try store.pointLatest(at: name) }
    // And `latest` leads away from what is removed for good before that goes.
    try disk.syncFolder(store.path)
    try store.removeCandidate(name)
    let removed = try keep.map { try store.removeOld(keeping: $0) } ?? []
    try disk.syncFolder(store.path)
    return Published(path: target, manifest: manifest, isNew: isNew, removed: removed)
  }

  /// Puts the draft aside for inspection instead of publishing it, in place of an earlier one of its name, and returns
  /// its folder. No reader takes it for a snapshot, and `latest` stays.
  package func keepAsCandidate(_ manifest: Manifest) throws -> String {
    precondition(manifest.name == name && manifest.files.isEmpty, "a manifest of another snapshot")
    try finish(withFiles(manifest))
    try store.removeCandidate(name)
    let target = store.folder(candidate: name)
    try store.disk.rename(folder, to: target)
    try store.disk.syncFolder(store.path)
    return target
  }

  private func withFiles(_ manifest: Manifest) -> Manifest {
    var manifest = manifest
    manifest.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return manifest
  }

  /// Writes the manifest; after that the folder is whole and on disk.
  private func finish(_ manifest: Manifest) throws {
    let handle = try store.disk.open("\(folder)/\(Manifest.fileName)", .replace(permissions: 0o644))
    try handle.write(manifest.encode(), at: 0)
    try handle.sync()
    handle.close()
    try store.disk.syncFolder(folder)
  }

  /// Compares with what was published under this name, by its manifest and by the bytes it has now.
  private func difference(of manifest: Manifest, from target: String) throws -> SnapshotDifference? {
    let published = try SnapshotStore.manifest(store.disk, folder: target)
    if let difference = published.difference(from: manifest) { return difference }
    return try SnapshotStore.check(store.disk, folder: target, against: published)
  }
}
