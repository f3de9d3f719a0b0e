import KeptFormat

/// Makes proofs. A proof needs the stored roots of blocks, which opening has read, and the lines of one block or of the
/// tail: never the whole log.
extension LedgerReader {
  /// The canonical line at a position, as it was hashed.
  ///
  /// - Precondition: the event is served.
  package func line(at position: UInt64) throws -> [UInt8] {
    precondition(position < count, "position \(position) of \(count)")
    guard position < sealedCount else { return tailEvents.line(Int(position - sealedCount)) }
    let (block, row) = position.quotientAndRemainder(dividingBy: UInt64(geometry.blockEventCount))
    var line = ByteSink(capacity: 1_024)
    CanonicalLine.append(Int(row), of: try events(ofBlock: Int(block)), form: .recorded, to: &line)
    return line.bytes()
  }

  /// - Parameter withLine: whether the proof carries the event's canonical line.
  /// - Precondition: the event is among the checkpoint's, and those are served.
  package func inclusionProof(
    of position: UInt64, in checkpoint: Checkpoint, text: String? = nil, withLine: Bool = true
  ) throws -> InclusionProof {
    var nodes = TreeNodes(self)
    let hashes = try MerkleProofPlan.inclusion(of: position, in: checkpoint.count).map { try nodes.root(of: $0) }
    return InclusionProof(
      index: position, line: withLine ? try line(at: position) : nil, hashes: hashes, checkpoint: checkpoint,
      checkpointText: text)
  }

  /// - Precondition: the checkpoint has at least `oldCount` events, and those are served.
  package func consistencyProof(
    from oldCount: UInt64, to checkpoint: Checkpoint, text: String? = nil
  ) throws -> ConsistencyProof {
    var nodes = TreeNodes(self)
    let hashes = try MerkleProofPlan.consistency(from: oldCount, to: checkpoint.count).map { try nodes.root(of: $0) }
    return ConsistencyProof(oldCount: oldCount, hashes: hashes, checkpoint: checkpoint, checkpointText: text)
  }

  /// The events of a block as they were recorded.
  package func events(ofBlock index: Int) throws -> EventBatch {
    let block = blocks[index]
    let batch = EventBatch()
    let columns = BlockColumns()
    columns.begin(block.header, source: source(for: block))
    do { try columns.decodeAll(into: batch) } catch { throw self.error(error, in: block) }
    return batch
  }

  /// The leaves of a block, derived from its events.
  package func leafHashes(ofBlock index: Int) throws -> [Digest] {
    let events = try events(ofBlock: index)
    var hasher = LineHasher()
    hasher.add(events, rows: 0..<events.rows.count)
    return hasher.takeLeaves()
  }

  /// The leaves of the tail's first `count` events.
  package func tailLeafHashes(_ count: Int) -> [Digest] { tailEvents.leafHashes(count) }
}

/// Roots of subtrees of a ledger's tree. Remembers the leaves of the block it last looked into.
struct TreeNodes: ~Copyable {
  private let reader: LedgerReader
  private var block: (index: Int, leaves: [Digest])?
  private var tail: [Digest]?

  init(_ reader: LedgerReader) { self.reader = reader }

  /// RFC 6962's MTH over the leaves of a range that begins at a multiple of the power of two at or above its length.
  mutating func root(of range: Range<UInt64>) throws -> Digest {
    let size = UInt64(reader.geometry.blockEventCount)
    let level = reader.geometry.blockEventCount.trailingZeroBitCount
    var tree = MerkleTree()
    var position = range.lowerBound
    while position < range.upperBound {
      guard position < reader.sealedCount else {
        for leaf in tailLeaves(position..<range.upperBound) { tree.append(leafHash: leaf) }
        break
      }
      let index = Int(position / size)
      let end = min(range.upperBound, UInt64(index + 1) * size)
      if end - position == size {
        tree.append(subtreeRoot: reader.blocks[index].header.subtreeRoot, level: level)
      } else {
        let first = UInt64(index) * size
        for leaf in try blockLeaves(index)[Int(position - first)..<Int(end - first)] { tree.append(leafHash: leaf) }
      }
      position = end
    }
    return tree.root
  }

  private mutating func blockLeaves(_ index: Int) throws -> [Digest] {
    if let block, block.index == index { return block.leaves }
    let leaves = try reader.leafHashes(ofBlock: index)
    block = (index, leaves)
    return leaves
  }

  private mutating func tailLeaves(_ range: Range<UInt64>) -> ArraySlice<Digest> {
    let leaves = tail ?? reader.tailLeafHashes(reader.tailCount)
    tail = leaves
    return leaves[Int(range.lowerBound - reader.sealedCount)..<Int(range.upperBound - reader.sealedCount)]
  }
}
