/// What the table of accounts takes from the rulebook's `accounts`.
struct AccountRules: Sendable {
  /// How far ahead the last end of what an account has with us makes a built-in ending.
  var endingDays: Int
  /// Kinds whose due is a next step that is booked.
  var nextSteps: [String]
  /// The part of administration, × 10⁶, beyond which an account is treated like any other.
  var adminShare: Int64
  /// A fit below it is a bad one.
  var misfit: Double
  /// The span of effort that is compared with the one before it.
  var investDays: Int
  /// So many quarters of love that only we give, one after the other, and we consider leaving.
  var leaveQuarters: Int
}

extension AccountRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record(
      "ending_days", "next_steps", "admin_share", "misfit", "invest_days", "leave_quarters")
    endingDays = try parts["ending_days"]!.integer(0...100_000)
    nextSteps = try parts["next_steps"]!.texts()
    adminShare = try parts["admin_share"]!.share()
    misfit = try parts["misfit"]!.real(0...1)
    investDays = try parts["invest_days"]!.integer(1...100_000)
    leaveQuarters = try parts["leave_quarters"]!.integer(1...1_000)
  }
}

/// The parts of a whole, × 10⁶, that make a norm met; see `Norm`.
struct NormShares: Sendable {
  var usual: Int64
  var estimates: Int64
  var repeatAsks: Int64
  var contactKnown: Int64
  var promisesOnTime: Int64
  var topBox: Int64
  var closedWell: Int64
  /// How long they may hear nothing of what is open, in microseconds.
  var updateGap: Int64
}

extension NormShares {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record(
      "update_gap_hours", "usual", "estimates", "repeat_asks", "contact_known", "promises_on_time", "top_box",
      "closed_well")
    updateGap = try parts["update_gap_hours"]!.duration(Rulebook.hour)
    usual = try parts["usual"]!.share()
    estimates = try parts["estimates"]!.share()
    repeatAsks = try parts["repeat_asks"]!.share()
    contactKnown = try parts["contact_known"]!.share()
    promisesOnTime = try parts["promises_on_time"]!.share()
    topBox = try parts["top_box"]!.share()
    closedWell = try parts["closed_well"]!.share()
  }
}

extension RulebookReader {
  /// A part of a whole, 0 … 1, × 10⁶.
  fileprivate func share() throws(RulebookError) -> Int64 {
    let share = try micros()
    guard (0...1_000_000).contains(share) else { throw fail("expected a number from 0 to 1") }
    return share
  }
}
