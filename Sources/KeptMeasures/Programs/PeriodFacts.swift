import KeptFormat
import KeptReplay

/// Times that the business declared: a recession, a crisis, a season. Metrics S1.10b.
final class PeriodFacts: FactFold {
  private enum Column: Int, CaseIterable { case declared_at, until, period_kind }

  static let family = FactFamily(
    name: "periods", meaning: "a time that was declared",
    columns: [
      FactColumn("declared_at", .instant, isNullable: false, "since when"),
      FactColumn("until", .instant, "until when; NULL: not said"), FactColumn("period_kind", .word, "what sort of time"),
    ],
    needs: { _ in [FactNeed(["period.declared"], [.dataText("until"), .dataText("period_kind")] + PlaceReader.fields)] },
    makeFold: { PeriodFacts($0) }, hearsFirm: true)

  private let ends: FactField
  private let kinds: FactField
  private let days: DayReader
  private var periods: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    ends = base.reader(.dataText("until"))
    kinds = base.reader(.dataText("period_kind"))
    days = DayReader(calendar: base.dayTable.calendar)
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() { periods.removeAll(keepingCapacity: true) }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let kind = kinds.text(touch) else { return }
    var place = FactPlace()
    note(touch, &place)
    let until = ends.text(touch).map(days.instant) ?? FactRows.absent
    periods.append(([touch.time, until, rows.text(kind)], place))
  }

  override func end(customer: UInt32) {
    for period in periods { append(period.row, period.place, customer: customer) }
  }
}

extension PeriodFacts {
  /// Each with its end: the one that was said, else the next declaration, else never.
  static func declared(_ book: FactBook) -> [(kind: String, from: Instant, until: Instant)] {
    var found: [(kind: String, from: Instant, until: Instant)] = []
    for rows in book.all {
      for base in stride(from: 0, to: rows.words.count, by: rows.width) {
        let kind = rows.text(of: rows.words[base + Column.period_kind.rawValue]) { String(decoding: $0, as: UTF8.self) }
        found.append(
          (kind, rows.words[base + Column.declared_at.rawValue], rows.words[base + Column.until.rawValue]))
      }
    }
    found.sort { ($0.from, $0.until, $0.kind) < ($1.from, $1.until, $1.kind) }
    for index in found.indices where found[index].until == FactRows.absent {
      found[index].until = found[(index + 1)...].first { $0.from > found[index].from }?.from ?? .max
    }
    return found
  }
}
