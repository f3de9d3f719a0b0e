import KeptFormat

/// A sort of touch of which it matters since when a source records it.
public struct TouchSort: Sendable {
  /// By kind: the stated directions (`TouchClass`) that count.
  public var directions: [String: Set<UInt16>]
  /// Only where one of ours is named and nothing says that it was automatic.
  public var isHuman: Bool

  public init(_ directions: [String: Set<UInt16>], isHuman: Bool = false) {
    self.directions = directions
    self.isHuman = isHuman
  }
}

/// What a source has shown that it records, as of the selection's instant.
public struct SourceSpan: Sendable, Equatable {
  /// By sort: when it first recorded a touch of it; `Instant.max`: never.
  public var firsts: [Instant]
  /// When it last recorded a touch of any sort.
  public var last: Instant

  public init(firsts: [Instant], last: Instant) {
    self.firsts = firsts
    self.last = last
  }
}

extension Replay {
  /// Since when each source records touches of these sorts, of any customer, asked for or not, and until when any.
  ///
  /// A block is opened only for what it could still say earlier than what is known.
  package func sourceSpans(_ sorts: [TouchSort]) throws -> [String: SourceSpan] {
    var spans: [String: SourceSpan] = [:]
    let columns = BlockColumns()
    for block in blocks {
      columns.begin(block.header, source: block.source)
      let sources = try columns.codes(.source)
      let names = sources.dictionary.strings()
      for name in names where spans[name] == nil {
        spans[name] = SourceSpan(firsts: Array(repeating: .max, count: sorts.count), last: .min)
      }
      let earliest = block.header.timeMin
      let open = sorts.indices.filter { sort in
        block.header.kinds.contains { sorts[sort].directions[$0.kind] != nil }
          && names.contains { spans[$0]!.firsts[sort] > earliest }
      }
      guard earliest <= context.selection.asOf, !open.isEmpty else { continue }
      for (name, firsts) in zip(names, try firstTouches(block, columns, sources, sorts, open)) {
        for (place, first) in firsts.enumerated() {
          spans[name]!.firsts[open[place]] = min(spans[name]!.firsts[open[place]], first)
        }
      }
    }
    for (name, end) in try lastTouches(ofSources: Set(spans.keys), of: .customer) { spans[name]!.last = end }
    return spans
  }

  /// By source of the block's dictionary, then by place in `open`.
  private func firstTouches(
    _ block: ReplayBlock, _ columns: BlockColumns, _ sources: CodeColumn, _ sorts: [TouchSort], _ open: [Int]
  ) throws -> [[Instant]] {
    let times = try columns.times()
    let kinds = try columns.codes(.kind).codes
    let ways = try columns.codes(.direction)
    let directions = [TouchClass.directionAbsent] + ways.dictionary.strings().map(TouchClass.direction)
    // By kind, then by place in `open`: a bit for each direction that counts.
    let counting = [[UInt8](repeating: 0, count: open.count)]
      + block.header.kinds.map { kind in
        open.map { sort in (sorts[sort].directions[kind.kind] ?? []).reduce(0) { $0 | 1 << UInt8($1) } }
      }
    let asksHumans = open.contains { sorts[$0].isHuman }
    let agents = asksHumans ? try columns.codes(.agent).codes : nil
    let automatic = asksHumans ? try automaticRows(columns, block.rowCount) : []
    var firsts = Array(
      repeating: [Instant](repeating: .max, count: open.count), count: sources.dictionary.count + 1)
    try forEachTouch(block, columns, times, of: .customer) { row in
      let counts = counting[Int(kinds[row])]
      let way = UInt8(1) << UInt8(directions[Int(ways.codes[row])])
      let source = Int(sources.codes[row])
      for place in open.indices where counts[place] & way != 0 && times[row] < firsts[source][place] {
        if sorts[open[place]].isHuman, agents![row] == 0 || automatic[row] { continue }
        firsts[source][place] = times[row]
      }
    }
    return Array(firsts.dropFirst())
  }

  /// By row: whether the event says that no person did it.
  private func automaticRows(_ columns: BlockColumns, _ rowCount: Int) throws -> [Bool] {
    var rows = [Bool](repeating: false, count: rowCount)
    for entry in columns.dataEntries
    where entry.type == .boolean && (entry.key == "automated" || entry.key == "by_bot") {
      let flags = try columns.dataBooleans(entry)
      for (row, code) in zip(flags.rows, flags.codes) where code == 2 { rows[Int(row)] = true }
    }
    return rows
  }
}
