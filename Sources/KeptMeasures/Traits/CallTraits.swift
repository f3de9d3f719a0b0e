import KeptFormat
import KeptReplay

/// How long we kept a customer waiting on the telephone, and whether a person was there. Metrics S3.1, S3.3.
final class CallTraits: TraitFold {
  static let family = FactFamily(
    name: "call traits", meaning: "a life",
    columns: [
      FactColumn(
        "hold_min", .number, unit: "minutes", "minutes waited and held in calls, abandoned ones among them",
        formula: "Σ (wait_s + hold_s) / 60", seed: "S3.1", direction: "WE", highIsGood: false, requires: calls),
      FactColumn(
        "hollow_apologies", .count, "apologies for keeping them on the line, made while they were kept on it",
        formula: "Σ apologies of calls", seed: "S3.1", direction: "WE", highIsGood: false, requires: calls),
    ]
      + FactColumn.ratio(
        "human_reached", "of the calls that say so, those that reached a person",
        formula: "human_reached / calls that say whether", seed: "S3.3", direction: "WE", highIsGood: true,
        requires: calls),
    needs: { _ in
      [
        FactNeed(
          calls[0],
          [
            .dataNumber("wait_s"), .dataNumber("hold_s"), .dataNumber("apologies"), .dataNumber("human_reached"),
          ])
      ]
    },
    makeFold: { CallTraits($0) })

  private static let calls = [["call.handled"]]

  private let waits: FactField
  private let holds: FactField
  private let apologies: FactField
  private let humans: FactField
  /// Microseconds; nil: no call said how long.
  private var waited: Int64?
  private var sorry: Int64?
  private var reached: (yes: Int64, of: Int64) = (0, 0)

  private init(_ base: FactBase) {
    waits = base.reader(.dataNumber("wait_s"))
    holds = base.reader(.dataNumber("hold_s"))
    apologies = base.reader(.dataNumber("apologies"))
    humans = base.reader(.dataNumber("human_reached"))
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    waited = nil
    sorry = nil
    reached = (0, 0)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    // Seconds × 10⁶ are microseconds.
    for time in [waits.number(touch), holds.number(touch)] {
      if let time { waited = (waited ?? 0) + time }
    }
    if let count = apologies.number(touch) { sorry = (sorry ?? 0) + count / 1_000_000 }
    if let isHuman = humans.flag(touch) { reached = (reached.yes + (isHuman ? 1 : 0), reached.of + 1) }
  }

  override func close() {
    say(waited.map { $0 / 60 })
    say(sorry)
    say(reached.yes, of: reached.of)
  }
}
