import KeptFormat
import KeptReplay

/// All measures of a run over lives: one per worker and unit, handed to the replay, merged by `MeasureRun.finish`.
///
/// A life comes in chunks. First every touch gets its day, month and activities; then the few touches that need memory
/// or detail are looked at one by one, since what they mean (an implied opening) may change their activities; then each
/// measure runs its own short loop over the chunk, while it is in the cache.
public final class MeasureFold: LifeFold {
  private let base: FoldBase
  let retention: RetentionFold?
  let lifecycle: LifecycleFold?
  let scores: ScoreFold?
  let moves: MovesFold?
  let standing: StandingFold?
  let customerMonths: CustomerMonthFold?
  let wordOfMouth: WordOfMouthFold?
  let customers: CustomerFold?
  let churn: ChurnFold?
  let tenure: TenureFold?
  let purchases: PurchaseFold?
  let costs: CostFold?
  let leavers: LeaverFold?
  let offerings: OfferingFold?
  let sources: SourceWatch?
  /// `scores` rows, where they are asked for.
  private(set) var scoreRows: [ScoreRow] = []
  private(set) var promiseRows = PromiseRows()
  /// The earliest touch of any life; where the log begins for the unit.
  private(set) var earliest = Instant.max

  let cells: CellFold?
  let claims: ClaimFold?
  let growth: GrowthFold?
  let backtests: BacktestFold?
  private var occasions: [(day: Int32, amount: Int64?)] = []
  /// By family, in the order of the run's.
  let factFolds: [FactFold]
  /// The same, for the loop over touches.
  private let factFoldsByFamily: UnsafeMutablePointer<Unmanaged<FactFold>>

  /// Those of them that look at every touch.
  private let chunkFolds: [FactFold]

  private let absences: AbsenceLog?
  private let promises: PromiseTracker?
  private let matters: MatterTracker?
  private let orders: OrderTracker?
  private var turns: [RelationshipTurn] = []

  private let active: ActiveBucketSet
  private let days: UnsafeMutablePointer<Int32>
  private let months: UnsafeMutablePointer<Int32>
  private let activity: UnsafeMutablePointer<UInt8>
  private let special: UnsafeMutablePointer<UInt16>
  private let points: UnsafeMutablePointer<Int64>
  private let readsPoints: Bool
  /// The stretch of one offset from UTC that the last touch was in.
  private var span: Zone.Span
  private var entity: UInt32 = 0
  private var isFirm = false

  init(_ base: FoldBase) {
    self.base = base
    let rulebook = base.rulebook
    let parts = base.parts
    let dayTable = base.dayTable
    active = ActiveBucketSet(dayTable: dayTable)
    retention =
      parts.contains(.retention)
      ? RetentionFold(base, active: active) : nil
    lifecycle =
      parts.contains(.lifecycle)
      ? LifecycleFold(rules: rulebook.lifecycle, dayTable: dayTable, asOf: base.asOf, active: active) : nil
    let lowMonth = dayTable.bucket(.month, ofDay: dayTable.low)
    let monthCount = dayTable.bucket(.month, of: base.asOf) - lowMonth + 1
    if let signals = base.signals {
      let monthly =
        parts.contains(.signals)
        ? SignalMonths(ruleCount: signals.rules.count, lowMonth: lowMonth, monthCount: monthCount) : nil
      let history = base.monthDecay.map { ScoreHistory(table: $0, rules: rulebook.index) }
      let spoken =
        parts.contains(.touches)
        ? SpokenTouchFold(table: signals, rulebook: rulebook, decay: base.decay, asOf: base.asOf) : nil
      scores = ScoreFold(base, table: signals, months: monthly, history: history, spoken: spoken)
    } else {
      scores = nil
    }
    moves = parts.contains(.moves) ? MovesFold(rules: rulebook.index, lowMonth: lowMonth, monthCount: monthCount) : nil
    standing =
      parts.contains(.standing)
      ? StandingFold(
        rules: rulebook.index, contacts: active.of(base.contactMask, .month), lowMonth: lowMonth, monthCount: monthCount)
      : nil
    customerMonths =
      parts.contains(.customerMonths)
      ? CustomerMonthFold(touchMask: base.touchMask, lowMonth: lowMonth, monthCount: monthCount) : nil
    wordOfMouth =
      parts.contains(.wordOfMouth)
      ? WordOfMouthFold(
        rules: rulebook.wordOfMouth, rating: base.rating, lowMonth: lowMonth, monthCount: monthCount) : nil
    customers =
      parts.contains(.customers)
      ? CustomerFold(
        lapse: rulebook.lapse, contactMask: base.contactMask, dayTable: dayTable, asOf: base.asOf, slots: base.slots,
        kindCount: base.kinds.count, index: rulebook.index)
      : nil
    churn =
      parts.contains(.churn) ? ChurnFold(base, contactDays: active.of(base.contactMask, .day)) : nil
    tenure = parts.contains(.tenure) ? TenureFold(base) : nil
    purchases = parts.contains(.purchases) ? PurchaseFold(dayTable: dayTable) : nil
    costs = parts.contains(.purchases) ? CostFold(base) : nil
    leavers = parts.contains(.leaving) ? LeaverFold(base) : nil
    offerings = parts.contains(.leaving) ? OfferingFold(base) : nil
    sources = parts.isDisjoint(with: [.customers, .churn, .tenure]) ? nil : SourceWatch(slots: base.slots)
    let roles = base.allRoles
    absences = base.sourceSpans.isEmpty || base.signals == nil ? nil : AbsenceLog(base)
    promises =
      roles.isDisjoint(with: .promises)
      ? nil : PromiseTracker(rules: rulebook.promises, kinds: base.kinds, absences: absences)
    matters =
      roles.isDisjoint(with: .matters)
      ? nil : MatterTracker(
        rulebook: rulebook, nouns: base.roles.nounNames, kinds: base.kinds, dayTable: dayTable, absences: absences)
    orders =
      roles.isDisjoint(with: .money)
      ? nil : OrderTracker(rates: base.rates)
    cells = base.counted.map(CellFold.init)
    claims = parts.contains(.claims) ? ClaimFold(base) : nil
    growth = parts.contains(.growth) ? GrowthFold(base) : nil
    backtests = parts.contains(.backtests) ? BacktestFold(base) : nil
    let factBase = base.factBase(promises)
    let folds = base.families.map { $0.makeFold(factBase) }
    for (family, fold) in zip(base.families, folds) { fold.hearsFirm = family.hearsFirm }
    for (family, fold) in zip(base.families, folds) where !family.basis.isEmpty {
      fold.basis = family.basis.map { basis in folds[base.families.firstIndex { $0.name == basis.name }!] }
    }
    chunkFolds = zip(base.families, folds).filter(\.0.takesChunks).map(\.1)
    factFolds = folds
    factFoldsByFamily = .allocate(capacity: factFolds.count)
    for (place, fold) in factFolds.enumerated() {
      (factFoldsByFamily + place).initialize(to: Unmanaged.passUnretained(fold))
    }
    days = .allocate(capacity: Chunk.capacity)
    months = .allocate(capacity: Chunk.capacity)
    activity = .allocate(capacity: Chunk.capacity)
    special = .allocate(capacity: Chunk.capacity)
    points = .allocate(capacity: Chunk.capacity)
    points.initialize(repeating: 0, count: Chunk.capacity)
    readsPoints = scores != nil && base.families.contains(where: \.readsPoints)
    span = dayTable.calendar.zone.span(at: base.asOf)
  }

  deinit {
    factFoldsByFamily.deallocate()
    days.deallocate()
    months.deallocate()
    activity.deallocate()
    special.deallocate()
    points.deallocate()
  }

  /// Adds what another worker's fold counted, which is then of no more use. Rows of lives are gathered by the owner.
  func merge(_ other: MeasureFold) {
    if let retention, let theirs = other.retention { retention.merge(theirs) }
    if let lifecycle, let theirs = other.lifecycle {
      for (grid, their) in zip(lifecycle.grains, theirs.grains) { grid.merge(their) }
    }
    if let months = scores?.months, let theirs = other.scores?.months { months.merge(theirs) }
    if let moves, let theirs = other.moves { moves.merge(theirs) }
    if let standing, let theirs = other.standing { standing.merge(theirs) }
    if let wordOfMouth, let theirs = other.wordOfMouth { wordOfMouth.merge(theirs) }
    if let costs, let theirs = other.costs { costs.merge(theirs) }
    if let offerings, let theirs = other.offerings { offerings.merge(theirs) }
    if let churn, let theirs = other.churn { churn.merge(theirs) }
    if let backtests, let theirs = other.backtests { backtests.merge(theirs) }
    earliest = min(earliest, other.earliest)
  }

  /// By kind code.
  var kinds: [String] { base.kinds }

  /// By place in `Trait.families`, where the run asks for them.
  func traitFold(_ place: Int) -> FactFold { factFolds[base.traitStart + place] }

  /// What the rows of things need once all lives are over.
  func finishFacts() { for fold in factFolds { fold.finish() } }

  /// Things, without what is hidden and traits.
  var families: [FactFamily] { Array(base.families[..<base.hiddenStart]) }

  // MARK: LifeFold

  public func begin(entity: UInt32) {
    self.entity = entity
    // Events without a customer are touches of nobody's life; only promises and measures are told of them.
    isFirm = entity == 0
    retention?.begin()
    lifecycle?.begin()
    scores?.begin()
    customerMonths?.begin()
    standing?.begin()
    wordOfMouth?.begin()
    customers?.begin(customer: entity)
    churn?.begin(customer: entity)
    tenure?.begin(customer: entity)
    leavers?.begin(customer: entity)
    offerings?.begin()
    sources?.begin()
    absences?.begin()
    promises?.begin()
    matters?.begin()
    orders?.begin()
    cells?.begin(customer: entity)
    claims?.begin(customer: entity)
    growth?.begin()
    backtests?.begin()
    for fold in factFolds { fold.beginLife() }
  }

  public func apply(_ touches: Touches) {
    var start = 0
    while start < touches.rows.count {
      let count = min(Chunk.capacity, touches.rows.count - start)
      var chunk = Chunk(
        touches: touches, start: start, count: count, days: days, months: months, activity: activity, special: special,
        specialCount: 0, points: points, directions: base.directions, slots: base.slots.pointer)
      apply(&chunk)
      start += count
    }
  }

  private func apply(_ chunk: inout Chunk) {
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
      if let cells, roles.contains(.counts) { cells.take(touch, direction) }
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
        if readsPoints { points[row] = scores!.saidOfUs }
      }
      if let wordOfMouth, !roles.isDisjoint(with: .wordOfMouth) { wordOfMouth.take(touch, roles, month: months[row]) }
      if let orders, !roles.isDisjoint(with: .money) { orders.take(touch, roles, day: days[row]) }
      if roles.contains(.facts) { tell(touch, direction, listeners.of(kind), facts) }
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
  private func tell(_ touch: Touch, _ direction: Direction, _ families: UnsafeBufferPointer<Int32>, _ facts: UInt32) {
    for family in families {
      factFoldsByFamily[Int(family)]._withUnsafeGuaranteedRef {
        $0.facts = facts
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

  /// What did not happen in the life speaks, too.
  private func hearAbsences() {
    guard let absences, let scores else { return }
    promises?.end()
    matters?.end()
    for absence in absences.found {
      scores.take(absence, month: Int32(base.dayTable.bucket(.month, of: absence.at)))
    }
  }

  public func end() {
    if let promises, base.parts.contains(.promises) { promiseRows.append(promises, customer: entity) }
    if isFirm {
      for fold in factFolds where fold.hearsFirm { fold.end(customer: entity) }
      return
    }
    retention?.end(orders, earliest: earliest)
    lifecycle?.end()
    wordOfMouth?.end()
    for fold in factFolds[..<base.traitStart] { fold.end(customer: entity) }
    // A row a life, as in `customers`.
    if let customers, customers.hasTouches {
      for fold in factFolds[base.traitStart...] {
        fold.firstAt = customers.firstAt
        fold.end(customer: entity)
      }
    }
    for fold in factFolds[base.hiddenStart..<base.traitStart] { fold.rows.removeAll() }
    let sourceSets = sources?.end() ?? (contact: 0, any: 0)
    churn?.end(sources: sourceSets.contact)
    tenure?.end(sources: sourceSets.any)
    claims?.end(tenure!.rows)
    leavers?.end(orders)
    offerings?.end()
    let purchase = purchases?.end(customer: entity, orders)
    if let scores {
      hearAbsences()
      scores.end(customer: entity)
      if let history = scores.history {
        moves?.end(history)
        standing?.end(history)
        customerMonths?.end(customer: entity, history)
        endClaims(history)
      }
      customers?.end(orders?.totals ?? (0, 0, nil), scores, sources: sourceSets.contact, purchase: purchase)
      if base.parts.contains(.scores), scores.heard != 0 { scoreRows.append(ScoreRow(customer: entity, scores)) }
    }
  }
}

extension MeasureFold {
  /// What claims and back-tests look for in a life that is over.
  private func endClaims(_ history: ScoreHistory) {
    guard growth != nil || backtests != nil else { return }
    occasions.removeAll(keepingCapacity: true)
    orders?.occasions(into: &occasions)
    growth?.end(history, occasions)
    backtests?.end(customer: entity, tenure!.rows, history, occasions)
  }
}

/// The decayed sums of one life.
struct ScoreRow {
  var customer: UInt32
  /// Lists in which any touch said something, a bit each.
  var heard: UInt8
  var sums: InlineArray<6, Double>

  init(customer: UInt32, _ scores: ScoreFold) {
    self.customer = customer
    heard = scores.heard
    sums = InlineArray(repeating: 0)
    for list in SignalList.allCases where heard & (1 << UInt8(list.index)) != 0 {
      sums[list.index * 2] = scores.sum(list, negative: false)
      sums[list.index * 2 + 1] = scores.sum(list, negative: true)
    }
  }
}
