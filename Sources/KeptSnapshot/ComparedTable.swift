import KeptFormat
import KeptLog

/// A table that is to be compared. Its columns are fetched one by one: a table in a file is never in memory as a whole.
package struct ComparedTable {
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

  func column(_ place: Int) throws -> ColumnData { try fetch(place) }

  func place(_ name: String) -> Int? { schema.columns.firstIndex { $0.name == name } }
}

/// Two columns of one type. Values are equal where their bits are: −0 is not 0, and NaN is NaN.
struct ColumnPair {
  let old: ColumnData
  let new: ColumnData
  /// Of strings: a number for each row's, the same on both sides.
  private let oldCodes: [UInt32]
  private let newCodes: [UInt32]

  /// nil where the columns are of different types.
  init?(_ old: ColumnData, _ new: ColumnData) {
    switch (old.values, new.values) {
    case (.int64, .int64), (.int32, .int32), (.double, .double), (.boolean, .boolean):
      (oldCodes, newCodes) = ([], [])
    case (.string(let left), .string(let right)):
      var codes = CommonCodes()
      oldCodes = codes.codes(of: left)
      newCodes = codes.codes(of: right)
    default: return nil
    }
    self.old = old
    self.new = new
  }

  func isEqual(_ oldRow: Int, _ newRow: Int) -> Bool {
    if case .string = old.values { return oldCodes[oldRow] == newCodes[newRow] }
    let isNull = old.isNull(oldRow)
    guard isNull == new.isNull(newRow) else { return false }
    if isNull { return true }
    return switch (old.values, new.values) {
    case (.int64(let left), .int64(let right)): left[oldRow] == right[newRow]
    case (.int32(let left), .int32(let right)): left[oldRow] == right[newRow]
    case (.double(let left), .double(let right)): left[oldRow].bitPattern == right[newRow].bitPattern
    case (.boolean(let left), .boolean(let right)): left[oldRow] == right[newRow]
    default: false
    }
  }

  /// Calls `body` with the index of every pair of rows whose values differ.
  func forEachDifference(_ match: RowMatch, _ body: (Int) -> Void) {
    switch (old.values, new.values) {
    case (.int64(let left), .int64(let right)): scan(match, left, right, ==, body)
    case (.int32(let left), .int32(let right)): scan(match, left, right, ==, body)
    case (.boolean(let left), .boolean(let right)): scan(match, left, right, ==, body)
    case (.double(let left), .double(let right)):
      scan(match, left, right, { $0.bitPattern == $1.bitPattern }, body)
    default: scan(match, oldCodes, newCodes, ==, body)
    }
  }

  @inline(__always)
  private func scan<Value>(
    _ match: RowMatch, _ left: [Value], _ right: [Value], _ isEqual: (Value, Value) -> Bool, _ body: (Int) -> Void
  ) {
    let (leftValidity, rightValidity) = (old.validity, new.validity)
    let hasNulls = leftValidity != nil || rightValidity != nil
    for index in match.oldRows.indices {
      let (oldRow, newRow) = (match.oldRows[index], match.newRows[index])
      if hasNulls {
        let isThere = leftValidity?[oldRow] ?? true
        if isThere != rightValidity?[newRow] ?? true {
          body(index)
          continue
        }
        if !isThere { continue }
      }
      if !isEqual(left[oldRow], right[newRow]) { body(index) }
    }
  }
}

/// Numbers strings: equal ones alike, whatever dictionary they stand in.
private struct CommonCodes {
  /// By a hash of the bytes, or the next free number after it.
  private var codeOfHash: [UInt64: UInt32] = [:]
  private var strings = StringDictionary()

  mutating func codes(of column: StringColumn) -> [UInt32] {
    let dictionary = column.dictionary
    var known = [UInt32](repeating: StringColumn.nullCode, count: dictionary.count)
    return column.codes.map { code in
      if code == StringColumn.nullCode { return code }
      if known[Int(code)] == StringColumn.nullCode { known[Int(code)] = self.code(of: dictionary[code]) }
      return known[Int(code)]
    }
  }

  private mutating func code(of bytes: ArraySlice<UInt8>) -> UInt32 {
    var hash = RowHashes.hash(bytes)
    while let code = codeOfHash[hash] {
      if strings[code].elementsEqual(bytes) { return code }
      hash &+= 1
    }
    let code = strings.append(bytes)
    codeOfHash[hash] = code
    return code
  }
}
