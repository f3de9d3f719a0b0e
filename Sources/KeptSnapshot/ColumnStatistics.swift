/// What a row group's footer says about a column, so that readers can skip it: bounds in the column's own order,
/// plain-encoded. No bounds are better than wrong ones.
struct ColumnStatistics: Sendable {
  var nullCount = 0
  var minimum: [UInt8]?
  var maximum: [UInt8]?
  /// Long strings are cut: the bound then holds but is no value of the column.
  var isMinimumExact = true
  var isMaximumExact = true

  /// A bound of a string column is cut to this.
  static let stringByteCountMax = 64

  init(nullCount: Int) { self.nullCount = nullCount }

  mutating func setBounds<Value: FixedWidthInteger>(_ values: UnsafeBufferPointer<Value>) {
    guard var low = values.first else { return }
    var high = low
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    minimum = Self.littleEndian(low)
    maximum = Self.littleEndian(high)
  }

  /// A column with a NaN gets no bounds: readers disagree on where NaN stands. Zero is written as -0 below and +0
  /// above, since readers may hold the two to be different.
  mutating func setBounds(doubles values: UnsafeBufferPointer<Double>) {
    guard var low = values.first else { return }
    var high = low
    var hasNaN = false
    for value in values {
      low = value < low ? value : low
      high = value > high ? value : high
      hasNaN = hasNaN || value.isNaN
    }
    guard !hasNaN else { return }
    minimum = Self.littleEndian((low == 0 ? -0.0 : low).bitPattern)
    maximum = Self.littleEndian((high == 0 ? 0.0 : high).bitPattern)
  }

  mutating func setBounds(booleans values: UnsafeBufferPointer<Bool>) {
    guard !values.isEmpty else { return }
    minimum = [values.contains(false) ? 0 : 1]
    maximum = [values.contains(true) ? 1 : 0]
  }

  /// Bounds from the least and greatest string, by unsigned bytes.
  mutating func setBounds(low: UnsafeRawBufferPointer, high: UnsafeRawBufferPointer) {
    (minimum, isMinimumExact) = Self.lowerBound(low)
    (maximum, isMaximumExact) = Self.upperBound(high)
  }

  static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// The longest prefix of whole characters within the limit.
  static func lowerBound(_ string: UnsafeRawBufferPointer) -> (bound: [UInt8], isExact: Bool) {
    guard string.count > stringByteCountMax else { return (Array(string), true) }
    var count = stringByteCountMax
    while count > 0 && string[count] & 0xC0 == 0x80 { count -= 1 }
    return (Array(string[..<count]), false)
  }

  /// A prefix of whole characters whose last is raised by one, so that it is above everything that begins with it, and
  /// still UTF-8; nil where nothing is above.
  static func upperBound(_ string: UnsafeRawBufferPointer) -> (bound: [UInt8]?, isExact: Bool) {
    guard string.count > stringByteCountMax else { return (Array(string), true) }
    var scalars = Array(String(decoding: lowerBound(string).bound, as: UTF8.self).unicodeScalars)
    while let last = scalars.popLast() {
      // The code points of surrogates are no characters: U+D7FF is followed by U+E000.
      guard let next = Unicode.Scalar(last.value == 0xD7FF ? 0xE000 : last.value + 1) else { continue }
      scalars.append(next)
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      return (Array(String(text).utf8), false)
    }
    return (nil, false)
  }
}
