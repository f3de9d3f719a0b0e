import KeptFormat

/// Business time between two instants: the part of it that lies in business hours, in the business zone.
struct BusinessClock {
  let hours: BusinessHours
  let dayTable: DayTable

  /// The business time of a whole business day.
  var dayLength: Int64 { Int64(hours.toMinute - hours.fromMinute) * 60_000_000 }

  /// Never counts further than just beyond `limit`, so that a wait of years costs no more than one of days.
  func duration(from start: Instant, to end: Instant, atMost limit: Int64) -> Int64 {
    var total: Int64 = 0
    var day = dayTable.day(of: start)
    while total <= limit, dayTable.start(ofDay: day) < end {
      if let (opens, closes) = open(on: day) { total += max(0, min(closes, end) - max(opens, start)) }
      day += 1
    }
    return total
  }

  /// The first instant by which so much business time has passed; nil where there is none within `daysMax` days.
  func instant(after span: Int64, from start: Instant, daysMax: Int = 1000) -> Instant? {
    var left = span
    let first = dayTable.day(of: start)
    for day in first..<first + daysMax {
      guard let (opens, closes) = open(on: day), closes > start else { continue }
      let from = max(opens, start)
      if closes - from >= left { return from + left }
      left -= closes - from
    }
    return nil
  }

  /// From when to when a day is open, if it is a business day.
  private func open(on day: Int) -> (Instant, Instant)? {
    // 1970-01-01 was a Thursday; 1 = Monday.
    guard hours.days.contains(((day + 3) % 7 + 7) % 7 + 1) else { return nil }
    // Clocks change at night: counted from the end of the day, the hours of the day are right on those days too.
    let midnight = dayTable.start(ofDay: day + 1)
    return (midnight - Int64(1440 - hours.fromMinute) * 60_000_000, midnight - Int64(1440 - hours.toMinute) * 60_000_000)
  }
}
