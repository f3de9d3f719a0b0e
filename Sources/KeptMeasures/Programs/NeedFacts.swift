import KeptFormat
import KeptReplay

/// Needs that customers stated, and whether they were met. Metrics S2.8.
///
/// A need is its `need_id`, else the subject of its events.
final class NeedFacts: FactFold {
  private enum Column: Int, CaseIterable { case stated_at, horizon, is_open }

  static let family = FactFamily(
    name: "needs", meaning: "a need that was stated",
    columns: [
      FactColumn("stated_at", .instant, isNullable: false, "when"), FactColumn("horizon", .word, "now or long"),
      FactColumn("is_open", .flag, isNullable: false, "not met so far"),
    ],
    needs: { _ in
      [
        FactNeed([stated, met], [.dataText("need_id"), .text(.subject)]),
        FactNeed([stated], [.dataText("horizon")] + PlaceReader.fields),
      ]
    },
    makeFold: { NeedFacts($0) })

  private static let stated = "need.stated"
  private static let met = "need.met"

  private let isStated: [Bool]
  private let ids: FactField
  private let subjects: FactField
  private let horizons: FactField
  private var keys = KeyTable()
  private var needs: [(row: [Int64], place: FactPlace)] = []
  /// By key: its place in `needs`.
  private var places: [Int] = []

  private init(_ base: FactBase) {
    isStated = base.kinds.map { $0 == Self.stated }
    ids = base.reader(.dataText("need_id"))
    subjects = base.reader(.text(.subject))
    horizons = base.reader(.dataText("horizon"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    keys.removeAll()
    needs.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    let id = ids.text(touch) ?? subjects.text(touch)
    guard isStated[touch.kind] else {
      if let id, let key = keys.find(tag: 0, id) { needs[places[key]].row[Column.is_open.rawValue] = 0 }
      return
    }
    if let id {
      // Stated again it is the same need.
      if !keys.insert(tag: 0, id).isNew { return }
      places.append(needs.count)
    }
    var place = FactPlace()
    note(touch, &place)
    needs.append(([touch.time, horizons.text(touch).map { rows.text($0) } ?? FactRows.absent, 1], place))
  }

  override func end(customer: UInt32) {
    for need in needs { append(need.row, need.place, customer: customer) }
  }
}
