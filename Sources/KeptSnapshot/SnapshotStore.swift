import KeptFormat
import KeptLog

/// The published snapshots of a ledger: `snapshots/<name>/` and `latest`, a link to the last one published. Shadows, which
/// only try rules, stand among them, but `latest` never leads to one.
///
/// Publishing: the files are written beside under `.writing-<name>` and synced, the folder is renamed, `latest` is
/// swapped by a rename, `snapshots` is synced. What a killed run leaves has a name that begins with a dot, and the next
/// run removes it. A published snapshot is never changed.
package struct SnapshotStore: Sendable {
  package let disk: any Disk
  /// The folder `snapshots`.
  package let path: String

  package static let latest = "latest"
  private static let lock = ".lock"
  static let writing = ".writing-"
  private static let removing = ".removing-"
  /// What is kept for inspection has the name of the snapshot that it did not become, and this: no `SnapshotName`.
  static let candidate = ".candidate"
  private static let linking = ".linking"

  package init(disk: any Disk, path: String) {
    self.disk = disk
    self.path = path
  }

  /// The published snapshots and shadows, oldest as-of first.
  package func names() throws -> [SnapshotName] {
    (try disk.names(inFolder: path) ?? []).compactMap { SnapshotName($0) }.sorted()
  }

  /// The names under which something was kept for inspection instead of being published.
  package func candidates() throws -> [SnapshotName] {
    (try disk.names(inFolder: path) ?? []).filter { $0.hasSuffix(Self.candidate) }
      .compactMap { SnapshotName(String($0.dropLast(Self.candidate.count))) }.sorted()
  }

  package func folder(candidate name: SnapshotName) -> String { folder(name) + Self.candidate }

  /// What `latest` points at; nil where nothing is published.
  package func latestName() throws -> SnapshotName? {
    try disk.linkTarget("\(path)/\(Self.latest)").flatMap { SnapshotName($0) }
  }

  package func folder(_ name: SnapshotName) -> String { "\(path)/\(name)" }

  package func manifest(_ name: SnapshotName) throws -> Manifest { try Self.manifest(disk, folder: folder(name)) }

  /// The manifest of the snapshot in any folder.
  package static func manifest(_ disk: any Disk, folder: String) throws -> Manifest {
    let file = "\(folder)/\(Manifest.fileName)"
    guard try disk.exists(file) else { throw SnapshotError.manifest(path: file, reason: "there is none") }
    return try Manifest(parsing: try disk.contents(file), path: file)
  }

  /// Compares the bytes of the files in a snapshot's folder with its manifest; the first difference, or nil.
  package static func check(
    _ disk: any Disk, folder: String, against manifest: Manifest
  ) throws -> SnapshotDifference? {
    let names = Set(try disk.names(inFolder: folder) ?? [])
    for file in manifest.files {
      guard names.contains(file.name) else { return .missing(file: file.name) }
      if try digest(disk, "\(folder)/\(file.name)", byteCount: file.byteCount) != file.digest {
        return .bytes(file: file.name)
      }
    }
    let listed = Set(manifest.files.map(\.name) + [Manifest.fileName])
    return names.subtracting(listed).sorted().first.map { .unlisted(file: $0) }
  }

  /// The digest of a file; nil where it is of another length.
  static func digest(_ disk: any Disk, _ path: String, byteCount: Int) throws -> Digest? {
    let file = try disk.open(path, .read)
    defer { file.close() }
    guard try file.byteCount() == byteCount else { return nil }
    var hash = SHA256()
    for offset in stride(from: 0, to: byteCount, by: 1 << 20) {
      hash.update(try file.read(at: offset, upTo: min(1 << 20, byteCount - offset)))
    }
    return hash.finish()
  }

  /// Begins a snapshot, after removing what a killed run left.
  ///
  /// - Parameter holder: who is writing, for the message another process gets.
  /// - Throws: `SnapshotError.locked`, `.untrustedLock`, `DiskError`.
  package func begin(_ name: SnapshotName, holder: String) throws -> SnapshotDraft {
    if try !disk.exists(path) { try disk.makeFolder(path, permissions: 0o755) }
    // What is published in it would be lost with its name; whoever made it may have come no further.
    try disk.syncFolder(parentFolder(of: path))
    let lock: any DiskLock
    switch try disk.lock("\(path)/\(Self.lock)", holder: holder) {
    case .held(let held): lock = held
    case .heldByOther(let other): throw SnapshotError.locked(holder: other)
    case .untrusted(let fileSystem): throw SnapshotError.untrustedLock(fileSystem: fileSystem)
    }
    try removeLeftovers()
    let folder = "\(path)/\(Self.writing)\(name)"
    try disk.makeFolder(folder, permissions: 0o755)
    return SnapshotDraft(store: self, name: name, folder: folder, lock: lock)
  }

  private func removeLeftovers() throws {
    for name in try disk.names(inFolder: path) ?? [] {
      if name.hasPrefix(Self.writing) || name.hasPrefix(Self.removing) {
        try removeFolder("\(path)/\(name)")
      } else if name == Self.linking {
        try disk.remove("\(path)/\(name)")
      }
    }
  }

  /// Removes what was kept under this name when it was not published.
  func removeCandidate(_ name: SnapshotName) throws {
    let candidate = folder(candidate: name)
    guard try disk.exists(candidate) else { return }
    let aside = "\(path)/\(Self.removing)\(name)\(Self.candidate)"
    try disk.rename(candidate, to: aside)
    try disk.syncFolder(path)
    try removeFolder(aside)
  }

  func removeFolder(_ folder: String) throws {
    for name in try disk.names(inFolder: folder) ?? [] { try disk.remove("\(folder)/\(name)") }
    try disk.removeFolder(folder)
  }

  func pointLatest(at name: SnapshotName) throws {
    guard try latestName() != name else { return }
    let link = "\(path)/\(Self.linking)"
    try disk.makeLink(link, to: name.description)
    try disk.rename(link, to: "\(path)/\(Self.latest)")
  }

  /// Removes the oldest until `count` are left; the one that `latest` points at stays and counts. Shadows do not count:
  /// those older than everything that is left go too.
  func removeOld(keeping count: Int) throws -> [SnapshotName] {
    precondition(count >= 1, "at least the snapshot just published is kept")
    let latest = try latestName()
    let all = try names()
    let names = all.filter { $0.shadow == nil }
    let aged = names.filter { $0 != latest }.prefix(max(0, names.count - count))
    let oldest = names.first { !aged.contains($0) }
    let removed = all.filter { name in name.shadow == nil ? aged.contains(name) : oldest.map { name < $0 } ?? false }
    guard !removed.isEmpty else { return [] }
    // Renamed first, and that for good, so that no half of a snapshot ever stands under its name.
    func aside(_ name: SnapshotName) -> String { "\(path)/\(Self.removing)\(name)" }
    for name in removed { try disk.rename(folder(name), to: aside(name)) }
    try disk.syncFolder(path)
    for name in removed { try removeFolder(aside(name)) }
    return removed
  }
}
