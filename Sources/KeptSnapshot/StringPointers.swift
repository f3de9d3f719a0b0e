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

  /// The first eight bytes as a number in the order of the strings; shorter strings are filled up with zeros.
  @inline(__always)
  func prefix(_ start: Int, _ count: Int) -> UInt64 {
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

  /// Appends strings plain-encoded: a 4-byte length and the bytes.
  func append(_ codes: UnsafePointer<UInt32>, count: Int, to buffer: inout PageBuffer) {
    var total = 0
    for index in 0..<count { total += offsets[Int(codes[index]) + 1] - offsets[Int(codes[index])] + 4 }
    // Short strings are copied as 16 bytes whatever their length, so the last may write beyond its end.
    buffer.reserve(total + 16)
    var out = buffer.end
    for index in 0..<count {
      let start = offsets[Int(codes[index])]
      let length = offsets[Int(codes[index]) + 1] - start
      out.storeBytes(of: UInt32(length).littleEndian, as: UInt32.self)
      let source = UnsafeRawPointer(bytes + start)
      if length <= 16 && start + 16 <= byteCount {
        out.storeBytes(of: source.loadUnaligned(as: UInt64.self), toByteOffset: 4, as: UInt64.self)
        out.storeBytes(of: source.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 12, as: UInt64.self)
      } else {
        (out + 4).copyMemory(from: source, byteCount: length)
      }
      out += 4 + length
    }
    buffer.count += total
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

/// What one pass over the codes of a chunk tells.
struct StringSurvey {
  var codes: ClosedRange<UInt32>
  /// Codes of the least and the greatest string by unsigned bytes.
  var lowest: UInt32
  var highest: UInt32
  /// Bytes of the values plain-encoded.
  var plainByteCount = 0

  /// nil where there are no codes.
  init?(_ codes: UnsafeBufferPointer<UInt32>, _ strings: StringPointers) {
    guard let first = codes.first else { return nil }
    var (least, greatest) = (first, first)
    (lowest, highest) = (first, first)
    let start = strings.offsets[Int(first)]
    var low = strings.prefix(start, strings.offsets[Int(first) + 1] - start)
    var high = low
    for code in codes {
      least = min(least, code)
      greatest = max(greatest, code)
      let start = strings.offsets[Int(code)]
      let count = strings.offsets[Int(code) + 1] - start
      plainByteCount += count + 4
      let prefix = strings.prefix(start, count)
      if prefix <= low, prefix < low || (code != lowest && strings.isLess(code, lowest)) {
        low = prefix
        lowest = code
      }
      if prefix >= high, prefix > high || (code != highest && strings.isLess(highest, code)) {
        high = prefix
        highest = code
      }
    }
    self.codes = least...greatest
  }
}
