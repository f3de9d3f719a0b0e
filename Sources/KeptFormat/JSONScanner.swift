/// Why bytes are not JSON as RFC 8259 has it, or go beyond what Kept takes.
public enum JSONReason: UInt8, Sendable, CaseIterable {
  case syntax, endsEarly, trailing, notUTF8, byteOrderMark, controlCharacter, badEscape, loneSurrogate, badNumber
  case tooManyDigits, tooDeep, duplicateKey

  /// A sentence's end: "what is wrong".
  public var text: String {
    switch self {
    case .syntax: "not JSON here"
    case .endsEarly: "the JSON ends too early; the line may have been cut"
    case .trailing: "something follows the end of the JSON value"
    case .notUTF8: "not UTF-8"
    case .byteOrderMark: "a byte order mark; it may only be at the start of a file"
    case .controlCharacter: "a control character; in a string it must be escaped"
    case .badEscape: "not an escape of JSON"
    case .loneSurrogate: "half of a surrogate pair, which is no character"
    case .badNumber: "not a number of JSON"
    case .tooManyDigits: "a number of more than 18 digits"
    case .tooDeep: "nested deeper than 32 levels"
    case .duplicateKey: "the same key twice in one object"
    }
  }
}

/// What is wrong and at which offset of the scanned bytes.
@frozen
public struct JSONFault: Error, Sendable, Equatable {
  public var reason: JSONReason
  public var offset: Int

  @inlinable public init(_ reason: JSONReason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

/// A string as it stands between its quotes: valid UTF-8, perhaps with escapes still in it.
@frozen
public struct JSONString: Sendable {
  public var start: Int
  public var count: Int
  public var isEscaped: Bool

  @inlinable public init(start: Int, count: Int, isEscaped: Bool) {
    self.start = start
    self.count = count
    self.isEscaped = isEscaped
  }
}

/// Reads JSON tokens off bytes, strictly and in one pass; builds nothing.
///
/// Every read is inside `[position, end)`; eight bytes at a time where eight are left. The bytes must outlive the
/// scanner. Depth is counted by the caller, who knows where it recurses.
@frozen
public struct JSONScanner {
  public let base: UnsafePointer<UInt8>
  public var position: Int
  public let end: Int

  public static let depthMax = 32

  @inlinable
  public init(_ base: UnsafePointer<UInt8>, from position: Int = 0, to end: Int) {
    self.base = base
    self.position = position
    self.end = end
  }

  /// The byte at `position`, or 0 at the end: NUL is never part of a token.
  @inlinable @inline(__always)
  public var byte: UInt8 { position < end ? base[position] : 0 }

  @inlinable @inline(__always)
  public mutating func skipSpace() {
    while position < end {
      let byte = base[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      position &+= 1
    }
  }

  /// Takes `byte` and moves past it, or says what stands there instead.
  @inlinable @inline(__always)
  public mutating func expect(_ byte: UInt8) throws(JSONFault) {
    guard position < end, base[position] == byte else { throw unexpected() }
    position &+= 1
  }

  /// The fault of a byte that cannot stand at `position`.
  @inline(never)
  public func unexpected() -> JSONFault {
    guard position < end else { return JSONFault(.endsEarly, at: end) }
    let byte = base[position]
    if byte == 0xEF, position + 2 < end, base[position + 1] == 0xBB, base[position + 2] == 0xBF {
      return JSONFault(.byteOrderMark, at: position)
    }
    if byte >= 0x80 {
      let isCharacter = utf8Length(base, position, end) > 0
      return JSONFault(isCharacter ? .syntax : .notUTF8, at: position)
    }
    let isControl = byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D
    return JSONFault(isControl ? .controlCharacter : .syntax, at: position)
  }

  // MARK: strings

  /// Reads a string, from its opening quote past its closing one.
  @inlinable @inline(__always)
  public mutating func string() throws(JSONFault) -> JSONString {
    try expect(0x22)
    let start = position
    var at = start
    while at &+ 8 <= end {
      let found = stringStops(loadWord(base + at))
      if found == 0 {
        at &+= 8
        continue
      }
      at &+= found.trailingZeroBitCount &>> 3
      if base[at] == 0x22 {
        position = at &+ 1
        return JSONString(start: start, count: at &- start, isEscaped: false)
      }
      break
    }
    return try longString(start: start, from: at)
  }

  /// The rest of a string that has escapes or characters beyond ASCII, or that ends within the last 8 bytes.
  @usableFromInline @inline(never)
  mutating func longString(start: Int, from: Int) throws(JSONFault) -> JSONString {
    var at = from
    var isEscaped = false
    while true {
      while at &+ 8 <= end {
        let found = stringStops(loadWord(base + at))
        if found != 0 {
          at &+= found.trailingZeroBitCount &>> 3
          break
        }
        at &+= 8
      }
      guard at < end else { throw JSONFault(.endsEarly, at: end) }
      let byte = base[at]
      if byte == 0x22 {
        position = at &+ 1
        return JSONString(start: start, count: at &- start, isEscaped: isEscaped)
      } else if byte == 0x5C {
        isEscaped = true
        at = try endOfEscape(at)
      } else if byte < 0x20 {
        throw JSONFault(.controlCharacter, at: at)
      } else if byte < 0x80 {
        at &+= 1
      } else {
        let length = utf8Length(base, at, end)
        guard length > 0 else { throw JSONFault(.notUTF8, at: at) }
        at &+= length
      }
    }
  }

  private func endOfEscape(_ start: Int) throws(JSONFault) -> Int {
    guard start + 1 < end else { throw JSONFault(.endsEarly, at: end) }
    switch base[start + 1] {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return start + 2
    case 0x75: break
    default: throw JSONFault(.badEscape, at: start)
    }
    let unit = try codeUnit(start)
    guard unit & 0xF800 == 0xD800 else { return start + 6 }
    guard unit < 0xDC00 else { throw JSONFault(.loneSurrogate, at: start) }
    guard start + 7 < end, base[start + 6] == 0x5C, base[start + 7] == 0x75 else {
      throw JSONFault(.loneSurrogate, at: start)
    }
    guard try codeUnit(start + 6) & 0xFC00 == 0xDC00 else { throw JSONFault(.loneSurrogate, at: start) }
    return start + 12
  }

  /// The UTF-16 code unit of the `\uhhhh` at `start`.
  private func codeUnit(_ start: Int) throws(JSONFault) -> UInt32 {
    guard start + 6 <= end else { throw JSONFault(.endsEarly, at: end) }
    var unit: UInt32 = 0
    for at in start + 2..<start + 6 {
      guard let digit = hexDigit(base[at]) else { throw JSONFault(.badEscape, at: start) }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  /// Writes what a string read by `string()` stands for.
  ///
  /// - Returns: how many bytes were written; never more than `string.count`.
  public func decode(_ string: JSONString, to sink: inout ByteSink) -> Int {
    guard string.isEscaped else {
      sink.append(base + string.start, count: string.count)
      return string.count
    }
    let before = sink.count
    var at = string.start
    let stop = string.start + string.count
    while at < stop {
      let byte = base[at]
      guard byte == 0x5C else {
        sink.append(byte)
        at += 1
        continue
      }
      at += 2
      switch base[at - 1] {
      case 0x62: sink.append(0x08 as UInt8)
      case 0x66: sink.append(0x0C as UInt8)
      case 0x6E: sink.append(0x0A as UInt8)
      case 0x72: sink.append(0x0D as UInt8)
      case 0x74: sink.append(0x09 as UInt8)
      case 0x75:
        // `string()` has checked digits and pairs, so neither read can fail.
        var scalar = (try? codeUnit(at - 2)) ?? 0xFFFD
        at += 4
        if scalar & 0xFC00 == 0xD800 {
          let low = (try? codeUnit(at)) ?? 0xDC00
          scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
          at += 6
        }
        appendUTF8(scalar, to: &sink)
      default: sink.append(base[at - 1])
      }
    }
    return sink.count - before
  }

  // MARK: numbers and literals

  /// Reads a number.
  @inlinable @inline(__always)
  public mutating func number() throws(JSONFault) -> ExactDecimal {
    var cursor = base + position
    do throws(ExactDecimal.Failure) {
      let value = try ExactDecimal.parse(at: &cursor, end: base + end)
      position = cursor - base
      return value
    } catch {
      throw JSONFault(error == .malformed ? .badNumber : .tooManyDigits, at: position)
    }
  }

  /// Takes one of the words `true`, `false`, `null`.
  public mutating func word(_ word: StaticString) throws(JSONFault) {
    for index in 0..<word.utf8CodeUnitCount {
      guard position + index < end else { throw JSONFault(.endsEarly, at: end) }
      guard base[position + index] == word.utf8Start[index] else { throw JSONFault(.syntax, at: position) }
    }
    position += word.utf8CodeUnitCount
  }
}

// MARK: bytes

@inlinable @inline(__always)
package func loadWord(_ at: UnsafePointer<UInt8>) -> UInt64 {
  UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
}

/// The high bit of the lowest byte that is a quote, a backslash, a control character or beyond ASCII is set; bits above
/// the lowest set one mean nothing.
@inlinable @inline(__always)
package func stringStops(_ word: UInt64) -> UInt64 {
  let quote = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
  let backslash = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
  let control = word &- 0x2020_2020_2020_2020
  return (quote | backslash | control | word) & 0x8080_8080_8080_8080
}

/// How many bytes the character at `at` has, which starts with a byte beyond ASCII; 0 where it is not UTF-8.
@usableFromInline
package func utf8Length(_ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int {
  let first = base[at]
  let second = at + 1 < end ? base[at + 1] : 0
  switch first {
  case 0xC2...0xDF:
    return second & 0xC0 == 0x80 ? 2 : 0
  case 0xE0...0xEF:
    guard at + 2 < end, second & 0xC0 == 0x80, base[at + 2] & 0xC0 == 0x80 else { return 0 }
    // Overlong forms, and surrogates.
    if first == 0xE0 && second < 0xA0 || first == 0xED && second > 0x9F { return 0 }
    return 3
  case 0xF0...0xF4:
    guard at + 3 < end, second & 0xC0 == 0x80, base[at + 2] & 0xC0 == 0x80, base[at + 3] & 0xC0 == 0x80 else {
      return 0
    }
    if first == 0xF0 && second < 0x90 || first == 0xF4 && second > 0x8F { return 0 }
    return 4
  default:
    return 0
  }
}

@inlinable @inline(__always)
package func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 48...57: byte &- 48
  case 65...70: byte &- 55
  case 97...102: byte &- 87
  default: nil
  }
}

package func appendUTF8(_ scalar: UInt32, to sink: inout ByteSink) {
  if scalar < 0x80 {
    sink.append(UInt8(scalar))
  } else if scalar < 0x800 {
    sink.append(UInt8(0xC0 | scalar >> 6))
    sink.append(UInt8(0x80 | scalar & 0x3F))
  } else if scalar < 0x10000 {
    sink.append(UInt8(0xE0 | scalar >> 12))
    sink.append(UInt8(0x80 | scalar >> 6 & 0x3F))
    sink.append(UInt8(0x80 | scalar & 0x3F))
  } else {
    sink.append(UInt8(0xF0 | scalar >> 18 & 0x07))
    sink.append(UInt8(0x80 | scalar >> 12 & 0x3F))
    sink.append(UInt8(0x80 | scalar >> 6 & 0x3F))
    sink.append(UInt8(0x80 | scalar & 0x3F))
  }
}
