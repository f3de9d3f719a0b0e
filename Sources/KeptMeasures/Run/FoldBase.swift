import KeptFormat
import KeptReplay

/// What the folds of a unit share, made once the ledger's kinds are known; nothing in it changes afterwards.
final class FoldBase: Sendable {
  /// What a touch class implies.
  struct Traits {
    var activity: UInt8
    var isSpecial: Bool
  }

  let rulebook: Rulebook
  let parts: Parts
  /// Tables of things, from `hiddenStart` on things that are only followed because traits are read from them, and from
  /// `traitStart` on the traits of whose life it is.
  let families: [FactFamily]
  let hiddenStart: Int
  let traitStart: Int
  let plan: DetailPlan
  /// The families that listen to each kind.
  let listeners: Listeners
  /// Those that listen to what the firm does without a customer.
  let firmListeners: Listeners
  let asOf: Instant
  let dayTable: DayTable
  let kinds: [String]
  let slots: FieldSlots
  let roles: RoleTable
  /// By kind code: the same roles, for the loop over touches.
  nonisolated(unsafe) let rolesOf: UnsafeMutablePointer<KindRoles>
  /// By kind code: its noun's number in `roles`, −1: none.
  nonisolated(unsafe) let nounOf: UnsafeMutablePointer<Int>
  let allRoles: KindRoles
  let signals: SignalTable?
  /// By source code: what each source was listening for.
  let sourceSpans: [UInt32: SourceSpan]
  let counted: CompiledMeasures?
  let rating: RatingReader
  let places: PlaceReader
  /// By currency code, see `OrderTracker`.
  let rates: [UInt32: Int64]
  let decay = Decay()
  /// Where lives are followed from month to month.
  let monthDecay: MonthDecay?
  let days: DayReader
  /// Activities that an implied opening counts for.
  let impliedMask: UInt8
  /// Set for every touch of a life, whatever it is; the rest of the mask are the rulebook's activities.
  let touchMask = Chunk.touchMask
  /// What counts as contact for silence, status and lapse.
  let contactMask: UInt8
  nonisolated(unsafe) let classes: UnsafeMutablePointer<Traits>
  nonisolated(unsafe) let directions: UnsafeMutablePointer<Direction>
  /// Asked by the worker whose folds these are, and by nobody else.
  nonisolated(unsafe) let code: (String) -> UInt32

  init(
    rulebook: Rulebook, parts: Parts, families things: [FactFamily], hidden: [FactFamily],
    traits: [FactFamily], asOf: Instant, currency: String, dayTable: DayTable, kinds: [String], plan: DetailPlan,
    sources: [String: SourceSpan], code: @escaping (String) -> UInt32
  ) {
    sourceSpans = Dictionary(uniqueKeysWithValues: sources.map { ($0.key.isEmpty ? 0 : code($0.key), $0.value) })
    self.rulebook = rulebook
    contactMask = 1 << UInt8(rulebook.lifecycle.activity)
    self.parts = parts
    let families = things + hidden + traits
    self.families = families
    hiddenStart = things.count
    traitStart = things.count + hidden.count
    self.plan = plan
    self.code = code
    let heard = families.map { family in
      Set(
        family.needs(rulebook).filter(\.isHeard).flatMap {
          $0.kinds(of: kinds) ?? kinds.filter { !LedgerKind.all.contains($0) }
        })
    }
    listeners = Listeners(kinds.map { kind in heard.indices.filter { heard[$0].contains(kind) } })
    firmListeners = Listeners(
      kinds.map { kind in heard.indices.filter { heard[$0].contains(kind) && families[$0].hearsFirm } })
    self.asOf = asOf
    self.dayTable = dayTable
    days = DayReader(calendar: dayTable.calendar)
    self.kinds = kinds
    slots = FieldSlots(kinds: kinds, plan: plan)
    rating = RatingReader(rules: rulebook.ratings, code: code)
    monthDecay =
      parts.contains(.history)
      ? MonthDecay(rulebook: rulebook, dayTable: dayTable, asOf: asOf, decay: decay) : nil
    places = PlaceReader(kinds: kinds, plan: plan, code: code)
    rates = OrderTracker.rates(currency: currency, rulebook.currencies, code: code)
    var roles = RoleTable(kinds: kinds, rulebook: rulebook, parts: parts)
    if !parts.isDisjoint(with: .signalling) {
      let table = SignalTable(rulebook: rulebook, kinds: kinds, plan: plan, code: code)
      for code in kinds.indices where !table.tried[code].isEmpty { roles.mark(code, .signals) }
      signals = table
    } else {
      signals = nil
    }
    for code in kinds.indices where !listeners.of(code).isEmpty { roles.mark(code, .facts) }
    if parts.contains(.measures) {
      let compiled = CompiledMeasures(
        rulebook: rulebook, kinds: kinds, plan: plan, dayTable: dayTable, rating: rating, rates: rates, code: code)
      for code in kinds.indices where compiled.hears(kind: code) { roles.mark(code, .counts) }
      counted = compiled
    } else {
      counted = nil
    }
    self.roles = roles
    rolesOf = .allocate(capacity: max(1, kinds.count))
    for (code, role) in roles.roles.enumerated() { (rolesOf + code).initialize(to: role) }
    nounOf = .allocate(capacity: max(1, kinds.count))
    for (code, noun) in roles.nouns.enumerated() { (nounOf + code).initialize(to: noun) }
    allRoles = roles.roles.reduce([]) { $0.union($1) }

    var impliedMask: UInt8 = 0
    for (index, activity) in rulebook.activities.enumerated() where activity.countsImpliedOpenings {
      impliedMask |= 1 << UInt8(index)
    }
    self.impliedMask = impliedMask
    classes = .allocate(capacity: max(1, kinds.count * 4))
    directions = .allocate(capacity: max(1, kinds.count * 4))
    for (code, kind) in kinds.enumerated() {
      let usual = rulebook.directions[kind] ?? Vocabulary.direction(of: kind)
      let isTouch = !LedgerKind.all.contains(kind)
      for way in Direction.allCases {
        let direction = way == .absent ? usual : way
        var mask: UInt8 = isTouch ? touchMask : 0
        for (index, activity) in rulebook.activities.enumerated()
        where isTouch && activity.includes(kind, direction) {
          mask |= 1 << UInt8(index)
        }
        let place = code << 2 | Int(way.rawValue)
        (classes + place).initialize(to: Traits(activity: mask, isSpecial: isTouch && !roles.roles[code].isEmpty))
        (directions + place).initialize(to: direction)
      }
    }
  }

  deinit {
    rolesOf.deallocate()
    nounOf.deallocate()
    classes.deallocate()
    directions.deallocate()
  }

  func factBase(_ promises: PromiseTracker?) -> FactBase { FactBase(self, promises) }

  /// The stated direction of a touch, else its kind's usual one.
  @inline(__always)
  func direction(_ touchClass: UInt16) -> Direction { directions[Int(touchClass)] }

  /// What a touch says about the relationship as a whole, if anything.
  func turn(_ touch: Touch, _ roles: KindRoles, row: Int) -> RelationshipTurn? {
    if roles.contains(.ends) {
      let rule = rulebook.relationship.ends.first { $0.kind == kinds[touch.kind] }
      var party = RelationshipTurn.Party(word: rule?.by ?? "")
      if party == .unsaid {
        for word in RelationshipTurn.Party.words where touch.text(.endedBy)?.elementsEqual(word.utf8) ?? false {
          party = RelationshipTurn.Party(word: word)
        }
      }
      let effective = touch.instant(.effectiveAt)
      return RelationshipTurn(row: row, time: touch.time, ended: party, effective: max(touch.time, effective))
    }
    for start in rulebook.relationship.starts where start.kind == kinds[touch.kind] {
      guard let changes = start.changes else {
        let since = days.instant(touch, .since)
        return RelationshipTurn(
          row: row, time: touch.time, ended: nil, effective: touch.time,
          since: since == Touch.absent || since > touch.time ? .max : since)
      }
      if let change = touch.text(.change), changes.contains(where: { change.elementsEqual($0.utf8) }) {
        return RelationshipTurn(row: row, time: touch.time, ended: nil, effective: touch.time)
      }
    }
    return nil
  }
}

extension Activity {
  func includes(_ kind: String, _ direction: Direction) -> Bool {
    (kinds?.contains(kind) ?? true) && (directions?.contains(direction) ?? true)
  }
}
