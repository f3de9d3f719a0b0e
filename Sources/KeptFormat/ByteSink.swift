#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A growing buffer of raw bytes with one owner: what canonical lines, columns and records are written into.
///
/// An `[UInt8]` would do the same at twice the cost per small write (uniqueness and bounds checks on each).
@frozen
public struct ByteSink: ~Copyable, @unchecked Sendable {
  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  @usableFromInline var capacity: Int
  @usableFromInline var written: Int

  public init(capacity: Int = 256) {
    self.capacity = max(capacity, 32)
    base = .allocate(capacity: self.capacity)
    written = 0
  }

  /// Bytes written so far.
  @inlinable public var count: Int { written }

  deinit { base.deallocate() }

  @usableFromInline @inline(never)
  mutating func grow(by additional: Int) {
    precondition(additional >= 0, "a sink cannot grow by \(additional) bytes")
    let larger = max(capacity * 2, count + additional)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memcpy(fresh, base, count)
    base.deallocate()
    base = fresh
    capacity = larger
  }

  /// Makes room for `additional` bytes; writes up to that many then need no further growth.
  @inlinable @inline(__always)
  public mutating func reserve(_ additional: Int) {
    if additional > capacity - count { grow(by: additional) }
  }

  /// Gives `body` a pointer to `byteCountMax` uninitialised bytes; it returns how many of them it wrote.
  @inlinable @inline(__always)
  public mutating func write(
    atMost byteCountMax: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int
  ) {
    reserve(byteCountMax)
    let byteCount = body(base + written)
    precondition(byteCount >= 0 && byteCount <= byteCountMax, "a writer left the bytes it was given")
    written += byteCount
  }

  @inlinable @inline(__always)
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    written += 1
  }

  @inlinable @inline(__always)
  public mutating func append(_ bytes: UnsafePointer<UInt8>, count byteCount: Int) {
    reserve(byteCount)
    memcpy(base + count, bytes, byteCount)
    written += byteCount
  }

  @inlinable @inline(__always)
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    append(start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
  }

  @inlinable @inline(__always)
  public mutating func append(_ literal: StaticString) {
    append(literal.utf8Start, count: literal.utf8CodeUnitCount)
  }

  public mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  // A literal would be a String where both fit, and cost ten times as much.
  @_disfavoredOverload
  public mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  public mutating func append(_ digest: Digest) {
    digest.withUnsafeBytes { append($0) }
  }

  public mutating func append(zeros zeroCount: Int) {
    reserve(zeroCount)
    memset(base + count, 0, zeroCount)
    written += zeroCount
  }

  /// Little-endian.
  @inlinable @inline(__always)
  public mutating func append<I: FixedWidthInteger & BitwiseCopyable>(fixed value: I) {
    reserve(MemoryLayout<I>.size)
    UnsafeMutableRawPointer(base + count).storeBytes(of: value.littleEndian, as: I.self)
    written += MemoryLayout<I>.size
  }

  /// Unsigned LEB128, 1 to 10 bytes.
  @inlinable @inline(__always)
  public mutating func append(varint value: UInt64) {
    reserve(10)
    var rest = value
    while rest >= 0x80 {
      base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
      written += 1
      rest >>= 7
    }
    base[count] = UInt8(truncatingIfNeeded: rest)
    written += 1
  }

  @inlinable @inline(__always)
  public mutating func append(varint value: Int) {
    precondition(value >= 0, "a count or offset is negative: \(value)")
    append(varint: UInt64(value))
  }

  /// Signed as 0, -1, 1, -2 …, then LEB128.
  @inlinable @inline(__always)
  public mutating func append(zigzag value: Int64) {
    append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// In decimal digits, without leading zeros.
  @inlinable
  public mutating func append(decimal value: UInt64) {
    reserve(20)
    let length = decimalDigitCount(value)
    var rest = value
    var at = base + count + length
    while rest >= 100 {
      at -= 2
      writeTwoDigits(Int(truncatingIfNeeded: rest % 100), to: at)
      rest /= 100
    }
    if rest >= 10 {
      writeTwoDigits(Int(truncatingIfNeeded: rest), to: at - 2)
    } else {
      (at - 1).pointee = 48 + UInt8(truncatingIfNeeded: rest)
    }
    written += length
  }

  @inlinable
  public mutating func append(decimal value: Int64) {
    if value < 0 { append(45) }
    append(decimal: value.magnitude)
  }

  /// Overwrites bytes written earlier, little-endian: for lengths and checksums known only afterwards.
  public mutating func overwrite<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int, fixed value: I) {
    precondition(offset >= 0 && offset <= count - MemoryLayout<I>.size, "offset \(offset) was not written yet")
    UnsafeMutableRawPointer(base + offset).storeBytes(of: value.littleEndian, as: I.self)
  }

  /// Drops what was written after the first `newCount` bytes; keeps the memory.
  @inlinable
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "cannot cut \(count) bytes to \(newCount)")
    written = newCount
  }

  @inlinable
  public mutating func removeAll() { written = 0 }

  /// The bytes are valid until the sink is next written to.
  @inlinable @inline(__always)
  public borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  @inlinable @inline(__always)
  public mutating func withUnsafeMutableBytes<R: ~Copyable, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  /// A copy of what was written.
  public borrowing func bytes() -> [UInt8] {
    Array(UnsafeBufferPointer(start: base, count: count))
  }

  /// A copy as text; for messages and tests.
  public borrowing func text() -> String {
    String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
  }
}

/// How many decimal digits `value` has; 1 for 0.
@inlinable @inline(__always)
func decimalDigitCount(_ value: UInt64) -> Int {
  // log10 from log2: 1233 / 4096 ≈ log10(2); one comparison corrects it.
  let guess = ((64 - (value | 1).leadingZeroBitCount) &* 1233) >> 12
  return guess + (value | 1 >= powersOfTen(guess) ? 1 : 0)
}

/// 10^`exponent` for 0 ... 19.
@inlinable @inline(__always)
func powersOfTen(_ exponent: Int) -> UInt64 {
  precondition(exponent >= 0 && exponent <= 19, "10^\(exponent) is not a UInt64")
  return powersOfTenTable.values[exponent]
}

@frozen @usableFromInline
struct PowersOfTen: Sendable {
  @usableFromInline let values: InlineArray<20, UInt64>
}

@usableFromInline
let powersOfTenTable = PowersOfTen(values: [
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
  100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
  10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
])
