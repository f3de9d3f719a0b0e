/// Who comes, who leaves whom and why, and how well we fit. Metrics S0.2, S1.1, S1.10d, S2.4, S2.6, S2.7, S2.10, S2.12.
extension TouchMeasure {
  static func partings(_ rules: CountingRules) -> [TouchMeasure] {
    [
      TouchMeasure(
        "relationships_begun", "S1.1", "relationships that began; the entity says by what source",
        formula: "relationship.started", "NEI", high: true, num: [.of("relationship.started")]),
      TouchMeasure(
        "won_share", "S1.1", "relationships that began for each evaluation of us", formula: "started / prospect.evaluated",
        "THEY", high: true, num: [.of("relationship.started")], den: [.of("prospect.evaluated")]),
      .share(
        "switch_share", "S0.2", "of the customers who left, those who went to somebody else",
        formula: "ended by customer with a destination / ended by customer", "THEY", high: false,
        of: [.of("relationship.ended", where: .says("ended_by", "customer"))], where: .known("destination")),
      ended("they_left", "S2.4", "relationships that customers ended", "THEY", by: "customer"),
      ended("we_left", "S2.4", "relationships that we ended", "WE", by: "us"),
      ended("left_together", "S2.4", "relationships that both ended", "BOTH", by: "mutual"),
      TouchMeasure(
        "external_ends", "S1.10d, S2.4", "relationships that ended because a customer was bought or closed",
        formula: "relationship.ended, ended_by external", "NEI", high: nil,
        num: [.of("relationship.ended", where: .says("ended_by", "external"))]),
      .share(
        "regretted_share", "S2.6", "of the relationships that ended, those we regret",
        formula: "regretted / endings that say whether", "NEI", high: nil,
        of: [.of("relationship.ended", where: .known("regretted"))], where: .isTrue("regretted")),
      .share(
        "not_best_share", "S2.10", "of the reasons for ending, that we are not the best",
        formula: "reason in measures.not_best_reasons / endings with a reason", "THEY", high: false,
        of: [.of("relationship.ended", where: .known("reason"))], where: .says("reason", rules.notBestReasons)),
      TouchMeasure(
        "fit", "S2.7", "how well their needs and our skills fit", formula: "mean score of fit.assessed", "NEI",
        high: true, num: [.of("fit.assessed", weight: .score)], den: [.of("fit.assessed", where: .number("score"))]),
      TouchMeasure(
        "their_clients", "S2.12", "how well they serve their own customers, −1 to 1",
        formula: "mean their_clients_signal of fit.assessed", "THEY", high: true,
        num: [.of("fit.assessed", weight: .number("their_clients_signal"))],
        den: [.of("fit.assessed", where: .number("their_clients_signal"))]),
    ]
  }

  private static func ended(
    _ name: String, _ seed: String, _ meaning: String, _ direction: String, by party: String
  ) -> TouchMeasure {
    TouchMeasure(
      name, seed, meaning, formula: "relationship.ended, ended_by \(party)", direction, high: false,
      num: [.of("relationship.ended", where: .says("ended_by", party))])
  }
}
