/// How orders and returns went. Metrics S1.12 to S1.21.
extension FactMeasure {
  static func orders(_ rules: Rulebook) -> [FactMeasure] {
    let placed = rules.orders.placed
    func share(
      _ name: String, _ seed: String, _ meaning: String, formula: String, month: String, _ test: Test, _ kinds: [[String]]
    ) -> FactMeasure {
      FactMeasure(
        name, seed, meaning, formula: formula, "WE", high: true, unit: "share", of: OrderFacts.family, month: month,
        aggregate: .share(test), kinds: kinds, grains: .ofTheirs)
    }
    return [
      share(
        "order_accuracy", "S1.12", "orders of which nothing was wrong by our fault",
        formula: "1 − orders with a correction of our fault / orders", month: "placed_at", .isTrue("accurate"),
        [placed, rules.orders.corrected]),
      share(
        "share_instant", "S1.16", "orders that were confirmed nearly at once",
        formula: "confirmed ≤ norms.confirm_instantly after being placed / orders placed", month: "placed_at",
        .isTrue("confirmed_instantly"), [placed, ["order.confirmed"]]),
      share(
        "ship_told_share", "S1.17", "orders shipped of which the customer was told in time",
        formula: "ship_told / orders shipped that say whether", month: "shipped_at", .isTrue("ship_told"),
        [["order.shipped"]]),
      share(
        "told_first_share", "S1.18", "backorders that the customer was told of before they had to ask",
        formula: "told_first / backorders that say whether", month: "backordered_at", .isTrue("told_first"),
        [["order.backordered"]]),
      FactMeasure(
        "steps_median", "S1.14", "steps that half of the orders took at most; by device as well",
        formula: "median steps of orders placed", "WE", high: false, of: OrderFacts.family, month: "placed_at",
        aggregate: .quantile(0.5, "steps"), kinds: [placed], grains: .ofTheirs, by: ("device", "device")),
      FactMeasure(
        "abandon_rate", "S1.14", "orders given up on the way; by device as well",
        formula: "abandoned / (placed + abandoned)", "WE", high: false, unit: "share", of: OrderFacts.family,
        month: "placed_at", "abandoned_at", aggregate: .share(.says("state", ["abandoned"])),
        kinds: [placed, ["order.abandoned"]], grains: .ofTheirs, by: ("device", "device")),
      FactMeasure(
        "repeat_share", "S4.8, S2.18", "orders that were not the customer's first",
        formula: "is_repeat / orders placed", "THEY", high: nil, unit: "share", of: OrderFacts.family, month: "placed_at",
        aggregate: .share(.isTrue("is_repeat")), kinds: [placed]),
    ]
  }

  static func returns(_ rules: Rulebook) -> [FactMeasure] {
    let programs = rules.programs
    func told(_ name: String, _ column: String, _ what: String, _ limit: Int64) -> FactMeasure {
      FactMeasure(
        name, "S1.20", "returns of whose \(what) they were told within \(limit / 3_600_000_000) hours of its arrival",
        formula: "\(column) ≤ \(limit / 3_600_000_000) / returns received, unless the time still runs", "WE", high: true,
        unit: "share", of: ReturnFacts.family, month: "received_at",
        aggregate: .share(.within(Span(column: column, from: "received_at"), limit)), kinds: [["return.received"]],
        grains: .ofTheirs)
    }
    return [
      FactMeasure(
        "credit_h", "S1.13", "hours until half of those who asked had their credit",
        formula: "Kaplan–Meier median of credited − requested; open returns are watched so long, refused ones until then",
        "WE", high: false, unit: "hours", of: ReturnFacts.family, month: "requested_at",
        aggregate: .reached(0.5, Span(column: "credit_h", from: "requested_at", until: ["refused_at"])),
        kinds: [["return.requested"], ["return.credited"]], grains: .ofTheirs),
      FactMeasure(
        "credit_d", "S1.11, S1.13", "the same in days", formula: "credit_h / 24", "WE", high: false, unit: "days",
        of: ReturnFacts.family, month: "requested_at",
        aggregate: .reached(0.5, Span(column: "credit_h", from: "requested_at", until: ["refused_at"])),
        kinds: [["return.requested"], ["return.credited"]], grains: .ofTheirs),
      FactMeasure(
        "return_easy", "S1.19", "returns that were easy", formula: "easy / returns that say whether", "WE", high: true,
        unit: "share", of: ReturnFacts.family, month: "requested_at", aggregate: .share(.isTrue("easy")),
        kinds: [["return.requested"]], grains: .ofTheirs),
      told("receipt_told_soon", "receipt_told_h", "receipt", programs.toldSoon),
      told("receipt_told_at_last", "receipt_told_h", "receipt", programs.toldAtLast),
      told("credit_told_soon", "credit_told_h", "credit", programs.toldSoon),
      told("credit_told_at_last", "credit_told_h", "credit", programs.toldAtLast),
      FactMeasure(
        "return_accept", "S1.21", "returns that were not refused; by reason as well", formula: "1 − refused / returns",
        "WE", high: true, unit: "share", of: ReturnFacts.family, month: "requested_at", "received_at", "refused_at",
        aggregate: .share(.neither([.says("state", ["refused"])])), kinds: [["return.requested"]], grains: .ofTheirs,
        by: ("reason", "reason")),
    ]
  }
}
