import KeptFormat

/// Where an import's rejects are listed: `rejects/` and a name made of the import's first free position. One JSON object a
/// line: file, line, offset, field, reason; never the line itself (law 7, law 10).
package struct RejectsFile {
  private let file: any DiskFile
  private let disk: any Disk
  private let folder: LedgerFolder
  /// Relative to the ledger.
  package let name: String
  private var byteCount = 0

  /// - Parameter position: of the next event when the import began; an older list of that name is replaced.
  package init(_ path: String, position: UInt64, disk: any Disk = PosixDisk.ofLedger) throws {
    folder = LedgerFolder(path)
    self.disk = disk
    name = "\(LedgerFolder.rejects)/\(LedgerFolder.digits(position)).jsonl"
    file = try disk.open(folder(name), .replace(permissions: 0o600))
  }

  /// - Parameter lines: whole lines, each with its line feed.
  package mutating func append(lines: [UInt8]) throws {
    try file.write(lines, at: byteCount)
    byteCount += lines.count
  }

  package func finish() throws {
    try file.sync()
    try disk.syncFolder(folder(LedgerFolder.rejects))
    file.close()
  }
}
