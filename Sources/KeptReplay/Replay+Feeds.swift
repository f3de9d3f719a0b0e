import KeptFormat

extension Replay {
  /// The last instant, as of the selection's, at which each of these sources recorded a touch of anybody, asked for or
  /// not: how long a feed can be said to have been listening.
  ///
  /// Looks from the newest block back and opens only blocks that could still say something later than what is known.
  ///
  /// - Parameter entity: touches of customers, or of accounts; nil: of the unit replayed.
  package func lastTouches(
    ofSources words: Set<String>, of entity: ReplayPlan.Entity? = nil
  ) throws -> [String: Instant] {
    let entity = entity ?? context.plan.entity
    var ends: [String: Instant] = [:]
    let columns = BlockColumns()
    for block in blocks.reversed() {
      let known = words.map { ends[$0] ?? .min }.min() ?? .max
      let latest = min(block.header.timeMax, context.selection.asOf)
      guard latest > known else { continue }
      columns.begin(block.header, source: block.source)
      let sources = try columns.codes(.source)
      let found = sources.dictionary.strings()
      guard found.contains(where: { words.contains($0) && latest > ends[$0] ?? .min }) else { continue }
      for (code, end) in try lastTouches(block, columns, sources, of: entity).enumerated() where end > .min {
        if words.contains(found[code]) { ends[found[code]] = max(ends[found[code]] ?? .min, end) }
      }
    }
    return ends
  }

  /// When the first touch of anybody, asked for or not, occurred: where the log begins for the unit replayed; `Instant.max`
  /// where there is none.
  ///
  /// Opens only blocks that could say something earlier than what is known.
  package func firstTouch() throws -> Instant {
    var first = Instant.max
    let columns = BlockColumns()
    for block in blocks where block.header.timeMin < first {
      columns.begin(block.header, source: block.source)
      let times = try columns.times()
      try forEachTouch(block, columns, times, of: context.plan.entity) { row in first = min(first, times[row]) }
    }
    return first
  }

  /// By source of the block's dictionary; `Instant.min` where it has no touch that counts.
  private func lastTouches(
    _ block: ReplayBlock, _ columns: BlockColumns, _ sources: CodeColumn, of entity: ReplayPlan.Entity
  ) throws -> [Instant] {
    let times = try columns.times()
    var ends = [Instant](repeating: .min, count: sources.dictionary.count + 1)
    try forEachTouch(block, columns, times, of: entity) { row in
      ends[Int(sources.codes[row])] = max(ends[Int(sources.codes[row])], times[row])
    }
    return Array(ends.dropFirst())
  }

  /// The rows that are touches of some customer, or of some account, and count, as of the selection's instant.
  func forEachTouch(
    _ block: ReplayBlock, _ columns: BlockColumns, _ times: UnsafeBufferPointer<Instant>, of entity: ReplayPlan.Entity,
    _ body: (Int) -> Void
  ) throws {
    let counts = try touchFilter(block, columns, times, of: entity)
    for row in 0..<block.rowCount where counts(row) { body(row) }
  }

  /// Whether a row of the block is a touch of some customer, or of some account, and counts, as of the selection's instant.
  func touchFilter(
    _ block: ReplayBlock, _ columns: BlockColumns, _ times: UnsafeBufferPointer<Instant>, of entity: ReplayPlan.Entity
  ) throws -> (Int) -> Bool {
    let owners = try entity == .account ? columns.codes(.account).codes : columns.customerIndices()
    let kinds = try columns.codes(.kind).codes
    let isOut = [true] + context.codes(of: block.header).map { context.isLeftOut[$0] }
    let start = block.header.firstPosition
    let dead = Set(context.corrections.dead[
      context.corrections.deadRange(from: start, to: start + UInt64(block.rowCount))])
    let asOf = context.selection.asOf
    return { row in
      owners[row] != 0 && times[row] <= asOf && !isOut[Int(kinds[row])]
        && (dead.isEmpty || !dead.contains(start + UInt64(row)))
    }
  }
}
