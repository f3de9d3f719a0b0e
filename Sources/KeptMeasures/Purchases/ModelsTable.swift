import KeptSnapshot
import KeptStatistics

/// What models and tests came to, and whether they did. Metrics 3.5 to 3.7.
enum ModelsTable {
  static let schema = TableSchema(
    name: "models", meaning: "model × parameter",
    columns: [
      ColumnSpec(
        "model", .string,
        meaning: "bg_nbd: how often customers buy and when they stop; gamma_gamma: for how much; both of accounts as well, "
          + "where accounts buy; expected leavers 90 d: "
          + "how many relationships will end; log-rank: whether the strata of a curve of survival leave alike; median: "
          + "by when half have left; value: what makes money of orders", seed: "S2.3"),
      ColumnSpec(
        "parameter", .string,
        meaning: "as the model's paper names it; correlation: of frequency and mean value, which gamma_gamma takes for "
          + "unrelated; population_mean: what a purchase is worth on average; gradient_norm: how flat the likelihood "
          + "is where the fit stands; lo and hi: of the 95 % interval of a median", seed: "S2.3"),
      number("value", "its most likely value, times of purchases in weeks, of survival in days; NULL: see note"),
      number("se", "its standard error, by the curvature of the likelihood"),
      number("log_likelihood", "of the fit, at its maximum", unit: "nats"),
      ColumnSpec("n", .int64, meaning: "customers or accounts fitted on, or at risk", seed: "S2.3"),
      ColumnSpec(
        "converged", .boolean, meaning: "whether the maximum was found; if not, nothing is published",
        formula: "the likelihood does not rise any more where the search ended"),
      ColumnSpec(
        "note", .string, isNullable: true, meaning: "why there is no value, or what to know of it",
        formula: "what the data lack for the model, or by which rules it was fitted"),
    ])

  private static func number(_ name: String, _ meaning: String, unit: String = "as the parameter") -> ColumnSpec {
    ColumnSpec(name, .double, isNullable: true, unit: unit, meaning: meaning, seed: "S2.3", direction: "NEI")
  }

  struct Row {
    var model: String
    var parameter: String
    var value: Double?
    var error: Double?
    var logLikelihood: Double?
    var count: Int
    var hasConverged: Bool
    var note: String?
  }

  static func make(
    _ models: PurchaseModels?, accounts: PurchaseModels?, _ curves: TenureCurves?, _ tenures: [TenureFold], run: MeasureRun
  ) -> Table {
    let missing = "no \(run.rulebook.orders.placed.joined(separator: " or ")) events"
    var rows: [Row] = []
    if let models { rows += purchaseRows(models, missing) + spendingRows(models, missing) + valueRows(models) }
    // Without an account that bought there is nothing to fit, and nothing to say of it.
    if let accounts, accounts.purchases != nil {
      for var row in purchaseRows(accounts, missing) + spendingRows(accounts, missing) {
        row.model += " accounts"
        rows.append(row)
      }
    }
    if let curves { rows += SurvivalFigures.rows(curves, tenures) }
    // The parameters of a model stay in the order of its paper.
    rows = rows.enumerated().sorted { ($0.element.model, $0.offset) < ($1.element.model, $1.offset) }.map(\.element)
    var texts = (0..<2).map { _ in StringColumnBuilder() }
    var reals = (0..<3).map { _ in ColumnBuilder<Double>() }
    var counts = ColumnBuilder<Int64>()
    var converged = ColumnBuilder<Bool>()
    var note = StringColumnBuilder()
    for row in rows {
      texts[0].append(row.model)
      texts[1].append(row.parameter)
      reals[0].append(row.value)
      reals[1].append(row.error)
      reals[2].append(row.logLikelihood)
      counts.append(Int64(row.count))
      converged.append(row.hasConverged)
      note.append(row.note)
    }
    return Table(
      schema: schema,
      columns: texts.map { $0.finish() } + reals.map { $0.finish() }
        + [counts.finish(), converged.finish(), note.finish()])
  }

  private static func purchaseRows(_ models: PurchaseModels, _ missing: String) -> [Row] {
    let name = "bg_nbd"
    guard let fit = models.purchases?.value else {
      return unfitted(
        name, ["r", "alpha", "a", "b", "gradient_norm"], models.buyerCount, models.purchases?.refusal?.rawValue ?? missing)
    }
    return fit.parameters.map {
      Row(
        model: name, parameter: $0.name, value: $0.value, error: $0.standardError, logLikelihood: fit.logLikelihood,
        count: fit.customerCount, hasConverged: true, note: agreement(fit.agreeingStartCount, fit.startCount))
    } + [gradient(name, fit.gradientNorm, fit.logLikelihood, fit.customerCount)]
  }

  private static func gradient(_ name: String, _ norm: Double, _ logLikelihood: Double, _ count: Int) -> Row {
    Row(
      model: name, parameter: "gradient_norm", value: norm, error: nil, logLikelihood: logLikelihood, count: count,
      hasConverged: true, note: nil)
  }

  private static func spendingRows(_ models: PurchaseModels, _ missing: String) -> [Row] {
    let name = "gamma_gamma"
    guard let fit = models.spending?.value else {
      return unfitted(
        name, ["p", "q", "gamma", "correlation", "population_mean", "gradient_norm"], models.spenderCount,
        models.spending?.refusal?.rawValue ?? missing)
    }
    func row(_ parameter: String, _ value: Double?, _ error: Double?, _ note: String?) -> Row {
      Row(
        model: name, parameter: parameter, value: value, error: error, logLikelihood: fit.logLikelihood,
        count: fit.customerCount, hasConverged: true, note: note)
    }
    let mean = fit.model.populationMean
    return fit.parameters.map {
      row($0.name, $0.value, $0.standardError, agreement(fit.agreeingStartCount, fit.startCount))
    } + [
      row("correlation", fit.correlation, nil, fit.correlation == nil ? Refusal.noVariation.rawValue : nil),
      row("population_mean", mean.value, nil, mean.refusal?.rawValue),
      gradient(name, fit.gradientNorm, fit.logLikelihood, fit.customerCount),
    ]
  }

  private static func valueRows(_ models: PurchaseModels) -> [Row] {
    let worth = models.worth
    return [
      ("margin", worth.margin, worth.marginNote), ("discount_per_year", worth.rules.discount, "from the rulebook"),
      ("horizon_days", worth.rules.horizonDays, "from the rulebook"),
    ].map { parameter, value, note in
      Row(
        model: "value", parameter: parameter, value: value, error: nil, logLikelihood: nil, count: models.spenderCount,
        hasConverged: true, note: note)
    }
  }

  private static func unfitted(_ model: String, _ parameters: [String], _ count: Int, _ note: String) -> [Row] {
    parameters.map {
      Row(
        model: model, parameter: $0, value: nil, error: nil, logLikelihood: nil, count: count, hasConverged: false,
        note: note)
    }
  }

  private static func agreement(_ agreeing: Int, _ starts: Int) -> String {
    "\(agreeing) of \(starts) starts came to this maximum"
  }
}
