import KeptSnapshot

/// What `diff` prints: several small tables on a terminal; for programs one table, of which every row says what it is.
struct DiffPage {
  /// What a row is about.
  enum Part: String, CaseIterable {
    case table, cause, event, cell

    var columns: [String] {
      switch self {
      case .table: ["table_name", "rows_same", "rows_changed", "rows_new", "rows_gone", "cells", "note"]
      case .cause: ["cause", "events", "cells", "rows_new", "rows_gone", "note"]
      case .event: ["cause", "position", "recorded", "time", "kind", "source", "id", "customer", "note"]
      case .cell: ["table_name", "change", "row_key", "column_name", "old", "new", "cause"]
      }
    }
  }

  private static let columns: [(name: String, type: ColumnType)] = [
    ("part", .string), ("table_name", .string), ("cause", .string), ("events", .int64), ("rows_same", .int64),
    ("rows_changed", .int64), ("rows_new", .int64), ("rows_gone", .int64), ("cells", .int64), ("position", .int64),
    ("recorded", .timestamp), ("time", .timestamp), ("kind", .string), ("source", .string), ("id", .string),
    ("customer", .string), ("change", .string), ("row_key", .string), ("column_name", .string), ("old", .string),
    ("new", .string), ("note", .string),
  ]

  private var rows = Rows(Self.columns.map { ($0.name, $0.type) })
  private var parts: [Part] = []

  /// - Parameter cells: by column of the part; the others are NULL.
  mutating func add(_ part: Part, _ cells: [String: Cell]) {
    precondition(cells.keys.allSatisfy(part.columns.contains), "a cell that \(part) has no column for")
    parts.append(part)
    rows.append(
      Self.columns.map { column in
        if column.name == "part" { return .text(part.rawValue) }
        if let cell = cells[column.name] { return cell }
        switch column.type {
        case .int64: return .number(nil)
        case .timestamp: return .instant(nil)
        default: return .text(nil)
        }
      })
  }

  func print(as format: TableText.Format, to console: Console) {
    guard format == .table else { return console.print(rows.table, as: format) }
    let table = rows.table
    for part in Part.allCases {
      let own = parts.indices.filter { parts[$0] == part }
      guard !own.isEmpty else { continue }
      if part != parts.first { console.print() }
      console.print(table.picking(columns: part.columns, rows: own), as: .table)
    }
  }
}
