import KeptFormat
import KeptReplay

/// What we know of their circumstances and needs, and what became of the needs. Metrics S0.5, S0.6, S2.8.
///
/// A need is its `need_id`, else its subject. Example: of three needs stated, one was met after three days, one declined
/// with a reason, one waved off: need_ack_rate 2/3.
final class NeedTraits: TraitFold {
  static let family = FactFamily(
    name: "need traits", meaning: "a life",
    columns: [
      FactColumn(
        "circumstance_age_d", .count, unit: "days", "since something of their own life was noted",
        formula: "now − last circumstance.noted", seed: "S0.5", direction: "WE", highIsGood: false, requires: noted),
      FactColumn(
        "circumstance_stale", .flag, "whether what was noted last no longer holds, or may not",
        formula: "now > valid_until of the last one, or circumstance_age_d > traits.circumstance_days", seed: "S0.5",
        direction: "WE", highIsGood: false, requires: noted),
      FactColumn(
        "known_needs", .count, "different needs that they told us", formula: "needs of need.stated", seed: "S0.5",
        direction: "WE", highIsGood: true, requires: [stated]),
    ]
      + FactColumn.ratio(
        "need_ack_rate", "of the needs they told us, those that were answered in time",
        formula: "met, or declined with a reason, within traits.need_answer_days / stated, without those whose time runs",
        seed: "S0.6", direction: "WE", highIsGood: true, requires: [stated, ["need.met", "need.declined"]])
      + FactColumn.ratio(
        "unmet_long", "of their long-term needs, those that are not met", formula: "not met / stated with horizon long",
        seed: "S2.8", direction: "WE", highIsGood: false, requires: [stated, ["need.met"]]),
    needs: { _ in
      [
        FactNeed(noted[0], [.dataText("valid_until")]),
        FactNeed(stated + ["need.met"], [.dataText("need_id"), .text(.subject), .dataText("horizon")]),
        FactNeed(["need.declined"], [.dataText("need_id"), .text(.subject), .dataText("reason")]),
      ]
    },
    makeFold: { NeedTraits($0) })

  private static let noted = [["circumstance.noted"]]
  private static let stated = ["need.stated"]

  private struct Need {
    var statedAt: Instant
    var isLong: Bool
    var isMet = false
    var answeredAt = Instant.absentInstant
  }

  private enum Role { case noted, stated, met, declined }

  private let roles: [Role?]
  private let ids: FactField
  private let subjects: FactField
  private let horizons: FactField
  private let reasons: FactField
  private let validUntil: FactField
  private let calendar: DayReader

  private var keys = KeyTable()
  private var needs: [Need] = []
  /// Told under no name: known, but nobody could say that they were answered.
  private var nameless: Int64 = 0
  private var notedAt = Instant.absentInstant
  private var validTo = Instant.absentInstant

  private init(_ base: FactBase) {
    roles = base.kinds.map { kind in
      switch kind {
      case "circumstance.noted": .noted
      case "need.stated": .stated
      case "need.met": .met
      case "need.declined": .declined
      default: nil
      }
    }
    ids = base.reader(.dataText("need_id"))
    subjects = base.reader(.text(.subject))
    horizons = base.reader(.dataText("horizon"))
    reasons = base.reader(.dataText("reason"))
    validUntil = base.reader(.dataText("valid_until"))
    calendar = DayReader(calendar: base.dayTable.calendar)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    notedAt = .absentInstant
    validTo = .absentInstant
    nameless = 0
    if needs.isEmpty { return }
    keys.removeAll()
    needs.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let role = roles[touch.kind] else { return }
    if role == .noted {
      notedAt = touch.time
      validTo = validUntil.text(touch).map(calendar.instant) ?? .absentInstant
      return
    }
    guard let id = ids.text(touch) ?? subjects.text(touch) else {
      if role == .stated { nameless += 1 }
      return
    }
    if role == .stated {
      let isLong = horizons.says(touch, "long")
      if keys.insert(tag: 0, id).isNew { needs.append(Need(statedAt: touch.time, isLong: isLong)) }
      return
    }
    guard let index = keys.find(tag: 0, id) else { return }
    if role == .met { needs[index].isMet = true }
    if role == .met || reasons.text(touch) != nil { first(&needs[index].answeredAt, touch.time) }
  }

  override func close() {
    let age = age(notedAt)
    say(age)
    say(age.map { $0 > Int64(rules.circumstanceDays) || validTo != .absentInstant && validTo < asOf })
    say(Int64(needs.count) + nameless)
    var (answered, due, unmet, long): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
    for need in needs {
      let isInTime = need.answeredAt != .absentInstant && need.answeredAt - need.statedAt <= rules.needAnswer
      answered += isInTime ? 1 : 0
      due += isInTime || asOf - need.statedAt > rules.needAnswer ? 1 : 0
      long += need.isLong ? 1 : 0
      unmet += need.isLong && !need.isMet ? 1 : 0
    }
    say(answered, of: due)
    say(unmet, of: long)
  }
}
