/// Whether what we do is for them or for us, and whether it is meant for a person. Metrics S0.4, S0.6 to S0.13, S1.8,
/// S2.1, S2.14, S2.20, S3.13, S3.18.
extension TouchMeasure {
  static func attitude(_ rules: CountingRules) -> [TouchMeasure] {
    [
      TouchMeasure(
        "managing_words_per_1000", "S0.4", "words of managing in a thousand of ours",
        formula: "1000 · Σ words_managing / Σ words", "WE", high: false, unit: "of 1000", scale: 1000,
        num: [.of("message.sent", where: .number("words"), weight: .number("words_managing"))],
        den: [.of("message.sent", where: .number("words_managing"), weight: .number("words"))]),
      .share(
        "human_share", "S0.6", "two-way touches with a person of ours",
        formula: "touches with an agent and not automated / touches that say one or the other", "WE", high: true,
        of: [.anything(where: .fromThem, .known("agent")).or(.fromThem, .known("automated"))], where: .known("agent")
      ).excluding(.isTrue("automated")),
      .share(
        "admin_share", "S0.7", "of what went out, the part that was administration",
        formula: "outbound with purpose admin / outbound that says its purpose", "WE", high: false,
        of: [.anything(where: .outbound, .known("purpose"))], where: .says("purpose", "admin")),
      TouchMeasure(
        "our_convenience_share", "S0.8", "of what went out, the part that asked for our own convenience",
        formula: "asks that benefit us / outbound", "WE", high: false, unit: "share",
        num: [.of("ask.made", where: .says("benefits", "us"))], den: [.anything(where: .outbound)]),
      TouchMeasure(
        "customers_in_touch", "S0.8", "customers who were in touch; by agent: how many one of ours looks after",
        formula: "customers with a contact", "WE", high: nil, num: [activeCustomers]),
      TouchMeasure(
        "adoption", "S1.10c", "by channel: those who came through it for the first time, of those who came through it",
        formula: "customers with the first contact that the ledger knows / customers with a contact", "NEI", high: nil,
        unit: "share",
        num: [.anything(where: .fromThem, weight: .newcomers)], den: [activeCustomers]),
      TouchMeasure(
        "give_ask", "S0.9", "care given for each that was care or an ask", formula: "care / (care + asks)", "WE",
        high: true, unit: "share", num: [.of("care.given")], den: [.of("care.given", "ask.made")]),
      TouchMeasure(
        "proactive_care", "S0.13", "care that nobody had to ask for", formula: "care.given with prompted false", "WE",
        high: true, num: [.of("care.given", where: .isFalse("prompted"))]),
      .share(
        "customer_centric_share", "S1.8", "of what went out, the part that benefits the customer",
        formula: "outbound that benefits customer or both / outbound that says whom it benefits", "WE", high: true,
        of: [.anything(where: .outbound, .known("benefits"))], where: .says("benefits", "customer", "both")),
      TouchMeasure(
        "cared_for_share", "S2.1, S2.20", "customers cared for, of those who were in touch or cared for",
        formula: "customers with care.given / customers with a contact or care.given", "WE", high: true, unit: "share",
        num: [.of("care.given", weight: .customers)],
        den: [activeCustomers, .of("care.given", weight: .customers)]),
      TouchMeasure(
        "reciprocity", "S2.14", "their gifts for each of ours",
        formula: "(thanks + referrals + answers) / care given", "THEY", high: true,
        num: [.of("thanks.given", "referral.made", "survey.answered")], den: [.of("care.given")]),
      TouchMeasure(
        "personal_share", "S3.13", "of messages and care, the part meant for this person",
        formula: "(messages by name and not automated + personal care) / those that say so", "WE", high: true,
        unit: "share",
        num: [
          .of("message.sent", where: .isTrue("by_name"), .isFalse("automated")),
          .of("care.given", where: .isTrue("personal")),
        ],
        den: [
          .of("message.sent", where: .known("by_name"), .known("automated")),
          .of("care.given", where: .known("personal")),
        ]),
      .share(
        "by_name_rate", "S3.18", "of messages that people wrote, those that greet by name",
        formula: "messages by name / messages not automated that say so", "WE", high: true,
        of: [.of("message.sent", where: .isFalse("automated"), .known("by_name"))], where: .isTrue("by_name")),
      TouchMeasure(
        "hollow_apologies", "S3.1", "apologies for waiting, a call", formula: "Σ apologies / calls that count them",
        "WE", high: false, num: [.of("call.handled", weight: .number("apologies"))],
        den: [.of("call.handled", where: .number("apologies"))]),
      TouchMeasure(
        "courtship_promises", "S3.4", "promises made to win somebody", formula: "promise.made with phase courtship",
        "WE", high: nil, num: [.of("promise.made", where: .says("phase", "courtship"))]),
      TouchMeasure(
        "untruths", "S3.17", "what we said that was not so, and promises of ours that were broken",
        formula: "statement.contradicted misleading or false + promise.broken by us", "WE", high: false,
        num: [
          .of("statement.contradicted", where: .says("contradiction", rules.untruths)),
          .of("promise.broken", where: .says("by", "us")),
        ]),
      .share(
        "care_named_share", "S0.16", "of those who say why they stay, those who name care",
        formula: "answers that name one of measures.care_reasons / reason_to_stay answers", "THEY", high: true,
        of: [.of("survey.answered", where: .says("instrument", "reason_to_stay"), .known("reason"))],
        where: .says("reason", rules.careReasons)),
    ]
  }

  /// The same measure without these touches in the numerator.
  private func excluding(_ condition: Condition) -> TouchMeasure {
    TouchMeasure(
      name, seed, meaning, formula: formula, direction, high: highIsGood, unit: unit, scale: scale,
      num: num + num.map { $0.and(condition).subtracted }, den: den)
  }
}
