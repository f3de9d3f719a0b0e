import KeptFormat

extension LedgerReader {
  /// The Merkle tree over the first `count` events, which must be served: what a checkpoint taken then said.
  package func tree(count: UInt64) throws -> MerkleTree {
    precondition(count <= self.count, "the first \(count) events of \(self.count)")
    var tree = blockTree(before: count)
    guard tree.count < count else { return tree }
    let rows = Int(count - tree.count)
    guard tree.count < sealedCount else {
      for leaf in tailEvents.leafHashes(rows) { tree.append(leafHash: leaf) }
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
    var line = ByteSink(capacity: 1_024)
    for index in 0..<rows {
      line.removeAll()
      CanonicalLine.append(index, of: batch, form: .recorded, to: &line)
      tree.append(leafHash: line.withUnsafeBytes { SHA256.leafHash($0) })
    }
    return tree
  }

  /// How many events were recorded up to an instant; the recorded time never goes back.
  package func count(recordedAtOrBefore instant: Instant) throws -> UInt64 {
    for (first, batch) in try tailBatches().reversed() where batch.rows[0].recorded <= instant {
      return first + UInt64(batch.rows.prefix { $0.recorded <= instant }.count)
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
