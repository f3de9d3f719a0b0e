/// Any JSON value, numbers exact. For settings, rulebooks, manifests and nested data; events have their own scanner.
///
/// Members keep the order in which they were written; `appendCanonical` sorts them.
public enum JSONValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case number(ExactDecimal)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// The value under `key` of an object; nil where there is none, or where this is no object.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  public var number: ExactDecimal? { if case .number(let value) = self { value } else { nil } }
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  public var members: [JSONMember]? { if case .object(let members) = self { members } else { nil } }
  /// The number where it is one without a fraction.
  public var integer: Int64? { number.flatMap { $0.scale == 0 ? $0.mantissa : nil } }

  /// What it is, for messages: "a string", "an array" …
  public var kindText: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// One key of a JSON object with its value.
public struct JSONMember: Sendable, Hashable {
  public var key: String
  public var value: JSONValue

  public init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(integerLiteral value: Int64) { self = .number(ExactDecimal(value)) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { JSONMember($0.0, $0.1) })
  }
}

/// Text that is not JSON: what, and where a reader of the file looks.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  public var reason: JSONReason
  /// Bytes from the start of the text.
  public var offset: Int
  /// From 1; the column counts bytes.
  public var line: Int
  public var column: Int

  public var description: String { "line \(line), column \(column): \(reason.text)" }
}

extension JSONValue {
  /// Reads text that is one JSON value, with space around it; a byte order mark at the start is skipped.
  public static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> JSONValue {
    guard let base = bytes.baseAddress else { throw JSONError(reason: .endsEarly, offset: 0, line: 1, column: 1) }
    do throws(JSONFault) {
      let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
      var scanner = JSONScanner(base, from: hasMark ? 3 : 0, to: bytes.count)
      scanner.skipSpace()
      let value = try scanner.value(depth: 1)
      scanner.skipSpace()
      guard scanner.position == scanner.end else {
        let fault = scanner.unexpected()
        throw fault.reason == .syntax ? JSONFault(.trailing, at: fault.offset) : fault
      }
      return value
    } catch {
      let before = bytes[..<error.offset]
      let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
      throw JSONError(
        reason: error.reason, offset: error.offset, line: before.count { $0 == 0x0A } + 1,
        column: error.offset - lineStart + 1)
    }
  }

  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
      do throws(JSONError) { return .success(try parse(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  public static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }
}

extension JSONScanner {
  /// Reads a value that starts at `position`. `depth` counts the arrays and objects around it, itself included.
  public mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    switch byte {
    case UInt8(ascii: "\""): return .string(text(try string()))
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "t"):
      try word("true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw unexpected()
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> [JSONMember] {
    guard depth <= Self.depthMax else { throw JSONFault(.tooDeep, at: position) }
    var members: [JSONMember] = []
    var starts: [Int] = []
    position += 1
    skipSpace()
    if byte == UInt8(ascii: "}") {
      position += 1
      return members
    }
    while true {
      starts.append(position)
      let key = text(try string())
      skipSpace()
      try expect(UInt8(ascii: ":"))
      skipSpace()
      members.append(JSONMember(key, try value(depth: depth + 1)))
      skipSpace()
      if byte == UInt8(ascii: "}") { break }
      try expect(UInt8(ascii: ","))
      skipSpace()
    }
    position += 1
    if let second = Self.firstDuplicate(members) { throw JSONFault(.duplicateKey, at: starts[second]) }
    return members
  }

  /// The index of the first member whose key, byte for byte, came before.
  private static func firstDuplicate(_ members: [JSONMember]) -> Int? {
    if members.count < 2 { return nil }
    if members.count <= 8 {
      for index in 1..<members.count {
        for earlier in 0..<index where members[earlier].key.utf8.elementsEqual(members[index].key.utf8) {
          return index
        }
      }
      return nil
    }
    // Bytes, because Swift takes two spellings of one accented letter for the same text and JSON does not.
    var seen: Set<[UInt8]> = []
    return members.firstIndex { !seen.insert(Array($0.key.utf8)).inserted }
  }

  private mutating func array(depth: Int) throws(JSONFault) -> [JSONValue] {
    guard depth <= Self.depthMax else { throw JSONFault(.tooDeep, at: position) }
    var values: [JSONValue] = []
    position += 1
    skipSpace()
    if byte == UInt8(ascii: "]") {
      position += 1
      return values
    }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if byte == UInt8(ascii: "]") { break }
      try expect(UInt8(ascii: ","))
      skipSpace()
    }
    position += 1
    return values
  }

  /// What a string read by `string()` stands for.
  public func text(_ string: JSONString) -> String {
    guard string.isEscaped else {
      return String(decoding: UnsafeBufferPointer(start: base + string.start, count: string.count), as: UTF8.self)
    }
    var sink = ByteSink(capacity: string.count)
    _ = decode(string, to: &sink)
    return sink.text()
  }
}

// MARK: writing

extension JSONValue {
  /// Writes the value without spaces, keys sorted and strings escaped as RFC 8785, numbers as they are exactly.
  public func appendCanonical(to sink: inout ByteSink) {
    switch self {
    case .null: sink.append("null")
    case .boolean(let value): sink.append(value ? "true" : "false")
    case .number(let value): value.write(to: &sink)
    case .string(let text): JSONText.append(text, to: &sink)
    case .array(let values):
      sink.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { sink.append(UInt8(ascii: ",")) }
        value.appendCanonical(to: &sink)
      }
      sink.append(UInt8(ascii: "]"))
    case .object(let members):
      let sorted = members.sorted { JSONText.isOrdered($0.key, before: $1.key) }
      sink.append(UInt8(ascii: "{"))
      for (index, member) in sorted.enumerated() {
        if index > 0 { sink.append(UInt8(ascii: ",")) }
        JSONText.append(member.key, to: &sink)
        sink.append(UInt8(ascii: ":"))
        member.value.appendCanonical(to: &sink)
      }
      sink.append(UInt8(ascii: "}"))
    }
  }

  public func canonical() -> [UInt8] {
    var sink = ByteSink()
    appendCanonical(to: &sink)
    return sink.bytes()
  }

  /// The value for people: members in their own order, two spaces a level, short arrays and objects on one line.
  public func pretty(width: Int = 100) -> String {
    var lines = ""
    appendPretty(to: &lines, indent: 0, width: width)
    return lines + "\n"
  }

  private func appendPretty(to out: inout String, indent: Int, width: Int) {
    let flat = flatText
    let isBranch = !(array ?? []).isEmpty || !(members ?? []).isEmpty
    guard isBranch, indent + flat.utf8.count > width else {
      out += flat
      return
    }
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    if let values = array {
      for (index, value) in values.enumerated() {
        out += (index == 0 ? "[\n" : ",\n") + inner
        value.appendPretty(to: &out, indent: indent + 2, width: width)
      }
      out += "\n\(outer)]"
    }
    if let members {
      for (index, member) in members.enumerated() {
        out += (index == 0 ? "{\n" : ",\n") + inner + JSONValue.string(member.key).flatText + ": "
        member.value.appendPretty(to: &out, indent: indent + 2, width: width)
      }
      out += "\n\(outer)}"
    }
  }

  private var flatText: String {
    switch self {
    case .array(let values): return "[" + values.map(\.flatText).joined(separator: ", ") + "]"
    case .object(let members):
      let parts = members.map { JSONValue.string($0.key).flatText + ": " + $0.value.flatText }
      return parts.isEmpty ? "{}" : "{ " + parts.joined(separator: ", ") + " }"
    case .null, .boolean, .number, .string: return String(decoding: canonical(), as: UTF8.self)
    }
  }
}
