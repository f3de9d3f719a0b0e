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
    /// Since when a first human reply is due.
    var replyDueSince: Instant
    var isResolvedByBot = false
    /// Its number in `silences`; −1: nobody watches it.
    var watched: Int32 = -1

    init(openedAt: Instant) {
      self.openedAt = openedAt
      replyDueSince = openedAt
    }
  }

  /// What a kind does to the case or project it belongs to.
  private enum Step { case none, closes, reopens, closesOut, introduces }

  /// Set in what `take` returns when the touch opens its matter by implication.
  static let impliedOpening: UInt32 = 1 << 31

  /// Where some rule hears what does not happen.
  private let silences: SilenceWatch?
  /// By kind code.
  private let steps: [Step]
  private let isMessage: [Bool]
  private let norms: Norms
  private let hours: BusinessClock
  private let caseNoun: Int
  private let projectNoun: Int
  private var keys = KeyTable()
  private var matters: [Matter] = []
  /// A project closed, and no touch of ours came after.
  private(set) var awaitsOurTouch = false

  init(rulebook: Rulebook, nouns: [String], kinds: [String], dayTable: DayTable, absences: AbsenceLog?) {
    norms = rulebook.norms
    let hours = BusinessClock(hours: rulebook.businessHours, dayTable: dayTable)
    self.hours = hours
    silences = absences.map { SilenceWatch($0, hours) }
    isMessage = kinds.map { $0 == "message.sent" }
    steps = kinds.map { kind in
      switch kind {
      case "case.resolved", "case.closed", "project.closed": .closes
      case "case.reopened", "project.started": .reopens
      case "closeout.held": .closesOut
      case "contact.assigned": .introduces
      default: .none
      }
    }
    caseNoun = nouns.firstIndex(of: "case") ?? 1000
    projectNoun = nouns.firstIndex(of: "project") ?? 1001
  }

  // Nouns of the rulebook's openings are numbered from 0; these two have no openings.
  private static let returnTag: UInt64 = 2000
  private static let invoiceTag: UInt64 = 2001

  func begin() {
    awaitsOurTouch = false
    silences?.begin()
    if matters.isEmpty { return }
    keys.removeAll()
    matters.removeAll(keepingCapacity: true)
  }

  /// Whether our own touches, of whatever kind, mean something now.
  var watchesOurTouches: Bool { awaitsOurTouch || silences?.hasOpen ?? false }

  /// A touch of ours ends the wait that a closed project began, and every darkness.
  func weTouched(at time: Instant) {
    awaitsOurTouch = false
    silences?.spoke(at: time)
  }

  func end() { silences?.end() }

  func take(_ touch: Touch, _ roles: KindRoles, noun: Int, direction: Direction) -> UInt32 {
    var facts: UInt32 = 0
    if let silences, silences.hasOpen, direction == .out || direction == .both { silences.spoke(at: touch.time) }
    if noun >= 0, let id = touch.ownID {
      let (index, isNew) = matter(UInt64(noun), id, at: touch.time)
      if isNew, !roles.contains(.opens) { facts |= Self.impliedOpening }
      if noun == caseNoun || noun == projectNoun { follow(touch, index, isCase: noun == caseNoun) }
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
    if roles.contains(.parts) { parted(touch) }
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

  /// What a case or project comes to.
  private func follow(_ touch: Touch, _ index: Int, isCase: Bool) {
    // Something else may have named it before its own first event.
    if matters[index].watched < 0, let silences { matters[index].watched = silences.opened(touch, isCase: isCase) }
    let watched = matters[index].watched
    switch steps[touch.kind] {
    case .closes:
      let byBot = touch.number(.byBot) > 0
      matters[index].isResolvedByBot = byBot
      if watched >= 0 { silences!.closed(watched, at: touch.time, byBot: byBot) }
    case .reopens:
      if matters[index].isResolvedByBot, !matters[index].isAnswered { matters[index].replyDueSince = touch.time }
      if watched >= 0 { silences!.reopened(watched, at: touch.time) }
    case .none, .closesOut, .introduces: break
    }
  }

  /// A project is formally closed, or its customer introduced to those who care from then on.
  private func parted(_ touch: Touch) {
    guard let silences else { return }
    let isIntroduction = steps[touch.kind] == .introduces
    if isIntroduction, !touch.says(.role, "care") || touch.number(.introduced) <= 0 { return }
    guard let id = touch.text(.projectID) ?? touch.text(.subject) else {
      if isIntroduction { silences.introduced(nil, at: touch.time) }
      return
    }
    guard let key = keys.find(tag: UInt64(projectNoun), id), matters[key].watched >= 0 else { return }
    if isIntroduction {
      silences.introduced(matters[key].watched, at: touch.time)
    } else {
      silences.closedOut(matters[key].watched, at: touch.time)
    }
  }

  /// The first human reply to a case: ours, with an agent, not automated (metrics 3.10).
  private func replied(_ touch: Touch, _ direction: Direction, isCase: Bool) -> UInt32 {
    // Of case.* only what we did; a message, call, meeting or report is a reply by itself.
    if isCase, direction != .out, direction != .both { return 0 }
    // A message from them is not.
    if isMessage[touch.kind], direction == .in { return 0 }
    guard touch.code(.agent) != 0, touch.number(.automated) <= 0, touch.number(.byBot) <= 0 else { return 0 }
    guard let id = touch.text(.caseID) ?? touch.text(.subject),
      let key = keys.find(tag: UInt64(caseNoun), id), !matters[key].isAnswered
    else { return 0 }
    matters[key].isAnswered = true
    if matters[key].watched >= 0 { silences!.replied(matters[key].watched, at: touch.time) }
    let waited = hours.duration(from: matters[key].replyDueSince, to: touch.time, atMost: norms.answeredSoon)
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
