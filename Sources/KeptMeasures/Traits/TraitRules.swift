import KeptFormat

/// What the traits of a life take from the rulebook's `traits`. A number of days reaches back from the as-of instant to
/// the start of the local day so many days before its own; spans between two touches are microseconds.
struct TraitRules: Sendable {
  /// The trailing window of what is said of the present.
  var windowDays: Int
  var yearDays: Int
  /// How soon a need is to be met or declined with a reason.
  var needAnswer: Int64
  /// From when on what was noted of their circumstances is stale.
  var circumstanceDays: Int
  /// How far apart a touch from them and one of ours may be and still be one exchange.
  var exchange: Int64
  /// Touches with one of ours from which on they know each other, and the months over which that is watched to grow.
  var depthTouches: Int
  var depthMonths: Int
  /// Known for so many days and rated so often, never satisfied: not well served.
  var neverServedDays: Int
  var neverServedRatings: Int
  /// How long a customer's own beginning lasts, and how much worse than then something may become.
  var baseline: Int64
  var baselineFactor: Double
  /// How far around the sale is looked, and while they are won and after the honeymoon.
  var sale: Int64
  var honeymoonBefore: Int64
  var honeymoonAfter: (lower: Int64, upper: Int64)
  /// Touches of a department, and through a channel, from which on their mean says something.
  var splitTouches: Int
  var burden: BurdenRules
}

/// What a burden weighs, how fast it fades, and how many have to report any before it is called one.
struct BurdenRules: Sendable {
  /// In microseconds.
  var halfLife: Int64
  var reporters: Int
  var abuse: Double
  var imposed: Double
  var missedMeeting: Double
  var brokenPromise: Double
  var latePayment: Double
}

extension BurdenRules {
  init(_ reader: RulebookReader, halfLives: [String: Int64]) throws(RulebookError) {
    let parts = try reader.record(
      "half_life", "reporters", "abuse", "imposed", "missed_meeting", "broken_promise", "late_payment")
    guard let found = halfLives[try parts["half_life"]!.text()] else {
      throw parts["half_life"]!.fail("expected one of \(halfLives.keys.sorted().joined(separator: ", "))")
    }
    halfLife = found
    reporters = try parts["reporters"]!.integer(1...1_000_000)
    abuse = try parts["abuse"]!.real(0...1_000)
    imposed = try parts["imposed"]!.real(0...1_000)
    missedMeeting = try parts["missed_meeting"]!.real(0...1_000)
    brokenPromise = try parts["broken_promise"]!.real(0...1_000)
    latePayment = try parts["late_payment"]!.real(0...1_000)
  }
}

extension TraitRules {
  init(_ reader: RulebookReader, halfLives: [String: Int64]) throws(RulebookError) {
    let parts = try reader.record(
      "window_days", "year_days", "need_answer_days", "circumstance_days", "exchange_days", "depth_touches",
      "depth_months", "never_well_served", "baseline", "sale_days", "honeymoon", "split_touches", "burden")
    windowDays = try parts["window_days"]!.integer(1...100_000)
    yearDays = try parts["year_days"]!.integer(1...100_000)
    needAnswer = try parts["need_answer_days"]!.duration(Rulebook.day)
    circumstanceDays = try parts["circumstance_days"]!.integer(1...100_000)
    exchange = try parts["exchange_days"]!.duration(Rulebook.day)
    depthTouches = try parts["depth_touches"]!.integer(1...1_000_000)
    depthMonths = try parts["depth_months"]!.integer(2...1_000)
    let never = try parts["never_well_served"]!.record("days", "ratings")
    neverServedDays = try never["days"]!.integer(1...100_000)
    neverServedRatings = try never["ratings"]!.integer(1...1_000_000)
    let baseline = try parts["baseline"]!.record("days", "factor")
    self.baseline = try baseline["days"]!.duration(Rulebook.day)
    baselineFactor = try baseline["factor"]!.real(1...1_000)
    sale = try parts["sale_days"]!.duration(Rulebook.day)
    let honeymoon = try parts["honeymoon"]!.record("before_days", "after_days")
    honeymoonBefore = try honeymoon["before_days"]!.duration(Rulebook.day)
    let after = try honeymoon["after_days"]!.range()
    guard after.low >= 0, after.high <= 200_000_000_000 else {
      throw honeymoon["after_days"]!.fail("expected two numbers of days, the lower first")
    }
    honeymoonAfter = (after.low * (Rulebook.day / 1_000_000), after.high * (Rulebook.day / 1_000_000))
    splitTouches = try parts["split_touches"]!.integer(1...1_000_000)
    burden = try BurdenRules(parts["burden"]!, halfLives: halfLives)
  }
}
