import KeptFormat

/// The buckets of a chunk in which a life was active: found once, for all grids that count the same activity by the same
/// grain.
final class ActiveBuckets {
  let mask: UInt8
  let grain: Grain
  /// Days of the day table, weeks or months, ascending, each once, and the first active row of each.
  let buckets: UnsafeMutablePointer<Int32>
  let rows: UnsafeMutablePointer<UInt16>
  private(set) var count = 0
  private let dayTable: DayTable

  init(mask: UInt8, grain: Grain, dayTable: DayTable) {
    self.mask = mask
    self.grain = grain
    self.dayTable = dayTable
    buckets = .allocate(capacity: Chunk.capacity + 1)
    rows = .allocate(capacity: Chunk.capacity + 1)
  }

  deinit {
    buckets.deallocate()
    rows.deallocate()
  }

  func find(_ chunk: borrowing Chunk) {
    let (days, months) = (chunk.days, chunk.months)
    switch grain {
    case .month: count = find(chunk) { months[$0] }
    case .day: count = find(chunk) { days[$0] }
    case .week:
      let low = Int32(truncatingIfNeeded: dayTable.low)
      let calendar = dayTable.calendar
      count = find(chunk) { calendar.weekIndex(ofDay: low &+ days[$0]) }
    }
  }

  /// Without branches: whether a touch begins another bucket cannot be predicted.
  @inline(__always)
  private func find(_ chunk: borrowing Chunk, _ bucketOf: (Int) -> Int32) -> Int {
    let (activity, mask, buckets, rows) = (chunk.activity, mask, buckets, rows)
    var last = Int32.min
    var found = 0
    for row in 0..<chunk.count {
      let bucket = bucketOf(row)
      let isNew = activity[row] & mask != 0 && bucket != last
      buckets[found] = bucket
      rows[found] = UInt16(truncatingIfNeeded: row)
      found &+= isNew ? 1 : 0
      last = isNew ? bucket : last
    }
    return found
  }
}

/// The active buckets that the grids of a fold ask for, one of each sort.
final class ActiveBucketSet {
  private(set) var all: [ActiveBuckets] = []
  private let dayTable: DayTable

  init(dayTable: DayTable) { self.dayTable = dayTable }

  func of(_ mask: UInt8, _ grain: Grain) -> ActiveBuckets {
    if let known = all.first(where: { $0.mask == mask && $0.grain == grain }) { return known }
    all.append(ActiveBuckets(mask: mask, grain: grain, dayTable: dayTable))
    return all.last!
  }

  func find(_ chunk: borrowing Chunk) { for buckets in all { buckets.find(chunk) } }
}
