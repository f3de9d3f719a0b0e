import KeptFormat

/// Some consecutive events on their way into the log: rows of a batch that nobody changes any more.
struct Piece: Sendable {
  var batch: EventBatch
  var rows: Range<Int>
  var firstPosition: UInt64
  /// For rows as read: when they are recorded. Nil for rows as recorded, which `values` belongs to.
  var recorded: Instant?
  /// What rows as recorded commit to; row 0 is `rows.lowerBound`.
  var values: SealedValues?

  var endPosition: UInt64 { firstPosition + UInt64(rows.count) }

  /// The part of it in a range of positions, which it overlaps.
  func clamped(to positions: Range<UInt64>) -> Piece {
    let lower = max(firstPosition, positions.lowerBound)
    let upper = min(endPosition, positions.upperBound)
    guard values == nil || (lower == firstPosition && upper == endPosition) else {
      preconditionFailure("events with values are never more than a block")
    }
    var part = self
    part.rows = rows.lowerBound + Int(lower - firstPosition)..<rows.lowerBound + Int(upper - firstPosition)
    part.firstPosition = lower
    return part
  }
}

/// Makes blocks of events, one at a time: seals, writes the canonical lines, hashes, encodes. Keeps its memory.
///
/// `@unchecked Sendable`: passed from one thread to the next, used by one at a time.
final class BlockBuilder: @unchecked Sendable {
  private let sealer: Sealer
  private let keys: KeyTable
  private let encoder = BlockEncoder()
  private let events = EventBatch()
  private var values = SealedValues()
  private var scratch = Sealer.Scratch()
  private var lines = ByteSink(capacity: 1 << 17)
  private var ends: [Int] = []
  private var leaves: [Digest] = []

  init(sealer: Sealer, keys: KeyTable) {
    self.sealer = sealer
    self.keys = keys
  }

  /// Puts pieces together as rows as recorded.
  func assemble(_ pieces: [Piece], into events: EventBatch, values: inout SealedValues) {
    for piece in pieces {
      let start = events.rows.count
      events.append(rows: piece.rows, sharingArenaOf: piece.batch)
      if let pieceValues = piece.values {
        values.append(pieceValues, rowOffset: start)
        continue
      }
      guard let recorded = piece.recorded else { preconditionFailure("events are recorded at some instant") }
      let rows = start..<events.rows.count
      events.rows.withUnsafeMutableBufferPointer { for index in rows { $0[index].recorded = recorded } }
      sealer.seal(events, rows: rows, keys: keys, into: &values, rowOffset: start, &scratch)
    }
  }

  /// Builds the block of some pieces.
  func build(_ pieces: [Piece]) -> BuiltBlock {
    events.removeAll()
    values.removeAll()
    assemble(pieces, into: events, values: &values)
    return build(events, values, firstPosition: pieces[0].firstPosition)
  }

  /// Builds the block of all rows of a batch, which are as recorded.
  func build(_ events: EventBatch, _ values: SealedValues, firstPosition: UInt64) -> BuiltBlock {
    let root = LineHasher.subtreeRoot(events, &lines, &ends, &leaves)
    let bytes = encoder.encode(
      events, rows: 0..<events.rows.count, firstPosition: firstPosition, subtreeRoot: root)
    var vault = ByteSink(capacity: values.bytes.count + values.keys.count + 4_096)
    VaultChunk.append(values, firstPosition: firstPosition, eventCount: events.rows.count, to: &vault)
    do {
      let header = try bytes.withUnsafeBytes { try BlockHeader.parse($0) }
      let lastIntroduced = values.keyCount == 0 ? 0 : values.firstKeyNumber + UInt32(values.keyCount) - 1
      return BuiltBlock(header: header, bytes: bytes, vaultBytes: vault.bytes(), lastIntroduced: lastIntroduced)
    } catch {
      preconditionFailure("a block just encoded has a header: \(error)")
    }
  }
}

/// Canonical lines and their hashes for a block's rows.
enum LineHasher {
  /// The root of the subtree over the rows' canonical lines; a few hundred lines at a time, to stay in the cache.
  static func subtreeRoot(
    _ events: EventBatch, _ lines: inout ByteSink, _ ends: inout [Int], _ leaves: inout [Digest]
  ) -> Digest {
    leaves.removeAll(keepingCapacity: true)
    leaves.reserveCapacity(events.rows.count)
    for start in stride(from: 0, to: events.rows.count, by: 256) {
      lines.removeAll()
      ends.removeAll(keepingCapacity: true)
      let rows = start..<min(start + 256, events.rows.count)
      CanonicalLine.appendLines(of: events, rows: rows, form: .recorded, to: &lines, ends: &ends)
      lines.withUnsafeBytes { bytes in
        var lower = 0
        for end in ends {
          leaves.append(SHA256.leafHash(UnsafeRawBufferPointer(rebasing: bytes[lower..<end])))
          lower = end
        }
      }
    }
    return leaves.withUnsafeMutableBufferPointer { MerkleTree.root(consuming: $0) }
  }
}
