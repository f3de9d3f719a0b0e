import KeptSnapshot

/// What an expression reads of a row: a column, or what was computed for it before.
enum Slot: Hashable {
  case column(Int)
  /// Of grouped rows: the value of a GROUP BY expression, or of an aggregate.
  case group(Int)
  case aggregate(Int)
  case window(Int)
}

/// Rows whose columns are made when they are first asked for: what a question does not name is never read.
final class Relation {
  struct Column {
    var name: String
    /// The table, or its alias.
    var qualifier: String?
    var type: QueryType
    /// What the snapshot says of it, where it is a column of a table as it stands.
    var spec: ColumnSpec?
  }

  let columns: [Column]
  let rowCount: Int
  private let make: (Slot) throws -> Vector
  private var known: [Slot: Vector] = [:]

  init(_ columns: [Column], rowCount: Int, make: @escaping (Slot) throws -> Vector) {
    self.columns = columns
    self.rowCount = rowCount
    self.make = make
  }

  /// A table of a snapshot.
  convenience init(_ table: LazyTable, qualifier: String) {
    let columns = table.schema.columns.map {
      Column(name: $0.name, qualifier: qualifier, type: QueryType($0.type), spec: $0)
    }
    self.init(columns, rowCount: table.rowCount) { slot in
      guard case .column(let place) = slot else { preconditionFailure("a table has columns only") }
      return try Vector(try table.column(place), of: table.schema.columns[place])
    }
  }

  func vector(_ slot: Slot) throws -> Vector {
    if let vector = known[slot] { return vector }
    let vector = try make(slot)
    known[slot] = vector
    return vector
  }

  /// Some of the rows, in any order and number; −1 is a row of NULLs.
  func picking(_ rows: [Int]) -> Relation {
    Relation(columns, rowCount: rows.count) { try self.vector($0).picking(rows) }
  }

  /// The columns under another name of the table.
  func qualified(by alias: String?) -> Relation {
    let renamed = columns.map { column in
      var column = column
      column.qualifier = alias
      return column
    }
    return Relation(renamed, rowCount: rowCount) { try self.vector($0) }
  }
}
