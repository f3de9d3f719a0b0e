import KeptFormat
import KeptReplay

/// The cells of all workers: measure × grain × entity × month, made of the tallies they counted.
struct CellSums {
  struct Key: Hashable {
    var grain: MeasureGrain
    /// A code of the replay's words, or of `name(of:)`; 0 for the firm.
    var entity: UInt32
    /// 12 · year + month.
    var month: Int
  }

  /// By measure.
  private(set) var cells: [[Key: MeasureCell]]
  /// Names of the entities that are told by their bytes.
  private var names: [String] = []
  private let words: [String]

  /// What a worker counted for an entity and month: of a pattern or a tally.
  private struct Entry {
    var row: Int32
    var fold: Int32
    var source: Source
    var number: Int32
    var value: UInt64

    enum Source: UInt8 { case pattern, weighed, customers }
  }

  private struct Tally {
    var sum: Int128 = 0
    var touches: Int64 = 0
  }

  /// - Parameter words: by code of the replay.
  init(_ folds: [CellFold], words: [String]) {
    self.words = words
    guard let base = folds.first?.base else {
      cells = []
      return
    }
    cells = Array(repeating: [:], count: base.measures.count)
    var entries: [Entry] = []
    var rows: [Key] = []
    let rowNumbers = CellTables(months: base.months)
    var numbers: [String: UInt32] = [:]
    for (place, fold) in folds.enumerated() {
      // Every worker numbers names by itself.
      var entities: [UInt64: UInt32] = [:]
      for (source, table) in [(Entry.Source.pattern, fold.counts), (.weighed, fold.weighed), (.customers, fold.customers)] {
        table.each { key, value in
          var entity = key.entity
          if key.grain.isNamed {
            let tag = UInt64(key.grain.rawValue) << 32 | UInt64(entity)
            if let known = entities[tag] {
              entity = known
            } else {
              let name = fold.name(of: entity) { String(decoding: $0, as: UTF8.self) }
              if numbers[name] == nil {
                numbers[name] = UInt32(names.count)
                names.append(name)
              }
              entity = numbers[name]!
              entities[tag] = entity
            }
          }
          let row = rowNumbers.table(0, key.month).value(key.grain, entity)
          if row.pointee == 0 {
            rows.append(Key(grain: key.grain, entity: entity, month: key.month))
            row.pointee = UInt64(rows.count)
          }
          entries.append(
            Entry(row: Int32(row.pointee - 1), fold: Int32(place), source: source, number: Int32(key.number), value: value))
        }
      }
    }
    add(Self.grouped(entries, rowCount: rows.count), rows, folds, base)
  }

  /// Row by row.
  private static func grouped(_ entries: [Entry], rowCount: Int) -> [Entry] {
    var starts = [Int](repeating: 0, count: rowCount + 1)
    for entry in entries { starts[Int(entry.row) + 1] += 1 }
    for row in 0..<rowCount { starts[row + 1] += starts[row] }
    return [Entry](unsafeUninitializedCapacity: entries.count) { grouped, count in
      for entry in entries {
        (grouped.baseAddress! + starts[Int(entry.row)]).initialize(to: entry)
        starts[Int(entry.row)] += 1
      }
      count = entries.count
    }
  }

  private mutating func add(_ entries: [Entry], _ rows: [Key], _ folds: [CellFold], _ base: CompiledMeasures) {
    var measuresOf: [[Int]] = Array(repeating: [], count: base.weights.count)
    for (measure, sum) in base.sums.enumerated() {
      for part in Set((sum.num + sum.den).map(\.tally)) { measuresOf[part].append(measure) }
    }
    var tallies = [Tally](repeating: Tally(), count: base.weights.count)
    var touched: [Int] = []
    var isTouched = [Bool](repeating: false, count: base.weights.count)
    func count(_ tally: Int, _ sum: Int128, _ touches: Int64) {
      tallies[tally].sum += sum
      tallies[tally].touches += touches
      if !isTouched[tally] {
        isTouched[tally] = true
        touched.append(tally)
      }
    }
    var at = 0
    while at < entries.count {
      let row = entries[at].row
      while at < entries.count, entries[at].row == row {
        let entry = entries[at]
        let fold = folds[Int(entry.fold)]
        switch entry.source {
        case .pattern:
          for tally in fold.patterns[Int(entry.number)].plain {
            count(tally, 1_000_000 * Int128(entry.value), Int64(entry.value))
          }
        case .weighed:
          let sum = fold.sums[Int(entry.value) - 1]
          count(Int(entry.number), sum.sum, sum.touches)
        case .customers:
          let customers = entry.value & 0xFFFF_FFFF
          count(Int(entry.number), 1_000_000 * Int128(customers), Int64(customers))
        }
        at += 1
      }
      for measure in Set(touched.flatMap { measuresOf[$0] }) {
        let sum = base.sums[measure]
        var cell = MeasureCell()
        for part in sum.num { cell.num += part.sign * tallies[part.tally].sum }
        for part in sum.den { cell.den += part.sign * tallies[part.tally].sum }
        for part in sum.counted { cell.touches += tallies[part.tally].touches }
        cells[measure][rows[Int(row)]] = cell
      }
      for tally in touched {
        tallies[tally] = Tally()
        isTouched[tally] = false
      }
      touched.removeAll(keepingCapacity: true)
    }
  }

  /// What the entity of a key is called; nil for the firm.
  func name(of key: Key) -> String? {
    if key.grain == .firm { return nil }
    return key.grain.isNamed ? names[Int(key.entity)] : words[Int(key.entity)]
  }
}
