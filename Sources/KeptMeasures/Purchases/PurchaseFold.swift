import KeptFormat

/// When and for how much customers bought: one small row for each who did, of which the models of purchases are made.
/// Metrics 3.6 and 3.7.
final class PurchaseFold {
  struct Row {
    var customer: UInt32
    /// Local days of the first and the last purchase.
    var first: Int32
    var last: Int32
    /// Days with a purchase after the first one, those of them whose worth is known, and what these came to × 10⁶.
    var repeats: Int32
    var valued: Int32
    var value: Int64
  }

  private(set) var rows: [Row] = []
  private let low: Int32
  private var occasions: [(day: Int32, amount: Int64?)] = []

  init(dayTable: DayTable) { low = Int32(truncatingIfNeeded: dayTable.low) }

  /// A life is over.
  /// - Returns: the place of its row; nil where nothing was bought.
  func end(customer: UInt32, _ orders: OrderTracker?) -> Int? {
    guard let orders else { return nil }
    orders.occasions(into: &occasions)
    guard let row = Row(customer: customer, occasions[...], low: low) else { return nil }
    rows.append(row)
    return rows.count - 1
  }
}

extension PurchaseFold.Row {
  /// - Parameters:
  ///   - occasions: days of the day table with a purchase, ascending, and what it was worth × 10⁶.
  ///   - low: the first day of the table.
  /// - Returns: nil where nothing was bought.
  init?(customer: UInt32, _ occasions: ArraySlice<(day: Int32, amount: Int64?)>, low: Int32) {
    guard let first = occasions.first, let last = occasions.last else { return nil }
    self.init(
      customer: customer, first: low + first.day, last: low + last.day, repeats: Int32(occasions.count - 1), valued: 0,
      value: 0)
    for occasion in occasions.dropFirst() {
      guard let amount = occasion.amount else { continue }
      let (sum, overflow) = value.addingReportingOverflow(amount)
      if overflow || amount == .max {
        (valued, value) = (0, 0)
        return
      }
      valued += 1
      value = sum
    }
  }
}
