import KeptFormat
import KeptReplay

/// What they say of how we treat them, whether we told them the truth, and whether they speak of leaving. Metrics S2.2,
/// S3.3, S3.17, S3.19, S3.23.
///
/// Example: five answers on respect, two of them 4 or 5 of 5: respect 2/5.
final class FeelingTraits: TraitFold {
  private enum Place { static let keepMinutes = 2, neverWellServed = 3 }

  static let family = FactFamily(
    name: "feeling traits", meaning: "a life",
    columns: [
      FactColumn(
        "ratings", .count, "ratings they gave that count for word of mouth", formula: "usable survey.answered",
        seed: "S2.2", direction: "NEI", requires: [answered]),
      FactColumn(
        "ratings_satisfied", .count, "those of them that say satisfied",
        formula: "ratings from ratings.instruments.….satisfied on", seed: "S2.2", direction: "THEY", highIsGood: true,
        requires: [answered]),
      FactColumn(
        "keep_minutes", .number, unit: "minutes", "time we spent on keeping them",
        formula: "Σ minutes of effort.spent on keep that name them", seed: "S2.2", direction: "WE",
        requires: [["effort.spent"]]),
      FactColumn(
        "never_well_served", .flag, "known long, rated often, never satisfied, and not for want of trying",
        formula: "known for traits.never_well_served.days, its count of ratings, none satisfied, and keep_minutes at "
          + "least the median of the customers who had any", seed: "S2.2", direction: "NEI", highIsGood: false,
        requires: [answered, ["effort.spent"]]),
    ]
      + FactColumn.ratio(
        "respect", "of their answers on respect, those that say they were met with it",
        formula: "respect from ratings.instruments.respect.satisfied on / answers", seed: "S3.3", direction: "THEY",
        highIsGood: true, requires: [answered])
      + FactColumn.ratio(
        "ease", of: .number, unit: "0 … 1", parts: ("0 … 1", ColumnUnit.count), "how easy they say it was, 0 to 1",
        formula: "mean of ease and ces, rescaled 0 … 1",
        seed: "S3.23", direction: "THEY", highIsGood: true, requires: [answered])
      + FactColumn.ratio(
        "enjoyment", of: .number, unit: "0 … 1", parts: ("0 … 1", ColumnUnit.count),
        "how enjoyable they say it was, 0 to 1", formula: "mean of enjoyment, rescaled 0 … 1",
        seed: "S3.23", direction: "THEY", highIsGood: true, requires: [answered])
      + [
        FactColumn(
          "untruths", .count, "what we told them within a year that was not so, and promises of ours that were broken",
          formula: "statement.contradicted in measures.untruths + promise.broken by us, traits.year_days",
          seed: "S3.17", direction: "WE", highIsGood: false, requires: [["statement.contradicted", "promise.broken"]]),
        FactColumn(
          "leave_signal", .count, "how often of late leaving for somebody else was spoken of",
          formula: "competitor.mentioned with intent leaving, traits.window_days", seed: "S3.19", direction: "THEY",
          highIsGood: false, requires: [["competitor.mentioned"]]),
      ],
    needs: { rules in
      [
        FactNeed(
          answered, [.score, .dataText("instrument"), .dataNumber("scale_min"), .dataNumber("scale_max"), .text(.source)]),
        FactNeed(["effort.spent"], [.dataText("effort"), .dataNumber("minutes")]),
        FactNeed(["statement.contradicted"], [.dataText("contradiction")]),
        FactNeed(["promise.broken"], [.dataText("by")]),
        FactNeed(["competitor.mentioned"], [.dataText("intent")]),
      ]
    },
    makeFold: { FeelingTraits($0) },
    settle: { folds, lives in settle(folds.map { $0 as! FeelingTraits }, lives) })

  private static let answered = ["survey.answered"]

  private let isAnswer: [Bool]
  private let rating: RatingReader
  private let untruthWords: [[UInt8]]
  private let instruments: FactField
  private let efforts: FactField
  private let minutes: FactField
  private let contradictions: FactField
  private let by: FactField
  private let intents: FactField
  private let windowStart: Instant
  private let yearStart: Instant

  private struct Answers {
    /// Σ of ratings rescaled 0 … 10⁶, and how many.
    var sum: Int64 = 0
    var count: Int64 = 0
    var satisfied: Int64 = 0
  }

  private var all = Answers()
  private var respect = Answers()
  private var ease = Answers()
  private var enjoyment = Answers()
  /// Minutes × 10⁶; nil: none recorded.
  private var kept: Int64?
  private var untruths: Int64 = 0
  private var leaving: Int64 = 0

  private init(_ base: FactBase) {
    isAnswer = base.kinds.map(Self.answered.contains)
    rating = base.rating
    untruthWords = base.rulebook.counting.untruths.map { Array($0.utf8) }
    instruments = base.reader(.dataText("instrument"))
    efforts = base.reader(.dataText("effort"))
    minutes = base.reader(.dataNumber("minutes"))
    contradictions = base.reader(.dataText("contradiction"))
    by = base.reader(.dataText("by"))
    intents = base.reader(.dataText("intent"))
    windowStart = base.start(daysAgo: base.rulebook.traits.windowDays)
    yearStart = base.start(daysAgo: base.rulebook.traits.yearDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    all = Answers()
    respect = Answers()
    ease = Answers()
    enjoyment = Answers()
    kept = nil
    untruths = 0
    leaving = 0
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if isAnswer[touch.kind] { return answered(touch) }
    if efforts.says(touch, "keep"), let spent = minutes.number(touch) { kept = (kept ?? 0) + spent }
    if touch.time >= windowStart, intents.says(touch, "leaving") { leaving += 1 }
    guard touch.time >= yearStart else { return }
    if by.says(touch, "us") { untruths += 1 }
    if let said = contradictions.text(touch), untruthWords.contains(where: said.elementsEqual) { untruths += 1 }
  }

  private func answered(_ touch: Touch) {
    guard case .rating(let share, let instrument) = rating.read(touch) else { return }
    func add(to answers: inout Answers) {
      answers.sum += share
      answers.count += 1
      answers.satisfied += share >= instrument.satisfied ? 1 : 0
    }
    if instrument.countsForWordOfMouth { add(to: &all) }
    if instruments.says(touch, "respect") { add(to: &respect) }
    if instruments.says(touch, "ease") || instruments.says(touch, "ces") { add(to: &ease) }
    if instruments.says(touch, "enjoyment") { add(to: &enjoyment) }
  }

  override func close() {
    say(all.count)
    say(all.satisfied)
    say(kept)
    // Until `settle` knows the median of all: whether everything else is so.
    let known = dayTable.day(of: asOf) - dayTable.day(of: firstAt)
    say(known >= rules.neverServedDays && all.count >= Int64(rules.neverServedRatings) && all.satisfied == 0)
    say(respect.satisfied, of: respect.count)
    say(ease.sum, of: ease.count * 1_000_000)
    say(enjoyment.sum, of: enjoyment.count * 1_000_000)
    say(untruths)
    say(leaving)
  }

  private static func settle(_ folds: [FeelingTraits], _ lives: LifeContext) {
    var efforts = folds.flatMap { fold in
      fold.rows.customers.indices.map { fold.rows.word($0, Place.keepMinutes) }.filter { $0 != FactRows.absent }
    }
    let least = median(&efforts) ?? .max
    for fold in folds {
      for row in fold.rows.customers.indices where fold.rows.word(row, Place.neverWellServed) == 1 {
        if lives.isPartial {
          fold.rows.set(row, Place.neverWellServed, FactRows.absent)
        } else if fold.rows.word(row, Place.keepMinutes) < least {
          fold.rows.set(row, Place.neverWellServed, 0)
        }
      }
    }
  }
}
