import KeptSnapshot
import KeptStatistics

/// How well each index and forecast told beforehand what happened. Metrics 3.15.
enum BacktestsTable {
  private static let seed = "S2.3, S2.18, S4.15"

  static let schema = TableSchema(
    name: "backtests", meaning: "index × outcome × instant",
    columns: [
      ColumnSpec("measure", .string, meaning: "the index or forecast: a column of customers", seed: seed),
      ColumnSpec(
        "outcome", .string,
        meaning: "ended_90d: the relationship ended within 90 days; no_order_90d: nothing was ordered in them. The second "
          + "where the ledger has no endings, of those who had ordered, and for what is said of orders"),
      ColumnSpec(
        "period", .date, isNullable: true,
        meaning: "the first of the month as of which it was told, with what had happened before; NULL: all together"),
      number("auc", "how often, of one with and one without the outcome, the first was said to be likelier; ½ is guessing"),
      number("lo", "lower end of its 95 % interval, by Hanley and McNeil"),
      number("hi", "upper end of it"),
      ColumnSpec(
        "n", .int64, meaning: "customers of whom it was told; of all instants their sum",
        formula: "|{customers there at the instant with a value}|"),
      ColumnSpec("events", .int64, meaning: "of them, with the outcome", formula: "|{of those, with the outcome}|"),
      ColumnSpec(
        "hindsight", .string,
        meaning: "none: all that was used had been recorded by then; late_events: something of it was recorded later, or "
          + "may have been", formula: "recorded after the instant, of what had occurred before it"),
      ColumnSpec(
        "note", .string, isNullable: true, meaning: "why there is no area, or what to know of it",
        formula: "too few with or without the outcome, or what was left out"),
    ])

  private static func number(_ name: String, _ meaning: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "probability", meaning: meaning,
      formula: "by instant (Σ ranks of events − m(m + 1)/2)/(m·k); of all their mean by events, its standard error the mean "
        + "of theirs", direction: "NEI", highIsGood: true)
  }

  static func make(_ backtests: Backtests, run: MeasureRun, sources: SourcesFold?) -> Table {
    var texts = (0..<4).map { _ in StringColumnBuilder() }
    var period = ColumnBuilder<Int32>()
    var reals = (0..<3).map { _ in ColumnBuilder<Double>() }
    var counts = (0..<2).map { _ in ColumnBuilder<Int64>() }
    let hindsight = backtests.plan.instants.map { hadHindsight($0, sources) }
    for trial in backtests.trials {
      for area in trial.areas() {
        let places = area.place.map { [$0] } ?? trial.instants.map(\.place)
        let words = [
          trial.index, trial.outcome, places.allSatisfy { !hindsight[$0] } && !places.isEmpty ? "none" : "late_events",
          [area.place == nil || area.area != nil ? trial.note : "", area.reason ?? ""].filter { !$0.isEmpty }
            .joined(separator: "; "),
        ]
        for (place, word) in words.enumerated() { texts[place].append(word.isEmpty ? nil : word) }
        period.append(area.place.map { backtests.plan.instants[$0].day })
        for (place, value) in [area.area, area.interval?.lower, area.interval?.upper].enumerated() {
          reals[place].append(value)
        }
        for (place, count) in [area.count, area.events].enumerated() { counts[place].append(Int64(count)) }
      }
    }
    return Table(
      schema: schema,
      columns: [texts[0].finish(), texts[1].finish(), period.finish()] + reals.map { $0.finish() }
        + counts.map { $0.finish() } + [texts[2].finish(), texts[3].finish()])
  }

  /// Whether anything that occurred before the instant was recorded after it. What a first import brings was not known
  /// before it; and where nobody counted what came late, something may have.
  static func hadHindsight(_ instant: BacktestPlan.Instant, _ sources: SourcesFold?) -> Bool {
    guard let sources else { return true }
    if sources.firstImportAt != .max, sources.firstImportAt > instant.start { return true }
    return sources.days.contains { day, counts in
      day.day < instant.day && counts.delayed.keys.contains { $0 > instant.start }
    }
  }
}

/// Whether what was said came true as often as it was said. Metrics 3.15.
enum CalibrationTable {
  private static let seed = "S2.3"

  static let schema = TableSchema(
    name: "calibration", meaning: "index × outcome × bin",
    columns: [
      ColumnSpec("measure", .string, meaning: "the index or forecast, as in backtests", seed: seed),
      ColumnSpec("outcome", .string, meaning: "as in backtests"),
      ColumnSpec(
        "bin", .int64,
        meaning: "bins of about equal size from what was said lowest, from 1; equal values stay together"),
      number("lowest", "the lowest value in the bin", "min of what was said", unit: ofMeasure),
      number("highest", "the highest", "max of what was said", unit: ofMeasure),
      number(
        "forecast", "their mean; a probability of the outcome foretells the share below", "Σ of what was said / n",
        unit: ofMeasure),
      number("observed", "share that had the outcome", "events / n", unit: "share"),
      ColumnSpec("events", .int64, meaning: "how many had it", formula: "|{of n, with the outcome}|"),
      ColumnSpec(
        "n", .int64, meaning: "customers in the bin, all instants together", formula: "|{customers with such a value}|"),
    ])

  /// A row is of another index or forecast.
  private static let ofMeasure = "as the measure"

  private static func number(_ name: String, _ meaning: String, _ formula: String, unit: String) -> ColumnSpec {
    ColumnSpec(name, .double, unit: unit, meaning: meaning, formula: formula, direction: "NEI")
  }

  static func make(_ backtests: Backtests, run: MeasureRun) -> Table {
    var texts = (0..<2).map { _ in StringColumnBuilder() }
    var counts = (0..<3).map { _ in ColumnBuilder<Int64>() }
    var reals = (0..<4).map { _ in ColumnBuilder<Double>() }
    for trial in backtests.trials {
      for (number, bin) in trial.bins(run.rulebook.claims.bins).enumerated() {
        for (place, word) in [trial.index, trial.outcome].enumerated() { texts[place].append(word) }
        for (place, count) in [number + 1, bin.eventCount, bin.count].enumerated() { counts[place].append(Int64(count)) }
        for (place, value) in [bin.lowest, bin.highest, bin.meanForecast, bin.observed].enumerated() {
          reals[place].append(value)
        }
      }
    }
    return Table(
      schema: schema,
      columns: texts.map { $0.finish() } + [counts[0].finish()] + reals.map { $0.finish() }
        + counts[1...].map { $0.finish() })
  }
}
