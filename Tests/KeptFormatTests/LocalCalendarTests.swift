import Testing

@testable import KeptFormat

@Suite struct LocalCalendarTests {
  static func day(_ year: Int, _ month: Int, _ day: Int) -> Int32 {
    Int32(CivilDate(year: year, month: month, day: day).dayNumber)
  }

  @Test func `civil dates count days as the calendar does`() {
    #expect(CivilDate(dayNumber: 0) == CivilDate(year: 1970, month: 1, day: 1))
    #expect(CivilDate(dayNumber: -719_528) == CivilDate(year: 0, month: 1, day: 1))
    #expect(CivilDate(dayNumber: 2_932_896) == CivilDate(year: 9999, month: 12, day: 31))
    // One whole era of 400 years and a little of its neighbours.
    var date = CivilDate(year: 1590, month: 1, day: 1)
    var mismatches = 0
    for number in date.dayNumber..<CivilDate(year: 2010, month: 1, day: 1).dayNumber {
      if CivilDate(dayNumber: number) != date || date.dayNumber != number || !date.isValid { mismatches += 1 }
      date.day += 1
      if date.day > CivilDate.dayCount(ofMonth: date.month, year: date.year) {
        date.day = 1
        date.month += 1
      }
      if date.month > 12 {
        date.month = 1
        date.year += 1
      }
    }
    #expect(mismatches == 0)
    #expect(date == CivilDate(year: 2010, month: 1, day: 1))
  }

  @Test func `a day has 23 hours in spring, 25 in autumn and 24 otherwise`() throws {
    let berlin = LocalCalendar(zone: try ZoneFixtures.zone("Berlin"))
    func hours(_ day: Int32) -> Int64 { (berlin.dayStart(day + 1) - berlin.dayStart(day)) / 3_600_000_000 }
    #expect(hours(Self.day(2024, 3, 31)) == 23)
    #expect(hours(Self.day(2024, 10, 27)) == 25)
    #expect(hours(Self.day(2024, 7, 1)) == 24)
    #expect(RFC3339.string(berlin.dayStart(Self.day(2024, 3, 31))) == "2024-03-30T23:00:00.000000Z")
    #expect(RFC3339.string(berlin.dayStart(Self.day(2024, 4, 1))) == "2024-03-31T22:00:00.000000Z")
  }

  @Test func `the day Apia left out is empty`() throws {
    let apia = LocalCalendar(zone: try ZoneFixtures.zone("Apia"))
    let missing = Self.day(2011, 12, 30)
    #expect(RFC3339.string(apia.dayStart(missing)) == "2011-12-30T10:00:00.000000Z")
    #expect(apia.dayStart(missing) == apia.dayStart(missing + 1))
    #expect(apia.dayIndex(of: apia.dayStart(missing) - 1) == missing - 1)
    #expect(apia.dayIndex(of: apia.dayStart(missing)) == missing + 1)
  }

  @Test func `a day that begins twice starts at its first beginning, and its instants carry the local date`() throws {
    let stJohns = LocalCalendar(zone: try ZoneFixtures.zone("St_Johns"))
    // 2010-11-07T00:01 became 2010-11-06T23:01.
    let sunday = Self.day(2010, 11, 7)
    #expect(RFC3339.string(stJohns.dayStart(sunday)) == "2010-11-07T02:30:00.000000Z")
    #expect(stJohns.dayIndex(of: try RFC3339.parse("2010-11-07T02:30:30Z")) == sunday)
    #expect(stJohns.dayIndex(of: try RFC3339.parse("2010-11-07T02:31:00Z")) == sunday - 1)
    #expect(stJohns.dayIndex(of: try RFC3339.parse("2010-11-07T03:30:00Z")) == sunday)
  }

  @Test(arguments: ZoneTests.names) func `days start where their date begins`(name: String) throws {
    let calendar = LocalCalendar(zone: try ZoneFixtures.zone(name))
    var mismatches = 0
    for year in [1911, 1945, 1981, 1988, 2010, 2011, 2024, 2038, 2199] {
      var before = calendar.dayStart(Self.day(year, 1, 1) - 1)
      for day in Self.day(year, 1, 1)..<Self.day(year + 1, 1, 1) {
        let start = calendar.dayStart(day)
        let isFirst = calendar.dayIndex(of: start) >= day && calendar.dayIndex(of: start - 1) < day
        if start < before || !isFirst { mismatches += 1 }
        before = start
      }
    }
    #expect(mismatches == 0)
  }

  @Test func `a week starts on the weekday asked for, and week 0 holds 1970-01-01`() {
    for weekday in Weekday.allCases {
      let calendar = LocalCalendar(zone: .utc, weekStart: weekday)
      #expect(calendar.weekIndex(ofDay: 0) == 0)
      for day in Self.day(1900, 1, 1)...Self.day(1900, 3, 1) {
        let week = calendar.weekIndex(ofDay: day)
        let first = calendar.firstDay(ofWeek: week)
        #expect(first <= day && day < first + 7)
        // 1970-01-05 was a Monday.
        #expect(((Int(first) - 4) % 7 + 7) % 7 == weekday.rawValue)
      }
      #expect(Weekday(name: weekday.name) == weekday)
    }
    #expect(Weekday(name: "Monday") == nil)
  }

  @Test func `a month is 12 · year + month`() {
    let calendar = LocalCalendar(zone: .utc)
    #expect(calendar.monthIndex(ofDay: Self.day(2024, 1, 31)) == 12 * 2024 + 1)
    #expect(calendar.monthIndex(ofDay: Self.day(2024, 12, 1)) == 12 * 2024 + 12)
    for month in Int32(-30)...12 * 2200 {
      let first = calendar.firstDay(ofMonth: month)
      #expect(calendar.monthIndex(ofDay: first) == month && calendar.monthIndex(ofDay: first - 1) == month - 1)
    }
  }

  @Test func `a cursor agrees with the calendar, whatever the order of the instants`() throws {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    for name in ZoneTests.names {
      let calendar = LocalCalendar(zone: try ZoneFixtures.zone(name), weekStart: .sunday)
      var cursor = calendar.cursor()
      for _ in 0..<500 {
        let instant = Instant.random(in: RFC3339.lowerLimit..<RFC3339.upperLimit, using: &generator)
        let day = calendar.dayIndex(of: instant)
        #expect(cursor.dayIndex(of: instant) == day, "\(name), \(generator)")
        #expect(cursor.weekIndex(of: instant) == calendar.weekIndex(ofDay: day), "\(name), \(generator)")
        #expect(cursor.monthIndex(of: instant) == calendar.monthIndex(ofDay: day), "\(name), \(generator)")
      }
    }
  }
}
