import KeptFormat
import KeptReplay

/// Whether more good than bad is told of us by the people of an account. Metrics 3.12, S1.5.
///
/// Each of them counts once, by their last rating of late; without one by what they last said they felt. Example: 41
/// satisfied, 19 dissatisfied: ratio 2.16, balance 41 − 2.5 · 19 = −6.5, unclear.
final class WordTraits: TraitFold {
  static let family = FactFamily(
    name: "word traits", meaning: "a life",
    columns: FactColumn.ratio(
      "wom_ratio", unit: ColumnUnit.each, "people satisfied with us of late for each who is dissatisfied",
      formula: "satisfied / dissatisfied, by their last rating within traits.window_days", seed: "S1.5",
      direction: "THEY", highIsGood: true, requires: opinions)
      + [
        FactColumn(
          "wom_balance", .number, unit: "customers", "how far that is above break-even; NULL where nobody has an opinion",
          formula: "satisfied − word_of_mouth.break_even · dissatisfied", seed: "S1.5", direction: "THEY",
          highIsGood: true, requires: opinions),
        FactColumn(
          "wom_state", .word, "above or below break-even, or unclear; NULL where nobody has an opinion",
          formula: "Wilson(satisfied, with an opinion) above or below break_even / (1 + break_even)", seed: "S1.5",
          direction: "THEY", requires: opinions),
      ],
    needs: { rules in
      rules.ratings.kinds.map { FactNeed([$0], RatingReader.fields($0) + [.customer]) } + [
        FactNeed(rules.wordOfMouth.emotions, [.dataText("level"), .dataText("heard_from"), .customer])
      ]
    },
    makeFold: { WordTraits($0) })

  private static let opinions = [["survey.answered", "emotion.expressed"]]

  private enum Mood { case satisfied, dissatisfied, neutral }

  private let isRating: [Bool]
  private let people: FactField
  private let levels: FactField
  private let heardFrom: FactField
  private let rating: RatingReader
  private let words: WordOfMouthRules
  private let start: Instant

  private var rated: [UInt32: Mood] = [:]
  private var felt: [UInt32: Mood] = [:]

  private init(_ base: FactBase) {
    isRating = base.kinds.map(base.rulebook.ratings.kinds.contains)
    people = base.reader(.customer)
    levels = base.reader(.dataText("level"))
    heardFrom = base.reader(.dataText("heard_from"))
    rating = base.rating
    words = base.rulebook.wordOfMouth
    start = base.start(daysAgo: base.rulebook.traits.windowDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    rated.removeAll(keepingCapacity: true)
    felt.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let person = people.code(touch)
    guard person != 0, touch.time >= start else { return }
    if isRating[touch.kind] {
      guard case .rating(let share, let instrument) = rating.read(touch), instrument.countsForWordOfMouth else { return }
      rated[person] =
        share >= instrument.satisfied ? .satisfied : share <= instrument.dissatisfied ? .dissatisfied : .neutral
    } else if heardFrom.says(touch, "customer_words"), let level = levels.text(touch) {
      if words.satisfied.contains(where: { level.elementsEqual($0.utf8) }) { felt[person] = .satisfied }
      if words.dissatisfied.contains(where: { level.elementsEqual($0.utf8) }) { felt[person] = .dissatisfied }
    }
  }

  override func close() {
    var good: Int64 = 0
    var bad: Int64 = 0
    // Counted, so that the order in which they come does not matter.
    for (_, mood) in felt.merging(rated, uniquingKeysWith: { $1 }) {
      if mood == .satisfied { good += 1 }
      if mood == .dissatisfied { bad += 1 }
    }
    say(good, of: bad)
    let balance = Double(good) - words.breakEven * Double(bad)
    say(good + bad == 0 ? nil : Int64((balance * 1_000_000).rounded()))
    say(WordOfMouthTable.state(good, bad, breakEven: words.breakEven).map { rows.text(word: $0) })
  }
}
