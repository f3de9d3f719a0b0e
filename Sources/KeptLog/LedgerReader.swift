import KeptFormat
import Synchronization

/// A ledger as it stood when it was opened: its sealed blocks and the events of its tail. Needs no lock.
///
/// Opening reads block headers and compares the checksums of the tail's records; the tail's lines are parsed for whoever
/// asks for its events.
///
/// The tail is read first and says how far the segments are to be read, so that an event is seen as a line or in a
/// block, never as both or neither, whatever a writer does meanwhile. What is damaged ends what is served: `damage`
/// says what it was, and everything before it is there.
package final class LedgerReader: Sendable {
  package let folder: LedgerFolder
  package let disk: any Disk
  package let settings: LedgerSettings
  package let geometry: LogGeometry
  /// The TZif bytes of the business zone.
  package let zoneBytes: [UInt8]
  /// Sealed blocks in order of position, without gaps.
  package let blocks: [BlockReference]
  /// How many events are served after the blocks.
  package let tailCount: Int
  /// The tail's events; none where they are not served.
  let tailEvents: TailEvents
  /// The bytes of the tail's file, served or not.
  let tailByteCount: Int
  package let tailState: Tail.State
  /// Customers introduced before the tail, if the tail says so.
  let customersBeforeTail: UInt32
  /// What was found missing or wrong, if anything; events from there on are not served.
  package let damage: Damage?
  /// Everything that opening found missing or wrong, and all blocks with a sound header, those after a hole too.
  let damages: [Damage]
  let allBlocks: [BlockReference]
  private let files: [String: any DiskFile]
  /// What `names` found.
  let knownNames = Mutex<CustomerNames?>(nil)
  let segmentByteCounts: [String: Int]
  let tailEndOffset: Int

  /// - Throws: `LogError` where there is nothing to serve: no ledger, unknown versions, settings that are not.
  package init(
    _ path: String, disk: any Disk = PosixDisk.ofLedger, geometry: LogGeometry = .standard
  ) throws {
    let folder = LedgerFolder(path)
    self.folder = folder
    self.disk = disk
    self.geometry = geometry
    settings = try Ledger.settings(folder, disk)
    zoneBytes = try Ledger.zone(folder, disk, settings)
    var contents: Tail.Contents?
    var tailDamage: Damage?
    do {
      contents = try Self.readTail(folder, disk, settings.ledgerID)
    } catch LogError.damage(let found) {
      tailDamage = found
    }
    let scan = try SegmentScan(
      folder, disk: disk, ledgerID: settings.ledgerID, end: contents?.header.firstPosition, geometry: geometry)
    blocks = scan.soundBlocks
    files = Dictionary(uniqueKeysWithValues: scan.segments.map { ($0.name, $0.file) })
    segmentByteCounts = Dictionary(uniqueKeysWithValues: scan.segments.map { ($0.name, $0.byteCount) })
    tailState = contents?.state ?? .clean
    tailEndOffset = contents?.endOffset ?? 0
    customersBeforeTail = UInt32(clamping: contents?.header.number ?? 0)
    if case .damaged(let found)? = contents?.state { tailDamage = found }
    damage = scan.damages.first ?? tailDamage
    allBlocks = scan.blocks
    damages = scan.damages + (tailDamage.map { [$0] } ?? [])
    tailByteCount = contents?.bytes.count ?? 0
    // Events after a hole have positions, but a log with holes is none.
    tailEvents = TailEvents(scan.damages.isEmpty ? contents : nil, of: settings.ledgerID, geometry: geometry)
    tailCount = tailEvents.count
  }

  private static func readTail(_ folder: LedgerFolder, _ disk: any Disk, _ ledgerID: LedgerID) throws -> Tail.Contents {
    guard try disk.exists(folder(LedgerFolder.tail)) else {
      throw LogError.damage(Damage(file: LedgerFolder.tail, offset: 0, kind: .missing))
    }
    let file = try disk.open(folder(LedgerFolder.tail), .read)
    defer { file.close() }
    let byteCount = try file.byteCount()
    // What the writer has written, and the name it has given it, may not be on disk yet; nothing is handed out before they
    // are (law 1).
    do throws(DiskError) {
      try file.sync()
      try disk.syncFolder(folder.path)
    } catch {
      guard error.isOfReadOnlyDisk else { throw error }
    }
    return try Tail.read(try file.read(at: 0, upTo: byteCount), of: ledgerID)
  }

  /// Events in sealed blocks: where the tail begins.
  package var sealedCount: UInt64 { UInt64(blocks.count) * UInt64(geometry.blockEventCount) }

  /// All events served.
  package var count: UInt64 { sealedCount + UInt64(tailCount) }

  /// When the newest event was recorded, or nil where there is none.
  package func lastRecorded() throws -> Instant? {
    try tailEvents.lastRecorded() ?? blocks.last?.header.recordedMax
  }

  /// The events after the blocks, as recorded, in batches of some thousand; parsed on all cores when first asked for.
  /// They are shared: nobody changes them.
  ///
  /// - Throws: `LogError.damage` where a line is none although its record's checksum holds.
  package func tailBatches() throws -> [(firstPosition: UInt64, batch: EventBatch)] {
    zip(tailEvents.runs, try tailEvents.batches()).map { ($0.firstPosition, $1) }
  }

  /// What the tail's lines commit to; row 0 is the tail's first event.
  package func tailValues() throws -> SealedValues { try tailEvents.values() }

  package func source(for block: BlockReference) -> SegmentBlockSource {
    guard let file = files[block.segment] else { preconditionFailure("\(block.segment) is not of this ledger") }
    return SegmentBlockSource(file: file, reference: block)
  }

  /// The damage that an error met while decoding a block amounts to; other errors come back as they are.
  package func error(_ error: any Error, in block: BlockReference) -> any Error {
    guard let error = error as? FormatError else { return error }
    return LogError.damage(Damage(file: block.segment, offset: block.offset, positions: block.positions, error))
  }

  /// The vault's chunks for the sealed blocks.
  package func vault() throws -> VaultReader {
    try VaultReader(folder, disk: disk, ledgerID: settings.ledgerID, end: sealedCount, geometry: geometry)
  }

  /// What the ledger holds, as a checkpoint that any RFC 6962 verifier understands.
  package func checkpoint() -> Checkpoint {
    var tree = blockTree(before: sealedCount)
    for leaf in tailEvents.leafHashes(tailCount) { tree.append(leafHash: leaf) }
    return Checkpoint(origin: Ledger.origin(settings), count: tree.count, root: tree.root)
  }

  /// The Merkle tree over the blocks that end at or before a position: their subtree roots.
  func blockTree(before end: UInt64) -> MerkleTree {
    var tree = MerkleTree()
    let level = geometry.blockEventCount.trailingZeroBitCount
    for block in blocks where block.positions.upperBound <= end {
      tree.append(subtreeRoot: block.header.subtreeRoot, level: level)
    }
    return tree
  }
}
