import KeptFormat
import KeptSnapshot
import KeptStatistics

/// Whether businesses, and colleagues, are served as well as consumers: six service facts, by month and over all. Metrics
/// S1.9, 3.14.
///
/// Example: half of the businesses have their first reply after 7.2 h, half of the consumers after 1.9 h: gap 5.3, no
/// parity. Medians are of what is over; the interval is of 1,000 resamples of both sides.
enum ParityTable {
  static let schema = TableSchema(
    name: "parity", meaning: "party × against × service fact × month",
    columns: [
      ColumnSpec("party", .string, meaning: "who is compared: b2b or internal"),
      ColumnSpec("against", .string, meaning: "with whom: b2c"),
      ColumnSpec("metric", .string, meaning: "the service fact", seed: "S1.9"),
      ColumnSpec("unit", .string, meaning: "what it is counted in", formula: "unit of the service fact in its table"),
      ColumnSpec("period", .date, isNullable: true, meaning: "first local day of the month; NULL: over all"),
      ColumnSpec(
        "party_median", .double, isNullable: true, unit: ColumnUnit.ofRow, meaning: "median of the party", seed: "S1.9",
        direction: "WE"),
      ColumnSpec(
        "against_median", .double, isNullable: true, unit: ColumnUnit.ofRow, meaning: "median of the others", seed: "S1.9",
        direction: "WE"),
      ColumnSpec(
        "gap", .double, isNullable: true, unit: ColumnUnit.ofRow,
        meaning: "how much worse the party is served; negative: better",
        formula: "party_median − against_median, turned round where high is good", seed: "S1.9", direction: "WE",
        highIsGood: false),
      ColumnSpec(
        "gap_lo", .double, isNullable: true, unit: ColumnUnit.ofRow,
        meaning: "lower end of its 95 % interval", formula: "seeded bootstrap",
        seed: "S1.9", direction: "WE", highIsGood: false),
      ColumnSpec(
        "gap_hi", .double, isNullable: true, unit: ColumnUnit.ofRow,
        meaning: "upper end of it", formula: "seeded bootstrap", seed: "S1.9",
        direction: "WE", highIsGood: false),
      ColumnSpec("party_n", .int64, meaning: "how many of the party", formula: "|{its things with a value}|"),
      ColumnSpec("against_n", .int64, meaning: "how many of the others", formula: "|{their things with a value}|"),
      ColumnSpec(
        "parity", .boolean, isNullable: true, meaning: "the party is not served worse", formula: "gap ≤ 0", seed: "S1.9",
        direction: "WE", highIsGood: true),
    ])

  private struct Fact {
    var name: String
    var family: FactFamily
    var month: String
    var unit: String
    var scale: Double
    var highIsGood = false
    var column: String { name == "update_gap_h" ? "max_update_gap_h" : name }
  }

  private static let facts = [
    Fact(name: "confirm_s", family: OrderFacts.family, month: "placed_at", unit: "seconds", scale: 1e6),
    Fact(name: "credit_h", family: ReturnFacts.family, month: "requested_at", unit: "hours", scale: 3.6e9),
    Fact(name: "csat", family: RatingFacts.family, month: "rated_at", unit: "share", scale: 1e6, highIsGood: true),
    Fact(name: "first_reply_h", family: CaseFacts.family, month: "opened_at", unit: "hours", scale: 3.6e9),
    Fact(
      name: "human_share", family: HumanShareFacts.family, month: "month_at", unit: "share", scale: 1e6, highIsGood: true),
    Fact(name: "update_gap_h", family: CaseFacts.family, month: "opened_at", unit: "hours", scale: 3.6e9),
  ]

  static let families = facts.map(\.family)

  /// Values by party, and by month within it; nil: over all.
  private typealias Values = [String: [Int?: [Double]]]

  static func make(_ replayed: Replayed) -> Table {
    var builder = Builder()
    let all = facts.map { ($0, values($0, replayed)) }
    for party in ["b2b", "internal"] {
      for (fact, values) in all {
        let (ours, theirs) = (values[party] ?? [:], values["b2c"] ?? [:])
        let months = Set(ours.keys).union(theirs.keys).sorted { ($0 ?? .min) < ($1 ?? .min) }
        for month in months {
          let period = month.map { Int32(replayed.dayTable.firstDay(.month, $0)) }
          builder.append(party, fact.name, fact.unit, period, fact.highIsGood, ours[month] ?? [], theirs[month] ?? [])
        }
      }
    }
    return builder.finish()
  }

  private static func values(_ fact: Fact, _ replayed: Replayed) -> Values {
    guard let book = replayed.books[fact.family.name] else { return [:] }
    let (month, column) = (fact.family.place(fact.month), fact.family.place(fact.column))
    let names = book.places.names[MeasureGrain.party.rawValue]
    let parties = book.places.entities(.party)!
    var byMonth: [[Int: [Double]]] = Array(repeating: [:], count: names.count)
    for (worker, rows) in book.all.enumerated() {
      let firstPlace = book.places.first(of: worker)
      for (row, place) in rows.placeOf.enumerated() {
        let (at, word) = (rows.words[row * rows.width + month], rows.words[row * rows.width + column])
        let party = parties[Int(firstPlace + place)]
        if at == FactRows.absent || word == FactRows.absent || party < 0 { continue }
        byMonth[Int(party)][replayed.dayTable.bucket(.month, of: at), default: []].append(Double(word) / fact.scale)
      }
    }
    var found: Values = [:]
    for (name, months) in zip(names, byMonth) where !months.isEmpty {
      var values: [Int?: [Double]] = [nil: months.values.flatMap(\.self).sorted()]
      for (month, some) in months { values[month] = some.sorted() }
      found[name] = values
    }
    return found
  }

  private struct Builder {
    var texts = (0..<4).map { _ in StringColumnBuilder() }
    var periods = ColumnBuilder<Int32>()
    var reals = (0..<5).map { _ in ColumnBuilder<Double>() }
    var counts = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var parities = ColumnBuilder<Bool>()

    mutating func append(
      _ party: String, _ metric: String, _ unit: String, _ period: Int32?, _ highIsGood: Bool, _ ours: [Double],
      _ theirs: [Double]
    ) {
      for (place, text) in [party, "b2c", metric, unit].enumerated() { texts[place].append(text) }
      periods.append(period)
      let (a, b) = (quantileType7(ours, 0.5), quantileType7(theirs, 0.5))
      func gap(_ a: Double, _ b: Double) -> Double { highIsGood ? b - a : a - b }
      let found = a.flatMap { a in b.map { gap(a, $0) } }
      let seed = SplitMix64.seed(of: "parity", party, metric, period.map { "\($0)" } ?? "")
      let interval = found == nil ? nil : MedianDraw.interval(ours, theirs, seed: seed, gap)
      for (place, real) in [a, b, found, interval?.lower, interval?.upper].enumerated() { reals[place].append(real) }
      counts[0].append(Int64(ours.count))
      counts[1].append(Int64(theirs.count))
      parities.append(found.map { $0 <= 0 })
    }

    consuming func finish() -> Table {
      let medians = reals.map { $0.finish() }
      return Table(
        schema: ParityTable.schema,
        columns: texts.map { $0.finish() } + [periods.finish()] + medians + counts.map { $0.finish() }
          + [parities.finish()])
    }
  }
}

/// Medians of resamples, and what lies between two of them.
///
/// Up to `drawnMax` members are drawn one by one (`bootstrap`). Of more, the place of a resample's median among the
/// sorted members is all but normal about the middle, √n/2 wide: it is drawn directly, z being the sum of twelve uniform
/// numbers less six.
enum MedianDraw {
  private static let drawnMax = 1000
  private static let resamples = 1000
  /// With fewer members an interval says nothing.
  private static let countMin = 5

  /// The 95 % interval of a function of both medians; nil with too few members. Both ascend.
  static func interval(
    _ ours: [Double], _ theirs: [Double], seed: UInt64, _ statistic: (Double, Double) -> Double
  ) -> Interval? {
    guard ours.count >= countMin, theirs.count >= countMin else { return nil }
    guard max(ours.count, theirs.count) > drawnMax else {
      return bootstrap(counts: [ours.count, theirs.count], resamples: resamples, seed: seed) { drawn in
        statistic(median(ours, drawn[0]), median(theirs, drawn[1]))
      }.value?.interval
    }
    var generator = SplitMix64(seed: seed)
    let values = (0..<resamples).map { _ in
      statistic(median(ours, &generator), median(theirs, &generator))
    }.sorted()
    return Interval(lower: quantileType7(values, 0.025)!, upper: quantileType7(values, 0.975)!)
  }

  /// Of the members drawn: they are sorted, so their places are all that has to be counted.
  private static func median(_ sorted: [Double], _ drawn: [Int]) -> Double {
    var counts = Array(repeating: 0, count: sorted.count)
    for place in drawn { counts[place] += 1 }
    let (low, high) = ((drawn.count - 1) / 2, drawn.count / 2)
    var seen = 0
    var lower = 0.0
    for (place, count) in counts.enumerated() {
      if seen <= low, low < seen + count { lower = sorted[place] }
      if seen <= high, high < seen + count { return (lower + sorted[place]) / 2 }
      seen += count
    }
    return sorted[sorted.count - 1]
  }

  private static func median(_ sorted: [Double], _ generator: inout SplitMix64) -> Double {
    let z = (0..<12).reduce(-6.0) { sum, _ in sum + generator.nextUnit() }
    let n = Double(sorted.count)
    return quantileType7(sorted, min(1, max(0, 0.5 + z / (2 * n.squareRoot()))))!
  }
}
