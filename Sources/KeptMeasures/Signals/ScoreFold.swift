import KeptFormat
import KeptReplay

/// What every touch says, added up: per life the decayed points of each list, per rule and month the undecayed ones.
/// Metrics 3.9 and section 5.
///
/// Six sums a life: P and N (points for and against, both as magnitudes) of each list, in units of 2⁻³². A term is
/// below 2⁵², so a chunk's sum fits 64 bits and a life's is kept in 128: no sum can overflow.
final class ScoreFold {
  private let table: SignalTable
  private let quick: UnsafeMutablePointer<SignalTable.Quick>
  private let decay: Decay
  private let asOf: Instant
  private let monthTable: SignalMonths?
  /// The sums month by month, where somebody asks for them.
  let history: ScoreHistory?
  /// Touch by touch, where somebody asks for it.
  let spoken: SpokenTouchFold?
  private let slots: FieldSlots

  /// P and N of `we_done`, `we_felt`, `they`, of the life being folded.
  private let sums: UnsafeMutablePointer<Int128>
  /// Lists in which any touch said something, a bit each.
  private(set) var heard: UInt8 = 0
  /// Points × 10⁶ that the touch taken last said of us.
  private(set) var said: (done: Int64, felt: Int64) = (0, 0)
  private let chunkSums: UnsafeMutablePointer<Int64>

  init(
    _ base: FoldBase, table: SignalTable, months: SignalMonths?, history: ScoreHistory?, spoken: SpokenTouchFold?
  ) {
    self.table = table
    quick = table.quick
    decay = base.decay
    asOf = base.asOf
    slots = base.slots
    monthTable = months
    self.spoken = spoken
    self.history = history
    chunkSums = .allocate(capacity: 6)
    chunkSums.initialize(repeating: 0, count: 6)
    sums = .allocate(capacity: 6)
    sums.initialize(repeating: 0, count: 6)
  }

  deinit {
    chunkSums.deallocate()
    sums.deallocate()
  }

  var months: SignalMonths? { monthTable }

  func begin() {
    for slot in 0..<6 { sums[slot] = 0 }
    heard = 0
    history?.begin()
    spoken?.begin()
  }

  /// Ends the life: its months can be read then.
  func end(customer: UInt32) {
    history?.end(sums)
    spoken?.end(customer: customer)
  }

  /// Takes the touches of kinds that say the same whatever else they carry.
  func apply(_ chunk: borrowing Chunk) {
    let rows = chunk.rows
    let quick = quick
    let powers = decay.pointer
    let asOf = asOf
    let sums = chunkSums
    var used: UInt8 = 0
    for row in 0..<chunk.count {
      let entry = quick + Int(rows[row].touchClass)
      let weight = entry.pointee.weight
      if weight == 0 { continue }
      // No touch is later than the as-of instant.
      let steps = Double(asOf &- rows[row].time) * entry.pointee.steps
      sums[entry.pointee.slot] &+= Decay.rounded(weight * Decay.power(steps: steps, powers))
      used |= 1 &<< UInt8(truncatingIfNeeded: entry.pointee.slot)
    }
    if used != 0 {
      for slot in 0..<6 where used & (1 << UInt8(slot)) != 0 { hear(slot) }
    }
    if let monthTable {
      for row in 0..<chunk.count {
        let entry = quick[Int(rows[row].touchClass)]
        guard entry.rule >= 0 else { continue }
        monthTable.add(rule: entry.rule, month: chunk.months[row], points: table.fixedPoints(entry.rule))
      }
    }
    history?.apply(chunk, quick, powers)
    spoken?.apply(chunk, slots)
  }

  private func hear(_ slot: Int) {
    sums[slot] += Int128(chunkSums[slot])
    chunkSums[slot] = 0
    heard |= 1 << UInt8(slot >> 1)
  }

  /// Fills in what touches say of us whose kinds say the same whatever else they carry; `take` told of the others.
  func tell(_ chunk: borrowing Chunk) {
    let rows = chunk.rows
    for row in 0..<chunk.count {
      let entry = quick + Int(rows[row].touchClass)
      guard entry.pointee.weight != 0, entry.pointee.slot < SignalList.they.index * 2 else { continue }
      chunk.points[row] = table.fixedPoints(entry.pointee.rule)
    }
  }

  /// What a touch says of us whose kind says the same whatever else it carries.
  func usual(_ touchClass: UInt16) -> (done: Int64, felt: Int64) {
    let entry = quick + Int(touchClass)
    guard entry.pointee.weight != 0 else { return (0, 0) }
    switch entry.pointee.slot >> 1 {
    case SignalList.weDone.index: return (table.fixedPoints(entry.pointee.rule), 0)
    case SignalList.weFelt.index: return (0, table.fixedPoints(entry.pointee.rule))
    default: return (0, 0)
    }
  }

  /// Takes a touch whose kind has to be tried rule by rule: in each list the first match counts.
  func take(_ touch: Touch, _ direction: Direction, facts: UInt32, month: Int32) {
    said = (0, 0)
    let lists = table.tried[touch.kind]
    for list in lists {
      for rule in list where rule.matches(touch, direction, facts) {
        say(rule, touch, month)
        break
      }
    }
  }

  private func say(_ rule: CompiledRule, _ touch: Touch, _ month: Int32) {
    var points = rule.points
    if rule.isRating {
      guard case .rating(let share, _) = table.rating.read(touch) else { return }
      points = RatingReader.points(share: share)
    }
    guard points != 0 else { return }
    switch table.rules[rule.rule].list {
    case .weDone: said.done = points
    case .weFelt: said.felt = points
    case .they: break
    }
    add(points, rule: rule.rule, steps: rule.steps, at: touch.time, month: month)
    spoken?.add(
      at: touch.time, position: touch.number(.position), kind: touch.kind, isAbsence: false, rule: rule.rule,
      points: points)
  }

  /// Takes what did not happen.
  func take(_ absence: AbsenceLog.Absence, month: Int32) {
    for rule in table.absences[absence.what.index] where rule.points != 0 {
      add(rule.points, rule: rule.rule, steps: rule.steps, at: absence.at, month: month)
      spoken?.add(
        at: absence.at, position: absence.origin.position, kind: Int(absence.origin.kind), isAbsence: true,
        rule: rule.rule, points: rule.points)
    }
  }

  /// Adds points × 10⁶ of a rule at an instant: how a touch counts, and how one that no event states (an absence) can.
  func add(_ points: Int64, rule: Int, steps: Double, at instant: Instant, month: Int32) {
    let weight = Double(abs(points)) / 1_000_000 * Decay.unit
    let term = weight * Decay.power(steps: Double(max(0, asOf - instant)) * steps, decay.pointer)
    let list = table.rules[rule].list.index
    let slot = list * 2 + (points < 0 ? 1 : 0)
    sums[slot] += Int128(Decay.rounded(term))
    heard |= 1 << UInt8(list)
    history?.add(weight, steps: steps, slot: slot, rule: rule, at: instant, month: month, decay.pointer)
    monthTable?.add(rule: rule, month: month, points: points)
  }

  /// P or N of the life, in points.
  func sum(_ list: SignalList, negative: Bool) -> Double { Self.points(sums[list.index * 2 + (negative ? 1 : 0)]) }

  static func points(_ sum: Int128) -> Double {
    if let small = Int64(exactly: sum) { return Double(small) / Decay.unit }
    return Double(sum) / Decay.unit
  }
}

extension SignalTable {
  /// The points × 10⁶ of a rule that says them outright.
  func fixedPoints(_ rule: Int) -> Int64 {
    if case .fixed(let micros) = rules[rule].points { micros } else { 0 }
  }
}

/// Per rule and month: touches, and their points for and against × 10⁶, undecayed.
final class SignalMonths {
  let lowMonth: Int32
  let monthCount: Int
  let ruleCount: Int
  private let counts: UnsafeMutablePointer<Int64>

  init(ruleCount: Int, lowMonth: Int, monthCount: Int) {
    self.ruleCount = ruleCount
    self.lowMonth = Int32(lowMonth)
    self.monthCount = monthCount
    counts = .allocate(capacity: max(1, ruleCount * monthCount * 3))
    counts.initialize(repeating: 0, count: max(1, ruleCount * monthCount * 3))
  }

  deinit { counts.deallocate() }

  func add(rule: Int, month: Int32, points: Int64) {
    let place = (rule * monthCount + Int(month - lowMonth)) * 3
    counts[place] += 1
    // At most 10¹² a touch; a rule's month of more than nine million such touches would be cut, not trap.
    let slot = place + (points > 0 ? 1 : 2)
    let (sum, overflow) = counts[slot].addingReportingOverflow(abs(points))
    counts[slot] = overflow ? .max : sum
  }

  subscript(rule: Int, month: Int) -> (touches: Int64, into: Int64, notInto: Int64) {
    let place = (rule * monthCount + month) * 3
    return (counts[place], counts[place + 1], counts[place + 2])
  }

  func merge(_ other: SignalMonths) {
    for place in 0..<ruleCount * monthCount * 3 {
      let (sum, overflow) = counts[place].addingReportingOverflow(other.counts[place])
      counts[place] = overflow ? .max : sum
    }
  }
}
