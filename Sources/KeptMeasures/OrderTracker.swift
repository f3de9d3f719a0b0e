import KeptFormat
import KeptReplay

/// What one customer ordered, and what of it stands. Metrics 3.13.
///
/// Revenue is Σ order.placed (with the amount of the last correction) − cancelled orders − credits, exact in millionths
/// of the ledger's currency. Several events that place one order are one order whose amounts add up.
final class OrderTracker {
  private struct Order {
    var amount: Int64 = 0
    var hasAmount = false
    /// The day it was placed, as an index of the day table.
    var day: Int32 = 0
    var isPlaced = false
    var isCancelled = false
  }

  /// By currency code: what one unit is worth, × 10⁶; nil: no rate.
  private let rates: [UInt32: Int64]
  private var keys = KeyTable()
  private var orders: [Order] = []
  /// Orders that nothing can be known of but that they were placed.
  private var anonymous: [Order] = []
  private var credits: Int128 = 0
  /// An amount in a currency without a rate, or beyond any range: there is no revenue to speak of.
  private var isUnknown = false

  init(rates: [UInt32: Int64]) { self.rates = rates }

  /// What one unit of each currency is worth; an amount without one is in the ledger's.
  static func rates(currency: String, _ foreign: [String: Int64], code: (String) -> UInt32) -> [UInt32: Int64] {
    var rates: [UInt32: Int64] = [0: 1_000_000]
    for (name, rate) in foreign { rates[code(name)] = rate }
    rates[code(currency)] = 1_000_000
    return rates
  }

  func begin() {
    keys.removeAll()
    orders.removeAll(keepingCapacity: true)
    anonymous.removeAll(keepingCapacity: true)
    credits = 0
    isUnknown = false
  }

  func take(_ touch: Touch, _ roles: KindRoles, day: Int32) {
    let amount = worth(touch)
    if roles.contains(.credited) {
      credits += Int128(amount ?? 0)
      return
    }
    guard let id = touch.text(.orderID) ?? touch.text(.subject) else {
      if roles.contains(.orderPlaced) {
        anonymous.append(
          Order(amount: amount ?? 0, hasAmount: amount != nil, day: day, isPlaced: true, isCancelled: false))
      }
      return
    }
    let found = keys.insert(tag: 0, id)
    if found.isNew { orders.append(Order()) }
    let index = found.key
    if roles.contains(.orderPlaced) {
      if !orders[index].isPlaced { orders[index].day = day }
      orders[index].isPlaced = true
      if let amount { set(index, orders[index].amount, plus: amount) }
    }
    if roles.contains(.orderCorrected), let amount { set(index, amount, plus: 0) }
    if roles.contains(.orderCancelled) { orders[index].isCancelled = true }
  }

  private func set(_ index: Int, _ base: Int64, plus more: Int64) {
    let (sum, overflow) = base.addingReportingOverflow(more)
    if overflow { isUnknown = true }
    orders[index].amount = sum
    orders[index].hasAmount = true
  }

  /// The touch's amount in the ledger's currency × 10⁶; nil where it has none.
  private func worth(_ touch: Touch) -> Int64? {
    let amount = touch.number(.amount)
    guard amount != Touch.absent else { return nil }
    guard let rate = rates[touch.code(.currency)] else {
      isUnknown = true
      return 0
    }
    guard let worth = Self.worth(amount, rate: rate) else {
      isUnknown = true
      return 0
    }
    return worth
  }

  /// An amount × 10⁶ at a rate × 10⁶, halves going away from zero; nil beyond the range.
  static func worth(_ amount: Int64, rate: Int64) -> Int64? {
    if rate == 1_000_000 { return amount }
    let product = Int128(amount) * Int128(rate)
    let half: Int128 = product < 0 ? -500_000 : 500_000
    return Int64(exactly: (product + half) / 1_000_000)
  }

  /// Orders that stand, those of them without an amount, and their worth less credits; nil where that is not known.
  var totals: (orders: Int64, withoutAmount: Int64, revenue: Int64?) {
    var count = 0
    var without = 0
    var sum = -credits
    eachStanding { order in
      count += 1
      if order.hasAmount { sum += Int128(order.amount) } else { without += 1 }
    }
    let limit: Int128 = 1_000_000_000_000_000_000
    let revenue = isUnknown || sum >= limit || sum <= -limit ? nil : Int64(sum)
    return (Int64(count), Int64(without), revenue)
  }

  private func eachStanding(_ body: (Order) -> Void) {
    for order in orders where order.isPlaced && !order.isCancelled { body(order) }
    for order in anonymous { body(order) }
  }

  /// The days on which orders were placed that stand, the orders of a day as one, ascending.
  ///
  /// `amount` is nil where none of a day's orders has one, or where what they are worth is not known.
  func occasions(into found: inout [(day: Int32, amount: Int64?)]) {
    found.removeAll(keepingCapacity: true)
    eachStanding { found.append(($0.day, $0.hasAmount && !isUnknown ? $0.amount : nil)) }
    found.sort { $0.day < $1.day }
    var count = 0
    for occasion in found {
      guard count > 0, found[count - 1].day == occasion.day else {
        found[count] = occasion
        count += 1
        continue
      }
      guard let amount = occasion.amount else { continue }
      let (sum, overflow) = (found[count - 1].amount ?? 0).addingReportingOverflow(amount)
      found[count - 1].amount = overflow ? .max : sum
    }
    found.removeSubrange(count...)
  }
}
