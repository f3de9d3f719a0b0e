import KeptFormat
import KeptReplay

/// What each source sent, day by day. Metrics 3.01. No life is folded for it: it sees every event, block by block.
///
/// One per worker; `merge` adds them.
public final class SourcesFold: BlockFold {
  struct Day: Hashable {
    var source: String
    var day: Int32
  }

  struct Counts {
    var events: Int64 = 0
    var firstAt = Instant.max
    var lastAt = Instant.min
    /// Recorded more than a day after they occurred, by the instant of recording: whether that is late depends on
    /// when the ledger's first import finished, which another block may tell.
    var delayed: [Instant: Int64] = [:]
    var duplicates: Int64 = 0
    var conflicts: Int64 = 0
    var rejected: Int64 = 0
  }

  private let calendar: LocalCalendar
  private let asOf: Instant
  private let word: (UInt32) -> String
  private(set) var days: [Day: Counts] = [:]
  /// Recorded instant of the first `import.finished`: what came by then, however old, was not late.
  private(set) var firstImportAt = Instant.max

  /// How long after it occurred an event may be recorded before it counts as late.
  static let lateAfter: Int64 = 86_400_000_000
  private static let importFinished = "import.finished"

  /// - Parameter word: the word behind a code of the replay.
  public init(calendar: LocalCalendar, asOf: Instant, word: @escaping (UInt32) -> String) {
    self.calendar = calendar
    self.asOf = asOf
    self.word = word
  }

  public func apply(_ block: BlockTouches) {
    let isOfLedger = [false] + block.kindNames.map { LedgerKind.all.contains($0) }
    let finished = block.kindNames.firstIndex(of: Self.importFinished).map { $0 + 1 }
    // By source: the day of its last event and what was counted of it; written back when the day changes.
    var present = Array(repeating: (day: Int32.min, counts: Counts()), count: block.sourceCodes.count)
    var cursor = calendar.cursor()
    for row in 0..<block.rowCount {
      let kind = Int(block.kinds[row])
      if kind == finished { firstImportAt = min(firstImportAt, block.recorded[row]) }
      let time = block.times[row]
      if time > asOf || isOfLedger[kind] { continue }
      let source = Int(block.sources[row])
      let day = cursor.dayIndex(of: time)
      if present[source].day != day {
        store(block.sourceCodes[source], present[source])
        present[source] = (day, Counts())
      }
      present[source].counts.events += 1
      present[source].counts.firstAt = min(present[source].counts.firstAt, time)
      present[source].counts.lastAt = max(present[source].counts.lastAt, time)
      let recorded = block.recorded[row]
      if recorded &- time > Self.lateAfter { present[source].counts.delayed[recorded, default: 0] += 1 }
    }
    for source in present.indices { store(block.sourceCodes[source], present[source]) }
  }

  private func store(_ source: UInt32, _ present: (day: Int32, counts: Counts)) {
    if present.day != .min { add(present.counts, to: Day(source: word(source), day: present.day)) }
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
    sum.delayed.merge(counts.delayed, uniquingKeysWith: +)
    sum.duplicates += counts.duplicates
    sum.conflicts += counts.conflicts
    sum.rejected += counts.rejected
    days[day] = sum
  }

  public func merge(_ other: SourcesFold) {
    for (day, counts) in other.days { add(counts, to: day) }
    firstImportAt = min(firstImportAt, other.firstImportAt)
  }
}

extension SourcesFold.Counts {
  /// Events that came late, once the first import had finished.
  func late(after firstImportAt: Instant) -> Int64 {
    delayed.reduce(0) { $1.key > firstImportAt ? $0 + $1.value : $0 }
  }
}
