import KeptFormat
import KeptStatistics

/// A thing that a measure counts, as far as the measure looks at it.
struct FactThing {
  var value: Int64
  /// The second sum of a ratio.
  var other: Int64
  /// The instant that gives it its month.
  var at: Instant
  var customer: UInt32
  /// In the book's `PlaceBook`.
  var place: UInt32
  /// Which word of the measure's own grain; −1: none.
  var word: Int32
  /// Whether it came to an end: false for what was only watched so long.
  var isEvent: Bool
}

/// The things of a family that a measure counts.
struct FactThings {
  private(set) var all: [FactThing] = []
  /// Of the measure's own grain.
  private(set) var words: [String] = []

  init(_ measure: FactMeasure, _ book: FactBook, asOf: Instant) {
    let reader = FactReader(measure, book.family, asOf: asOf)
    var numbers: [String: Int32] = [:]
    for (worker, rows) in book.all.enumerated() {
      let firstPlace = book.places.first(of: worker)
      var base = 0
      for row in rows.customers.indices {
        defer { base += rows.width }
        guard let at = reader.month(rows, base), reader.holds(rows, base), let found = reader.value(rows, base) else {
          continue
        }
        var word: Int32 = -1
        if let text = reader.word(rows, base) {
          word = numbers[text] ?? Int32(words.count)
          if word == words.count {
            numbers[text] = word
            words.append(text)
          }
        }
        all.append(
          FactThing(
            value: found.value, other: found.other, at: at, customer: rows.customers[row],
            place: firstPlace + rows.placeOf[row], word: word, isEvent: found.isEvent))
      }
    }
  }
}

/// What things add up to.
struct FactSum {
  var value: Int128 = 0
  var other: Int128 = 0
  var count: Int64 = 0

  mutating func add(_ thing: FactThing) {
    value += Int128(thing.value)
    other += Int128(thing.other)
    count += 1
  }
}

/// A thing among others of which the order tells something.
struct FactPoint {
  var value: Int64
  var customer: UInt32
  var isEvent: Bool

  init(_ thing: FactThing) {
    value = thing.value
    customer = thing.customer
    isEvent = thing.isEvent
  }
}

/// What a measure makes of things.
struct FactTeller {
  let aggregate: FactMeasure.Aggregate
  /// What a unit of the value is in words of a row.
  let scale: Double

  init(_ measure: FactMeasure) {
    aggregate = measure.aggregate
    scale = FactScale.of(measure.aggregate, measure.spec.unit, measure.family)
  }

  /// Whether the sums of things are not enough.
  var needsPoints: Bool {
    switch aggregate {
    case .share, .ratio, .count, .sum, .mean: false
    case .quantile, .reached, .spread, .gini: true
    }
  }

  func result(_ sum: FactSum) -> MeasureResult {
    func decimal(_ sum: Int128) -> Int64? { Int64(exactly: (Double(whole: sum) / scale * 1e6).rounded()) }
    switch aggregate {
    case .share, .ratio:
      guard let num = decimal(sum.value), let den = decimal(sum.other) else {
        return MeasureResult(reason: "beyond the range of a decimal")
      }
      if sum.other == 0 { return MeasureResult(num: num, den: 0, reason: "nothing to divide by") }
      return MeasureResult(num: num, den: den, value: Double(whole: sum.value) / Double(whole: sum.other))
    case .count: return MeasureResult(num: sum.count * 1_000_000, value: Double(sum.count))
    case .sum: return MeasureResult(num: decimal(sum.value), value: Double(whole: sum.value) / scale)
    case .mean:
      return MeasureResult(
        num: decimal(sum.value), den: sum.count * 1_000_000,
        value: Double(whole: sum.value) / scale / Double(sum.count))
    case .quantile, .reached, .spread, .gini: preconditionFailure("\(aggregate) of a sum")
    }
  }

  /// - Parameter points: sorted by value.
  func result(_ points: ArraySlice<FactPoint>) -> MeasureResult {
    let count = Int64(points.count) * 1_000_000
    switch aggregate {
    case .quantile(let level, _):
      return MeasureResult(den: count, value: quantileType7(points.map { Double($0.value) / scale }, level))
    case .reached(let level, _):
      let result = MeasureResult(num: Int64(points.count { $0.isEvent }) * 1_000_000, den: count)
      guard let time = reached(points, level) else { return with(result, "not reached by so many yet") }
      return MeasureResult(num: result.num, den: result.den, value: Double(time) / scale)
    case .spread(let high, let low, _):
      let result = MeasureResult(num: Int64(points.count { $0.isEvent }) * 1_000_000, den: count)
      guard let far = reached(points, high), let near = reached(points, low) else {
        return with(result, "not reached by so many yet")
      }
      if near <= 0 { return with(result, "nothing to divide by") }
      return MeasureResult(num: result.num, den: result.den, value: Double(far) / Double(near))
    case .gini:
      var totals: [(customer: UInt32, sum: Int128, count: Int)] = []
      for point in points.sorted(by: { $0.customer < $1.customer }) {
        if totals.last?.customer != point.customer { totals.append((point.customer, 0, 0)) }
        totals[totals.count - 1].sum += Int128(point.value)
        totals[totals.count - 1].count += 1
      }
      let uneven = gini(totals.map { Double(whole: $0.sum) / Double($0.count) })
      return MeasureResult(den: Int64(totals.count) * 1_000_000, value: uneven.value, reason: uneven.refusal?.rawValue)
    case .share, .ratio, .count, .sum, .mean: preconditionFailure("\(aggregate) needs no order")
    }
  }

  /// With its interval, where one is known: of a spread and of unevenness none is.
  ///
  /// - Parameter moments: of the values in words of a row, and of the others.
  func estimate(_ things: ArraySlice<FactThing>, _ moments: Moments) -> Estimate? {
    if things.isEmpty { return nil }
    let scale = scale
    switch aggregate {
    case .share:
      let wilson = Wilson.interval(Int64(moments.x), of: Int64(things.count))
      return Estimate(value: moments.x / moments.count, interval: Interval(lower: wilson.low, upper: wilson.high))
    case .count: return Estimate(value: moments.count, standardError: moments.count.squareRoot())
    case .sum: return Estimate(value: moments.x / scale, standardError: moments.xx.squareRoot() / scale)
    case .mean: return Estimate.mean(moments).map { $0.divided(by: scale) }
    case .ratio: return .ratio(moments)
    case .quantile(let level, _): return .quantile(sorted: things.map { Double($0.value) / scale }.sorted(), level)
    case .reached(let level, _):
      let curve = KaplanMeier(
        things.map { SurvivalObservation(exit: Double($0.value) / scale, cause: $0.isEvent ? 1 : nil) })
      let quantile = curve.quantile(level)
      guard let time = quantile.time else { return nil }
      let interval = quantile.lower.flatMap { lower in quantile.upper.map { Interval(lower: lower, upper: $0) } }
      return Estimate(value: time, interval: interval)
    case .spread, .gini:
      let points = things.map(FactPoint.init).sorted { $0.value < $1.value }
      return result(points[...]).value.map { Estimate(value: $0, interval: nil) }
    }
  }

  private func with(_ result: MeasureResult, _ reason: String) -> MeasureResult {
    MeasureResult(num: result.num, den: result.den, reason: reason)
  }

  /// The first time at which so many had it: the product-limit estimate of metrics 3.5, without its errors. `points`
  /// ascend; who is censored at a time is still watched at it.
  private func reached(_ points: ArraySlice<FactPoint>, _ level: Double) -> Int64? {
    var survival = 1.0
    var at = points.startIndex
    while at < points.endIndex {
      let atRisk = points.endIndex - at
      let time = points[at].value
      var events = 0
      while at < points.endIndex, points[at].value == time {
        events += points[at].isEvent ? 1 : 0
        at += 1
      }
      survival *= Double(atRisk - events) / Double(atRisk)
      // A product of quotients may miss the level it equals by a rounding.
      if survival <= 1 - level + 1e-12 { return time }
    }
    return nil
  }
}

extension Double {
  /// The nearest to a sum, most of which fit a word.
  init(whole sum: Int128) {
    if let word = Int64(exactly: sum) { self = Double(word) } else { self = Double(sum) }
  }
}
