import Dispatch
import KeptFormat
import KeptLog
import Synchronization

/// A ledger's log as it was known at a position: its blocks and the corrections in force.
///
/// Sealed blocks are read where they are stored. Events of the tail are encoded into blocks in memory, some thousand
/// each and on all cores, so that a replay has one way only and no core waits for the tail.
package struct KnownLog: Sendable {
  let blocks: [ReplayBlock]
  package let corrections: Corrections
  /// What the corrections are made of, in force or not, in no order.
  package let actions: [Corrections.Action]
  /// Every kind that a known touch has, sorted: of events that count, whatever their time.
  package let kinds: [String]
  /// When the first of them occurred; `Instant.max` where there are none.
  package let earliest: Instant

  /// Reads block headers only, but for blocks that hold corrections, and for those that what is corrected could be told
  /// by.
  ///
  /// - Parameters:
  ///   - knownAt: how many events are known; nil: all.
  ///   - corrected: corrections from this position on are left out, for whoever asks what they did; nil: none.
  package init(_ ledger: LedgerReader, at knownAt: UInt64?, correctedBefore corrected: UInt64? = nil) throws {
    // What follows damage is not served, and numbers that leave it out in silence would be wrong.
    if let damage = ledger.damage, knownAt.map({ $0 > ledger.count }) ?? true { throw LogError.damage(damage) }
    let end = knownAt ?? ledger.count
    guard end <= ledger.count else { throw ReplayError.notRecordedYet(position: end, count: ledger.count) }
    blocks = try ReplayBlock.sealed(in: ledger, before: end) + ReplayBlock.tail(of: ledger, before: end)
    let scan = BlockScan(blocks: blocks)
    actions = try scan.actions()
    corrections = Corrections(resolving: actions, knownBefore: corrected ?? .max)
    (kinds, earliest) = try scan.touches(corrections)
  }
}

extension Replay {
  /// - Parameter memoryByteCount: what the touches of a pass and their sorting may take together.
  package init(
    _ log: KnownLog, selection: Selection = Selection(), plan: ReplayPlan, jobs: Int,
    memoryByteCount: Int = memoryByteCountDefault
  ) throws {
    try self.init(
      blocks: log.blocks, selection: selection, plan: plan.keeping(FieldsPresent(log.blocks.lazy.map(\.header))),
      corrections: log.corrections, jobs: jobs,
      memoryByteCount: max(memoryByteCount, Self.memoryByteCountMin))
  }
}

extension ReplayBlock {
  fileprivate static func sealed(in ledger: LedgerReader, before end: UInt64) -> [ReplayBlock] {
    ledger.blocks.prefix { $0.header.firstPosition < end }.map { block in
      let rowCount = min(UInt64(block.header.count), end - block.header.firstPosition)
      return ReplayBlock(header: block.header, source: ledger.source(for: block), rowCount: Int(rowCount))
    }
  }

  fileprivate static func tail(of ledger: LedgerReader, before end: UInt64) throws -> [ReplayBlock] {
    guard end > ledger.sealedCount else { return [] }
    let batches = try ledger.tailBatches().filter { $0.firstPosition < end }
    let idle = Mutex<[IdleEncoder]>([])
    let results = Mutex([Result<ReplayBlock, any Error>?](repeating: nil, count: batches.count))
    DispatchQueue.concurrentPerform(iterations: batches.count) { index in
      let encoder = idle.withLock { $0.popLast() } ?? IdleEncoder()
      let (first, batch) = batches[index]
      let rowCount = Int(min(UInt64(batch.rows.count), end - first))
      let bytes = encoder.encoder.encode(batch, rows: 0..<rowCount, firstPosition: first, subtreeRoot: Digest())
      idle.withLock { $0.append(encoder) }
      let result = Result {
        ReplayBlock(
          header: try bytes.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(bytes),
          rowCount: rowCount)
      }
      results.withLock { $0[index] = result }
    }
    return try results.withLock { try $0.map { try $0!.get() } }
  }
}

/// An encoder on its way from one worker to the next.
///
/// `@unchecked Sendable`: used by whoever took it from the pool, and by nobody else.
private final class IdleEncoder: @unchecked Sendable {
  let encoder = BlockEncoder()
}
