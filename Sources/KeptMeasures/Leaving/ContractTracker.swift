import KeptFormat

/// The contracts of one life: which are in force, and what they bring a month. Metrics 3.3.
///
/// A contract is its `contract_id`, else the subject; a life without either has one. It is in force from its first event
/// until it lapses, or until its term ends: at `ends_at`, if notice was given, or if it was not renewed by then nor within
/// the rulebook's days of grace. A relationship that ends takes all of them with it. A contract whose first event is no
/// beginning, but says what it brought before, was in force before the log began.
final class ContractTracker {
  private struct Step {
    /// `Instant.min`: before the log began.
    var at: Instant
    /// −1: the relationship ended, and `ended` says how.
    var contract: Int
    /// × 10⁶; nil: no rate of exchange.
    var revenue: Int64?
    var isInForce: Bool
    var ended = ChurnState.unsaid
  }

  private struct Contract {
    var revenue: Int64?
    var isInForce = false
  }

  /// What was said last of a contract.
  private struct Told {
    var revenue: Int64? = 0
    /// When its term ends; `Instant.max`: nobody said.
    var endsAt = Instant.max
    /// Notice was given: nothing but a renewal keeps it.
    var isNoticed = false
  }

  private let rules: ContractRules
  /// By currency code: what one unit is worth, × 10⁶.
  private let rates: [UInt32: Int64]
  private let days: DayReader
  private var keys = KeyTable()
  private var steps: [Step] = []
  /// By contract.
  private var told: [Told] = []

  init(rules: ContractRules, rates: [UInt32: Int64], days: DayReader) {
    self.rules = rules
    self.rates = rates
    self.days = days
  }

  func begin() {
    keys.removeAll()
    steps.removeAll(keepingCapacity: true)
    told.removeAll(keepingCapacity: true)
  }

  /// A touch that changes a contract.
  func take(_ touch: Touch) {
    let found = touch.ownID.map { keys.insert(tag: 0, $0) } ?? unnamed()
    let before = revenue(touch, .mrrBefore)
    let after = revenue(touch, .mrrAfter)
    if found.isNew {
      told.append(Told())
      if let before, before != 0, !touch.says(.change, "new") {
        steps.append(Step(at: .min, contract: found.key, revenue: before, isInForce: true))
        told[found.key].revenue = before
      }
    }
    let at = touch.time
    runOut(found.key, before: at)
    let endsAt = days.instant(touch, .endsAt)
    if touch.says(.change, "cancel_notice") {
      let known = told[found.key].endsAt
      told[found.key].endsAt = max(at, endsAt != Touch.absent ? endsAt : known < .max ? known : at)
      told[found.key].isNoticed = true
    } else if touch.says(.change, "lapsed") {
      steps.append(Step(at: at, contract: found.key, revenue: 0, isInForce: false))
      (told[found.key].endsAt, told[found.key].isNoticed) = (.max, false)
    } else {
      if let after { told[found.key].revenue = after }
      steps.append(Step(at: at, contract: found.key, revenue: told[found.key].revenue, isInForce: true))
      if !touch.says(.change, "expanded"), !touch.says(.change, "contracted") {
        (told[found.key].endsAt, told[found.key].isNoticed) = (.max, false)
      }
      if endsAt != Touch.absent { told[found.key].endsAt = max(at, endsAt) }
    }
  }

  /// Ends a contract whose term was over before `time`, and past any renewal.
  private func runOut(_ contract: Int, before time: Instant) {
    let (endsAt, isNoticed) = (told[contract].endsAt, told[contract].isNoticed)
    guard endsAt < time, isNoticed || rules.termsEnd && endsAt + rules.grace < time else { return }
    steps.append(Step(at: endsAt, contract: contract, revenue: 0, isInForce: false))
    (told[contract].endsAt, told[contract].isNoticed) = (.max, false)
  }

  /// The relationship ended.
  func end(at: Instant, _ party: RelationshipTurn.Party) {
    steps.append(Step(at: at, contract: -1, revenue: 0, isInForce: false, ended: ChurnState(party)))
  }

  private func unnamed() -> (key: Int, isNew: Bool) {
    withUnsafeBytes(of: UInt8(0)) { keys.insert(tag: 1, $0) }
  }

  /// × 10⁶ in the ledger's currency; the outer nil: not told, the inner one: no rate.
  private func revenue(_ touch: Touch, _ field: TouchField) -> Int64?? {
    let number = touch.number(field)
    guard number != Touch.absent else { return nil }
    guard let rate = rates[touch.code(.currency)] else { return .some(nil) }
    return .some(OrderTracker.worth(number, rate: rate))
  }

  /// The life is over: tells the grid what was in force when, up to `asOf`.
  func finish(into grid: ChurnGrid, asOf: Instant, _ dayTable: DayTable) {
    guard !told.isEmpty else { return }
    grid.isSpokenOf = true
    for contract in told.indices { runOut(contract, before: asOf) }
    // In order of time; an end comes before what begins at the same instant.
    let order = steps.indices.sorted { a, b in
      if steps[a].at != steps[b].at { return steps[a].at < steps[b].at }
      return (min(steps[a].contract, 0), a) < (min(steps[b].contract, 0), b)
    }
    var contracts = Array(repeating: Contract(), count: told.count)
    var (inForce, unknown, total) = (0, 0, Int128(0))
    func set(_ contract: Int, _ new: Contract) {
      for (state, sign) in [(contracts[contract], -1), (new, 1)] where state.isInForce {
        inForce += sign
        if let revenue = state.revenue { total += Int128(sign) * Int128(revenue) } else { unknown += sign }
      }
      contracts[contract] = new
    }
    var out = ChurnState.unsaid
    for place in order where steps[place].at <= asOf {
      let step = steps[place]
      if step.contract < 0 {
        out = step.ended
        for contract in contracts.indices { set(contract, Contract()) }
      } else {
        if step.isInForce { out = .unsaid }
        set(step.contract, Contract(revenue: step.revenue, isInForce: step.isInForce))
      }
      let month = step.at == .min ? -1 : dayTable.bucket(.month, of: step.at) - grid.lowBucket
      grid.change(
        to: inForce > 0 ? .here : out, month, money: ChurnGrid.Money(amount: total, isKnown: unknown == 0))
    }
  }
}

/// Reads instants that may be given as dates.
struct DayReader: Sendable {
  let calendar: LocalCalendar

  /// A field that holds an RFC 3339 instant or a date, which begins at local midnight; `Touch.absent` otherwise.
  func instant(_ touch: Touch, _ field: TouchField) -> Instant { touch.text(field).map(instant) ?? Touch.absent }

  func instant(_ text: UnsafeRawBufferPointer) -> Instant {
    let instant = Touch.instant(text)
    guard instant == Touch.absent, text.count == 10, text[4] == 0x2D, text[7] == 0x2D else { return instant }
    func number(_ digits: Range<Int>) -> Int? {
      var value = 0
      for place in digits {
        guard case 0x30...0x39 = text[place] else { return nil }
        value = value * 10 + Int(text[place] - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return instant }
    let date = CivilDate(year: year, month: month, day: day)
    return date.isValid && year >= 1900 && year < 2200 ? calendar.dayStart(Int32(date.dayNumber)) : instant
  }
}
