/// Strings and keys as RFC 8785 writes and orders them.
public enum JSONText {
  /// Writes `count` bytes of UTF-8 as a JSON string with its quotes, escaping only what RFC 8785 escapes.
  @inlinable @inline(__always)
  public static func append(_ base: UnsafePointer<UInt8>, count: Int, to sink: inout ByteSink) {
    sink.append(0x22 as UInt8)
    appendInner(base, count: count, to: &sink)
    sink.append(0x22 as UInt8)
  }

  /// The same without the quotes.
  ///
  /// Copies in words while it looks for what must be escaped: most texts are shorter than a call of memcpy is worth.
  @inlinable @inline(__always)
  public static func appendInner(_ base: UnsafePointer<UInt8>, count: Int, to sink: inout ByteSink) {
    var plain = 0
    sink.write(atMost: count &+ 8) { out in
      plain = copyPlain(base, count, to: out)
      return plain
    }
    if plain < count { appendEscaped(base + plain, count: count &- plain, to: &sink) }
  }

  /// Copies up to the first byte that may need an escape, or all; says how many. Writes at most `count` bytes.
  @inlinable @inline(__always)
  static func copyPlain(_ base: UnsafePointer<UInt8>, _ count: Int, to out: UnsafeMutablePointer<UInt8>) -> Int {
    let target = UnsafeMutableRawPointer(out)
    var at = 0
    while at &+ 8 <= count {
      let word = loadWord(base + at)
      target.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
      let found = stringStops(word)
      if found != 0 { return at &+ found.trailingZeroBitCount &>> 3 }
      at &+= 8
    }
    if at == count { return count }
    if count >= 8 {
      // The last word again, overlapping what is done: its first bytes are known to be plain.
      let word = loadWord(base + (count &- 8))
      target.storeBytes(of: word.littleEndian, toByteOffset: count &- 8, as: UInt64.self)
      let found = stringStops(word)
      return found == 0 ? count : count &- 8 &+ found.trailingZeroBitCount &>> 3
    }
    // Two overlapping pieces of a word; spaces fill what is missing of it.
    let source = UnsafeRawPointer(base)
    if count >= 4 {
      let first = source.loadUnaligned(as: UInt32.self)
      let last = source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      target.storeBytes(of: first, as: UInt32.self)
      target.storeBytes(of: last, toByteOffset: count &- 4, as: UInt32.self)
      if stringStops(UInt64(first) | UInt64(last) &<< 32) == 0 { return count }
    } else if count >= 2 {
      let first = source.loadUnaligned(as: UInt16.self)
      let last = base[count &- 1]
      target.storeBytes(of: first, as: UInt16.self)
      out[count &- 1] = last
      if stringStops(UInt64(first) | UInt64(last) &<< 16 | 0x2020_2020_2000_0000) == 0 { return count }
    }
    while at < count, base[at] >= 0x20, base[at] != 0x22, base[at] != 0x5C {
      out[at] = base[at]
      at &+= 1
    }
    return at
  }

  public static func append(_ text: String, to sink: inout ByteSink) {
    var text = text
    text.withUTF8 { append($0.pointer, count: $0.count, to: &sink) }
  }

  @usableFromInline @inline(never)
  static func appendEscaped(_ base: UnsafePointer<UInt8>, count: Int, to sink: inout ByteSink) {
    sink.reserve(count + 2)
    for at in 0..<count {
      let byte = base[at]
      if byte >= 0x20, byte != 0x22, byte != 0x5C {
        sink.append(byte)
        continue
      }
      sink.append(0x5C as UInt8)
      switch byte {
      case 0x22, 0x5C: sink.append(byte)
      case 0x08: sink.append(UInt8(ascii: "b"))
      case 0x09: sink.append(UInt8(ascii: "t"))
      case 0x0A: sink.append(UInt8(ascii: "n"))
      case 0x0C: sink.append(UInt8(ascii: "f"))
      case 0x0D: sink.append(UInt8(ascii: "r"))
      default:
        sink.append("u00")
        sink.append(lowerHex(byte >> 4))
        sink.append(lowerHex(byte & 15))
      }
    }
  }

  @inlinable @inline(__always)
  package static func lowerHex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 &+ nibble : 87 &+ nibble }

  /// The order of keys: by UTF-16 code units, though both are UTF-8. Negative, 0 or positive.
  ///
  /// It differs from the order of the bytes only where a character beyond U+FFFF (two surrogates, U+D800 …) meets one of
  /// U+E000 … U+FFFF.
  public static func compare(
    _ left: UnsafePointer<UInt8>, _ leftCount: Int, _ right: UnsafePointer<UInt8>, _ rightCount: Int
  ) -> Int {
    let shared = min(leftCount, rightCount)
    var at = 0
    while at < shared, left[at] == right[at] { at &+= 1 }
    guard at < shared else { return leftCount - rightCount }
    let (a, b) = (left[at], right[at])
    if a >= 0xEE && b >= 0xEE && (a >= 0xF0) != (b >= 0xF0) { return a >= 0xF0 ? -1 : 1 }
    return Int(a) - Int(b)
  }

  /// `compare` for text.
  public static func isOrdered(_ left: String, before right: String) -> Bool {
    var (left, right) = (left, right)
    return left.withUTF8 { a in
      right.withUTF8 { b in
        guard let aBase = a.baseAddress, let bBase = b.baseAddress else { return a.count < b.count }
        return compare(aBase, a.count, bBase, b.count) < 0
      }
    }
  }
}
