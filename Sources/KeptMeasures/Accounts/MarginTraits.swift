import KeptFormat
import KeptReplay

/// What serving an account of late brought in and cost, and who of ours answers for it. Metrics S1.7.
///
/// Example: paid 12,000, effort 7,100, nobody assigned: margin (12,000 − 7,100) / 12,000 = 0.41, exec_owner NULL.
final class MarginTraits: TraitFold {
  static let family = FactFamily(
    name: "margin traits", meaning: "a life",
    columns: [
      FactColumn(
        "service_revenue", .amount, unit: "currency", "what they paid within a year; NULL where a rate is missing",
        formula: "Σ amount of payment.received within traits.year_days", seed: "S1.7", direction: "WE", highIsGood: true,
        requires: [payments]),
      FactColumn(
        "cost_to_serve", .amount, unit: "currency", "what our effort for them cost within a year, and what was written off",
        formula: "Σ amount of effort.spent + Σ amount of charge.written_off within traits.year_days", seed: "S1.7",
        direction: "WE", highIsGood: false, requires: [efforts]),
    ]
      + FactColumn.ratio(
        "margin", of: .amount, "what is left of each unit paid",
        formula: "(service_revenue − cost_to_serve) / service_revenue", seed: "S1.7", direction: "WE", highIsGood: true,
        requires: [payments, efforts])
      + [
        FactColumn(
          "exec_owner", .code, "the executive of ours who answers for them; NULL: nobody",
          formula: "agent of the last contact.assigned with role executive", seed: "S1.7", direction: "WE",
          requires: [["contact.assigned"]])
      ],
    needs: { _ in
      [
        FactNeed(payments + efforts + losses, [.amount, .text(.currency)]),
        FactNeed(["contact.assigned"], [.dataText("role"), .text(.agent)]),
      ]
    },
    makeFold: { MarginTraits($0) })

  private static let payments = ["payment.received"]
  private static let efforts = ["effort.spent"]
  private static let losses = ["charge.written_off"]

  private let isPayment: [Bool]
  private let isAssignment: [Bool]
  private let amounts: FactField
  private let currencies: FactField
  private let contactRoles: FactField
  private let agents: FactField
  private let rates: [UInt32: Int64]
  private let start: Instant

  private var paid: Int128 = 0
  private var cost: Int128 = 0
  /// An amount without a rate: nothing can be said of its sum.
  private var isPaidUnknown = false
  private var isCostUnknown = false
  private var owner: UInt32 = 0

  private init(_ base: FactBase) {
    isPayment = base.kinds.map(Self.payments.contains)
    isAssignment = base.kinds.map { $0 == "contact.assigned" }
    amounts = base.reader(.amount)
    currencies = base.reader(.text(.currency))
    contactRoles = base.reader(.dataText("role"))
    agents = base.reader(.text(.agent))
    rates = base.rates
    start = base.start(daysAgo: base.rulebook.traits.yearDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    (paid, cost) = (0, 0)
    (isPaidUnknown, isCostUnknown) = (false, false)
    owner = 0
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if isAssignment[touch.kind] {
      if contactRoles.says(touch, "executive") { owner = agents.code(touch) }
      return
    }
    guard touch.time >= start, let amount = amounts.number(touch) else { return }
    let worth = rates[currencies.code(touch)].flatMap { OrderTracker.worth(amount, rate: $0) }
    if isPayment[touch.kind] {
      paid += Int128(worth ?? 0)
      if worth == nil { isPaidUnknown = true }
    } else {
      cost += Int128(worth ?? 0)
      if worth == nil { isCostUnknown = true }
    }
  }

  override func close() {
    let revenue = isPaidUnknown ? nil : amount(paid)
    let spent = isCostUnknown ? nil : amount(cost)
    let left = revenue == nil || spent == nil ? nil : amount(paid - cost)
    say(revenue)
    say(spent)
    sayNothing()
    say(left)
    say(revenue)
    say(owner == 0 ? nil : Int64(owner))
  }

  /// A decimal of at most 18 digits.
  private func amount(_ sum: Int128) -> Int64? {
    sum.magnitude < 1_000_000_000_000_000_000 ? Int64(sum) : nil
  }
}
