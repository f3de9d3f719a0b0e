import KeptFormat

/// What months do to points: where each ends, and what is then left of a point of each half-life. Metrics 3.9.
///
/// The last month ends at the as-of instant. A factor is 2^(−length / half-life) as a whole number of 2⁻⁶³, so that sums
/// stay integers from month to month.
final class MonthDecay: Sendable {
  /// 12 · year + month.
  let lowMonth: Int32
  let monthCount: Int
  let halfLifeCount: Int
  /// By month: the instant at which it is over.
  nonisolated(unsafe) let ends: UnsafeMutablePointer<Instant>
  /// By month, then half-life.
  nonisolated(unsafe) let factors: UnsafeMutablePointer<UInt64>
  /// By rule of the rulebook: the number of its half-life.
  nonisolated(unsafe) let halfLives: UnsafeMutablePointer<Int32>

  init(rulebook: Rulebook, dayTable: DayTable, asOf: Instant, decay: Decay) {
    lowMonth = Int32(dayTable.bucket(.month, ofDay: dayTable.low))
    monthCount = dayTable.bucket(.month, of: asOf) - Int(lowMonth) + 1
    let names = Set(rulebook.signals.map(\.halfLife)).intersection(rulebook.halfLives.keys).sorted()
    halfLifeCount = max(1, names.count)
    halfLives = .allocate(capacity: max(1, rulebook.signals.count))
    for (rule, signal) in rulebook.signals.enumerated() {
      (halfLives + rule).initialize(to: Int32(names.firstIndex(of: signal.halfLife) ?? 0))
    }
    ends = .allocate(capacity: monthCount)
    factors = .allocate(capacity: monthCount * halfLifeCount)
    factors.initialize(repeating: 0, count: monthCount * halfLifeCount)
    var start = dayTable.start(.month, Int(lowMonth))
    for month in 0..<monthCount {
      let end = min(asOf, dayTable.end(.month, Int(lowMonth) + month))
      (ends + month).initialize(to: end)
      for (number, name) in names.enumerated() {
        let left = decay.power(Double(end - start) / Double(rulebook.halfLives[name]!))
        factors[month * halfLifeCount + number] = UInt64(left * Self.unit)
      }
      start = end
    }
  }

  deinit {
    ends.deallocate()
    factors.deallocate()
    halfLives.deallocate()
  }

  /// What is left of a sum ≥ 0, to the nearest unit.
  @inline(__always)
  static func left(_ sum: Int64, _ factor: UInt64) -> Int64 {
    let (high, low) = UInt64(bitPattern: sum).multipliedFullWidth(by: factor)
    return Int64(bitPattern: high << 1 | low >> 63) &+ Int64(bitPattern: low >> 62 & 1)
  }

  private static let unit = 9_223_372_036_854_775_808.0
}
