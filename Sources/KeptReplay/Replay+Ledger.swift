import KeptFormat
import KeptLog

extension Replay {
  /// Plans a replay: finds the corrections in force and the kinds there are; reads block headers only, but for blocks that
  /// hold corrections.
  ///
  /// - Parameter memoryByteCount: what the touches of a pass and their sorting may take together.
  package init(
    _ ledger: LedgerReader, selection: Selection = Selection(), plan: ReplayPlan, jobs: Int,
    memoryByteCount: Int = memoryByteCountDefault
  ) throws {
    let knownAt = selection.knownAt ?? ledger.count
    // What follows damage is not served, and numbers that leave it out in silence would be wrong.
    if let damage = ledger.damage, selection.knownAt.map({ $0 > ledger.count }) ?? true {
      throw LogError.damage(damage)
    }
    guard knownAt <= ledger.count else { throw ReplayError.notRecordedYet(position: knownAt, count: ledger.count) }
    let blocks = try ReplayBlock.known(at: knownAt, in: ledger)
    try self.init(
      blocks: blocks, selection: selection, plan: plan,
      corrections: BlockScan(blocks: blocks).corrections(), jobs: jobs,
      memoryByteCount: max(memoryByteCount, Self.memoryByteCountMin))
  }
}

extension ReplayBlock {
  /// The blocks of the events below `knownAt`; the tail comes last.
  static func known(at knownAt: UInt64, in ledger: LedgerReader) throws -> [ReplayBlock] {
    var blocks: [ReplayBlock] = []
    for block in ledger.blocks where block.header.firstPosition < knownAt {
      let rowCount = min(UInt64(block.header.count), knownAt - block.header.firstPosition)
      blocks.append(
        ReplayBlock(header: block.header, source: ledger.source(for: block), rowCount: Int(rowCount)))
    }
    let tailCount = ledger.tail.rows.count
    if knownAt > ledger.sealedCount, tailCount > 0 {
      let bytes = BlockEncoder().encode(
        ledger.tail, rows: 0..<tailCount, firstPosition: ledger.sealedCount, subtreeRoot: Digest())
      let header = try bytes.withUnsafeBytes { try BlockHeader.parse($0) }
      blocks.append(
        ReplayBlock(
          header: header, source: MemoryBlockSource(bytes), rowCount: Int(knownAt - ledger.sealedCount)))
    }
    return blocks
  }
}
