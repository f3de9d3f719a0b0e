import KeptFormat

/// What became of relationships, moments, needs, care and effort. Metrics S0.2, S0.3, S1.1, S1.10e, S2.6, S2.8, S2.14,
/// S2.15, S2.20, S3.19, S3.26, S4.6.
extension FactMeasure {
  static func relationships(_ rules: Rulebook) -> [FactMeasure] {
    let ends = rules.relationship.ends.map(\.kind)
    return [
      FactMeasure(
        "days_to_switch", "S0.2", "days from first naming a rival to leaving, for half of those who left, at most",
        formula: "median of relationship.ended by customer − first competitor.mentioned", "THEY", high: true, unit: "days",
        of: HistoryFacts.family, month: "ended_at", where: .says("ended_by", ["customer"]),
        aggregate: .quantile(0.5, "switch_after"), kinds: [["competitor.mentioned"], ends], grains: .ofTheirs),
      FactMeasure(
        "fail_to_leave_d", "S3.19", "days from the worst of ours until half had left",
        formula: "Kaplan–Meier median of end − worst touch by signal points; who is still there is watched until now",
        "THEY", high: true, unit: "days", of: HistoryFacts.family, month: "failed_at",
        aggregate: .reached(0.5, Span(column: "fail_to_leave", from: "failed_at", until: ["ended_at"])), kinds: [ends],
        grains: .ofTheirs),
      FactMeasure(
        "warning_lead_d", "S3.26",
        "days from the first bad signal to the first public mention against us, half of them at most",
        formula: "median of first mention.posted with valence < 0 − first touch with points below 0, done or felt", "WE",
        high: true, unit: "days", of: HistoryFacts.family, month: "against_at", aggregate: .quantile(0.5, "warning"),
        kinds: [["mention.posted"]], grains: .ofTheirs),
      FactMeasure(
        "kept_12m", "S1.1, S2.15", "relationships that lasted programs.kept_days; by source, party, region and offering",
        formula: "not ended within programs.kept_days / begun that long ago", "THEY", high: true, unit: "share",
        of: HistoryFacts.family, month: "began_at", where: .isTrue("is_told"),
        aggregate: .share(.beyond(Span(column: "stayed", from: "began_at"), rules.programs.kept)),
        kinds: [["relationship.started"], ends], grains: .ofTheirs),
      FactMeasure(
        "ltv", "S1.1", "what those who began have ordered so far, each",
        formula: "mean revenue of customers whose relationship began in the month", "THEY", high: true, unit: "currency",
        of: HistoryFacts.family, month: "began_at", where: .isTrue("is_told"), aggregate: .mean("revenue"),
        kinds: [["relationship.started"], rules.orders.placed], grains: .ofTheirs),
    ]
  }

  static func exchanges(_ rules: Rulebook) -> [FactMeasure] {
    let programs = rules.programs
    let answer = Span(column: "answered_after", from: "said_at")
    let gift = Span(column: "returned_after", from: "given_at")
    return [
      FactMeasure(
        "care_rate", "S0.3", "of orders, questions and complaints, those in which what we did and they felt adds up to care",
        formula: "Σ points of WE, done and felt, of the touches that name it > 0", "WE", high: true, unit: "share",
        of: MomentFacts.family, month: "at", where: .known("moment"), aggregate: .share(.over("points", 0)),
        kinds: [rules.orders.placed + ["case.opened"]], grains: .ofTheirs, by: ("moment", "moment")),
      FactMeasure(
        "replied_share", "S1.10e, S1.10a",
        "of what customers said, in messages, cases and in public, the part that was answered",
        formula: "answered by us ≤ programs.answered_days / said that long ago, or answered", "WE", high: true, unit: "share",
        of: AnswerFacts.family, month: "said_at", where: .says("by", ["customer"]),
        aggregate: .share(.within(answer, programs.answered)),
        kinds: [["message.sent", "case.opened", "mention.posted"]], grains: .ofTheirs),
      FactMeasure(
        "their_reply_h", "S2.14", "hours that half of those who answered our asks took, at most",
        formula: "median of their next touch − ask.made, info.requested or survey.sent", "THEY", high: false, unit: "hours",
        of: AnswerFacts.family, month: "said_at", where: .says("by", ["us"]), aggregate: .quantile(0.5, "answered_after"),
        kinds: [["ask.made", "info.requested", "survey.sent"]]),
      FactMeasure(
        "care_returned", "S2.20", "care that was answered with thanks, a referral, a good word or a good mark",
        formula: "first gift ≤ programs.returned_days after care.given / care given that long ago, or answered", "THEY",
        high: true, unit: "share", of: CareAnswerFacts.family, month: "given_at",
        aggregate: .share(.within(gift, programs.returned)),
        kinds: [["care.given"], ["thanks.given", "referral.made", "mention.posted"] + rules.ratings.kinds]),
      FactMeasure(
        "unmet_long", "S2.8", "long-term needs that are not met", formula: "open / needs stated with horizon long", "WE",
        high: false, unit: "share", of: NeedFacts.family, month: "stated_at", where: .says("horizon", ["long"]),
        aggregate: .share(.isTrue("is_open")), kinds: [["need.stated"], ["need.met"]], grains: .ofTheirs),
      FactMeasure(
        "keep_on_misfit", "S2.6", "of the minutes spent on keeping customers whose fit we know, those on who does not suit us",
        formula: "minutes of keeping at fit < programs.misfit / at any fit", "NEI", high: false, unit: "share",
        of: EffortFacts.family, month: "spent_at", aggregate: .ratio("misfit_minutes", "minutes"),
        kinds: [["fit.assessed"], ["effort.spent"]]),
      FactMeasure(
        "keep_money_on_misfit", "S2.6", "the same of money", formula: "amount of keeping at fit < programs.misfit / at any fit",
        "NEI", high: false, unit: "share", of: EffortFacts.family, month: "spent_at",
        aggregate: .ratio("misfit_amount", "amount"), kinds: [["fit.assessed"], ["effort.spent"]]),
      FactMeasure(
        "probe_learned", "S4.6", "tries of our own service that something was changed for",
        formula: "change.made with signal probe ≤ programs.learned_days later / probes that long ago, or learned from", "WE",
        high: true, unit: "share", of: ProbeFacts.family, month: "probed_at",
        aggregate: .share(.within(Span(column: "learned_after", from: "probed_at"), programs.learned)),
        kinds: [["probe.run"], ["change.made"]], grains: .ofTheirs),
    ]
  }
}
