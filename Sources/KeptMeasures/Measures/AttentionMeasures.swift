/// Where money, minutes and rewards go: to getting customers or to keeping and serving them. Metrics S1.7, S3.6, S3.10,
/// S3.27, S3.28, S4.7, S4.8, S4.11, S4.17.
extension TouchMeasure {
  static let attention: [TouchMeasure] = [
    .share(
      "keep_per_get", "S3.6", "of the money spent on getting and keeping, the part spent on keeping",
      formula: "keep / (keep + acquire), amounts", "WE", high: true,
      of: [.of("effort.spent", where: .says("effort", "keep", "acquire"), weight: .amount)],
      where: .says("effort", "keep")),
    .share(
      "keep_per_get_minutes", "S3.6", "the same of minutes", formula: "keep / (keep + acquire), minutes", "WE",
      high: true, of: [.of("effort.spent", where: .says("effort", "keep", "acquire"), weight: .number("minutes"))],
      where: .says("effort", "keep")),
    TouchMeasure(
      "keep_minutes_per_customer", "S3.10", "minutes of keeping for each customer who was in touch",
      formula: "Σ minutes of keeping / customers with a contact", "WE", high: true, unit: "minutes",
      num: [.of("effort.spent", where: .says("effort", "keep"), weight: .number("minutes"))], den: [activeCustomers]),
    TouchMeasure(
      "acquire_minutes_per_new", "S3.10", "minutes of getting for each relationship that began",
      formula: "Σ minutes of getting / relationships started", "WE", high: nil, unit: "minutes",
      num: [.of("effort.spent", where: .says("effort", "acquire"), weight: .number("minutes"))],
      den: [.of("relationship.started")]),
    TouchMeasure(
      "keep_cost_per_customer", "S3.28", "what keeping cost for each customer who was in touch",
      formula: "Σ amount of keeping / customers with a contact", "NEI", high: nil, unit: "currency",
      num: [.of("effort.spent", where: .says("effort", "keep"), weight: .amount)], den: [activeCustomers]),
    TouchMeasure(
      "acquire_cost_per_new", "S3.27, S3.28", "what getting cost for each relationship that began",
      formula: "Σ amount of getting / relationships started", "NEI", high: false, unit: "currency",
      num: [.of("effort.spent", where: .says("effort", "acquire"), weight: .amount)], den: [.of("relationship.started")]),
    TouchMeasure(
      "replace_ratio", "S3.28", "relationships that began for each that ended", formula: "started / ended", "NEI",
      high: true, num: [.of("relationship.started")], den: [.of("relationship.ended")]),
    TouchMeasure(
      "invested_minutes_per_customer", "S4.17", "minutes of keeping and serving for each customer who was in touch",
      formula: "Σ minutes of keeping and serving / customers with a contact", "WE", high: true, unit: "minutes",
      num: [.of("effort.spent", where: .says("effort", "keep", "serve"), weight: .number("minutes"))],
      den: [activeCustomers]),
    .share(
      "serve_obtain", "S4.11", "of the minutes of serving and obtaining, the part spent on serving",
      formula: "serve / (serve + acquire), minutes", "WE", high: true,
      of: [.of("effort.spent", where: .says("effort", "serve", "acquire"), weight: .number("minutes"))],
      where: .says("effort", "serve")),
    .share(
      "sales_reward_share", "S4.7", "of what was paid in rewards, the part paid for sales",
      formula: "rewards with basis sales / rewards that say their basis, amounts", "WE", high: false,
      of: [.of("reward.paid", where: .known("basis"), weight: .amount)], where: .says("basis", "sales")),
    TouchMeasure(
      "clawed_back", "S4.8", "rewards taken back", formula: "Σ clawback", "WE", high: nil, unit: "currency",
      num: [.of("reward.paid", weight: .number("clawback"))]),
    TouchMeasure(
      "written_off", "S4.8", "what had to be written off", formula: "Σ amount of charge.written_off", "WE", high: false,
      unit: "currency", num: [.of("charge.written_off", weight: .amount)]),
    TouchMeasure(
      "service_revenue", "S1.7", "what customers paid", formula: "Σ amount of payment.received", "WE", high: true,
      unit: "currency", num: [.of("payment.received", weight: .amount)]),
    TouchMeasure(
      "cost_to_serve", "S1.7", "what effort cost, and what was written off",
      formula: "Σ amount of effort.spent + Σ amount of charge.written_off", "WE", high: false, unit: "currency",
      num: [.of("effort.spent", "charge.written_off", weight: .amount)]),
    TouchMeasure(
      "margin", "S1.7, S4.8, S2.15", "what is left of each unit paid", formula: "(payments − effort − written off) / payments",
      "WE", high: true, unit: "share",
      num: [
        .of("payment.received", weight: .amount),
        .of("effort.spent", "charge.written_off", weight: .amount).subtracted,
      ],
      den: [.of("payment.received", weight: .amount)]),
    TouchMeasure(
      "sold", "S4.8", "what was sold: never to be seen without what came of it", formula: "Σ amount of order.placed", "NEI",
      high: nil, unit: "currency", num: [.of("order.placed", weight: .amount)]),
    TouchMeasure(
      "soft_skills", "S2.17", "trainings of soft skills", formula: "skill.trained that are soft", "WE", high: true,
      num: [.of("skill.trained", where: .isTrue("soft"))]),
    .share(
      "joint_share", "S2.17", "meetings that were worked through together",
      formula: "joint meetings / meetings that say whether they were", "WE", high: true,
      of: [.of("meeting.held", where: .known("joint"))], where: .isTrue("joint")),
  ]

  /// Customers with a touch of theirs, or one both had a part in.
  static let activeCustomers = Term.anything(where: .fromThem, weight: .customers)
}
