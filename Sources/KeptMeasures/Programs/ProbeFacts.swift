import KeptFormat
import KeptReplay

/// Tries of our own service, and how soon something was changed for what they showed. Metrics S4.6.
final class ProbeFacts: FactFold {
  private enum Column: Int, CaseIterable { case probed_at, score, learned_after }

  static let family = FactFamily(
    name: "probes", meaning: "a try of our own service",
    columns: [
      FactColumn("probed_at", .instant, isNullable: false, "when"),
      FactColumn("score", .number, "its score; else 1 where it came to a solution, 0 where it did not"),
      FactColumn("learned_after", .days, "until the next change made because of a probe; NULL: none yet"),
    ],
    needs: { _ in
      [
        FactNeed([probe], [.score, .dataNumber("solved")] + PlaceReader.fields), FactNeed([change], [.dataText("signal")]),
      ]
    },
    makeFold: { ProbeFacts($0) }, hearsFirm: true)

  private static let probe = "probe.run"
  private static let change = "change.made"

  private let isProbe: [Bool]
  private let scores: FactField
  private let solved: FactField
  private let signals: FactField
  private var probes: [(row: [Int64], place: FactPlace)] = []
  /// Probes before this place were learned from.
  private var learned = 0

  private init(_ base: FactBase) {
    isProbe = base.kinds.map { $0 == Self.probe }
    scores = base.reader(.score)
    solved = base.reader(.dataNumber("solved"))
    signals = base.reader(.dataText("signal"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    probes.removeAll(keepingCapacity: true)
    learned = 0
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if isProbe[touch.kind] {
      var place = FactPlace()
      note(touch, &place)
      let score = scores.number(touch) ?? solved.flag(touch).map { $0 ? 1_000_000 : 0 }
      probes.append(([touch.time, score ?? FactRows.absent, FactRows.absent], place))
      return
    }
    guard signals.says(touch, "probe") else { return }
    for index in learned..<probes.count {
      probes[index].row[Column.learned_after.rawValue] = touch.time - probes[index].row[Column.probed_at.rawValue]
    }
    learned = probes.count
  }

  override func end(customer: UInt32) {
    for probe in probes { append(probe.row, probe.place, customer: customer) }
  }
}
