import KeptFormat
import KeptReplay

/// Care that was given, and whether anything came back: thanks, a referral, a good word or a good mark. Metrics S2.20.
final class CareAnswerFacts: FactFold {
  private enum Column: Int, CaseIterable { case given_at, returned_after }

  static let family = FactFamily(
    name: "care_answers", meaning: "care that was given",
    columns: [
      FactColumn("given_at", .instant, isNullable: false, "when"),
      FactColumn("returned_after", .days, "until the first gift of theirs; NULL: none yet"),
    ],
    needs: { rules in
      [FactNeed([care], PlaceReader.fields), FactNeed(["mention.posted"], [.dataNumber("valence")]), FactNeed(gifts, [])]
        + rules.ratings.kinds.map { FactNeed([$0], RatingReader.fields($0)) }
    },
    makeFold: { CareAnswerFacts($0) })

  private static let care = "care.given"
  /// What is a gift by itself.
  private static let gifts = ["thanks.given", "referral.made"]

  private enum Role { case care, gift, mention, rating, other }

  private let roles: [Role]
  private let valences: FactField
  private let rating: RatingReader
  private var given: [(at: Instant, place: FactPlace, returnedAt: Instant)] = []
  /// Care before this place in `given` was answered.
  private var answered = 0

  private init(_ base: FactBase) {
    let ratings = base.rulebook.ratings.kinds
    roles = base.kinds.map { kind in
      if kind == Self.care { return .care }
      if Self.gifts.contains(kind) { return .gift }
      if kind == "mention.posted" { return .mention }
      return ratings.contains(kind) ? .rating : .other
    }
    valences = base.reader(.dataNumber("valence"))
    rating = base.rating
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    given.removeAll(keepingCapacity: true)
    answered = 0
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    switch roles[touch.kind] {
    case .care:
      var place = FactPlace()
      note(touch, &place)
      given.append((touch.time, place, .absentInstant))
    case .gift: answer(touch.time)
    case .mention: if (valences.number(touch) ?? 0) > 0 { answer(touch.time) }
    case .rating:
      if case .rating(let share, let instrument) = rating.read(touch), share >= instrument.satisfied { answer(touch.time) }
    case .other: break
    }
  }

  private func answer(_ time: Instant) {
    for index in answered..<given.count { given[index].returnedAt = time }
    answered = given.count
  }

  override func end(customer: UInt32) {
    for care in given {
      let after = care.returnedAt == .absentInstant ? FactRows.absent : care.returnedAt - care.at
      append([care.at, after], care.place, customer: customer)
    }
  }
}
