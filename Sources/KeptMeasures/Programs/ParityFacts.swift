import KeptFormat
import KeptReplay

/// Marks that customers gave. Metrics S1.9, 3.14.
final class RatingFacts: FactFold {
  private enum Column: Int, CaseIterable { case rated_at, csat }

  static let family = FactFamily(
    name: "ratings", meaning: "a mark of satisfaction",
    columns: [
      FactColumn("rated_at", .instant, isNullable: false, "when"),
      FactColumn("csat", .number, isNullable: false, "0 worst … 1 best"),
    ],
    needs: { rules in rules.ratings.kinds.map { FactNeed([$0], RatingReader.fields($0) + PlaceReader.fields) } },
    makeFold: { RatingFacts($0) })

  private let rating: RatingReader
  private var marks: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    rating = base.rating
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() { marks.removeAll(keepingCapacity: true) }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard touch.text(.instrument) == nil || touch.says(.instrument, "csat"),
      case .rating(let share, _) = rating.read(touch)
    else { return }
    var place = FactPlace()
    note(touch, &place)
    marks.append(([touch.time, share], place))
  }

  override func end(customer: UInt32) {
    for mark in marks { append(mark.row, mark.place, customer: customer) }
  }
}

/// How much of what a customer had to do with us in a month had a person of ours in it: of their calls, meetings, messages
/// and cases that say so. Metrics S1.9, 3.10, 3.14.
final class HumanShareFacts: FactFold {
  private enum Column: Int, CaseIterable { case month_at, human_share }

  static let family = FactFamily(
    name: "human_shares", meaning: "a customer's month with exchanges",
    columns: [
      FactColumn("month_at", .instant, isNullable: false, "the first exchange of the month"),
      FactColumn("human_share", .number, isNullable: false, "exchanges with a person of ours / exchanges that say so"),
    ],
    needs: { _ in
      [
        FactNeed(
          ["call.handled", "meeting.held", "message.sent", "case.opened"],
          [.text(.agent), .dataNumber("automated")] + PlaceReader.fields)
      ]
    },
    makeFold: { HumanShareFacts($0) })

  private let agents: FactField
  private let automated: FactField
  private let dayTable: DayTable
  private var place = FactPlace()
  private var months: [(at: Instant, human: Int64, all: Int64)] = []
  private var monthEnd = Instant.min

  private init(_ base: FactBase) {
    agents = base.reader(.text(.agent))
    automated = base.reader(.dataNumber("automated"))
    dayTable = base.dayTable
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    place = FactPlace()
    months.removeAll(keepingCapacity: true)
    monthEnd = .min
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard direction == .in || direction == .both else { return }
    let isAutomated = automated.flag(touch)
    let hasAgent = agents.code(touch) != 0
    guard hasAgent || isAutomated != nil else { return }
    note(touch, &place)
    if touch.time >= monthEnd {
      monthEnd = dayTable.end(.month, dayTable.bucket(.month, of: touch.time))
      months.append((touch.time, 0, 0))
    }
    months[months.count - 1].all += 1
    if hasAgent, isAutomated != true { months[months.count - 1].human += 1 }
  }

  override func end(customer: UInt32) {
    for month in months { append([month.at, month.human * 1_000_000 / month.all], place, customer: customer) }
  }
}
