import Testing

@testable import KeptFormat

@Suite struct ExactDecimalTests {
  /// Numbers and how RFC 8785 lays them out, as far as 18 digits go (appendix B, and the limits around them).
  @Test(arguments: [
    ("0", "0"), ("-0", "0"), ("-0.0", "0"), ("0e99999999999999999999", "0"), ("0.000", "0"), ("1", "1"), ("-1", "-1"),
    ("10", "10"), ("100.00", "100"), ("4.50", "4.5"), ("2e-3", "0.002"),
    ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1.5E-7", "1.5e-7"), ("0.000000000000000001", "1e-18"),
    ("9.99e-16", "9.99e-16"), ("-0.0000033333333333", "-0.0000033333333333"),
    ("333333333.33333329", "333333333.33333329"),
    ("1e17", "100000000000000000"), ("1E+2", "100"), ("1.0000000000000000000000000000000000000000", "1"),
    ("1000000000000000000000000e-24", "1"), ("123456789012345678e-18", "0.123456789012345678"),
    ("0.00000000000000000000000000000001e32", "1"), ("999999999999999999", "999999999999999999"),
    ("-999999999999999999", "-999999999999999999"), ("0.999999999999999999", "0.999999999999999999"),
    ("99999999.9999999999", "99999999.9999999999"), ("123456789.0123456780", "123456789.012345678"),
    ("-1.25e1", "-12.5"), ("12.5e0", "12.5"), ("5e-18", "5e-18"), ("120e-18", "1.2e-16"),
  ]) func `a number prints as RFC 8785 lays it out`(text: String, expected: String) throws {
    let value = try ExactDecimal(parsing: text)
    #expect("\(value)" == expected)
    #expect(try ExactDecimal(parsing: expected) == value)
  }

  @Test(arguments: [
    "1e400", "-1e400", "1e18", "1000000000000000000", "1234567890123456789", "0.1234567890123456789", "1e-19",
    "12345678901.23456789", "1e99999999999999999999999", "1e-99999999999999999999999", "18446744073709551616",
    "99999999999999999999999999999999", "123456789012345678e1", "1.5e-18",
  ]) func `a number that needs more than 18 digits is out of range`(text: String) {
    #expect(throws: ExactDecimal.Failure.outOfRange) { try ExactDecimal(parsing: text) }
  }

  @Test(arguments: [
    "", "-", "+1", "01", "-01", "00", "1.", ".5", "1.e5", "1e", "1e+", "0x1", "1 ", " 1", "1,5", "NaN", "Infinity",
    "1.5.2",
    "1e5.5", "--1", "1_000", "\u{0661}",
  ]) func `what is no JSON number is malformed`(text: String) {
    #expect(throws: ExactDecimal.Failure.malformed) { try ExactDecimal(parsing: text) }
  }

  @Test func `a scanner's cursor stops behind the number, and stays where it was on a failure`() throws {
    try Array("12.50,1e400".utf8).withUnsafeBufferPointer { (bytes) throws in
      var cursor = bytes.baseAddress!
      let end = cursor + bytes.count
      #expect(try ExactDecimal.parse(at: &cursor, end: end) == ExactDecimal(mantissa: 125, scale: 1))
      #expect(cursor == bytes.baseAddress! + 5)
      cursor += 1
      let before = cursor
      #expect(throws: ExactDecimal.Failure.outOfRange) { try ExactDecimal.parse(at: &cursor, end: end) }
      #expect(cursor == before)
    }
  }

  /// Strips and shifts a string of digits: slow, and plainly right.
  static func plainLayout(_ mantissa: Int64, _ scale: Int) -> String {
    if mantissa == 0 { return "0" }
    var digits = String(mantissa.magnitude)
    var scale = scale
    while scale > 0, digits.last == "0" {
      digits.removeLast()
      scale -= 1
    }
    let sign = mantissa < 0 ? "-" : ""
    if scale == 0 { return sign + digits }
    if digits.count - scale <= -6 {
      let fraction = digits.dropFirst()
      return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e-\(scale - digits.count + 1)"
    }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    return sign + padded.dropLast(scale) + "." + padded.suffix(scale)
  }

  @Test func `random numbers print as the plain layout and read back`() throws {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    for _ in 0..<1000 {
      let digitCount = Int.random(in: 0...18, using: &generator)
      let limit = Int64(powersOfTen(digitCount)) - 1
      let mantissa = Int64.random(in: -limit...limit, using: &generator)
      let scale = Int.random(in: 0...18, using: &generator)
      let value = try #require(ExactDecimal(canonicalizing: mantissa, scale: scale))
      let text = Self.plainLayout(mantissa, scale)
      #expect("\(value)" == text, "\(generator)")
      #expect(try ExactDecimal(parsing: text) == value, "\(generator)")
      #expect(try ExactDecimal(parsing: "\(mantissa)e-\(scale)") == value, "\(generator)")
    }
  }

  @Test(arguments: [
    ("1.5", 1_500_000 as Int64?), ("-0.0000005", 0), ("0.0000015", 2), ("0.0000025", 2), ("0.00000250000001", 3),
    ("-0.0000035", -4), ("0.00000049999999", 0), ("9223372036854", 9_223_372_036_854_000_000),
    ("9223372036855", nil), ("-999999999999999999", nil), ("9223372036854.77579", 9_223_372_036_854_775_790),
  ]) func `micros are rounded to the nearest, ties to even, and nil beyond 64 bits`(text: String, micros: Int64?) throws
  {
    #expect(try ExactDecimal(parsing: text).micros == micros)
  }

  @Test func `sums and products are exact or nil`() throws {
    func number(_ text: String) throws -> ExactDecimal { try ExactDecimal(parsing: text) }
    #expect(try number("0.1").adding(number("0.2")) == number("0.3"))
    #expect(try number("1.5").adding(number("-1.5")) == number("0"))
    #expect(try number("999999999999999999").adding(number("1")) == nil)
    #expect(try number("999999999999999999").adding(number("0.1")) == nil)
    #expect(try number("999999999999999999").adding(number("-999999999999999999")) == number("0"))
    #expect(try number("3").multiplied(by: number("19.99")) == number("59.97"))
    #expect(try number("-2.5").multiplied(by: number("4")) == number("-10"))
    #expect(try number("1000000000").multiplied(by: number("1000000000")) == nil)
    #expect(try number("0.0000000001").multiplied(by: number("0.0000000001")) == nil)
    #expect(try number("0.0000000005").multiplied(by: number("2000000000")) == number("1"))
  }

  @Test func `the canonical form drops trailing zeros and refuses what is out of range`() {
    #expect(ExactDecimal(canonicalizing: 1500, scale: 2) == ExactDecimal(15))
    #expect(ExactDecimal(canonicalizing: 0, scale: 200) == ExactDecimal(0))
    #expect(ExactDecimal(canonicalizing: 10, scale: 19) == ExactDecimal(mantissa: 1, scale: 18))
    #expect(ExactDecimal(canonicalizing: 1, scale: 19) == nil)
    #expect(ExactDecimal(canonicalizing: 1, scale: -1) == nil)
    #expect(ExactDecimal(canonicalizing: .min, scale: 0) == nil)
    #expect(ExactDecimal(canonicalizing: 1_000_000_000_000_000_000, scale: 0) == nil)
  }
}
