extension ExactDecimal {
  /// Why text is not a number that fits.
  public enum Failure: UInt8, Error, Sendable {
    /// Not a JSON number.
    case malformed
    /// More than 18 significant digits, or digits more than 18 places from the point.
    case outOfRange
  }

  public static let digitCountMax = 18
  @inlinable static var mantissaLimit: UInt64 { 1_000_000_000_000_000_000 }

  /// Reads a JSON number (RFC 8259) at `cursor` and moves `cursor` past it.
  ///
  /// The exponent form is taken where the number written out fits. -0 is 0. What follows the number is the caller's
  /// concern, as a scanner wants it.
  ///
  /// - Throws: `cursor` is then unchanged.
  @inlinable
  public static func parse(
    at cursor: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(Failure) -> ExactDecimal {
    // The usual number: at most 18 digits with or without a point, no exponent.
    var at = cursor
    let isNegative = at < end && at.pointee == 45
    if isNegative { at += 1 }
    let first = at
    var mantissa: UInt64 = 0
    while at < end, at.pointee &- 48 < 10, at - first < 19 {
      mantissa = mantissa &* 10 &+ UInt64(at.pointee &- 48)
      at += 1
    }
    let integerCount = at - first
    if integerCount == 0 || (integerCount > 1 && first.pointee == 48) || integerCount > 18 {
      return try parseAnything(at: &cursor, end: end)
    }
    var scale = 0
    if at < end, at.pointee == 46 {
      at += 1
      let fraction = at
      while at < end, at.pointee &- 48 < 10, at - fraction + integerCount < 19 {
        mantissa = mantissa &* 10 &+ UInt64(at.pointee &- 48)
        at += 1
      }
      scale = at - fraction
      if scale == 0 || integerCount + scale > 18 { return try parseAnything(at: &cursor, end: end) }
    }
    if at < end, at.pointee | 0x20 == 101 { return try parseAnything(at: &cursor, end: end) }
    cursor = at
    while scale > 0, mantissa % 10 == 0 {
      mantissa /= 10
      scale -= 1
    }
    let signed = Int64(bitPattern: mantissa)
    return ExactDecimal(mantissa: isNegative ? -signed : signed, scale: UInt8(truncatingIfNeeded: scale))
  }

  /// Every JSON number: exponents, long runs of zeros, and what does not fit.
  @usableFromInline @inline(never)
  static func parseAnything(
    at cursor: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(Failure) -> ExactDecimal {
    var at = cursor
    func isDigit() -> Bool { at < end && at.pointee &- 48 < 10 }

    let isNegative = at < end && at.pointee == 45
    if isNegative { at += 1 }
    guard isDigit() else { throw .malformed }
    var mantissa: UInt64 = 0
    // Zeros are multiplied in only when another digit follows, so that trailing ones never count.
    var zeroCount = 0
    var fits = true
    func take() {
      let digit = UInt64(at.pointee &- 48)
      at += 1
      if digit == 0 {
        zeroCount += mantissa == 0 ? 0 : 1
        return
      }
      let places = zeroCount + 1
      zeroCount = 0
      guard fits, places <= 18 else {
        fits = false
        return
      }
      let (high, low) = mantissa.multipliedFullWidth(by: powersOfTen(places))
      fits = high == 0 && low < mantissaLimit && low + digit < mantissaLimit
      mantissa = low &+ digit
    }
    if at.pointee == 48 {
      at += 1
      if isDigit() { throw .malformed }
    } else {
      while isDigit() { take() }
    }
    var exponent = 0
    if at < end, at.pointee == 46 {
      at += 1
      guard isDigit() else { throw .malformed }
      let fraction = at
      while isDigit() { take() }
      exponent = fraction - at
    }
    if at < end, at.pointee | 0x20 == 101 {
      at += 1
      let isBelow = at < end && at.pointee == 45
      if isBelow || (at < end && at.pointee == 43) { at += 1 }
      guard isDigit() else { throw .malformed }
      var written = 0
      while isDigit() {
        written = min(written * 10 + Int(at.pointee - 48), 1 << 40)
        at += 1
      }
      exponent += isBelow ? -written : written
    }
    exponent += zeroCount
    guard fits else { throw .outOfRange }
    if mantissa != 0 {
      if exponent > 0 {
        guard exponent <= 18 else { throw .outOfRange }
        let (high, low) = mantissa.multipliedFullWidth(by: powersOfTen(exponent))
        guard high == 0, low < mantissaLimit else { throw .outOfRange }
        mantissa = low
        exponent = 0
      }
      guard exponent >= -18 else { throw .outOfRange }
    } else {
      exponent = 0
    }
    cursor = at
    let signed = Int64(bitPattern: mantissa)
    return ExactDecimal(mantissa: isNegative ? -signed : signed, scale: UInt8(truncatingIfNeeded: -exponent))
  }

  /// Reads text that is one JSON number and nothing else.
  public init(parsing bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { throw .malformed }
    var cursor = start
    let value = try Self.parse(at: &cursor, end: start + bytes.count)
    guard cursor == start + bytes.count else { throw .malformed }
    self = value
  }

  public init(parsing text: String) throws(Failure) {
    let parsed: Result<ExactDecimal, Failure> = Array(text.utf8).withUnsafeBytes { bytes in
      do throws(Failure) { return .success(try ExactDecimal(parsing: bytes)) } catch { return .failure(error) }
    }
    self = try parsed.get()
  }

  /// Writes the number as RFC 8785 lays numbers out: no trailing zeros, `1e-7` for what is nearer to 0 than 1e-6.
  ///
  /// The value must be present and canonical.
  @inlinable
  public func write(to sink: inout ByteSink) {
    if scale == 0 { return sink.append(decimal: mantissa) }
    writeFraction(to: &sink)
  }

  @usableFromInline
  func writeFraction(to sink: inout ByteSink) {
    precondition(scale <= 18, "a number that is absent or out of range cannot be written")
    // Sign, "0." and five zeros, or sign, 18 digits, a point and "e-18".
    sink.write(atMost: 32) { start in
      var out = start
      var rest = mantissa.magnitude
      if mantissa < 0 {
        out.pointee = 45
        out += 1
      }
      let digitCount = decimalDigitCount(rest)
      // The number is 0.ddd · 10^pointAt.
      let pointAt = digitCount - Int(scale)
      var exponent = 0
      if pointAt > 0 {
        // 12.34: digits around the point.
        digits(&rest, Int(scale), endingAt: out + digitCount + 1)
        out[pointAt] = 46
        digits(&rest, pointAt, endingAt: out + pointAt)
        out += digitCount + 1
      } else if pointAt > -6 {
        // 0.0012
        for i in 0..<2 - pointAt { out[i] = i == 1 ? 46 : 48 }
        out += 2 - pointAt + digitCount
        digits(&rest, digitCount, endingAt: out)
      } else {
        // 1.2e-7
        exponent = 1 - pointAt
        if digitCount > 1 {
          digits(&rest, digitCount - 1, endingAt: out + digitCount + 1)
          out[1] = 46
        }
        digits(&rest, 1, endingAt: out + 1)
        out += digitCount > 1 ? digitCount + 1 : 1
        out[0] = 101
        out[1] = 45
        out += 2
        var exponentRest = UInt64(exponent)
        let exponentDigitCount = exponent < 10 ? 1 : 2
        digits(&exponentRest, exponentDigitCount, endingAt: out + exponentDigitCount)
        out += exponentDigitCount
      }
      return out - start
    }
  }

  /// Writes the last `count` digits of `rest` backwards and takes them off it.
  @inline(__always)
  private func digits(_ rest: inout UInt64, _ count: Int, endingAt end: UnsafeMutablePointer<UInt8>) {
    var at = end
    for _ in 0..<count {
      at -= 1
      at.pointee = 48 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}

extension ExactDecimal: CustomStringConvertible {
  public var description: String {
    guard isPresent else { return "absent" }
    var sink = ByteSink(capacity: 32)
    write(to: &sink)
    return sink.text()
  }
}
