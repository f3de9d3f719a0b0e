import KeptFormat
import KeptReplay

/// Projects: who had them, whether the customer knew whom to ask, how they ended and what came after. Metrics S2.19,
/// S4.3 to S4.5, S4.12 to S4.14.
///
/// A project is its `project_id`, else the subject of its `project.*` events. Example: closed on 2024-03-01, closed out
/// two days later, no introduction to Client Care, an upsell on the 20th: closeout, not care_intro, not closed_well,
/// first_after sell.
final class ProjectFacts: FactFold {
  static let family = FactFamily(
    name: "projects", meaning: "a project",
    columns: ProjectColumn.allCases.map(\.declaration),
    needs: { _ in
      let named: [DetailField] = [.dataText("project_id"), .text(.subject)]
      return [
        FactNeed(stages, named + PlaceReader.fields + [.dataText("stage")]),
        FactNeed(about, named + PlaceReader.fields),
        FactNeed(["statement.contradicted"], named + PlaceReader.fields),
        FactNeed(
          ["contact.assigned"],
          [.dataText("role"), .dataText("stage"), .dataNumber("told_customer"), .dataNumber("introduced")]),
        FactNeed(["outcome.delivered"], [.dataNumber("accepted")]),
        FactNeed(["outcome.checked"], [.dataNumber("holding")]),
        FactNeed(afterwards, [.dataText("purpose")]),
        FactNeed(["ask.made"], [.dataText("ask_kind")]),
      ]
    },
    makeFold: { ProjectFacts($0) })

  private static let stages = ["project.started", "project.advanced", "project.closed"]
  /// What else may name a project.
  private static let about = [
    "contact.assigned", "closeout.held", "outcome.delivered", "outcome.checked", "message.sent", "status.reported",
    "meeting.held", "meeting.missed", "case.opened", "case.reopened",
  ]
  /// What may come first once it is over, by either side.
  private static let afterwards = [
    "message.sent", "call.handled", "meeting.held", "care.given", "survey.sent", "outcome.checked", "status.reported",
    "ask.made", "case.opened", "case.reopened", "info.sought", "order.placed", "need.stated",
  ]

  private enum Role { case started, advanced, closed, contact, closeout, delivered, checked, contradicted, other }

  private struct Project {
    var startedAt: Instant
    var isImplied: Bool
    var place = FactPlace()
    var stage: [UInt8] = []
    var closedAt = Instant.absentInstant
    var agents: Set<UInt32> = []
    var departments: Set<UInt32> = []
    var contact: UInt32 = 0
    var contactDepartment: UInt32 = 0
    var handOffs: Int64 = 0
    var contradictions: Int64 = 0
    /// Since when they know whom to ask; absent while they do not.
    var knownSince = Instant.absentInstant
    var known: Int64 = 0
    var closeoutAt = Instant.absentInstant
    var introducedAt = Instant.absentInstant
    var caredAt = Instant.absentInstant
    var first: StaticString?
    var theirsAt = Instant.absentInstant
    var answeredAt = Instant.absentInstant
    var accepted: Bool?
    var deliveredAt = Instant.absentInstant
    /// What the last check so long after delivery said: 90 d, 180 d.
    var endured: [Bool?] = [nil, nil]
  }

  private let roles: [Role]
  /// By kind: whether it may name a project. What others say is only there where another table asked for it.
  private let mayName: [Bool]
  private let comesAfter: [Bool]
  private let ids: FactField
  private let subjects: FactField
  private let agents: FactField
  private let departments: FactField
  private let stageNames: FactField
  private let contactRoles: FactField
  private let told: FactField
  private let introductions: FactField
  private let accepted: FactField
  private let holding: FactField
  private let purposes: FactField
  private let askKinds: FactField
  private let isAsk: [Bool]
  private let limit: Int64
  private let asOf: Instant
  private let hasContacts: Bool
  private let hasCloseouts: Bool

  private var keys = KeyTable()
  private var projects: [Project] = []

  private init(_ base: FactBase) {
    roles = base.kinds.map { kind in
      switch kind {
      case "project.started": .started
      case "project.advanced": .advanced
      case "project.closed": .closed
      case "contact.assigned": .contact
      case "closeout.held": .closeout
      case "outcome.delivered": .delivered
      case "outcome.checked": .checked
      case "statement.contradicted": .contradicted
      default: .other
      }
    }
    let naming = Set(Self.stages + Self.about + ["statement.contradicted"])
    mayName = base.kinds.map(naming.contains)
    comesAfter = base.kinds.map(Self.afterwards.contains)
    isAsk = base.kinds.map { $0 == "ask.made" }
    hasContacts = base.kinds.contains("contact.assigned")
    hasCloseouts = base.kinds.contains("closeout.held")
    ids = base.reader(.dataText("project_id"))
    subjects = base.reader(.text(.subject))
    agents = base.reader(.text(.agent))
    departments = base.reader(.text(.department))
    stageNames = base.reader(.dataText("stage"))
    contactRoles = base.reader(.dataText("role"))
    told = base.reader(.dataNumber("told_customer"))
    introductions = base.reader(.dataNumber("introduced"))
    accepted = base.reader(.dataNumber("accepted"))
    holding = base.reader(.dataNumber("holding"))
    purposes = base.reader(.dataText("purpose"))
    askKinds = base.reader(.dataText("ask_kind"))
    limit = base.rulebook.norms.closeOut
    asOf = base.asOf
    super.init(base, columnCount: ProjectColumn.allCases.count)
  }

  override func begin() {
    if projects.isEmpty { return }
    keys.removeAll()
    projects.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let role = roles[touch.kind]
    if comesAfter[touch.kind] { cameAfter(touch, direction) }
    guard mayName[touch.kind] else { return }
    guard let id = ids.text(touch) ?? subjects.text(touch) else {
      // An introduction that names no project is one to whoever's projects end then.
      if role == .contact { for index in projects.indices { introduced(index, touch) } }
      return
    }
    switch role {
    case .started, .advanced, .closed:
      let found = keys.insert(tag: 0, id)
      if found.isNew { projects.append(Project(startedAt: touch.time, isImplied: role != .started)) }
      advance(found.key, role, touch)
      had(found.key, touch)
    default:
      guard let index = keys.find(tag: 0, id) else { return }
      had(index, touch)
      note(index, role, touch)
    }
  }

  private func advance(_ index: Int, _ role: Role, _ touch: Touch) {
    if let stage = stageNames.text(touch) {
      // A contact who was named for a stage is nobody's contact in the next one.
      if !projects[index].stage.isEmpty, !stage.elementsEqual(projects[index].stage) { stopKnowing(index, touch.time) }
      if !projects[index].stage.isEmpty { projects[index].stage = [] }
    }
    if role == .closed, projects[index].closedAt == .absentInstant {
      stopKnowing(index, touch.time)
      projects[index].closedAt = touch.time
    }
  }

  private func note(_ index: Int, _ role: Role, _ touch: Touch) {
    switch role {
    case .contact:
      assigned(index, touch)
      introduced(index, touch)
    case .closeout: projects[index].closeoutAt = nearest(projects[index].closeoutAt, touch.time, index)
    case .delivered:
      projects[index].deliveredAt = touch.time
      projects[index].accepted = accepted.flag(touch) ?? projects[index].accepted
    case .checked:
      guard projects[index].deliveredAt != .absentInstant, let holds = holding.flag(touch) else { return }
      for (place, days) in [90, 180].enumerated()
      where touch.time - projects[index].deliveredAt >= Int64(days) * 86_400_000_000 {
        projects[index].endured[place] = holds
      }
    case .contradicted: projects[index].contradictions += 1
    case .started, .advanced, .closed, .other: break
    }
  }

  private func had(_ index: Int, _ touch: Touch) {
    note(touch, &projects[index].place)
    let (agent, department) = (agents.code(touch), departments.code(touch))
    if agent != 0 { projects[index].agents.insert(agent) }
    if department != 0 { projects[index].departments.insert(department) }
  }

  private func assigned(_ index: Int, _ touch: Touch) {
    let (agent, department) = (agents.code(touch), departments.code(touch))
    let before = (agent: projects[index].contact, department: projects[index].contactDepartment)
    if (agent != 0 && before.agent != 0 && agent != before.agent)
      || (department != 0 && before.department != 0 && department != before.department)
    {
      projects[index].handOffs += 1
    }
    if agent != 0 { projects[index].contact = agent }
    if department != 0 { projects[index].contactDepartment = department }
    guard projects[index].closedAt == .absentInstant, let isTold = told.flag(touch) else { return }
    stopKnowing(index, touch.time)
    if isTold {
      projects[index].knownSince = touch.time
      projects[index].stage = stageNames.text(touch).map(Array.init) ?? []
    }
  }

  private func stopKnowing(_ index: Int, _ time: Instant) {
    if projects[index].knownSince != .absentInstant { projects[index].known += time - projects[index].knownSince }
    projects[index].knownSince = .absentInstant
  }

  private func introduced(_ index: Int, _ touch: Touch) {
    if contactRoles.says(touch, "care"), introductions.flag(touch) == true {
      projects[index].introducedAt = nearest(projects[index].introducedAt, touch.time, index)
    }
  }

  /// The last one before closing; where that was too early, the first one after.
  private func nearest(_ before: Instant, _ time: Instant, _ index: Int) -> Instant {
    let closedAt = projects[index].closedAt
    if before == .absentInstant || closedAt == .absentInstant { return time }
    return before >= closedAt || closedAt - before <= limit ? before : time
  }

  private func cameAfter(_ touch: Touch, _ direction: Direction) {
    let isSale = purposes.says(touch, "sell") || isAsk[touch.kind] && askKinds.says(touch, "upsell")
    for index in projects.indices
    where projects[index].closedAt != .absentInstant && touch.time > projects[index].closedAt {
      let isTheirs = direction == .in
      if projects[index].first == nil {
        projects[index].first = isTheirs ? "theirs" : isSale ? "sell" : "care"
        if isTheirs { projects[index].theirsAt = touch.time }
      }
      if isTheirs { continue }
      if projects[index].theirsAt != .absentInstant, projects[index].answeredAt == .absentInstant {
        projects[index].answeredAt = touch.time
      }
      if !isSale, projects[index].caredAt == .absentInstant { projects[index].caredAt = touch.time }
    }
  }

  override func end(customer: UInt32) {
    for (index, item) in projects.enumerated() { append(row(index, item), item.place, customer: customer) }
  }

  private func row(_ index: Int, _ item: Project) -> [Int64] {
    var row = [Int64](repeating: FactRows.absent, count: ProjectColumn.allCases.count)
    func set(_ column: ProjectColumn, _ value: Int64?) { if let value { row[column.rawValue] = value } }
    func set(_ column: ProjectColumn, _ flag: Bool?) { set(column, flag.map { $0 ? 1 : 0 }) }
    let isClosed = item.closedAt != .absentInstant
    let end = isClosed ? item.closedAt : asOf
    set(.project_id, keys.id(of: index) { rows.text($0) })
    set(.state, rows.text(isClosed ? "closed" : "open"))
    set(.started_at, item.startedAt)
    set(.start_implied, item.isImplied)
    set(.closed_at, item.closedAt)
    set(.people, Int64(item.agents.count))
    set(.departments, Int64(item.departments.count))
    set(.hand_offs, item.handOffs)
    set(.contradictions, item.contradictions)
    if hasContacts, end > item.startedAt {
      let known = item.known + (item.knownSince == .absentInstant ? 0 : end - item.knownSince)
      set(.contact_known_share, Int64(Int128(known) * 1_000_000 / Int128(end - item.startedAt)))
    }
    if isClosed {
      let closeout = hasCloseouts ? within(item.closeoutAt, item.closedAt) : nil
      let introduction = hasContacts ? within(item.introducedAt, item.closedAt) : nil
      set(.closeout, closeout)
      set(.care_intro, introduction)
      // One that is missing decides it; both have to be known to say yes.
      let isMissing = closeout == false || introduction == false
      set(.closed_well, isMissing ? false : closeout == nil || introduction == nil ? nil : true)
      if item.caredAt != .absentInstant { set(.after_silence_d, item.caredAt - item.closedAt) }
      if let first = item.first { set(.first_after, rows.text(first)) }
      if item.answeredAt != .absentInstant { set(.theirs_answered_h, item.answeredAt - item.theirsAt) }
    }
    set(.accepted, item.accepted)
    set(.endured_90, item.endured[0])
    set(.endured_180, item.endured[1])
    return row
  }

  /// Whether it came within the norm of closing, on either side; nil while it still may.
  private func within(_ time: Instant, _ closedAt: Instant) -> Bool? {
    if time != .absentInstant { return abs(time - closedAt) <= limit }
    return asOf - closedAt > limit ? false : nil
  }
}
