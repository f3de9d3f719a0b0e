import KeptFormat
import KeptReplay

/// What the firm changed because of a signal, and whom it trained. Metrics S2.19, S3.25.
final class ChangeFacts: FactFold {
  enum Column: Int, CaseIterable { case made_at, change_id, signal, change_kind }

  static let family = FactFamily(
    name: "change_log", meaning: "a change, or a training",
    columns: [
      FactColumn("made_at", .instant, isNullable: false, "when"), FactColumn("change_id", .word, "what it is called"),
      FactColumn("signal", .word, "the measure or signal rule it was made for"),
      FactColumn("change_kind", .word, "what sort of change"),
    ],
    needs: { _ in
      [
        FactNeed(
          [change],
          [.dataText("change_id"), .text(.subject), .dataText("signal"), .dataText("change_kind")] + PlaceReader.fields),
        FactNeed([training], [.dataText("skill"), .text(.subject)] + PlaceReader.fields),
      ]
    },
    makeFold: { ChangeFacts($0) }, hearsFirm: true)

  private static let change = "change.made"
  private static let training = "skill.trained"

  private let isChange: [Bool]
  private let ids: FactField
  private let subjects: FactField
  private let signals: FactField
  private let kinds: FactField
  private let skills: FactField
  private var found: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    isChange = base.kinds.map { $0 == Self.change }
    ids = base.reader(.dataText("change_id"))
    subjects = base.reader(.text(.subject))
    signals = base.reader(.dataText("signal"))
    kinds = base.reader(.dataText("change_kind"))
    skills = base.reader(.dataText("skill"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() { found.removeAll(keepingCapacity: true) }

  override func take(_ touch: Touch, _ direction: Direction) {
    func word(_ text: UnsafeRawBufferPointer?) -> Int64 { text.map { rows.text($0) } ?? FactRows.absent }
    var place = FactPlace()
    note(touch, &place)
    // What a training is for are outcomes that hold.
    found.append(
      isChange[touch.kind]
        ? (
          [
            touch.time, word(ids.text(touch) ?? subjects.text(touch)), word(signals.text(touch)), word(kinds.text(touch)),
          ], place
        )
        : ([touch.time, word(skills.text(touch)), rows.text("outcomes_hold"), rows.text("skill.trained")], place))
  }

  override func end(customer: UInt32) {
    for change in found { append(change.row, change.place, customer: customer) }
  }
}

/// Outcomes that were looked at again, and whether they held. Metrics S2.19.
final class OutcomeFacts: FactFold {
  private enum Column: Int, CaseIterable { case checked_at, holding }

  static let family = FactFamily(
    name: "outcomes", meaning: "a look at an outcome",
    columns: [
      FactColumn("checked_at", .instant, isNullable: false, "when"), FactColumn("holding", .flag, "whether it held"),
    ],
    needs: { _ in [FactNeed(["outcome.checked"], [.dataNumber("holding")] + PlaceReader.fields)] },
    makeFold: { OutcomeFacts($0) })

  private let holding: FactField
  private var checks: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    holding = base.reader(.dataNumber("holding"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() { checks.removeAll(keepingCapacity: true) }

  override func take(_ touch: Touch, _ direction: Direction) {
    var place = FactPlace()
    note(touch, &place)
    checks.append(([touch.time, holding.number(touch) ?? FactRows.absent], place))
  }

  override func end(customer: UInt32) {
    for check in checks { append(check.row, check.place, customer: customer) }
  }
}
