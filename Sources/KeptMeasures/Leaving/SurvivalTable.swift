import KeptSnapshot
import KeptStatistics

/// Who is still there after how many days, by Kaplan and Meier. Metrics 3.5; the observations are those of `TenureCurves`.
///
/// A row for every time at which somebody left or was censored, and for one, three and five years as far as anybody was
/// seen, in each of three kinds of confidence interval.
enum SurvivalTable {
  private static let seed = "S0.11"

  static let schema = TableSchema(
    name: "survival", meaning: "curve × stratum × time × kind of interval",
    columns: [
      ColumnSpec(
        "curve", .string,
        meaning: "tenure: from the start of a relationship to its end; lapse: from the first contact to the last"),
      ColumnSpec(
        "stratum", .string,
        meaning: "whose curve it is: all, or those of a party, a quarter in which they began (cohort), a channel they "
          + "were found via, an offering they began with, a source that first told of them, or a fit assessed within "
          + "30 days of the start", seed: "S2.21"),
      number("t_days", "local days since the beginning", unit: "days"),
      number("at_risk", "there and observed just before that day", "entry < t ≤ exit"),
      number("events", "of them, gone on that day", "d"),
      number("censored", "of them, not observed beyond that day", ""),
      real("survival", "share still there after that day", "Π (1 − d/n)", good: true),
      real("se", "its standard error, by Greenwood; NULL where nobody is left", "S·√Σ d/(n(n − d))"),
      real("lo", "lower end of its 95 % interval; NULL before the first event and where nobody is left", ""),
      real("hi", "upper end of it", ""),
      ColumnSpec(
        "ci_kind", .string, isNullable: true, meaning: "plain, log or log-log",
        formula: "S ± z·se; S·exp(±z·se/S); S^exp(±z·(se/S)/ln S)"),
      ColumnSpec(
        "reason", .string, isNullable: true, meaning: "why there is no curve; then all numbers are NULL",
        formula: "what the ledger lacks for it"),
    ])

  private static func number(
    _ name: String, _ meaning: String, _ formula: String = "", unit: String = ""
  ) -> ColumnSpec {
    ColumnSpec(
      name, .int64, isNullable: true, unit: unit, meaning: meaning, formula: formula, seed: seed, direction: "THEY")
  }

  private static func real(_ name: String, _ meaning: String, _ formula: String, good: Bool? = nil) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "share", meaning: meaning, formula: formula, seed: seed,
      direction: "THEY", highIsGood: good)
  }

  /// Years that are asked for by name, in days.
  private static let milestones = [365.0, 1095.0, 1825.0]

  static func make(_ curves: TenureCurves) -> Table {
    var writer = Writer()
    for (curve, strata, reason) in [
      ("lapse", curves.lapse, curves.lapseReason), ("tenure", curves.tenure, curves.tenureReason),
    ] {
      if let reason { writer.append(curve, reason: reason) }
      for stratum in strata {
        let found = KaplanMeier(stratum.observations)
        for row in rows(found, stratum.observations) { writer.append(curve, stratum.name, row) }
      }
    }
    return writer.finish()
  }

  /// The rows of a curve, milestones put between them.
  private static func rows(
    _ curve: KaplanMeier, _ observations: [SurvivalObservation]
  ) -> [KaplanMeier.Row] {
    var rows: [KaplanMeier.Row] = []
    var left = milestones[...]
    for row in curve.rows {
      while let time = left.first, time <= row.time {
        left.removeFirst()
        if time == row.time { continue }
        var between = rows.last ?? row
        if rows.isEmpty {
          (between.survival, between.standardError) = (1, 0)
          (between.plain, between.log, between.logLog) = (nil, nil, nil)
        }
        between.time = time
        between.atRisk = observations.reduce(0) { sum, one in
          one.exit >= time && one.entry ?? -1 < time ? sum + one.weight : sum
        }
        between.events = 0
        between.censored = 0
        rows.append(between)
      }
      rows.append(row)
    }
    return rows
  }

  private struct Writer {
    var texts = (0..<2).map { _ in StringColumnBuilder() }
    var counts = (0..<4).map { _ in ColumnBuilder<Int64>() }
    var reals = (0..<4).map { _ in ColumnBuilder<Double>() }
    var kind = StringColumnBuilder()
    var reason = StringColumnBuilder()

    mutating func append(_ curve: String, reason text: String) {
      texts[0].append(curve)
      texts[1].append("all")
      for place in counts.indices { counts[place].appendNull() }
      for place in reals.indices { reals[place].appendNull() }
      kind.appendNull()
      reason.append(text)
    }

    mutating func append(_ curve: String, _ stratum: String, _ row: KaplanMeier.Row) {
      for wanted in KaplanMeier.IntervalKind.allCases {
        texts[0].append(curve)
        texts[1].append(stratum)
        for (place, count) in [Int(row.time), row.atRisk, row.events, row.censored].enumerated() {
          counts[place].append(Int64(count))
        }
        let interval = row.interval(wanted)
        reals[0].append(row.survival)
        reals[1].append(row.standardError)
        reals[2].append(interval?.lower)
        reals[3].append(interval?.upper)
        kind.append(wanted.rawValue)
        reason.appendNull()
      }
    }

    consuming func finish() -> Table {
      Table(
        schema: schema,
        columns: texts.map { $0.finish() } + counts.map { $0.finish() } + reals.map { $0.finish() }
          + [kind.finish(), reason.finish()])
    }
  }
}
