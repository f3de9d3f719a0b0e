import KeptFormat
import KeptStatistics

/// The rows of a family that a measure counts, brought together by entity and month.
///
/// All rows are sorted by their value once; laying them out by group keeps that order, so that every group is sorted too,
/// and each grain costs one pass.
struct FactCells {
  struct Entry {
    var value: Int64
    /// The second sum of a ratio.
    var other: Int64
    var customer: UInt32
    var worker: UInt16
    /// Whether it came to an end: false for what was only watched so long.
    var isEvent: Bool
    var place: UInt32
    /// Which word of the measure's own grain; −1: none.
    var word: Int32
    var month: Int32
  }

  private let measure: FactMeasure
  private let book: FactBook
  private let replayed: Replayed
  /// By value.
  private(set) var entries: [Entry] = []
  private var words: [String] = []
  /// What a unit of the value is in words of a row.
  private let scale: Double

  /// - Parameters:
  ///   - window: only things whose month's instant lies in it; nil: all.
  ///   - agent: only what one of ours had to do with first; nil: everything.
  init(
    _ measure: FactMeasure, _ book: FactBook, _ replayed: Replayed, within window: Range<Instant>? = nil,
    agent: String? = nil
  ) {
    self.measure = measure
    self.book = book
    self.replayed = replayed
    scale = FactScale.of(measure.aggregate, measure.spec.unit, book.family)
    let reader = FactReader(measure, book.family, asOf: replayed.run.asOf)
    var wordNumbers: [String: Int32] = [:]
    for (worker, rows) in book.all.enumerated() {
      let isTheirs = agent.map { agent in rows.places.map { rows.name(.agent, of: $0, words: replayed.words) == agent } }
      var base = 0
      for row in rows.customers.indices {
        defer { base += rows.width }
        guard let instant = reader.month(rows, base), reader.holds(rows, base),
          let found = reader.value(rows, base), window?.contains(instant) ?? true,
          isTheirs?[Int(rows.placeOf[row])] ?? true
        else { continue }
        var word: Int32 = -1
        if let text = reader.word(rows, base) {
          word = wordNumbers[text] ?? Int32(words.count)
          if word == words.count {
            wordNumbers[text] = word
            words.append(text)
          }
        }
        entries.append(
          Entry(
            value: found.value, other: found.other, customer: rows.customers[row], worker: UInt16(worker),
            isEvent: found.isEvent, place: rows.placeOf[row], word: word, month: Int32(month(of: instant))))
      }
    }
    entries.sort { ($0.value, $0.customer) < ($1.value, $1.customer) }
  }

  private func month(of instant: Instant) -> Int {
    let month = replayed.dayTable.bucket(.month, of: instant)
    // January is 12 · year + 1.
    return month - (month - 1) % measure.monthsPerPeriod
  }

  /// By grain, entity and month.
  func rows() -> [MeasureRow] {
    guard let low = entries.map(\.month).min(), let high = entries.map(\.month).max() else { return [] }
    var rows: [MeasureRow] = []
    for grain in MeasureGrain.allCases where measure.spec.grains.contains(grain) {
      let names = book.places.names[grain.rawValue]
      rows += groups(low, high, count: grain == .firm ? 1 : names.count) { entry in
        book.places.entity(grain, worker: Int(entry.worker), place: entry.place)
      } row: { entity, month, members in
        row(grain.name, grain == .firm ? nil : names[entity], month, members, atLeast: grain == .agent ? agentMin : 1)
      }
    }
    if let by = measure.by {
      rows += groups(low, high, count: words.count) { $0.word } row: { entity, month, members in
        row(by.grain, words[entity], month, members, atLeast: 1)
      }
    }
    return rows
  }

  private var agentMin: Int { replayed.run.rulebook.counting.agentTouchesMin }

  private func row(
    _ grain: String, _ entity: String?, _ month: Int, _ members: ArraySlice<Entry>, atLeast: Int
  ) -> MeasureRow? {
    if members.count < max(atLeast, measure.countMin) { return nil }
    return MeasureRow(grain: grain, entity: entity, month: month, result: result(members))
  }

  /// Lays the entries out by entity and month.
  private func groups(
    _ low: Int32, _ high: Int32, count: Int, entity: (Entry) -> Int32,
    row: (Int, Int, ArraySlice<Entry>) -> MeasureRow?
  ) -> [MeasureRow] {
    let months = Int(high - low) + 1
    var starts = Array(repeating: 0, count: count * months + 1)
    let groups = entries.map { entry in
      let entity = entity(entry)
      return entity < 0 ? -1 : Int(entity) * months + Int(entry.month - low)
    }
    for group in groups where group >= 0 { starts[group + 1] += 1 }
    for group in 1..<max(1, starts.count) { starts[group] += starts[group - 1] }
    guard starts.last! > 0 else { return [] }
    var next = starts
    var sorted = Array(repeating: entries[0], count: starts.last!)
    for (group, entry) in zip(groups, entries) where group >= 0 {
      sorted[next[group]] = entry
      next[group] += 1
    }
    return (0..<count * months).compactMap { group in
      let members = sorted[starts[group]..<starts[group + 1]]
      return members.isEmpty ? nil : row(group / months, Int(low) + group % months, members)
    }
  }

  func result(_ members: ArraySlice<Entry>) -> MeasureResult {
    let count = Int64(members.count) * 1_000_000
    func sum(_ value: (Entry) -> Int64) -> Int128 { members.reduce(0) { $0 + Int128(value($1)) } }
    func decimal(_ sum: Int128) -> Int64? { Int64(exactly: Int128((Double(sum) / scale * 1e6).rounded())) }
    switch measure.aggregate {
    case .share, .ratio:
      let (num, den) = (sum(\.value), sum(\.other))
      guard let small = decimal(num), let below = decimal(den) else {
        return MeasureResult(reason: "beyond the range of a decimal")
      }
      if den == 0 { return MeasureResult(num: small, den: 0, reason: "nothing to divide by") }
      return MeasureResult(num: small, den: below, value: Double(num) / Double(den))
    case .count: return MeasureResult(num: count, value: Double(members.count))
    case .sum: return MeasureResult(num: decimal(sum(\.value)), value: Double(sum(\.value)) / scale)
    case .mean:
      let total = sum(\.value)
      return MeasureResult(num: decimal(total), den: count, value: Double(total) / scale / Double(members.count))
    case .quantile(let level, _):
      return MeasureResult(den: count, value: quantileType7(members.map { Double($0.value) / scale }, level))
    case .reached(let level, _):
      let result = watched(members)
      guard let time = reached(members, level) else { return with(result, "not reached by so many yet") }
      return MeasureResult(num: result.num, den: result.den, value: Double(time) / scale)
    case .spread(let high, let low, _):
      let result = watched(members)
      guard let far = reached(members, high), let near = reached(members, low) else {
        return with(result, "not reached by so many yet")
      }
      if near <= 0 { return with(result, "nothing to divide by") }
      return MeasureResult(num: result.num, den: result.den, value: Double(far) / Double(near))
    case .gini:
      var totals: [(customer: UInt32, sum: Int128, count: Int)] = []
      for member in members.sorted(by: { $0.customer < $1.customer }) {
        if totals.last?.customer != member.customer { totals.append((member.customer, 0, 0)) }
        totals[totals.count - 1].sum += Int128(member.value)
        totals[totals.count - 1].count += 1
      }
      let uneven = gini(totals.map { Double($0.sum) / Double($0.count) })
      return MeasureResult(den: Int64(totals.count) * 1_000_000, value: uneven.value, reason: uneven.refusal?.rawValue)
    }
  }

  private func watched(_ members: ArraySlice<Entry>) -> MeasureResult {
    MeasureResult(num: Int64(members.count { $0.isEvent }) * 1_000_000, den: Int64(members.count) * 1_000_000)
  }

  private func with(_ result: MeasureResult, _ reason: String) -> MeasureResult {
    MeasureResult(num: result.num, den: result.den, reason: reason)
  }

  /// The first time at which so many had it: the product-limit estimate of metrics 3.5, without its errors. `members`
  /// ascend; who is censored at a time is still watched at it.
  private func reached(_ members: ArraySlice<Entry>, _ level: Double) -> Int64? {
    var survival = 1.0
    var at = members.startIndex
    while at < members.endIndex {
      let atRisk = members.endIndex - at
      let time = members[at].value
      var events = 0
      while at < members.endIndex, members[at].value == time {
        events += members[at].isEvent ? 1 : 0
        at += 1
      }
      survival *= Double(atRisk - events) / Double(atRisk)
      // A product of quotients may miss the level it equals by a rounding.
      if survival <= 1 - level + 1e-12 { return time }
    }
    return nil
  }
}
