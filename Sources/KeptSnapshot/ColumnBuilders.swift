/// Collects the values of a column of one fixed-width type, row by row.
///
///     var touches = ColumnBuilder<Int64>()
///     touches.append(3)
///     touches.appendNull()
///     let column = touches.finish()
public struct ColumnBuilder<Value: FixedWidthValue> {
  @usableFromInline var values: [Value] = []
  /// Made at the first NULL: most columns have none.
  @usableFromInline var validity: Bitmap?

  public init(rowCount: Int = 0) { values.reserveCapacity(rowCount) }

  public var count: Int { values.count }

  @inlinable public mutating func append(_ value: Value) {
    values.append(value)
    if validity != nil { validity!.append(true) }
  }

  @inlinable public mutating func appendNull() {
    if validity == nil { validity = Bitmap(repeating: true, count: values.count) }
    values.append(Value.placeholder)
    validity!.append(false)
  }

  /// Appends the value, or NULL where it is nil.
  @inlinable public mutating func append(_ value: Value?) {
    if let value { append(value) } else { appendNull() }
  }

  public consuming func finish() -> ColumnData { ColumnData(Value.columnValues(values), validity: validity) }
}

/// A type that `ColumnBuilder` can collect: `Int64`, `Int32`, `Double` or `Bool`.
public protocol FixedWidthValue: Sendable {
  /// What stands at a NULL row.
  static var placeholder: Self { get }
  static func columnValues(_ values: [Self]) -> ColumnValues
}

extension Int64: FixedWidthValue {
  @inlinable public static var placeholder: Int64 { 0 }
  public static func columnValues(_ values: [Int64]) -> ColumnValues { .int64(values) }
}

extension Int32: FixedWidthValue {
  @inlinable public static var placeholder: Int32 { 0 }
  public static func columnValues(_ values: [Int32]) -> ColumnValues { .int32(values) }
}

extension Double: FixedWidthValue {
  @inlinable public static var placeholder: Double { 0 }
  public static func columnValues(_ values: [Double]) -> ColumnValues { .double(values) }
}

extension Bool: FixedWidthValue {
  @inlinable public static var placeholder: Bool { false }
  public static func columnValues(_ values: [Bool]) -> ColumnValues { .boolean(values) }
}

/// Collects a column of strings: by code where the dictionary is known beforehand (`init(dictionary:)`), or by string,
/// in which case each distinct one is interned.
public struct StringColumnBuilder {
  @usableFromInline var dictionary: StringDictionary
  @usableFromInline var codes: [UInt32] = []
  /// By bytes: Swift's `String` calls some different bytes equal (é in one scalar or two).
  var codeOfBytes: [[UInt8]: UInt32] = [:]

  public init(dictionary: StringDictionary = StringDictionary(), rowCount: Int = 0) {
    self.dictionary = dictionary
    codes.reserveCapacity(rowCount)
  }

  public var count: Int { codes.count }

  /// Appends the dictionary's string `code`.
  @inlinable public mutating func append(code: UInt32) { codes.append(code) }

  @inlinable public mutating func appendNull() { codes.append(StringColumn.nullCode) }

  /// Appends a string, adding it to the dictionary at its first use; nil is NULL. For tables of a few thousand rows and
  /// for labels; a long column of mostly distinct strings is built from a dictionary and codes.
  public mutating func append(_ string: String?) {
    guard let string else { return appendNull() }
    codes.append(intern(string))
  }

  /// The code of `string` in this column, new or not.
  public mutating func intern(_ string: String) -> UInt32 { intern(Array(string.utf8)) }

  /// The same for its UTF-8.
  public mutating func intern(_ bytes: [UInt8]) -> UInt32 {
    if let code = codeOfBytes[bytes] { return code }
    let code = dictionary.append(bytes)
    codeOfBytes[bytes] = code
    return code
  }

  public consuming func finish() -> ColumnData {
    ColumnData(.string(StringColumn(dictionary: dictionary, codes: codes)))
  }
}
