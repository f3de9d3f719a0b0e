/// Waiting, asking again, telling, and telling when. Metrics S3.1 to S3.3, S3.24, S4.1, S4.2, S4.4 to S4.6, S4.14.
extension TouchMeasure {
  static let communication: [TouchMeasure] = [
    .share(
      "gave_up_waiting", "S3.1", "calls on which they hung up waiting",
      formula: "abandoned / calls that say whether", "WE", high: false,
      of: [.of("call.handled", where: .known("abandoned"))], where: .isTrue("abandoned")),
    TouchMeasure(
      "repeat_asks", "S3.2", "things asked of them that we knew, a contact",
      formula: "Σ already_known / contacts", "WE", high: false,
      num: [.of("info.requested", weight: .items("already_known"))], den: [.anything(where: .fromThem)]),
    .share(
      "human_reached", "S3.3", "calls on which a person was reached", formula: "human_reached / calls that say whether",
      "WE", high: true, of: [.of("call.handled", where: .known("human_reached"))], where: .isTrue("human_reached")),
    .share(
      "info_found", "S3.24", "searches that found what they looked for", formula: "found / searches that say whether",
      "WE", high: true, of: [.of("info.sought", where: .known("found"))], where: .isTrue("found")),
    TouchMeasure(
      "steps_to_answer", "S3.24", "steps of a search", formula: "Σ steps / searches that count them", "WE", high: false,
      num: [.of("info.sought", weight: .number("steps"))], den: [.of("info.sought", where: .number("steps"))]),
    .share(
      "had_to_ask", "S4.1", "status reports that they had to ask for", formula: "asked_for / reports that say whether",
      "WE", high: false, of: [.of("status.reported", where: .known("asked_for"))], where: .isTrue("asked_for")),
    .share(
      "eta_rate", "S4.2", "status reports that say when", formula: "reports with estimate_at / reports", "WE",
      high: true, of: [.of("status.reported")], where: .known("estimate_at")),
    TouchMeasure(
      "contradictions_per_100", "S4.4", "contradictions in a hundred of what went out",
      formula: "100 · statement.contradicted / outbound", "WE", high: false, unit: "of 100", scale: 100,
      num: [.of("statement.contradicted")], den: [.anything(where: .outbound)]),
    .share(
      "contact_told", "S4.5", "contacts assigned that the customer was told of",
      formula: "told_customer / assignments that say whether", "WE", high: true,
      of: [.of("contact.assigned", where: .known("told_customer"))], where: .isTrue("told_customer")),
    .share(
      "probe_score", "S4.6", "tries of our own service that came to a solution", formula: "solved / probes that say whether",
      "WE", high: true, of: [.of("probe.run", where: .known("solved"))], where: .isTrue("solved")),
    TouchMeasure(
      "contacts", "S1.10a, S1.10e", "touches of theirs; the entity says from where and through what",
      formula: "touches with direction in or both", "NEI", high: nil, num: [.anything(where: .fromThem)]),
    .share(
      "outcomes_accepted", "S4.8, S2.19", "outcomes that were what they came for",
      formula: "accepted / outcomes delivered that say whether", "WE", high: true,
      of: [.of("outcome.delivered", where: .known("accepted"))], where: .isTrue("accepted")),
    .share(
      "outcomes_holding", "S4.8, S2.19", "outcomes that were found to hold", formula: "holding / checks that say whether",
      "WE", high: true, of: [.of("outcome.checked", where: .known("holding"))], where: .isTrue("holding")),
  ]
}
