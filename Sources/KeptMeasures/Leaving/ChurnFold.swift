import KeptFormat

/// Who left, by three definitions at once. Metrics 3.3, 3.4 and 3.41.
///
/// `ended`: the relationship, which lasts from what it is said to have begun with, else the first touch, ended. `contract`:
/// no contract is in force any more. `lapse`: no contact for the customer's own limit of silence, which is made of the
/// gaps closed before; they are lapsed from the day last + limit on, whoever ends the relationship first has left so.
final class ChurnFold {
  /// Lives whose last silence has passed its limit, if only their sources were still there to show the contrary.
  private struct Silence: Hashable {
    var sources: Int
    /// The local day on which they lapsed.
    var day: Int
    /// How they stood at the start of its month.
    var from: ChurnState
  }

  /// A silence that passed its limit.
  struct Lapse {
    var customer: UInt32
    /// Local days of the last contact, or of the beginning that none followed, and from which on it was too long.
    var quiet: Int32
    var lapsed: Int32
    /// In days.
    var limit: Double
    /// When they came back; `Instant.max`: they have not.
    var reversedAt = Instant.max
    /// The sources that had to go on for it to be seen; −1: it was.
    var sources = -1
  }

  let ended: ChurnGrid
  let contract: ChurnGrid
  let lapse: ChurnGrid
  private let contracts: ContractTracker
  private let rules: LapseRules
  private let dayTable: DayTable
  private let asOf: Instant
  private let anyMask: UInt8
  private let contactDays: ActiveBuckets
  private var silences: [Silence: Int64] = [:]
  /// Every lapse, where they are asked for one by one.
  private(set) var lapses: [Lapse] = []
  private let keepsLapses: Bool

  // The life being folded.
  private var customer: UInt32 = 0
  private var relationship = Relationship()
  private var begunAt = Instant.max
  private var changes: [(at: Instant, state: ChurnState)] = []
  private var gaps: [Int32] = []
  /// Local day of the last contact, and of what silence is counted from: that, or what began the relationship.
  private var lastContact = Int.min
  private var lastHeard = Int.min

  init(_ base: FoldBase, contactDays: ActiveBuckets) {
    rules = base.rulebook.lapse
    dayTable = base.dayTable
    asOf = base.asOf
    anyMask = base.touchMask
    self.contactDays = contactDays
    keepsLapses = base.parts.contains(.lapses)
    contracts = ContractTracker(rules: base.rulebook.contracts, rates: base.rates, days: base.days)
    ended = ChurnGrid(dayTable: dayTable, asOf: asOf)
    contract = ChurnGrid(dayTable: dayTable, asOf: asOf)
    lapse = ChurnGrid(dayTable: dayTable, asOf: asOf)
  }

  func begin(customer: UInt32) {
    self.customer = customer
    relationship = Relationship()
    begunAt = .max
    changes.removeAll(keepingCapacity: true)
    gaps.removeAll(keepingCapacity: true)
    lastContact = .min
    lastHeard = .min
    contracts.begin()
    lapse.begin()
  }

  /// A touch that changes a contract.
  func take(contract touch: Touch) { contracts.take(touch) }

  func apply(_ chunk: borrowing Chunk, _ turns: [RelationshipTurn]) {
    if begunAt == .max {
      for row in 0..<chunk.count where chunk.activity[row] & anyMask != 0 {
        begunAt = chunk.rows[row].time
        break
      }
    }
    let (days, rows, count) = (contactDays.buckets, contactDays.rows, contactDays.count)
    var place = 0
    func hearAll(before row: Int) {
      while place < count, Int(rows[place]) < row {
        let time = chunk.rows[Int(rows[place])].time
        pass(time)
        hear(dayTable.low + Int(days[place]), time)
        place += 1
      }
    }
    for turn in turns {
      hearAll(before: turn.row)
      take(turn)
    }
    hearAll(before: .max)
  }

  private func hear(_ day: Int, _ time: Instant) {
    if day == lastContact { return }
    lapseBefore(day, returnedAt: time)
    if lastContact != .min { gaps.append(Int32(day - lastContact)) }
    lastContact = day
    lastHeard = max(lastHeard, day)
    lapse.isSpokenOf = true
    if !relationship.hasEnded { lapse.change(to: .here, month(day)) }
  }

  private func take(_ turn: RelationshipTurn) {
    pass(turn.time)
    begunAt = min(begunAt, turn.since)
    if turn.ended != nil {
      ended.isSpokenOf = true
      _ = relationship.take(turn)
      pass(turn.time)
      return
    }
    let day = dayTable.day(of: turn.time)
    lapseBefore(day, returnedAt: turn.time)
    if relationship.take(turn) { changes.append((turn.time, .here)) }
    lastHeard = max(lastHeard, day)
    lapse.change(to: .here, month(day))
  }

  /// Carries out an announced end that has taken effect by `time`.
  private func pass(_ time: Instant) {
    guard let end = relationship.pass(time) else { return }
    let day = dayTable.day(of: end.at)
    lapseBefore(day)
    lapse.change(to: ChurnState(end.party), month(day))
    changes.append((end.at, ChurnState(end.party)))
    contracts.end(at: end.at, end.party)
  }

  private func month(_ day: Int) -> Int { dayTable.bucket(.month, ofDay: day) - lapse.lowBucket }

  /// Counts the silence up to `day` as a lapse where it passed its limit before.
  ///
  /// - Parameter returnedAt: when it ended with a return.
  private func lapseBefore(_ day: Int, returnedAt: Instant = .max) {
    guard lapse.state == .here, Double(day - lastHeard) > rules.minDays else { return }
    let (lapsed, limit) = lapseDay()
    guard lapsed < day else { return }
    lapse.change(to: .lapsed, month(lapsed))
    keep(lapsed, limit, reversedAt: returnedAt)
  }

  private func keep(_ day: Int, _ limit: Double, reversedAt: Instant = .max, sources: Int = -1) {
    guard keepsLapses else { return }
    lapses.append(
      Lapse(
        customer: customer, quiet: Int32(lastHeard), lapsed: Int32(day), limit: limit, reversedAt: reversedAt,
        sources: sources))
  }

  /// The local day from which on the present silence is too long, and its limit.
  private func lapseDay() -> (day: Int, limit: Double) {
    let limit = CustomerFold.limit(&gaps, rules)
    return (lastHeard + Int(limit.rounded(.up)), limit)
  }

  /// - Parameter sources: through which the life was in contact, as a set of the `SourceWatch`.
  func end(sources: Int) {
    guard begunAt < .max else { return }
    pass(asOf)
    ended.begin()
    ended.change(to: .here, dayTable.bucket(.month, of: begunAt) - ended.lowBucket)
    for change in changes { ended.change(to: change.state, dayTable.bucket(.month, of: change.at) - ended.lowBucket) }
    ended.end()
    contract.begin()
    contracts.finish(into: contract, asOf: asOf, dayTable)
    contract.end()
    if lapse.state == .here {
      let (day, limit) = lapseDay()
      if day <= dayTable.low + dayTable.count - 1 {
        let from = month(day) == lapse.bucket ? lapse.atStart : .here
        silences[Silence(sources: sources, day: day, from: from), default: 0] += 1
        keep(day, limit, sources: sources)
      }
    }
    lapse.end()
  }

  /// Counts the silences that were observed to pass their limit; to be called once, before folds are merged.
  ///
  /// - Parameter observedDay: by set of sources, the last local day on which one of them said anything.
  func settle(_ observedDay: (Int) -> Int?) {
    for (silence, number) in silences {
      guard let observed = observedDay(silence.sources), observed >= silence.day else { continue }
      lapse.lapse(number, in: month(silence.day), from: silence.from)
    }
    silences.removeAll()
    lapses.removeAll { $0.sources >= 0 && observedDay($0.sources) ?? .min < Int($0.lapsed) }
  }

  func merge(_ other: ChurnFold) {
    ended.merge(other.ended)
    contract.merge(other.contract)
    lapse.merge(other.lapse)
  }
}
