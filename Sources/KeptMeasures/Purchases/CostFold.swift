import KeptFormat
import KeptStatistics

/// What came in and what it cost, of customers and of the firm: where a margin comes from. Metrics S1.7.
///
/// What it costs to win customers is left out: those whose orders are to come have been won.
final class CostFold {
  static let kinds = [received] + spent
  private static let received = "payment.received"
  private static let spent = ["effort.spent", "charge.written_off"]

  /// × 10⁶ in the ledger's currency.
  private(set) var income: Int128 = 0
  private(set) var cost: Int128 = 0
  /// Whether any cost was recorded; whether some amount is in a currency without a rate.
  private(set) var hasCosts = false
  private(set) var isUnknown = false
  private let rates: [UInt32: Int64]
  private let receivedKind: Int?

  init(_ base: FoldBase) {
    rates = base.rates
    receivedKind = base.kinds.firstIndex(of: Self.received)
  }

  func take(_ touch: Touch) {
    let amount = touch.number(.amount)
    guard amount != Touch.absent else { return }
    guard let rate = rates[touch.code(.currency)], let worth = OrderTracker.worth(amount, rate: rate) else {
      isUnknown = true
      return
    }
    if touch.says(.effort, "acquire") { return }
    if touch.kind == receivedKind {
      income += Int128(worth)
    } else {
      cost += Int128(worth)
      hasCosts = true
    }
  }

  func merge(_ other: CostFold) {
    income += other.income
    cost += other.cost
    hasCosts = hasCosts || other.hasCosts
    isUnknown = isUnknown || other.isUnknown
  }
}

/// What an order to come is worth to us today: the rulebook's `value`.
struct Worth: Sendable {
  let rules: ValueRules
  /// Of a unit of revenue, what is left.
  let margin: Double
  /// Where it comes from.
  let marginNote: String
  /// Stretches of the time ahead: when each is over, and what a unit of money in its middle is worth today.
  let stretches: [(endWeeks: Double, factor: Double)]

  /// - Parameter costs: of all lives; nil: none were gathered.
  init(_ rules: ValueRules, _ costs: CostFold?) {
    self.rules = rules
    if let own = rules.margin {
      (margin, marginNote) = (own, "from the rulebook")
    } else if let costs, costs.hasCosts, costs.income > 0, !costs.isUnknown {
      margin = Double(costs.income - costs.cost) / Double(costs.income)
      marginNote = "(payments − effort but to acquire − written off) / payments of the whole ledger"
    } else {
      let isMixed = costs?.isUnknown ?? false
      let why = isMixed ? "mixed currencies" : costs?.hasCosts ?? false ? "no payments" : "no cost is recorded"
      (margin, marginNote) = (1, "\(why): revenue stands for value")
    }
    let count = max(1, Int((rules.horizonDays / 92).rounded(.up)))
    let length = rules.horizonDays / Double(count)
    let yearly = SpecialFunctions.lnOnePlus(rules.discount)
    stretches = (0..<count).map { place in
      let middle = (Double(place) + 0.5) * length
      return (Double(place + 1) * length / 7, SpecialFunctions.exp(-yearly * middle / 365))
    }
  }
}
