import KeptFormat
import KeptReplay

/// The promises of one life and what became of them. Metrics 3.11.
///
/// Key: (source, `promise_id`, else subject). The first event that settles a promise decides. The due it was given
/// first holds, unless the customer asked for another.
final class PromiseTracker {
  /// Whoever promised; unsaid counts as ours unless the event came from the customer.
  enum Maker: UInt8 { case us, customer }

  enum Settlement: UInt8 { case open, kept, broken, withdrawn }

  struct Promise {
    /// Key of the name (promise_id or subject) in `keys`.
    var name: Int
    var source: UInt32
    var department: UInt32
    var maker: Maker
    var settlement: Settlement = .open
    var madeAt: Instant
    var due: Instant
    var settledAt: Instant = .absentInstant
    var revisions: Int32 = 0
    /// Which fulfilment keeps it, as an index of the rulebook's; −1: none.
    var fulfilment: Int32 = -1
    /// The promise before it on the same subject; −1: none.
    var before: Int32 = -1
    /// The event that made it, where some rule hears what does not happen.
    var origin: AbsenceLog.Origin?
    /// Its due passed in silence; so did the long wait after.
    var isOverdue = false
    var isDropped = false
  }

  private let rules: PromiseRules
  private(set) var keys = KeyTable()
  private(set) var promises: [Promise] = []
  /// By key number: the newest promise under that key, or on that subject; −1: none.
  private var newest: [Int32] = []

  /// By fulfilment: the codes of its kinds.
  private let fulfilmentKinds: [Set<Int>]

  private let absences: AbsenceLog?

  /// - Parameter absences: where some rule hears what does not happen.
  init(rules: PromiseRules, kinds: [String], absences: AbsenceLog?) {
    self.rules = rules
    self.absences = absences
    fulfilmentKinds = rules.fulfilments.map { fulfilment in
      Set(fulfilment.kinds.compactMap { kinds.firstIndex(of: $0) })
    }
  }

  private static let bySubject: UInt64 = 1
  private static let byName: UInt64 = 2

  func begin() {
    // Most lives hold no promise.
    if newest.isEmpty { return }
    keys.removeAll()
    promises.removeAll(keepingCapacity: true)
    newest.removeAll(keepingCapacity: true)
  }

  /// Takes a touch with a promise role and says what it means.
  func take(_ touch: Touch, _ roles: KindRoles, direction: Direction) -> UInt32 {
    if roles.contains(.promiseMade) { return made(touch, direction) }
    if roles.contains(.promiseRevised) { return revised(touch, direction) }
    if roles.contains(.promiseKept) { return settled(touch, .kept, direction) }
    if roles.contains(.promiseBroken) { return settled(touch, .broken, direction) }
    return subjectTouched(touch, roles)
  }

  private func maker(_ touch: Touch, _ direction: Direction) -> Maker {
    if touch.says(.by, "customer") { return .customer }
    if touch.says(.by, "us") { return .us }
    return direction == .in ? .customer : .us
  }

  private func key(_ tag: UInt64, _ id: UnsafeRawBufferPointer) -> Int {
    let key = keys.insert(tag: tag, id).key
    while newest.count <= key { newest.append(-1) }
    return key
  }

  private func made(_ touch: Touch, _ direction: Direction) -> UInt32 {
    guard let name = touch.text(.promiseID) ?? touch.text(.subject) else { return 0 }
    let source = touch.code(.source)
    let key = key(Self.byName &+ UInt64(source) << 8, name)
    if newest[key] >= 0, promises[Int(newest[key])].settlement == .open {
      // Said twice while open: the first word holds.
      if promises[Int(newest[key])].madeAt != .absentInstant { promises[Int(newest[key])].revisions += 1 }
      return 0
    }
    var promise = Promise(
      name: key, source: source, department: touch.code(.department), maker: maker(touch, direction),
      madeAt: touch.time, due: touch.due)
    if let kind = touch.text(.promise) {
      for (index, fulfilment) in rules.fulfilments.enumerated()
      where fulfilment.promise.utf8.count == kind.count && kind.elementsEqual(fulfilment.promise.utf8) {
        promise.fulfilment = Int32(index)
        break
      }
    }
    if absences != nil { promise.origin = AbsenceLog.Origin(touch) }
    let number = Int32(promises.count)
    if !rules.fulfilments.isEmpty || !rules.withdrawals.isEmpty, let subject = touch.text(.subject) {
      let subjectKey = self.key(Self.bySubject, subject)
      promise.before = newest[subjectKey]
      newest[subjectKey] = number
    }
    newest[key] = number
    promises.append(promise)
    return 0
  }

  /// The promise a touch names, if its making was recorded.
  private func named(_ touch: Touch) -> Int? {
    guard let name = touch.text(.promiseID) ?? touch.text(.subject),
      let key = keys.find(tag: Self.byName &+ UInt64(touch.code(.source)) << 8, name), newest[key] >= 0
    else { return nil }
    return Int(newest[key])
  }

  private func revised(_ touch: Touch, _ direction: Direction) -> UInt32 {
    guard let index = named(touch), promises[index].settlement == .open else { return 0 }
    promises[index].revisions += 1
    let due = touch.due
    let old = promises[index].due
    if touch.says(.askedBy, "customer") {
      pass(index, touch.time)
      if due != .absentInstant { promises[index].due = due }
      return 0
    }
    guard promises[index].maker == .us, due != .absentInstant, old != .absentInstant, due > old else { return 0 }
    return LifeFact.ourPromiseMoved.bit
  }

  private func settled(_ touch: Touch, _ how: Settlement, _ direction: Direction) -> UInt32 {
    guard let index = named(touch) else {
      // Nobody recorded the making: the word itself still says who kept or broke what.
      guard let name = touch.text(.promiseID) ?? touch.text(.subject) else {
        return fact(how, maker(touch, direction), at: touch.time, due: .absentInstant)
      }
      let source = touch.code(.source)
      let maker = maker(touch, direction)
      let key = key(Self.byName &+ UInt64(source) << 8, name)
      newest[key] = Int32(promises.count)
      promises.append(
        Promise(
          name: key, source: source, department: 0, maker: maker, settlement: how, madeAt: .absentInstant,
          due: .absentInstant, settledAt: touch.time))
      return fact(how, maker, at: touch.time, due: .absentInstant)
    }
    guard promises[index].settlement == .open else { return 0 }
    return settle(index, how, touch.time)
  }

  private func subjectTouched(_ touch: Touch, _ roles: KindRoles) -> UInt32 {
    guard let subject = touch.ownID, let key = keys.find(tag: Self.bySubject, subject) else { return 0 }
    var facts: UInt32 = 0
    var next = newest[key]
    while next >= 0 {
      let index = Int(next)
      next = promises[index].before
      guard promises[index].settlement == .open else { continue }
      if promises[index].fulfilment >= 0, roles.contains(.fulfils),
        fulfilmentKinds[Int(promises[index].fulfilment)].contains(touch.kind)
      {
        facts |= settle(index, .kept, touch.time)
      } else if roles.contains(.withdraws) {
        pass(index, touch.time)
        promises[index].settlement = .withdrawn
        promises[index].settledAt = touch.time
      }
    }
    return facts
  }

  private func settle(_ index: Int, _ how: Settlement, _ time: Instant) -> UInt32 {
    pass(index, time)
    promises[index].settlement = how
    promises[index].settledAt = time
    let fact = fact(how, promises[index].maker, at: time, due: promises[index].due)
    // Dropped before it was said: it is said once.
    return promises[index].isDropped ? fact & ~LifeFact.ourPromiseDropped.bit : fact
  }

  /// Notes what of an open promise of ours passed in silence before `time`: its due, and the long wait after.
  private func pass(_ index: Int, _ time: Instant) {
    guard let absences, let origin = promises[index].origin else { return }
    let promise = promises[index]
    guard promise.maker == .us, promise.settlement == .open, promise.due != .absentInstant else { return }
    let settling = SettlingSorts.promiseSettled.union(.fulfilment(promise.fulfilment))
    let due = max(promise.due, promise.madeAt)
    if !promise.isOverdue, due < time {
      promises[index].isOverdue = absences.note(.promiseOverdue, at: due, origin, settling)
    }
    if !promise.isDropped, due + absences.norms.promiseDropped < time {
      promises[index].isDropped = absences.note(
        .promiseDropped, at: due + absences.norms.promiseDropped, origin, settling)
    }
  }

  /// Notes what is still passing when the life has been told.
  func end() {
    guard let absences else { return }
    for index in promises.indices { pass(index, absences.asOf) }
  }

  private func fact(_ how: Settlement, _ maker: Maker, at time: Instant, due: Instant) -> UInt32 {
    let inTime = due == .absentInstant || time <= due
    switch (how, maker) {
    case (.kept, .us): return inTime ? LifeFact.ourPromiseKept.bit : 0
    case (.kept, .customer): return LifeFact.theirPromiseKept.bit
    case (.broken, .us): return inTime ? LifeFact.ourPromiseBroken.bit : LifeFact.ourPromiseDropped.bit
    case (.broken, .customer): return LifeFact.theirPromiseBroken.bit
    default: return 0
    }
  }
}
