import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// `rebuild --gate`: how much of what was over may be told in another way than the last time.
///
/// What is compared is the latest snapshot, read from disk, and what the candidate's events and rules say as of that
/// snapshot's instant. So a cell that changes because time goes on, as "returned by then or later" does, is no change of
/// the past; late events, corrections, other rules and another program are.
struct Gate {
  enum Limit {
    case cells(Int)
    /// Of the cells compared, 0 … 1.
    case share(Double)
  }

  private let limit: Limit
  /// As it was typed.
  private let limitText: String
  private let tables: Set<TableName>?

  /// `max-changed=N|N%[,table=T…]`.
  init(_ text: String, _ arguments: Arguments) throws(UsageError) {
    var limit: (Limit, String)?
    var tables: Set<TableName> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      switch (words[0], words.count == 2 ? words[1] : "") {
      case ("max-changed", let value) where limit == nil:
        guard let found = Self.limit(value) else { throw Self.error(text, arguments) }
        limit = (found, value)
      case ("table", let name):
        let found = try arguments.tables([name])
        if let open = found.first(where: { $0.closing == nil }) {
          throw arguments.error("--gate \(text): \(open.rawValue) has no rows of periods that are over")
        }
        tables.formUnion(found)
      default: throw Self.error(text, arguments)
      }
    }
    guard let limit else { throw Self.error(text, arguments) }
    (self.limit, limitText) = limit
    self.tables = tables.isEmpty ? nil : tables
  }

  private static func error(_ text: String, _ arguments: Arguments) -> UsageError {
    arguments.error("--gate \(text): max-changed=N or max-changed=N% was expected, and perhaps ,table=NAME after it")
  }

  private static func limit(_ text: String) -> Limit? {
    let digits = text.hasSuffix("%") ? text.dropLast() : Substring(text)
    guard let first = digits.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
    if text.hasSuffix("%") { return Double(digits).flatMap { (0...100).contains($0) ? .share($0 / 100) : nil } }
    return Int(digits).map { .cells($0) }
  }

  struct Verdict {
    struct Moved {
      var table: TableName
      /// Cells that changed, and all cells of rows that came or went.
      var cells: Int
      /// The first few, in words.
      var examples: [String]
    }

    /// With what was compared.
    var latest: String
    var moved: [Moved]
    var comparedCells: Int
    var isPassed: Bool
    fileprivate var limit: String

    var movedCells: Int { moved.reduce(0) { $0 + $1.cells } }

    var sentence: String {
      "\(grouped(movedCells)) of \(grouped(comparedCells)) cells of periods that are over moved since \(latest); "
        + "\(limit) may"
    }
  }

  /// - Parameters:
  ///   - made: the candidate's tables.
  /// - Returns: nil where nothing is published yet.
  func judge(_ made: [Table], _ measured: MeasuredTables, _ store: SnapshotStore, _ progress: Progress) throws -> Verdict? {
    guard let name = try store.latestName() else { return nil }
    let latest = try OpenedSnapshot(store.folder(name), store.disk)
    let asOf = latest.manifest.asOf
    let files = latest.files
    let gated = TableName.allCases.filter {
      $0.closing != nil && measured.names.contains($0) && files[$0] != nil && tables?.contains($0) ?? true
    }
    var told = made
    if asOf != measured.selection.asOf, !gated.isEmpty {
      let premises = MeasuredTables.Premises(position: measured.end, asOf: asOf, rules: measured.rules)
      told = try MeasuredTables(
        measured.ledger, premises, tables: Set(gated), jobs: measured.jobs, memoryByteCount: measured.memoryByteCount
      ).make(progress)
    }
    let today = try measured.ledger.calendar().dayIndex(of: asOf)
    var verdict = Verdict(latest: name.description, moved: [], comparedCells: 0, isPassed: true, limit: limitText)
    for table in gated {
      guard let now = told.first(where: { $0.schema.name == table.rawValue }) else { continue }
      try compare(table, try latest.table(table), LazyTable(now), today, &verdict)
    }
    verdict.isPassed =
      switch limit {
      case .cells(let count): verdict.movedCells <= count
      case .share(let share): Double(verdict.movedCells) <= share * Double(verdict.comparedCells)
      }
    return verdict
  }

  private func compare(
    _ table: TableName, _ old: LazyTable, _ new: LazyTable, _ today: Int32, _ verdict: inout Verdict
  ) throws {
    let closing = table.closing!
    let isClosed = (old: try closing.rows(of: old, today), new: try closing.rows(of: new, today))
    let comparison = try TableComparison(old, new, keys: table.keys)
    var examples: [String] = []
    let counts = try comparison.counts(of: isClosed) { column in
      guard examples.count < 3 else { return nil }
      return { cell in
        let (before, after) = (cell.oldText ?? "NULL", cell.newText ?? "NULL")
        examples.append("\(comparison.key(newRow: cell.newRow)): \(column.name) \(before) → \(after)")
        return examples.count < 3
      }
    }
    for row in comparison.match.gone where isClosed.old[row] && examples.count < 3 {
      examples.append("\(comparison.key(oldRow: row)): the row went")
    }
    for row in comparison.match.new where isClosed.new[row] && examples.count < 3 {
      examples.append("\(comparison.key(newRow: row)): the row came")
    }
    let columns = comparison.columnCount
    verdict.comparedCells += (counts.rowsSame + counts.rowsChanged + counts.rowsGone + counts.rowsNew) * columns
    let cells = counts.cells + (counts.rowsGone + counts.rowsNew) * columns
    if cells > 0 { verdict.moved.append(.init(table: table, cells: cells, examples: examples)) }
  }
}

extension TableName.Closing {
  /// Which rows tell only of what was over when the local day `today` began.
  func rows(of table: LazyTable, _ today: Int32) throws -> [Bool] {
    func days(_ name: String, _ isOver: (Int32) -> Bool) throws -> [Bool] {
      guard let column = try table.column(name), case .int32(let days) = column.values else {
        return [Bool](repeating: false, count: table.rowCount)
      }
      return days.indices.map { !column.isNull($0) && isOver(days[$0]) }
    }
    switch self {
    case .always: return [Bool](repeating: true, count: table.rowCount)
    case .day(let name): return try days(name) { $0 < today }
    case .month(let name):
      let now = CivilDate(dayNumber: Int(today))
      return try days(name) { day in
        let month = CivilDate(dayNumber: Int(day))
        return (month.year, month.month) < (now.year, now.month)
      }
    case .complete:
      guard let column = try table.column("complete"), case .boolean(let values) = column.values else {
        return [Bool](repeating: false, count: table.rowCount)
      }
      return values
    }
  }
}
