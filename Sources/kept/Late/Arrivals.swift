import KeptFormat
import KeptLog
import KeptReplay

/// How long after they occurred events were recorded, source by source.
///
/// What stands before the end of the ledger's first import was loaded, not late, and is told apart. What the ledger says of
/// itself comes from no feed. Takes 8 bytes of memory an event: quantiles of all of them are exact.
struct Arrivals {
  enum Share: String, CaseIterable {
    case firstLoad = "first load"
    case since
  }

  struct Group: Hashable {
    /// nil: all of them.
    var source: String?
    var share: Share
  }

  /// Recorded − time in microseconds, ascending; below 0 where an event was announced before it occurred.
  private(set) var delays: [Group: [Int64]] = [:]

  static let day: Int64 = 86_400_000_000

  init(_ ledger: LedgerReader) throws {
    // Without an import nothing was loaded.
    let loadEnd = try ledger.imports().first?.position ?? 0
    try ledger.forEachArrival { source, rows in
      for (position, time, recorded) in rows {
        delays[Group(source: source, share: position < loadEnd ? .firstLoad : .since), default: []].append(recorded - time)
      }
    }
    for share in Share.allCases {
      let all = delays.filter { $0.key.share == share }.values.joined()
      if !all.isEmpty { delays[Group(source: nil, share: share)] = Array(all) }
    }
    for group in delays.keys { delays[group]!.sort() }
  }

  var table: Rows {
    var rows = Rows([
      ("source", .string), ("arrived", .string), ("events", .int64), ("ahead", .int64), ("median_s", .decimal),
      ("p90_s", .decimal), ("p99_s", .decimal), ("max_s", .decimal), ("over_1d", .int64), ("over_1d_share", .decimal),
      ("over_7d", .int64), ("over_7d_share", .decimal),
    ])
    let groups = delays.keys.sorted { left, right in
      // All of them come last.
      (left.source == nil ? 1 : 0, left.source ?? "", left.share.rawValue)
        < (right.source == nil ? 1 : 0, right.source ?? "", right.share.rawValue)
    }
    for group in groups {
      let sorted = delays[group]!
      func over(_ limit: Int64) -> Int64 { Int64(sorted.reversed().prefix { $0 > limit }.count) }
      func share(_ count: Int64) -> Cell { .number(rounded(count * 1_000_000, over: Int64(sorted.count))) }
      let (days, weeks) = (over(Self.day), over(7 * Self.day))
      let what: [Cell] = [
        .text(group.source ?? "(all)"), .text(group.share.rawValue), .number(Int64(sorted.count)),
        .number(Int64(sorted.prefix { $0 < 0 }.count)),
      ]
      let quantiles = [50, 90, 99, 100].map { Cell.number(Self.quantile(sorted, percent: $0)) }
      rows.append(what + quantiles + [.number(days), share(days), .number(weeks), share(weeks)])
    }
    return rows
  }

  /// Type 7 of R: at (n − 1)·p, linear between neighbours; in whole microseconds, halves up.
  ///
  /// Example: of 0, 10, 20, 40 the median is at place 1.5: 15; the 90th percentile at 2.7: 20 + 0.7 · 20 = 34.
  static func quantile(_ sorted: [Int64], percent: Int) -> Int64 {
    let (place, rest) = ((sorted.count - 1) * percent).quotientAndRemainder(dividingBy: 100)
    guard rest > 0 else { return sorted[place] }
    return sorted[place] + rounded((sorted[place + 1] - sorted[place]) * Int64(rest), over: 100)
  }
}

/// Halves up; `count` is not negative.
private func rounded(_ count: Int64, over total: Int64) -> Int64 { (2 * count + total) / (2 * total) }

/// Events that a snapshot could not know although they had occurred by its as-of.
struct LateEvents {
  struct Group: Hashable {
    var source: String
    /// First day of the local month in which they occurred.
    var month: Int32
  }

  struct Count {
    var events = 0
    var first: UInt64
    var last: UInt64
    var delayMax: Int64
  }

  private(set) var counts: [Group: Count] = [:]

  /// - Parameters:
  ///   - position: recorded from here on.
  ///   - asOf: occurred by then.
  init(_ ledger: LedgerReader, from position: UInt64, asOf: Instant) throws {
    let calendar = try ledger.calendar()
    var cursor = calendar.cursor()
    try ledger.forEachArrival(from: position) { source, rows in
      for (position, time, recorded) in rows where time <= asOf {
        let month = calendar.firstDay(ofMonth: cursor.monthIndex(of: time))
        var count = counts[Group(source: source, month: month)]
          ?? Count(first: position, last: position, delayMax: recorded - time)
        count.events += 1
        count.first = min(count.first, position)
        count.last = max(count.last, position)
        count.delayMax = max(count.delayMax, recorded - time)
        counts[Group(source: source, month: month)] = count
      }
    }
  }

  var eventCount: Int { counts.values.reduce(0) { $0 + $1.events } }

  var table: Rows {
    var rows = Rows([
      ("source", .string), ("month", .date), ("events", .int64), ("first_position", .int64), ("last_position", .int64),
      ("max_s", .decimal),
    ])
    for (group, count) in counts.sorted(by: { ($0.key.source, $0.key.month) < ($1.key.source, $1.key.month) }) {
      rows.append([
        .text(group.source), .day(group.month), .number(Int64(count.events)), .number(Int64(clamping: count.first)),
        .number(Int64(clamping: count.last)), .number(count.delayMax),
      ])
    }
    return rows
  }
}

extension LedgerReader {
  typealias Arrival = (position: UInt64, time: Instant, recorded: Instant)

  /// Every event but the ledger's own, a block and a source at a time, from a position on; of blocks four columns are
  /// decoded.
  fileprivate func forEachArrival(from start: UInt64 = 0, _ body: (String, [Arrival]) -> Void) throws {
    let columns = BlockColumns()
    for block in blocks where block.positions.upperBound > start {
      let header = block.header
      do {
        columns.begin(header, source: source(for: block))
        let times = try columns.times()
        let recorded = try columns.recorded()
        let kinds = try columns.codes(.kind).codes
        let sources = try columns.codes(.source)
        let isLedgerKind = [false] + header.kinds.map { LedgerKind.all.contains($0.kind) }
        var found = [[Arrival]](repeating: [], count: sources.dictionary.count + 1)
        for row in 0..<times.count where !isLedgerKind[Int(kinds[row])] {
          let position = header.firstPosition + UInt64(row)
          if position >= start { found[Int(sources.codes[row])].append((position, times[row], recorded[row])) }
        }
        for (index, name) in sources.dictionary.strings().enumerated() where !found[index + 1].isEmpty {
          body(name, found[index + 1])
        }
      } catch {
        throw self.error(error, in: block)
      }
    }
    for (first, batch) in try tailBatches() {
      var found: [String: [Arrival]] = [:]
      for (index, row) in batch.rows.enumerated() where first + UInt64(index) >= start {
        if LedgerKind.all.contains(batch.string(row[.kind]) ?? "") { continue }
        found[batch.string(row[.source]) ?? "", default: []].append((first + UInt64(index), row.time, row.recorded))
      }
      for (source, rows) in found { body(source, rows) }
    }
  }
}
