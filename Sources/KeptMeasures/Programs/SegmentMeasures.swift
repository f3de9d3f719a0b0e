import KeptFormat

/// What sort of customers we serve best: their CSAT, how many of them stay, the margin they leave, and the place that all
/// three together give them. Metrics S2.15.
///
/// Over the whole ledger up to the as-of instant, under its month. Example: clinics with a CSAT of .9, .93 of them kept and
/// a margin of .38, and schools with .7, .95 and .2: clinics are first, second and first, 4/3; schools 5/3.
struct SegmentMeasure: ToldMeasure {
  let spec: MeasureSpec
  private let result: @Sendable (Segment, [Segment]) -> MeasureResult

  var parts: Parts { HistoryFacts.family.parts }
  var families: [FactFamily] { [SegmentFacts.family, RatingFacts.family, HistoryFacts.family] }

  static let all: [any ToldMeasure] = [
    SegmentMeasure(
      measure(
        "segment_csat", "how satisfied customers of that sort say they are, 0 to 1", "mean csat rescaled 0 … 1", "THEY",
        high: true, unit: "0 … 1", num: MeasurePart("sum of csat", unit: "0 … 1"), den: "ratings")
    ) { segment, _ in ratio(segment.ratings, segment.rated) },
    SegmentMeasure(
      measure(
        "segment_kept_12m", "relationships with customers of that sort that lasted programs.kept_days",
        "not ended within programs.kept_days / begun that long ago", "THEY", high: true, unit: "share",
        num: "kept", den: "begun that long ago")
    ) { segment, _ in ratio(segment.kept, segment.begun) },
    SegmentMeasure(
      measure(
        "segment_margin", "what is left of each unit that customers of that sort paid",
        "(payments − effort − written off) / payments", "WE", high: true, unit: "share",
        num: MeasurePart("what is left", unit: "currency"), den: MeasurePart("paid", unit: "currency"))
    ) { segment, _ in
      segment.isUnknown ? MeasureResult(reason: "mixed currencies") : ratio(segment.paid - segment.cost, segment.paid)
    },
    SegmentMeasure(
      measure(
        "best_served", "their place by CSAT, staying and margin among all sorts, 1 being served best",
        "mean place by segment_csat, segment_kept_12m and segment_margin, of those that they have", "BOTH", high: false,
        unit: "place", num: MeasurePart("sum of places", unit: "place"), den: "how many of the three")
    ) { segment, all in place(segment, all) },
  ]

  private init(_ spec: MeasureSpec, _ result: @escaping @Sendable (Segment, [Segment]) -> MeasureResult) {
    self.spec = spec
    self.result = result
  }

  private static func measure(
    _ name: String, _ meaning: String, _ formula: String, _ direction: String, high: Bool, unit: String, num: MeasurePart,
    den: MeasurePart
  ) -> MeasureSpec {
    MeasureSpec(
      name, "S2.15", "by segment: " + meaning, formula: formula, direction, high: high, unit: unit, num: num, den: den,
      grains: [], isMonthly: false)
  }

  /// Sums over the customers of a sort; × 10⁶ but for counts.
  private struct Segment {
    var ratings: Int128 = 0
    var rated: Int128 = 0
    var kept: Int128 = 0
    var begun: Int128 = 0
    var paid: Int128 = 0
    var cost: Int128 = 0
    var isUnknown = false
  }

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing([SegmentFacts.saying]) { return .nothing(reason) }
    let segments = Self.segments(replayed)
    if segments.isEmpty { return .nothing("no event says the segment") }
    let month = replayed.dayTable.bucket(.month, of: replayed.run.asOf)
    let all = Array(segments.values)
    return .rows(
      segments.map { name, segment in
        MeasureRow(grain: "segment", entity: name, month: month, result: result(segment, all))
      })
  }

  private static func segments(_ replayed: Replayed) -> [String: Segment] {
    guard let sorts = replayed.books[SegmentFacts.family.name], let marks = replayed.books[RatingFacts.family.name],
      let histories = replayed.books[HistoryFacts.family.name]
    else { return [:] }
    let (segment, paid, cost) = (sorts.family.place("segment"), sorts.family.place("paid"), sorts.family.place("cost"))
    let csat = marks.family.place("csat")
    let (isTold, began) = (histories.family.place("is_told"), histories.family.place("began_at"))
    let stayed = histories.family.place("stayed")
    let (asOf, limit) = (replayed.run.asOf, replayed.run.rulebook.programs.kept)
    var segments: [String: Segment] = [:]
    // What a worker folded of a life stands in its own rows of every family.
    for (worker, rows) in sorts.all.enumerated() {
      var names: [UInt32: String] = [:]
      for row in rows.customers.indices {
        let name = rows.text(of: rows.word(row, segment)) { String(decoding: $0, as: UTF8.self) }
        names[rows.customers[row]] = name
        if rows.word(row, paid) == FactRows.absent {
          segments[name, default: Segment()].isUnknown = true
        } else {
          segments[name, default: Segment()].paid += Int128(rows.word(row, paid))
          segments[name]!.cost += Int128(rows.word(row, cost))
        }
      }
      let rated = marks.all[worker]
      for row in rated.customers.indices {
        guard let name = names[rated.customers[row]] else { continue }
        segments[name]!.ratings += Int128(rated.word(row, csat))
        segments[name]!.rated += 1_000_000
      }
      let lives = histories.all[worker]
      for row in lives.customers.indices {
        guard let name = names[lives.customers[row]], lives.word(row, isTold) == 1, asOf - lives.word(row, began) >= limit
        else { continue }
        let days = lives.word(row, stayed)
        segments[name]!.begun += 1_000_000
        if days == FactRows.absent || days >= limit { segments[name]!.kept += 1_000_000 }
      }
    }
    return segments
  }

  private static func ratio(_ num: Int128, _ den: Int128) -> MeasureResult {
    guard let small = Int64(exactly: num), let below = Int64(exactly: den) else {
      return MeasureResult(reason: "beyond the range of a decimal")
    }
    if den == 0 { return MeasureResult(num: small, den: 0, reason: "nothing to divide by") }
    return MeasureResult(num: small, den: below, value: Double(num) / Double(den))
  }

  /// Those who are alike share the mean of their places.
  private static func place(_ segment: Segment, _ all: [Segment]) -> MeasureResult {
    guard all.count > 1 else { return MeasureResult(reason: "one segment alone") }
    let measures: [(Segment) -> Double?] = [
      { ratio($0.ratings, $0.rated).value }, { ratio($0.kept, $0.begun).value },
      { $0.isUnknown ? nil : ratio($0.paid - $0.cost, $0.paid).value },
    ]
    var (places, count) = (0.0, 0)
    for measure in measures {
      guard let own = measure(segment) else { continue }
      let others = all.compactMap(measure)
      places += 1 + Double(others.count { $0 > own }) + Double(others.count { $0 == own } - 1) / 2
      count += 1
    }
    if count == 0 { return MeasureResult(reason: "nothing to divide by") }
    return MeasureResult(
      num: Int64((places * 1_000_000).rounded()), den: Int64(count) * 1_000_000, value: places / Double(count))
  }
}
