import KeptFormat
import KeptLog
import KeptReplay

let knownAtMeaning =
  "as the ledger was: when it held P events, at a recorded time, or at a checkpoint in a file (now)"

/// The options that choose which events a replay sees.
let selectionOptions = [
  OptionDescription(
    "as-of", "TIME|now|last", "what had happened by then; last is the newest event's time, which is the default"),
  OptionDescription("known-at", "P|TIME|FILE", knownAtMeaning),
]

extension Arguments {
  /// `--known-at P|TIME|FILE`: how many events the ledger held then; nil where it is not given.
  func knownAt(_ ledger: LedgerReader) throws -> UInt64? {
    guard let text = value("known-at") else { return nil }
    let count: UInt64
    if let position = UInt64(text) {
      count = position
    } else if let instant = try? RFC3339.parse(text) {
      return try ledger.count(recordedAtOrBefore: instant)
    } else {
      count = try readCheckpoint(text, ledger).count
    }
    guard count <= ledger.count else {
      throw error("--known-at \(text): the ledger holds only \(ledger.count) events")
    }
    return count
  }

  /// A time, or a date: the beginning of that day in the ledger's zone.
  func instant(_ name: String, _ ledger: LedgerReader) throws -> Instant? {
    guard let text = value(name) else { return nil }
    if let instant = try? RFC3339.parse(text) { return instant }
    if let date = civilDate(text) { return try ledger.calendar().dayStart(Int32(date.dayNumber)) }
    throw error("--\(name) \(text): a time such as 2024-03-31T09:05:00Z or a date such as 2024-03-31 was expected")
  }

  /// A checkpoint of this very ledger.
  func readCheckpoint(_ path: String, _ ledger: LedgerReader) throws -> Checkpoint {
    let bytes = try PosixDisk().contents(path)
    let checkpoint: Checkpoint
    do {
      checkpoint = try Checkpoint(parsing: bytes)
    } catch {
      throw FileError(
        path, "line \(error.line): not a checkpoint", next: "`kept checkpoint LEDGER` prints one: three lines.")
    }
    let origin = Ledger.origin(ledger.settings)
    guard checkpoint.origin == origin else {
      throw FileError(path, "a checkpoint of \(checkpoint.origin), while this ledger is \(origin)")
    }
    return checkpoint
  }

  /// The numbers of every customer that was typed; nil where none was.
  func customers(_ typed: [String], _ labels: CustomerLabels) throws -> Set<UInt32>? {
    guard !typed.isEmpty else { return nil }
    var numbers: Set<UInt32> = []
    for id in typed {
      let found = labels.numbers(of: id)
      guard !found.isEmpty else { throw error("customer \(id): the ledger knows no such customer") }
      numbers.formUnion(found)
    }
    return numbers
  }
}

extension LedgerReader {
  func calendar() throws -> LocalCalendar {
    LocalCalendar(
      zone: try Zone(tzif: zoneBytes), weekStart: Weekday(name: settings.weekStart.rawValue) ?? .monday)
  }

  func labels() throws -> CustomerLabels {
    CustomerLabels(names: try names(), areSealed: settings.sealsCustomers)
  }
}

/// `2024-03-31`, if there is such a day.
private func civilDate(_ text: String) -> CivilDate? {
  let parts = text.split(separator: "-", omittingEmptySubsequences: false)
  guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
    let year = UInt16(parts[0]), let month = UInt8(parts[1]), let day = UInt8(parts[2])
  else { return nil }
  let date = CivilDate(year: Int(year), month: Int(month), day: Int(day))
  return date.isValid && (1900..<2200).contains(date.year) ? date : nil
}

extension LedgerReader {
  /// `--as-of last`: the newest time of an event that is not later than a day after it was recorded, so that one event
  /// dated 2099 cannot move it; nil where there is no event. What was taken back, and what the ledger says of itself, does
  /// not count.
  func lastOccurred(below end: UInt64, _ corrections: Corrections) throws -> Instant? {
    var last: Instant?
    if end > sealedCount {
      for (first, batch) in try tailBatches() where first < end {
        for (row, event) in batch.rows.prefix(Int(clamping: end - first)).enumerated()
        where event.time > last ?? .min && !LedgerKind.all.contains(batch.string(event[.kind]) ?? "")
          && !corrections.isDead(first + UInt64(row))
        {
          last = Self.later(last, event.time, recorded: event.recorded)
        }
      }
    }
    // Backwards, because what was recorded last is mostly what happened last: most blocks are then passed over.
    let columns = BlockColumns()
    for block in blocks.reversed() where block.header.firstPosition < end {
      let header = block.header
      guard header.timeMax > last ?? .min else { continue }
      do {
        columns.begin(header, source: source(for: block))
        let times = try columns.times()
        let recorded = try columns.recorded()
        let kinds = try columns.codes(.kind).codes
        let isLedgerKind = [false] + header.kinds.map { LedgerKind.all.contains($0.kind) }
        for row in 0..<min(times.count, Int(end - header.firstPosition))
        where times[row] > last ?? .min && !isLedgerKind[Int(kinds[row])]
          && !corrections.isDead(header.firstPosition + UInt64(row))
        {
          last = Self.later(last, times[row], recorded: recorded[row])
        }
      } catch {
        throw self.error(error, in: block)
      }
    }
    return last
  }

  private static func later(_ last: Instant?, _ time: Instant, recorded: Instant) -> Instant? {
    time <= recorded + 86_400_000_000 ? time : last
  }
}

extension Arguments {
  /// `--as-of TIME|now|last`.
  ///
  /// - Parameters:
  ///   - end: how many events are known.
  ///   - log: the ledger's, known so far.
  ///   - now: the wall clock; `now` means the beginning of the current day in the ledger's zone, so that a nightly run
  ///     gives the same whenever in the night it runs.
  func asOf(_ ledger: LedgerReader, below end: UInt64, _ log: KnownLog, now: Instant) throws -> Instant {
    switch value("as-of") ?? "last" {
    case "now":
      let calendar = try ledger.calendar()
      return calendar.dayStart(calendar.dayIndex(of: now))
    case "last":
      guard let last = try ledger.lastOccurred(below: end, log.corrections) else {
        throw FileError.noEvents(ledger.folder.path)
      }
      return last
    default:
      return try instant("as-of", ledger)!
    }
  }
}
