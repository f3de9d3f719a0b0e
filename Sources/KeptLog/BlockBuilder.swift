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
/// A few hundred rows go through all of it while they are in the cache: a block's rows are 14 MiB, and each pass over them
/// would cost as much as a step of the work.
///
/// `@unchecked Sendable`: passed from one thread to the next, used by one at a time.
final class BlockBuilder: @unchecked Sendable {
  private let sealer: Sealer
  private let keys: KeyTable
  private let encoder = BlockEncoder()
  /// The arenas of a block's pieces one after another, and the rows at hand.
  private let events = EventBatch()
  private var values = SealedValues()
  private var scratch = Sealer.Scratch()
  private var hasher = LineHasher()
  private static let runCount = 256

  init(sealer: Sealer, keys: KeyTable) {
    self.sealer = sealer
    self.keys = keys
  }

  /// Builds the block of some pieces.
  func build(_ pieces: [Piece]) -> BuiltBlock {
    events.removeAll()
    values.removeAll()
    hasher.removeAll()
    encoder.begin()
    var rowCount = 0
    for piece in pieces {
      let shift = events.appendArena(of: piece.batch)
      if let pieceValues = piece.values { values.append(pieceValues, rowOffset: rowCount) }
      for first in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: Self.runCount) {
        let run = first..<min(first + Self.runCount, piece.rows.upperBound)
        events.rows.removeAll(keepingCapacity: true)
        events.append(rows: run, of: piece.batch, shiftedBy: shift)
        if piece.values == nil { seal(piece.recorded, rowOffset: rowCount) }
        take(events, 0..<run.count)
        rowCount += run.count
      }
    }
    return finish(events, values, firstPosition: pieces[0].firstPosition)
  }

  /// Makes the rows at hand rows as recorded.
  private func seal(_ recorded: Instant?, rowOffset: Int) {
    guard let recorded else { preconditionFailure("events are recorded at some instant") }
    let rows = events.rows.indices
    events.rows.withUnsafeMutableBufferPointer { for index in rows { $0[index].recorded = recorded } }
    sealer.seal(events, rows: rows, keys: keys, into: &values, rowOffset: rowOffset, &scratch)
  }

  /// Builds the block of all rows of a batch, which are as recorded.
  func build(_ events: EventBatch, _ values: SealedValues, firstPosition: UInt64) -> BuiltBlock {
    hasher.removeAll()
    encoder.begin()
    take(events, 0..<events.rows.count)
    return finish(events, values, firstPosition: firstPosition)
  }

  private func take(_ events: EventBatch, _ rows: Range<Int>) {
    hasher.add(events, rows: rows)
    encoder.add(events, rows: rows)
  }

  private func finish(_ events: EventBatch, _ values: SealedValues, firstPosition: UInt64) -> BuiltBlock {
    let eventCount = hasher.count
    let bytes = encoder.finish(events, firstPosition: firstPosition, subtreeRoot: hasher.root())
    var vault = ByteSink(capacity: values.bytes.count + values.keys.count + 4_096)
    VaultChunk.append(values, firstPosition: firstPosition, eventCount: eventCount, to: &vault)
    do {
      let header = try bytes.withUnsafeBytes { try BlockHeader.parse($0) }
      let lastIntroduced = values.keyCount == 0 ? 0 : values.firstKeyNumber + UInt32(values.keyCount) - 1
      return BuiltBlock(header: header, bytes: bytes, vaultBytes: vault.bytes(), lastIntroduced: lastIntroduced)
    } catch {
      preconditionFailure("a block just encoded has a header: \(error)")
    }
  }
}

/// The root over some rows' canonical lines. Keeps its memory.
struct LineHasher: ~Copyable {
  private var lines = SHA256Messages()
  private var leaves: [Digest] = []

  var count: Int { leaves.count }

  mutating func removeAll() { leaves.removeAll(keepingCapacity: true) }

  /// Adds the leaves of rows; a few hundred lines at a time, to stay in the cache.
  mutating func add(_ events: EventBatch, rows: Range<Int>) {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: 256) {
      let run = start..<min(start + 256, rows.upperBound)
      lines.removeAll()
      CanonicalLine.appendLeaves(of: events, rows: run, to: &lines)
      let first = leaves.count
      leaves.append(contentsOf: repeatElement(Digest(), count: run.count))
      leaves.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { lines.hash(into: base + first) } }
    }
  }

  /// The leaves themselves, which are used up.
  mutating func takeLeaves() -> [Digest] {
    defer { leaves = [] }
    return leaves
  }

  /// The root over what was added, which is used up.
  mutating func root() -> Digest {
    defer { removeAll() }
    return leaves.withUnsafeMutableBufferPointer { MerkleTree.root(consuming: $0) }
  }
}
