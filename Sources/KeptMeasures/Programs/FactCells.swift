import KeptFormat
import KeptStatistics

/// The things that a measure counts, brought together by entity and month: each grain costs one pass.
///
/// Where the order of things tells something, all are sorted by their value once; laying them out by group keeps that
/// order, so that every group is sorted, too.
struct FactCells {
  private let measure: FactMeasure
  private let teller: FactTeller
  private let places: PlaceBook
  private let agentMin: Int
  private let words: [String]
  private let things: [FactThing]
  /// By thing: its month, less `low`.
  private var months: [Int32] = []
  private var low = 0
  private var monthCount = 0

  init(_ measure: FactMeasure, _ book: FactBook, _ replayed: Replayed) {
    self.measure = measure
    teller = FactTeller(measure)
    places = book.places
    agentMin = replayed.run.rulebook.counting.agentTouchesMin
    let found = FactThings(measure, book, asOf: replayed.run.asOf)
    words = found.words
    things = teller.needsPoints ? Self.byValue(found.all) : found.all
    months = things.map { thing in
      let month = replayed.dayTable.bucket(.month, of: thing.at)
      // January is 12 · year + 1.
      return Int32(month - (month - 1) % measure.monthsPerPeriod)
    }
    guard let first = months.min(), let last = months.max() else { return }
    low = Int(first)
    monthCount = Int(last - first) + 1
    for place in months.indices { months[place] -= first }
  }

  private static func byValue(_ things: [FactThing]) -> [FactThing] {
    var order = things.enumerated().map { (value: $1.value, place: Int32($0)) }
    order.sort { $0.value < $1.value }
    return order.map { things[Int($0.place)] }
  }

  /// By grain, entity and month.
  func rows() -> [MeasureRow] {
    if things.isEmpty { return [] }
    var rows: [MeasureRow] = []
    for grain in MeasureGrain.allCases where measure.spec.grains.contains(grain) {
      let entities = places.entities(grain)
      let names = places.names[grain.rawValue]
      let name: (Int) -> String? = { grain == .firm ? nil : names[$0] }
      let atLeast = max(measure.countMin, grain == .agent ? agentMin : 1)
      rows += groups(grain == .firm ? 1 : names.count, grain.name, name, atLeast) { entities?[Int($0.place)] ?? 0 }
    }
    if let by = measure.by { rows += groups(words.count, by.grain, { words[$0] }, measure.countMin) { $0.word } }
    return rows
  }

  /// - Parameter entityOf: of a thing; −1: none.
  private func groups(
    _ entityCount: Int, _ grain: String, _ name: (Int) -> String?, _ atLeast: Int, entityOf: (FactThing) -> Int32
  ) -> [MeasureRow] {
    let groupCount = entityCount * monthCount
    var groups: [Int32] = []
    groups.reserveCapacity(things.count)
    for (thing, month) in zip(things, months) {
      let entity = entityOf(thing)
      groups.append(entity < 0 ? -1 : entity * Int32(monthCount) + month)
    }
    func row(_ group: Int, _ result: MeasureResult) -> MeasureRow {
      MeasureRow(grain: grain, entity: name(group / monthCount), month: low + group % monthCount, result: result)
    }
    if teller.needsPoints {
      let (starts, points) = layOut(groups, groupCount)
      return (0..<groupCount).compactMap { group in
        let members = points[starts[group]..<starts[group + 1]]
        return members.count < max(1, atLeast) ? nil : row(group, teller.result(members))
      }
    }
    var sums = Array(repeating: FactSum(), count: groupCount)
    for (group, thing) in zip(groups, things) where group >= 0 { sums[Int(group)].add(thing) }
    return sums.enumerated().compactMap { group, sum in
      sum.count < max(1, atLeast) ? nil : row(group, teller.result(sum))
    }
  }

  /// The points of each group, one group after another.
  private func layOut(_ groups: [Int32], _ groupCount: Int) -> (starts: [Int], points: [FactPoint]) {
    var starts = Array(repeating: 0, count: groupCount + 1)
    for group in groups where group >= 0 { starts[Int(group) + 1] += 1 }
    for group in 0..<groupCount { starts[group + 1] += starts[group] }
    var next = starts
    var points = Array(repeating: FactPoint(things[0]), count: starts[groupCount])
    for (group, thing) in zip(groups, things) where group >= 0 {
      points[next[Int(group)]] = FactPoint(thing)
      next[Int(group)] += 1
    }
    return (starts, points)
  }
}
