import KeptFormat
import KeptReplay

/// What they put on us: chaos, missed meetings, broken promises, late payment. Metrics S2.11.
///
/// Example: today one abuse (2) and one missed meeting (1) among twenty touches, all of today: burden 15 a hundred.
final class BurdenTraits: TraitFold {
  static let family = FactFamily(
    name: "burden traits", meaning: "a life",
    columns: FactColumn.ratio(
      "burden", of: .number, scale: 100, unit: "of 100", parts: ("weighed touches", "faded touches"),
      "what they put on us in a hundred touches, weighed, and both faded by age",
      formula: "100 · Σ traits.burden weights of burden.imposed, meeting.missed by them, promise.broken by them, "
        + "payments late by norms.paid_late_days / touches", seed: "S2.11", direction: "THEY", highIsGood: false,
      requires: [kinds])
      + [
        FactColumn(
          "burden_reporters", .count, "how many of ours reported a burden within a year",
          formula: "different reported_by of burden.imposed, traits.year_days", seed: "S2.11", direction: "THEY",
          highIsGood: false, requires: reported),
        FactColumn(
          "burden_flag", .flag, "whether enough of ours did to call them a burden: one of us alone may be the reason",
          formula: "burden_reporters ≥ traits.burden.reporters", seed: "S2.11", direction: "THEY", highIsGood: false,
          requires: reported),
      ],
    takesChunks: true,
    needs: { _ in
      [
        FactNeed(reported[0], [.dataText("burden"), .dataText("reported_by")]),
        FactNeed(["meeting.missed"], [.dataText("missed_by")]), FactNeed(["promise.broken", "payment.received"], []),
      ]
    },
    makeFold: { BurdenTraits($0) })

  private static let kinds = ["burden.imposed", "meeting.missed", "promise.broken", "payment.received"]
  private static let reported = [["burden.imposed"]]

  /// By kind code: the place in `kinds`.
  private let roles: [Int]
  private let burdens: FactField
  private let reporters: FactField
  private let missedBy: FactField
  private let yearStart: Instant
  private let decay = Decay()
  /// 256 / half-life in microseconds.
  private let steps: Double

  /// In units of 2⁻³²: what was put on us, and touches, faded by age.
  private var weight: Int64 = 0
  private var touches: Int64 = 0
  private var names = KeyTable()

  private init(_ base: FactBase) {
    roles = base.indices(of: Self.kinds)
    burdens = base.reader(.dataText("burden"))
    reporters = base.reader(.dataText("reported_by"))
    missedBy = base.reader(.dataText("missed_by"))
    yearStart = base.start(daysAgo: base.rulebook.traits.yearDays)
    steps = Decay.stepsPerHalving / Double(base.rulebook.traits.burden.halfLife)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    weight = 0
    touches = 0
    names.removeAll()
  }

  override func apply(_ chunk: borrowing Chunk) {
    let powers = decay.pointer
    var sum: Int64 = 0
    for row in 0..<chunk.count where chunk.isTouch(row) {
      // No touch is later than the as-of instant.
      sum &+= Decay.rounded(Decay.unit * Decay.power(steps: Double(asOf &- chunk.rows[row].time) * steps, powers))
    }
    touches += sum
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    switch roles[touch.kind] {
    case 0:
      add(burdens.says(touch, "abuse") ? rules.burden.abuse : rules.burden.imposed, at: touch.time)
      if touch.time >= yearStart, let name = reporters.text(touch) { _ = names.insert(tag: 0, name) }
    case 1: if missedBy.says(touch, "customer") { add(rules.burden.missedMeeting, at: touch.time) }
    case 2: if facts & LifeFact.theirPromiseBroken.bit != 0 { add(rules.burden.brokenPromise, at: touch.time) }
    default: if facts & LifeFact.paidLate.bit != 0 { add(rules.burden.latePayment, at: touch.time) }
    }
  }

  private func add(_ points: Double, at time: Instant) {
    weight += Decay.rounded(points * Decay.unit * Decay.power(steps: Double(asOf - time) * steps, decay.pointer))
  }

  override func close() {
    say(Self.micros(weight), of: Self.micros(touches))
    say(names.count)
    say(names.count >= rules.burden.reporters)
  }

  private static func micros(_ sum: Int64) -> Int64 { Int64((Double(sum) / Decay.unit * 1e6).rounded()) }
}
