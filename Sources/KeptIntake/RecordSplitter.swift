import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a record of a source ends.
///
/// Cutting a file into chunks and parsing a chunk ask the same function, so that both see the same records. A record
/// longer than a line may be, or one that is never closed, is its first line only: one stray quote or brace costs a
/// line, not the rest of the file.
enum RecordSplitter: Equatable, Sendable {
  /// A record is a line.
  case lines
  /// RFC 4180: a record is a line, but for line feeds inside quotes.
  case csv(delimiter: UInt8)
  /// A record is a JSON object, wherever its lines end: the elements of an array, or objects one after another.
  case objects
  /// JSON lines or `objects`: the first bytes say which.
  case undecided

  enum End: Equatable {
    /// The record is whole and ends before this offset, its line feed included.
    case whole(Int)
    /// Not closed, or too long; the next record starts here.
    case broken(Int)
    /// More bytes are needed.
    case open
  }

  /// Whether a file is JSON lines: its first line is one object. nil: more bytes are needed.
  static func decide(_ bytes: [UInt8], isAtEnd: Bool) -> RecordSplitter? {
    bytes.withUnsafeBufferPointer { buffer in
      let base = buffer.pointer
      var start = 0
      while start < buffer.count, isSpace(base[start]) { start += 1 }
      let lineEnd = lineFeed(base, from: start, to: buffer.count)
      if start < buffer.count, base[start] == UInt8(ascii: "[") { return .objects }
      guard lineEnd != nil || isAtEnd || buffer.count > Limits.lineByteCountMax else { return nil }
      let end = lineEnd ?? buffer.count
      return objectEnd(base, from: start, to: end) != nil ? .lines : .objects
    }
  }

  /// The end of the last record that is certain to be whole, or to be broken, in bytes that start with a record.
  func boundary(in bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { buffer in
      let base = buffer.pointer
      if self == .lines || self == .undecided {
        var at = buffer.count
        while at > 0, base[at - 1] != 0x0A { at -= 1 }
        return at
      }
      var at = 0
      while at < buffer.count {
        switch end(of: at, base, to: buffer.count, isAtEnd: false) {
        case .whole(let next), .broken(let next): at = next
        case .open: return at
        }
      }
      return at
    }
  }

  /// The end of the record that starts at `start`. `end` is the end of what was read, of the file if `isAtEnd`.
  func end(of start: Int, _ base: UnsafePointer<UInt8>, to end: Int, isAtEnd: Bool) -> End {
    let limit = min(end, start + Limits.lineByteCountMax + 1)
    // At the end of the file, the end closes a record too.
    let isLast = isAtEnd && limit == end
    let found: Int? =
      switch self {
      case .lines, .undecided: Self.lineFeed(base, from: start, to: limit).map { $0 + 1 } ?? (isLast ? end : nil)
      case .csv(let delimiter): Self.csvEnd(base, from: start, to: limit, delimiter, isLast: isLast)
      case .objects: Self.elementEnd(base, from: start, to: limit)
      }
    if let found { return .whole(found) }
    guard isAtEnd || end - start > Limits.lineByteCountMax else { return .open }
    if let lineEnd = Self.lineFeed(base, from: start, to: end) { return .broken(lineEnd + 1) }
    return isAtEnd ? .broken(end) : .open
  }

  static func lineFeed(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
    find(0x0A, base, from: start, to: end)
  }

  @inline(__always)
  static func find(_ byte: UInt8, _ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
    guard end > start, let found = memchr(base + start, Int32(byte), end - start) else { return nil }
    return UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
  }

  /// Only a quote at the start of a cell opens one; others are the parser's to complain about.
  private static func csvEnd(
    _ base: UnsafePointer<UInt8>, from start: Int, to limit: Int, _ delimiter: UInt8, isLast: Bool
  ) -> Int? {
    let quote = UInt8(ascii: "\"")
    let lineEnd = lineFeed(base, from: start, to: limit)
    if find(quote, base, from: start, to: lineEnd ?? limit) == nil {
      return lineEnd.map { $0 + 1 } ?? (isLast ? limit : nil)
    }
    var at = start
    var isCellStart = true
    while at < limit {
      let byte = base[at]
      at += 1
      if byte == quote, isCellStart {
        repeat {
          guard let closing = find(quote, base, from: at, to: limit) else { return nil }
          at = closing + 1
          // The other half of a doubled quote may not have been read yet.
          if at == limit, !isLast { return nil }
          if at < limit, base[at] == quote { at += 1 } else { break }
        } while true
        isCellStart = false
      } else if byte == 0x0A {
        return at
      } else {
        isCellStart = byte == delimiter
      }
    }
    return isLast ? limit : nil
  }

  /// The end of the object at `start`, with the brackets, commas and space before it. What is neither is a line.
  private static func elementEnd(_ base: UnsafePointer<UInt8>, from start: Int, to limit: Int) -> Int? {
    let at = elementStart(base, from: start, to: limit)
    guard at < limit else { return nil }
    guard base[at] == UInt8(ascii: "{") else { return lineFeed(base, from: at, to: limit).map { $0 + 1 } }
    return objectEnd(base, from: at, to: limit)
  }

  /// Past what may stand between the objects of `objects`.
  static func elementStart(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var at = start
    while at < end {
      let byte = base[at]
      let isBetween = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ",")
      guard isBetween || isSpace(byte) else { break }
      at += 1
    }
    return at
  }

  /// The end of the object or array that starts at `start`, by its brackets alone; nil where it is not closed.
  static func objectEnd(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
    guard start < end, base[start] == UInt8(ascii: "{") else { return nil }
    var depth = 0
    var at = start
    while at < end {
      switch base[at] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return at + 1 }
      case UInt8(ascii: "\""):
        at += 1
        while at < end, base[at] != UInt8(ascii: "\"") { at += base[at] == UInt8(ascii: "\\") ? 2 : 1 }
      default: break
      }
      at += 1
    }
    return nil
  }
}

@inline(__always)
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
