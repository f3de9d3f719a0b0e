import KeptSnapshot
import KeptStatistics

/// What is to be expected of each customer: whether they will buy, and whether they will leave. Metrics 3.5 to 3.7, S2.3.
///
/// It comes from models of all customers. Where a replay saw only some, there is none: a model of those would say
/// something else than the one of all.
struct CustomerOutlook {
  let curves: TenureCurves?
  let models: PurchaseModels?
  let isPartial: Bool

  static let columns: [ColumnSpec] = [
    chance("p_alive", "chance that they have not stopped buying for good", "BG/NBD", seed: "S2.3", good: true),
    chance("p_no_order_90d", "chance of no order within 90 days", "BG/NBD", seed: "S2.3", good: false),
    ColumnSpec(
      "expected_orders", .double, isNullable: true, unit: "orders",
      meaning: "days with an order to be expected within 90 days", formula: "E[Y(90 d)] of BG/NBD", seed: "S2.3",
      direction: "THEY", highIsGood: true),
    ColumnSpec(
      "expected_value", .double, isNullable: true, unit: "currency",
      meaning: "what their orders within the rulebook's value.horizon_days will be worth, in the ledger's currency; the "
        + "margin and the discount are among models",
      formula: "margin · E[M] of Gamma–Gamma · Σ E[Y] of BG/NBD, discounted", seed: "S2.3", direction: "THEY",
      highIsGood: true),
    ColumnSpec(
      "p_alive_reason", .string, isNullable: true,
      meaning: "why the four before are NULL; no repeat yet: of one who bought once the model says 1 whatever the "
        + "silence, and that is no estimate", formula: "what the ledger lacks for BG/NBD or Gamma–Gamma"),
    chance(
      "p_end_90d", "chance that the relationship ends within 90 days, for one who has stayed as long as they have",
      "1 − S(t + 90) / S(t), Kaplan–Meier", seed: "S2.3", good: false),
    ColumnSpec("p_end_reason", .string, isNullable: true, meaning: "why p_end_90d is NULL",
      formula: "what the ledger lacks for the curve of tenure"),
  ]

  private static func chance(
    _ name: String, _ meaning: String, _ formula: String, seed: String, good: Bool
  ) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "probability", meaning: meaning, formula: formula, seed: seed,
      direction: "THEY", highIsGood: good)
  }

  private static let partial = "not all customers were replayed"

  /// Collects the columns, customer by customer.
  struct Builder {
    private var numbers: [ColumnBuilder<Double>]
    private var reasons: [StringColumnBuilder]

    init(rowCount: Int) {
      numbers = (0..<5).map { _ in ColumnBuilder(rowCount: rowCount) }
      reasons = (0..<2).map { _ in StringColumnBuilder(rowCount: rowCount) }
    }

    mutating func append(_ prospect: PurchaseModels.Prospect, _ end: (chance: Double?, reason: String?)) {
      let values = [prospect.alive, prospect.noOrder, prospect.orders, prospect.value, end.chance]
      for (place, value) in values.enumerated() { numbers[place].append(value) }
      reasons[0].append(prospect.reason)
      reasons[1].append(end.reason)
    }

    consuming func finish() -> [ColumnData] {
      numbers[..<4].map { $0.finish() } + [reasons[0].finish(), numbers[4].finish(), reasons[1].finish()]
    }
  }

  func prospect(_ row: PurchaseFold.Row?, hasEnded: Bool) -> PurchaseModels.Prospect {
    if hasEnded { return .unknown("ended") }
    guard let row else { return .unknown("no orders") }
    if row.repeats == 0 { return .unknown(Refusal.noRepeatYet.rawValue) }
    guard !isPartial, let models else { return .unknown(Self.partial) }
    return models.prospect(row)
  }

  func end(_ row: TenureFold.Row) -> (chance: Double?, reason: String?) {
    guard !isPartial, let curves else { return (nil, Self.partial) }
    return curves.endWithin90Days(row)
  }
}
