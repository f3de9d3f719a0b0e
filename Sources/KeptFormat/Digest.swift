/// The 32 bytes of a SHA-256.
@frozen
public struct Digest: Hashable, Sendable, BitwiseCopyable {
  // Eight bytes each in memory order, so that the value's memory is the digest.
  @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

  public static let byteCount = 32

  /// All zeros: "no digest" where a field must hold one.
  @inlinable public init() { words = (0, 0, 0, 0) }

  /// Reads 32 bytes, at any alignment.
  @inlinable public init(_ bytes: UnsafeRawPointer) {
    words = (
      bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    )
  }

  /// Writes 32 bytes, at any alignment.
  @inlinable public func store(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: words.0, as: UInt64.self)
    bytes.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: words.2, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: words.3, toByteOffset: 24, as: UInt64.self)
  }

  @inlinable public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    var copy = self
    let result: Result<R, E> = Swift.withUnsafeBytes(of: &copy) { bytes in
      do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  @inlinable public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

  @inlinable public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    var sink = ByteSink(capacity: 64)
    writeHex(to: &sink)
    return sink.text()
  }

  public func writeHex(to sink: inout ByteSink) {
    sink.write(atMost: 64) { out in
      withUnsafeBytes { bytes in
        for i in 0..<32 {
          out[2 * i] = Self.hexDigit(bytes[i] >> 4)
          out[2 * i + 1] = Self.hexDigit(bytes[i] & 15)
        }
      }
      return 64
    }
  }

  /// From exactly 64 lower-case hexadecimal digits.
  public init?(hex: String) {
    var text = hex
    let parsed: Digest? = text.withUTF8 { $0.count == 64 ? Digest(hexDigits: $0.baseAddress!) : nil }
    guard let parsed else { return nil }
    self = parsed
  }

  /// From the 64 lower-case hexadecimal digits at `digits`.
  public init?(hexDigits digits: UnsafePointer<UInt8>) {
    var value = Digest()
    let isValid = Swift.withUnsafeMutableBytes(of: &value) { bytes in
      for i in 0..<32 {
        guard let high = Self.hexValue(digits[2 * i]), let low = Self.hexValue(digits[2 * i + 1]) else { return false }
        bytes[i] = high << 4 | low
      }
      return true
    }
    guard isValid else { return nil }
    self = value
  }

  /// Standard base64 with padding, as checkpoints write it.
  public var base64: String { withUnsafeBytes { Base64.encode($0) } }

  public init?(base64: String) {
    guard let bytes = Base64.decode(base64), bytes.count == 32 else { return nil }
    self = bytes.withUnsafeBytes { Digest($0.baseAddress!) }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

  private static func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    default: nil
    }
  }
}

/// Base64 of RFC 4648, section 4, with padding.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let present = min(3, bytes.count - start)
      var group: UInt32 = 0
      for i in 0..<3 { group = group << 8 | (i < present ? UInt32(bytes[start + i]) : 0) }
      for i in 0..<4 { text.append(i <= present ? alphabet[Int(group >> (18 - 6 * UInt32(i)) & 63)] : 61) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes, or nil where `text` is not exactly what `encode` would write (padding and unused bits included).
  public static func decode(_ text: String) -> [UInt8]? {
    var digits = Array(text.utf8)
    guard digits.count % 4 == 0 else { return nil }
    let padding = digits.suffix(2).reversed().prefix { $0 == 61 }.count
    digits.removeLast(padding)
    var bytes: [UInt8] = []
    var group: UInt32 = 0
    var bitCount = 0
    for digit in digits {
      let value: UInt8
      switch digit {
      case 65...90: value = digit - 65
      case 97...122: value = digit - 71
      case 48...57: value = digit + 4
      case 43: value = 62
      case 47: value = 63
      default: return nil
      }
      group = group << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bitCount)))
        group &= (1 << UInt32(bitCount)) - 1
      }
    }
    return group == 0 ? bytes : nil
  }
}
