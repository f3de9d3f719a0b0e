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
    // On a disk that is full this may be the room that the rest needs.
    for name in [LedgerFolder.tail + ".new", LedgerFolder.settings + ".new"] where try disk.exists(folder(name)) {
      try disk.remove(folder(name))
    }
    if case .torn(let offset, _) = reader.tailState { try cut(LedgerFolder.tail, at: offset) }
    try settle(lastRecord: reader.tailEvents.lastRecord, end: reader.tailEndOffset)
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
  /// written once more, with the same bytes, and the file is cut there once more, since what was cut off may come back.
  /// Whoever died after the rename of a new tail may not have synced its name.
  private func settle(lastRecord: (offset: Int, bytes: [UInt8])?, end: Int) throws {
    let file = try disk.open(folder(LedgerFolder.tail), .update)
    defer { file.close() }
    if let lastRecord { try file.write(lastRecord.bytes, at: lastRecord.offset) }
    try file.truncate(to: end)
    try file.sync()
    try disk.syncFolder(folder.path)
  }

  /// Moves the bytes from `offset` on into a file of their own, which has its name only once it is whole.
  private mutating func cut(_ name: String, at offset: Int) throws {
    let file = try disk.open(folder(name), .update)
    defer { file.close() }
    let byteCount = try file.byteCount() - offset
    guard byteCount > 0 else { return }
    let torn = folder(try freeName(name, for: file, from: offset))
    if try !disk.exists(torn) {
      let beside = folder(name) + LedgerFolder.tornSuffix + ".new"
      do {
        try copy(file, from: offset, to: beside)
        try disk.rename(beside, to: torn)
      } catch {
        // Where the disk is full, every attempt would leave another beginning.
        try? disk.remove(beside)
        throw error
      }
    }
    try disk.syncFolder(parentFolder(of: torn))
    try file.truncate(to: offset)
    try file.sync()
    moved.append((name, byteCount))
  }

  private static let partByteCount = 1 << 22

  private func copy(_ file: any DiskFile, from offset: Int, to path: String) throws {
    let copy = try disk.open(path, .replace(permissions: 0o600))
    defer { copy.close() }
    var done = 0
    while true {
      let part = try file.read(at: offset + done, upTo: Self.partByteCount)
      if part.isEmpty { break }
      try copy.write(part, at: done)
      done += part.count
    }
    try copy.sync()
  }

  private mutating func moveAway(_ name: String) throws {
    let file = try disk.open(folder(name), .read)
    let byteCount = try file.byteCount()
    file.close()
    try disk.rename(folder(name), to: folder(try freeName(name)))
    try disk.syncFolder(parentFolder(of: folder(name)))
    moved.append((name, byteCount))
  }

  /// A name that is free; or, given what is to be put aside, one that holds just that: a writer before us came so far.
  private func freeName(_ name: String, for file: (any DiskFile)? = nil, from offset: Int = 0) throws -> String {
    var candidate = name + LedgerFolder.tornSuffix
    var number = 1
    while try disk.exists(folder(candidate)) {
      if let file, try isCopy(folder(candidate), of: file, from: offset) { break }
      number += 1
      candidate = "\(name).\(number)\(LedgerFolder.tornSuffix)"
    }
    return candidate
  }

  private func isCopy(_ path: String, of file: any DiskFile, from offset: Int) throws -> Bool {
    let copy = try disk.open(path, .read)
    defer { copy.close() }
    guard try copy.byteCount() == file.byteCount() - offset else { return false }
    var done = 0
    while true {
      let part = try copy.read(at: done, upTo: Self.partByteCount)
      if part.isEmpty { return true }
      guard try file.read(at: offset + done, upTo: part.count) == part else { return false }
      done += part.count
    }
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
