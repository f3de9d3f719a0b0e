import KeptFormat
import KeptReplay

/// Which norms an account of late was served to, and how much of what we did kept to them. Metrics 3.14, S1.25, S4.18.
///
/// Things count that began within the trailing window: a case opened, an order shipped, a call, a promise due, a project
/// closed. What still may keep to its norm is left out. Example: seven of eleven norms met: .636.
final class NormTraits: TraitFold {
  static let family = FactFamily(
    name: "norm traits", meaning: "a life",
    columns: FactColumn.ratio(
      "norms_met", "of the norms that anything of late fell under, those that were met",
      formula: "norms met / norms applicable, within traits.window_days", seed: "S1.25", direction: "WE",
      highIsGood: true)
      + [
        FactColumn(
          "norms_missed", .word, "the norms that were not met, set apart by a space; NULL: none", seed: "S1.25",
          direction: "WE")
      ] + Norm.Pillar.allCases.flatMap(pillar),
    basis: [CaseFacts.family, OrderFacts.family, ReturnFacts.family, ProjectFacts.family],
    needs: { rules in
      [
        FactNeed(["status.reported"], [.dataText("estimate_at")]),
        FactNeed(["call.handled"], [.dataNumber("wait_s"), .dataNumber("hold_s")]),
        FactNeed(["info.requested"], [.dataText("already_known")]),
      ] + rules.ratings.kinds.map { FactNeed([$0], RatingReader.fields($0)) }
    },
    makeFold: { NormTraits($0) },
    settle: { folds, _ in
      let folds = folds.map { $0 as! NormTraits }
      let settling = folds.reduce(into: Set<UInt32>()) { $0.formUnion($1.settling) }
      for fold in folds { fold.judge(settling) }
    })

  private static func pillar(_ pillar: Norm.Pillar) -> [FactColumn] {
    let norms = Norm.allCases.filter { $0.pillar == pillar }.map(\.word).joined(separator: ", ")
    return FactColumn.ratio(
      "p_\(pillar)", "of the things under the norms of \(pillar), the part that kept to them",
      formula: "kept / fell under \(norms)", seed: "S4.18", direction: "WE", highIsGood: true)
  }

  private enum Role { case report, call, ask, rating }

  /// Where the words stand that are read of the rows of things.
  private struct Places {
    let openedAt = CaseColumn.opened_at.rawValue
    let resolvedAt = CaseColumn.resolved_at.rawValue
    let firstReply = CaseColumn.first_reply_business_h.rawValue
    let updateGap = CaseColumn.max_update_gap_h.rawValue
    let shippedAt = Self.place(OrderFacts.family, "shipped_at")
    let shipTold = Self.place(OrderFacts.family, "ship_told")
    let requestedAt = Self.place(ReturnFacts.family, "requested_at")
    let credited = Self.place(ReturnFacts.family, "credit_h")
    let refusedAt = Self.place(ReturnFacts.family, "refused_at")
    let closedAt = ProjectColumn.closed_at.rawValue
    let contactKnown = ProjectColumn.contact_known_share.rawValue
    let closedWell = ProjectColumn.closed_well.rawValue

    private static func place(_ family: FactFamily, _ column: String) -> Int {
      family.columns.firstIndex { $0.spec.name == column }!
    }
  }

  private let roles: [Role?]
  private let estimates: FactField
  private let waits: FactField
  private let holds: FactField
  private let known: FactField
  private let rating: RatingReader
  private let promises: PromiseTracker?
  private let norms: Norms
  private let hours: BusinessClock
  private let places = Places()
  private let start: Instant

  private var tally = NormTally()
  /// By row: what was counted, but for promises that nobody settled.
  private var tallies: [NormTally] = []
  /// Promises past due that nobody settled, by row and source.
  private var overdue: [(row: Int, source: UInt32)] = []
  /// Sources that ever settled a promise: of the others, an unsettled one says nothing.
  private var settling: Set<UInt32> = []

  private init(_ base: FactBase) {
    let ratings = base.rulebook.ratings.kinds
    roles = base.kinds.map { kind in
      switch kind {
      case "status.reported": .report
      case "call.handled": .call
      case "info.requested": .ask
      default: ratings.contains(kind) ? .rating : nil
      }
    }
    estimates = base.reader(.dataText("estimate_at"))
    waits = base.reader(.dataNumber("wait_s"))
    holds = base.reader(.dataNumber("hold_s"))
    known = base.reader(.dataText("already_known"))
    rating = base.rating
    promises = base.promises
    norms = base.rulebook.norms
    hours = BusinessClock(hours: base.rulebook.businessHours, dayTable: base.dayTable)
    start = base.start(daysAgo: base.rulebook.traits.windowDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() { tally = NormTally() }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard touch.time >= start, let role = roles[touch.kind] else { return }
    switch role {
    case .report: tally.add(.estimates, estimates.text(touch) != nil)
    case .call:
      let (wait, hold) = (waits.number(touch), holds.number(touch))
      if wait != nil || hold != nil { tally.add(.waiting, (wait ?? 0) + (hold ?? 0) <= norms.waitedSoon) }
    case .ask:
      if let list = known.text(touch) { tally.add(.repeatAsks, CompiledMeasures.itemCount(list) == 0) }
    case .rating:
      if case .rating(let share, let instrument) = rating.read(touch), rating.isStandard(touch) {
        tally.add(.topBox, share >= instrument.satisfied)
      }
    }
  }

  override func close() {
    for (place, read) in [cases, orders, returns, projects].enumerated() {
      let fold = basis[place]
      for row in fold.rowsBefore..<fold.rows.customers.count { read { fold.rows.word(row, $0) } }
    }
    keepPromises()
    tallies.append(tally)
    sayNothing(Self.family.columns.count)
  }

  private func cases(_ word: (Int) -> Int64) {
    let opened = word(places.openedAt)
    let gap = word(places.updateGap)
    // Without a gap no replies are recorded at all, and silence says nothing.
    guard opened >= start, gap != FactRows.absent else { return }
    let resolved = word(places.resolvedAt)
    let isOpen = resolved == FactRows.absent
    if gap > norms.shares.updateGap || !isOpen { tally.add(.updateGap, gap <= norms.shares.updateGap) }
    let reply = word(places.firstReply)
    if reply != FactRows.absent {
      tally.add(.firstReply, reply <= norms.answeredSoon)
    } else if hours.duration(from: opened, to: isOpen ? asOf : resolved, atMost: norms.answeredSoon) > norms.answeredSoon {
      tally.add(.firstReply, false)
    }
  }

  private func orders(_ word: (Int) -> Int64) {
    let shipped = word(places.shippedAt)
    let told = word(places.shipTold)
    if shipped != FactRows.absent, shipped >= start, told != FactRows.absent { tally.add(.shipNotice, told != 0) }
  }

  private func returns(_ word: (Int) -> Int64) {
    let requested = word(places.requestedAt)
    guard requested != FactRows.absent, requested >= start else { return }
    let waited = word(places.credited)
    if waited != FactRows.absent {
      tally.add(.credit, waited <= norms.creditSoon)
    } else if word(places.refusedAt) == FactRows.absent, asOf - requested > norms.creditSoon {
      tally.add(.credit, false)
    }
  }

  private func projects(_ word: (Int) -> Int64) {
    let closed = word(places.closedAt)
    if closed != FactRows.absent, closed < start { return }
    let known = word(places.contactKnown)
    if known != FactRows.absent { tally.add(.contactKnown, known >= norms.shares.contactKnown) }
    let isWell = word(places.closedWell)
    if isWell != FactRows.absent { tally.add(.closedWell, isWell != 0) }
  }

  /// Kept / (kept + late + broken) on the original due.
  private func keepPromises() {
    for promise in promises?.promises ?? [] {
      if promise.settlement == .kept || promise.settlement == .broken { settling.insert(promise.source) }
      guard promise.maker == .us, promise.due != .absentInstant, promise.due >= start else { continue }
      switch promise.settlement {
      case .kept: tally.add(.promisesOnTime, promise.settledAt <= promise.due)
      case .broken: tally.add(.promisesOnTime, false)
      case .open: if asOf > promise.due { overdue.append((tallies.count, promise.source)) }
      case .withdrawn: break
      }
    }
  }

  /// Says what the counts come to, once it is known which sources settle promises.
  private func judge(_ settling: Set<UInt32>) {
    for (row, source) in overdue where settling.contains(source) { tallies[row].add(.promisesOnTime, false) }
    for (row, tally) in tallies.enumerated() {
      let applicable = Norm.allCases.filter { tally.isMet($0, norms.shares) != nil }
      let missed = applicable.filter { tally.isMet($0, norms.shares) == false }
      rows.set(row, 1, Int64(applicable.count - missed.count))
      rows.set(row, 2, Int64(applicable.count))
      if !missed.isEmpty { rows.set(row, 3, rows.text(word: missed.map(\.word).joined(separator: " "))) }
      for (place, pillar) in Norm.Pillar.allCases.enumerated() {
        let things = tally.things(pillar)
        rows.set(row, 5 + 3 * place, things.met)
        rows.set(row, 6 + 3 * place, things.of)
      }
    }
  }
}
