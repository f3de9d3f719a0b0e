import KeptMeasures

/// A part of a whole, with Wilson's 95 % interval.
struct Share {
  let part: Int
  let whole: Int
  let low: Double
  let high: Double

  /// nil of nothing.
  init?(_ part: Int, of whole: Int) {
    guard whole > 0 else { return nil }
    (self.part, self.whole) = (min(max(0, part), whole), whole)
    (low, high) = Wilson.interval(Int64(self.part), of: Int64(whole))
  }

  var rate: Double { Double(part) / Double(whole) }

  /// "43 % (38 to 49 %)"
  var sentence: String {
    "\(Numbers.percent(rate)) (\(Numbers.decimal(low * 100, 0)) to \(Numbers.decimal(high * 100, 0)) %)"
  }
}
