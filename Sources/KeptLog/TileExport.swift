import KeptFormat

/// Writes a ledger as C2SP `tlog-tiles`: static files from which anyone can fetch lines and compute proofs.
///
/// Every line is hashed again on the way, so that what is written has the checkpoint's root or is refused. The checkpoint
/// is written last: who finds it finds all its tiles.
package struct TileExport: ~Copyable {
  package static let checkpoint = "checkpoint"

  /// Files written, the checkpoint among them.
  package private(set) var fileCount = 0

  private let disk: any Disk
  private let folder: String
  private var madeFolders: Set<String> = []
  /// For each level the hashes of the tile under way, and its number.
  private var levels: [(number: UInt64, hashes: [Digest])] = [(0, [])]
  private var entries = ByteSink(capacity: 1 << 17)
  private var tree = MerkleTree()

  /// - Parameter folder: missing, empty, or an earlier export of the same ledger.
  package init(_ folder: String, disk: any Disk = PosixDisk()) {
    self.folder = folder
    self.disk = disk
  }

  /// - Parameters:
  ///   - text: the checkpoint as it is to stand there, signatures included.
  ///   - progress: told how many events are done.
  /// - Throws: `LogError.damage` where a block's events do not give the root it stores.
  package mutating func write(
    _ reader: LedgerReader, _ checkpoint: Checkpoint, text: String, progress: (Int) -> Void = { _ in }
  ) throws {
    let end = checkpoint.count
    precondition(end <= reader.count, "\(end) events of \(reader.count)")
    try makeFolder(folder)
    for (index, block) in reader.blocks.enumerated() where block.header.firstPosition < end {
      let events = try reader.events(ofBlock: index)
      try add(events, rows: 0..<Int(min(UInt64(events.rows.count), end - block.header.firstPosition)))
      if block.positions.upperBound <= end { try checkRoot(reader, block) }
      progress(Int(tree.count))
    }
    for (first, batch) in try reader.tailBatches() where first < end {
      try add(batch, rows: 0..<Int(min(UInt64(batch.rows.count), end - first)))
      progress(Int(tree.count))
    }
    try finishTiles()
    guard tree.root == checkpoint.root else {
      throw LogError.damage(
        Damage(
          file: LedgerFolder.log, offset: 0, positions: 0..<end,
          kind: .root(stored: checkpoint.root, computed: tree.root)))
    }
    try disk.replaceFile(folder + "/" + Self.checkpoint, with: Array(text.utf8), permissions: 0o644)
    fileCount += 1
  }

  /// The tree so far must be what the blocks up to this one store.
  private func checkRoot(_ reader: LedgerReader, _ block: BlockReference) throws {
    let stored = reader.blockTree(before: block.positions.upperBound).root
    guard stored != tree.root else { return }
    throw LogError.damage(
      Damage(
        file: block.segment, offset: block.offset, positions: block.positions,
        kind: .root(stored: stored, computed: tree.root)))
  }

  private mutating func add(_ events: EventBatch, rows: Range<Int>) throws {
    var line = ByteSink(capacity: 1_024)
    for row in rows {
      line.removeAll()
      CanonicalLine.append(row, of: events, form: .recorded, to: &line)
      let leaf = line.withUnsafeBytes { SHA256.leafHash($0) }
      tree.append(leafHash: leaf)
      // A canonical line has at most 65,535 bytes, which is what two bytes can say.
      entries.append(fixed: UInt16(line.count).bigEndian.littleEndian)
      line.withUnsafeBytes { entries.append($0) }
      let number = levels[0].number
      let width = levels[0].hashes.count + 1
      if width == TreeTile.width { try writeEntries(TreeTile(level: nil, number: number, width: width)) }
      try add(leaf, level: 0)
    }
  }

  private mutating func add(_ hash: Digest, level: Int) throws {
    if level == levels.count { levels.append((0, [])) }
    levels[level].hashes.append(hash)
    guard levels[level].hashes.count == TreeTile.width else { return }
    try writeHashes(level)
    var hashes = levels[level].hashes
    levels[level] = (levels[level].number + 1, [])
    try add(hashes.withUnsafeMutableBufferPointer { MerkleTree.root(consuming: $0) }, level: level + 1)
  }

  private mutating func finishTiles() throws {
    let rest = levels[0].hashes.count
    if rest > 0 { try writeEntries(TreeTile(level: nil, number: levels[0].number, width: rest)) }
    for level in levels.indices where !levels[level].hashes.isEmpty { try writeHashes(level) }
  }

  private mutating func writeHashes(_ level: Int) throws {
    var bytes = ByteSink(capacity: TreeTile.width * Digest.byteCount)
    for hash in levels[level].hashes { bytes.append(hash) }
    let tile = TreeTile(level: level, number: levels[level].number, width: levels[level].hashes.count)
    try write(tile.path, bytes.bytes())
  }

  private mutating func writeEntries(_ tile: TreeTile) throws {
    try write(tile.path, entries.bytes())
    entries.removeAll()
  }

  private mutating func write(_ path: String, _ bytes: [UInt8]) throws {
    let full = folder + "/" + path
    try makeFolder(parentFolder(of: full))
    let file = try disk.open(full, .replace(permissions: 0o644))
    defer { file.close() }
    try file.write(bytes, at: 0)
    fileCount += 1
  }

  private mutating func makeFolder(_ path: String) throws {
    guard !madeFolders.contains(path) else { return }
    if path != folder { try makeFolder(parentFolder(of: path)) }
    if try !disk.exists(path) { try disk.makeFolder(path, permissions: 0o755) }
    madeFolders.insert(path)
  }
}
