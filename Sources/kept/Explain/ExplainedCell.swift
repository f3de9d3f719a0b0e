import KeptFormat
import KeptMeasures
import KeptSnapshot

/// A cell of a table, found again in tables of the same shape that other lives or touches make.
struct ExplainedCell {
  let name: TableName
  let column: String
  /// What the row says in its key columns, in the order in which the table shows them.
  let ids: [String]
  let reading: Reading
  private let key: [KeyValue]
  private let keyPlaces: [Int]

  /// Whether the cell is the quotient of its numerator and denominator; a median only says how many it is of.
  private let isQuotient: Bool

  /// What a cell says. Equal where nobody could tell two apart: of a quotient, both its sides count.
  struct Reading: Equatable {
    /// As it is printed, with numerator and denominator where the table has them.
    let text: String
    /// The number itself; of a quotient its numerator. nil: NULL, or no number.
    let amount: Double?
    /// The same where it is whole, or a decimal × 10⁶: what can be added without rounding.
    let exact: Int64?
    /// A quotient's denominator, × `denScale`.
    let den: Int64?
    let denScale: Double
  }

  init(_ name: TableName, _ table: Table, row: Int, column: String) {
    self.name = name
    self.column = column
    keyPlaces = Self.keyPlaces(name)
    key = keyPlaces.map { KeyValue(table.columns[$0], row) }
    ids = Self.ids(name, table, row)
    let all = Self.read(name, table, row, column, isQuotient: true)
    let value = Self.read(name, table, row, column, isQuotient: false)
    if let number = value.amount, let num = all.amount, let den = all.den {
      isQuotient = abs(number - num / (Double(den) / all.denScale)) <= 1e-9 * max(1, abs(number))
    } else {
      isQuotient = true
    }
    reading = isQuotient ? all : value
  }

  var title: String { "\(name.rawValue).\(column) of \(ids.joined(separator: " "))" }

  /// What the row says in its key columns: what it is told by.
  static func ids(_ name: TableName, _ table: Table, _ row: Int) -> [String] {
    keyPlaces(name).compactMap { TableText.value(table.schema.columns[$0], table.columns[$0], row) }
  }

  /// What the cell says in another such table; nil where its row is not there.
  func read(in table: Table) -> Reading? {
    let columns = keyPlaces.map { table.columns[$0] }
    let row = (0..<table.rowCount).first { row in zip(columns, key).allSatisfy { KeyValue($0, row) == $1 } }
    return row.map { Self.read(name, table, $0, column, isQuotient: isQuotient) }
  }

  private static func keyPlaces(_ name: TableName) -> [Int] {
    let keys = Set(name.keys)
    return name.schema.columns.indices.filter { keys.contains(name.schema.columns[$0].name) }
  }

  private static func read(
    _ name: TableName, _ table: Table, _ row: Int, _ column: String, isQuotient: Bool
  ) -> Reading {
    func place(_ column: String) -> Int { table.schema.columns.firstIndex { $0.name == column }! }
    func text(_ place: Int) -> String {
      TableText.value(table.schema.columns[place], table.columns[place], row) ?? "NULL"
    }
    func exact(_ place: Int) -> Int64? {
      if table.columns[place].isNull(row) { return nil }
      switch table.columns[place].values {
      case .int64(let values): return values[row]
      case .int32(let values): return Int64(values[row])
      case .boolean(let values): return values[row] ? 1 : 0
      case .double, .string: return nil
      }
    }
    func amount(_ place: Int) -> Double? {
      switch table.schema.columns[place].type {
      case .decimal: return exact(place).map { Double($0) / 1e6 }
      case .double:
        guard case .double(let values) = table.columns[place].values, !table.columns[place].isNull(row) else { return nil }
        return values[row]
      case .int64, .int32, .boolean: return exact(place).map(Double.init)
      case .string, .date, .timestamp: return nil
      }
    }
    let own = place(column)
    let ratio = name.ratio(column).map { (num: place($0.num), den: place($0.den)) }
    var sides = ""
    if let ratio, exact(ratio.den) != nil { sides = " (\(text(ratio.num))/\(text(ratio.den)))" }
    guard isQuotient, let ratio, let num = exact(ratio.num) else {
      let number = amount(own)
      return Reading(
        text: text(own) + sides, amount: number, exact: number == nil ? nil : exact(own), den: nil, denScale: 1)
    }
    return Reading(
      text: text(own) + sides, amount: amount(ratio.num), exact: num, den: exact(ratio.den),
      denScale: table.schema.columns[ratio.den].type == .decimal ? 1e6 : 1)
  }
}

/// A value of a key column.
private enum KeyValue: Equatable {
  case null
  case bits(UInt64)
  case text(ArraySlice<UInt8>)

  init(_ column: ColumnData, _ row: Int) {
    guard !column.isNull(row) else {
      self = .null
      return
    }
    switch column.values {
    case .int64(let values): self = .bits(UInt64(bitPattern: values[row]))
    case .int32(let values): self = .bits(UInt64(bitPattern: Int64(values[row])))
    case .double(let values): self = .bits(values[row].bitPattern)
    case .boolean(let values): self = .bits(values[row] ? 1 : 0)
    case .string(let strings): self = .text(strings.bytes(row)!)
    }
  }
}
