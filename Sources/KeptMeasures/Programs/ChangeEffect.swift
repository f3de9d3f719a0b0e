import KeptFormat
import KeptStatistics

/// What a change did to the measure or signal rule it was made for: before it, after it, and the difference with its 95 %
/// interval. Metrics S2.19, S3.25.
///
/// A measure of things is taken of those of `programs.change_days` before and after, to the instant; other measures and
/// signal rules of the whole months that lie within so many days, months being what they are counted in. The interval
/// takes both sides as samples; of a spread and of unevenness there is none.
struct ChangeEffect {
  var before: Double?
  var after: Double?
  var interval: Interval?
  /// How many things, months' denominators or touches.
  var beforeCount: Int64 = 0
  var afterCount: Int64 = 0
  var reason: String?

  init(reason: String) { self.reason = reason }

  var difference: Double? { before.flatMap { before in after.map { $0 - before } } }
}

extension ChangeEffect {
  /// Of a measure of things: of those that happened within the window, to the instant.
  init(_ series: FactSeries?, at: Instant, window: Int64) {
    guard let series else {
      reason = "too little data"
      return
    }
    let (old, new) = (series.places(at - window..<at), series.places(at..<at + window))
    beforeCount = Int64(old.count)
    afterCount = Int64(new.count)
    guard let one = series.estimate(old), let other = series.estimate(new) else {
      reason = "too little data"
      return
    }
    before = one.value
    after = other.value
    interval = other.difference(to: one)
  }

  /// Of a measure that is counted by months. Of shares and rates the error is that of what was counted, sums have none.
  init(_ spec: MeasureSpec, scale: Double?, at: Instant, window: Int64, _ replayed: Replayed) {
    let rows = replayed.rows(of: spec.name)
    let (old, new) = Self.months(at, window, replayed)
    func side(_ months: ClosedRange<Int>) -> (num: Double, den: Double) {
      rows.filter { months.contains($0.month) }.reduce((0, 0)) { sum, row in
        (sum.0 + Double(row.result.num ?? 0) / 1e6, sum.1 + Double(row.result.den ?? 0) / 1e6)
      }
    }
    guard let old, let new, let scale, spec.den != nil else {
      reason = "not counted so that it could be compared"
      if old == nil || new == nil { reason = "too little data" }
      return
    }
    let (one, other) = (side(old), side(new))
    beforeCount = Int64(one.den)
    afterCount = Int64(other.den)
    guard one.den > 0, other.den > 0 else {
      reason = "nothing to divide by"
      return
    }
    let (p, q) = (one.num / one.den, other.num / other.den)
    before = scale * p
    after = scale * q
    guard spec.unit == "share", p >= 0, p <= 1, q >= 0, q <= 1 else { return }
    func estimate(_ p: Double, _ side: (num: Double, den: Double)) -> Estimate {
      Estimate(value: scale * p, standardError: scale * (p * (1 - p) / side.den).squareRoot())
    }
    interval = estimate(q, other).difference(to: estimate(p, one))
  }

  /// Of a signal rule: how often a month it spoke, as chance would have it with so many.
  init(rule: Int, _ signals: SignalMonths, at: Instant, window: Int64, _ replayed: Replayed) {
    guard let old = Self.months(at, window, replayed).old, let new = Self.months(at, window, replayed).new else {
      reason = "too little data"
      return
    }
    func touches(_ months: ClosedRange<Int>) -> Int64 {
      months.reduce(0) { sum, month in
        let place = month - Int(signals.lowMonth)
        return sum + (place >= 0 && place < signals.monthCount ? signals[rule, place].touches : 0)
      }
    }
    beforeCount = touches(old)
    afterCount = touches(new)
    func estimate(_ count: Int64, _ months: Int) -> Estimate {
      Estimate(value: Double(count) / Double(months), standardError: Double(count).squareRoot() / Double(months))
    }
    let (one, other) = (estimate(beforeCount, old.count), estimate(afterCount, new.count))
    before = one.value
    after = other.value
    interval = other.difference(to: one)
  }

  /// The whole months before, and after, the month of the change that lie within the window; nil where the ledger has
  /// not all of the latter yet, or none of the former.
  private static func months(
    _ at: Instant, _ window: Int64, _ replayed: Replayed
  ) -> (old: ClosedRange<Int>?, new: ClosedRange<Int>?) {
    let days = replayed.dayTable
    let month = days.bucket(.month, of: at)
    let count = max(1, Int(window / (30 * Rulebook.day)))
    let isOver = days.end(.month, month + count) <= replayed.run.asOf
    let hasBegun = days.bucket(.month, ofDay: days.low) <= month - count
    return (hasBegun ? month - count...month - 1 : nil, isOver ? month + 1...month + count : nil)
  }
}
