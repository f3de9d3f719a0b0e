import KeptFormat
import KeptSnapshot

/// A value of a small table that a command prints; nil is NULL.
enum Cell {
  case text(String?)
  case number(Int64?)
  case instant(Instant?)
  case day(Int32?)
}

/// Rows gathered one by one, for listings that are no measures: imports, names, a status.
struct Rows {
  private let schema: TableSchema
  private var cells: [[Cell]] = []

  /// - Parameter columns: name and type, in order.
  init(_ columns: [(String, ColumnType)]) {
    schema = TableSchema(
      name: "rows", meaning: "", columns: columns.map { ColumnSpec($0.0, $0.1, isNullable: true) })
  }

  var count: Int { cells.count }

  /// - Precondition: a cell of the right type for each column.
  mutating func append(_ row: [Cell]) {
    precondition(row.count == schema.columns.count, "a row of \(row.count) cells for \(schema.columns.count) columns")
    cells.append(row)
  }

  var table: Table {
    let columns = schema.columns.indices.map { index -> ColumnData in
      switch schema.columns[index].type {
      case .string:
        var builder = StringColumnBuilder(rowCount: cells.count)
        for row in cells { if case .text(let text) = row[index] { builder.append(text) } }
        return builder.finish()
      case .int32, .date:
        var builder = ColumnBuilder<Int32>(rowCount: cells.count)
        for row in cells { if case .day(let day) = row[index] { builder.append(day) } }
        return builder.finish()
      default:
        var builder = ColumnBuilder<Int64>(rowCount: cells.count)
        for row in cells {
          switch row[index] {
          case .number(let number): builder.append(number)
          case .instant(let instant): builder.append(instant)
          case .text, .day: break
          }
        }
        return builder.finish()
      }
    }
    return Table(schema: schema, columns: columns)
  }
}

extension Console {
  /// Writes a table to standard output, until its reader has gone.
  func print(_ table: Table, as format: TableText.Format) {
    // Only the closure could throw, and this one does not.
    try? TableText.write(table, as: format) { piece in
      if !isOutputClosed { write(piece) }
    }
  }
}

extension Arguments {
  /// `--format table|csv|jsonl`.
  func tableFormat(default first: TableText.Format = .table) throws(UsageError) -> TableText.Format {
    let names = TableText.Format.allCases.map(\.rawValue)
    return TableText.Format(rawValue: try choice("format", of: names, default: first.rawValue)!)!
  }
}
