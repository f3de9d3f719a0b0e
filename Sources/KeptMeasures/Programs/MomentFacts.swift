import KeptFormat
import KeptReplay

/// The moments in which customers meet us - ordering, asking, complaining - and whether what was done and felt in each
/// adds up to care. Metrics S0.3.
///
/// A moment is the order or the case; every touch that names it adds what the signal rules say of us, done and felt.
/// Example: a complaint (−1), answered soon (+1), solved soon (+1): cared.
final class MomentFacts: FactFold {
  private enum Column: Int, CaseIterable { case at, moment, points }

  static let family = FactFamily(
    name: "moments", meaning: "an order, a question or a complaint",
    columns: [
      FactColumn("at", .instant, isNullable: false, "when it began"),
      FactColumn("moment", .word, "ordering, asking, complaining; NULL: another case"),
      FactColumn("points", .number, isNullable: false, "Σ points of WE, done and felt"),
    ],
    needs: { rules in
      [
        FactNeed(kinds(rules), [.dataText("order_id"), .dataText("case_id"), .text(.subject)]),
        FactNeed(rules.orders.placed + ["case.opened"], PlaceReader.fields),
        FactNeed(["case.opened"], [.dataText("case_kind")]),
      ]
    },
    makeFold: { MomentFacts($0) }, parts: .signals)

  /// Those that begin a moment, and those that may say something of us.
  private static func kinds(_ rules: Rulebook) -> [String] {
    rules.orders.placed + ["case.opened"] + rules.signals.filter { $0.list != .they }.flatMap { rules.kinds(of: $0) }
  }

  private let isOrder: [Bool]
  private let isCase: [Bool]
  private let orderIDs: FactField
  private let caseIDs: FactField
  private let subjects: FactField
  private let caseKinds: FactField
  private var keys = KeyTable()
  private var moments: [(row: [Int64], place: FactPlace)] = []
  /// By key: its place in `moments`.
  private var places: [Int] = []

  private init(_ base: FactBase) {
    let placed = base.rulebook.orders.placed
    isOrder = base.kinds.map(placed.contains)
    isCase = base.kinds.map { $0 == "case.opened" }
    orderIDs = base.reader(.dataText("order_id"))
    caseIDs = base.reader(.dataText("case_id"))
    subjects = base.reader(.text(.subject))
    caseKinds = base.reader(.dataText("case_kind"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    keys.removeAll()
    moments.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let (isOrder, isCase) = (isOrder[touch.kind], isCase[touch.kind])
    let own = isOrder ? orderIDs.text(touch) : isCase ? caseIDs.text(touch) : nil
    guard let id = own ?? caseIDs.text(touch) ?? orderIDs.text(touch) ?? subjects.text(touch) else {
      if isOrder || isCase { begin(touch, isOrder) }
      return
    }
    if isOrder || isCase {
      if keys.insert(tag: 0, id).isNew {
        places.append(moments.count)
        begin(touch, isOrder)
      }
    }
    let points = ofUs.done + ofUs.felt
    guard points != 0, let key = keys.find(tag: 0, id) else { return }
    moments[places[key]].row[Column.points.rawValue] += points
  }

  private func begin(_ touch: Touch, _ isOrder: Bool) {
    var place = FactPlace()
    note(touch, &place)
    let moment =
      isOrder
      ? rows.text("ordering")
      : caseKinds.says(touch, "question")
        ? rows.text("asking") : caseKinds.says(touch, "complaint") ? rows.text("complaining") : FactRows.absent
    moments.append(([touch.time, moment, 0], place))
  }

  override func end(customer: UInt32) {
    for moment in moments { append(moment.row, moment.place, customer: customer) }
  }
}
