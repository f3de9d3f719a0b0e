/// A day of the proleptic Gregorian calendar, without a time zone: zones turn instants into days, not this.
@frozen
public struct CivilDate: Hashable, Sendable {
  public var year: Int
  /// 1 ... 12
  public var month: Int
  /// 1 ... 31
  public var day: Int

  @inlinable public init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  // Years are counted from March, so that the leap day comes last, and from 400 · 2^20 years before year 0, so that
  // nothing is negative (Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms",
  // 2022; the arithmetic is theirs).
  @inlinable static var erasBeforeZero: Int { 1 << 20 }
  @inlinable static var daysBefore1970: Int { erasBeforeZero &* 146_097 &+ 719_468 }

  /// The date `dayNumber` days after 1970-01-01, for any day within ±400 million years.
  @inlinable public init(dayNumber: Int) {
    let n1 = UInt64(truncatingIfNeeded: dayNumber &+ Self.daysBefore1970) &* 4 &+ 3
    let century = n1 / 146_097
    let n2 = (n1 % 146_097) | 3
    let p2 = n2 &* 2_939_745
    let dayOfYear = (p2 & 0xffff_ffff) / 2_939_745 / 4
    let n3 = dayOfYear &* 2141 &+ 197_913
    let isNextYear = dayOfYear >= 306
    let marchYear = Int(truncatingIfNeeded: century &* 100 &+ p2 >> 32) &- Self.erasBeforeZero &* 400
    year = isNextYear ? marchYear &+ 1 : marchYear
    month = Int(truncatingIfNeeded: n3 >> 16) &- (isNextYear ? 12 : 0)
    day = Int(truncatingIfNeeded: (n3 & 0xffff) / 2141) &+ 1
  }

  /// Days since 1970-01-01.
  @inlinable public var dayNumber: Int {
    let isNextYear = month <= 2
    let years = UInt64(truncatingIfNeeded: year &+ Self.erasBeforeZero &* 400 &- (isNextYear ? 1 : 0))
    let months = UInt64(truncatingIfNeeded: isNextYear ? month &+ 12 : month)
    let century = years / 100
    let yearDays = years &* 1461 / 4 &- century &+ century / 4
    let days = yearDays &+ (979 &* months &- 2919) / 32
    return Int(truncatingIfNeeded: days) &+ day &- 1 &- Self.daysBefore1970
  }

  @inlinable public static func isLeapYear(_ year: Int) -> Bool {
    year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  @inlinable public static func dayCount(ofMonth month: Int, year: Int) -> Int {
    month == 2 ? (isLeapYear(year) ? 29 : 28) : 30 &+ (month &+ month >> 3) & 1
  }

  /// Whether there is such a day.
  @inlinable public var isValid: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= Self.dayCount(ofMonth: month, year: year)
  }

  /// `2024-03-31`. The year must be 0 ... 9999.
  public func write(to sink: inout ByteSink) {
    precondition(year >= 0 && year <= 9999, "year \(year) has no four digits")
    sink.write(atMost: 10) { out in
      writeTwoDigits(year / 100, to: out)
      writeTwoDigits(year % 100, to: out + 2)
      out[4] = 45
      writeTwoDigits(month, to: out + 5)
      out[7] = 45
      writeTwoDigits(day, to: out + 8)
      return 10
    }
  }
}

extension CivilDate: CustomStringConvertible {
  public var description: String {
    guard year >= 0 && year <= 9999 else { return "year \(year), month \(month), day \(day)" }
    var sink = ByteSink(capacity: 32)
    write(to: &sink)
    return sink.text()
  }
}

/// Writes 0 ... 99 as two digits.
@inlinable @inline(__always)
func writeTwoDigits(_ value: Int, to out: UnsafeMutablePointer<UInt8>) {
  let tens = (value &* 103) &>> 10
  let digits = UInt16(truncatingIfNeeded: tens | (value &- 10 &* tens) &<< 8) | 0x3030
  UnsafeMutableRawPointer(out).storeBytes(of: digits.littleEndian, as: UInt16.self)
}
