import KeptFormat
import KeptReplay

/// The loops over touches: what all of them get, and a closer look at the few that ask for it.
extension MeasureFold {
  func apply(_ chunk: inout Chunk) {
    prepare(&chunk)
    turns.removeAll(keepingCapacity: true)
    if readsPoints { points.update(repeating: 0, count: chunk.count) }
    if chunk.specialCount > 0 || matters?.watchesOurTouches ?? false { lookClosely(chunk) }
    claims?.apply(chunk)
    if isFirm { return }
    if let first = chunk.touches.rows.first { earliest = min(earliest, first.time) }
    active.find(chunk)
    retention?.apply(chunk)
    lifecycle?.apply(chunk, turns)
    scores?.apply(chunk)
    customerMonths?.apply(chunk)
    standing?.apply(chunk)
    customers?.apply(chunk, anyMask: base.touchMask)
    churn?.apply(chunk, turns)
    tenure?.apply(chunk)
    growth?.apply(chunk)
    backtests?.apply(turns)
    sources?.apply(chunk, anyMask: base.touchMask, contactMask: base.contactMask)
    if readsPoints { scores?.tell(chunk) }
    for fold in chunkFolds { fold.apply(chunk) }
  }

  /// Day, month and activities of every touch, and the list of those to look at closely.
  private func prepare(_ chunk: inout Chunk) {
    let rows = chunk.rows
    let classes = base.classes
    let monthOf = base.dayTable.months
    let low = base.dayTable.low
    let last = base.dayTable.count - 1
    let days = days
    let months = months
    let activity = activity
    let special = special
    var span = span
    var specialCount = 0
    for row in 0..<chunk.count {
      let time = rows[row].time
      if time < span.lower || time >= span.upper { span = base.dayTable.calendar.zone.span(at: time) }
      let local = time &+ span.offset
      let day = Int(local >= 0 ? local / 86_400_000_000 : (local &- 86_399_999_999) / 86_400_000_000)
      let index = max(0, min(last, day &- low))
      days[row] = Int32(truncatingIfNeeded: index)
      months[row] = monthOf[index]
      let traits = classes[Int(rows[row].touchClass)]
      activity[row] = traits.activity
      special[specialCount] = UInt16(truncatingIfNeeded: row)
      specialCount &+= traits.isSpecial ? 1 : 0
    }
    self.span = span
    chunk.specialCount = specialCount
  }

  private func lookClosely(_ chunk: borrowing Chunk) {
    var lookedThrough = 0
    // Taken once: every look would count references otherwise.
    let base = base
    let slots = base.slots.pointer
    let nouns = base.nounOf
    let listeners = isFirm ? base.firmListeners : base.listeners
    let (promises, matters, scores) = (promises, matters, scores)
    let (wordOfMouth, orders, customers, retention) = (wordOfMouth, orders, customers, retention)
    let (costs, leavers, offerings) = (costs, leavers, offerings)
    for place in 0..<chunk.specialCount {
      let row = Int(special[place])
      let touchClass = chunk.rows[row].touchClass
      let kind = TouchClass.kind(touchClass)
      let roles = base.rolesOf[kind]
      let direction = base.direction(touchClass)
      let touch = Touch(touches: chunk.touches, row: chunk.start + row, kind: kind, slots: slots)
      var facts: UInt32 = 0
      if let promises, !roles.isDisjoint(with: .promises) { facts |= promises.take(touch, roles, direction: direction) }
      if let cells, roles.contains(.counts) { cells.take(touch, direction, month: Int(months[row])) }
      if let costs, roles.contains(.costs) { costs.take(touch) }
      if isFirm {
        tell(touch, direction, listeners.of(kind), facts)
        continue
      }
      if let matters, !roles.isDisjoint(with: .matters) {
        if matters.watchesOurTouches { findOurTouches(chunk, lookedThrough, row) }
        lookedThrough = row
        facts |= matters.take(touch, roles, noun: nouns[kind], direction: direction)
        if facts & MatterTracker.impliedOpening != 0 { activity[row] |= base.impliedMask }
        if roles.contains(.projectClosed) { lookedThrough = row + 1 }
      }
      if roles.contains(.signals) {
        scores!.take(touch, direction, facts: facts, month: months[row])
        if readsPoints { points[row] = scores!.said.done + scores!.said.felt }
      }
      if let wordOfMouth, !roles.isDisjoint(with: .wordOfMouth) { wordOfMouth.take(touch, roles, month: months[row]) }
      if let orders, !roles.isDisjoint(with: .money) { orders.take(touch, roles, day: days[row]) }
      if roles.contains(.facts) {
        let said = roles.contains(.signals) ? scores!.said : scores?.usual(touchClass) ?? (0, 0)
        tell(touch, direction, listeners.of(kind), facts, said)
      }
      if roles.contains(.assesses) { standing!.take(touch, month: months[row]) }
      if roles.contains(.contracts) { churn!.take(contract: touch) }
      if roles.contains(.begins) {
        tenure?.take(touch)
        retention?.take(began: touch)
      }
      if !roles.isDisjoint(with: .turns), let turn = base.turn(touch, roles, row: row) {
        turns.append(turn)
        customers?.take(turn)
        tenure?.take(turn)
        leavers?.take(turn)
      }
      if let offerings, roles.contains(.offers) { offerings.take(touch, ends: roles.contains(.ends)) }
    }
    if let matters, matters.watchesOurTouches { findOurTouches(chunk, lookedThrough, chunk.count) }
  }

  /// Tells the families that listen to its kind of a touch.
  @inline(__always)
  private func tell(
    _ touch: Touch, _ direction: Direction, _ families: UnsafeBufferPointer<Int32>, _ facts: UInt32,
    _ said: (done: Int64, felt: Int64) = (0, 0)
  ) {
    for family in families {
      factFoldsByFamily[Int(family)]._withUnsafeGuaranteedRef {
        $0.facts = facts
        $0.ofUs = said
        $0.take(touch, direction)
      }
    }
  }

  /// Tells which of the touches [first, last) were ours, as long as somebody waits for one.
  private func findOurTouches(_ chunk: borrowing Chunk, _ first: Int, _ last: Int) {
    let (base, matters) = (base, matters!)
    for row in first..<max(first, last) {
      let direction = base.direction(chunk.rows[row].touchClass)
      guard direction == .out || direction == .both else { continue }
      matters.weTouched(at: chunk.rows[row].time)
      if !matters.watchesOurTouches { return }
    }
  }
}
