import Dispatch
import KeptFormat
import Synchronization

/// The measures of a whole replay, ready to be shown: what `measures` and the wide tables are made of.
struct MeasureCells {
  /// By name.
  let measures: [MeasureSpec]
  let dayTable: DayTable
  /// By month of the span: the sorts of time that were declared for some of it, sorted.
  let periodKinds: [Int: [String]]
  /// From the first month that anything counted in to the last.
  let span: ClosedRange<Int>?
  /// With the rows of all measures.
  let replayed: Replayed
  /// By measure: its rows, by grain, entity and month; the firm has every month of the ledger.
  private let rows: [[MeasureRow]]
  /// By measure: why the ledger has nothing of it at all.
  private let reasons: [String?]

  /// - Parameter jobs: how many measures are told at a time.
  init(_ folds: [CellFold], _ replayed: Replayed, jobs: Int) {
    let rules = replayed.run.rulebook
    dayTable = replayed.dayTable
    measures = MeasureSpec.all(rules)
    var told: [String: Told] = [:]
    let touches = TouchCells(folds, replayed)
    for (index, measure) in touches.measures.enumerated() { told[measure.name] = touches.told(index) }
    var replayed = replayed
    replayed.told = told.mapValues(Self.sorted)
    let others = ToldMeasures.all(rules)
    for isOfMeasures in [false, true] {
      for (name, found) in Self.tell(others.filter { $0.isOfMeasures == isOfMeasures }, replayed, jobs: jobs) {
        told[name] = found
        replayed.told[name] = Self.sorted(found)
      }
    }
    let months = touches.months + replayed.told.values.joined().lazy.filter(\.makesMonth).map(\.month)
    let span = months.min().map { $0...months.max()! }
    self.span = span
    periodKinds = Dictionary(uniqueKeysWithValues: (span.map(Array.init) ?? []).map { ($0, replayed.periodKinds($0)) })
    self.replayed = replayed
    rows = measures.map { Self.filled(replayed.told[$0.name] ?? [], $0, span) }
    reasons = measures.map { measure in
      switch told[measure.name] {
      case .nothing(let reason): reason
      case .rows: nil
      case nil: "not told"
      }
    }
  }

  private static func tell(
    _ measures: [any ToldMeasure], _ replayed: Replayed, jobs: Int
  ) -> [(name: String, told: Told)] {
    let next = Atomic<Int>(0)
    let found = Mutex<[Told?]>(Array(repeating: nil, count: measures.count))
    // The folds are merged and nobody writes to them any more.
    nonisolated(unsafe) let replayed = replayed
    DispatchQueue.concurrentPerform(iterations: min(jobs, measures.count)) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < measures.count else { return }
        let told = measures[index].told(replayed)
        found.withLock { $0[index] = told }
      }
    }
    let all = found.withLock { $0 }
    return zip(measures, all).map { ($0.spec.name, $1!) }
  }

  private static func sorted(_ told: Told) -> [MeasureRow] {
    guard case .rows(let rows) = told else { return [] }
    return rows.sorted { left, right in
      if left.grain != right.grain { return left.grain.utf8.lexicographicallyPrecedes(right.grain.utf8) }
      if left.entity != right.entity {
        return (left.entity ?? "").utf8.lexicographicallyPrecedes((right.entity ?? "").utf8)
      }
      return left.month < right.month
    }
  }

  /// With the months of the firm in which nothing counted.
  private static func filled(_ rows: [MeasureRow], _ spec: MeasureSpec, _ span: ClosedRange<Int>?) -> [MeasureRow] {
    let firm = MeasureGrain.firm.name
    guard spec.isMonthly, let span, let first = rows.firstIndex(where: { $0.grain == firm }) else { return rows }
    let last = rows[first...].firstIndex { $0.grain != firm } ?? rows.endIndex
    let known = Dictionary(uniqueKeysWithValues: rows[first..<last].map { ($0.month, $0.result) })
    let empty = spec.den == nil ? MeasureResult(num: 0, value: 0) : MeasureResult.none
    let full = span.map { MeasureRow(grain: firm, entity: nil, month: $0, result: known[$0] ?? empty) }
    return Array(rows[..<first]) + full + rows[last...]
  }

  /// Why the ledger has nothing of a measure at all; nil where it has. Missing telemetry never reads as good care.
  func missing(_ measure: Int) -> String? { reasons[measure] }

  /// The rows of a measure, by grain, entity and month.
  func rows(of measure: Int) -> [MeasureRow] { rows[measure] }

  /// The rows of a measure at a grain, by entity and month.
  func rows(of measure: Int, _ grain: MeasureGrain) -> ArraySlice<MeasureRow> {
    let all = rows[measure]
    guard let first = all.firstIndex(where: { $0.grain == grain.name }) else { return [] }
    return all[first..<(all[first...].firstIndex { $0.grain != grain.name } ?? all.endIndex)]
  }
}

/// What touches added up to, as rows.
private struct TouchCells {
  let measures: [TouchMeasure]
  private let replayed: Replayed
  private let sums: CellSums
  private let agentTouchesMin: Int64

  init(_ folds: [CellFold], _ replayed: Replayed) {
    measures = TouchMeasure.all(replayed.run.rulebook)
    self.replayed = replayed
    sums = CellSums(folds, words: replayed.words)
    agentTouchesMin = Int64(replayed.run.rulebook.counting.agentTouchesMin)
  }

  /// In which anything counted, whether or not a measure can be told of it.
  var months: [Int] { sums.cells.flatMap { $0.keys.lazy.filter { $0.grain == .firm }.map(\.month) } }

  func told(_ measure: Int) -> Told {
    let declared = measures[measure]
    if let reason = missing(declared, measure) { return .nothing(reason) }
    return .rows(
      sums.cells[measure].compactMap { key, cell in
        if cell.touches < (key.grain == .agent ? agentTouchesMin : 1), key.grain != .firm { return nil }
        return MeasureRow(
          grain: key.grain.name, entity: key.grain == .firm ? nil : sums.name(of: key), month: key.month,
          result: MeasureResult(cell, declared))
      })
  }

  private func missing(_ measure: TouchMeasure, _ index: Int) -> String? {
    let (num, den) = (measure.num, measure.den)
    // What is taken off has to be recorded as well: nobody who never books a cost has none.
    for terms in [num, den, num.filter(\.isSubtracted)] where !terms.isEmpty {
      if terms.contains(where: { term in replayed.run.kinds.contains(where: term.hears) }) { continue }
      return DictionaryTable.reason(without: Array(Set(terms.flatMap { $0.kinds ?? [] })))
    }
    return sums.cells[index].values.contains { $0.touches > 0 } ? nil : "no event says what it needs"
  }
}

extension MeasureResult {
  fileprivate init(_ cell: MeasureCell, _ measure: TouchMeasure) {
    let limit: Int128 = 1_000_000_000_000_000_000
    guard abs(cell.num) < limit, abs(cell.den) < limit else {
      reason = "beyond the range of a decimal"
      return
    }
    num = Int64(cell.num)
    if measure.den.isEmpty {
      value = measure.scale * Double(cell.num) / 1_000_000
      return
    }
    den = Int64(cell.den)
    if cell.den == 0 {
      reason = "nothing to divide by"
    } else {
      value = measure.scale * Double(cell.num) / Double(cell.den)
    }
  }
}
