import Dispatch
import KeptFormat
import KeptStatistics
import Synchronization

/// The models of purchases, fitted on all customers of a run: how often they will buy, and for how much. Metrics 3.6, 3.7.
///
/// The unit of time is the week; orders of one day are one. Who first bought in the first days of the log may have bought
/// before it, and is left out of the fit, unless the rulebook says that the log starts with the business.
struct PurchaseModels: Sendable {
  /// nil: the ledger has no orders.
  let purchases: Result<BGNBD.Fit, Refusal>?
  let spending: Result<GammaGamma.Fit, Refusal>?
  /// Customers that were fitted on.
  let buyerCount: Int
  let spenderCount: Int
  private let asOfDay: Int32
  let worth: Worth

  static let horizonWeeks = 90.0 / 7

  /// - Parameters:
  ///   - worth: what an order is worth to us.
  ///   - jobs: how many fits may run at a time.
  init(
    _ folds: [PurchaseFold], rules: RetentionRules, worth: Worth, dayTable: DayTable, logStart: Instant, jobs: Int
  ) {
    self.worth = worth
    let asOfDay = Int32(dayTable.low + dayTable.count - 1)
    self.asOfDay = asOfDay
    let truncatedBefore =
      rules.logStartsWithBusiness || logStart == .max ? .min : dayTable.day(of: logStart) + rules.truncatedDays
    let hasRows = folds.contains { !$0.rows.isEmpty }
    let rows = folds.flatMap(\.rows).filter { Int($0.first) >= truncatedBefore }
    let histories = rows.map { Self.history($0, asOfDay) }
    let spendings = rows.compactMap(Self.spending)
    buyerCount = histories.count
    spenderCount = spendings.count
    guard hasRows else {
      purchases = nil
      spending = nil
      return
    }
    let found = Mutex<(Result<BGNBD.Fit, Refusal>?, Result<GammaGamma.Fit, Refusal>?)>((nil, nil))
    let fits: [@Sendable () -> Void] = [
      {
        let fit = BGNBD.fit(histories)
        found.withLock { $0.0 = fit }
      },
      {
        let fit = GammaGamma.fit(spendings)
        found.withLock { $0.1 = fit }
      },
    ]
    if jobs > 1 {
      DispatchQueue.concurrentPerform(iterations: fits.count) { fits[$0]() }
    } else {
      for fit in fits { fit() }
    }
    (purchases, spending) = found.withLock { $0 }
  }

  private static func history(_ row: PurchaseFold.Row, _ asOfDay: Int32) -> PurchaseHistory {
    PurchaseHistory(
      frequency: Int(row.repeats), recency: Double(row.last - row.first) / 7, age: Double(asOfDay - row.first) / 7)
  }

  private static func spending(_ row: PurchaseFold.Row) -> GammaGamma.Spending? {
    guard row.valued > 0, row.value > 0 else { return nil }
    return GammaGamma.Spending(
      frequency: Int(row.valued), meanValue: Double(row.value) / 1_000_000 / Double(row.valued))
  }

  /// What is to be expected of one customer within 90 days.
  struct Prospect {
    var alive: Double?
    var noOrder: Double?
    var orders: Double?
    /// In the ledger's currency.
    var value: Double?
    /// Why there is no telling.
    var reason: String?

    static func unknown(_ reason: String) -> Prospect { Prospect(reason: reason) }
  }

  /// The chances that somebody with this history is there, and that they order nothing within a time.
  static func chances(
    _ model: BGNBD, _ history: PurchaseHistory, within weeks: Double
  ) -> Result<(alive: Double, noOrder: Double), Refusal> {
    model.pAlive(history).map { alive in
      // Nobody leaves but after a purchase, so the one who is there buys at their rate until the first one.
      let shape = model.r + Double(history.frequency)
      let rest = SpecialFunctions.lnOnePlus(weeks / (model.alpha + history.age))
      return (alive, 1 - alive + alive * SpecialFunctions.exp(-shape * rest))
    }
  }

  /// What the models expect of one who bought again at least once.
  func prospect(_ row: PurchaseFold.Row) -> Prospect {
    let fit: BGNBD.Fit
    switch purchases {
    case .success(let found): fit = found
    case .failure(let refusal): return .unknown(refusal.rawValue)
    case nil: return .unknown("no orders")
    }
    let history = Self.history(row, asOfDay)
    var prospect = Prospect()
    switch Self.chances(fit.model, history, within: Self.horizonWeeks) {
    case .success(let chances):
      prospect.alive = chances.alive
      prospect.noOrder = chances.noOrder
    case .failure(let refusal): return .unknown(refusal.rawValue)
    }
    switch fit.model.expectedPurchases(within: Self.horizonWeeks, after: history) {
    case .success(let orders): prospect.orders = orders
    case .failure(let refusal): prospect.reason = refusal.rawValue
    }
    if prospect.orders != nil, Self.spending(row) != nil { prospect.value = value(row, from: asOfDay).value }
    return prospect
  }

  /// What somebody's orders will be worth from a day on, in the ledger's currency: margin · E[M] · Σ of the orders to be
  /// expected, each stretch of at most 92 days discounted to its middle. Who has no repeat of known worth is taken to
  /// spend what all do on average.
  ///
  /// - Parameter row: what they bought before that day.
  func value(_ row: PurchaseFold.Row, from day: Int32) -> Result<Double, Refusal> {
    guard let purchases, let spending else { return .failure(.tooLittleData) }
    return purchases.flatMap { fit in
      spending.flatMap { spent in
        let history = Self.history(row, day)
        var orders = (total: 0.0, discounted: 0.0)
        for stretch in worth.stretches {
          switch fit.model.expectedPurchases(within: stretch.endWeeks, after: history) {
          case .failure(let refusal): return .failure(refusal)
          case .success(let total):
            orders.discounted += (total - orders.total) * stretch.factor
            orders.total = total
          }
        }
        return spent.model.expectedValue(of: Self.spending(row)).map { worth.margin * $0 * orders.discounted }
      }
    }
  }
}
