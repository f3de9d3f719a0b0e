import KeptFormat

/// A measure made of the rows of others: how one moves, how far apart its entities are, whether one keeps up with another.
struct MeasureOfMeasures: ToldMeasure {
  let spec: MeasureSpec
  let isOfMeasures = true
  private let tell: @Sendable (Replayed) -> Told

  func told(_ replayed: Replayed) -> Told { tell(replayed) }

  static func all(_ rules: Rulebook) -> [any ToldMeasure] {
    let months = rules.programs.slopeMonths
    return [
      slope("criticality_slope", "S1.6", of: "criticality", "THEY", high: false, months),
      slope("mentions_slope", "S1.6", of: "mentions_per_100", "THEY", high: nil, months),
      slope("keep_per_get_slope", "S3.6", of: "keep_per_get", "WE", high: true, months),
      slope("min_to_frustration_slope", "S3.16", of: "min_to_frustration", "THEY", high: true, months),
      slope("min_to_annoyance_slope", "S3.16", of: "min_to_annoyance", "THEY", high: true, months),
      slope("min_to_anger_slope", "S3.16", of: "min_to_anger", "THEY", high: true, months),
      regionGap, attentionParity, stillInvesting,
      cared("cared_for_internal", "colleagues cared for, of those who were in touch or cared for", isInternal: true),
      cared("cared_for_external", "the same of everybody else", isInternal: false),
    ]
  }

  /// A month for which there is a number, as a row of the firm.
  private static func row(_ month: Int, _ result: MeasureResult) -> MeasureRow {
    MeasureRow(grain: MeasureGrain.firm.name, entity: nil, month: month, result: result)
  }

  private static func micros(_ value: Double) -> Int64? { Int64(exactly: (value * 1_000_000).rounded()) }

  // MARK: Movement

  /// The slope of the least-squares line through the values of the last months, this one included: so much a month.
  ///
  /// Example: .40, .42 and .44 in three months rise by .02 a month.
  private static func slope(
    _ name: String, _ seed: String, of measure: String, _ direction: String, high: Bool?, _ months: Int
  ) -> MeasureOfMeasures {
    MeasureOfMeasures(
      spec: MeasureSpec(
        name, seed, "how \(measure) moves, a month",
        formula: "least-squares slope of \(measure) over \(months) months; NULL with fewer than 3 values", direction,
        high: high, unit: "a month", den: "months with a value")
    ) { replayed in
      let rows = replayed.rows(of: measure)
      guard let first = rows.first?.month, let last = rows.last?.month else { return .nothing("no \(measure)") }
      let values = Dictionary(uniqueKeysWithValues: rows.map { ($0.month, $0.result.value) })
      return .rows(
        (first...last).map { month in
          let points = (month - months + 1...month).compactMap { at in
            (values[at] ?? nil).map { (x: Double(at - month), y: $0) }
          }
          let count = Int64(points.count) * 1_000_000
          guard points.count >= 3 else { return row(month, MeasureResult(den: count, reason: "too little data")) }
          return row(month, MeasureResult(den: count, value: slope(points)))
        })
    }
  }

  private static func slope(_ points: [(x: Double, y: Double)]) -> Double {
    let n = Double(points.count)
    let x = points.reduce(0) { $0 + $1.x } / n
    let y = points.reduce(0) { $0 + $1.y } / n
    let above = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) }
    return above / points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
  }

  // MARK: Distance

  private static let regionGap = MeasureOfMeasures(
    spec: MeasureSpec(
      "reply_region_gap", "S1.10a", "how much longer half of the cases wait in the slowest region than in the fastest",
      formula: "max − min of reply_p50 over regions, two at least", "WE", high: false, unit: "hours", den: "regions")
  ) { replayed in
    let byMonth = Dictionary(grouping: replayed.rows(of: "reply_p50", .region), by: \.month)
    if byMonth.isEmpty { return .nothing("no event says what it needs") }
    return .rows(
      byMonth.keys.sorted().map { month in
        let values = byMonth[month]!.compactMap(\.result.value)
        let den = Int64(values.count) * 1_000_000
        guard values.count >= 2 else { return row(month, MeasureResult(den: den, reason: "too little data")) }
        return row(month, MeasureResult(den: den, value: values.max()! - values.min()!))
      })
  }

  /// Whether existing customers get the minutes that new ones get. Example: 12 against 95 is no parity.
  private static let attentionParity = MeasureOfMeasures(
    spec: MeasureSpec(
      "attention_parity", "S3.10", "1: keeping a customer gets as many minutes as getting one; 0: it does not",
      formula: "keep_minutes_per_customer ≥ acquire_minutes_per_new", "WE", high: true,
      unit: "1 or 0", num: MeasurePart("minutes of keeping a customer", unit: "minutes"),
      den: MeasurePart("minutes of getting one", unit: "minutes"))
  ) { replayed in
    let keep = replayed.rows(of: "keep_minutes_per_customer")
    let acquire = replayed.rows(of: "acquire_minutes_per_new")
    if keep.isEmpty || acquire.isEmpty { return .nothing("no event says what it needs") }
    let values = Dictionary(uniqueKeysWithValues: acquire.map { ($0.month, $0.result) })
    return .rows(
      keep.compactMap { kept in
        guard let got = values[kept.month] else { return nil }
        guard let ours = kept.result.value, let theirs = got.value else {
          return row(kept.month, MeasureResult(reason: kept.result.reason ?? got.reason))
        }
        return row(kept.month, MeasureResult(num: micros(ours), den: micros(theirs), value: ours >= theirs ? 1 : 0))
      })
  }

  /// Whether the firm spends as much on those it has as half a year before.
  private static let stillInvesting = MeasureOfMeasures(
    spec: MeasureSpec(
      "still_investing", "S4.17", "1: those we have get as many minutes as half a year before; 0: they do not",
      formula: "Σ minutes of keeping and serving / Σ customers in touch, last 6 months ≥ the 6 before", "WE", high: true,
      unit: "1 or 0", num: MeasurePart("minutes a customer in the last 6 months", unit: "minutes"),
      den: MeasurePart("in the 6 before", unit: "minutes"))
  ) { replayed in
    let rows = replayed.rows(of: "invested_minutes_per_customer")
    guard let first = rows.first?.month else { return .nothing("no event says what it needs") }
    let values = Dictionary(uniqueKeysWithValues: rows.map { ($0.month, $0.result) })
    /// Minutes a customer over the six months that end with this one.
    func half(_ month: Int) -> Double? {
      let results = (month - 5...month).compactMap { values[$0] }
      let den = results.reduce(Int64(0)) { $0 + ($1.den ?? 0) }
      return den == 0 ? nil : Double(results.reduce(Int64(0)) { $0 + ($1.num ?? 0) }) / Double(den)
    }
    return .rows(
      rows.map { now in
        guard now.month - 11 >= first, let after = half(now.month), let before = half(now.month - 6) else {
          return row(now.month, MeasureResult(reason: "too little data"))
        }
        return row(
          now.month, MeasureResult(num: micros(after), den: micros(before), value: after >= before ? 1 : 0))
      })
  }

  // MARK: Coverage

  private static func cared(_ name: String, _ meaning: String, isInternal: Bool) -> MeasureOfMeasures {
    MeasureOfMeasures(
      spec: MeasureSpec(
        name, "S2.1", meaning, formula: "cared_for_share of party \(isInternal ? "internal" : "b2b and b2c")", "WE",
        high: true, unit: "share", num: "cared for", den: "in touch or cared for")
    ) { replayed in
      let rows = replayed.rows(of: "cared_for_share", .party).filter { ($0.entity == "internal") == isInternal }
      if rows.isEmpty { return .nothing("no event says what it needs") }
      let byMonth = Dictionary(grouping: rows, by: \.month)
      return .rows(
        byMonth.keys.sorted().map { month in
          let num = byMonth[month]!.reduce(Int64(0)) { $0 + ($1.result.num ?? 0) }
          let den = byMonth[month]!.reduce(Int64(0)) { $0 + ($1.result.den ?? 0) }
          return row(month, den == 0 ? .none : MeasureResult(num: num, den: den, value: Double(num) / Double(den)))
        })
    }
  }
}
