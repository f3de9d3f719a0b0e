import KeptFormat

/// Texts as values, and the limits of values.
enum Numbers {
  static let millionthsPerUnit: Int64 = 1_000_000
  /// A decimal has at most 18 digits.
  static let millionthsMax: Int64 = 999_999_999_999_999_999
  static let microsecondsPerDay: Int64 = 86_400_000_000
  /// 0001-01-01 to 9999-12-31: days that can be written with four digits of a year.
  static let days: ClosedRange<Int> =
    CivilDate(year: 1, month: 1, day: 1).dayNumber...CivilDate(year: 9999, month: 12, day: 31).dayNumber
  static let instants: ClosedRange<Int64> =
    Int64(days.lowerBound) * microsecondsPerDay...Int64(days.upperBound) * microsecondsPerDay + microsecondsPerDay - 1

  /// `-12.5` in millionths; nil where it is no such number, or has more than six places or 18 digits.
  static func millionths(_ text: String) -> Int64? {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }),
      parts.contains(where: { !$0.isEmpty })
    else { return nil }
    var fraction = parts.count == 2 ? parts[1] : ""
    while fraction.last == "0" { fraction = fraction.dropLast() }
    guard fraction.count <= 6 else { return nil }
    let joined = whole + fraction + String(repeating: "0", count: 6 - fraction.count)
    guard let value = Int64(joined), value <= millionthsMax else { return nil }
    return isNegative ? -value : value
  }

  /// A text as a value of a type, as CAST reads it; nil where it is none.
  static func literal(_ text: String, as type: QueryType) -> Literal? {
    let text = trimmed(text)
    switch type {
    case .null: return nil
    case .string: return .string(text)
    case .boolean:
      switch text.lowercased() {
      case "true", "t", "yes", "y", "1": return .boolean(true)
      case "false", "f", "no", "n", "0": return .boolean(false)
      default: return nil
      }
    case .integer:
      if let integer = Int64(text) { return .integer(integer) }
      return finite(text).flatMap { Int64(exactly: $0.rounded(.toNearestOrAwayFromZero)) }.map { .integer($0) }
    case .decimal:
      if let value = millionths(text) { return .decimal(millionths: value) }
      return finite(text).flatMap { decimal($0) }.map { .decimal(millionths: $0) }
    case .double: return finite(text).map { .double($0) }
    case .date: return day(text).map { .date($0) }
    case .timestamp: return instant(text).map { .timestamp($0) }
    case .interval: return CalendarInterval(text).map { .interval($0) }
    }
  }

  static func example(of type: QueryType) -> String {
    switch type {
    case .date: "DATE '2024-03-31' is one."
    case .timestamp: "TIMESTAMP '2024-03-31 09:05:00' is one; it is read as UTC."
    default: ""
    }
  }

  /// In millionths, rounded; nil where 18 digits do not hold it.
  static func decimal(_ value: Double) -> Int64? {
    let scaled = (value * Double(millionthsPerUnit)).rounded(.toNearestOrAwayFromZero)
    guard scaled.magnitude <= Double(millionthsMax) else { return nil }
    return Int64(scaled)
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }

  /// Digits, a point, an exponent; not the words and hexadecimals that `Double` reads too.
  private static func finite(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text), value.isFinite else {
      return nil
    }
    return value
  }

  private static func day(_ text: String) -> Int32? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, (1...2).contains(parts[1].count), (1...2).contains(parts[2].count),
      let year = UInt16(parts[0]), let month = UInt8(parts[1]), let day = UInt8(parts[2]), year > 0
    else { return nil }
    let date = CivilDate(year: Int(year), month: Int(month), day: Int(day))
    return date.isValid ? Int32(date.dayNumber) : nil
  }

  /// `2024-03-31`, `2024-03-31 09:05`, `2024-03-31T09:05:00.5Z`, `… +02:00`.
  private static func instant(_ text: String) -> Int64? {
    let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == " " || $0 == "T" }
    guard let date = parts.first.flatMap({ day(String($0)) }) else { return nil }
    let midnight = Int64(date) * microsecondsPerDay
    guard parts.count == 2 else { return midnight }
    var time = parts[1]
    var offsetMinutes: Int64 = 0
    if time.last == "Z" {
      time = time.dropLast()
    } else if let sign = time.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      let zone = time[time.index(after: sign)...].split(separator: ":", omittingEmptySubsequences: false)
      guard (1...2).contains(zone.count), let hours = zone.first.flatMap({ UInt8($0) }), hours <= 15,
        let minutes = zone.count == 2 ? UInt8(zone[1]) : 0, minutes < 60
      else { return nil }
      offsetMinutes = (Int64(hours) * 60 + Int64(minutes)) * (time[sign] == "-" ? -1 : 1)
      time = time[..<sign]
    }
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(clock.count), let hour = UInt8(clock[0]), hour < 24, let minute = UInt8(clock[1]), minute < 60,
      let seconds = clock.count == 3 ? millionths(String(clock[2])) : 0, seconds >= 0, seconds < 60 * millionthsPerUnit
    else { return nil }
    let minutes = Int64(hour) * 60 + Int64(minute) - offsetMinutes
    let instant = midnight + minutes * 60 * millionthsPerUnit + seconds
    return instants.contains(instant) ? instant : nil
  }
}

/// Months and days, whose lengths differ, and microseconds.
struct CalendarInterval: Equatable, Sendable {
  var months = 0
  var days = 0
  var microseconds: Int64 = 0

  private static let countMax = 10_000_000

  /// `3 months`, `1 year 6 months`, `-90 days`.
  init?(_ text: String) {
    let words = text.lowercased().split(separator: " ")
    guard !words.isEmpty, words.count % 2 == 0 else { return nil }
    for index in stride(from: 0, to: words.count, by: 2) {
      guard let count = Int(words[index]), count.magnitude <= Self.countMax else { return nil }
      switch words[index + 1].last == "s" ? words[index + 1].dropLast() : words[index + 1] {
      case "year": months += count * 12
      case "quarter": months += count * 3
      case "month": months += count
      case "week": days += count * 7
      case "day": days += count
      case "hour": microseconds += Int64(count) * 3_600_000_000
      case "minute": microseconds += Int64(count) * 60_000_000
      case "second": microseconds += Int64(count) * 1_000_000
      default: return nil
      }
    }
  }

  prefix static func - (interval: CalendarInterval) -> CalendarInterval {
    var result = interval
    result.months.negate()
    result.days.negate()
    result.microseconds.negate()
    return result
  }

  /// Months first, to the last day of a shorter month, then days, then the rest; nil beyond the years 1 to 9999.
  func added(to instant: Int64) -> Int64? {
    let day = CalendarUnit.day(of: instant)
    let timeOfDay = instant - Int64(day) * Numbers.microsecondsPerDay
    var date = CivilDate(dayNumber: day)
    let month = date.year * 12 + date.month - 1 + months
    let year = month.quotient(flooringBy: 12)
    guard year >= 1, year <= 9999 else { return nil }
    date.year = year
    date.month = month - year * 12 + 1
    date.day = min(date.day, CivilDate.dayCount(ofMonth: date.month, year: year))
    let sum = Int64(date.dayNumber + days).multipliedReportingOverflow(by: Numbers.microsecondsPerDay)
    let (result, isOver) = sum.partialValue.addingReportingOverflow(timeOfDay)
    let (total, isOverToo) = result.addingReportingOverflow(microseconds)
    guard !sum.overflow, !isOver, !isOverToo, Numbers.instants.contains(total) else { return nil }
    return total
  }
}

extension FixedWidthInteger {
  /// The quotient rounded down; `self / divisor` rounds towards zero.
  func quotient(flooringBy divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
}
