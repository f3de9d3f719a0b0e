import Dispatch
import KeptFormat
import Synchronization

/// The passes of one replay over its blocks, and the workers that share them.
final class ReplayRun: @unchecked Sendable {
  // Shared between workers, which write only to places of their own index; passes are separated by the end of
  // `concurrentPerform`, so nothing is read while it is written.
  private let replay: Replay
  private let folds: [any LifeFold]
  private let observers: [any BlockFold]
  private let progress: (@Sendable (Double) -> Void)?
  private let store: RowStore
  private let scatters: [BlockScatter]
  private let sorters: [LifeSorter]
  private let details: DetailPrefetch
  /// Runs of blocks, dealt out by whichever worker is free.
  private let units: [ArraySlice<ReplayBlock>]
  /// The life whose spans of time are being folded one after another.
  private var openLife: UInt32?

  /// Rows that sort at once may take this share of the region; a larger partition is split.
  private static let sortShare = 8

  init(
    _ replay: Replay, folds: [any LifeFold], observers: [any BlockFold], progress: (@Sendable (Double) -> Void)?
  ) throws {
    self.replay = replay
    self.folds = folds
    self.observers = observers
    self.progress = progress
    // The rest of the budget is for decoding and sorting, and for what the folds keep.
    let regionByteCount = replay.memoryByteCount / 8 * 7
    let needed = Int(clamping: replay.eventCount) * 64 + 4 * replay.jobs * RowStore.slabByteCount
    guard let store = RowStore(byteCount: min(regionByteCount, needed)) else {
      throw ReplayError.noMemory(byteCount: regionByteCount)
    }
    self.store = store
    let context = replay.context
    scatters = (0..<replay.jobs).map { _ in BlockScatter(context: context, store: store) }
    sorters = (0..<replay.jobs).map { _ in LifeSorter() }
    details = DetailPrefetch(context)
    let unitCount = replay.unitCount
    units = (0..<unitCount).map { unit in
      replay.blocks[replay.blocks.count * unit / unitCount..<replay.blocks.count * (unit + 1) / unitCount]
    }
  }

  /// Takes passes until every entity and instant is folded; a pass that does not fit is split in front of the others.
  func run() throws {
    var passes: [PassRange] = try PassPlan(replay).ranges(regionByteCount: store.byteCount).reversed()
    let passCount = passes.count
    var observersAreDue = !observers.isEmpty
    while let pass = passes.popLast() {
      let done = 1 - Double(passes.count + 1) / Double(max(Int(passCount), passes.count + 1))
      let lists = try scatter(pass, observersAreDue, progress: (done, 1 / Double(max(Int(passCount), passes.count + 1))))
      if let lists, fits(lists) {
        fold(lists, pass)
      } else {
        passes += try split(pass, lists)
      }
      if lists != nil { observersAreDue = false }
    }
    progress?(1)
  }

  /// The rows of a pass, unit by unit and partition by partition, or nil when the region had no room.
  private func scatter(
    _ pass: PassRange, _ observersAreDue: Bool, progress: (done: Double, share: Double)
  ) throws -> [[RowList]]? {
    store.reset()
    for scatter in scatters { scatter.forgetRegion() }
    let next = Atomic<Int>(0)
    let isOverfull = Atomic<Bool>(false)
    let results = Mutex<[Int: Result<[RowList], any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: replay.jobs) { worker in
      while true {
        let unit = next.add(1, ordering: .relaxed).oldValue
        guard unit < units.count, !isOverfull.load(ordering: .relaxed) else { return }
        let result = Result {
          try scatters[worker].scatter(
            units[unit], range: pass, observer: observersAreDue ? observers[worker] : nil)
        }
        switch result {
        case .success(nil): isOverfull.store(true, ordering: .relaxed)
        case .success(let lists?): results.withLock { $0[unit] = .success(lists) }
        case .failure(let error): results.withLock { $0[unit] = .failure(error) }
        }
        self.progress?(progress.done + progress.share * 0.7 * Double(unit + 1) / Double(units.count))
      }
    }
    if isOverfull.load(ordering: .relaxed) { return nil }
    // The first unit's error is the one to report, whichever worker met one first.
    return try results.withLock { results in try units.indices.map { try results[$0]!.get() } }
  }

  private func fits(_ lists: [[RowList]]) -> Bool {
    let limit = store.byteCount / Self.sortShare / MemoryLayout<TouchRow>.stride
    for partition in 0..<(lists.first?.count ?? 0) {
      var rowCountMax = 0
      for list in lists { rowCountMax += list[partition].wordCount }
      if rowCountMax > limit { return false }
    }
    return true
  }

  private func fold(_ lists: [[RowList]], _ pass: PassRange) {
    if pass.timeLower != .min || pass.timeUpper != .max { return foldSpan(lists, pass) }
    let shift = replay.context.partitionShift
    let first = pass.firstPartition(shift)
    let partitionCount = pass.partitionCount(shift)
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: replay.jobs) { worker in
      let fold = folds[worker]
      let words = UnsafeRawPointer(store.base).assumingMemoryBound(to: UInt64.self)
      let bytes = UnsafeRawPointer(store.base).assumingMemoryBound(to: UInt8.self)
      while true {
        let partition = next.add(1, ordering: .relaxed).oldValue
        guard partition < partitionCount else { return }
        let base = (first + partition) << Int(shift) - (1 << Int(shift) - 1)
        sorters[worker].forEachLife(
          in: lists.map { $0[partition] }, of: store, replay.context.rowLayout, entityCount: 1 << Int(shift)
        ) { local, rows in
          details.ask(rows, words, bytes)
          fold.begin(entity: UInt32(truncatingIfNeeded: base + local))
          fold.apply(Touches(rows: rows, words: words, bytes: bytes))
          fold.end()
        }
      }
    }
  }

  /// Folds one span of time of a life too large for the region; spans of a life come in order, on one fold.
  private func foldSpan(_ lists: [[RowList]], _ pass: PassRange) {
    let fold = folds[0]
    let entity = pass.entityLower
    sorters[0].forEachLife(
      in: lists.map { $0[0] }, of: store, replay.context.rowLayout, entityCount: 1 << Int(replay.context.partitionShift)
    ) { _, rows in
      if openLife != entity {
        fold.begin(entity: entity)
        openLife = entity
      }
      fold.apply(
        Touches(
          rows: rows, words: UnsafeRawPointer(store.base).assumingMemoryBound(to: UInt64.self),
          bytes: UnsafeRawPointer(store.base).assumingMemoryBound(to: UInt8.self)))
    }
    if pass.timeUpper == .max, openLife == entity {
      fold.end()
      openLife = nil
    }
  }

  /// Parts of a pass that did not fit, the first to be taken last.
  private func split(_ pass: PassRange, _ lists: [[RowList]]?) throws -> [PassRange] {
    if pass.entityUpper - pass.entityLower > 1 {
      let cut = largestEntity(lists, pass) ?? pass.entityLower + (pass.entityUpper - pass.entityLower) / 2
      var parts: [PassRange] = []
      for (lower, upper) in [(pass.entityLower, cut), (cut, cut + 1), (cut + 1, pass.entityUpper)] where lower < upper {
        var part = pass
        part.entityLower = lower
        part.entityUpper = upper
        parts.append(part)
      }
      return parts.reversed()
    }
    let lower = max(pass.timeLower, replay.blocks.map(\.header.timeMin).min() ?? 0)
    let upper = min(pass.timeUpper, replay.blocks.map(\.header.timeMax).max() ?? 0)
    guard lower < upper else { throw ReplayError.memoryTooSmall(byteCount: replay.memoryByteCount) }
    let middle = lower + (upper - lower) / 2
    var early = pass
    early.timeUpper = middle
    var late = pass
    late.timeLower = middle + 1
    return [late, early]
  }

  /// The entity with the most rows of the largest partition, where the rows of a pass are known and it is what does not fit.
  private func largestEntity(_ lists: [[RowList]]?, _ pass: PassRange) -> UInt32? {
    guard let lists, let partitionCount = lists.first?.count else { return nil }
    let largest = (0..<partitionCount).max { left, right in
      lists.reduce(0) { $0 + $1[left].wordCount } < lists.reduce(0) { $0 + $1[right].wordCount }
    }!
    let shift = replay.context.partitionShift
    var best = (entity: 0, count: 0)
    sorters[0].countEntities(
      in: lists.map { $0[largest] }, of: store, replay.context.rowLayout, entityCount: 1 << Int(shift)
    ) { entity, count in
      if count > best.count { best = (entity, count) }
    }
    let base = (pass.firstPartition(shift) + largest) << Int(shift) - (1 << Int(shift) - 1)
    return UInt32(truncatingIfNeeded: base + best.entity)
  }
}
