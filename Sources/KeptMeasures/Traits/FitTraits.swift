import KeptFormat
import KeptReplay

/// How well our skills fit their needs, and how they serve those who are their customers. Metrics S2.7, S2.12.
///
/// Example: the last assessment says score .55, requires four skills of which we have three, and −1 of how they treat
/// their own: fit 0.55, skill_gap 1/4, their_clients −1.
final class FitTraits: TraitFold {
  static let family = FactFamily(
    name: "fit traits", meaning: "a life",
    columns: [
      FactColumn(
        "fit", .number, unit: "0 … 1",
        "how well their needs and our skills fit, as assessed last; without a score the skills we have",
        formula: "score of the last fit.assessed, else 1 − skill_gap", seed: "S2.7", direction: "NEI",
        highIsGood: true, requires: assessed)
    ]
      + FactColumn.ratio(
        "skill_gap", "of the skills they need, as assessed last, those that we lack",
        formula: "required_skills not among held_skills / required_skills", seed: "S2.7", direction: "NEI",
        highIsGood: false, requires: assessed)
      + [
        FactColumn(
          "their_clients", .number, unit: "−1 … 1", "how well they serve their own customers, as assessed last: −1, 0 or 1",
          formula: "last their_clients_signal of fit.assessed", seed: "S2.12", direction: "NEI", highIsGood: true,
          requires: assessed),
        FactColumn(
          "their_clients_age_d", .count, unit: "days", "since that was assessed", formula: "now − that assessment",
          seed: "S2.12", direction: "NEI", requires: assessed),
      ],
    needs: { _ in
      [
        FactNeed(
          assessed[0],
          [
            .score, .dataText("required_skills"), .dataText("held_skills"), .dataNumber("their_clients_signal"),
          ])
      ]
    },
    makeFold: { FitTraits($0) })

  private static let assessed = [["fit.assessed"]]

  private let scores: FactField
  private let required: FactField
  private let held: FactField
  private let signals: FactField

  private var score: Int64?
  private var skills: (missing: Int64, required: Int64) = (0, 0)
  private var signal: Int64?
  private var signalAt = Instant.absentInstant

  private init(_ base: FactBase) {
    scores = base.reader(.score)
    required = base.reader(.dataText("required_skills"))
    held = base.reader(.dataText("held_skills"))
    signals = base.reader(.dataNumber("their_clients_signal"))
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    score = nil
    skills = (0, 0)
    signal = nil
    signalAt = .absentInstant
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if let number = signals.number(touch) {
      signal = number
      signalAt = touch.time
    }
    let needed = required.text(touch).map(Self.words) ?? []
    let own = held.text(touch).map(Self.words) ?? []
    if held.text(touch) != nil, !needed.isEmpty {
      skills = (Int64(needed.subtracting(own).count), Int64(needed.count))
    } else if scores.number(touch) != nil {
      skills = (0, 0)
    }
    if let number = scores.number(touch) {
      score = number
    } else if skills.required > 0 {
      score = (skills.required - skills.missing) * 1_000_000 / skills.required
    }
  }

  /// The different texts of a list in canonical JSON; a lone text is one.
  private static func words(_ text: UnsafeRawBufferPointer) -> Set<String> {
    guard let list = try? JSONValue.parse(Array(text)).array else { return [String(decoding: text, as: UTF8.self)] }
    return Set(list.compactMap(\.string))
  }

  override func close() {
    say(score)
    say(skills.missing, of: skills.required)
    say(signal)
    say(age(signalAt))
  }
}
