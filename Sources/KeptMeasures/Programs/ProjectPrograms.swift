/// How projects were led, how they ended and what came after. Metrics S2.19, S4.3, S4.5, S4.12 to S4.14.
extension FactMeasure {
  static let projects: [FactMeasure] = [
    median("people_per_project", "people", "how many of ours had to do with half of the projects, at most"),
    median("departments_per_project", "departments", "how many departments had to do with half of them, at most"),
    median("hand_offs_per_project", "hand_offs", "how often the contact changed in half of them, at most"),
    FactMeasure(
      "contact_known_share", "S4.5", "how much of a project the customer knows whom to ask",
      formula: "mean contact_known_share of projects", "WE", high: true, unit: "share", of: ProjectFacts.family,
      month: "started_at", aggregate: .mean("contact_known_share"), kinds: [stages, ["contact.assigned"]]),
    FactMeasure(
      "after_silence_d", "S4.12", "days after closing until half of the projects had heard of us again, unless to sell",
      formula: "Kaplan–Meier median of after_silence_d; those that heard nothing are watched until now", "WE", high: false,
      unit: "days", of: ProjectFacts.family, month: "closed_at",
      aggregate: .reached(0.5, Span(column: "after_silence_d", from: "closed_at")), kinds: [["project.closed"]]),
    closing(
      "closed_well", "S4.13, S4.12", "projects closed out, with an introduction to Client Care",
      "closeout and care introduction ≤ norms.close_out of closing / projects closed that long ago",
      [["closeout.held"], ["contact.assigned"]]),
    closing(
      "closeout", "S4.13", "projects that were formally closed out",
      "closeout.held ≤ norms.close_out of closing / projects closed that long ago", [["closeout.held"]]),
    closing(
      "care_intro", "S4.13", "projects whose customer was introduced to Client Care",
      "introduction ≤ norms.close_out of closing / projects closed that long ago", [["contact.assigned"]]),
    first("first_after_sell", "sell", "the first touch after closing was to sell something", high: false),
    first("first_after_care", "care", "the first touch after closing was ours, and not to sell", high: true),
    FactMeasure(
      "theirs_answered_h", "S4.14", "hours until half of those who came to us first after closing were answered, at most",
      formula: "median theirs_answered_h", "WE", high: false, unit: "hours", of: ProjectFacts.family, month: "closed_at",
      aggregate: .quantile(0.5, "theirs_answered_h"), kinds: [["project.closed"]]),
    FactMeasure(
      "outcomes_hold", "S2.19", "outcomes that held when they were looked at again",
      formula: "holding / outcome.checked that say whether", "WE", high: true, unit: "share", of: OutcomeFacts.family,
      month: "checked_at", aggregate: .share(.isTrue("holding")), kinds: [["outcome.checked"]]),
    endured("endured_90", "90"), endured("endured_180", "180"),
  ]

  private static let stages = ["project.started", "project.advanced", "project.closed"]

  private static func median(_ name: String, _ column: String, _ meaning: String) -> FactMeasure {
    FactMeasure(
      name, "S4.3", meaning, formula: "median \(column)", "WE", high: false, of: ProjectFacts.family, month: "started_at",
      aggregate: .quantile(0.5, column), kinds: [stages])
  }

  private static func closing(
    _ column: String, _ seed: String, _ meaning: String, _ formula: String, _ kinds: [[String]]
  ) -> FactMeasure {
    FactMeasure(
      column + "_share", seed, meaning, formula: formula, "WE", high: true, unit: "share", of: ProjectFacts.family,
      month: "closed_at", aggregate: .share(.isTrue(column)), kinds: [["project.closed"]] + kinds)
  }

  private static func first(_ name: String, _ word: String, _ meaning: String, high: Bool) -> FactMeasure {
    FactMeasure(
      name, "S4.14", "projects of which \(meaning)", formula: "first_after = \(word) / projects with a touch after closing",
      "WE", high: high, unit: "share", of: ProjectFacts.family, month: "closed_at",
      aggregate: .share(.says("first_after", [word])), kinds: [["project.closed"]])
  }

  private static func endured(_ column: String, _ days: String) -> FactMeasure {
    FactMeasure(
      column + "_share", "S2.19", "outcomes that still held \(days) days after delivery",
      formula: "\(column) / projects checked so late", "WE", high: true, unit: "share", of: ProjectFacts.family,
      month: "closed_at", "started_at", aggregate: .share(.isTrue(column)), kinds: [["outcome.delivered"], ["outcome.checked"]])
  }
}
