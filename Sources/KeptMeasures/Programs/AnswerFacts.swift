import KeptFormat
import KeptReplay

/// What either side said that wants an answer, and how long the other took. Metrics S1.10e, S2.14.
///
/// An answer is the other side's next touch on the same subject, where both name one, else through the same channel, and
/// no later than `programs.answered_days`.
final class AnswerFacts: FactFold {
  private enum Column: Int, CaseIterable { case said_at, by, answered_after }

  static let family = FactFamily(
    name: "answers", meaning: "something said that wants an answer",
    columns: [
      FactColumn("said_at", .instant, isNullable: false, "when"),
      FactColumn("by", .word, isNullable: false, "customer or us"),
      FactColumn("answered_after", .hours, "how long the answer took; NULL: none in time"),
    ],
    needs: { _ in
      [
        FactNeed(theirs + ours + answers, [.text(.subject), .dataText("case_id"), .text(.channel)]),
        FactNeed(theirs + ours, PlaceReader.fields),
      ]
    },
    makeFold: { AnswerFacts($0) })

  /// Wants an answer of ours, of theirs.
  private static let theirs = ["message.sent", "case.opened", "case.reopened", "mention.posted"]
  private static let ours = ["ask.made", "info.requested", "survey.sent"]
  /// What else answers, going the other way.
  private static let answers = [
    "call.handled", "meeting.held", "status.reported", "case.resolved", "case.closed", "care.given", "survey.answered",
    "order.placed",
    "contract.changed", "payment.received", "need.stated", "info.sought",
  ]

  private struct Word {
    var at: Instant
    var isTheirs: Bool
    /// In `keys`; −1 without a subject.
    var key: Int
    var channel: UInt32
    var place: FactPlace
    var answeredAfter = FactRows.absent
  }

  private let isTheirs: [Bool]
  private let isOurs: [Bool]
  private let subjects: FactField
  private let cases: FactField
  private let channels: FactField
  private let limit: Int64
  private var keys = KeyTable()
  private var said: [Word] = []
  /// Places in `said` that still wait.
  private var open: [Int] = []

  private init(_ base: FactBase) {
    isTheirs = base.kinds.map(Self.theirs.contains)
    isOurs = base.kinds.map(Self.ours.contains)
    subjects = base.reader(.text(.subject))
    cases = base.reader(.dataText("case_id"))
    channels = base.reader(.text(.channel))
    limit = base.rulebook.programs.answered
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    keys.removeAll()
    said.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let isFromThem = direction == .in
    let wants = isFromThem ? isTheirs[touch.kind] : direction == .out && isOurs[touch.kind]
    if open.isEmpty, !wants { return }
    let id = cases.text(touch) ?? subjects.text(touch)
    let channel = channels.code(touch)
    let known = id.flatMap { keys.find(tag: 0, $0) } ?? (id == nil ? -1 : -2)
    if direction == .both {
      answer(touch.time, theirs: true, known, channel)
      answer(touch.time, theirs: false, known, channel)
    } else if direction != .absent {
      answer(touch.time, theirs: !isFromThem, known, channel)
    }
    guard wants else { return }
    var place = FactPlace()
    note(touch, &place)
    open.append(said.count)
    said.append(
      Word(
        at: touch.time, isTheirs: isFromThem, key: id.map { keys.insert(tag: 0, $0).key } ?? -1, channel: channel,
        place: place))
  }

  /// - Parameter key: of the subject; −1 without one, −2 one that nobody spoke of yet.
  private func answer(_ time: Instant, theirs: Bool, _ key: Int, _ channel: UInt32) {
    var left = 0
    for index in open {
      let word = said[index]
      if time - word.at > limit { continue }
      let isAbout = word.key >= 0 && key != -1 ? word.key == key : word.channel == channel
      if word.isTheirs == theirs, isAbout {
        said[index].answeredAfter = time - word.at
        continue
      }
      open[left] = index
      left += 1
    }
    open.removeSubrange(left...)
  }

  override func end(customer: UInt32) {
    for word in said {
      append([word.at, rows.text(word.isTheirs ? "customer" : "us"), word.answeredAfter], word.place, customer: customer)
    }
  }
}
