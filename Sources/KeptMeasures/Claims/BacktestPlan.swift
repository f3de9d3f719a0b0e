import KeptFormat

/// The instants that back-tests look from: the starts of the last local months whose following days are over by the as-of
/// instant. Metrics 3.15.
///
/// As of 2024-04-10, with 12 months and 90 days: the 1st of February 2023 … January 2024.
struct BacktestPlan: Sendable {
  struct Instant {
    /// 12 · year + month of the month that begins.
    var month: Int
    /// Its first local day, and the instant that begins with.
    var day: Int32
    var start: KeptFormat.Instant
    /// Where the days end within which the outcome is looked for.
    var endDay: Int32
    var end: KeptFormat.Instant
    /// Whether the models of purchases are fitted here too: at every third, so that no two look at the same days.
    var isFitted: Bool
  }

  enum Outcome: String, Sendable {
    case ended = "ended_90d"
    case noOrder = "no_order_90d"
  }

  /// Ascending.
  let instants: [Instant]
  let days: Int
  /// What indices are tried on: endings, or where the ledger has none, whether nothing was ordered.
  let outcome: Outcome

  init(rulebook: Rulebook, kinds: [String], dayTable: DayTable) {
    let rules = rulebook.claims
    days = rules.backtestDays
    let asOfDay = dayTable.low + dayTable.count - 1
    outcome = rulebook.relationship.ends.contains { kinds.contains($0.kind) } ? .ended : .noOrder
    var found: [Instant] = []
    var month = dayTable.bucket(.month, ofDay: asOfDay)
    while found.count < rules.backtestMonths {
      let day = dayTable.firstDay(.month, month)
      if day <= dayTable.low { break }
      let endDay = day + rules.backtestDays
      if endDay <= asOfDay {
        found.append(
          Instant(
            month: month, day: Int32(day), start: dayTable.start(ofDay: day), endDay: Int32(endDay),
            end: dayTable.start(ofDay: endDay), isFitted: found.count % 3 == 0))
      }
      month -= 1
    }
    instants = found.reversed()
  }

  /// What an outcome is called in tables.
  func name(_ outcome: Outcome) -> String { outcome.rawValue.replacing("90", with: "\(days)") }
}
