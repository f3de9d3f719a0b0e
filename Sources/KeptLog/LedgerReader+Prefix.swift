import KeptFormat

extension LedgerReader {
  /// The Merkle tree over the first `count` events, which must be served: what a checkpoint taken then said.
  package func tree(count: UInt64) throws -> MerkleTree {
    precondition(count <= self.count, "the first \(count) events of \(self.count)")
    var tree = MerkleTree()
    let level = geometry.blockEventCount.trailingZeroBitCount
    for block in blocks where block.positions.upperBound <= count {
      tree.append(subtreeRoot: block.header.subtreeRoot, level: level)
    }
    guard tree.count < count else { return tree }
    let rows = Int(count - tree.count)
    guard tree.count < sealedCount else {
      Self.append(tail, rows: rows, to: &tree)
      return tree
    }
    let block = blocks[Int(tree.count) / geometry.blockEventCount]
    let batch = EventBatch()
    do {
      let columns = BlockColumns()
      columns.begin(block.header, source: source(for: block))
      try columns.decodeAll(into: batch)
    } catch {
      throw self.error(error, in: block)
    }
    Self.append(batch, rows: rows, to: &tree)
    return tree
  }

  private static func append(_ batch: EventBatch, rows: Int, to tree: inout MerkleTree) {
    var line = ByteSink(capacity: 1_024)
    for index in 0..<rows {
      line.removeAll()
      CanonicalLine.append(index, of: batch, form: .recorded, to: &line)
      tree.append(leafHash: line.withUnsafeBytes { SHA256.leafHash($0) })
    }
  }

  /// How many events were recorded up to an instant; the recorded time never goes back.
  package func count(recordedAtOrBefore instant: Instant) throws -> UInt64 {
    if let first = tail.rows.first, first.recorded <= instant {
      return sealedCount + UInt64(tail.rows.prefix { $0.recorded <= instant }.count)
    }
    for block in blocks.reversed() where block.header.recordedMin <= instant {
      let columns = BlockColumns()
      columns.begin(block.header, source: source(for: block))
      do {
        return block.header.firstPosition + UInt64(try columns.recorded().prefix { $0 <= instant }.count)
      } catch {
        throw self.error(error, in: block)
      }
    }
    return 0
  }
}
