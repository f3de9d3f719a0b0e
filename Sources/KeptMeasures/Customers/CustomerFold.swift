import KeptFormat
import KeptReplay

/// What is known of each customer, or account, at the as-of instant: one row a life.
final class CustomerFold {
  struct Row {
    /// The account in a replay of accounts.
    var customer: UInt32
    /// How many customers the touches of an account name.
    var people: Int64
    var account: UInt32
    var party: UInt32
    var firstAt: Instant
    var lastAt: Instant
    var touches: Int64
    var orders: Int64
    var ordersWithoutAmount: Int64
    /// `Int64.min`: not known.
    var revenue: Int64
    /// Local day of the last contact, or of a start where there was none; `Int.min`: neither.
    var lastContactDay: Int
    /// The personal limit of silence in days, metrics 3.4.
    var limit: Double
    /// Sources of their contacts: which of the sets of the fold's `SourceWatch`.
    var sources: Int
    /// Which of the rows of the fold's `PurchaseFold` is theirs; −1: they have none.
    var purchase: Int32
    var endedBy: RelationshipTurn.Party?
    /// P and N of each list.
    var sums: InlineArray<6, Double>
  }

  private let lapse: LapseRules
  private let contactMask: UInt8
  private let dayTable: DayTable
  private let asOf: Instant
  private let slots: FieldSlots
  private let affinity: Affinity
  private(set) var rows: [Row] = []
  /// By row, of accounts: the quarters at whose end only we gave love, see `ScoreHistory`.
  private(set) var oursOnly: [Int32] = []

  // The life being folded.
  private var row = CustomerFold.emptyRow
  private var lastDay = Int32.min
  private var gaps: [Int32] = []
  private var startDay = Int.min
  private var people: Set<UInt32> = []
  /// Whether touches say whose they are: in a replay of accounts.
  private let knowsPeople: Bool

  init(
    lapse: LapseRules, contactMask: UInt8, dayTable: DayTable, asOf: Instant, slots: FieldSlots,
    kindCount: Int, index: IndexRules
  ) {
    self.lapse = lapse
    self.contactMask = contactMask
    self.dayTable = dayTable
    self.asOf = asOf
    self.slots = slots
    affinity = Affinity(rules: index)
    knowsPeople = (0..<kindCount).contains { slots.slot($0, .customer) >= 0 }
  }

  private static let emptyRow = Row(
    customer: 0, people: 0, account: 0, party: 0, firstAt: .max, lastAt: .min, touches: 0, orders: 0, ordersWithoutAmount: 0,
    revenue: .min, lastContactDay: .min, limit: 0, sources: 0, purchase: -1, endedBy: nil, sums: InlineArray(repeating: 0))

  /// Whether the life being folded has any, and so a row.
  var hasTouches: Bool { row.touches > 0 }
  /// The first touch of that life.
  var firstAt: Instant { row.firstAt }

  func begin(customer: UInt32) {
    row = Self.emptyRow
    row.customer = customer
    lastDay = .min
    gaps.removeAll(keepingCapacity: true)
    startDay = .min
    people.removeAll(keepingCapacity: true)
  }

  func apply(_ chunk: borrowing Chunk, anyMask: UInt8) {
    let rows = chunk.rows
    for place in 0..<chunk.count where chunk.activity[place] & anyMask != 0 {
      row.touches += 1
      row.firstAt = min(row.firstAt, rows[place].time)
      row.lastAt = max(row.lastAt, rows[place].time)
      let kind = TouchClass.kind(rows[place].touchClass)
      let at = chunk.start + place
      let account = code(chunk.touches, at, kind, .account)
      if account != 0 { row.account = account }
      let party = code(chunk.touches, at, kind, .party)
      if party != 0 { row.party = party }
      if knowsPeople {
        let person = code(chunk.touches, at, kind, .customer)
        if person != 0 { people.insert(person) }
      }
      if chunk.activity[place] & contactMask != 0 {
        let day = chunk.days[place]
        if day != lastDay {
          if lastDay != .min { gaps.append(day - lastDay) }
          lastDay = day
        }
      }
    }
  }

  @inline(__always)
  private func code(_ touches: Touches, _ row: Int, _ kind: Int, _ field: TouchField) -> UInt32 {
    let slot = slots.slot(kind, field)
    return slot < 0 ? 0 : touches.code(row, slot)
  }

  func take(_ turn: RelationshipTurn) {
    if let party = turn.ended {
      if turn.effective <= asOf { row.endedBy = party }
    } else {
      row.endedBy = nil
      startDay = dayTable.day(of: turn.time)
    }
  }

  func end(
    _ totals: (orders: Int64, withoutAmount: Int64, revenue: Int64?), _ scores: ScoreFold, sources: Int, purchase: Int?
  ) {
    guard row.touches > 0 else { return }
    row.people = Int64(people.count)
    if knowsPeople, let history = scores.history {
      let month = dayTable.bucket(.month, of: asOf) - 1
      oursOnly.append(Int32(history.quartersOursOnly(affinity, lastMonth: Int32(month))))
    }
    row.orders = totals.orders
    row.ordersWithoutAmount = totals.withoutAmount
    row.revenue = totals.revenue ?? .min
    row.lastContactDay = lastDay == .min ? startDay : dayTable.low + Int(lastDay)
    row.limit = Self.limit(&gaps, lapse)
    row.sources = sources
    row.purchase = Int32(purchase ?? -1)
    for list in SignalList.allCases {
      row.sums[list.index * 2] = scores.sum(list, negative: false)
      row.sums[list.index * 2 + 1] = scores.sum(list, negative: true)
    }
    rows.append(row)
  }

  /// clamp((n·q + weight·D) / (n + weight), min, max), q being the type 7 quantile of the customer's own gaps in days.
  static func limit(_ gaps: inout [Int32], _ lapse: LapseRules) -> Double {
    let n = Double(gaps.count)
    var own = 0.0
    if !gaps.isEmpty {
      gaps.sort()
      let place = (n - 1) * lapse.quantile
      let below = Int(place)
      let above = min(below + 1, gaps.count - 1)
      own = Double(gaps[below]) + (place - Double(below)) * Double(gaps[above] - gaps[below])
    }
    var mixed = (n * own + lapse.weight * lapse.days) / (n + lapse.weight)
    // A whole number of days stays one: the last bit of a quotient may not add a day.
    if abs(mixed - mixed.rounded()) < 1e-9 { mixed.round() }
    return max(lapse.minDays, min(lapse.maxDays, mixed))
  }
}
