import Glibc
import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// What a snapshot would have said otherwise, had the events been there that came after it.
struct LateCells {
  /// Of each table, so many changes are listed.
  let limit: Int
  /// A row for each table that changed, in the order of `TableName`.
  private(set) var table = Rows([
    ("table_name", .string), ("cells", .int64), ("cells_of_periods_over", .int64), ("rows_changed", .int64),
    ("rows_new", .int64), ("rows_gone", .int64),
  ])
  /// The first cells of periods that were over, or of any where a table does not tell periods.
  private(set) var changes = Rows([
    ("table_name", .string), ("row_key", .string), ("column_name", .string), ("published", .string), ("now", .string),
  ])

  init(limit: Int) { self.limit = limit }

  /// Derives the snapshot's tables again with all that is known now but corrections recorded since.
  mutating func find(
    _ snapshot: OpenedSnapshot, _ ledger: LedgerReader, _ arguments: Arguments, _ context: Context
  ) throws {
    let manifest = snapshot.manifest
    guard let rules = try ledger.rules(digest: manifest.rulebook, inForceAt: manifest.position) else {
      throw FileError(
        snapshot.folder, "it was made with rules that were never adopted, \(manifest.rulebook.hex)",
        next: "give another snapshot; `kept diff` compares two with any rules.")
    }
    let tables = Set(snapshot.files.keys)
    let jobs = try arguments.integer("jobs", atLeast: 1) ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let memoryByteCount = try arguments.byteCount("memory") ?? Replay.memoryByteCountDefault
    func derive(at position: UInt64) throws -> [TableName: LazyTable] {
      let premises = MeasuredTables.Premises(
        position: position, correctedBefore: manifest.position, asOf: manifest.asOf, rules: rules)
      let measured = try MeasuredTables(ledger, premises, tables: tables, jobs: jobs, memoryByteCount: memoryByteCount)
      return Dictionary(
        uniqueKeysWithValues: try measured.make(context.progress).map {
          (TableName(rawValue: $0.schema.name)!, LazyTable($0))
        })
    }
    // What another version says otherwise, and who was forgotten since, is no late event's doing.
    let isAsWritten = try manifest.versions["kept"] == Version.text && ledger.forgotten(from: manifest.position).isEmpty
    let before = isAsWritten ? nil : try derive(at: manifest.position)
    let after = try derive(at: ledger.count)
    let today = try ledger.calendar().dayIndex(of: manifest.asOf)
    for name in TableName.allCases {
      guard let new = after[name] else { continue }
      try compare(name, try before?[name] ?? snapshot.table(name), new, today)
    }
  }

  private mutating func compare(_ name: TableName, _ old: LazyTable, _ new: LazyTable, _ today: Int32) throws {
    let comparison = try TableComparison(old, new, keys: name.keys)
    let isOver = try name.closing.map { (old: try $0.rows(of: old, today), new: try $0.rows(of: new, today)) }
    var found: [[Cell]] = []
    let limit = limit
    func visitor(_ column: ColumnSpec) -> ((TableComparison.Cell) -> Bool)? {
      guard found.count < limit else { return nil }
      return { cell in
        found.append([
          .text(name.rawValue), .text(comparison.key(newRow: cell.newRow)), .text(column.name), .text(cell.oldText),
          .text(cell.newText),
        ])
        return found.count < limit
      }
    }
    let closed = try isOver.map { try comparison.counts(of: $0, visitor: visitor) }
    let all = try isOver == nil ? comparison.counts(visitor: visitor) : comparison.counts()
    guard all.rowsChanged + all.rowsNew + all.rowsGone > 0 else { return }
    for row in comparison.match.gone where found.count < limit && isOver?.old[row] ?? true {
      found.append([.text(name.rawValue), .text(comparison.key(oldRow: row)), .text(nil), .text("a row"), .text(nil)])
    }
    for row in comparison.match.new where found.count < limit && isOver?.new[row] ?? true {
      found.append([.text(name.rawValue), .text(comparison.key(newRow: row)), .text(nil), .text(nil), .text("a row")])
    }
    func cells(_ counts: TableComparison.Counts) -> Cell {
      .number(Int64(counts.cells + (counts.rowsNew + counts.rowsGone) * comparison.columnCount))
    }
    table.append([
      .text(name.rawValue), cells(all), closed.map(cells) ?? .number(nil), .number(Int64(all.rowsChanged)),
      .number(Int64(all.rowsNew)), .number(Int64(all.rowsGone)),
    ])
    for change in found { changes.append(change) }
  }
}
