#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A `StringDictionary` opened for reading without bounds checks; every code given to it must be one of the
/// dictionary's (`StringColumn` makes sure).
struct StringPointers {
  let bytes: UnsafePointer<UInt8>
  let byteCount: Int
  let offsets: UnsafePointer<Int>

  subscript(code: UInt32) -> UnsafeRawBufferPointer {
    let start = offsets[Int(code)]
    return UnsafeRawBufferPointer(start: bytes + start, count: offsets[Int(code) + 1] - start)
  }

  /// The first eight of `count` bytes as a number in the order of the strings; fewer are filled up with zeros.
  @inline(__always)
  func prefix(_ start: Int, _ count: Int) -> UInt64 {
    if count <= 0 { return 0 }
    if start + 8 <= byteCount {
      let word = UInt64(bigEndian: UnsafeRawPointer(bytes + start).loadUnaligned(as: UInt64.self))
      return count >= 8 ? word : word & ~(UInt64.max >> UInt64(count * 8))
    }
    var word: UInt64 = 0
    for index in 0..<min(8, count) { word |= UInt64(bytes[start + index]) << UInt64(56 - 8 * index) }
    return word
  }

  func isLess(_ left: UInt32, _ right: UInt32) -> Bool {
    let (left, right) = (self[left], self[right])
    let order = memcmp(left.baseAddress!, right.baseAddress!, min(left.count, right.count))
    return order != 0 ? order < 0 : left.count < right.count
  }

  /// Appends strings plain-encoded, and looks for the least and the greatest on the way.
  ///
  /// - Precondition: `codes` is not empty.
  func append(_ codes: UnsafeBufferPointer<UInt32>, to buffer: inout PageBuffer) -> StringBounds {
    var bounds = StringBounds(codes[0], self)
    for code in codes {
      let start = offsets[Int(code)]
      let length = offsets[Int(code) + 1] - start
      bounds.add(code, start, length, self)
      append(start, length, to: &buffer)
    }
    return bounds
  }

  /// Appends a string plain-encoded: a 4-byte length and the bytes.
  @inline(__always)
  func append(_ start: Int, _ length: Int, to buffer: inout PageBuffer) {
    // Short strings are copied as 16 bytes whatever their length, so that there is no call and no loop.
    buffer.reserve(length + 20)
    let out = buffer.end
    out.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
    let source = UnsafeRawPointer(bytes + start)
    if length <= 16 && start + 16 <= byteCount {
      out.storeBytes(of: source.loadUnaligned(as: UInt64.self), toByteOffset: 4, as: UInt64.self)
      out.storeBytes(of: source.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 12, as: UInt64.self)
    } else {
      (out + 4).copyMemory(from: source, byteCount: length)
    }
    buffer.count += 4 + length
  }
}

extension StringDictionary {
  func withPointers<Result>(_ body: (StringPointers) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      offsets.withUnsafeBufferPointer { offsets in
        // An array without elements may have no address; nothing is read through this one.
        let start = bytes.baseAddress ?? UnsafeRawPointer(offsets.baseAddress!).assumingMemoryBound(to: UInt8.self)
        return body(StringPointers(bytes: start, byteCount: bytes.count, offsets: offsets.baseAddress!))
      }
    }
  }
}

/// The least and the greatest of some strings, by unsigned bytes.
///
/// The first 16 bytes are compared as two numbers, which settles nearly every case: a sorted column of ids raises the
/// greatest with each row.
struct StringBounds {
  private(set) var lowest: UInt32
  private(set) var highest: UInt32
  private var low: (UInt64, UInt64)
  private var high: (UInt64, UInt64)

  init(_ code: UInt32, _ strings: StringPointers) {
    let (start, length) = (strings.offsets[Int(code)], strings[code].count)
    lowest = code
    highest = code
    low = (strings.prefix(start, length), strings.prefix(start + 8, length - 8))
    high = low
  }

  @inline(__always)
  mutating func add(_ code: UInt32, _ start: Int, _ length: Int, _ strings: StringPointers) {
    let first = strings.prefix(start, length)
    if first <= low.0 && code != lowest {
      let key = (first, strings.prefix(start + 8, length - 8))
      if key < low || (key == low && strings.isLess(code, lowest)) { (low, lowest) = (key, code) }
    }
    if first >= high.0 && code != highest {
      let key = (first, strings.prefix(start + 8, length - 8))
      if key > high || (key == high && strings.isLess(highest, code)) { (high, highest) = (key, code) }
    }
  }
}
