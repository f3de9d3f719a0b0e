/// What customers say of us, to us and to others. Metrics S1.5, S1.6, S3.3, S3.19, S3.20, S3.23, S4.8.
extension TouchMeasure {
  static let reactions: [TouchMeasure] = [
    rating("csat", "S4.8, S2.15", "how satisfied they say they are", "csat"),
    topBox("csat_top_box", "S4.8", "answers that say satisfied", "csat"),
    rating("ease", "S3.23", "how easy they say it was", "ease", "ces"),
    rating("enjoyment", "S3.23", "how enjoyable they say it was", "enjoyment"),
    topBox("respect", "S3.3", "answers that say they were met with respect", "respect"),
    TouchMeasure(
      "nps", "S1.5", "those who would recommend us less those who would not",
      formula: "100 · (promoters − detractors) / answers", "THEY", high: true, unit: "points", scale: 100,
      num: [answer(["nps"], weight: .balance)], den: [answer(["nps"], weight: .rated)]),
    .share(
      "anger_share", "S3.20", "of the feelings in their own words, anger, frustration and annoyance",
      formula: "anger, frustration, annoyance / feelings in customer_words", "THEY", high: false,
      of: [.of("emotion.expressed", where: .says("heard_from", "customer_words"), .known("level"))],
      where: .says("level", "anger", "frustration", "annoyance")),
    TouchMeasure(
      "mentions_per_100", "S1.6", "public mentions for a hundred customers in touch",
      formula: "100 · mention.posted / customers with a contact", "THEY", high: nil, unit: "of 100", scale: 100,
      num: [.of("mention.posted")], den: [activeCustomers]),
    .share(
      "criticality", "S1.6", "public mentions that speak against us", formula: "valence < 0 / mentions that have one",
      "THEY", high: false, of: [.of("mention.posted", where: .number("valence"))], where: .negative("valence")),
    TouchMeasure(
      "reach_negative", "S1.6", "how many mentions against us may have reached", formula: "Σ reach where valence < 0",
      "THEY", high: false, unit: "people",
      num: [.of("mention.posted", where: .negative("valence"), weight: .number("reach"))]),
    TouchMeasure(
      "leave_signals", "S3.19", "times that leaving for somebody else was spoken of",
      formula: "competitor.mentioned with intent leaving", "THEY", high: false,
      num: [.of("competitor.mentioned", where: .says("intent", "leaving"))]),
    TouchMeasure(
      "burden_per_100", "S2.11", "burdens, missed meetings and broken promises of theirs in a hundred contacts",
      formula: "100 · (burden.imposed + meeting.missed by them + promise.broken by them) / contacts", "THEY",
      high: false, unit: "of 100", scale: 100,
      num: [
        .of("burden.imposed"), .of("meeting.missed", where: .says("missed_by", "customer")),
        .of("promise.broken", where: .says("by", "customer")),
      ], den: [.anything(where: .fromThem)]),
  ]

  private static func answer(_ instruments: [String], weight: Term.Weight) -> Term {
    Term(kinds: ["survey.answered"], alternatives: [[.says("instrument", instruments)]], weight: weight)
  }

  private static func rating(_ name: String, _ seed: String, _ meaning: String, _ instruments: String...) -> TouchMeasure {
    TouchMeasure(
      name, seed, meaning + ", 0 to 1", formula: "mean of \(instruments.joined(separator: " and ")) rescaled 0 … 1",
      "THEY", high: true, num: [answer(instruments, weight: .rating)],
      den: [answer(instruments, weight: .rated)])
  }

  private static func topBox(_ name: String, _ seed: String, _ meaning: String, _ instrument: String) -> TouchMeasure {
    TouchMeasure(
      name, seed, meaning, formula: "\(instrument) from ratings.instruments.\(instrument).satisfied on / answers",
      "THEY", high: true, unit: "share", num: [answer([instrument], weight: .satisfied)],
      den: [answer([instrument], weight: .rated)])
  }
}
