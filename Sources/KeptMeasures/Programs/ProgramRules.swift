/// Windows and limits of the measures of things; the rulebook's `programs`.
struct ProgramRules: Sendable {
  /// A first reply later than this is miserable, in microseconds.
  var miserableReply: Int64
  /// Told of the receipt or the credit of a return, at once and at last, in microseconds after its arrival.
  var toldSoon: Int64
  var toldAtLast: Int64
  /// How long care given may wait for an answer of the heart, in microseconds.
  var returned: Int64
  /// How long an answer may take that still answers, in microseconds.
  var answered: Int64
  /// Staying so long counts as kept, in microseconds.
  var kept: Int64
  /// Customers whose fit is below this do not suit us, × 10⁶.
  var misfit: Int64
  /// How soon after a probe a change shows that it was learned from, in microseconds.
  var learned: Int64
  /// How long before and after a change its signal is looked at, in microseconds.
  var changed: Int64
  /// How many months a slope is drawn through.
  var slopeMonths: Int
  /// The key of `data` that says which sort of customer somebody is.
  var segment: String
}

extension ProgramRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record(
      "miserable_reply_hours", "told_soon_hours", "told_at_last_hours", "returned_days", "answered_days", "kept_days",
      "misfit", "learned_days", "changed_days", "slope_months",
      "segment")
    miserableReply = try parts["miserable_reply_hours"]!.duration(Rulebook.hour)
    toldSoon = try parts["told_soon_hours"]!.duration(Rulebook.hour)
    toldAtLast = try parts["told_at_last_hours"]!.duration(Rulebook.hour)
    guard toldSoon < toldAtLast else { throw reader.fail("\"told_soon_hours\" must be below \"told_at_last_hours\"") }
    returned = try parts["returned_days"]!.duration(Rulebook.day)
    answered = try parts["answered_days"]!.duration(Rulebook.day)
    kept = try parts["kept_days"]!.duration(Rulebook.day)
    misfit = try parts["misfit"]!.micros()
    learned = try parts["learned_days"]!.duration(Rulebook.day)
    changed = try parts["changed_days"]!.duration(Rulebook.day)
    slopeMonths = try parts["slope_months"]!.integer(3...1200)
    segment = try parts["segment"]!.text()
    if segment.isEmpty { throw reader.fail("\"segment\" must name a key") }
  }
}
