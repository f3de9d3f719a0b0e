import KeptFormat
import KeptReplay

/// What we gave unasked, what we asked for, and what they gave back. Metrics S0.3, S0.9, S0.13, S2.14, S3.9.
///
/// Example: since 90 days ago three times care was given, once unprompted, and nine times something was asked for:
/// give_ask 3/12, proactive_care 1.
final class CareTraits: TraitFold {
  static let family = FactFamily(
    name: "care traits", meaning: "a life",
    columns: [
      FactColumn(
        "first_care_lag_h", .hours, "from the beginning of the relationship to the first care since; NULL: none yet",
        formula: "first care.given at or after the first relationship.started − that", seed: "S0.3", direction: "WE",
        highIsGood: false, requires: [["relationship.started"], given])
    ]
      + FactColumn.ratio(
        "give_ask", "of what we gave and asked for of late, the part that we gave",
        formula: "care.given / (care.given + ask.made), traits.window_days", seed: "S0.9", direction: "WE",
        highIsGood: true, requires: [given + ["ask.made"]])
      + [
        FactColumn(
          "proactive_care", .count,
          "how often of late we looked for a way to care; NULL where no care says whether it was asked for",
          formula: "care.given with prompted false, not to sell, traits.window_days", seed: "S0.13", direction: "WE",
          highIsGood: true, requires: [given]),
        FactColumn(
          "effort_gap_d", .count, unit: "days",
          "the longest time without care that nobody had asked for, up to now; NULL as proactive_care",
          formula: "longest of first touch or traits.year_days ago → first such care, between two, last → now",
          seed: "S3.9", direction: "WE", highIsGood: false, requires: [given]),
      ]
      + FactColumn.ratio(
        "reciprocity", unit: ColumnUnit.each, "their gifts of late for each of ours",
        formula: "(thanks.given + referral.made + survey.answered) / care.given, traits.window_days", seed: "S2.14",
        direction: "THEY", highIsGood: true, requires: [given]),
    needs: { _ in
      [
        FactNeed(given, [.dataNumber("prompted"), .dataText("purpose")]),
        FactNeed(["ask.made", "relationship.started"] + gifts, []),
      ]
    },
    makeFold: { CareTraits($0) })

  private static let given = ["care.given"]
  private static let gifts = ["thanks.given", "referral.made", "survey.answered"]

  private enum Role { case given, asked, started, gift }

  private let roles: [Role?]
  private let prompted: FactField
  private let purposes: FactField
  private let windowStart: Instant
  private let yearStart: Instant

  private var startedAt = Instant.absentInstant
  private var caredAt = Instant.absentInstant
  private var care: Int64 = 0
  private var asks: Int64 = 0
  private var gifts: Int64 = 0
  private var unprompted: Int64 = 0
  /// Whether any care was given at all, and whether any said what prompted it.
  private var isCaredFor = false
  private var saysPrompted = false
  /// The last unprompted care within a year, and the longest time between two such.
  private var unpromptedAt = Instant.absentInstant
  private var firstUnpromptedAt = Instant.absentInstant
  private var longestGap = 0

  private init(_ base: FactBase) {
    roles = base.kinds.map { kind in
      switch kind {
      case "care.given": .given
      case "ask.made": .asked
      case "relationship.started": .started
      default: Self.gifts.contains(kind) ? .gift : nil
      }
    }
    prompted = base.reader(.dataNumber("prompted"))
    purposes = base.reader(.dataText("purpose"))
    windowStart = base.start(daysAgo: base.rulebook.traits.windowDays)
    yearStart = base.start(daysAgo: base.rulebook.traits.yearDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    startedAt = .absentInstant
    caredAt = .absentInstant
    care = 0
    asks = 0
    gifts = 0
    unprompted = 0
    isCaredFor = false
    saysPrompted = false
    unpromptedAt = .absentInstant
    firstUnpromptedAt = .absentInstant
    longestGap = 0
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let isOfLate = touch.time >= windowStart
    switch roles[touch.kind] {
    case .given: gave(touch, isOfLate)
    case .asked: asks += isOfLate ? 1 : 0
    case .started: first(&startedAt, touch.time)
    case .gift: gifts += isOfLate ? 1 : 0
    case nil: break
    }
  }

  private func gave(_ touch: Touch, _ isOfLate: Bool) {
    isCaredFor = true
    care += isOfLate ? 1 : 0
    if startedAt != .absentInstant { first(&caredAt, touch.time) }
    guard let isPrompted = prompted.flag(touch) else { return }
    saysPrompted = true
    if isPrompted || purposes.says(touch, "sell") { return }
    unprompted += isOfLate ? 1 : 0
    guard touch.time >= yearStart else { return }
    first(&firstUnpromptedAt, touch.time)
    if unpromptedAt != .absentInstant { longestGap = max(longestGap, days(from: unpromptedAt, to: touch.time)) }
    unpromptedAt = touch.time
  }

  private func days(from start: Instant, to end: Instant) -> Int { dayTable.day(of: end) - dayTable.day(of: start) }

  override func close() {
    let isKnown = saysPrompted || !isCaredFor
    say(caredAt == .absentInstant ? nil : caredAt - startedAt)
    say(care, of: care + asks)
    say(isKnown ? unprompted : nil)
    let from = max(firstAt, yearStart)
    let gap =
      unpromptedAt == .absentInstant
      ? days(from: from, to: asOf)
      : max(longestGap, days(from: from, to: firstUnpromptedAt), days(from: unpromptedAt, to: asOf))
    say(isKnown ? Int64(gap) : nil)
    say(gifts, of: care)
  }
}
