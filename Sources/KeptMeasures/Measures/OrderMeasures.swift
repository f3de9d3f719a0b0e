/// Orders and returns, as far as touches tell them by themselves; the tables `orders` and `returns` follow each one.
/// Metrics S1.12, S1.14, S1.15, S1.18, S1.21.
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
    TouchMeasure(
      "abandon_rate", "S1.14", "orders given up on the way", formula: "abandoned / (placed + abandoned)", "WE",
      high: false, unit: "share", num: [.of("order.abandoned")], den: [.of("order.placed", "order.abandoned")]),
    .share(
      "reidentify_rate", "S1.15", "orders for which they had to say again who they are",
      formula: "reidentified / orders that say whether", "WE", high: false,
      of: [.of("order.placed", where: .known("reidentified"))], where: .isTrue("reidentified")),
    .share(
      "backorder_told", "S1.18", "backorders that they were told of", formula: "told_customer / backorders that say whether",
      "WE", high: true, of: [.of("order.backordered", where: .known("told_customer"))], where: .isTrue("told_customer")),
    TouchMeasure(
      "return_accept", "S1.21", "returns that were not refused", formula: "(requested − refused) / requested", "WE",
      high: true, unit: "share", num: [.of("return.requested"), .of("return.refused").subtracted],
      den: [.of("return.requested")]),
  ]
}
