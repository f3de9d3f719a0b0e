import KeptFormat

/// What the next writer puts right before it writes: everything beyond the commit point goes (law 4).
///
/// Nothing that was acknowledged is touched: bytes at or after the commit point are an import that was not finished, a
/// torn record one append that was not. They are kept in `*.torn`, except those of the vault.
struct Recovery {
  /// What was moved: the file, and how many bytes.
  private(set) var moved: [(file: String, byteCount: Int)] = []
  private let folder: LedgerFolder
  private let disk: any Disk

  /// - Precondition: the lock is held, `reader` found no damage, and `chunks` are the vault's for its blocks.
  init(_ reader: LedgerReader, chunks: [VaultChunkReference]) throws {
    folder = reader.folder
    disk = reader.disk
    if case .torn(let offset, _) = reader.tailState { try cut(LedgerFolder.tail, at: offset) }
    try settle(lastRecord: reader.tailEvents.lastRecord)
    for name in [LedgerFolder.tail + ".new", LedgerFolder.settings + ".new"] where try disk.exists(folder(name)) {
      try disk.remove(folder(name))
    }
    for name in try disk.names(inFolder: folder(LedgerFolder.log)) ?? [] {
      guard LedgerFolder.firstPosition(inName: name) != nil else { continue }
      let relative = LedgerFolder.log + "/" + name
      if let byteCount = reader.segmentByteCounts[relative] {
        try cut(relative, at: byteCount)
      } else {
        try moveAway(relative)
      }
    }
    var vaultByteCounts: [String: Int] = [:]
    for chunk in chunks { vaultByteCounts[chunk.file] = chunk.offset + chunk.chunk.byteCount }
    for name in try disk.names(inFolder: folder(LedgerFolder.vault)) ?? [] {
      let relative = LedgerFolder.vault + "/" + name
      if name.hasSuffix(".new") {
        try disk.remove(folder(relative))
      } else if LedgerFolder.firstPosition(inName: name) != nil {
        try cutVault(relative, at: vaultByteCounts[relative])
      }
    }
  }

  /// Makes durable what the writer before us may have left in memory alone, so that nothing is recorded behind a hole, and
  /// nothing is erased for a record that is lost later.
  ///
  /// After a sync that failed, the last record is read as if it were on disk, and syncing again writes nothing: so it is
  /// written once more, with the same bytes. Whoever died after the rename of a new tail may not have synced its name.
  private func settle(lastRecord: (offset: Int, bytes: [UInt8])?) throws {
    if let lastRecord {
      let file = try disk.open(folder(LedgerFolder.tail), .update)
      defer { file.close() }
      try file.write(lastRecord.bytes, at: lastRecord.offset)
      try file.sync()
    }
    try disk.syncFolder(folder.path)
  }

  /// Moves the bytes from `offset` on into a file of their own.
  private mutating func cut(_ name: String, at offset: Int) throws {
    let file = try disk.open(folder(name), .update)
    defer { file.close() }
    let byteCount = try file.byteCount() - offset
    guard byteCount > 0 else { return }
    let torn = try freeName(name)
    let copy = try disk.open(folder(torn), .replace(permissions: 0o600))
    defer { copy.close() }
    var done = 0
    while done < byteCount {
      let part = try file.read(at: offset + done, upTo: min(1 << 22, byteCount - done))
      guard !part.isEmpty else { break }
      try copy.write(part, at: done)
      done += part.count
    }
    try copy.sync()
    try disk.syncFolder(parentFolder(of: folder(torn)))
    try file.truncate(to: offset)
    try file.sync()
    moved.append((name, byteCount))
  }

  private mutating func moveAway(_ name: String) throws {
    let file = try disk.open(folder(name), .read)
    let byteCount = try file.byteCount()
    file.close()
    try disk.rename(folder(name), to: folder(try freeName(name)))
    try disk.syncFolder(parentFolder(of: folder(name)))
    moved.append((name, byteCount))
  }

  private func freeName(_ name: String) throws -> String {
    var candidate = name + LedgerFolder.tornSuffix
    var number = 1
    while try disk.exists(folder(candidate)) {
      number += 1
      candidate = "\(name).\(number)\(LedgerFolder.tornSuffix)"
    }
    return candidate
  }

  /// Keys and values that no committed event refers to are of no use to anybody.
  private func cutVault(_ name: String, at offset: Int?) throws {
    guard let offset else { return try disk.remove(folder(name)) }
    let file = try disk.open(folder(name), .update)
    defer { file.close() }
    guard try file.byteCount() > offset else { return }
    try file.truncate(to: offset)
    try file.sync()
  }
}
