import KeptFormat
import KeptSnapshot

/// What each source sent, day by day. Metrics 3.01. No life is folded for it: it sees every event, block by block.
///
/// One fold per worker; `merge` adds them.
public final class SourcesFold {
  struct Day: Hashable {
    var source: String
    var day: Int32
  }

  struct Counts {
    var events: Int64 = 0
    var firstAt = Instant.max
    var lastAt = Instant.min
    var late: Int64 = 0
    var duplicates: Int64 = 0
    var conflicts: Int64 = 0
    var rejected: Int64 = 0
  }

  private let calendar: LocalCalendar
  private let asOf: Instant
  /// Recorded instant of the ledger's first finished import: what came with it, however old, was not late.
  private let firstImportAt: Instant
  private(set) var days: [Day: Counts] = [:]

  /// How long after it occurred an event may be recorded before it counts as late.
  static let lateAfter: Int64 = 86_400_000_000

  /// - Parameter firstImportAt: nil while no import has finished: then nothing is late.
  public init(calendar: LocalCalendar, asOf: Instant, firstImportAt: Instant?) {
    self.calendar = calendar
    self.asOf = asOf
    self.firstImportAt = firstImportAt ?? .max
  }

  /// Counts the events of a block (or of a part of one) that occurred by the as-of instant.
  ///
  /// - Parameters:
  ///   - sources: the block's words; row i came from `sources[codes[i] − 1]`, code 0 being none.
  public func apply(
    sources: [String], codes: UnsafeBufferPointer<UInt32>, times: UnsafeBufferPointer<Instant>,
    recorded: UnsafeBufferPointer<Instant>
  ) {
    precondition(codes.count == times.count && times.count == recorded.count, "columns of different length")
    // By source: the day of its last event and what was counted of it; written back when the day changes.
    var present = Array(repeating: (day: Int32.min, counts: Counts()), count: sources.count + 1)
    var cursor = calendar.cursor()
    for row in 0..<codes.count {
      let time = times[row]
      if time > asOf { continue }
      let code = Int(codes[row])
      let day = cursor.dayIndex(of: time)
      if present[code].day != day {
        store(code, sources, present[code])
        present[code] = (day, Counts())
      }
      present[code].counts.events += 1
      present[code].counts.firstAt = min(present[code].counts.firstAt, time)
      present[code].counts.lastAt = max(present[code].counts.lastAt, time)
      if recorded[row] > firstImportAt, recorded[row] &- time > Self.lateAfter { present[code].counts.late += 1 }
    }
    for code in present.indices { store(code, sources, present[code]) }
  }

  private func store(_ code: Int, _ sources: [String], _ present: (day: Int32, counts: Counts)) {
    guard present.day != .min, code > 0 else { return }
    add(present.counts, to: Day(source: sources[code - 1], day: present.day))
  }

  /// Counts what an import left out, on the local day of its end.
  public func importFinished(source: String, at: Instant, duplicates: Int64, conflicts: Int64, rejected: Int64) {
    var counts = Counts()
    counts.duplicates = duplicates
    counts.conflicts = conflicts
    counts.rejected = rejected
    add(counts, to: Day(source: source, day: calendar.dayIndex(of: at)))
  }

  private func add(_ counts: Counts, to day: Day) {
    var sum = days[day] ?? Counts()
    sum.events += counts.events
    sum.firstAt = min(sum.firstAt, counts.firstAt)
    sum.lastAt = max(sum.lastAt, counts.lastAt)
    sum.late += counts.late
    sum.duplicates += counts.duplicates
    sum.conflicts += counts.conflicts
    sum.rejected += counts.rejected
    days[day] = sum
  }

  public func merge(_ other: SourcesFold) {
    for (day, counts) in other.days { add(counts, to: day) }
  }
}

enum SourcesTable {
  static let schema = TableSchema(
    name: "sources", meaning: "source × local day",
    columns: [
      ColumnSpec("source", .string, meaning: "where events came from"),
      ColumnSpec("day", .date, meaning: "local day on which they occurred; of what was left out: on which the import ended"),
      ColumnSpec("events", .int64, meaning: "events of the ledger that occurred then"),
      ColumnSpec("first_at", .timestamp, isNullable: true, meaning: "the first of them"),
      ColumnSpec("last_at", .timestamp, isNullable: true, meaning: "the last of them"),
      ColumnSpec(
        "late", .int64, meaning: "of them, recorded more than a day after they occurred, once the first import had finished",
        formula: "recorded − time > 24 h", highIsGood: false),
      ColumnSpec("duplicates", .int64, meaning: "lines that were already there"),
      ColumnSpec("conflicts", .int64, meaning: "lines with other content under a known identity", highIsGood: false),
      ColumnSpec("rejected", .int64, meaning: "lines that were no events", highIsGood: false),
    ])

  static func make(_ fold: SourcesFold) -> Table {
    var source = StringColumnBuilder()
    var day = ColumnBuilder<Int32>()
    var times = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var counts = (0..<5).map { _ in ColumnBuilder<Int64>() }
    let rows = fold.days.sorted { a, b in
      if a.key.source.utf8.elementsEqual(b.key.source.utf8) { return a.key.day < b.key.day }
      return a.key.source.utf8.lexicographicallyPrecedes(b.key.source.utf8)
    }
    for (key, row) in rows {
      source.append(key.source)
      day.append(key.day)
      counts[0].append(row.events)
      times[0].append(row.events == 0 ? nil : row.firstAt)
      times[1].append(row.events == 0 ? nil : row.lastAt)
      counts[1].append(row.late)
      counts[2].append(row.duplicates)
      counts[3].append(row.conflicts)
      counts[4].append(row.rejected)
    }
    return Table(
      schema: schema,
      columns: [source.finish(), day.finish(), counts[0].finish(), times[0].finish(), times[1].finish()]
        + counts[1...].map { $0.finish() })
  }
}
