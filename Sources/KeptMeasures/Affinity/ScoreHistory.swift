import KeptFormat

/// How each list of one life stood when each local month was over, and so its index, verdict and quadrant then.
/// Metrics 3.9; S0.10.
///
/// What a touch says is faded to the end of its own month and added there: in any order, since the terms are integers. At
/// the end of the life one pass carries the sums from month to month. One order placed on 2024-03-01: P of the list `they`
/// is 2^(−31/90) = .788 at the end of March, .625 at the end of April.
///
/// It belongs to a `ScoreFold`; other folds read `months` when a life ends.
final class ScoreHistory {
  /// A life at the end of a month.
  struct Month {
    /// 12 · year + month.
    var month: Int32
    /// P and N of `we_done`, `we_felt`, `they`, in units of 2⁻³².
    var sums: InlineArray<6, Int64>
  }

  /// The life that ended last: every month, ascending, at whose end one of its indices existed, and the first after it at
  /// whose end none did any more.
  private(set) var months: [Month] = []

  private let table: MonthDecay
  private let silence: Double
  private let width: Int
  /// By month, then half-life, then slot: what was said in the month, faded to its end.
  private let said: UnsafeMutablePointer<Int64>
  /// The same of a single month, carried on.
  private let running: UnsafeMutablePointer<Int64>
  /// Places of `running` that this life has anything in.
  private var used: [Int] = []
  private let isUsed: UnsafeMutablePointer<Bool>
  private var first = Int.max
  private var last = Int.min

  init(table: MonthDecay, rules: IndexRules) {
    self.table = table
    silence = rules.silence * Decay.unit
    width = table.halfLifeCount * 6
    said = .allocate(capacity: table.monthCount * width)
    said.initialize(repeating: 0, count: table.monthCount * width)
    running = .allocate(capacity: width)
    running.initialize(repeating: 0, count: width)
    isUsed = .allocate(capacity: width)
    isUsed.initialize(repeating: false, count: width)
  }

  deinit {
    said.deallocate()
    running.deallocate()
    isUsed.deallocate()
  }

  func begin() {
    guard first <= last else { return }
    (said + first * width).update(repeating: 0, count: (last - first + 1) * width)
    for place in used {
      running[place] = 0
      isUsed[place] = false
    }
    used.removeAll(keepingCapacity: true)
    first = .max
    last = .min
  }

  /// Takes the touches of kinds that say the same whatever else they carry.
  func apply(_ chunk: borrowing Chunk, _ quick: UnsafePointer<SignalTable.Quick>, _ powers: UnsafePointer<Double>) {
    let rows = chunk.rows
    for row in 0..<chunk.count {
      let entry = quick + Int(rows[row].touchClass)
      if entry.pointee.weight == 0 { continue }
      add(
        entry.pointee.weight, steps: entry.pointee.steps, slot: entry.pointee.slot, rule: entry.pointee.rule,
        at: rows[row].time, month: chunk.months[row], powers)
    }
  }

  /// Adds a weight in units of 2⁻³², `steps` being 256 / half-life.
  @inline(__always)
  func add(
    _ weight: Double, steps: Double, slot: Int, rule: Int, at time: Instant, month: Int32,
    _ powers: UnsafePointer<Double>
  ) {
    let month = Int(month &- table.lowMonth)
    let age = Double(max(0, table.ends[month] &- time))
    let term = Decay.rounded(weight * Decay.power(steps: age * steps, powers))
    let place = Int(table.halfLives[rule]) &* 6 &+ slot
    let (sum, overflow) = said[month &* width &+ place].addingReportingOverflow(term)
    said[month &* width &+ place] = overflow ? .max : sum
    if month < first { first = month }
    if month > last { last = month }
    if !isUsed[place] {
      isUsed[place] = true
      used.append(place)
    }
  }

  /// Carries the sums through the months.
  ///
  /// - Parameter final: P and N at the as-of instant: what the last month ends with, to the bit.
  func end(_ final: UnsafePointer<Int128>) {
    months.removeAll(keepingCapacity: true)
    guard first <= last else { return }
    var wasTold = false
    for month in first..<table.monthCount {
      let factors = table.factors + month * table.halfLifeCount
      let added = said + month * width
      var sums = InlineArray<6, Int64>(repeating: 0)
      for place in used {
        let left = MonthDecay.left(running[place], factors[place / 6])
        let (sum, overflow) = left.addingReportingOverflow(month <= last ? added[place] : 0)
        running[place] = overflow ? .max : sum
        let (total, isOver) = sums[place % 6].addingReportingOverflow(running[place])
        sums[place % 6] = isOver ? .max : total
      }
      if month == table.monthCount - 1 {
        for slot in 0..<6 { sums[slot] = Int64(clamping: final[slot]) }
      }
      let isTold = tells(sums)
      if isTold || wasTold { months.append(Month(month: table.lowMonth + Int32(month), sums: sums)) }
      if !isTold, month >= last { return }
      wasTold = isTold
    }
  }

  /// Whether the WE or the THEY index exists.
  private func tells(_ sums: InlineArray<6, Int64>) -> Bool {
    let we = Double(sums[0]) + Double(sums[1]) + Double(sums[2]) + Double(sums[3])
    return we >= silence || Double(sums[4]) + Double(sums[5]) >= silence
  }
}

extension ScoreHistory.Month {
  /// P and N of a list, in points.
  func points(_ list: SignalList) -> (into: Double, notInto: Double) {
    (Double(sums[list.index * 2]) / Decay.unit, Double(sums[list.index * 2 + 1]) / Decay.unit)
  }
}

extension Affinity {
  /// Both directions at the end of a month.
  func standing(_ month: ScoreHistory.Month) -> Standing {
    standing(done: month.points(.weDone), felt: month.points(.weFelt), they: month.points(.they))
  }
}
