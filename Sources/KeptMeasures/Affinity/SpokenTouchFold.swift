import KeptFormat
import KeptReplay

/// Every touch that a rule gave points, and how its list stood right after it: rows of `touches`. S0.10, S4.15.
///
/// What an absence says is found only once the life went on, so the touches of a life are put in order at its end.
final class SpokenTouchFold {
  struct Row {
    var customer: UInt32 = 0
    var time: Instant
    /// Of the touch, or of the one that opened the matter of which nothing came; `Touch.absent`: not known.
    var position: Int64
    var kind: Int32
    var isAbsence: Bool
    var rule: Int32
    /// × 10⁶.
    var points: Int64
    /// What is left of the points at the as-of instant, and of its whole list right after the touch.
    var left = 0.0
    var balance = 0.0
    /// The indices right after the touch; nil: silence.
    var we: Double?
    var they: Double?
  }

  private(set) var rows: [Row] = []
  private let table: SignalTable
  private let decay: Decay
  private let asOf: Instant
  private var life: [Row] = []
  /// By rule: half-lives in microseconds, and the number of list and half-life among all.
  private let halfLives: [Double]
  private let stocks: [Int]
  /// By number of list and half-life: what stands there, and since when.
  private var standing: [(into: Double, notInto: Double, at: Instant)]
  private let affinity: Affinity
  private let listOfStock: [Int]
  private let halfLifeOfStock: [Double]

  init(table: SignalTable, rulebook: Rulebook, decay: Decay, asOf: Instant) {
    self.table = table
    self.decay = decay
    self.asOf = asOf
    halfLives = table.rules.map { Double(rulebook.halfLives[$0.halfLife] ?? 1) }
    let names = rulebook.halfLives.keys.sorted()
    stocks = table.rules.map { $0.list.index * names.count + (names.firstIndex(of: $0.halfLife) ?? 0) }
    listOfStock = (0..<3 * names.count).map { $0 / names.count }
    halfLifeOfStock = (0..<3 * names.count).map { Double(rulebook.halfLives[names[$0 % names.count]]!) }
    standing = Array(repeating: (0, 0, .min), count: 3 * names.count)
    affinity = Affinity(rules: rulebook.index)
  }

  func begin() { life.removeAll(keepingCapacity: true) }

  /// Takes the touches of kinds that say the same whatever else they carry.
  func apply(_ chunk: borrowing Chunk, _ slots: FieldSlots) {
    for row in 0..<chunk.count {
      let touchClass = chunk.rows[row].touchClass
      let rule = table.quick[Int(touchClass)].rule
      if rule < 0 { continue }
      let kind = TouchClass.kind(touchClass)
      let touch = Touch(touches: chunk.touches, row: chunk.start + row, kind: kind, slots: slots.pointer)
      add(
        at: touch.time, position: touch.number(.position), kind: kind, isAbsence: false, rule: rule,
        points: table.fixedPoints(rule))
    }
  }

  func add(at time: Instant, position: Int64, kind: Int, isAbsence: Bool, rule: Int, points: Int64) {
    life.append(
      Row(
        time: time, position: position, kind: Int32(kind), isAbsence: isAbsence, rule: Int32(rule), points: points))
  }

  func end(customer: UInt32) {
    // An absence at the instant of a touch is told after it; of one touch the rules come in the rulebook's order.
    life.sort { left, right in
      if left.time != right.time { return left.time < right.time }
      if left.isAbsence != right.isAbsence { return right.isAbsence }
      if left.position != right.position { return left.position < right.position }
      return left.rule < right.rule
    }
    for stock in standing.indices { standing[stock] = (0, 0, .min) }
    for var row in life {
      let stock = stocks[Int(row.rule)]
      let points = Double(row.points) / 1_000_000
      for other in standing.indices { fade(other, to: row.time) }
      if points > 0 { standing[stock].into += points } else { standing[stock].notInto -= points }
      // P and N of each list.
      var lists: [(into: Double, notInto: Double)] = Array(repeating: (0, 0), count: 3)
      for (list, stock) in zip(listOfStock, standing) {
        lists[list].into += stock.into
        lists[list].notInto += stock.notInto
      }
      let list = lists[listOfStock[stock]]
      row.balance = list.into - list.notInto
      let now = affinity.standing(done: lists[0], felt: lists[1], they: lists[2])
      (row.we, row.they) = (now.we, now.they)
      row.left = points * decay.power(Double(asOf - row.time) / halfLives[Int(row.rule)])
      row.customer = customer
      rows.append(row)
    }
  }

  private func fade(_ stock: Int, to time: Instant) {
    if standing[stock].at != .min, standing[stock].at < time {
      let left = decay.power(Double(time - standing[stock].at) / halfLifeOfStock[stock])
      standing[stock].into *= left
      standing[stock].notInto *= left
    }
    standing[stock].at = time
  }
}
