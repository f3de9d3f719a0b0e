import Dispatch
import KeptFormat
import Synchronization

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

/// Which sorts matter of which source, in sets of a bit each: a touch of any sort of a set shows what the set is asked for.
public typealias AskedSorts = [String: Set<UInt64>]

extension Replay {
  /// Since when each source records touches of these sorts, of any customer, asked for or not, and until when any.
  ///
  /// A block is opened only for what it could still say earlier than what is known.
  ///
  /// - Parameter asked: nil: every sort of every source. Else only these sources are told, and of each set only the
  ///   earliest instant is sure, whichever of its sorts it stands at.
  package func sourceSpans(_ sorts: [TouchSort], asked: AskedSorts? = nil) throws -> [String: SourceSpan] {
    let none = SourceSpan(firsts: Array(repeating: .max, count: sorts.count), last: .min)
    let found = Mutex((asked ?? [:]).mapValues { _ in none })
    let next = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    // A replay is not changed while it runs; its blocks are read from several threads in `run`, too.
    nonisolated(unsafe) let replay = self
    DispatchQueue.concurrentPerform(iterations: min(jobs, max(blocks.count, 1))) { _ in
      let columns = BlockColumns()
      while failure.withLock({ $0 == nil }) {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < replay.blocks.count else { return }
        do {
          try replay.addFirsts(of: replay.blocks[index], columns, sorts, asked, to: found)
        } catch {
          failure.withLock { $0 = error }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    var spans = found.withLock { $0 }
    for (name, end) in try lastTouches(ofSources: Set(spans.keys), of: .customer) { spans[name]!.last = end }
    return spans
  }

  /// The least instants of several blocks are the same in any order; a block that was looked at before others were done
  /// only does work in vain.
  private func addFirsts(
    of block: ReplayBlock, _ columns: BlockColumns, _ sorts: [TouchSort], _ asked: AskedSorts?,
    to found: borrowing Mutex<[String: SourceSpan]>
  ) throws {
    let header = block.header
    let inBlock = sorts.indices.filter { sort in header.kinds.contains { sorts[sort].directions[$0.kind] != nil } }
    func open(_ spans: [String: SourceSpan], _ names: some Sequence<String>) -> [Int] {
      guard header.timeMin <= context.selection.asOf else { return [] }
      return inBlock.filter { sort in
        names.contains { name in
          guard let span = spans[name] else { return false }
          guard let sets = asked?[name] else { return span.firsts[sort] > header.timeMin }
          return sets.contains { set in
            set & (1 << UInt64(sort)) != 0
              && !sorts.indices.contains { set & (1 << UInt64($0)) != 0 && span.firsts[$0] <= header.timeMin }
          }
        }
      }
    }
    // Where all that is asked for is known by then, nobody needs to know which sources are in the block.
    if asked != nil, found.withLock({ open($0, $0.keys).isEmpty }) { return }
    columns.begin(header, source: block.source)
    let sources = try columns.codes(.source)
    let names = sources.dictionary.strings()
    let none = SourceSpan(firsts: Array(repeating: .max, count: sorts.count), last: .min)
    let places = found.withLock { spans in
      if asked == nil { for name in names where spans[name] == nil { spans[name] = none } }
      return open(spans, names)
    }
    if places.isEmpty { return }
    let firsts = try firstTouches(block, columns, sources, sorts, places)
    found.withLock { spans in
      for (name, firsts) in zip(names, firsts) where spans[name] != nil {
        for (place, first) in zip(places, firsts) { spans[name]!.firsts[place] = min(spans[name]!.firsts[place], first) }
      }
    }
  }

  /// By source of the block's dictionary, then by place in `open`.
  private func firstTouches(
    _ block: ReplayBlock, _ columns: BlockColumns, _ sources: CodeColumn, _ sorts: [TouchSort], _ open: [Int]
  ) throws -> [[Instant]] {
    let asksHumans = open.contains { sorts[$0].isHuman }
    let ways = try columns.codes(.direction)
    let directions = [TouchClass.directionAbsent] + ways.dictionary.strings().map(TouchClass.direction)
    let kindCount = block.header.kinds.count + 1
    let agents = asksHumans ? try columns.codes(.agent).codes : nil
    let automatic = asksHumans ? try automaticRows(columns, block.rowCount) : []
    // First by source, kind and direction, of which there are few; few rows are the first of anything.
    let sourceCount = sources.dictionary.count + 1
    var any = [Instant](repeating: .max, count: sourceCount * kindCount * 4)
    var human = any
    let times = try columns.times()
    let kinds = try columns.codes(.kind).codes
    let counts = try touchFilter(block, columns, times, of: .customer)
    any.withUnsafeMutableBufferPointer { any in
      human.withUnsafeMutableBufferPointer { human in
        directions.withUnsafeBufferPointer { directions in
          for row in 0..<block.rowCount {
            let way = Int(directions[Int(ways.codes[row])])
            let place = (Int(sources.codes[row]) * kindCount + Int(kinds[row])) << 2 | way
            if times[row] < any[place], counts(row) { any[place] = times[row] }
            if asksHumans, times[row] < human[place], agents![row] != 0, !automatic[row], counts(row) {
              human[place] = times[row]
            }
          }
        }
      }
    }
    return (1..<max(sourceCount, 1)).map { source in
      open.map { sort in
        var first = Instant.max
        for (kind, header) in block.header.kinds.enumerated() {
          for way in sorts[sort].directions[header.kind] ?? [] {
            let place = (source * kindCount + kind + 1) << 2 | Int(way)
            first = min(first, sorts[sort].isHuman ? human[place] : any[place])
          }
        }
        return first
      }
    }
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
