import KeptFormat
import KeptReplay

/// All measures of a run over lives: one per worker and unit, handed to the replay, merged by `MeasureRun.finish`.
///
/// A life comes in chunks. First every touch gets its day, month and activities; then the few touches that need memory
/// or detail are looked at one by one, since what they mean (an implied opening) may change their activities; then each
/// measure runs its own short loop over the chunk, while it is in the cache.
public final class MeasureFold {
  let base: FoldBase
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
  let cells: CellFold?
  let claims: ClaimFold?
  let growth: GrowthFold?
  let backtests: BacktestFold?
  /// By family, in the order of the run's.
  let factFolds: [FactFold]
  /// The same, for the loop over touches.
  let factFoldsByFamily: UnsafeMutablePointer<Unmanaged<FactFold>>
  /// Those of them that look at every touch.
  let chunkFolds: [FactFold]

  let absences: AbsenceLog?
  let promises: PromiseTracker?
  let matters: MatterTracker?
  let orders: OrderTracker?

  /// `scores` rows, where they are asked for.
  var scoreRows: [ScoreRow] = []
  var promiseRows = PromiseRows()
  /// The earliest touch of any life; where the log begins for the unit.
  var earliest = Instant.max

  // MARK: the life and the chunk at hand

  var entity: UInt32 = 0
  var isFirm = false
  var turns: [RelationshipTurn] = []
  var occasions: [(day: Int32, amount: Int64?)] = []
  let active: ActiveBucketSet
  let days: UnsafeMutablePointer<Int32>
  let months: UnsafeMutablePointer<Int32>
  let activity: UnsafeMutablePointer<UInt8>
  let special: UnsafeMutablePointer<UInt16>
  let points: UnsafeMutablePointer<Int64>
  let readsPoints: Bool
  /// The stretch of one offset from UTC that the last touch was in.
  var span: Zone.Span

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
}
