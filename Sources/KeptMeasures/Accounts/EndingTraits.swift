import KeptFormat
import KeptReplay

/// Whether all that an account has with us runs out soon, with nothing planned for after. Metrics S0.12.
///
/// A contract runs to the last `ends_at` that was said of it, a project until it is closed. Example: as of 2024-03-31 the
/// one contract of A7 ends on 2024-04-30, nothing is due after today: built_in_ending.
final class EndingTraits: TraitFold {
  static let family = FactFamily(
    name: "ending traits", meaning: "a life",
    columns: [
      FactColumn(
        "built_in_ending", .flag,
        "whether all that we have with them ends soon, or has ended, with no next step booked; NULL: they left, or never "
          + "had anything with us",
        formula: "last end ≤ accounts.ending_days ahead, and next_at is NULL", seed: "S0.12", direction: "WE",
        highIsGood: false, requires: commitments),
      FactColumn(
        "ends_at", .instant, "when the last of it ends; NULL where something has no end", formula: "the last ends_at of "
          + "their contracts and closing of their projects", seed: "S0.12", direction: "WE", requires: commitments),
      FactColumn(
        "next_at", .instant, "the next step that is booked; NULL: none", formula: "the first due after now of "
          + "accounts.next_steps, promises that are settled left out", seed: "S0.12", direction: "WE"),
    ],
    needs: { rules in
      [
        FactNeed(contracts, [.dataText("contract_id"), .text(.subject), .dataText("change"), .dataText("ends_at")]),
        FactNeed(projects, [.dataText("project_id"), .text(.subject)]),
        FactNeed(
          rules.accounts.nextSteps, [.dataText("promise_id"), .text(.subject), .due, .dataText("due_at")]),
        FactNeed(settlements, [.dataText("promise_id"), .text(.subject)]),
      ]
    },
    makeFold: { EndingTraits($0) },
    settle: { folds, lives in leaveOutEnded(folds, lives) })

  private static let commitments = [["contract.changed", "project.closed"]]
  private static let contracts = ["contract.changed"]
  private static let projects = ["project.started", "project.advanced", "project.closed"]
  private static let settlements = ["promise.kept", "promise.broken"]

  private enum Role { case contract, project, closed, settled, other }
  private enum Tag { static let contract: UInt64 = 0, project: UInt64 = 1, step: UInt64 = 2 }

  private let roles: [Role]
  private let isStep: [Bool]
  private let contractIDs: FactField
  private let projectIDs: FactField
  private let promiseIDs: FactField
  private let subjects: FactField
  private let changes: FactField
  private let ends: FactField
  private let dues: FactField
  private let dueDates: FactField
  private let days: DayReader
  private let horizon: Int

  private var keys = KeyTable()
  /// By key: when a commitment ends, or a step is due; `Instant.max`: it has no end.
  private var instants: [Instant] = []
  private var isCommitment: [Bool] = []

  private init(_ base: FactBase) {
    roles = base.kinds.map { kind in
      if Self.contracts.contains(kind) { return .contract }
      if Self.settlements.contains(kind) { return .settled }
      return kind == "project.closed" ? .closed : Self.projects.contains(kind) ? .project : .other
    }
    isStep = base.kinds.map(base.rulebook.accounts.nextSteps.contains)
    contractIDs = base.reader(.dataText("contract_id"))
    projectIDs = base.reader(.dataText("project_id"))
    promiseIDs = base.reader(.dataText("promise_id"))
    subjects = base.reader(.text(.subject))
    changes = base.reader(.dataText("change"))
    ends = base.reader(.dataText("ends_at"))
    dues = base.reader(.due)
    dueDates = base.reader(.dataText("due_at"))
    days = DayReader(calendar: base.dayTable.calendar)
    horizon = base.rulebook.accounts.endingDays
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    if instants.isEmpty { return }
    keys.removeAll()
    instants.removeAll(keepingCapacity: true)
    isCommitment.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    switch roles[touch.kind] {
    case .contract:
      let key = key(Tag.contract, contractIDs, touch)
      if changes.says(touch, "lapsed") {
        instants[key] = min(instants[key], touch.time)
      } else if let end = instant(ends, touch) {
        instants[key] = end
      } else if changes.says(touch, "new") || changes.says(touch, "renewed") {
        instants[key] = .max
      }
    case .project: _ = key(Tag.project, projectIDs, touch)
    case .closed: instants[key(Tag.project, projectIDs, touch)] = touch.time
    case .settled: instants[key(Tag.step, promiseIDs, touch)] = .absentInstant
    case .other: break
    }
    if isStep[touch.kind] {
      let due = dues.number(touch) ?? instant(dueDates, touch)
      if let due { instants[key(Tag.step, promiseIDs, touch)] = due }
    }
  }

  private func instant(_ field: FactField, _ touch: Touch) -> Instant? {
    field.text(touch).map(days.instant).flatMap { $0 == .absentInstant ? nil : $0 }
  }

  /// What says no name is one thing with all else of its sort that says none.
  private func key(_ tag: UInt64, _ ids: FactField, _ touch: Touch) -> Int {
    let id = ids.text(touch) ?? subjects.text(touch) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    let found = keys.insert(tag: tag, id)
    if found.isNew {
      instants.append(tag == Tag.step ? .absentInstant : .max)
      isCommitment.append(tag != Tag.step)
    }
    return found.key
  }

  private static func leaveOutEnded(_ folds: [FactFold], _ lives: LifeContext) {
    for (place, fold) in folds.enumerated() {
      for row in fold.rows.customers.indices where lives.hasEnded(place, row) {
        for column in family.columns.indices { fold.rows.set(row, column, FactRows.absent) }
      }
    }
  }

  override func close() {
    var end: Instant?
    var next: Instant?
    for (key, instant) in instants.enumerated() {
      if isCommitment[key] {
        end = max(end ?? .min, instant)
      } else if instant != .absentInstant, instant > asOf {
        next = min(next ?? .max, instant)
      }
    }
    say(end.map { $0 < .max && dayTable.day(of: $0) - asOfDay <= horizon && next == nil })
    say(end == .max ? nil : end)
    say(next)
  }
}
