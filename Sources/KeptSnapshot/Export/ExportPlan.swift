import Dispatch
import KeptFormat
import KeptLog
import Synchronization

/// A calendar month in UTC: what the folders of an export are named by.
struct ExportMonth: Hashable, Comparable, Sendable {
  /// Months since year 0.
  let number: Int

  init(of time: Instant) {
    let date = CivilDate(dayNumber: Int(Self.quotient(time, 86_400_000_000)))
    number = date.year * 12 + date.month - 1
  }

  /// `2024-03`.
  var name: String {
    let first = CivilDate(year: number / 12, month: number % 12 + 1, day: 1)
    return String(first.description.prefix(7))
  }

  static func < (left: Self, right: Self) -> Bool { left.number < right.number }

  /// Rounded down, before 1970 too.
  private static func quotient(_ time: Int64, _ unit: Int64) -> Int64 {
    let (quotient, rest) = time.quotientAndRemainder(dividingBy: unit)
    return rest < 0 ? quotient - 1 : quotient
  }
}

/// One file of an export that is to be written: rows of one month, from some blocks in a row.
struct ExportPart: Sendable {
  var month: ExportMonth
  /// Where the rows come from, as indices into the plan's runs, ascending.
  var runs: [Int]
  var rowCount: Int
  /// The positions that these cover; others of them may belong to other months.
  var positions: Range<UInt64>

  /// `events/month=2024-03/part-000000000000-000000027452.parquet`, in the export's folder.
  var path: String {
    "\(folder)/part-\(Self.digits(positions.lowerBound))-\(Self.digits(positions.upperBound)).parquet"
  }

  var folder: String { "\(LogExport.eventsFolder)/month=\(month.name)" }

  private static func digits(_ position: UInt64) -> String {
    let text = String(position)
    return String(repeating: "0", count: max(0, 12 - text.utf8.count)) + text
  }
}

/// Which new events go into which files.
///
/// The times of all of them are looked at first. A month of more rows than a part should have is cut between two blocks,
/// into parts of about the same size.
struct ExportPlan: Sendable {
  /// Events that are decoded together: a sealed block, or a batch of the tail.
  struct Run: Sendable {
    var source: Source
    var positions: Range<UInt64>
    /// How many of its events happened in each month.
    var months: [ExportMonth: Int] = [:]

    /// Index of the block, or of the batch of the tail.
    enum Source: Sendable { case block(Int), tail(Int) }
  }

  let runs: [Run]
  let parts: [ExportPart]

  /// - Parameters:
  ///   - positions: the events that are new.
  ///   - partRowCount: about how many rows a part has at most.
  init(_ reader: LedgerReader, positions: Range<UInt64>, partRowCount: Int, workers: Int) throws {
    var runs: [Run] = []
    for (index, block) in reader.blocks.enumerated() where block.positions.overlaps(positions) {
      runs.append(Run(source: .block(index), positions: block.positions.clamped(to: positions)))
    }
    if positions.upperBound > reader.sealedCount {
      for (index, (first, batch)) in try reader.tailBatches().enumerated() {
        let all = first..<first + UInt64(batch.rows.count)
        if all.overlaps(positions) { runs.append(Run(source: .tail(index), positions: all.clamped(to: positions))) }
      }
    }
    let uncounted = runs
    self.runs = try parallel(runs.count, workers: workers) { index in
      var run = uncounted[index]
      run.months = try run.countMonths(in: reader)
      return run
    }
    parts = Self.parts(of: self.runs, partRowCount: partRowCount)
  }

  private static func parts(of runs: [Run], partRowCount: Int) -> [ExportPart] {
    var runsOfMonth: [ExportMonth: [Int]] = [:]
    for (index, run) in runs.enumerated() {
      for month in run.months.keys { runsOfMonth[month, default: []].append(index) }
    }
    var parts: [ExportPart] = []
    for (month, indices) in runsOfMonth.sorted(by: { $0.key < $1.key }) {
      var left = indices.reduce(0) { $0 + runs[$1].months[month]! }
      var count = max(1, (left + partRowCount - 1) / partRowCount)
      var part: ExportPart?
      for index in indices {
        let rowCount = runs[index].months[month]!
        var open = part ?? ExportPart(month: month, runs: [], rowCount: 0, positions: runs[index].positions)
        open.runs.append(index)
        open.rowCount += rowCount
        open.positions = open.positions.lowerBound..<runs[index].positions.upperBound
        part = open
        if count > 1, open.rowCount * count >= left {
          parts.append(open)
          left -= open.rowCount
          count -= 1
          part = nil
        }
      }
      if let part { parts.append(part) }
    }
    return parts
  }

  /// The parts in groups that are gathered together, so that a block is not decoded again for each month in it.
  func passes(rowCountMax: Int) -> [ArraySlice<ExportPart>] {
    var passes: [ArraySlice<ExportPart>] = []
    var start = 0
    var rowCount = 0
    for (index, part) in parts.enumerated() {
      if index > start, rowCount + part.rowCount > rowCountMax || index - start == Self.partCountMax {
        passes.append(parts[start..<index])
        start = index
        rowCount = 0
      }
      rowCount += part.rowCount
    }
    if start < parts.count { passes.append(parts[start...]) }
    return passes
  }

  /// Files that are open at one time.
  private static let partCountMax = 64
}

extension ExportPlan.Run {
  fileprivate func countMonths(in reader: LedgerReader) throws -> [ExportMonth: Int] {
    guard case .block(let index) = source else {
      let rows = try events(in: reader)
      return count(rows.indices) { rows.batch.rows[$0].time }
    }
    let block = reader.blocks[index]
    let first = ExportMonth(of: block.header.timeMin)
    if first == ExportMonth(of: block.header.timeMax) { return [first: positions.count] }
    do {
      let columns = BlockColumns()
      columns.begin(block.header, source: reader.source(for: block))
      let times = try columns.times()
      let start = Int(positions.lowerBound - block.header.firstPosition)
      return count(start..<start + positions.count) { times[$0] }
    } catch {
      throw reader.error(error, in: block)
    }
  }

  private func count(_ rows: Range<Int>, _ time: (Int) -> Instant) -> [ExportMonth: Int] {
    var counts: [ExportMonth: Int] = [:]
    for row in rows { counts[ExportMonth(of: time(row)), default: 0] += 1 }
    return counts
  }

  /// Its events: the rows `indices` of a batch whose first row is at `firstPosition`.
  func events(in reader: LedgerReader) throws -> (batch: EventBatch, firstPosition: UInt64, indices: Range<Int>) {
    let batch: EventBatch
    let first: UInt64
    switch source {
    case .block(let index):
      (batch, first) = (try reader.events(ofBlock: index), reader.blocks[index].header.firstPosition)
    case .tail(let index):
      let run = try reader.tailBatches()[index]
      (batch, first) = (run.batch, run.firstPosition)
    }
    let start = Int(positions.lowerBound - first)
    return (batch, first, start..<start + positions.count)
  }
}

/// What `body` gives for each of `count` numbers, computed on several workers, in order.
///
/// - Throws: what the lowest number that failed threw.
func parallel<Result: Sendable>(
  _ count: Int, workers: Int, _ body: @Sendable (Int) throws -> Result
) throws -> [Result] {
  let results = Mutex<[Swift.Result<Result, any Error>?]>(Array(repeating: nil, count: count))
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: max(1, min(workers, count))) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let result = Swift.Result { try body(index) }
      results.withLock { $0[index] = result }
    }
  }
  return try results.withLock { $0 }.map { try $0!.get() }
}
