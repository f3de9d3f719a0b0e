import KeptFormat

/// What was lost with each relationship that ended: a row for every end that took effect. Metrics S3.29.
final class LeaverFold {
  struct Row {
    /// The local day on which the end took effect.
    var day: Int32
    /// What they had paid in the 365 days up to it, × 10⁶; nil: a rate of exchange is missing. Orders that were cancelled
    /// later still stood.
    var revenue: Int64?
    /// What they had bought before that day, and not cancelled by then; nil: nothing.
    var purchases: PurchaseFold.Row?
  }

  private(set) var rows: [Row] = []
  /// Whether any touch ended a relationship.
  private(set) var knowsEnds = false
  private let dayTable: DayTable
  private let asOf: Instant
  private let low: Int32

  // The life being folded.
  private var customer: UInt32 = 0
  private var relationship = Relationship()
  private var ends: [Int32] = []
  private var occasions: [(day: Int32, amount: Int64?)] = []

  init(_ base: FoldBase) {
    dayTable = base.dayTable
    asOf = base.asOf
    low = Int32(truncatingIfNeeded: base.dayTable.low)
  }

  func begin(customer: UInt32) {
    self.customer = customer
    relationship = Relationship()
    ends.removeAll(keepingCapacity: true)
  }

  func take(_ turn: RelationshipTurn) {
    pass(turn.time)
    _ = relationship.take(turn)
    if turn.ended != nil {
      knowsEnds = true
      pass(turn.time)
    }
  }

  private func pass(_ time: Instant) {
    if let end = relationship.pass(time) { ends.append(Int32(dayTable.day(of: end.at))) }
  }

  func end(_ orders: OrderTracker?) {
    pass(asOf)
    if ends.isEmpty { return }
    for day in ends {
      var revenue: Int64? = 0
      orders?.eachPayment(through: day - low) { payment in
        let paid = low + payment.day
        guard paid > day - 365, paid <= day else { return }
        let sum = payment.isKnown ? revenue?.addingReportingOverflow(payment.amount) : nil
        revenue = sum.flatMap { $0.overflow ? nil : $0.partialValue }
      }
      occasions.removeAll(keepingCapacity: true)
      orders?.occasions(through: day - low - 1, into: &occasions)
      let before = occasions.prefix { low + $0.day < day }
      rows.append(Row(day: day, revenue: revenue, purchases: PurchaseFold.Row(customer: customer, before, low: low)))
    }
  }
}
