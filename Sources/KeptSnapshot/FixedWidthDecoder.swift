import KeptFormat

/// The values of a fixed-width column as far as they are read.
struct FixedWidthDecoder<Value: FixedWidthValue & BitwiseCopyable> {
  private(set) var values: [Value] = []
  private var dictionary: [Value] = []

  mutating func setDictionary(_ body: UnsafeRawBufferPointer, count: Int) throws(FormatError) {
    dictionary = []
    dictionary.append(contentsOf: try Self.plain(body, count: count))
  }

  /// Appends a page: plain values, or where `plain` is nil `indices` into the dictionary; `levels` where some are NULL.
  mutating func append(
    _ plain: UnsafeRawBufferPointer?, _ indices: [UInt32], _ presentCount: Int, _ levels: [UInt32]?, _ rowCount: Int
  ) throws(FormatError) {
    let start = values.count
    if let plain {
      values.append(contentsOf: try Self.plain(plain, count: presentCount))
    } else {
      for index in 0..<presentCount {
        guard indices[index] < dictionary.count else {
          throw FormatError(.invalid("entry \(indices[index]) of a dictionary of \(dictionary.count)"), offset: 0)
        }
        values.append(dictionary[Int(indices[index])])
      }
    }
    guard let levels else { return }
    // From the last row to the first, so that the values move up within the array.
    values.append(contentsOf: repeatElement(Value.placeholder, count: rowCount - presentCount))
    var next = start + presentCount
    for row in stride(from: rowCount - 1, through: 0, by: -1) {
      if levels[row] == 1 { next -= 1 }
      values[start + row] = levels[row] == 1 ? values[next] : Value.placeholder
    }
  }

  private static func plain(
    _ bytes: UnsafeRawBufferPointer, count: Int
  ) throws(FormatError) -> LazyMapCollection<Range<Int>, Value> {
    let width = MemoryLayout<Value>.size
    guard count >= 0, bytes.count % width == 0, bytes.count / width == count else {
      throw FormatError(.invalid("\(bytes.count) bytes for \(count) values of \(width)"), offset: 0)
    }
    return (0..<count).lazy.map { bytes.loadUnaligned(fromByteOffset: $0 * width, as: Value.self) }
  }
}
