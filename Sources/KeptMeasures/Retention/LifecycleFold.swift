import KeptFormat

/// Who was new, still here, came back or went quiet, bucket by bucket. Metrics 3.2.
///
/// With A(b) the entities active in bucket b: new, first ever in b; still here, in A(b) and A(b−1); came back, in A(b),
/// not in A(b−1), seen before; gone quiet, in A(b−1), not in A(b). Seen before but in neither: ended where the
/// relationship stood ended at the end of b, else asleep. So |A(b)| = new + still here + came back, and seen before b =
/// still here + came back + gone quiet + asleep + ended.
final class LifecycleFold {
  let grains: [LifecycleGrid]

  init(rules: LifecycleRules, dayTable: DayTable, asOf: Instant, active: ActiveBucketSet) {
    grains = rules.grains.map {
      LifecycleGrid(active: active.of(1 << UInt8(rules.activity), $0), dayTable: dayTable, asOf: asOf)
    }
  }

  func begin() { for grid in grains { grid.begin() } }

  /// - Parameter turns: where within the chunk the relationship ended or began again.
  func apply(_ chunk: borrowing Chunk, _ turns: [RelationshipTurn]) {
    for grid in grains { grid.apply(chunk, turns) }
  }

  func end() { for grid in grains { grid.end() } }
}

final class LifecycleGrid {
  private let active: ActiveBuckets
  private let dayTable: DayTable
  let lowBucket: Int
  let bucketCount: Int
  /// By bucket, `Count.width` numbers.
  private let counts: UnsafeMutablePointer<Int64>

  /// What is counted of a bucket; `ended` as differences to the bucket before.
  enum Count: Int {
    case new, stillHere, cameBack, goneQuiet, endedStep
    static let width = 5
  }

  // The life being folded: buckets relative to `lowBucket`, −1 for none.
  private var lastActive = -1
  private var endedFrom = -1

  var grain: Grain { active.grain }

  init(active: ActiveBuckets, dayTable: DayTable, asOf: Instant) {
    self.active = active
    self.dayTable = dayTable
    let grain = active.grain
    lowBucket = dayTable.bucket(grain, ofDay: dayTable.low)
    bucketCount = max(1, dayTable.bucket(grain, of: asOf) - lowBucket + 1)
    counts = .allocate(capacity: (bucketCount + 1) * Count.width)
    counts.initialize(repeating: 0, count: (bucketCount + 1) * Count.width)
  }

  deinit { counts.deallocate() }

  func count(_ what: Count, _ bucket: Int) -> Int64 { counts[bucket * Count.width + what.rawValue] }

  @inline(__always)
  private func add(_ what: Count, _ bucket: Int, _ number: Int64 = 1) {
    counts[bucket * Count.width + what.rawValue] += number
  }

  func begin() {
    lastActive = -1
    endedFrom = -1
  }

  func apply(_ chunk: borrowing Chunk, _ turns: [RelationshipTurn]) {
    let (buckets, rows, count) = (active.buckets, active.rows, active.count)
    // Where the first bucket stands among those that are counted: days already start there.
    let low = grain == .day ? 0 : Int32(truncatingIfNeeded: lowBucket)
    var place = 0
    for turn in turns {
      while place < count, Int(rows[place]) < turn.row {
        seen(in: Int(buckets[place] &- low))
        place += 1
      }
      take(turn)
    }
    while place < count {
      seen(in: Int(buckets[place] &- low))
      place += 1
    }
  }

  @inline(__always)
  private func seen(in bucket: Int) {
    if bucket == lastActive { return }
    if lastActive < 0 {
      add(.new, bucket)
    } else if bucket == lastActive + 1 {
      add(.stillHere, bucket)
    } else {
      add(.cameBack, bucket)
      add(.goneQuiet, lastActive + 1)
      addEnded(upTo: bucket)
    }
    lastActive = bucket
  }

  private func take(_ turn: RelationshipTurn) {
    if turn.ended != nil {
      let bucket = min(dayTable.bucket(grain, of: turn.effective) - lowBucket, bucketCount)
      endedFrom = endedFrom < 0 ? bucket : min(endedFrom, bucket)
    } else if endedFrom >= 0 {
      addEnded(upTo: dayTable.bucket(grain, of: turn.time) - lowBucket)
      endedFrom = -1
    }
  }

  /// Counts the present silence as ended, from its second bucket on, before `bucket`.
  private func addEnded(upTo bucket: Int) {
    guard endedFrom >= 0, lastActive >= 0 else { return }
    let first = max(endedFrom, lastActive + 2)
    let last = min(bucket, bucketCount)
    guard first < last else { return }
    add(.endedStep, first)
    add(.endedStep, last, -1)
  }

  func end() {
    guard lastActive >= 0 else { return }
    if lastActive + 1 < bucketCount { add(.goneQuiet, lastActive + 1) }
    addEnded(upTo: bucketCount)
  }

  func merge(_ other: LifecycleGrid) {
    for place in 0..<(bucketCount + 1) * Count.width { counts[place] += other.counts[place] }
  }
}
