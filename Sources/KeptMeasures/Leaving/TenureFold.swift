import KeptFormat

/// How long lives last: one small row each, of which the curves of survival are made. Metrics 3.1, 3.4 and 3.5.
final class TenureFold {
  struct Row {
    var customer: UInt32
    /// Local days; `absent` where there was none. The start is what the relationship is said to have begun with, else the
    /// first `relationship.started`, else the first touch.
    var start: Int32
    var firstTouch: Int32
    /// When the first end took effect, by the as-of instant.
    var end: Int32
    var party: RelationshipTurn.Party
    /// Whether `relationship.started` said since when.
    var isStartTold: Bool
    /// Whether the relationship stands at the as-of instant, and whether it ever began again.
    var hasEnded: Bool
    var isBack: Bool
    /// Whether they ever were in contact, or began.
    var isRelationship: Bool
    var firstContact: Int32
    var lastContact: Int32
    /// The first that were said: codes of words, 0 where none was.
    var partyWord: UInt32
    var account: UInt32
    /// Of the first touch.
    var source: UInt32
    /// Which of the fold's `names` they were found via, and began with; −1: not said.
    var foundVia: Int32
    var offering: Int32
    /// How well they fitted when they came, × 10⁶; `Int64.min`: not assessed then.
    var fit: Int64
    /// The sources of its touches, as a set of the `SourceWatch`: an end is seen only as long as one of them goes on.
    var sources: Int
    /// The last local day on which one of them said anything of anyone, once all lives are folded.
    var observed: Int32
  }

  static let absent = Int32.min
  static let began = "relationship.started"
  static let assessed = "fit.assessed"

  private(set) var rows: [Row] = []
  /// Of channels and offerings.
  private(set) var names: [String] = []
  /// Whether any touch ended a relationship.
  private(set) var knowsEnds = false

  private let dayTable: DayTable
  private let asOf: Instant
  private let slots: FieldSlots
  private let days: DayReader
  private let kinds: [String]
  private let anyMask: UInt8
  private let contactMask: UInt8
  private let fitDays: Int
  private var numbers: [String: Int32] = [:]

  // The life being folded.
  private var row = TenureFold.empty
  private var relationship = Relationship()
  private var since = Instant.max
  private var startedAt = Instant.max
  private var endedAt = Instant.max
  private var fits: [(at: Instant, score: Int64)] = []

  init(_ base: FoldBase) {
    dayTable = base.dayTable
    asOf = base.asOf
    slots = base.slots
    days = base.days
    kinds = base.kinds
    anyMask = base.touchMask
    contactMask = base.contactMask
    fitDays = base.rulebook.relationship.fitDays
  }

  private static let empty = Row(
    customer: 0, start: absent, firstTouch: absent, end: absent, party: .unsaid, isStartTold: false, hasEnded: false,
    isBack: false, isRelationship: false, firstContact: absent, lastContact: absent, partyWord: 0, account: 0,
    source: 0, foundVia: -1, offering: -1, fit: .min, sources: 0, observed: absent)

  func begin(customer: UInt32) {
    row = Self.empty
    row.customer = customer
    relationship = Relationship()
    since = .max
    startedAt = .max
    endedAt = .max
    fits.removeAll(keepingCapacity: true)
  }

  /// A touch that says how the relationship began, or how well they fit.
  func take(_ touch: Touch) {
    if kinds[touch.kind] == Self.assessed {
      let score = touch.number(.score)
      if score != Touch.absent { fits.append((touch.time, score)) }
      return
    }
    startedAt = min(startedAt, touch.time)
    let told = days.instant(touch, .since)
    if told != Touch.absent, told <= touch.time { since = min(since, told) }
    if row.foundVia < 0 { row.foundVia = number(touch.text(.foundVia)) }
    if row.offering < 0 { row.offering = number(touch.text(.offering)) }
  }

  private func number(_ text: UnsafeRawBufferPointer?) -> Int32 {
    guard let text, !text.isEmpty else { return -1 }
    let name = String(decoding: text, as: UTF8.self)
    if let known = numbers[name] { return known }
    let number = Int32(names.count)
    numbers[name] = number
    names.append(name)
    return number
  }

  func take(_ turn: RelationshipTurn) {
    pass(turn.time)
    if relationship.take(turn) { row.isBack = true }
    if turn.ended == nil {
      row.isRelationship = true
    } else {
      knowsEnds = true
      pass(turn.time)
    }
  }

  private func pass(_ time: Instant) {
    guard let end = relationship.pass(time), endedAt == .max else { return }
    endedAt = end.at
    row.party = end.party
  }

  func apply(_ chunk: borrowing Chunk) {
    let low = Int32(truncatingIfNeeded: dayTable.low)
    for place in 0..<chunk.count where chunk.activity[place] & anyMask != 0 {
      let day = low &+ chunk.days[place]
      if row.firstTouch == Self.absent {
        row.firstTouch = day
        row.source = code(chunk, place, .source)
      }
      if chunk.activity[place] & contactMask != 0 {
        if row.firstContact == Self.absent { row.firstContact = day }
        row.lastContact = day
      }
      if row.partyWord == 0 { row.partyWord = code(chunk, place, .party) }
      if row.account == 0 { row.account = code(chunk, place, .account) }
    }
  }

  @inline(__always)
  private func code(_ chunk: borrowing Chunk, _ place: Int, _ field: TouchField) -> UInt32 {
    let slot = slots.slot(Int(chunk.rows[place].touchClass >> 2), field)
    return slot < 0 ? 0 : chunk.touches.code(chunk.start + place, slot)
  }

  /// Tells every life until when an end would have been seen; to be called once, when all lives are folded.
  ///
  /// - Parameter observedDay: by set of sources.
  func settle(_ observedDay: [Int]) {
    for place in rows.indices { rows[place].observed = Int32(observedDay[rows[place].sources]) }
  }

  /// - Parameter sources: of all touches of the life.
  func end(sources: Int) {
    guard row.firstTouch != Self.absent else { return }
    row.sources = sources
    pass(asOf)
    row.isStartTold = since < .max
    // A start that is told after the end is another one.
    let start = min(since, startedAt < endedAt ? startedAt : .max)
    row.start = start == .max ? row.firstTouch : Int32(dayTable.day(of: start))
    if endedAt < .max { row.end = max(row.start, Int32(dayTable.day(of: endedAt))) }
    row.hasEnded = relationship.hasEnded
    row.isRelationship = row.isRelationship || row.firstContact != Self.absent || endedAt < .max
    let fitUntil = Int(row.start) + fitDays
    row.fit = fits.first { dayTable.day(of: $0.at) <= fitUntil }?.score ?? .min
    rows.append(row)
  }
}
