/// The rule behind a TZif file's last transition, in the form of POSIX's TZ variable: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixRule: Equatable {
  /// Local clock minus UTC, in seconds (POSIX writes it the other way round).
  var standardOffset: Int64
  /// Nil where the clock is never changed.
  var summer: Summer?

  struct Summer: Equatable {
    var offset: Int64
    var start: Day
    var end: Day
  }

  struct Day: Equatable {
    enum Form: Equatable {
      /// `Jn`: 1 ... 365, 29 February is never counted.
      case withoutLeapDay(Int)
      /// `n`: 0 ... 365.
      case dayOfYear(Int)
      /// `Mm.w.d`: the w-th (5: last) weekday d (0: Sunday) of month m.
      case weekday(month: Int, week: Int, day: Int)
    }
    var form: Form
    /// Seconds after local midnight; -167 h ... 167 h.
    var time: Int64

    /// Seconds since 1970-01-01T00:00 on the local clock before the change.
    func localSeconds(year: Int) -> Int64 {
      let newYear = CivilDate(year: year, month: 1, day: 1).dayNumber
      let dayNumber: Int
      switch form {
      case .withoutLeapDay(let day):
        dayNumber = newYear + day - 1 + (day > 59 && CivilDate.isLeapYear(year) ? 1 : 0)
      case .dayOfYear(let day):
        dayNumber = newYear + day
      case .weekday(let month, let week, let day):
        let first = CivilDate(year: year, month: month, day: 1).dayNumber
        // 1970-01-01 was a Thursday (4).
        let firstWeekday = ((first + 4) % 7 + 7) % 7
        var dayOfMonth = (day - firstWeekday + 7) % 7 + 7 * (week - 1)
        if dayOfMonth >= CivilDate.dayCount(ofMonth: month, year: year) { dayOfMonth -= 7 }
        dayNumber = first + dayOfMonth
      }
      return Int64(dayNumber) * 86_400 + time
    }
  }

  /// The changes of the clock in these years, ascending: from when, and to which offset.
  func changes(years: ClosedRange<Int>) -> [(start: Int64, offset: Int64)] {
    guard let summer else { return [] }
    var changes: [(start: Int64, offset: Int64)] = []
    for year in years {
      changes.append((summer.start.localSeconds(year: year) - standardOffset, summer.offset))
      changes.append((summer.end.localSeconds(year: year) - summer.offset, standardOffset))
    }
    changes.sort { ($0.start, $0.offset) < ($1.start, $1.offset) }
    // Summer time all year is written as an end and a start at the same moment: the later entry, summer, holds.
    return changes.indices.filter { $0 + 1 == changes.count || changes[$0].start < changes[$0 + 1].start }
      .map { changes[$0] }
  }

  /// Nil where `text` is not such a rule.
  init?(_ text: [UInt8]) {
    var parser = Parser(text: text[...])
    guard parser.name(), let standard = parser.time(hoursMax: 24) else { return nil }
    standardOffset = -standard
    if parser.text.isEmpty { return }
    guard parser.name() else { return nil }
    var summerOffset = standardOffset + 3600
    if let first = parser.text.first, first != 44 {
      guard let written = parser.time(hoursMax: 24) else { return nil }
      summerOffset = -written
    }
    guard let start = parser.day(), let end = parser.day(), parser.text.isEmpty else { return nil }
    summer = Summer(offset: summerOffset, start: start, end: end)
  }

  private struct Parser {
    var text: ArraySlice<UInt8>

    mutating func take(_ character: UInt8) -> Bool {
      guard text.first == character else { return false }
      text.removeFirst()
      return true
    }

    mutating func number(atMost limit: Int) -> Int? {
      let digits = text.prefix(4).prefix { $0 &- 48 < 10 }
      guard !digits.isEmpty else { return nil }
      text.removeFirst(digits.count)
      let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
      return value <= limit ? value : nil
    }

    /// At least three letters, or anything in angle brackets.
    mutating func name() -> Bool {
      if take(60) {
        guard let end = text.firstIndex(of: 62) else { return false }
        text = text[(end + 1)...]
        return true
      }
      let letters = text.prefix { ($0 | 0x20) &- 97 < 26 }
      text.removeFirst(letters.count)
      return letters.count >= 3
    }

    /// `[+|-]hh[:mm[:ss]]` in seconds.
    mutating func time(hoursMax: Int) -> Int64? {
      let isNegative = take(45)
      if !isNegative { _ = take(43) }
      guard let hours = number(atMost: hoursMax) else { return nil }
      var seconds = hours * 3600
      if take(58) {
        guard let minutes = number(atMost: 59) else { return nil }
        seconds += minutes * 60
        if take(58) {
          guard let rest = number(atMost: 59) else { return nil }
          seconds += rest
        }
      }
      return Int64(isNegative ? -seconds : seconds)
    }

    /// `,Mm.w.d`, `,Jn` or `,n`, perhaps with `/time`; 02:00 without.
    mutating func day() -> Day? {
      guard take(44) else { return nil }
      let form: Day.Form
      if take(77) {
        guard let month = number(atMost: 12), month >= 1, take(46), let week = number(atMost: 5), week >= 1, take(46),
          let day = number(atMost: 6)
        else { return nil }
        form = .weekday(month: month, week: week, day: day)
      } else if take(74) {
        guard let day = number(atMost: 365), day >= 1 else { return nil }
        form = .withoutLeapDay(day)
      } else {
        guard let day = number(atMost: 365) else { return nil }
        form = .dayOfYear(day)
      }
      guard take(47) else { return Day(form: form, time: 7200) }
      guard let time = time(hoursMax: 167) else { return nil }
      return Day(form: form, time: time)
    }
  }
}
