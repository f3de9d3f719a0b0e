import KeptFormat

/// Finds the event at a position: in a block on disk, or among those that have no block yet.
struct EventLookup {
  private let folder: LedgerFolder
  private let disk: any Disk
  private let geometry: LogGeometry
  /// Blocks that are written, whether or not they are committed.
  var blocks: [BlockReference]
  /// The events after them, without gaps.
  private(set) var pieces: [Piece] = []
  private var files: [String: any DiskFile] = [:]
  /// Decoded blocks, the one used last at the end.
  private var decoded: [(block: Int, events: EventBatch)] = []
  private let columns = BlockColumns()
  private static let decodedCountMax = 3

  init(_ reader: LedgerReader) {
    folder = reader.folder
    disk = reader.disk
    geometry = reader.geometry
    blocks = reader.blocks
  }

  var blocksEnd: UInt64 { UInt64(blocks.count) * UInt64(geometry.blockEventCount) }

  /// Where the events without a block are: `pieces`, from `blocksEnd` on.
  mutating func replacePieces(_ pieces: [Piece]) { self.pieces = pieces.filter { !$0.rows.isEmpty } }

  mutating func append(_ piece: Piece) { if !piece.rows.isEmpty { pieces.append(piece) } }

  /// Lets go of the pieces that are in blocks by now.
  mutating func prunePieces() {
    let end = blocksEnd
    let count = pieces.prefix { $0.endPosition <= end }.count
    if count > 0 { pieces.removeFirst(count) }
  }

  /// Whether `event(at:)` would have to read a block.
  func isFar(_ position: UInt64) -> Bool {
    guard position < blocksEnd else { return false }
    let block = Int(position / UInt64(geometry.blockEventCount))
    return !decoded.contains { $0.block == block }
  }

  mutating func event(at position: UInt64) throws -> EventComparison.Event {
    guard position < blocksEnd else { return pendingEvent(at: position) }
    let (block, row) = position.quotientAndRemainder(dividingBy: UInt64(geometry.blockEventCount))
    return EventComparison.Event(batch: try events(ofBlock: Int(block)), row: Int(row), isRecorded: true)
  }

  private func pendingEvent(at position: UInt64) -> EventComparison.Event {
    var lower = 0
    var upper = pieces.count
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if pieces[middle].firstPosition <= position { lower = middle } else { upper = middle }
    }
    let piece = pieces[lower]
    precondition(piece.firstPosition <= position && position < piece.endPosition, "position \(position) is in no piece")
    return EventComparison.Event(
      batch: piece.batch, row: piece.rows.lowerBound + Int(position - piece.firstPosition),
      isRecorded: piece.recorded == nil)
  }

  /// The events of a block as recorded; they are kept for a while, so nobody changes them.
  mutating func events(ofBlock block: Int) throws -> EventBatch {
    if let last = decoded.last, last.block == block { return last.events }
    if let place = decoded.firstIndex(where: { $0.block == block }) {
      let found = decoded.remove(at: place)
      decoded.append(found)
      return found.events
    }
    if decoded.count == Self.decodedCountMax { decoded.removeFirst() }
    let reference = blocks[block]
    let events = EventBatch()
    do {
      columns.begin(reference.header, source: SegmentBlockSource(file: try file(reference.segment), reference: reference))
      try columns.decodeAll(into: events)
    } catch let error as FormatError {
      throw LogError.damage(
        Damage(file: reference.segment, offset: reference.offset, positions: reference.positions, error))
    }
    decoded.append((block, events))
    return events
  }

  private mutating func file(_ segment: String) throws -> any DiskFile {
    if let file = files[segment] { return file }
    let file = try disk.open(folder(segment), .read)
    files[segment] = file
    return file
  }
}
