import KeptMeasures
import KeptSnapshot

/// What differs between two snapshots, table by table.
struct SnapshotDifferences {
  struct Row {
    var table: TableName
    var counts = TableComparison.Counts()
    /// Columns that came or went, or that only one of the two has the table.
    var note: String?
  }

  /// A cell or a row to be shown.
  struct Sample {
    enum Change: String {
      case cell
      case rowNew = "row_new"
      case rowGone = "row_gone"
    }

    var table: TableName
    var change: Change
    var key: String
    var column: String?
    var old: String?
    var new: String?
    /// nil: not known.
    var cause: Cause?
  }

  /// Tables that differ, in the order of `TableName`.
  private(set) var rows: [Row] = []
  /// Tables in both of which every cell is the same.
  private(set) var same: [TableName] = []
  /// Of each table the first cells, and the first rows that came or went.
  var samples: [Sample] = []

  /// - Parameters:
  ///   - tables: nil: all.
  ///   - limit: how many cells and how many rows of each table are shown.
  init(_ old: OpenedSnapshot, _ new: OpenedSnapshot, tables: Set<TableName>?, limit: Int) throws {
    let (oldFiles, newFiles) = (old.files, new.files)
    for table in TableName.allCases where tables?.contains(table) ?? true {
      switch (oldFiles[table], newFiles[table]) {
      case (nil, nil): continue
      case (let file?, nil): rows.append(Row(table: table, counts: .init(gone: file.rowCount), note: "only in the first"))
      case (nil, let file?): rows.append(Row(table: table, counts: .init(new: file.rowCount), note: "only in the second"))
      case (let left?, let right?):
        // The same bytes say the same.
        if left.digest == right.digest {
          same.append(table)
        } else {
          try compare(table, old, new, limit)
        }
      }
    }
  }

  /// Tables in both, some cells or rows of which differ.
  var compared: [TableName] { rows.filter { $0.note?.hasPrefix("only") != true }.map(\.table) }

  var isEqual: Bool { rows.isEmpty }

  private mutating func compare(_ table: TableName, _ old: OpenedSnapshot, _ new: OpenedSnapshot, _ limit: Int) throws {
    let comparison = try TableComparison(old.table(table), new.table(table), keys: table.keys)
    let (counts, samples) = try Self.look(at: comparison, of: table, limit: limit)
    let columns = [("columns gone", comparison.columnsGone), ("columns new", comparison.columnsNew)]
      .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
    guard counts.rowsChanged + counts.rowsNew + counts.rowsGone + columns.count > 0 else { return same.append(table) }
    self.samples += samples
    rows.append(Row(table: table, counts: counts, note: columns.isEmpty ? nil : columns.joined(separator: "; ")))
  }

  /// Counts what differs, and describes the first cells and the first rows that came or went.
  static func look(
    at comparison: TableComparison, of table: TableName, limit: Int, cause: Cause? = nil
  ) throws -> (TableComparison.Counts, [Sample]) {
    var samples: [Sample] = []
    let counts = try comparison.counts { column in
      guard samples.count < limit else { return nil }
      return { cell in
        samples.append(
          Sample(
            table: table, change: .cell, key: comparison.key(newRow: cell.newRow), column: column.name,
            old: cell.oldText, new: cell.newText, cause: cause))
        return samples.count < limit
      }
    }
    samples += comparison.match.gone.prefix(limit).map {
      Sample(table: table, change: .rowGone, key: comparison.key(oldRow: $0), cause: cause)
    }
    samples += comparison.match.new.prefix(limit).map {
      Sample(table: table, change: .rowNew, key: comparison.key(newRow: $0), cause: cause)
    }
    return (counts, samples)
  }
}

extension TableComparison.Counts {
  /// Of a table that only one snapshot has.
  fileprivate init(new: Int = 0, gone: Int = 0) {
    self.init()
    rowsNew = new
    rowsGone = gone
  }

  static func += (left: inout Self, right: Self) {
    left.rowsSame += right.rowsSame
    left.rowsChanged += right.rowsChanged
    left.rowsNew += right.rowsNew
    left.rowsGone += right.rowsGone
    left.cells += right.cells
  }
}
