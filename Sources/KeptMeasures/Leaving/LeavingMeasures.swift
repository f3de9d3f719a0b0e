import KeptFormat
import KeptStatistics

/// What is to be expected to leave, what was lost with those who left, and which offerings are left most. Metrics S2.3,
/// S2.9 and S3.29.
enum LeavingMeasures {
  static let all = [
    defection, defectionRank, defectionShrunken, expectedLeavers, expectedLeaversDeviation, lostResidual, lostRevenue,
    lostValue,
  ]

  private static let defection = DerivedMeasure(
    "defection", "S2.9", "by offering: of those who had it when the month began, those who had left it when it ended",
    formula: "left / had it at the start", "THEY", high: false, unit: "share")
  private static let defectionRank = DerivedMeasure(
    "defection_rank", "S2.9", "by offering: its place by defection_shrunken, 1 being left most",
    formula: "1 + offerings with more", "THEY", high: true)
  private static let defectionShrunken = DerivedMeasure(
    "defection_shrunken", "S2.9", "defection drawn to the mean of all offerings, the more the fewer had it",
    formula: "(left + strength · mean) / (had + strength), a Beta prior by moments over the month's offerings", "THEY",
    high: false, unit: "share")
  private static let expectedLeavers = DerivedMeasure(
    "expected_leavers", "S2.3", "relationships to be expected to end within 90 days of the as-of instant",
    formula: "Σ p_end_90d", "THEY", high: false)
  private static let expectedLeaversDeviation = DerivedMeasure(
    "expected_leavers_sd", "S2.3", "give or take; supposes that they leave independently of each other",
    formula: "√Σ p_end_90d · (1 − p_end_90d)", "THEY", high: nil)
  private static let lostResidual = DerivedMeasure(
    "lost_residual", "S3.29", "what those who left in the month would have been worth, as it stood the day before",
    formula: "Σ margin · E[M] · discounted E[Y], from the day before each left", "THEY", high: false, unit: "currency")
  private static let lostRevenue = DerivedMeasure(
    "lost_revenue_12m", "S3.29", "what those who left in the month had paid in the 365 days before",
    formula: "Σ revenue of 365 days", "THEY", high: false, unit: "currency")
  private static let lostValue = DerivedMeasure(
    "lost_value", "S3.29", "what was lost with those who left in the month",
    formula: "lost_revenue_12m + lost_residual", "THEY", high: false, unit: "currency")

  private typealias Result = MeasureCells.Result

  static func rows(
    _ folds: [MeasureFold], curves: TenureCurves?, models: PurchaseModels?, run: MeasureRun, logStart: Instant
  ) -> [DerivedMeasure.Row] {
    var rows = leavers(folds, curves, run) + lost(folds, models, run, logStart)
    if let offerings = folds.first?.offerings { rows += defections(offerings, run, logStart) }
    return rows
  }

  private static func row(
    _ measure: DerivedMeasure, _ month: Int?, _ result: Result, grain: MeasureGrain = .firm, entity: String? = nil
  ) -> DerivedMeasure.Row {
    DerivedMeasure.Row(measure: measure, grain: grain, entity: entity, month: month, result: result)
  }

  private static func leavers(_ folds: [MeasureFold], _ curves: TenureCurves?, _ run: MeasureRun) -> [DerivedMeasure.Row] {
    let month = run.dayTable.bucket(.month, of: run.asOf)
    guard let curves, let found = curves.expectedLeavers(folds.compactMap(\.tenure)) else {
      let reason = curves?.tenureReason ?? "nobody whose chance to leave is known"
      return [expectedLeavers, expectedLeaversDeviation].map { row($0, month, Result(reason: reason)) }
    }
    return [
      row(expectedLeavers, month, Result(value: found.mean)),
      row(expectedLeaversDeviation, month, Result(value: found.deviation)),
    ]
  }

  // MARK: what was lost

  private static func lost(
    _ folds: [MeasureFold], _ models: PurchaseModels?, _ run: MeasureRun, _ logStart: Instant
  ) -> [DerivedMeasure.Row] {
    let leavers = folds.compactMap(\.leavers)
    guard logStart < .max else { return [] }
    var missing: String?
    if !leavers.contains(where: \.knowsEnds) {
      missing = DictionaryTable.reason(without: run.rulebook.relationship.ends.map(\.kind))
    } else if !run.rulebook.orders.placed.contains(where: run.kinds.contains) {
      missing = DictionaryTable.reason(without: run.rulebook.orders.placed)
    }
    if let missing { return [lostResidual, lostRevenue, lostValue].map { row($0, nil, Result(reason: missing)) } }
    let byMonth = Dictionary(grouping: leavers.lazy.flatMap(\.rows)) { run.dayTable.bucket(.month, ofDay: Int($0.day)) }
    var rows: [DerivedMeasure.Row] = []
    for month in run.dayTable.bucket(.month, of: logStart)...run.dayTable.bucket(.month, of: run.asOf) {
      let gone = byMonth[month] ?? []
      var (revenue, residual) = (Sum(), Sum())
      for leaver in gone {
        revenue.add(leaver.revenue, or: "mixed currencies")
        let (value, reason) = Self.residual(leaver, models)
        residual.add(value, or: reason)
      }
      rows.append(row(lostRevenue, month, revenue.result))
      rows.append(row(lostResidual, month, residual.result))
      rows.append(row(lostValue, month, (revenue + residual).result))
    }
    return rows
  }

  /// Amounts × 10⁶ added up as integers, so that no order of lives changes a bit; where one is missing, so is the sum.
  private struct Sum {
    private var total: Int128 = 0
    private var missing: String?

    mutating func add(_ amount: Int64?, or reason: String) {
      if let amount { total += Int128(amount) } else { missing = min(missing ?? reason, reason) }
    }

    static func + (one: Sum, other: Sum) -> Sum {
      var sum = one
      sum.total += other.total
      sum.missing = one.missing ?? other.missing
      return sum
    }

    var result: Result {
      if let missing { return Result(reason: missing) }
      guard abs(total) < 1_000_000_000_000_000_000 else { return Result(reason: "beyond the range of a decimal") }
      return Result(num: Int64(total), value: Double(total) / 1_000_000)
    }
  }

  /// Who never bought is worth nothing that a model of purchases could tell.
  private static func residual(_ leaver: LeaverFold.Row, _ models: PurchaseModels?) -> (value: Int64?, reason: String) {
    guard let purchases = leaver.purchases else { return (0, "") }
    guard let models else { return (nil, "not all customers were replayed") }
    switch models.value(purchases, from: leaver.day - 1) {
    case .success(let value) where abs(value) < 9e11: return (Int64((value * 1_000_000).rounded()), "")
    case .success: return (nil, "beyond the range of a decimal")
    case .failure(let refusal): return (nil, refusal.rawValue)
    }
  }

  // MARK: offerings

  private static func defections(_ fold: OfferingFold, _ run: MeasureRun, _ logStart: Instant) -> [DerivedMeasure.Row] {
    guard !fold.names.isEmpty else {
      return [defection, defectionRank, defectionShrunken].map { row($0, nil, Result(reason: "no event says the offering")) }
    }
    let order = fold.names.indices.sorted { fold.names[$0].utf8.lexicographicallyPrecedes(fold.names[$1].utf8) }
    var had = Array(repeating: Int64(0), count: fold.names.count)
    /// By offering, so that the rows of each stand together.
    var rows: [[[DerivedMeasure.Row]]] = Array(
      repeating: Array(repeating: [], count: fold.names.count), count: 3)
    for month in 0..<fold.monthCount {
      for place in order { had[place] += fold.months[place].steps[month] }
      let bucket = fold.lowMonth + month
      if run.dayTable.start(.month, bucket) < logStart { continue }
      let seen = order.filter { had[$0] > 0 }
      let isOver = month < fold.monthCount - 1
      let groups = seen.map { (events: Int(fold.months[$0].ended[month]), count: Int(had[$0])) }
      let prior = BetaPrior.byMoments(groups)
      let shrunken = groups.map { group in
        prior.value.map { $0.shrunkenRate(events: group.events, count: group.count) }
      }
      for (index, place) in seen.enumerated() {
        func append(_ kind: Int, _ measure: DerivedMeasure, _ result: Result) {
          let told = isOver ? result : Result(reason: "the month is not over")
          rows[kind][place].append(row(measure, bucket, told, grain: .offering, entity: fold.names[place]))
        }
        let group = groups[index]
        append(
          0, defection,
          Result(
            num: Int64(group.events) * 1_000_000, den: Int64(group.count) * 1_000_000,
            value: Double(group.events) / Double(group.count)))
        let reason = prior.refusal?.rawValue
        append(
          1, defectionRank,
          Result(
            value: shrunken[index].map { own in Double(1 + shrunken.filter { $0 ?? 0 > own }.count) }, reason: reason))
        append(2, defectionShrunken, Result(value: shrunken[index], reason: reason))
      }
    }
    return rows.flatMap { kind in order.flatMap { kind[$0] } }
  }
}
