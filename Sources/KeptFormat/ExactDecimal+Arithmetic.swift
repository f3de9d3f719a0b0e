extension ExactDecimal {
  /// `mantissa` / 10^`scale` with trailing zeros dropped; nil where that is out of range.
  @inlinable
  public init?(canonicalizing mantissa: Int64, scale: Int) {
    var mantissa = mantissa
    var scale = scale
    while scale > 0, mantissa % 10 == 0, mantissa != 0 {
      mantissa /= 10
      scale -= 1
    }
    if mantissa == 0 { scale = 0 }
    guard scale >= 0, scale <= 18, mantissa.magnitude < Self.mantissaLimit else { return nil }
    self.init(mantissa: mantissa, scale: UInt8(truncatingIfNeeded: scale))
  }

  private init?(canonicalizingWide wide: Int128, scale: Int) {
    var mantissa = wide
    var scale = scale
    while scale > 0, mantissa % 10 == 0, mantissa != 0 {
      mantissa /= 10
      scale -= 1
    }
    guard let narrow = Int64(exactly: mantissa) else { return nil }
    self.init(canonicalizing: narrow, scale: scale)
  }

  /// The number × 10⁶ as an integer, ties to even; nil where that overflows. The number must be present.
  @inlinable
  public var micros: Int64? { scaled(to: 6) }

  /// The number × 10^`places` as an integer, ties to even; nil where that overflows. The number must be present.
  @inlinable
  public func scaled(to places: Int) -> Int64? {
    precondition(isPresent && places >= 0 && places <= 18, "an absent number, or \(places) places")
    if Int(scale) <= places {
      let (product, overflows) = mantissa.multipliedReportingOverflow(
        by: Int64(bitPattern: powersOfTen(places - Int(scale))))
      return overflows ? nil : product
    }
    let unit = Int64(bitPattern: powersOfTen(Int(scale) - places))
    let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: unit)
    let distance = remainder.magnitude
    let half = unit.magnitude / 2
    guard distance > half || (distance == half && quotient & 1 == 1) else { return quotient }
    return quotient + (mantissa < 0 ? -1 : 1)
  }

  /// The exact sum; nil where it is out of range.
  public func adding(_ other: ExactDecimal) -> ExactDecimal? {
    precondition(isPresent && other.isPresent, "absent numbers have no sum")
    let common = max(scale, other.scale)
    // Below 10^36 each, so the sum is inside 128 bits.
    let a = Int128(mantissa) * Int128(powersOfTen(Int(common - scale)))
    let b = Int128(other.mantissa) * Int128(powersOfTen(Int(common - other.scale)))
    return ExactDecimal(canonicalizingWide: a + b, scale: Int(common))
  }

  /// The exact product; nil where it is out of range.
  public func multiplied(by other: ExactDecimal) -> ExactDecimal? {
    precondition(isPresent && other.isPresent, "absent numbers have no product")
    return ExactDecimal(
      canonicalizingWide: Int128(mantissa) * Int128(other.mantissa), scale: Int(scale) + Int(other.scale))
  }
}
