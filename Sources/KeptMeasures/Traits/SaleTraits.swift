import KeptFormat
import KeptReplay

/// Whether we are still there once they have bought. Metrics S1.15, S3.5, S4.9, S4.10.
///
/// The sale is their first order. Example: six touches of ours in the 60 days before it and one in the 90 days from the
/// 90th after it on: honeymoon_before 3.0 a month, honeymoon_after 0.33, honeymoon_drop 2.67.
final class SaleTraits: TraitFold {
  static let family = FactFamily(
    name: "sale traits", meaning: "a life",
    columns: [
      rate(
        "honeymoon_before", "touches of ours in 30 days while they were being won",
        "outbound in (−traits.honeymoon.before_days, 0] around the first order, per 30 d", true),
      rate(
        "honeymoon_after", "touches of ours in 30 days once the sale was long made",
        "outbound in traits.honeymoon.after_days after the first order, per 30 d", true),
      rate(
        "honeymoon_drop", "how many fewer touches in 30 days they get since; NULL while that time is not over",
        "honeymoon_before − honeymoon_after", false),
      rate(
        "honeymoon_points_before", "what those of honeymoon_before said of how into them we are, in points",
        "Σ points of both WE lists, per 30 d", true),
      rate(
        "honeymoon_points_after", "what those of honeymoon_after said of it, in points",
        "Σ points of both WE lists, per 30 d", true),
    ]
      + FactColumn.ratio(
        "after_sale_share", "of the touches of ours around the sale, those after it; NULL while that time is not over",
        formula: "outbound in (0, traits.sale_days] / outbound in (−traits.sale_days, traits.sale_days]", seed: "S4.10",
        direction: "WE", highIsGood: true, requires: ordered)
      + [
        FactColumn(
          "sale_to_next_h", .hours, "from the sale to our next touch that is no administration; NULL: none yet",
          formula: "first outbound after the first order, purpose not admin − the order", seed: "S4.10",
          direction: "WE", highIsGood: false, requires: ordered),
        FactColumn(
          "seller_engaged_d", .days, "how long after the sale whoever won them was still in touch",
          formula: "last touch of relationship.started.acquirer_agent − the first order", seed: "S4.9",
          direction: "WE", highIsGood: true, requires: ordered + [["relationship.started"]]),
      ],
    takesChunks: true, readsPoints: true,
    needs: { rules in
      [
        FactNeed(nil, [.text(.agent), .dataText("purpose")], isHeard: false),
        FactNeed(["relationship.started"], [.dataText("acquirer_agent")], isHeard: false),
      ]
    },
    makeFold: { SaleTraits($0) })

  private static let ordered = [["order.placed"]]

  private static func rate(_ name: String, _ meaning: String, _ formula: String, _ good: Bool) -> FactColumn {
    FactColumn(
      name, .number, unit: "in 30 days", meaning, formula: formula, seed: "S3.5", direction: "WE", highIsGood: good,
      requires: ordered)
  }

  private let isOrder: [Bool]
  private let agents: FactField
  private let purposes: FactField
  private let acquirers: FactField
  private let code: (String) -> UInt32

  /// How far back touches before a sale are asked for.
  private let longestBefore: Int64

  /// When ours touched them before the sale, from `beforeStart` on as far back as anything asks.
  private var before: [(time: Instant, points: Int64)] = []
  private var beforeStart = 0
  private var soldAt = Instant.absentInstant
  private var soonAfter: Int64 = 0
  private var lateAfter: Int64 = 0
  private var pointsAfter: Int64 = 0
  private var nextAt = Instant.absentInstant
  private var acquirer: UInt32 = 0
  /// The last touch with the acquirer.
  private var acquirerAt = Instant.absentInstant

  private init(_ base: FactBase) {
    isOrder = base.kinds.map(base.rulebook.orders.placed.contains)
    agents = base.reader(.text(.agent))
    purposes = base.reader(.dataText("purpose"))
    acquirers = base.reader(.dataText("acquirer_agent"))
    code = base.code
    longestBefore = max(base.rulebook.traits.honeymoonBefore, base.rulebook.traits.sale)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    before.removeAll(keepingCapacity: true)
    beforeStart = 0
    soldAt = .absentInstant
    soonAfter = 0
    lateAfter = 0
    pointsAfter = 0
    nextAt = .absentInstant
    acquirer = 0
    acquirerAt = .absentInstant
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      let touch = chunk.touch(row)
      if acquirer == 0, let name = acquirers.text(touch) { acquirer = code(String(decoding: name, as: UTF8.self)) }
      if acquirer != 0, agents.code(touch) == acquirer { acquirerAt = touch.time }
      if soldAt == .absentInstant, isOrder[touch.kind] { soldAt = touch.time }
      if chunk.direction(row) == .out { reached(touch, chunk.points[row]) }
    }
  }

  private func reached(_ touch: Touch, _ points: Int64) {
    let age = soldAt == .absentInstant ? 0 : touch.time - soldAt
    if age == 0 { remember(touch.time, points) }
    if soldAt == .absentInstant { return }
    if age > 0, age <= rules.sale { soonAfter += 1 }
    if age > rules.honeymoonAfter.lower, age <= rules.honeymoonAfter.upper {
      lateAfter += 1
      pointsAfter += points
    }
    if nextAt == .absentInstant, !purposes.says(touch, "admin") { nextAt = touch.time }
  }

  private func remember(_ time: Instant, _ points: Int64) {
    before.append((time, points))
    while time - before[beforeStart].time >= longestBefore { beforeStart += 1 }
    if beforeStart >= 256, beforeStart * 2 >= before.count {
      before.removeFirst(beforeStart)
      beforeStart = 0
    }
  }

  override func close() {
    guard soldAt != .absentInstant else {
      sayNothing(Self.family.columns.count)
      return
    }
    let isOver = asOf - soldAt >= rules.honeymoonAfter.upper
    let won = touches(before: rules.honeymoonBefore)
    let length = rules.honeymoonAfter.upper - rules.honeymoonAfter.lower
    let first = Self.per30Days(won.count * 1_000_000, rules.honeymoonBefore)
    let later = Self.per30Days(lateAfter * 1_000_000, length)
    say(first)
    say(isOver ? later : nil)
    say(isOver ? first - later : nil)
    say(Self.per30Days(won.points, rules.honeymoonBefore))
    say(isOver ? Self.per30Days(pointsAfter, length) : nil)
    if asOf - soldAt >= rules.sale {
      say(soonAfter, of: soonAfter + touches(before: rules.sale).count)
    } else {
      sayNothing(3)
    }
    say(nextAt == .absentInstant ? nil : nextAt - soldAt)
    say(acquirerAt == .absentInstant ? nil : max(0, acquirerAt - soldAt))
  }

  /// Touches of ours in the span up to the sale, and what they said.
  private func touches(before span: Int64) -> (count: Int64, points: Int64) {
    var (count, points): (Int64, Int64) = (0, 0)
    for touch in before[beforeStart...].reversed() {
      if soldAt - touch.time >= span { break }
      count += 1
      points += touch.points
    }
    return (count, points)
  }

  /// Of a number × 10⁶ in a span.
  private static func per30Days(_ micros: Int64, _ span: Int64) -> Int64 {
    Int64((Double(micros) * 30 * Double(Rulebook.day) / Double(span)).rounded())
  }
}
