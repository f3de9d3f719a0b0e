import KeptFormat
import KeptReplay

/// How all stood together when each month was over: the quadrants of those in touch in it, and the means of the indices.
/// Metrics S1.26, S2.5, S2.13, S2.16, S3.12.
///
/// In touch is whoever had contact in the month; the means are of everybody who had the index at its end.
final class StandingFold {
  struct Month {
    var active: Int64 = 0
    /// Of those in touch, by `Quadrant.rawValue`.
    var quadrants = InlineArray<5, Int64>(repeating: 0)
    /// Of those in touch: mutual, and assessed as a good fit.
    var aList: Int64 = 0
    var we = Sum()
    var they = Sum()
    /// What we did less what they felt, of those of whom both are known.
    var loveGap = Sum()
  }

  /// Of indices, × 10⁶: they are added across lives.
  struct Sum {
    var sum: Int64 = 0
    var count: Int64 = 0

    mutating func add(_ index: Double) {
      sum += Int64((index * 1_000_000).rounded())
      count += 1
    }
  }

  private let lowMonth: Int
  private var months: [Month]
  /// The last month in which there was any touch.
  private var lastMonth = -1
  private let affinity: Affinity
  /// × 10⁶.
  private let goodFit: Int64
  private let contacts: ActiveBuckets
  private var isActive: [Bool]
  private var activeMonths: [Int] = []
  /// Assessments of the life, in order.
  private var fits: [(month: Int, score: Int64)] = []

  init(rules: IndexRules, contacts: ActiveBuckets, lowMonth: Int, monthCount: Int) {
    affinity = Affinity(rules: rules)
    goodFit = rules.goodFit
    self.contacts = contacts
    self.lowMonth = lowMonth
    months = Array(repeating: Month(), count: monthCount)
    isActive = Array(repeating: false, count: monthCount)
  }

  func begin() {
    for month in activeMonths { isActive[month] = false }
    activeMonths.removeAll(keepingCapacity: true)
    fits.removeAll(keepingCapacity: true)
  }

  func apply(_ chunk: borrowing Chunk) {
    lastMonth = max(lastMonth, Int(chunk.months[chunk.count - 1]) - lowMonth)
    for place in 0..<contacts.count {
      let month = Int(contacts.buckets[place]) - lowMonth
      if isActive[month] { continue }
      isActive[month] = true
      activeMonths.append(month)
    }
  }

  /// Takes an assessment of how well they fit.
  func take(_ touch: Touch, month: Int32) {
    let score = touch.number(.score)
    if score != Touch.absent { fits.append((Int(month) - lowMonth, score)) }
  }

  func end(_ history: ScoreHistory) {
    for month in activeMonths { months[month].active += 1 }
    var next = 0
    var fit = Int64.min
    for row in history.months {
      let month = Int(row.month) - lowMonth
      while next < fits.count, fits[next].month <= month {
        fit = fits[next].score
        next += 1
      }
      let standing = affinity.standing(row)
      if let we = standing.we { months[month].we.add(we) }
      if let they = standing.they { months[month].they.add(they) }
      if let gap = standing.loveGap { months[month].loveGap.add(gap) }
      guard isActive[month] else { continue }
      months[month].quadrants[standing.quadrant.rawValue] += 1
      if standing.quadrant == .mutual, fit >= goodFit { months[month].aList += 1 }
    }
  }

  /// By month: 12 · year + month, and how all stood; up to the last one in which there was any touch.
  var rows: [(month: Int, standing: Month)] {
    months[...lastMonth].enumerated().map { (lowMonth + $0.offset, $0.element) }
  }

  func merge(_ other: StandingFold) {
    for month in months.indices { months[month] += other.months[month] }
    lastMonth = max(lastMonth, other.lastMonth)
  }
}

extension StandingFold.Month {
  static func += (month: inout Self, other: Self) {
    month.active += other.active
    for quadrant in 0..<5 { month.quadrants[quadrant] += other.quadrants[quadrant] }
    month.aList += other.aList
    month.we += other.we
    month.they += other.they
    month.loveGap += other.loveGap
  }
}

extension StandingFold.Sum {
  static func += (sum: inout Self, other: Self) {
    sum.sum += other.sum
    sum.count += other.count
  }
}
