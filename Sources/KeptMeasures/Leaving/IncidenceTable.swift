import KeptSnapshot
import KeptStatistics

/// The share that has left by each cause after how many days, by Aalen and Johansen. Metrics 3.5; the observations are
/// those of `TenureCurves`.
enum IncidenceTable {
  private static let seed = "S2.4"

  static let schema = TableSchema(
    name: "incidence", meaning: "curve × stratum × time × cause",
    columns: [
      ColumnSpec("curve", .string, meaning: "tenure: from the start of a relationship to its end"),
      ColumnSpec("stratum", .string, meaning: "whose curve it is, as in survival", seed: "S2.21"),
      ColumnSpec(
        "cause", .string, isNullable: true, meaning: "they_left, we_left, mutual, external or unsaid", seed: "S2.4"),
      count("t_days", "local days since the beginning", unit: "days"),
      count("at_risk", "there and observed just before that day", "entry < t ≤ exit"),
      count("events", "of them, gone by that cause on that day", "d_j"),
      count("censored", "of them, not observed beyond that day", ""),
      share("incidence", "share that has left by that cause up to that day", "Σ S(t−)·d_j/n"),
      share("survival", "share still there after that day", "1 − Σ_j incidence"),
      share("se", "standard error of incidence", "delta method"),
      share(
        "lo", "lower end of its 95 % interval; NULL where nobody has left so, or everybody",
        "F^exp(−z·se/(F·ln F))"),
      share("hi", "upper end of it", "F^exp(z·se/(F·ln F))"),
      ColumnSpec(
        "reason", .string, isNullable: true, meaning: "why there is no curve; then all numbers are NULL",
        formula: "what the ledger lacks for it"),
    ])

  private static func count(
    _ name: String, _ meaning: String, _ formula: String = "", unit: String = ""
  ) -> ColumnSpec {
    ColumnSpec(
      name, .int64, isNullable: true, unit: unit, meaning: meaning, formula: formula, seed: seed, direction: "BOTH")
  }

  private static func share(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "share", meaning: meaning, formula: formula, seed: seed,
      direction: "BOTH")
  }

  /// By the raw value of a party.
  private static let causeNames = ["unsaid", "they_left", "we_left", "mutual", "external"]

  static func make(_ curves: TenureCurves) -> Table {
    var texts = (0..<3).map { _ in StringColumnBuilder() }
    var counts = (0..<4).map { _ in ColumnBuilder<Int64>() }
    var shares = (0..<5).map { _ in ColumnBuilder<Double>() }
    var reason = StringColumnBuilder()
    if let why = curves.tenureReason {
      for (place, text) in ["tenure", "all", nil].enumerated() { texts[place].append(text) }
      for place in counts.indices { counts[place].appendNull() }
      for place in shares.indices { shares[place].appendNull() }
      reason.append(why)
    }
    for stratum in curves.tenure {
      let found = AalenJohansen(stratum.observations)
      let names = found.causes.map { causeNames[$0 - 1] }
      for row in found.rows {
        for (name, cause) in zip(names, row.causes) {
          for (place, text) in ["tenure", stratum.name, name].enumerated() { texts[place].append(text) }
          for (place, count) in [Int(row.time), row.atRisk, cause.events, row.censored].enumerated() {
            counts[place].append(Int64(count))
          }
          shares[0].append(cause.incidence)
          shares[1].append(row.survival)
          shares[2].append(cause.standardError)
          shares[3].append(cause.interval?.lower)
          shares[4].append(cause.interval?.upper)
          reason.appendNull()
        }
      }
    }
    return Table(
      schema: schema,
      columns: texts.map { $0.finish() } + counts.map { $0.finish() } + shares.map { $0.finish() } + [reason.finish()])
  }
}
