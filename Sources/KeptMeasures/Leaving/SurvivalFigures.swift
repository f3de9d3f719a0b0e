import KeptStatistics

/// What the curves of survival come to in a number: whether strata leave alike, by when half have left, and how many are
/// to be expected to leave. Rows of `models`. Metrics 3.5 and S2.3.
enum SurvivalFigures {
  /// More strata than these are not compared: the test's matrix grows with their square, and nobody reads it.
  private static let strataMax = 60
  /// Below these a test says that there is too little data. Metrics 3.15.
  private static let (subjectsMin, eventsMin) = (30, 10)

  static func rows(_ curves: TenureCurves, _ tenures: [TenureFold]) -> [ModelsTable.Row] {
    var rows = leavers(curves, tenures)
    for (curve, strata, reason) in [
      ("lapse", curves.lapse, curves.lapseReason), ("tenure", curves.tenure, curves.tenureReason),
    ] {
      for family in TenureCurves.families {
        rows += comparison(curve, family, strata.filter { $0.name.hasPrefix(family + "=") }, reason)
      }
      if let reason { rows += median("median \(curve) all", nil, reason) }
      for stratum in strata { rows += median("median \(curve) \(stratum.name)", KaplanMeier(stratum.observations), nil) }
    }
    return rows
  }

  private static func row(
    _ model: String, _ parameter: String, _ value: Double?, count: Int, note: String?
  ) -> ModelsTable.Row {
    ModelsTable.Row(
      model: model, parameter: parameter, value: value, error: nil, logLikelihood: nil, count: count,
      hasConverged: value != nil, note: note)
  }

  /// Strata of one family against each other.
  private static func comparison(
    _ curve: String, _ family: String, _ strata: [TenureCurves.Stratum], _ reason: String?
  ) -> [ModelsTable.Row] {
    let model = "log-rank \(curve) by \(family)"
    func none(_ note: String, _ count: Int = 0) -> [ModelsTable.Row] {
      ["chi_square", "df", "p_value"].map { row(model, $0, nil, count: count, note: note) }
    }
    if let reason { return none(reason) }
    let observations = strata.enumerated().flatMap { place, stratum in
      stratum.observations.map { one in
        var one = one
        one.stratum = place
        return one
      }
    }
    let count = observations.reduce(0) { $0 + $1.weight }
    guard strata.count > 1 else { return none("fewer than two strata", count) }
    guard strata.count <= strataMax else { return none("more than \(strataMax) strata", count) }
    guard let test = LogRank.test(observations).value else { return none(Refusal.tooLittleData.rawValue, count) }
    let (subjects, events) = test.groups.reduce((0, 0)) { ($0.0 + $1.subjectCount, $0.1 + $1.observed) }
    let note = subjects < subjectsMin || events < eventsMin ? Refusal.tooLittleData.rawValue : nil
    return [
      row(model, "chi_square", test.chiSquare, count: subjects, note: note),
      row(model, "df", Double(test.degreesOfFreedom), count: subjects, note: note),
      row(model, "p_value", test.pValue, count: subjects, note: note),
    ]
  }

  /// By when half have left; the interval is where the log-log band of the curve is at one half.
  private static func median(_ model: String, _ curve: KaplanMeier?, _ reason: String?) -> [ModelsTable.Row] {
    let found = curve?.median()
    return [("days", found?.time), ("lo", found?.lower), ("hi", found?.upper)].map { parameter, value in
      row(
        model, parameter, value, count: curve?.subjectCount ?? 0, note: value == nil ? reason ?? "not seen that long" : nil)
    }
  }

  private static func leavers(_ curves: TenureCurves, _ tenures: [TenureFold]) -> [ModelsTable.Row] {
    let found = curves.expectedLeavers(tenures)
    let note =
      found != nil
      ? "of those with a chance to leave; the deviation supposes that they leave independently of each other"
      : curves.tenureReason ?? "nobody whose chance to leave is known"
    return [("mean", found?.mean), ("sd", found?.deviation)].map { parameter, value in
      row("expected leavers 90 d", parameter, value, count: found?.count ?? 0, note: note)
    }
  }
}
