/// What the values of a column are, and so how they are stored, ordered and printed.
public enum ColumnType: String, Sendable, CaseIterable {
  case int64, int32, double, boolean, string
  /// Days since 1970-01-01, as Int32.
  case date
  /// Microseconds since 1970-01-01T00:00:00Z, as Int64.
  case timestamp
  /// Exact: an Int64 of millionths, at most 18 digits; DECIMAL(18,6) in Parquet.
  case decimal
}

/// A column: its name and type, and what an analyst must know to use it. All of it lands in the file and in the
/// `dictionary` table.
public struct ColumnSpec: Sendable, Equatable {
  public var name: String
  public var type: ColumnType
  public var isNullable: Bool
  /// "EUR", "days", "share" …; empty where there is none.
  public var unit: String
  public var meaning: String
  public var formula: String
  /// Where the measure was asked for, like `S4.13`; empty for keys.
  public var seed: String
  /// Whose doing it measures: `WE`, `THEY`, `BOTH`, `NEI` (neither), or empty.
  public var direction: String
  /// nil where neither end is the good one.
  public var highIsGood: Bool?
  /// Kinds of events without which it says nothing: of each of these lists, the ledger must have one.
  public var requires: [[String]]

  public init(
    _ name: String, _ type: ColumnType, isNullable: Bool = false, unit: String = "", meaning: String = "",
    formula: String = "", seed: String = "", direction: String = "", highIsGood: Bool? = nil, requires: [[String]] = []
  ) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.unit = unit
    self.meaning = meaning
    self.formula = formula
    self.seed = seed
    self.direction = direction
    self.highIsGood = highIsGood
    self.requires = requires
  }
}

public struct TableSchema: Sendable, Equatable {
  /// The name of the file without `.parquet`.
  public var name: String
  /// What a row is.
  public var meaning: String
  public var columns: [ColumnSpec]

  public init(name: String, meaning: String, columns: [ColumnSpec]) {
    self.name = name
    self.meaning = meaning
    self.columns = columns
  }
}

/// The values of a column, one per row; what stands at a NULL row means nothing.
public enum ColumnValues: Sendable {
  /// `int64`, `timestamp` and `decimal`.
  case int64([Int64])
  /// `int32` and `date`.
  case int32([Int32])
  case double([Double])
  case boolean([Bool])
  case string(StringColumn)

  public var count: Int {
    switch self {
    case .int64(let values): values.count
    case .int32(let values): values.count
    case .double(let values): values.count
    case .boolean(let values): values.count
    case .string(let column): column.codes.count
    }
  }
}

public struct ColumnData: Sendable {
  public var values: ColumnValues
  /// Which rows have a value; nil: all of them. Always nil for strings, whose NULL is a code.
  public var validity: Bitmap?

  public init(_ values: ColumnValues, validity: Bitmap? = nil) {
    self.values = values
    self.validity = validity
  }

  /// Whether `row` is NULL.
  @inlinable public func isNull(_ row: Int) -> Bool {
    if case .string(let column) = values { return column.codes[row] == StringColumn.nullCode }
    guard let validity else { return false }
    return !validity[row]
  }
}

/// Rows ready to be published or printed, column by column, in the order in which they will stand.
public struct Table: Sendable {
  public let schema: TableSchema
  public let rowCount: Int
  public let columns: [ColumnData]

  /// - Precondition: one column of the right storage for each of the schema's, all equally long, and NULLs only
  ///   where the schema allows them.
  public init(schema: TableSchema, columns: [ColumnData]) {
    precondition(schema.columns.count == columns.count, "table \(schema.name): \(columns.count) columns")
    let rowCount = columns.first?.values.count ?? 0
    for (spec, column) in zip(schema.columns, columns) {
      let place = "\(schema.name).\(spec.name)"
      precondition(column.values.count == rowCount, "\(place): \(column.values.count) rows, expected \(rowCount)")
      precondition(spec.type.isStored(as: column.values), "\(place): values are not of type \(spec.type)")
      if let validity = column.validity {
        precondition(spec.type != .string && validity.count == rowCount, "\(place): validity of \(validity.count) rows")
        precondition(spec.isNullable || validity.setCount == rowCount, "\(place): NULL in a column declared without")
      }
      if case .string(let strings) = column.values, !spec.isNullable {
        precondition(!strings.codes.contains(StringColumn.nullCode), "\(place): NULL in a column declared without")
      }
    }
    self.schema = schema
    self.rowCount = rowCount
    self.columns = columns
  }
}

extension ColumnType {
  /// Whether values of this type are held in that kind of array.
  func isStored(as values: ColumnValues) -> Bool {
    switch (self, values) {
    case (.int64, .int64), (.timestamp, .int64), (.decimal, .int64), (.int32, .int32), (.date, .int32),
      (.double, .double), (.boolean, .boolean), (.string, .string):
      true
    default: false
    }
  }
}
