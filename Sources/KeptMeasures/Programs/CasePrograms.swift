/// How soon and how evenly cases were answered, how feelings built up in them, and whether they became public. Metrics
/// S3.1, S3.14, S3.16, S3.24, S4.1 to S4.3, S4.19.
extension FactMeasure {
  static func cases(_ rules: Rulebook) -> [FactMeasure] { replies(rules) + feelings + courses }

  private static let firstReply = Span(column: "first_reply_h", from: "opened_at", until: ["resolved_at"])

  private static func replies(_ rules: Rulebook) -> [FactMeasure] {
    func reply(
      _ name: String, _ meaning: String, _ formula: String, _ aggregate: Aggregate, unit: String = "hours"
    ) -> FactMeasure {
      FactMeasure(
        name, name == "reply_p50" ? "S3.14, S1.10a" : "S3.14", meaning, formula: formula, "WE", high: false, unit: unit,
        of: CaseFacts.family, month: "opened_at", aggregate: aggregate, kinds: [CaseFacts.caseKinds, CaseFacts.replies])
    }
    func after(_ name: String, _ level: Double, _ share: String) -> FactMeasure {
      reply(
        name, "hours until \(share) of the cases had their first human reply",
        "Kaplan–Meier \(level) quantile of first_reply_h; cases without one are watched until resolved or now",
        .reached(level, firstReply))
    }
    return [
      after("reply_p50", 0.5, "half"), after("reply_p90", 0.9, "nine in ten"),
      after("reply_p99", 0.99, "ninety-nine in a hundred"),
      reply(
        "reply_unevenness", "how many times longer than half of the cases the slowest tenth waited",
        "reply_p90 / reply_p50", .spread(0.9, 0.5, firstReply), unit: "times"),
      reply(
        "reply_gini", "how unevenly customers wait: 0 all alike, towards 1 one does all the waiting",
        "Gini coefficient of customers' mean first_reply_h", .gini("first_reply_h"), unit: "0 … 1"),
      reply(
        "reply_miserable", "cases that waited miserably long for a human reply",
        "first reply, or the waiting so far, > programs.miserable_reply_hours / cases that say whether",
        .share(.beyond(firstReply, rules.programs.miserableReply)), unit: "share"),
    ]
  }

  private static let feelings: [FactMeasure] = [
    ("min_to_frustration", "frustrated_after_h", "frustration"), ("min_to_annoyance", "annoyed_after_h", "annoyance"),
    ("min_to_anger", "angry_after_h", "anger"),
  ].map { name, column, feeling in
    FactMeasure(
      name, "S3.16", "minutes until half of the cases opened in the quarter had led to \(feeling)",
      formula: "Kaplan–Meier median of \(column); cases without it are watched until resolved or now", "THEY", high: true,
      unit: "minutes", of: CaseFacts.family, month: "opened_at",
      aggregate: .reached(0.5, Span(column: column, from: "opened_at", until: ["resolved_at"])),
      kinds: [CaseFacts.caseKinds, ["emotion.expressed"]], monthsPerPeriod: 3)
  }

  private static let courses: [FactMeasure] = [
    FactMeasure(
      "touches_to_answer", "S3.24", "touches that half of the questions took until they were answered, at most",
      formula: "median touches_to_answer of questions", "WE", high: false, of: CaseFacts.family, month: "opened_at",
      where: .says("case_kind", ["question"]), aggregate: .quantile(0.5, "touches_to_answer"), kinds: [["case.opened"]]),
    FactMeasure(
      "update_gap_h", "S4.1", "the longest silence that half of the cases went through, at most",
      formula: "median max_update_gap_h", "WE", high: false, unit: "hours", of: CaseFacts.family, month: "opened_at",
      aggregate: .quantile(0.5, "max_update_gap_h"), kinds: [CaseFacts.caseKinds, CaseFacts.replies]),
    FactMeasure(
      "updates_per_open_day", "S4.1", "words to the customer for each day a case is open",
      formula: "median updates_per_open_day", "WE", high: true, unit: "a day", of: CaseFacts.family, month: "opened_at",
      aggregate: .quantile(0.5, "updates_per_open_day"), kinds: [CaseFacts.caseKinds, CaseFacts.replies]),
    FactMeasure(
      "eta_error_h", "S4.2", "how much later than first said half of the cases were solved, at most",
      formula: "median estimate_error_h", "WE", high: false, unit: "hours", of: CaseFacts.family, month: "opened_at",
      aggregate: .quantile(0.5, "estimate_error_h"), kinds: [CaseFacts.caseKinds, ["status.reported"]]),
    FactMeasure(
      "eta_moves", "S4.2", "how often another time was said, a case with an estimate", formula: "mean estimate_moves", "WE",
      high: false, of: CaseFacts.family, month: "opened_at", aggregate: .mean("estimate_moves"),
      kinds: [CaseFacts.caseKinds, ["status.reported"]]),
    FactMeasure(
      "people_per_case", "S4.3", "how many of ours had to do with half of the cases, at most", formula: "median people",
      "WE", high: false, of: CaseFacts.family, month: "opened_at", where: .over("people", 0),
      aggregate: .quantile(0.5, "people"), kinds: [CaseFacts.caseKinds]),
    FactMeasure(
      "hand_offs_per_case", "S4.3", "how often a case changed hands", formula: "mean hand_offs", "WE", high: false,
      of: CaseFacts.family, month: "opened_at", aggregate: .mean("hand_offs"), kinds: [["case.assigned"]]),
    FactMeasure(
      "hold_min", "S3.1", "minutes of waiting and holding, a call", formula: "mean of wait_s + hold_s, in minutes", "WE",
      high: false, unit: "minutes", of: CallFacts.family, month: "called_at", aggregate: .mean("waited_s"),
      kinds: [["call.handled"]]),
    FactMeasure(
      "went_public_share", "S4.19", "cases that became a public story", formula: "went_public / cases", "THEY", high: false,
      unit: "share", of: CaseFacts.family, month: "opened_at", aggregate: .share(.isTrue("went_public")),
      kinds: [CaseFacts.caseKinds, ["mention.posted"]]),
  ]
}
