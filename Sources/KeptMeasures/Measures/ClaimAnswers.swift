/// Which claims of the articles a snapshot answers, and by what. Nobody keeps this list: it is gathered from the columns,
/// the measures, the tests and the signal rules as they are declared.
public enum ClaimAnswers {
  /// By row of the claims, like `S4.13`: `table.column`, `measures.<name>`, `claims.<statistic>` and
  /// `signals.<rule>`, sorted.
  public static func gather(_ rules: Rulebook) -> [String: [String]] {
    var answers: [String: Set<String>] = [:]
    func add(_ seed: String, _ answer: String) {
      for row in seed.split(whereSeparator: { $0 == "," || $0 == " " }) { answers[String(row), default: []].insert(answer) }
    }
    for table in TableName.allCases where table.grain == nil {
      for column in table.schema.columns { add(column.seed, "\(table.rawValue).\(column.name)") }
    }
    for measure in MeasureSpec.all(rules) { add(measure.seed, "measures.\(measure.name)") }
    for claim in Claim.all { add(claim.seed, "claims.\(claim.statistic)") }
    for rule in rules.signals { add(rule.seed, "signals.\(rule.name)") }
    return answers.mapValues { $0.sorted() }
  }
}
