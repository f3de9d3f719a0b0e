import KeptFormat
import KeptReplay

/// Cases: how long they waited for a word and for a solution, who had them, what they heard meanwhile. Metrics 3.8, 3.10,
/// S3.14, S3.16, S4.1 to S4.3, S4.19.
///
/// A case is its `case_id`, else the subject of its `case.*` events; one whose opening is missing opens at its first
/// event. Every duration stands twice, elapsed and in business hours; one that still runs is NULL.
final class CaseFacts: FactFold {
  static let family = FactFamily(
    name: "cases", meaning: "a case",
    columns: CaseColumn.allCases.map(\.declaration),
    needs: { _ in
      [
        FactNeed(
          ["case.*"] + replies,
          [
            .dataText("case_id"), .text(.subject), .text(.agent), .text(.department), .dataNumber("automated"),
            .dataNumber("by_bot"),
          ] + PlaceReader.fields),
        FactNeed(["case.opened"], [.dataText("case_kind")]),
        FactNeed(replies, [.dataText("estimate_at")]),
        FactNeed(["emotion.expressed"], [.dataText("level"), .dataText("heard_from"), .dataText("case_id"), .text(.subject)]),
        FactNeed(["mention.posted"], [.dataText("case_id"), .text(.subject), .dataNumber("reach")]),
      ]
    },
    makeFold: { CaseFacts($0) })

  static let caseKinds = [
    "case.opened", "case.assigned", "case.updated", "case.paused", "case.resolved", "case.closed", "case.reopened",
  ]
  /// What reaches the customer by itself; `case.*` does when it goes out.
  static let replies = ["message.sent", "call.handled", "meeting.held", "status.reported"]

  private struct Case {
    var place = FactPlace()
    var openedAt: Instant
    var isImplied: Bool
    var kind: Int64 = FactRows.absent
    var resolvedAt = Instant.absentInstant
    var isOpen = true
    var reopened: Int64 = 0
    /// Since when the first reply is due: the opening, or the reopening of what only a bot had resolved.
    var replyDueSince: Instant
    var isResolvedByBot = false
    var firstReplyAt = Instant.absentInstant
    /// Since when the customer waits for us; absent while they do not.
    var waitingSince: Instant
    var waited: Int64 = 0
    var agents: Set<UInt32> = []
    var departments: Set<UInt32> = []
    var agent: UInt32 = 0
    var department: UInt32 = 0
    var handOffs: Int64 = 0
    var updates: Int64 = 0
    var lastUpdateAt: Instant
    var longestGap: Int64 = 0
    var estimates: Int64 = 0
    var firstEstimate = Instant.absentInstant
    var lastEstimate = Instant.absentInstant
    var estimateMoves: Int64 = 0
    /// Since opening: frustration, annoyance, anger.
    var feelings: [Int64] = [FactRows.absent, FactRows.absent, FactRows.absent]
    /// Touches of either side while it was open, bookkeeping aside.
    var touches: Int64 = 0
    var mentions: Int64 = 0
    var reach: Int64 = 0
  }

  private let roles: [Int]
  private let isReply: [Bool]
  private let isMessage: [Bool]
  private let isEmotion: [Bool]
  private let isMention: [Bool]
  private let ids: FactField
  private let subjects: FactField
  private let agents: FactField
  private let departments: FactField
  private let automated: FactField
  private let byBot: FactField
  private let caseKind: FactField
  private let estimates: FactField
  private let levels: FactField
  private let heardFrom: FactField
  private let reach: FactField
  private let hours: BusinessClock
  private let asOf: Instant
  /// Whether anything is ever recorded that would be a reply; without, silence says nothing.
  private let hasReplies: Bool

  private var keys = KeyTable()
  private var cases: [Case] = []

  private init(_ base: FactBase) {
    // Another kind of case says that there is one, who has it, and nothing else.
    roles = zip(base.kinds, base.indices(of: Self.caseKinds)).map { kind, role in
      role < 0 && kind.hasPrefix("case.") ? Self.caseKinds.count : role
    }
    isReply = base.kinds.map(Self.replies.contains)
    isMessage = base.kinds.map { $0 == "message.sent" }
    isEmotion = base.kinds.map { $0 == "emotion.expressed" }
    isMention = base.kinds.map { $0 == "mention.posted" }
    hasReplies = isReply.contains(true)
    ids = base.reader(.dataText("case_id"))
    subjects = base.reader(.text(.subject))
    agents = base.reader(.text(.agent))
    departments = base.reader(.text(.department))
    automated = base.reader(.dataNumber("automated"))
    byBot = base.reader(.dataNumber("by_bot"))
    caseKind = base.reader(.dataText("case_kind"))
    estimates = base.reader(.dataText("estimate_at"))
    levels = base.reader(.dataText("level"))
    heardFrom = base.reader(.dataText("heard_from"))
    reach = base.reader(.dataNumber("reach"))
    hours = BusinessClock(hours: base.rulebook.businessHours, dayTable: base.dayTable)
    asOf = base.asOf
    super.init(base, columnCount: CaseColumn.allCases.count)
  }

  override func begin() {
    if cases.isEmpty { return }
    keys.removeAll()
    cases.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let id = ids.text(touch) ?? subjects.text(touch) else { return }
    let role = roles[touch.kind]
    if role < 0 {
      guard let index = keys.find(tag: 0, id) else { return }
      if isEmotion[touch.kind] { felt(index, touch) }
      if isMention[touch.kind] { mentioned(index, touch) }
      if isReply[touch.kind] { talked(index, touch, direction) }
      return
    }
    let found = keys.insert(tag: 0, id)
    if found.isNew {
      cases.append(
        Case(
          openedAt: touch.time, isImplied: role != 0, replyDueSince: touch.time, waitingSince: touch.time,
          lastUpdateAt: touch.time))
    }
    advance(found.key, role, touch, direction)
  }

  private func advance(_ index: Int, _ role: Int, _ touch: Touch, _ direction: Direction) {
    let time = touch.time
    had(index, touch)
    if cases[index].isOpen, role == 0 || role == 6 { cases[index].touches += 1 }
    // Of case.* only what we did, and bookkeeping is no word to them.
    if role != 2, direction == .out || direction == .both { replied(index, touch) }
    switch role {
    case 0:
      if let kind = caseKind.text(touch), cases[index].kind == FactRows.absent { cases[index].kind = rows.text(kind) }
    case 1: assigned(index, touch)
    case 4, 5:
      settleWait(index, time)
      if cases[index].isOpen {
        cases[index].resolvedAt = time
        cases[index].isResolvedByBot = byBot.flag(touch) == true
      }
      cases[index].isOpen = false
    case 6:
      cases[index].reopened += 1
      if cases[index].isOpen { return }
      cases[index].isOpen = true
      cases[index].resolvedAt = .absentInstant
      cases[index].waitingSince = time
      // Nobody expected a word of us while it was resolved.
      cases[index].lastUpdateAt = time
      if cases[index].isResolvedByBot, cases[index].firstReplyAt == .absentInstant { cases[index].replyDueSince = time }
    default: break
    }
  }

  private func settleWait(_ index: Int, _ time: Instant) {
    if cases[index].waitingSince != .absentInstant { cases[index].waited += time - cases[index].waitingSince }
    cases[index].waitingSince = .absentInstant
  }

  private func had(_ index: Int, _ touch: Touch) {
    note(touch, &cases[index].place)
    let (agent, department) = (agents.code(touch), departments.code(touch))
    if agent != 0 { cases[index].agents.insert(agent) }
    if department != 0 { cases[index].departments.insert(department) }
  }

  /// A change of agent or department between two assignments is a hand-off.
  private func assigned(_ index: Int, _ touch: Touch) {
    let (agent, department) = (agents.code(touch), departments.code(touch))
    let before = (agent: cases[index].agent, department: cases[index].department)
    if (agent != 0 && before.agent != 0 && agent != before.agent)
      || (department != 0 && before.department != 0 && department != before.department)
    {
      cases[index].handOffs += 1
    }
    if agent != 0 { cases[index].agent = agent }
    if department != 0 { cases[index].department = department }
  }

  private func talked(_ index: Int, _ touch: Touch, _ direction: Direction) {
    if cases[index].isOpen { cases[index].touches += 1 }
    if isMessage[touch.kind], direction == .in {
      // Their own word: now it is our turn.
      if cases[index].isOpen, cases[index].waitingSince == .absentInstant { cases[index].waitingSince = touch.time }
      return
    }
    had(index, touch)
    if let estimate = instant(estimates.text(touch)) {
      cases[index].estimates += 1
      if cases[index].firstEstimate == .absentInstant { cases[index].firstEstimate = estimate }
      if cases[index].lastEstimate != .absentInstant, cases[index].lastEstimate != estimate {
        cases[index].estimateMoves += 1
      }
      cases[index].lastEstimate = estimate
    }
    replied(index, touch)
  }

  private func replied(_ index: Int, _ touch: Touch) {
    let time = touch.time
    if cases[index].isOpen {
      cases[index].updates += 1
      cases[index].longestGap = max(cases[index].longestGap, time - cases[index].lastUpdateAt)
      cases[index].lastUpdateAt = time
    }
    guard agents.code(touch) != 0, automated.flag(touch) != true, byBot.flag(touch) != true else { return }
    if cases[index].firstReplyAt == .absentInstant { cases[index].firstReplyAt = time }
    settleWait(index, time)
  }

  private func felt(_ index: Int, _ touch: Touch) {
    guard heardFrom.says(touch, "customer_words") else { return }
    let words: [StaticString] = ["frustration", "annoyance", "anger"]
    for (place, word) in words.enumerated() where levels.says(touch, word) {
      if cases[index].feelings[place] == FactRows.absent {
        cases[index].feelings[place] = touch.time - cases[index].openedAt
      }
    }
  }

  private func mentioned(_ index: Int, _ touch: Touch) {
    cases[index].mentions += 1
    cases[index].reach += (reach.number(touch) ?? 0) / 1_000_000
  }

  private func instant(_ text: UnsafeRawBufferPointer?) -> Instant? {
    guard let text, text.count > 0 else { return nil }
    return try? RFC3339.parse(text.baseAddress!.assumingMemoryBound(to: UInt8.self), count: text.count)
  }

  override func end(customer: UInt32) {
    for (index, item) in cases.enumerated() { append(row(index, item), item.place, customer: customer) }
  }

  private func row(_ index: Int, _ item: Case) -> [Int64] {
    var row = [Int64](repeating: FactRows.absent, count: CaseColumn.allCases.count)
    func set(_ column: CaseColumn, _ value: Int64?) { if let value { row[column.rawValue] = value } }
    let end = item.isOpen ? asOf : item.resolvedAt
    set(.case_id, keys.id(of: index) { rows.text($0) })
    set(.case_kind, item.kind)
    set(.state, rows.text(item.isOpen ? "open" : "resolved"))
    set(.opened_at, item.openedAt)
    set(.opening_implied, item.isImplied ? 1 : 0)
    set(.resolved_at, item.resolvedAt)
    if !item.isOpen {
      set(.resolution_h, end - item.openedAt)
      set(.resolution_business_h, hours.duration(from: item.openedAt, to: end, atMost: .max))
    }
    if item.firstReplyAt != .absentInstant {
      set(.first_reply_h, item.firstReplyAt - item.replyDueSince)
      set(.first_reply_business_h, hours.duration(from: item.replyDueSince, to: item.firstReplyAt, atMost: .max))
    }
    set(.waited_h, item.waited + (item.waitingSince == .absentInstant ? 0 : max(0, end - item.waitingSince)))
    set(.reopened, item.reopened)
    if !item.isOpen { set(.touches_to_answer, item.touches) }
    set(.people, Int64(item.agents.count))
    set(.departments, Int64(item.departments.count))
    set(.hand_offs, item.handOffs)
    if hasReplies {
      set(.updates, item.updates)
      let open = end - item.openedAt
      if open > 0 {
        set(.updates_per_open_day, Int64((Double(item.updates) * 86_400_000_000 / Double(open) * 1e6).rounded()))
      }
      set(.max_update_gap_h, max(item.longestGap, item.isOpen ? asOf - item.lastUpdateAt : 0))
      set(.estimates, item.estimates)
      if item.firstEstimate != .absentInstant {
        set(.estimate_moves, item.estimateMoves)
        if !item.isOpen { set(.estimate_error_h, item.resolvedAt - item.firstEstimate) }
      }
    }
    for (column, span) in zip([CaseColumn.frustrated_after_h, .annoyed_after_h, .angry_after_h], item.feelings) {
      set(column, span)
    }
    set(.went_public, item.mentions > 0 ? 1 : 0)
    if item.mentions > 0 { set(.public_reach, item.reach) }
    return row
  }
}
