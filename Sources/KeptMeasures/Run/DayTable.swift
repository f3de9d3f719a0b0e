import KeptFormat

/// The local days of a replay, from its first touch to the as-of instant, with the month of each as an array: what a
/// touch needs to find its day, week and month at the cost of a division and a load.
final class DayTable: Sendable {
  let calendar: LocalCalendar
  /// Days since 1970-01-01 of the first day, and how many there are.
  let low: Int
  let count: Int
  private nonisolated(unsafe) let monthOf: UnsafeMutablePointer<Int32>

  init(calendar: LocalCalendar, from earliest: Instant, through latest: Instant) {
    self.calendar = calendar
    low = Int(calendar.dayIndex(of: min(earliest, latest)))
    count = Int(calendar.dayIndex(of: latest)) - low + 1
    monthOf = .allocate(capacity: count)
    for index in 0..<count { monthOf[index] = calendar.monthIndex(ofDay: Int32(low + index)) }
  }

  deinit { monthOf.deallocate() }

  /// By day of the table: its month, 12 · year + month.
  var months: UnsafePointer<Int32> { UnsafePointer(monthOf) }

  /// Days since 1970-01-01 of the local date at `instant`.
  func day(of instant: Instant) -> Int { Int(calendar.dayIndex(of: instant)) }
  func start(ofDay day: Int) -> Instant { calendar.dayStart(Int32(day)) }

  func bucket(_ grain: Grain, ofDay day: Int) -> Int {
    switch grain {
    case .day: day
    case .week: Int(calendar.weekIndex(ofDay: Int32(day)))
    case .month: Int(calendar.monthIndex(ofDay: Int32(day)))
    }
  }

  func bucket(_ grain: Grain, of instant: Instant) -> Int { bucket(grain, ofDay: day(of: instant)) }

  /// The first day of a bucket, in days since 1970-01-01.
  func firstDay(_ grain: Grain, _ bucket: Int) -> Int {
    switch grain {
    case .day: bucket
    case .week: Int(calendar.firstDay(ofWeek: Int32(bucket)))
    case .month: Int(calendar.firstDay(ofMonth: Int32(bucket)))
    }
  }

  func start(_ grain: Grain, _ bucket: Int) -> Instant { start(ofDay: firstDay(grain, bucket)) }

  /// Where a bucket ends: the instant at which the next one begins.
  func end(_ grain: Grain, _ bucket: Int) -> Instant { start(grain, bucket + 1) }
}
