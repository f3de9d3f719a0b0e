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

  /// The date `dayNumber` days after 1970-01-01, for any day within ±100 million years.
  ///
  /// Years are counted from March, in eras of 400, so that the leap day comes last (Howard Hinnant, "chrono-compatible
  /// low-level date algorithms", `civil_from_days`).
  @inlinable public init(dayNumber: Int) {
    let shifted = dayNumber &+ 719_468
    let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
    let dayOfEra = shifted &- era &* 146_097
    let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let marchMonth = (5 &* dayOfYear &+ 2) / 153
    day = dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1
    month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
    year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  @inlinable public var dayNumber: Int {
    let marchYear = month <= 2 ? year &- 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear &- 399) / 400
    let yearOfEra = marchYear &- era &* 400
    let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
    return era &* 146_097 &+ yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear &- 719_468
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

@inline(__always)
func writeTwoDigits(_ value: Int, to out: UnsafeMutablePointer<UInt8>) {
  out[0] = 48 &+ UInt8(truncatingIfNeeded: value / 10)
  out[1] = 48 &+ UInt8(truncatingIfNeeded: value % 10)
}
