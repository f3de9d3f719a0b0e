import KeptFormat
import KeptReplay

/// Which sort of customer somebody is, and what came in from them and what they cost. One row a customer of whom it is said.
/// Metrics S2.15.
///
/// The sort is what `relationship.started` or `fit.assessed` has under the key that the rulebook's `programs.segment` names;
/// the last that was said counts.
final class SegmentFacts: FactFold {
  private enum Column: Int, CaseIterable { case segment, paid, cost }

  static let family = FactFamily(
    name: "segments", meaning: "a customer of a known sort",
    columns: [
      FactColumn("segment", .word, isNullable: false, "the sort"),
      FactColumn("paid", .amount, "what they paid; NULL where a rate of exchange is missing"),
      FactColumn("cost", .amount, "what effort for them cost, and what was written off"),
    ],
    needs: { rules in
      [
        FactNeed(saying, [.dataText(rules.programs.segment)] + PlaceReader.fields),
        FactNeed([received] + spent, [.amount, .text(.currency)]),
      ]
    },
    makeFold: { SegmentFacts($0) })

  static let saying = ["relationship.started", "fit.assessed"]
  static let received = "payment.received"
  static let spent = ["effort.spent", "charge.written_off"]

  private let says: [Bool]
  private let isReceived: [Bool]
  private let segments: FactField
  private let amounts: FactField
  private let currencies: FactField
  private let rates: [UInt32: Int64]

  // The life being folded.
  private var place = FactPlace()
  private var segment = FactRows.absent
  private var paid: Int64 = 0
  private var cost: Int64 = 0
  private var isKnown = true

  private init(_ base: FactBase) {
    says = base.kinds.map(Self.saying.contains)
    isReceived = base.kinds.map { $0 == Self.received }
    segments = base.reader(.dataText(base.rulebook.programs.segment))
    amounts = base.reader(.amount)
    currencies = base.reader(.text(.currency))
    rates = base.rates
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    place = FactPlace()
    segment = FactRows.absent
    paid = 0
    cost = 0
    isKnown = true
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if says[touch.kind] {
      note(touch, &place)
      if let text = segments.text(touch), !text.isEmpty { segment = rows.text(text) }
      return
    }
    guard let amount = amounts.number(touch) else { return }
    guard let rate = rates[currencies.code(touch)], let worth = OrderTracker.worth(amount, rate: rate) else {
      isKnown = false
      return
    }
    if isReceived[touch.kind] { add(worth, to: &paid) } else { add(worth, to: &cost) }
  }

  private func add(_ worth: Int64, to sum: inout Int64) {
    let (new, overflow) = sum.addingReportingOverflow(worth)
    if overflow { isKnown = false } else { sum = new }
  }

  override func end(customer: UInt32) {
    if segment == FactRows.absent { return }
    append(isKnown ? [segment, paid, cost] : [segment, FactRows.absent, FactRows.absent], place, customer: customer)
  }
}
