/// A decimal number without rounding: `mantissa` / 10^`scale`.
///
/// Range: |mantissa| < 10^18, 0 ≤ scale ≤ 18. Canonical: no trailing zero in a fraction, zero has scale 0, so that equal
/// numbers have equal members. `absent` stands for "no number".
@frozen
public struct ExactDecimal: Sendable, Hashable {
  public var mantissa: Int64
  public var scale: UInt8

  /// Takes the members as they are; the caller owes the canonical form (see `init(canonicalizing:scale:)`).
  @inlinable public init(mantissa: Int64, scale: UInt8) {
    self.mantissa = mantissa
    self.scale = scale
  }

  @inlinable public init(_ integer: Int64) { self.init(mantissa: integer, scale: 0) }

  @inlinable public static var absent: ExactDecimal { ExactDecimal(mantissa: 0, scale: .max) }
  @inlinable public var isPresent: Bool { scale != .max }
  @inlinable public var isAbsent: Bool { scale == .max }
}
