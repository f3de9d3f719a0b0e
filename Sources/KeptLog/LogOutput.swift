import KeptFormat

/// A block ready to be written, with its share of the vault.
struct BuiltBlock: Sendable {
  var header: BlockHeader
  var bytes: [UInt8]
  /// One or more chunks.
  var vaultBytes: [UInt8]
  /// The highest number that the block's events introduce; 0 where they introduce none.
  var lastIntroduced: UInt32
}

/// The end of the log where blocks are appended, and the commit point. One thread at a time.
final class LogOutput: @unchecked Sendable {
  // `@unchecked`: the writer hands it to the bulk pipeline's output queue and does not touch it until that is drained.
  private let folder: LedgerFolder
  private let disk: any Disk
  private let ledgerID: LedgerID
  private let geometry: LogGeometry
  private var segment: (name: String, file: any DiskFile, offset: Int)?
  private var vault: (file: any DiskFile, offset: Int)?
  private var hasNewFiles = false
  /// Where the next block goes.
  private(set) var position: UInt64
  /// Customers introduced before `position`.
  private(set) var customerCount: UInt32
  private(set) var tail: any DiskFile
  private(set) var tailOffset: Int

  /// Continues a recovered ledger: no file holds anything beyond the commit point.
  init(_ reader: LedgerReader, vault chunks: [VaultChunkReference]) throws {
    folder = reader.folder
    disk = reader.disk
    ledgerID = reader.settings.ledgerID
    geometry = reader.geometry
    position = reader.sealedCount
    customerCount = reader.customersBeforeTail
    tail = try disk.open(folder(LedgerFolder.tail), .update)
    tailOffset = reader.tailEndOffset
    guard position % UInt64(geometry.segmentEventCount) != 0 else { return }
    let start = geometry.segmentStart(position)
    let name = LedgerFolder.segment(start)
    let last = reader.blocks[reader.blocks.count - 1]
    segment = (name, try disk.open(folder(name), .update), last.offset + last.header.byteCount)
    let chunk = chunks[chunks.count - 1]
    let vaultFile = try disk.open(folder(LedgerFolder.vaultSegment(start)), .update)
    vault = (vaultFile, chunk.offset + chunk.chunk.byteCount)
  }

  /// Appends a block and its share of the vault; nothing is durable yet.
  func write(_ block: BuiltBlock) throws -> BlockReference {
    precondition(block.header.firstPosition == position, "blocks are written in order")
    if position % UInt64(geometry.segmentEventCount) == 0 { try beginSegment() }
    guard let segment, let vault else { preconditionFailure("a block has a segment to go to") }
    try vault.file.write(block.vaultBytes, at: vault.offset)
    self.vault = (vault.file, vault.offset + block.vaultBytes.count)
    try segment.file.write(block.bytes, at: segment.offset)
    self.segment = (segment.name, segment.file, segment.offset + block.bytes.count)
    position += UInt64(block.header.count)
    customerCount = max(customerCount, block.lastIntroduced)
    return BlockReference(header: block.header, segment: segment.name, offset: segment.offset)
  }

  private func beginSegment() throws {
    try syncBlocks()
    let name = LedgerFolder.segment(position)
    let file = try disk.open(folder(name), .replace(permissions: 0o600))
    try file.write(FileHeader(.segment, ledgerID, firstPosition: position).bytes(), at: 0)
    segment = (name, file, FileHeader.byteCount)
    let vaultFile = try disk.open(folder(LedgerFolder.vaultSegment(position)), .replace(permissions: 0o600))
    try vaultFile.write(FileHeader(.vault, ledgerID, firstPosition: position).bytes(), at: 0)
    vault = (vaultFile, FileHeader.byteCount)
    hasNewFiles = true
  }

  private func syncBlocks() throws {
    // The vault first: a block on disk never lacks its keys.
    try vault?.file.sync()
    try segment?.file.sync()
    guard hasNewFiles else { return }
    try disk.syncFolder(folder(LedgerFolder.vault))
    try disk.syncFolder(folder(LedgerFolder.log))
    hasNewFiles = false
  }

  /// Moves the commit point to `position`: everything written becomes durable, and a new tail takes the old one's place.
  ///
  /// - Parameter records: framed records of the events from `position` on.
  func commit(records: [UInt8]) throws {
    try syncBlocks()
    let beside = folder(LedgerFolder.tail) + ".new"
    let file = try disk.open(beside, .replace(permissions: 0o600))
    var head = ByteSink(capacity: FileHeader.byteCount + records.count)
    FileHeader(.tail, ledgerID, firstPosition: position, number: UInt64(customerCount)).append(to: &head)
    head.append(records)
    try head.withUnsafeBytes { try file.write($0, at: 0) }
    try file.sync()
    try disk.rename(beside, to: folder(LedgerFolder.tail))
    try disk.syncFolder(folder.path)
    tail.close()
    tail = file
    tailOffset = head.count
  }

  /// Appends records to the tail and makes them durable.
  ///
  /// What cannot be made durable is taken back as far as the disk lets us: readers would find it in memory and believe it
  /// (Faults, "How a new writer begins").
  func append(records: UnsafeRawBufferPointer) throws {
    do {
      try tail.write(records, at: tailOffset)
      try tail.sync()
    } catch {
      try? tail.truncate(to: tailOffset)
      throw error
    }
    tailOffset += records.count
  }
}
