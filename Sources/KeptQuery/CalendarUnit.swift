import KeptFormat

/// Units that days and instants are cut to, counted in, and taken apart into; in UTC.
enum CalendarUnit: String, CaseIterable {
  case year, quarter, month, week, day, hour, minute, second

  /// By a name as it was typed, in singular or plural.
  init?(named name: String) {
    let word = name.lowercased()
    self.init(rawValue: word.hasSuffix("s") ? String(word.dropLast()) : word)
  }

  /// The day, counted from 1970-01-01, that an instant falls on.
  static func day(of instant: Int64) -> Int { Int(instant.quotient(flooringBy: Numbers.microsecondsPerDay)) }

  /// Where the unit that `instant` lies in begins; weeks on Monday.
  func start(of instant: Int64) -> Int64 {
    switch self {
    case .hour: return instant.quotient(flooringBy: 3_600_000_000) * 3_600_000_000
    case .minute: return instant.quotient(flooringBy: 60_000_000) * 60_000_000
    case .second: return instant.quotient(flooringBy: 1_000_000) * 1_000_000
    case .year, .quarter, .month, .week, .day:
      return Int64(startDay(Self.day(of: instant))) * Numbers.microsecondsPerDay
    }
  }

  private func startDay(_ day: Int) -> Int {
    let date = CivilDate(dayNumber: day)
    return switch self {
    case .year: CivilDate(year: date.year, month: 1, day: 1).dayNumber
    case .quarter: CivilDate(year: date.year, month: (date.month - 1) / 3 * 3 + 1, day: 1).dayNumber
    case .month: day - date.day + 1
    // 1970-01-01 was a Thursday.
    case .week: (day + 3).quotient(flooringBy: 7) * 7 - 3
    case .day, .hour, .minute, .second: day
    }
  }

  /// How many boundaries of the unit lie between two instants; of weeks, how many times seven boundaries of days.
  func count(from start: Int64, to end: Int64) -> Int64 {
    self == .week ? CalendarUnit.day.count(from: start, to: end) / 7 : number(end) - number(start)
  }

  /// Numbers the units through.
  private func number(_ instant: Int64) -> Int64 {
    let day = Self.day(of: instant)
    let date = CivilDate(dayNumber: day)
    return switch self {
    case .year: Int64(date.year)
    case .quarter: Int64(date.year * 4 + (date.month - 1) / 3)
    case .month: Int64(date.year * 12 + date.month)
    case .week, .day: Int64(day)
    case .hour: instant.quotient(flooringBy: 3_600_000_000)
    case .minute: instant.quotient(flooringBy: 60_000_000)
    case .second: instant.quotient(flooringBy: 1_000_000)
    }
  }
}

/// What `date_part` gives of a day or an instant.
enum CalendarPart: String, CaseIterable {
  case year, quarter, month, week, day, dow, isodow, doy, hour, minute, second

  init?(named name: String) {
    let word = name.lowercased()
    switch word {
    case "dayofweek", "weekday": self = .dow
    case "dayofyear": self = .doy
    case "weekofyear": self = .week
    case "dayofmonth": self = .day
    default: self.init(rawValue: word.hasSuffix("s") ? String(word.dropLast()) : word)
    }
  }

  func value(of instant: Int64) -> Int64 {
    let day = CalendarUnit.day(of: instant)
    let timeOfDay = instant - Int64(day) * Numbers.microsecondsPerDay
    let date = CivilDate(dayNumber: day)
    // Monday is 0.
    let weekday = (day + 3) - (day + 3).quotient(flooringBy: 7) * 7
    switch self {
    case .year: return Int64(date.year)
    case .quarter: return Int64((date.month + 2) / 3)
    case .month: return Int64(date.month)
    case .day: return Int64(date.day)
    case .dow: return Int64((weekday + 1) % 7)
    case .isodow: return Int64(weekday + 1)
    case .doy: return Int64(day - CivilDate(year: date.year, month: 1, day: 1).dayNumber + 1)
    case .week:
      // ISO 8601: the week belongs to the year of its Thursday.
      let thursday = day - weekday + 3
      let first = CivilDate(year: CivilDate(dayNumber: thursday).year, month: 1, day: 1).dayNumber
      return Int64((thursday - first) / 7 + 1)
    case .hour: return timeOfDay / 3_600_000_000
    case .minute: return timeOfDay / 60_000_000 % 60
    case .second: return timeOfDay / 1_000_000 % 60
    }
  }
}
