import KeptSnapshot

/// What the ledger says of the claims that it can be asked about. Metrics 3.15.
enum ClaimsTable {
  static let schema = TableSchema(
    name: "claims", meaning: "claim × statistic",
    columns: [
      ColumnSpec("seed", .string, meaning: "the row of the claims"),
      ColumnSpec("claim", .string, meaning: "the claim in words"),
      ColumnSpec(
        "statistic", .string,
        meaning: "chi2: of a log-rank test or of shares; hazard_ratio: how much faster the last group leaves than the "
          + "first; rho: a rank correlation, of what came so many months, quarters or weeks later; share; ratio; "
          + "auc_gain: how much better it told beforehand who would leave"),
      number("value", "the statistic; NULL where the ledger cannot say", "by the row's statistic and note"),
      number("lo", "lower end of its 95 % interval", "by the row's statistic and note"),
      number("hi", "upper end of it", "by the row's statistic and note"),
      ColumnSpec("df", .int64, isNullable: true, meaning: "degrees of freedom of chi2", formula: "groups − 1"),
      ColumnSpec(
        "n", .int64, meaning: "customers, accounts, cases, answers, months or weeks compared",
        formula: "by the row's statistic and note"),
      ColumnSpec(
        "events", .int64, isNullable: true, meaning: "how many of them left, or had what is compared",
        formula: "by the row's statistic and note"),
      number("p", "the chance of as much if there were no association; of the row's own test", "by the row's statistic",
        unit: "probability"),
      number("p_holm", "the same in view of all tests of the run", "Holm's step-down", unit: "probability"),
      ColumnSpec(
        "verdict", .string, meaning: "supported, not supported, reversed, or too little data",
        formula: "too little: n < claims.count_min or events < claims.events_min; else p_holm ≤ claims.level, a row "
          + "without p goes with the test before it"),
      ColumnSpec(
        "note", .string, meaning: "what was compared, and what to know of it; always: association, not cause",
        formula: "what was found; what is compared; what would support it"),
    ])

  private static func number(
    _ name: String, _ meaning: String, _ formula: String, unit: String = ColumnUnit.ofRow
  ) -> ColumnSpec {
    ColumnSpec(name, .double, isNullable: true, unit: unit, meaning: meaning, formula: formula, direction: "NEI")
  }

  static func make(_ evidence: ClaimEvidence, run: MeasureRun) -> Table {
    var texts = (0..<5).map { _ in StringColumnBuilder() }
    var reals = (0..<5).map { _ in ColumnBuilder<Double>() }
    var counts = (0..<3).map { _ in ColumnBuilder<Int64>() }
    for (claim, finding, holm, verdict) in Claim.findings(evidence, run.rulebook, kinds: Set(run.kinds)) {
      let note = [finding.note, claim.test(run.rulebook), "association, not cause"].filter { !$0.isEmpty }.joined(
        separator: "; ")
      let words = [claim.seed, claim.words, finding.statistic, verdict.rawValue, note]
      for (place, word) in words.enumerated() { texts[place].append(word) }
      let values = [finding.value, finding.interval?.lower, finding.interval?.upper, finding.pValue, holm]
      for (place, value) in values.enumerated() { reals[place].append(value) }
      for (place, count) in [finding.degreesOfFreedom, finding.count, finding.events].enumerated() {
        counts[place].append(count.map(Int64.init))
      }
    }
    return Table(
      schema: schema,
      columns: texts[..<3].map { $0.finish() } + reals[..<3].map { $0.finish() } + counts.map { $0.finish() }
        + reals[3...].map { $0.finish() } + texts[3...].map { $0.finish() })
  }
}
