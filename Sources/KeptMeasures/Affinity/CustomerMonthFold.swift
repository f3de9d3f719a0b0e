import KeptFormat

/// Every month of every life in which anything happened or an index existed: rows of `customer_months`.
final class CustomerMonthFold {
  struct Row {
    var customer: UInt32
    /// 12 · year + month.
    var month: Int32
    var touches: Int64
    /// How they stood at its end; nil: silent, and silent the month before.
    var standing: ScoreHistory.Month?
  }

  private(set) var rows: [Row] = []
  private let lowMonth: Int32
  private let monthCount: Int
  private let touchMask: UInt8
  private var counts: [Int64]
  private var first = Int.max
  private var last = Int.min

  init(touchMask: UInt8, lowMonth: Int, monthCount: Int) {
    self.touchMask = touchMask
    self.lowMonth = Int32(lowMonth)
    self.monthCount = monthCount
    counts = Array(repeating: 0, count: monthCount)
  }

  func begin() {
    if first <= last { for month in first...last { counts[month] = 0 } }
    first = .max
    last = .min
  }

  func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isActive(row, touchMask) {
      let month = Int(chunk.months[row] - lowMonth)
      counts[month] += 1
      first = min(first, month)
      last = max(last, month)
    }
  }

  func end(customer: UInt32, _ history: ScoreHistory) {
    guard first <= last else { return }
    var standings = history.months[...]
    for month in first..<monthCount {
      let number = lowMonth + Int32(month)
      let standing = standings.first?.month == number ? standings.removeFirst() : nil
      if counts[month] > 0 || standing != nil {
        rows.append(Row(customer: customer, month: number, touches: counts[month], standing: standing))
      }
      if month >= last, standings.isEmpty { return }
    }
  }
}
