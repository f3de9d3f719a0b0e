public enum Weekday: Int, Sendable, CaseIterable {
  case monday = 0
  case tuesday, wednesday, thursday, friday, saturday, sunday

  /// As settings and options spell it: `monday`.
  public var name: String { "\(self)" }

  public init?(name: String) {
    guard let day = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = day
  }
}

/// The calendar of the business: days, weeks and months in its zone (metrics.md 3.0).
///
/// A day is the local date, so it has 23 or 25 hours where the clock changes, and none where a date was left out
/// (2011-12-30 in Apia). Indices are contiguous integers:
///
/// - day: days since 1970-01-01;
/// - week: 0 is the week that holds 1970-01-01;
/// - month: 12 · year + month, month 1 ... 12.
public struct LocalCalendar: Sendable, Equatable {
  public let zone: Zone
  public let weekStart: Weekday
  /// The first day of week 0: -6 ... 0.
  @usableFromInline let weekZero: Int32

  public init(zone: Zone, weekStart: Weekday = .monday) {
    self.zone = zone
    self.weekStart = weekStart
    weekZero = Int32(-((Weekday.thursday.rawValue - weekStart.rawValue + 7) % 7))
  }

  /// The local date of an instant. In an inner loop use a `Cursor`.
  public func dayIndex(of instant: Instant) -> Int32 {
    Self.dayIndex(instant, offset: zone.span(at: instant).offset)
  }

  /// The first instant at which it is that date, or a later one where the date was left out.
  public func dayStart(_ day: Int32) -> Instant { zone.firstInstant(showing: Int64(day) &* Self.microsecondsPerDay) }

  @inlinable public func weekIndex(ofDay day: Int32) -> Int32 {
    let days = day &- weekZero
    return (days >= 0 ? days : days &- 6) / 7
  }

  /// The first day of a week.
  @inlinable public func firstDay(ofWeek week: Int32) -> Int32 { week &* 7 &+ weekZero }

  @inlinable public func monthIndex(ofDay day: Int32) -> Int32 {
    let date = CivilDate(dayNumber: Int(day))
    return Int32(truncatingIfNeeded: 12 &* date.year &+ date.month)
  }

  /// The first day of a month.
  @inlinable public func firstDay(ofMonth month: Int32) -> Int32 {
    let monthsFromZero = Int(month) - 1
    let year = (monthsFromZero >= 0 ? monthsFromZero : monthsFromZero - 11) / 12
    return Int32(
      truncatingIfNeeded: CivilDate(year: year, month: monthsFromZero - 12 * year + 1, day: 1).dayNumber)
  }

  public func cursor() -> Cursor { Cursor(self) }

  @usableFromInline static var microsecondsPerDay: Int64 { 86_400_000_000 }

  @inlinable @inline(__always)
  static func dayIndex(_ instant: Instant, offset: Int64) -> Int32 {
    let local = instant &+ offset
    return Int32(
      truncatingIfNeeded: (local >= 0 ? local : local &- (microsecondsPerDay - 1)) / microsecondsPerDay)
  }

  /// Answers for instants one after another; remembers the stretch without a change of the clock that the last one was
  /// in, so that ascending instants cost a comparison and a division.
  @frozen
  public struct Cursor: Sendable {
    @usableFromInline let calendar: LocalCalendar
    @usableFromInline var span: Zone.Span
    // The month of the last question about months, as days.
    @usableFromInline var monthLower: Int32 = 0
    @usableFromInline var monthUpper: Int32 = 0
    @usableFromInline var month: Int32 = 0

    @usableFromInline init(_ calendar: LocalCalendar) {
      self.calendar = calendar
      span = calendar.zone.span(at: 0)
    }

    @inlinable @inline(__always)
    public mutating func dayIndex(of instant: Instant) -> Int32 {
      if instant < span.lower || instant >= span.upper { span = calendar.zone.span(at: instant) }
      return LocalCalendar.dayIndex(instant, offset: span.offset)
    }

    @inlinable @inline(__always)
    public mutating func weekIndex(of instant: Instant) -> Int32 { calendar.weekIndex(ofDay: dayIndex(of: instant)) }

    @inlinable @inline(__always)
    public mutating func monthIndex(of instant: Instant) -> Int32 {
      let day = dayIndex(of: instant)
      if day < monthLower || day >= monthUpper { findMonth(of: day) }
      return month
    }

    @usableFromInline mutating func findMonth(of day: Int32) {
      month = calendar.monthIndex(ofDay: day)
      monthLower = calendar.firstDay(ofMonth: month)
      monthUpper = calendar.firstDay(ofMonth: month + 1)
    }
  }
}
