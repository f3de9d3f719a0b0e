import KeptFormat

/// The cells of a whole replay, ready to be shown: what `measures` and the wide tables are made of.
struct MeasureCells {
  /// What a cell says.
  struct Result {
    var num: Int64?
    var den: Int64?
    var value: Double?
    var reason: String?
  }

  /// An entity and a month.
  struct Row {
    var key: CellSums.Key
    /// nil for the firm.
    var name: String?
  }

  let measures: [TouchMeasure]
  let dayTable: DayTable
  private let sums: CellSums
  /// From the first month that anything counted in to the last.
  private let span: ClosedRange<Int>?
  private let kinds: [String]
  private let agentTouchesMin: Int64

  init(_ folds: [CellFold], run: MeasureRun, words: [String]) {
    measures = TouchMeasure.all(run.rulebook)
    dayTable = run.dayTable
    kinds = run.kinds
    agentTouchesMin = Int64(run.rulebook.counting.agentTouchesMin)
    sums = CellSums(folds, words: words)
    var span: ClosedRange<Int>?
    for key in sums.cells.lazy.flatMap(\.keys) where key.grain == .firm {
      span = span.map { min($0.lowerBound, key.month)...max($0.upperBound, key.month) } ?? key.month...key.month
    }
    self.span = span
  }

  /// Why the ledger has nothing of a measure at all; nil where it has. Missing telemetry never reads as good care.
  func missing(_ measure: Int) -> String? {
    let (num, den) = (measures[measure].num, measures[measure].den)
    // What is taken off has to be recorded as well: nobody who never books a cost has none.
    for terms in [num, den, num.filter(\.isSubtracted)] where !terms.isEmpty {
      if terms.contains(where: { term in kinds.contains(where: term.hears) }) { continue }
      return DictionaryTable.reason(without: Array(Set(terms.flatMap { $0.kinds ?? [] })))
    }
    return sums.cells[measure].values.contains { $0.touches > 0 } ? nil : "no event says what it needs"
  }

  /// The rows of a grain, by name and month: of one measure, or of any. The firm has every month.
  func rows(_ grain: MeasureGrain, of measure: Int? = nil) -> [Row] {
    if grain == .firm {
      return (span.map(Array.init) ?? []).map { Row(key: CellSums.Key(grain: .firm, entity: 0, month: $0)) }
    }
    var keys: Set<CellSums.Key> = []
    for index in measure.map({ [$0] }) ?? Array(measures.indices) {
      for (key, cell) in sums.cells[index] where key.grain == grain && isShown(key, cell) { keys.insert(key) }
    }
    return keys.map { Row(key: $0, name: sums.name(of: $0)) }.sorted { left, right in
      if left.key.entity != right.key.entity {
        return (left.name ?? "").utf8.lexicographicallyPrecedes((right.name ?? "").utf8)
      }
      return left.key.month < right.key.month
    }
  }

  /// What a measure says of an entity and month; nil where nothing of it counted, or too little to show.
  func result(_ measure: Int, _ key: CellSums.Key) -> Result? {
    let found = sums.cells[measure][key]
    if key.grain == .firm { return missing(measure) == nil ? Result(found ?? MeasureCell(), measures[measure]) : nil }
    guard let found, isShown(key, found) else { return nil }
    return Result(found, measures[measure])
  }

  private func isShown(_ key: CellSums.Key, _ cell: MeasureCell) -> Bool {
    cell.touches >= (key.grain == .agent ? agentTouchesMin : 1)
  }
}

extension MeasureCells.Result {
  init(_ cell: MeasureCell, _ measure: TouchMeasure) {
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
