import KeptFormat

/// A block of the replay: sealed, or the tail encoded as one in memory.
struct ReplayBlock: Sendable {
  let header: BlockHeader
  let source: any BlockSource
  /// Rows of the known-at prefix: all but in the last block.
  let rowCount: Int
}

public enum ReplayError: Error {
  /// Known at a position that the ledger does not have.
  case notRecordedYet(position: UInt64, count: UInt64)
  /// A single customer has more touches at one instant than the memory given holds.
  case memoryTooSmall(byteCount: Int)
  /// The system would not give the memory.
  case noMemory(byteCount: Int)
  case tooManyKinds(count: Int)
}

/// What came out: one fold per worker, to be merged by their owner.
public struct ReplayResult<Fold> {
  public let context: ReplayContext
  public let folds: [Fold]

  public init(context: ReplayContext, folds: [Fold]) {
    self.context = context
    self.folds = folds
  }
}

/// Replays a ledger from event 0 into folds over lives.
///
/// Blocks are decoded on all cores and their touches dealt out to partitions of a few thousand customers, which are then
/// sorted and folded in cache. When the touches do not fit the memory given, customers are taken in several passes, and
/// a single life that does not fit in several spans of time, so memory follows the budget and not the ledger.
public struct Replay {
  public static let memoryByteCountDefault = 5 << 28
  public static let memoryByteCountMin = 16 << 20
  /// Rows of a partition aimed at: it sorts and folds within a core's own cache.
  private static let partitionRowCountAim = 1 << 15

  public let context: ReplayContext
  let blocks: [ReplayBlock]
  let entityCount: UInt32
  let jobs: Int
  let memoryByteCount: Int
  /// Events of the known-at prefix.
  public let eventCount: UInt64

  /// A replay of blocks at hand, their corrections known.
  init(
    blocks: [ReplayBlock], selection: Selection, plan: ReplayPlan, corrections: Corrections, jobs: Int,
    memoryByteCount: Int
  ) throws {
    var selection = selection
    if let customers = selection.customers, !corrections.mergedInto.isEmpty {
      // Whoever was merged with somebody asked for belongs to the same life.
      let lives = Set(customers.map { corrections.mergedInto[$0] ?? $0 })
      selection.customers = lives.union(corrections.mergedInto.filter { lives.contains($0.value) }.map(\.key))
    }
    self.blocks = blocks
    self.jobs = max(jobs, 1)
    self.memoryByteCount = memoryByteCount
    eventCount = blocks.reduce(0) { $0 + UInt64($1.rowCount) }
    let kinds = Set(blocks.lazy.flatMap { $0.header.kinds.lazy.map(\.kind) }).sorted()
    guard kinds.count <= TouchClass.kindCountMax else { throw ReplayError.tooManyKinds(count: kinds.count) }
    let accounts = plan.entity == .account ? try BlockScan(blocks: blocks).accounts() : Strings()
    entityCount =
      plan.entity == .account ? UInt32(accounts.words.count) : 1 + (blocks.map(\.header.customerMax).max() ?? 0)
    context = ReplayContext(
      plan: plan, selection: selection, corrections: corrections, kinds: kinds, accounts: accounts,
      partitionShift: Self.partitionShift(touches: eventCount, entities: entityCount))
  }

  /// The entities asked for are among these.
  var askedEntities: Range<UInt32> {
    guard context.plan.entity == .customer, let customers = context.selection.customers else { return 0..<entityCount }
    let lives = customers.map { context.corrections.mergedInto[$0] ?? $0 }.filter { $0 < entityCount }
    // Whoever is asked for may not have been known yet; the pass over everybody then finds nobody.
    guard let lower = lives.min(), let upper = lives.max() else { return 0..<entityCount }
    return lower..<upper + 1
  }

  /// Into how many runs the blocks are dealt out to the workers: enough that none waits long for another.
  var unitCount: Int {
    // Where some customers are asked for, the blocks with work to do may stand together: smaller runs are fairer.
    let share = context.selection.customers == nil ? 8 : 64
    return min(blocks.count, jobs == 1 ? 1 : jobs * share)
  }

  /// So many entities to a partition that its rows fit a core's cache on average.
  private static func partitionShift(touches: UInt64, entities: UInt32) -> UInt32 {
    let perEntity = max(Double(touches) / Double(max(entities, 1)), 1)
    var shift: UInt32 = 6
    while shift < 15, Double(1 << (shift + 1)) * perEntity <= Double(partitionRowCountAim) { shift += 1 }
    return shift
  }

  /// Replays into one fold per worker.
  ///
  /// - Parameters:
  ///   - observers: one per worker, or none; they see every event of the known-at prefix once.
  ///   - progress: called now and then, from any thread, with the share done, 0 ... 1.
  ///   - makeFold: makes the fold of one worker.
  public func run<Fold: LifeFold>(
    observers: [any BlockFold] = [], progress: (@Sendable (Double) -> Void)? = nil,
    makeFold: (ReplayContext) -> Fold
  ) throws -> ReplayResult<Fold> {
    precondition(observers.isEmpty || observers.count == jobs, "one observer per worker")
    let folds = (0..<jobs).map { _ in makeFold(context) }
    let run = try ReplayRun(self, folds: folds, observers: observers, progress: progress)
    try run.run()
    return ReplayResult(context: context, folds: folds)
  }
}
