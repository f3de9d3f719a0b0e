import KeptFormat
import KeptReplay

/// What the claims need of each life that no table has: how deep the relationship was, whether they were aggrieved and who of
/// ours was with them by the landmark, a day so long after the beginning; and, of no life, what was spent on getting customers.
///
/// What may foretell leaving is measured before the landmark, leaving after it: whoever stays long has time to grow
/// deep, and would seem to stay because of it otherwise.
final class ClaimFold {
  struct Row {
    /// Which of the fold's tenures is the life's.
    var tenure: Int32
    /// Of ours, who met them `traits.depth_touches` times by the landmark (S0.14).
    var depth: Int32
    /// Whether they complained or spoke in anger by the landmark.
    var isAggrieved: Bool
    /// Which of `acquirers` won them; −1: not said.
    var acquirer: Int32
    /// Days after the sale of the last touch of each of ours, by the landmark: of `handlers`.
    var handlers: Range<Int32>
    /// Outcomes checked, and those of them that held.
    var checked: Int32
    var holding: Int32
  }

  private struct Hears: OptionSet {
    let rawValue: UInt8
    static let touch = Hears(rawValue: 1)
    static let twoWay = Hears(rawValue: 2)
    static let effort = Hears(rawValue: 4)
    static let complaint = Hears(rawValue: 8)
    static let emotion = Hears(rawValue: 16)
    static let check = Hears(rawValue: 32)
    static let begins = Hears(rawValue: 64)
  }

  private(set) var rows: [Row] = []
  private(set) var acquirers: [String] = []
  private(set) var handlers: [(agent: UInt32, day: Int32)] = []
  /// By week: minutes and money spent on getting customers, × 10⁶.
  private(set) var effort: [Int: (minutes: Int64, amount: Int64)] = [:]

  private static let grievances: [StaticString] = ["anger", "frustration", "annoyance"]

  private let hears: [UInt8]
  private let slots: FieldSlots
  private let landmark: Int32
  private let depthTouches: Int32
  private let dayTable: DayTable
  private let rates: [UInt32: Int64]
  private let effortKind: FactField
  private let minutes: FactField
  private let acquirerOf: FactField
  private let caseKind: FactField
  private let holding: FactField
  private var acquirerNumbers: [String: Int32] = [:]

  // The life being folded.
  private var life: UInt32 = 0
  /// By agent code: in which life they were last seen, and how often in it.
  private var seen: [(life: UInt32, count: Int32)] = []
  /// Local days on which one of ours had met them so often.
  private var deepDays: [Int32] = []
  private var aggrievedDay = Int32.max
  private var acquirer: Int32 = -1
  private var saleDay = Int32.max
  private var firstHandler = 0
  private var checked: Int32 = 0
  private var held: Int32 = 0

  init(_ base: FoldBase) {
    slots = base.slots
    dayTable = base.dayTable
    rates = base.rates
    landmark = Int32(base.rulebook.claims.landmarkDays)
    depthTouches = Int32(base.rulebook.traits.depthTouches)
    let facts = base.factBase(nil)
    effortKind = facts.reader(.dataText("effort"))
    minutes = facts.reader(.dataNumber("minutes"))
    acquirerOf = facts.reader(.dataText("acquirer_agent"))
    caseKind = facts.reader(.dataText("case_kind"))
    holding = facts.reader(.dataNumber("holding"))
    hears = base.kinds.enumerated().flatMap { code, kind in
      Direction.allCases.map { way -> UInt8 in
        if LedgerKind.all.contains(kind) { return 0 }
        var hears: Hears = .touch
        let direction = base.direction(TouchClass.make(kind: code, direction: way.rawValue))
        if direction == .in || direction == .both { hears.insert(.twoWay) }
        switch kind {
        case "effort.spent": hears.insert(.effort)
        case "case.opened": hears.insert(.complaint)
        case "emotion.expressed": hears.insert(.emotion)
        case "outcome.checked": hears.insert(.check)
        case TenureFold.began: hears.insert(.begins)
        default: break
        }
        return hears.rawValue
      }
    }
  }

  static let needs: [Need] = [
    Need(kinds: nil, fields: [.text(.agent)]),
    Need(
      kinds: ["effort.spent"], fields: [.dataText("effort"), .dataNumber("minutes"), .amount, .text(.currency)]),
    Need(kinds: ["case.opened"], fields: [.dataText("case_kind")]),
    Need(kinds: ["emotion.expressed"], fields: [.dataText("level"), .dataText("heard_from")]),
    Need(kinds: ["outcome.checked"], fields: [.dataNumber("holding")]),
    Need(kinds: [TenureFold.began], fields: [.dataText("acquirer_agent")]),
  ]

  func begin(customer: UInt32) {
    life = customer
    deepDays.removeAll(keepingCapacity: true)
    aggrievedDay = .max
    acquirer = -1
    saleDay = .max
    firstHandler = handlers.count
    checked = 0
    held = 0
  }

  func apply(_ chunk: borrowing Chunk) {
    let rows = chunk.rows
    let fields = slots.pointer
    for place in 0..<chunk.count {
      let touchClass = rows[place].touchClass
      let hears = Hears(rawValue: hears[Int(touchClass)])
      if hears.isEmpty { continue }
      let touch = Touch(
        touches: chunk.touches, row: chunk.start + place, kind: TouchClass.kind(touchClass), slots: fields)
      if life != 0 { meet(touch, hears, day: Int32(truncatingIfNeeded: dayTable.low) &+ chunk.days[place]) }
      if hears.rawValue > (Hears.touch.rawValue | Hears.twoWay.rawValue) {
        lookClosely(touch, hears, day: Int32(truncatingIfNeeded: dayTable.low) &+ chunk.days[place])
      }
    }
  }

  @inline(__always)
  private func meet(_ touch: Touch, _ hears: Hears, day: Int32) {
    let agent = touch.code(.agent)
    if agent == 0 { return }
    if day >= saleDay && day &- saleDay <= landmark { handle(agent, day &- saleDay) }
    guard hears.contains(.twoWay) else { return }
    while seen.count <= agent { seen.append((0, 0)) }
    let count = seen[Int(agent)].life == life ? seen[Int(agent)].count + 1 : 1
    seen[Int(agent)] = (life, count)
    if count == depthTouches { deepDays.append(day) }
  }

  /// One of ours was there so many days after the sale.
  private func handle(_ agent: UInt32, _ days: Int32) {
    for place in firstHandler..<handlers.count where handlers[place].agent == agent {
      handlers[place].day = days
      return
    }
    handlers.append((agent, days))
  }

  private func lookClosely(_ touch: Touch, _ hears: Hears, day: Int32) {
    if hears.contains(.effort) { spend(touch, day: Int(day)) }
    if life == 0 { return }
    if hears.contains(.complaint), caseKind.says(touch, "complaint") { aggrievedDay = min(aggrievedDay, day) }
    if hears.contains(.emotion), touch.says(.heardFrom, "customer_words"),
      Self.grievances.contains(where: { touch.says(.level, $0) })
    {
      aggrievedDay = min(aggrievedDay, day)
    }
    if hears.contains(.check), let holds = holding.flag(touch) {
      checked += 1
      held += holds ? 1 : 0
    }
    if hears.contains(.begins), acquirer < 0, let text = acquirerOf.text(touch), !text.isEmpty {
      let name = String(decoding: text, as: UTF8.self)
      if let known = acquirerNumbers[name] {
        acquirer = known
      } else {
        acquirer = Int32(acquirers.count)
        acquirerNumbers[name] = acquirer
        acquirers.append(name)
      }
      saleDay = day
    }
  }

  private func spend(_ touch: Touch, day: Int) {
    guard effortKind.says(touch, "acquire") else { return }
    let week = dayTable.bucket(.week, ofDay: day)
    var spent = effort[week] ?? (0, 0)
    spent.minutes = Self.sum(spent.minutes, minutes.number(touch) ?? 0)
    let amount = touch.number(.amount)
    if amount != Touch.absent, let rate = rates[touch.code(.currency)], let worth = OrderTracker.worth(amount, rate: rate) {
      spent.amount = Self.sum(spent.amount, worth)
    }
    effort[week] = spent
  }

  private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, overflow) = one.addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The life is over, and so is its tenure, which `tenures` ends with.
  func end(_ tenures: [TenureFold.Row]) {
    guard let tenure = tenures.last, tenure.customer == life else { return }
    // Who was not there from the beginning, or is not there at the landmark, has nothing to say.
    let from = tenure.start + landmark
    let exit = tenure.end == TenureFold.absent ? Int32(dayTable.low + dayTable.count - 1) : tenure.end
    guard tenure.isRelationship, tenure.firstTouch <= tenure.start, exit > from else {
      handlers.removeLast(handlers.count - firstHandler)
      return
    }
    if saleDay != tenure.start {
      handlers.removeLast(handlers.count - firstHandler)
      acquirer = -1
    }
    rows.append(
      Row(
        tenure: Int32(tenures.count - 1), depth: Int32(deepDays.count { $0 <= from }),
        isAggrieved: aggrievedDay <= from, acquirer: acquirer,
        handlers: Int32(firstHandler)..<Int32(handlers.count), checked: checked, holding: held))
  }
}
