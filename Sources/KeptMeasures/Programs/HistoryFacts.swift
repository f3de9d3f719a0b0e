import KeptFormat
import KeptReplay

/// What became of each relationship: how it began, what it was worth, what went wrong first and worst, and how it ended.
/// One row a customer whose relationship began in the ledger. Metrics S0.2, S1.1, S1.10b, S2.15, S3.19, S3.26.
///
/// Example: began on the 1st, a rival was named on the 10th, the worst of ours (−2) was on the 12th, ended on the 4th of
/// the month after: switch_after 24 d, fail_to_leave 23 d.
final class HistoryFacts: FactFold {
  private enum Column: Int, CaseIterable {
    case began_at, is_told, ended_at, ended_by, stayed, revenue, switch_after, failed_at, fail_to_leave, against_at, warning
  }

  static let family = FactFamily(
    name: "histories", meaning: "a customer's relationship",
    columns: [
      FactColumn("began_at", .instant, "since when, as told; else its first turn"),
      FactColumn("is_told", .flag, isNullable: false, "whether relationship.started says that it began"),
      FactColumn("ended_at", .instant, "when its first end took effect"),
      FactColumn("ended_by", .word, "customer, us, mutual or external"),
      FactColumn("stayed", .days, "how long it lasted; NULL while it stands"),
      FactColumn("revenue", .amount, "what was ordered and stands, less credits"),
      FactColumn("switch_after", .days, "from the first naming of a rival to the end"),
      FactColumn("failed_at", .instant, "the worst that our signals say of us; of equal ones the last before the end"),
      FactColumn("fail_to_leave", .days, "from then to the end; NULL while it stands"),
      FactColumn("against_at", .instant, "the first public mention against us"),
      FactColumn("warning", .days, "from the first bad signal to that mention"),
    ],
    needs: { rules in
      [
        FactNeed(["relationship.started"], [.dataText("since")]), FactNeed(turns(rules), PlaceReader.fields),
        FactNeed(["competitor.mentioned"], []), FactNeed(["mention.posted"], [.dataNumber("valence")]),
        FactNeed(money(rules) + failures(rules), []),
      ]
    },
    makeFold: { HistoryFacts($0) }, parts: [.tenure, .purchases, .signals])

  private static func turns(_ rules: Rulebook) -> [String] {
    rules.relationship.starts.map(\.kind) + rules.relationship.ends.map(\.kind)
  }

  private static func money(_ rules: Rulebook) -> [String] {
    rules.orders.placed + rules.orders.cancelled + rules.orders.corrected + rules.orders.credited
  }

  /// Kinds that may say something against us.
  private static func failures(_ rules: Rulebook) -> [String] {
    rules.signals.filter { rule in
      switch rule.points {
      case .fixed(let points): rule.list != .they && points < 0
      case .rating: rule.list != .they
      }
    }.flatMap { rules.kinds(of: $0) }
  }

  private let base: FactBase
  private let orders: OrderTracker
  private let isStarted: [Bool]
  private let isRival: [Bool]
  private let isMention: [Bool]
  private let mayFail: [Bool]
  private let valences: FactField

  // The life being folded.
  private var place = FactPlace()
  private var relationship = Relationship()
  private var beganAt = Instant.absentInstant
  private var isTold = false
  private var end: Relationship.End?
  private var rivalAt = Instant.absentInstant
  private var failedAt = Instant.absentInstant
  private var worst: Int64 = 0
  private var firstBadAt = Instant.absentInstant
  private var againstAt = Instant.absentInstant
  private var warning = FactRows.absent

  private init(_ base: FactBase) {
    self.base = base
    orders = OrderTracker(rates: base.rates)
    isStarted = base.kinds.map { $0 == "relationship.started" }
    isRival = base.kinds.map { $0 == "competitor.mentioned" }
    isMention = base.kinds.map { $0 == "mention.posted" }
    let failures = Set(Self.failures(base.rulebook))
    mayFail = base.kinds.map(failures.contains)
    valences = base.reader(.dataNumber("valence"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    orders.begin()
    place = FactPlace()
    relationship = Relationship()
    beganAt = .absentInstant
    isTold = false
    end = nil
    rivalAt = .absentInstant
    failedAt = .absentInstant
    worst = 0
    firstBadAt = .absentInstant
    againstAt = .absentInstant
    warning = FactRows.absent
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let roles = base.roles(touch.kind)
    pass(touch.time)
    if !roles.isDisjoint(with: .money) { orders.take(touch, roles, day: 0) }
    if mayFail[touch.kind] { judge(touch) }
    if isRival[touch.kind] { first(&rivalAt, touch.time) }
    if isMention[touch.kind], (valences.number(touch) ?? 0) < 0, againstAt == .absentInstant {
      againstAt = touch.time
      if firstBadAt != .absentInstant { warning = touch.time - firstBadAt }
    }
    if !roles.isDisjoint(with: .turns), let turn = base.turn(touch, roles) { take(turn, touch) }
  }

  private func take(_ turn: RelationshipTurn, _ touch: Touch) {
    note(touch, &place)
    _ = relationship.take(turn)
    if turn.ended == nil {
      if isStarted[touch.kind], !isTold, end == nil {
        isTold = true
        beganAt = min(turn.since, turn.time)
      }
      first(&beganAt, turn.time)
    }
    pass(turn.time)
  }

  private func pass(_ time: Instant) {
    if let passed = relationship.pass(time), end == nil { end = passed }
  }

  private func judge(_ touch: Touch) {
    guard end == nil else { return }
    let points = min(ofUs.done, ofUs.felt)
    guard points < 0 else { return }
    first(&firstBadAt, touch.time)
    if points <= worst {
      worst = points
      failedAt = touch.time
    }
  }

  override func end(customer: UInt32) {
    pass(base.asOf)
    if beganAt == .absentInstant, end == nil, againstAt == .absentInstant { return }
    var row = [Int64](repeating: FactRows.absent, count: Column.allCases.count)
    func set(_ column: Column, _ value: Int64?) { if let value { row[column.rawValue] = value } }
    set(.began_at, beganAt)
    set(.is_told, isTold ? 1 : 0)
    set(.revenue, orders.totals.revenue)
    set(.failed_at, failedAt)
    set(.against_at, againstAt)
    set(.warning, warning)
    if let end {
      set(.ended_at, end.at)
      set(.ended_by, text(end.party))
      if beganAt != .absentInstant { set(.stayed, max(0, end.at - beganAt)) }
      if rivalAt != .absentInstant, rivalAt <= end.at { set(.switch_after, end.at - rivalAt) }
      if failedAt != .absentInstant { set(.fail_to_leave, max(0, end.at - failedAt)) }
    }
    append(row, place, customer: customer)
  }

  private func text(_ party: RelationshipTurn.Party) -> Int64? {
    switch party {
    case .customer: rows.text("customer")
    case .us: rows.text("us")
    case .mutual: rows.text("mutual")
    case .external: rows.text("external")
    case .unsaid: nil
    }
  }
}
