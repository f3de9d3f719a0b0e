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
  private var standing: [(points: Double, at: Instant)]
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
    standing = Array(repeating: (0, 0), count: 3 * names.count)
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
    for stock in standing.indices { standing[stock] = (0, .min) }
    for var row in life {
      let stock = stocks[Int(row.rule)]
      let points = Double(row.points) / 1_000_000
      standing[stock].points = left(standing[stock], at: row.time, halfLives[Int(row.rule)]) + points
      standing[stock].at = row.time
      row.balance = 0
      for other in standing.indices where listOfStock[other] == listOfStock[stock] && standing[other].at != .min {
        row.balance += left(standing[other], at: row.time, halfLifeOfStock[other])
      }
      row.left = points * decay.power(Double(asOf - row.time) / halfLives[Int(row.rule)])
      row.customer = customer
      rows.append(row)
    }
  }

  private func left(_ stock: (points: Double, at: Instant), at time: Instant, _ halfLife: Double) -> Double {
    stock.at == .min ? 0 : stock.points * decay.power(Double(time - stock.at) / halfLife)
  }
}
