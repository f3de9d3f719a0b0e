import KeptFormat
import KeptReplay

/// The cases, orders, projects, returns and invoices of one life: when they opened, who has them, who was answered.
///
/// A matter whose opening is missing opens at its first event. It answers the state conditions that need a memory
/// (`LifeFact`), and says where an opening is implied.
final class MatterTracker {
  private struct Matter {
    var openedAt: Instant
    var due: Instant = .absentInstant
    var isAnswered = false
    var handOffs: Int32 = 0
    var agent: UInt32 = 0
    var department: UInt32 = 0
  }

  /// Set in what `take` returns when the touch opens its matter by implication.
  static let impliedOpening: UInt32 = 1 << 31

  private let norms: Norms
  private let hours: BusinessClock
  private let caseNoun: Int
  private let projectNoun: Int
  private var keys = KeyTable()
  private var matters: [Matter] = []
  /// A project closed, and no touch of ours came after.
  private(set) var awaitsOurTouch = false

  init(rulebook: Rulebook, nouns: [String], dayTable: DayTable) {
    norms = rulebook.norms
    hours = BusinessClock(hours: rulebook.businessHours, dayTable: dayTable)
    caseNoun = nouns.firstIndex(of: "case") ?? 1000
    projectNoun = nouns.firstIndex(of: "project") ?? 1001
  }

  // Nouns of the rulebook's openings are numbered from 0; these two have no openings.
  private static let returnTag: UInt64 = 2000
  private static let invoiceTag: UInt64 = 2001

  func begin() {
    awaitsOurTouch = false
    if matters.isEmpty { return }
    keys.removeAll()
    matters.removeAll(keepingCapacity: true)
  }

  /// Our own touches since the last call end the wait that a closed project began.
  func weTouched() { awaitsOurTouch = false }

  func take(_ touch: Touch, _ roles: KindRoles, noun: Int, direction: Direction) -> UInt32 {
    var facts: UInt32 = 0
    if noun >= 0, let id = touch.ownID {
      let (index, isNew) = matter(UInt64(noun), id, at: touch.time)
      if isNew, !roles.contains(.opens) { facts |= Self.impliedOpening }
      if roles.contains(.caseResolved) {
        let age = touch.time - matters[index].openedAt
        if age <= norms.solvedSoon { facts |= LifeFact.solvedSoon.bit }
        if age > norms.solvedLate { facts |= LifeFact.solvedLate.bit }
      }
    }
    if roles.contains(.mayReply) { facts |= replied(touch, direction, isCase: noun == caseNoun) }
    if roles.contains(.handsOn) { facts |= handedOn(touch) }
    if roles.contains(.asks), awaitsOurTouch, touch.says(.askKind, "upsell") { facts |= LifeFact.soldFirst.bit }
    if roles.contains(.projectClosed) { awaitsOurTouch = true }
    if roles.contains(.returnRequested), let id = touch.text(.returnID) ?? touch.text(.subject) {
      _ = matter(Self.returnTag, id, at: touch.time)
    }
    if roles.contains(.returnCredited), let id = touch.text(.returnID) ?? touch.text(.subject),
      let key = keys.find(tag: Self.returnTag, id)
    {
      let age = touch.time - matters[key].openedAt
      if age <= norms.creditSoon { facts |= LifeFact.creditedSoon.bit }
      if age > norms.creditLate { facts |= LifeFact.creditedLate.bit }
    }
    if !roles.isDisjoint(with: [.invoiced, .paid]) { facts |= billed(touch, roles) }
    return facts
  }

  private func matter(_ tag: UInt64, _ id: UnsafeRawBufferPointer, at time: Instant) -> (index: Int, isNew: Bool) {
    let found = keys.insert(tag: tag, id)
    if found.isNew { matters.append(Matter(openedAt: time)) }
    return (found.key, found.isNew)
  }

  /// The first human reply to a case: ours, with an agent, not automated (metrics 3.10).
  private func replied(_ touch: Touch, _ direction: Direction, isCase: Bool) -> UInt32 {
    // Of case.* only what we did; a message, call, meeting or report is a reply by itself.
    if isCase, direction != .out, direction != .both { return 0 }
    guard touch.code(.agent) != 0, touch.number(.automated) <= 0 else { return 0 }
    guard let id = touch.text(.caseID) ?? touch.text(.subject),
      let key = keys.find(tag: UInt64(caseNoun), id), !matters[key].isAnswered
    else { return 0 }
    matters[key].isAnswered = true
    let waited = hours.duration(from: matters[key].openedAt, to: touch.time, atMost: norms.answeredSoon)
    return waited <= norms.answeredSoon ? LifeFact.answeredSoon.bit : 0
  }

  /// A change of agent or department between two assignments, or against where it says it comes from.
  private func handedOn(_ touch: Touch) -> UInt32 {
    let index: Int
    if let id = touch.text(.caseID) {
      index = matter(UInt64(caseNoun), id, at: touch.time).index
    } else if let id = touch.text(.projectID) {
      index = matter(UInt64(projectNoun), id, at: touch.time).index
    } else if let id = touch.text(.subject) {
      index = matter(UInt64(caseNoun), id, at: touch.time).index
    } else {
      return 0
    }
    let agent = touch.code(.agent)
    let department = touch.code(.department)
    let before = matters[index]
    let isChange =
      differs(agent, before.agent) || differs(department, before.department) || touch.text(.fromAgent) != nil
      || touch.text(.fromDepartment) != nil
    if agent != 0 { matters[index].agent = agent }
    if department != 0 { matters[index].department = department }
    guard isChange else { return 0 }
    matters[index].handOffs += 1
    return matters[index].handOffs >= norms.handOffs ? LifeFact.handedOnAgain.bit : 0
  }

  private func differs(_ code: UInt32, _ before: UInt32) -> Bool { code != 0 && before != 0 && code != before }

  private func billed(_ touch: Touch, _ roles: KindRoles) -> UInt32 {
    var due = touch.due
    if let id = touch.text(.invoiceID) ?? touch.text(.subject) {
      if roles.contains(.invoiced) {
        matters[matter(Self.invoiceTag, id, at: touch.time).index].due = due
      } else if due == .absentInstant, let key = keys.find(tag: Self.invoiceTag, id) {
        due = matters[key].due
      }
    }
    guard roles.contains(.paid), due != .absentInstant else { return 0 }
    return touch.time - due > norms.paidLate ? LifeFact.paidLate.bit : 0
  }
}

/// Business time between two instants: the part of it that lies in business hours, in the business zone.
struct BusinessClock {
  let hours: BusinessHours
  let dayTable: DayTable

  /// Never counts further than just beyond `limit`, so that a wait of years costs no more than one of days.
  func duration(from start: Instant, to end: Instant, atMost limit: Int64) -> Int64 {
    var total: Int64 = 0
    var day = dayTable.day(of: start)
    while total <= limit, dayTable.start(ofDay: day) < end {
      // 1970-01-01 was a Thursday; 1 = Monday.
      let weekday = ((day + 3) % 7 + 7) % 7 + 1
      if hours.days.contains(weekday) {
        // Clocks change at night: counted from the end of the day, the hours of the day are right on those days too.
        let midnight = dayTable.start(ofDay: day + 1)
        let opens = midnight - Int64(1440 - hours.fromMinute) * 60_000_000
        let closes = midnight - Int64(1440 - hours.toMinute) * 60_000_000
        total += max(0, min(closes, end) - max(opens, start))
      }
      day += 1
    }
    return total
  }
}
