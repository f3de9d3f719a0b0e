import KeptFormat

extension Replay {
  /// The last instant, as of the selection's, at which each of these sources recorded a touch of any customer, asked for
  /// or not: how long a feed can be said to have been listening.
  ///
  /// Looks from the newest block back and opens only blocks that could still say something later than what is known.
  package func lastTouches(ofSources words: Set<String>) throws -> [String: Instant] {
    var ends: [String: Instant] = [:]
    let columns = BlockColumns()
    for block in blocks.reversed() {
      let known = words.map { ends[$0] ?? .min }.min() ?? .max
      guard min(block.header.timeMax, context.selection.asOf) > known else { continue }
      columns.begin(block.header, source: block.source)
      let sources = try columns.codes(.source)
      let found = sources.dictionary.strings()
      guard found.contains(where: words.contains) else { continue }
      for (code, end) in try lastTouches(block, columns, sources).enumerated() where end > .min {
        if words.contains(found[code]) { ends[found[code]] = max(ends[found[code]] ?? .min, end) }
      }
    }
    return ends
  }

  /// By source of the block's dictionary; `Instant.min` where it has no touch that counts.
  private func lastTouches(
    _ block: ReplayBlock, _ columns: BlockColumns, _ sources: CodeColumn
  ) throws -> [Instant] {
    let times = try columns.times()
    let customers = try columns.customerIndices()
    let kinds = try columns.codes(.kind).codes
    let isOut = [true] + context.codes(of: block.header).map { context.isLeftOut[$0] }
    let start = block.header.firstPosition
    let dead = Set(context.corrections.dead[
      context.corrections.deadRange(from: start, to: start + UInt64(block.rowCount))])
    var ends = [Instant](repeating: .min, count: sources.dictionary.count + 1)
    for row in 0..<block.rowCount where customers[row] != 0 && times[row] <= context.selection.asOf {
      if isOut[Int(kinds[row])] || dead.contains(start + UInt64(row)) { continue }
      ends[Int(sources.codes[row])] = max(ends[Int(sources.codes[row])], times[row])
    }
    return Array(ends.dropFirst())
  }
}
