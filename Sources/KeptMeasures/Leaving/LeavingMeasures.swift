import KeptFormat

/// What is to be expected to leave, what was lost with those who left, and which offerings are left most. Metrics S2.3,
/// S2.9 and S3.29.
enum LeavingMeasures {
  static let all: [any ToldMeasure] =
    [
      ExpectedLeavers(
        spec: MeasureSpec(
          "expected_leavers", "S2.3", "relationships to be expected to end within 90 days of the as-of instant",
          formula: "Σ p_end_90d", "THEY", high: false, unit: ColumnUnit.count, isMonthly: false),
        isDeviation: false),
      ExpectedLeavers(
        spec: MeasureSpec(
          "expected_leavers_sd", "S2.3", "give or take; supposes that they leave independently of each other",
          formula: "√Σ p_end_90d · (1 − p_end_90d)", "THEY", high: nil, unit: ColumnUnit.count, isMonthly: false),
        isDeviation: true),
      LostRevenue(), LostResidual(), LostValue(),
    ] + DefectionMeasure.all
}

/// What chances to leave add up to, in the month of the as-of instant.
struct ExpectedLeavers: ToldMeasure {
  let spec: MeasureSpec
  let isDeviation: Bool
  let parts: Parts = .tenure

  func told(_ replayed: Replayed) -> Told {
    let month = replayed.dayTable.bucket(.month, of: replayed.run.asOf)
    var result = MeasureResult(reason: replayed.curves?.tenureReason ?? "nobody whose chance to leave is known")
    if let found = replayed.curves?.expectedLeavers(replayed.folds.compactMap(\.tenure)) {
      result = MeasureResult(value: isDeviation ? found.deviation : found.mean)
    }
    return .rows([MeasureRow(grain: MeasureGrain.firm.name, entity: nil, month: month, result: result)])
  }
}

/// What those who left in the month had paid.
struct LostRevenue: ToldMeasure {
  let spec = MeasureSpec(
    "lost_revenue_12m", "S3.29", "what those who left in the month had paid in the 365 days before",
    formula: "Σ revenue of 365 days", "THEY", high: false, unit: "currency", isMonthly: false)
  let parts: Parts = .leaving

  func told(_ replayed: Replayed) -> Told {
    replayed.lost { sum, leaver in sum.add(leaver.revenue, or: "mixed currencies") }
  }
}

/// What they would have paid.
struct LostResidual: ToldMeasure {
  let spec = MeasureSpec(
    "lost_residual", "S3.29", "what those who left in the month would have been worth, as it stood the day before",
    formula: "Σ margin · E[M] · discounted E[Y], from the day before each left", "THEY", high: false, unit: "currency",
    isMonthly: false)
  let parts: Parts = [.leaving, .purchases]

  func told(_ replayed: Replayed) -> Told {
    replayed.lost { sum, leaver in
      let (value, reason) = Self.residual(leaver, replayed.models)
      sum.add(value, or: reason)
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
}

/// Both together.
struct LostValue: ToldMeasure {
  let spec = MeasureSpec(
    "lost_value", "S3.29", "what was lost with those who left in the month", formula: "lost_revenue_12m + lost_residual",
    "THEY", high: false, unit: "currency", isMonthly: false)
  let isOfMeasures = true

  func told(_ replayed: Replayed) -> Told {
    if let missing = replayed.nothingLost { return .nothing(missing) }
    let lost = zip(replayed.rows(of: "lost_revenue_12m"), replayed.rows(of: "lost_residual"))
    return .rows(
      lost.map { revenue, residual in
        var sum = LostSum()
        for part in [revenue, residual] { sum.add(part.result.num, or: part.result.reason ?? "") }
        let reason = revenue.result.reason ?? residual.result.reason
        return MeasureRow(
          grain: revenue.grain, entity: nil, month: revenue.month,
          result: reason.map { MeasureResult(reason: $0) } ?? sum.result)
      })
  }
}

extension Replayed {
  /// Why nobody can say what was lost.
  fileprivate var nothingLost: String? {
    if !folds.contains(where: { $0.leavers?.knowsEnds ?? false }) {
      return DictionaryTable.reason(without: run.rulebook.relationship.ends.map(\.kind))
    }
    return missing([run.rulebook.orders.placed])
  }

  /// Something of all who left, by the month in which they did: every month of the log has a row.
  fileprivate func lost(_ add: (inout LostSum, LeaverFold.Row) -> Void) -> Told {
    guard logStart < .max else { return .rows([]) }
    if let nothingLost { return .nothing(nothingLost) }
    var sums: [Int: LostSum] = [:]
    for leaver in folds.lazy.compactMap(\.leavers).flatMap(\.rows) {
      add(&sums[dayTable.bucket(.month, ofDay: Int(leaver.day)), default: LostSum()], leaver)
    }
    return .rows(
      (dayTable.bucket(.month, of: logStart)...dayTable.bucket(.month, of: run.asOf)).map { month in
        MeasureRow(
          grain: MeasureGrain.firm.name, entity: nil, month: month, result: (sums[month] ?? LostSum()).result)
      })
  }
}

/// Amounts × 10⁶ added up as integers, so that no order of lives changes a bit; where one is missing, so is the sum.
private struct LostSum {
  private var total: Int128 = 0
  private var missing: String?

  mutating func add(_ amount: Int64?, or reason: String) {
    if let amount { total += Int128(amount) } else { missing = min(missing ?? reason, reason) }
  }

  var result: MeasureResult {
    if let missing { return MeasureResult(reason: missing) }
    guard abs(total) < 1_000_000_000_000_000_000 else { return MeasureResult(reason: "beyond the range of a decimal") }
    return MeasureResult(num: Int64(total), value: Double(total) / 1_000_000)
  }
}
