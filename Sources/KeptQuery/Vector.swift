import KeptSnapshot

/// The values of an expression, one for each row; what stands at a NULL row means nothing.
struct Vector {
  enum Values {
    /// `integer`, `decimal` in millionths, `timestamp` in microseconds, `date` in days.
    case integers([Int64])
    case doubles([Double])
    case booleans([Bool])
    /// Whatever its dictionary, no string stands in it twice.
    case strings(StringColumn)
  }

  var type: QueryType
  var values: Values
  /// Which rows have a value; nil: all of them.
  var isPresent: [Bool]?

  init(_ type: QueryType, _ values: Values, isPresent: [Bool]? = nil) {
    self.type = type
    self.values = values
    self.isPresent = isPresent
  }

  init(_ type: QueryType, _ integers: [Int64], isPresent: [Bool]? = nil) {
    self.init(type, .integers(integers), isPresent: isPresent)
  }

  init(_ booleans: [Bool], isPresent: [Bool]? = nil) { self.init(.boolean, .booleans(booleans), isPresent: isPresent) }

  init(_ doubles: [Double], isPresent: [Bool]? = nil) { self.init(.double, .doubles(doubles), isPresent: isPresent) }

  /// One value in every row.
  init(repeating literal: Literal, count: Int) {
    self.init(literal.type, [])
    switch literal {
    case .null:
      values = .integers([Int64](repeating: 0, count: count))
      isPresent = [Bool](repeating: false, count: count)
    case .boolean(let value): values = .booleans([Bool](repeating: value, count: count))
    case .integer(let value), .decimal(let value), .timestamp(let value):
      values = .integers([Int64](repeating: value, count: count))
    case .date(let day): values = .integers([Int64](repeating: Int64(day), count: count))
    case .double(let value): values = .doubles([Double](repeating: value, count: count))
    case .string(let text):
      let codes = [UInt32](repeating: 0, count: count)
      values = .strings(StringColumn(dictionary: StringDictionary([text]), codes: codes))
    case .interval: preconditionFailure("an interval is no column")
    }
  }

  /// NULL in every row, of any type.
  static func nulls(_ type: QueryType, count: Int) -> Vector {
    let absent = [Bool](repeating: false, count: count)
    return switch type {
    case .double: Vector([Double](repeating: 0, count: count), isPresent: absent)
    case .boolean: Vector([Bool](repeating: false, count: count), isPresent: absent)
    case .string:
      Vector(
        .string,
        .strings(StringColumn(dictionary: StringDictionary(), codes: [UInt32](repeating: StringColumn.nullCode, count: count))),
        isPresent: absent)
    case .integer, .decimal, .date, .timestamp, .interval, .null:
      Vector(type, [Int64](repeating: 0, count: count), isPresent: absent)
    }
  }

  /// A string or NULL for each row.
  static func strings(count: Int, _ string: (Int) throws -> String?) rethrows -> Vector {
    var builder = StringColumnBuilder(rowCount: count)
    var isPresent = [Bool](repeating: true, count: count)
    for row in 0..<count {
      let text = try string(row)
      if text == nil { isPresent[row] = false }
      builder.append(text)
    }
    guard case .string(let column) = builder.finish().values else { preconditionFailure("strings") }
    return Vector(.string, .strings(column), isPresent: isPresent)
  }

  var count: Int {
    switch values {
    case .integers(let values): values.count
    case .doubles(let values): values.count
    case .booleans(let values): values.count
    case .strings(let column): column.codes.count
    }
  }

  func isNull(_ row: Int) -> Bool { isPresent.map { !$0[row] } ?? false }

  // The storage; asked only where the type says that it is this one.

  var integers: [Int64] {
    guard case .integers(let values) = values else { preconditionFailure("\(type) is not held in integers") }
    return values
  }

  var doubles: [Double] {
    guard case .doubles(let values) = values else { preconditionFailure("\(type) is not held in doubles") }
    return values
  }

  var booleans: [Bool] {
    guard case .booleans(let values) = values else { preconditionFailure("\(type) is not held in booleans") }
    return values
  }

  var strings: StringColumn {
    guard case .strings(let column) = values else { preconditionFailure("\(type) is not held in strings") }
    return column
  }

  /// The text at a row that is not NULL.
  func text(_ row: Int) -> String { strings.dictionary.string(strings.codes[row]) }

  /// The rows at which a condition is true.
  var trueRows: [Int] {
    let booleans = booleans
    guard let isPresent else { return booleans.indices.filter { booleans[$0] } }
    return booleans.indices.filter { booleans[$0] && isPresent[$0] }
  }

  /// Some rows, in any order and number; −1 is NULL.
  func picking(_ rows: [Int]) -> Vector {
    var result = self
    switch values {
    case .integers(let values): result.values = .integers(rows.map { $0 < 0 ? 0 : values[$0] })
    case .doubles(let values): result.values = .doubles(rows.map { $0 < 0 ? 0 : values[$0] })
    case .booleans(let values): result.values = .booleans(rows.map { $0 < 0 ? false : values[$0] })
    case .strings(let column):
      let codes = column.codes
      result.values = .strings(
        StringColumn(dictionary: column.dictionary, codes: rows.map { $0 < 0 ? StringColumn.nullCode : codes[$0] }))
    }
    if let isPresent {
      result.isPresent = rows.map { $0 >= 0 && isPresent[$0] }
    } else if rows.contains(where: { $0 < 0 }) {
      result.isPresent = rows.map { $0 >= 0 }
    }
    return result
  }

  /// Where all of some vectors have a value; nil: everywhere.
  static func common(_ vectors: [Vector]) -> [Bool]? {
    var result: [Bool]?
    for vector in vectors {
      guard let other = vector.isPresent else { continue }
      if var known = result {
        result = nil
        for row in known.indices { known[row] = known[row] && other[row] }
        result = known
      } else {
        result = other
      }
    }
    return result
  }

  /// The value at a row.
  func literal(_ row: Int) -> Literal {
    if isNull(row) { return .null }
    return switch values {
    case .doubles(let values): .double(values[row])
    case .booleans(let values): .boolean(values[row])
    case .strings: .string(text(row))
    case .integers(let values):
      switch type {
      case .decimal: .decimal(millionths: values[row])
      case .timestamp: .timestamp(values[row])
      case .date: .date(Int32(values[row]))
      default: .integer(values[row])
      }
    }
  }
}

// MARK: - Between columns of tables and vectors

extension Vector {
  /// - Throws: `QueryError` where a day or an instant has a year of more than four digits.
  init(_ column: ColumnData, of spec: ColumnSpec) throws(QueryError) {
    let presence: [Bool]?
    switch column.values {
    case .int64(let values): self.init(QueryType(spec.type), values)
    case .int32(let values): self.init(QueryType(spec.type), values.map { Int64($0) })
    case .double(let values): self.init(values)
    case .boolean(let values): self.init(values)
    case .string(let strings): self.init(.string, .strings(strings))
    }
    if case .string(let strings) = column.values {
      presence =
        strings.codes.contains(StringColumn.nullCode) ? strings.codes.map { $0 != StringColumn.nullCode } : nil
    } else {
      presence = column.validity.map { validity in (0..<count).map { validity[$0] } }
    }
    isPresent = presence
    let limits: ClosedRange<Int64>
    switch type {
    case .date: limits = Int64(Numbers.days.lowerBound)...Int64(Numbers.days.upperBound)
    case .timestamp: limits = Numbers.instants
    default: return
    }
    let integers = integers
    guard integers.indices.allSatisfy({ limits.contains(integers[$0]) || isNull($0) }) else {
      throw QueryError("the column \(spec.name) holds a day before the year 1 or after 9999", at: nil)
    }
  }

  /// A column of a table that is to be printed.
  var column: (type: ColumnType, data: ColumnData) {
    let validity = isPresent.map { Bitmap($0) }
    switch values {
    case .doubles(let values): return (.double, ColumnData(.double(values), validity: validity))
    case .booleans(let values): return (.boolean, ColumnData(.boolean(values), validity: validity))
    case .strings(let column):
      guard let isPresent else { return (.string, ColumnData(.string(column))) }
      let codes = column.codes.indices.map { isPresent[$0] ? column.codes[$0] : StringColumn.nullCode }
      return (.string, ColumnData(.string(StringColumn(dictionary: column.dictionary, codes: codes))))
    case .integers(let values):
      switch type {
      case .decimal: return (.decimal, ColumnData(.int64(values), validity: validity))
      case .timestamp: return (.timestamp, ColumnData(.int64(values), validity: validity))
      case .date: return (.date, ColumnData(.int32(values.map { Int32($0) }), validity: validity))
      default: return (.int64, ColumnData(.int64(values), validity: validity))
      }
    }
  }
}

extension QueryType {
  init(_ type: ColumnType) {
    switch type {
    case .int64, .int32: self = .integer
    case .double: self = .double
    case .boolean: self = .boolean
    case .string: self = .string
    case .date: self = .date
    case .timestamp: self = .timestamp
    case .decimal: self = .decimal
    }
  }
}
