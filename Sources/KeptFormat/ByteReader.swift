/// Reads values one after another from bytes that come from outside: every read checks its bounds and throws.
///
/// The caller keeps the bytes alive and unchanged while the reader is in use.
@frozen
public struct ByteReader {
  @usableFromInline let base: UnsafeRawPointer
  public let count: Int
  @usableFromInline var at: Int

  @inlinable
  public init(_ bytes: UnsafeRawBufferPointer) {
    // An empty buffer may have no address; nothing is ever read through the substitute.
    base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    count = bytes.count
    at = 0
  }

  /// Where the next read starts; a read that throws leaves it unchanged.
  @inlinable public var offset: Int { at }

  @inlinable public var remaining: Int { count - offset }
  @inlinable public var isAtEnd: Bool { offset == count }

  /// An error of this kind, here.
  @inlinable
  public func failure(_ kind: FormatError.Kind) -> FormatError { FormatError(kind, offset: offset) }

  @inlinable @inline(__always)
  public mutating func byte() throws(FormatError) -> UInt8 {
    guard offset < count else { throw failure(.truncated) }
    let value = base.load(fromByteOffset: offset, as: UInt8.self)
    at += 1
    return value
  }

  /// Little-endian.
  @inlinable @inline(__always)
  public mutating func fixed<I: FixedWidthInteger & BitwiseCopyable>(
    _ type: I.Type = I.self
  ) throws(FormatError) -> I {
    guard remaining >= MemoryLayout<I>.size else { throw failure(.truncated) }
    let value = I(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: I.self))
    at += MemoryLayout<I>.size
    return value
  }

  /// Unsigned LEB128, at most 10 bytes.
  @inlinable @inline(__always)
  public mutating func varint() throws(FormatError) -> UInt64 {
    if offset < count {
      let first = base.load(fromByteOffset: offset, as: UInt8.self)
      if first < 0x80 {
        at += 1
        return UInt64(first)
      }
    }
    return try longVarint()
  }

  @usableFromInline
  mutating func longVarint() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    var next = at
    var shift: UInt64 = 0
    while next < count {
      let byte = base.load(fromByteOffset: next, as: UInt8.self)
      next += 1
      // The tenth byte holds the last bit only.
      if shift == 63 && byte > 1 { throw failure(.overlongVarint) }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 {
        at = next
        return value
      }
      shift += 7
    }
    throw failure(.truncated)
  }

  /// A varint that counts or measures something: at most `limit`.
  ///
  /// - Parameter what: the name of the value, for the message.
  @inlinable @inline(__always)
  public mutating func count(atMost limit: Int, _ what: StaticString) throws(FormatError) -> Int {
    let start = offset
    let value = try varint()
    guard value <= UInt64(limit) else {
      at = start
      throw Self.excess(value, limit, what, offset)
    }
    return Int(value)
  }

  @usableFromInline @inline(never)
  static func excess(_ value: UInt64, _ limit: Int, _ what: StaticString, _ offset: Int) -> FormatError {
    FormatError(.invalid("\(what) is \(value), at most \(limit) expected"), offset: offset)
  }

  @inlinable @inline(__always)
  public mutating func zigzag() throws(FormatError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// The next `byteCount` bytes, in place.
  @inlinable @inline(__always)
  public mutating func bytes(_ byteCount: Int) throws(FormatError) -> UnsafeRawBufferPointer {
    guard byteCount >= 0, byteCount <= remaining else { throw failure(.truncated) }
    let slice = UnsafeRawBufferPointer(start: base + offset, count: byteCount)
    at += byteCount
    return slice
  }

  public mutating func digest() throws(FormatError) -> Digest {
    let slice = try bytes(Digest.byteCount)
    return Digest(slice.baseAddress!)
  }

  public mutating func string(_ byteCount: Int) throws(FormatError) -> String {
    let start = offset
    let slice = try bytes(byteCount)
    guard let text = String(validating: slice, as: UTF8.self) else {
      at = start
      throw failure(.invalid("text that is not UTF-8"))
    }
    return text
  }

  /// Moves to an absolute offset.
  public mutating func seek(to newOffset: Int) throws(FormatError) {
    guard newOffset >= 0, newOffset <= count else { throw failure(.truncated) }
    at = newOffset
  }
}
