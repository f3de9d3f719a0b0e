/// Why a snapshot could not be written, published or read. A file operation that failed throws its `DiskError`.
public enum SnapshotError: Error, Equatable {
  /// A total in a column has more than 18 digits, six of them after the point.
  case decimalOutOfRange(column: String)
  /// A snapshot of this name is there and says something else; nothing was changed.
  case alreadyPublished(name: String, SnapshotDifference)
  /// Another process is writing a snapshot.
  case locked(holder: String)
  case untrustedLock(fileSystem: String)
  /// The folder holds no snapshot, or a manifest that Kept did not write.
  case manifest(path: String, reason: String)
}

/// What tells two snapshots apart, or a snapshot from its manifest.
public enum SnapshotDifference: Error, Equatable {
  /// Other events, rules or zone: the manifest's member.
  case manifest(member: String)
  case missing(file: String)
  /// A file that the manifest does not list.
  case unlisted(file: String)
  case bytes(file: String)
}
