/// One value as canonical JSON: what stands in a canonical line, and what a commitment commits to.
public enum CanonicalValue {
  /// Writes the value of an entry that is not sealed. `bytes` is the arena of its batch.
  @inlinable
  public static func append(_ entry: DataEntry, bytes: UnsafePointer<UInt8>, to sink: inout ByteSink) {
    switch entry.type {
    case .integer, .decimal: entry.number.write(to: &sink)
    case .boolean: sink.append(entry.number.mantissa == 0 ? "false" : "true")
    case .string: JSONText.append(bytes + Int(entry.bytes.offset), count: Int(entry.bytes.count), to: &sink)
    case .json: sink.append(bytes + Int(entry.bytes.offset), count: Int(entry.bytes.count))
    case .sealed: preconditionFailure("a commitment is no value")
    }
  }

  /// Reads a value written by `append` (or of an envelope field: a string) as an entry of `batch` under `key`.
  ///
  /// - Throws: `JSONFault` with an offset into `value`; `batch` is then unchanged.
  public static func parse(
    _ value: UnsafeBufferPointer<UInt8>, key: ByteSlice, into batch: EventBatch
  ) throws(JSONFault) -> DataEntry {
    var scanner = JSONScanner(value.pointer, to: value.count)
    let entry: DataEntry
    switch scanner.byte {
    case UInt8(ascii: "\""):
      let string = try scanner.string()
      guard scanner.position == scanner.end else { throw JSONFault(.trailing, at: scanner.position) }
      return DataEntry(key: key, type: .string, bytes: batch.add(string, of: scanner))
    case UInt8(ascii: "t"):
      try scanner.word("true")
      entry = DataEntry(key: key, type: .boolean, number: ExactDecimal(1))
    case UInt8(ascii: "f"):
      try scanner.word("false")
      entry = DataEntry(key: key, type: .boolean, number: ExactDecimal(0))
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      _ = try scanner.value(depth: 2)
      guard scanner.position == scanner.end else { throw JSONFault(.trailing, at: scanner.position) }
      return DataEntry(key: key, type: .json, bytes: batch.add(value))
    default:
      let number = try scanner.number()
      entry = DataEntry(key: key, type: number.scale == 0 ? .integer : .decimal, number: number)
    }
    guard scanner.position == scanner.end else { throw JSONFault(.trailing, at: scanner.position) }
    return entry
  }
}

extension EventBatch {
  /// Copies what a scanned string stands for into the arena.
  func add(_ string: JSONString, of scanner: JSONScanner) -> ByteSlice {
    guard string.isEscaped else {
      return add(UnsafeBufferPointer(start: scanner.base + string.start, count: string.count))
    }
    var sink = ByteSink(capacity: string.count)
    _ = scanner.decode(string, to: &sink)
    return add(sink.bytes())
  }
}
