import CInstructions
import KeptFormat

/// Which entities and instants one pass collects.
struct PassRange: Sendable, Equatable {
  /// Entities `[entityLower, entityUpper)`.
  var entityLower: UInt32
  var entityUpper: UInt32
  /// Instants `[timeLower, timeUpper]`; a part of all time only where a single life does not fit.
  var timeLower: Instant
  var timeUpper: Instant

  /// Partitions are runs of `1 << shift` entities; entity 0, the events without a customer, has one of its own.
  static func partition(_ entity: UInt32, _ shift: UInt32) -> Int { Int((entity &+ ((1 << shift) &- 1)) >> shift) }

  /// The entity's place in its partition.
  static func local(_ entity: UInt32, _ shift: UInt32) -> UInt16 {
    UInt16(truncatingIfNeeded: (entity &+ ((1 << shift) &- 1)) & ((1 << shift) &- 1))
  }

  func firstPartition(_ shift: UInt32) -> Int { Self.partition(entityLower, shift) }
  func partitionCount(_ shift: UInt32) -> Int {
    Self.partition(entityUpper - 1, shift) - Self.partition(entityLower, shift) + 1
  }
}

/// Decodes blocks and deals their touches out to partitions; one per worker.
///
/// Cost: one decode of the columns the plan asks for and one word written for most touches; details only for kinds that
/// have some.
final class BlockScatter {
  private let context: ReplayContext
  private let columns = BlockColumns()
  private let writer: RowWriter
  private let details: DetailWriter
  private let sources = WordCodes()
  private let accounts = WordCodes()
  /// Per row of the block: its entity, or `nobody` where the row is left out.
  private let entities: UnsafeMutablePointer<UInt32> = .allocate(capacity: LogFormat.blockEventCount)
  static let nobody = UInt32.max

  init(context: ReplayContext, store: RowStore) {
    self.context = context
    writer = RowWriter(store: store, layout: context.rowLayout)
    details = DetailWriter(context: context)
  }

  deinit { entities.deallocate() }

  /// Forgets what the last pass took from the region.
  func forgetRegion() { writer.forgetRegion() }

  /// Deals out `blocks` and tells what stands in each partition, or nil when the region had no room.
  func scatter(
    _ blocks: ArraySlice<ReplayBlock>, range: PassRange, observer: (any BlockFold)?
  ) throws -> [RowList]? {
    let partitionCount = range.partitionCount(context.partitionShift)
    writer.begin(partitionCount: partitionCount)
    for block in blocks {
      guard try scatter(block, range, observer) else { return nil }
    }
    return writer.finish(partitionCount: partitionCount)
  }

  private func scatter(_ block: ReplayBlock, _ range: PassRange, _ observer: (any BlockFold)?) throws -> Bool {
    if observer == nil, !context.selection.mayConcern(block.header) { return true }
    columns.begin(block.header, source: block.source)
    if observer == nil, try !findEntities(block, range) { return true }
    let times = try columns.times()
    let kinds = try columns.codes(.kind)
    if let observer {
      try observe(block, times, kinds, observer)
      guard try findEntities(block, range) else { return true }
    }
    leaveOut(block, range, times, kinds)

    let layout = context.rowLayout
    let kindClasses = context.codes(of: block.header).map { layout.word(touchClass: UInt64($0 << 2), entity: 0) }
    let directions = try columns.codes(.direction)
    let directionBits = ([nil] + directions.dictionary.strings()).map { word in
      layout.word(touchClass: UInt64(TouchClass.direction(word)), entity: 0)
    }
    guard
      let offsets = try details.write(
        columns, block, kinds: kinds, entities: entities, rowCount: block.rowCount, to: writer)
    else { return false }
    return deal(
      block.rowCount, times, kinds.codes, [0] + kindClasses, directions.codes, directionBits, offsets, range)
  }

  /// Sets `entities` from customers or accounts; false when nobody in the block is asked for.
  private func findEntities(_ block: ReplayBlock, _ range: PassRange) throws -> Bool {
    switch context.plan.entity {
    case .customer:
      guard let entityOf = entities(of: try columns.customerList(), range) else { return false }
      assign(entityOf, try columns.customerIndices(), block.rowCount)
    case .account:
      let codes = try columns.codes(.account)
      let numbers = accounts.codes(of: codes.dictionary) { context.accounts.code(of: $0) ?? Self.nobody }
      let entityOf = [Self.nobody] + numbers.map { isIn(range, $0) ? $0 : Self.nobody }
      guard entityOf.contains(where: { $0 != Self.nobody }) else { return false }
      assign(entityOf, codes.codes, block.rowCount)
      if let selected = context.selection.customers { return try leaveOutOthers(than: selected, block.rowCount) }
    }
    return true
  }

  /// Of an account's touches, where some customers are asked for, only theirs; false when there are none.
  private func leaveOutOthers(than selected: Set<UInt32>, _ rowCount: Int) throws -> Bool {
    let list = try columns.customerList()
    var isAsked = [Bool](repeating: false, count: list.count + 1)
    for customer in selected {
      if let index = customer == 0 ? 0 : Self.place(of: customer, in: list).map({ $0 + 1 }) { isAsked[index] = true }
    }
    guard isAsked.contains(true) else { return false }
    let indices = try columns.customerIndices()
    for row in 0..<rowCount where !isAsked[Int(indices[row])] { entities[row] = Self.nobody }
    return true
  }

  /// The entity of index 0, no customer, and of each customer of a block's list; nil when nobody is asked for.
  private func entities(of list: UnsafeBufferPointer<UInt32>, _ range: PassRange) -> [UInt32]? {
    if let selected = context.selection.customers { return entities(of: list, range, selected) }
    let isPlain = context.selection.customers == nil && context.corrections.mergedInto.isEmpty
    var isAnybodyThere = false
    let entityOf = [UInt32](unsafeUninitializedCapacity: list.count + 1) { out, count in
      count = list.count + 1
      for index in 0..<count {
        let customer = index == 0 ? 0 : list[index - 1]
        let entity = isPlain ? customer : context.corrections.mergedInto[customer] ?? customer
        let isIn = isIn(range, entity)
        out[index] = isIn ? entity : Self.nobody
        isAnybodyThere = isAnybodyThere || isIn
      }
    }
    return isAnybodyThere ? entityOf : nil
  }

  /// The same where some customers are asked for: those of the list are looked up, not everybody in it.
  private func entities(
    of list: UnsafeBufferPointer<UInt32>, _ range: PassRange, _ selected: Set<UInt32>
  ) -> [UInt32]? {
    var entityOf: [UInt32] = []
    for customer in selected {
      guard let index = customer == 0 ? 0 : Self.place(of: customer, in: list).map({ $0 + 1 }) else { continue }
      let entity = context.corrections.mergedInto[customer] ?? customer
      guard isIn(range, entity) else { continue }
      if entityOf.isEmpty { entityOf = Array(repeating: Self.nobody, count: list.count + 1) }
      entityOf[index] = entity
    }
    return entityOf.isEmpty ? nil : entityOf
  }

  private static func place(of customer: UInt32, in list: UnsafeBufferPointer<UInt32>) -> Int? {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < customer { low = middle + 1 } else { high = middle }
    }
    return low < list.count && list[low] == customer ? low : nil
  }

  private func isIn(_ range: PassRange, _ entity: UInt32) -> Bool {
    entity >= range.entityLower && entity < range.entityUpper
  }

  private func assign(_ entityOf: [UInt32], _ indices: UnsafeBufferPointer<UInt32>, _ rowCount: Int) {
    entityOf.withUnsafeBufferPointer { entityOf in
      for row in 0..<rowCount { entities[row] = entityOf[Int(indices[row])] }
    }
  }

  /// Marks rows beyond the instants asked for, rows of kinds that are no touches, and events that no longer count.
  private func leaveOut(
    _ block: ReplayBlock, _ range: PassRange, _ times: UnsafeBufferPointer<Instant>, _ kinds: CodeColumn
  ) {
    let upper = min(range.timeUpper, context.selection.asOf)
    if block.header.timeMax > upper || block.header.timeMin < range.timeLower {
      for row in 0..<block.rowCount where times[row] > upper || times[row] < range.timeLower {
        entities[row] = Self.nobody
      }
    }
    let isOut = [false] + context.codes(of: block.header).map { context.isLeftOut[$0] }
    if isOut.contains(true) {
      for row in 0..<block.rowCount where isOut[Int(kinds.codes[row])] { entities[row] = Self.nobody }
    }
    let start = block.header.firstPosition
    let dead = context.corrections.deadRange(from: start, to: start + UInt64(block.rowCount))
    for position in context.corrections.dead[dead] { entities[Int(position - start)] = Self.nobody }
  }

  /// The inner loop: one word written for most touches.
  @inline(never)
  private func deal(
    _ rowCount: Int, _ times: UnsafeBufferPointer<Instant>, _ kinds: UnsafeBufferPointer<UInt32>,
    _ kindClasses: [UInt64], _ directions: UnsafeBufferPointer<UInt32>, _ directionBits: [UInt64],
    _ offsets: UnsafePointer<UInt32>, _ range: PassRange
  ) -> Bool {
    let shift = context.partitionShift
    let mask: UInt32 = (1 << shift) &- 1
    let first = range.firstPartition(shift)
    let writer = writer
    let layout = writer.layout
    let (entityShift, timeShift, timeMax) = (layout.entityShift, layout.timeShift, layout.timeMax)
    let cursors = writer.cursors
    let entities = UnsafePointer(entities)
    return kindClasses.withUnsafeBufferPointer { kindClasses in
      directionBits.withUnsafeBufferPointer { directionBits in
        for row in 0..<rowCount {
          let entity = entities[row]
          if entity == Self.nobody { continue }
          let shifted = entity &+ mask
          let partition = Int(shifted &>> shift) &- first
          let word =
            kindClasses[Int(kinds[row])] | directionBits[Int(directions[row])]
            | UInt64(shifted & mask) &<< entityShift
          let cursor = cursors[partition]
          let sinceBase = UInt64(bitPattern: times[row] &- cursor.base)
          if !cursor.needsChunk, sinceBase <= timeMax, offsets[row] == TouchRow.noDetail {
            let place = cursor.next.unsafelyUnwrapped
            // The next line of the partition will be written when some hundred others have been.
            kept_prefetch_to_write(place + 8)
            place.pointee = word | sinceBase &<< timeShift
            cursors[partition].next = place + 1
          } else if !writer.append(word, at: times[row], detail: offsets[row], to: partition) {
            return false
          }
        }
        return true
      }
    }
  }

  private func observe(
    _ block: ReplayBlock, _ times: UnsafeBufferPointer<Instant>, _ kinds: CodeColumn, _ observer: any BlockFold
  ) throws {
    let source = try columns.codes(.source)
    let words = [0] + sources.codes(of: source.dictionary, context.code(of:))
    observer.apply(
      BlockTouches(
        firstPosition: block.header.firstPosition, rowCount: block.rowCount, times: times,
        recorded: try columns.recorded(), kinds: kinds.codes,
        kindNames: block.header.kinds.map(\.kind), sources: source.codes, sourceCodes: words))
  }
}
