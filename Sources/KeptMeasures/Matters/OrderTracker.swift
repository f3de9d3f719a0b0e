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
    /// Whether `amount` is what it is worth: not in a currency without a rate, and within the range.
    var isKnown = true
    /// When it was placed; the day as an index of the day table.
    var time: Instant = 0
    var day: Int32 = 0
    /// The first day of the day table on which it was cancelled; `Int32.max`: none so far.
    var cancelledOn = Int32.max
    var isPlaced = false

    /// Whether it was not cancelled by the end of a day, `Int32.max` being the last one there is.
    func stands(through day: Int32) -> Bool { isPlaced && (cancelledOn == .max || cancelledOn > day) }
  }

  /// By currency code: what one unit is worth, × 10⁶; nil: no rate.
  private let rates: [UInt32: Int64]
  private var keys = KeyTable()
  private var orders: [Order] = []
  /// Orders that nothing can be known of but that they were placed.
  private var anonymous: [Order] = []
  private var credits: [Payment] = []

  /// Money that came, or went back, and when; the day as an index of the day table.
  struct Payment {
    var time: Instant
    var day: Int32
    /// × 10⁶ in the ledger's currency.
    var amount: Int64
    /// False for an amount in a currency without a rate, or beyond any range.
    var isKnown: Bool
  }

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
    credits.removeAll(keepingCapacity: true)
  }

  func take(_ touch: Touch, _ roles: KindRoles, day: Int32) {
    let worth = worth(touch)
    if roles.contains(.credited) {
      if let worth {
        credits.append(Payment(time: touch.time, day: day, amount: -worth.amount, isKnown: worth.isKnown))
      }
      return
    }
    guard let id = touch.text(.orderID) ?? touch.text(.subject) else {
      if roles.contains(.orderPlaced) {
        anonymous.append(
          Order(
            amount: worth?.amount ?? 0, hasAmount: worth != nil, isKnown: worth?.isKnown ?? true, time: touch.time,
            day: day, isPlaced: true))
      }
      return
    }
    let found = keys.insert(tag: 0, id)
    if found.isNew { orders.append(Order()) }
    let index = found.key
    if roles.contains(.orderPlaced) {
      if !orders[index].isPlaced { (orders[index].time, orders[index].day) = (touch.time, day) }
      orders[index].isPlaced = true
      if let worth { set(index, orders[index].amount, plus: worth) }
    }
    if roles.contains(.orderCorrected), let worth {
      orders[index].isKnown = true
      set(index, 0, plus: worth)
    }
    if roles.contains(.orderCancelled) { orders[index].cancelledOn = min(orders[index].cancelledOn, day) }
  }

  private func set(_ index: Int, _ base: Int64, plus more: (amount: Int64, isKnown: Bool)) {
    let (sum, overflow) = base.addingReportingOverflow(more.amount)
    if overflow || !more.isKnown { orders[index].isKnown = false }
    orders[index].amount = sum
    orders[index].hasAmount = true
  }

  /// The touch's amount in the ledger's currency × 10⁶; nil where it has none.
  private func worth(_ touch: Touch) -> (amount: Int64, isKnown: Bool)? {
    let amount = touch.number(.amount)
    guard amount != Touch.absent else { return nil }
    guard let rate = rates[touch.code(.currency)], let worth = Self.worth(amount, rate: rate), worth > .min
    else { return (0, false) }
    return (worth, true)
  }

  /// An amount × 10⁶ at a rate × 10⁶, halves going away from zero; nil beyond the range.
  static func worth(_ amount: Int64, rate: Int64) -> Int64? {
    if rate == 1_000_000 { return amount }
    let product = Int128(amount) * Int128(rate)
    let half: Int128 = product < 0 ? -500_000 : 500_000
    return Int64(exactly: (product + half) / 1_000_000)
  }

  /// Orders that stand, those of them without an amount, and their worth less credits; nil where that is not known.
  var totals: (orders: Int64, withoutAmount: Int64, revenue: Int64?) { totals(through: .max) }

  private func totals(through day: Int32) -> (orders: Int64, withoutAmount: Int64, revenue: Int64?) {
    var count = 0
    var without = 0
    eachStanding(through: day) { order in
      count += 1
      if !order.hasAmount { without += 1 }
    }
    var sum: Int128 = 0
    var isKnown = true
    eachPayment(through: day) { payment in
      sum += Int128(payment.amount)
      if !payment.isKnown { isKnown = false }
    }
    let limit: Int128 = 1_000_000_000_000_000_000
    return (Int64(count), Int64(without), isKnown && abs(sum) < limit ? Int64(sum) : nil)
  }

  /// What every order that stands is worth, when it was placed, and what was credited, when it was.
  ///
  /// - Parameter day: of the day table: what was cancelled later still stood when that day ended.
  func eachPayment(through day: Int32 = .max, _ body: (Payment) -> Void) {
    eachStanding(through: day) { order in
      if order.hasAmount {
        body(Payment(time: order.time, day: order.day, amount: order.amount, isKnown: order.isKnown))
      }
    }
    for credit in credits { body(credit) }
  }

  private func eachStanding(through day: Int32, _ body: (Order) -> Void) {
    for order in orders where order.stands(through: day) { body(order) }
    for order in anonymous { body(order) }
  }

  /// The days on which orders were placed that stand, the orders of a day as one, ascending.
  ///
  /// `amount` is nil where none of a day's orders has one, or where what they are worth is not known.
  ///
  /// - Parameter day: of the day table: what was cancelled later still stood when that day ended.
  func occasions(through day: Int32 = .max, into found: inout [(day: Int32, amount: Int64?)]) {
    found.removeAll(keepingCapacity: true)
    let isKnown = totals(through: day).revenue != nil
    eachStanding(through: day) { found.append(($0.day, $0.hasAmount && isKnown ? $0.amount : nil)) }
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
