import KeptFormat
import KeptLog

/// A table whose columns are fetched one by one: what stands in a file is never in memory as a whole.
package struct LazyTable {
  package let schema: TableSchema
  package let rowCount: Int
  private let fetch: (Int) throws -> ColumnData

  package init(_ table: Table) {
    schema = table.schema
    rowCount = table.rowCount
    fetch = { table.columns[$0] }
  }

  /// The table in a Parquet file.
  ///
  /// - Throws: `LogError.damage` where the file is not what Kept writes, `DiskError`; so do the columns.
  package init(_ disk: any Disk, file path: String) throws {
    func checked<Value>(_ body: () throws -> Value) throws -> Value {
      do { return try body() } catch let error as FormatError {
        throw LogError.damage(Damage(file: path, offset: 0, error))
      }
    }
    let file = try disk.open(path, .read)
    let reader = try checked {
      try ParquetReader(byteCount: try file.byteCount()) { offset, target in
        guard try file.read(at: offset, into: target) == target.count else {
          throw FormatError(.invalid("the file ends before its columns do"), offset: offset)
        }
      }
    }
    schema = reader.schema
    rowCount = reader.rowCount
    let columns = reader.schema.columns
    fetch = { place in try checked { try reader.table(columns: [columns[place].name]).columns[0] } }
  }

  package func column(_ name: String) throws -> ColumnData? { try place(name).map { try fetch($0) } }

  package func column(_ place: Int) throws -> ColumnData { try fetch(place) }

  func place(_ name: String) -> Int? { schema.columns.firstIndex { $0.name == name } }
}
