/// Orders, as far as touches tell them by themselves; OrderPrograms.swift has what follows each one.
/// Metrics S1.12, S1.14, S1.15, S1.18.
extension TouchMeasure {
  static let orders: [TouchMeasure] = [
    TouchMeasure(
      "order_faults", "S1.12", "corrections of what was our fault, an order",
      formula: "order.corrected with our_fault / orders placed", "WE", high: false,
      num: [.of("order.corrected", where: .isTrue("our_fault"))], den: [.of("order.placed")]),
    TouchMeasure(
      "steps_to_order", "S1.14", "steps to place an order", formula: "Σ steps / orders that count them", "WE",
      high: false, num: [.of("order.placed", weight: .number("steps"))],
      den: [.of("order.placed", where: .number("steps"))]),
    .share(
      "reidentify_rate", "S1.15", "orders for which they had to say again who they are",
      formula: "reidentified / orders that say whether", "WE", high: false,
      of: [.of("order.placed", where: .known("reidentified"))], where: .isTrue("reidentified")),
    .share(
      "backorder_told", "S1.18", "backorders that they were told of", formula: "told_customer / backorders that say whether",
      "WE", high: true, of: [.of("order.backordered", where: .known("told_customer"))], where: .isTrue("told_customer")),
  ]
}
