import KeptFormat
import KeptReplay

/// Returns, from the wish to the credit. Metrics S1.13, S1.19 to S1.21.
///
/// A return is its `return_id`, else the subject of its `return.*` events. Example: asked for on Monday 9:00, received
/// on Tuesday, credited on Wednesday 13:00: credit_h 52.
final class ReturnFacts: FactFold {
  private enum Column: Int, CaseIterable {
    case return_id, customer, order_id, state, reason, label_supplied, same_packaging, customer_touches, easy
    case requested_at, received_at, credited_at, refused_at, amount, credit_h, receipt_to_credit_h, receipt_told_h
    case credit_told_h
  }

  private static let kinds = ["return.requested", "return.received", "return.credited", "return.refused"]

  static let family = FactFamily(
    name: "returns", meaning: "a return",
    columns: Column.allCases.map(column),
    needs: { rules in
      [
        FactNeed(kinds, [.dataText("return_id"), .text(.subject), .dataNumber("told_customer")] + PlaceReader.fields),
        FactNeed(
          kinds,
          [
            .dataText("order_id"), .dataText("reason"), .dataNumber("label_supplied"), .dataNumber("same_packaging"),
          ]),
        FactNeed(["return.credited"], [.amount, .text(.currency)]),
        FactNeed(talk, [.dataText("return_id"), .text(.subject)]),
      ]
    },
    makeFold: { ReturnFacts($0) })

  /// What else is said about a return, by either side.
  private static let talk = ["message.sent", "status.reported", "case.opened", "call.handled", "info.sought"]

  private static func column(_ column: Column) -> FactColumn {
    let name = "\(column)"
    switch column {
    case .return_id: return FactColumn(name, .id, isNullable: false, "its return_id, else the subject of its events")
    case .customer: return FactColumn(name, .customer, "external id")
    case .order_id: return FactColumn(name, .id, "the order it is of", formula: "order_id of its events")
    case .state:
      return FactColumn(name, .word, isNullable: false, "requested, received, credited or refused", seed: "S1.21")
    case .reason: return FactColumn(name, .word, "why it goes back", seed: "S1.21")
    case .label_supplied: return FactColumn(name, .flag, "whether a label was supplied", seed: "S1.19")
    case .same_packaging: return FactColumn(name, .flag, "whether it could go in its packaging", seed: "S1.19")
    case .customer_touches:
      return FactColumn(
        name, .count, isNullable: false, "how often they had to act or ask", seed: "S1.19", direction: "WE",
        highIsGood: false)
    case .easy:
      return FactColumn(
        name, .flag, "easy; NULL where label or packaging is not recorded",
        formula: "label_supplied and same_packaging and customer_touches ≤ 1", seed: "S1.19", direction: "WE",
        highIsGood: true)
    case .requested_at: return FactColumn(name, .instant, "when they asked", formula: "time of return.requested")
    case .received_at: return FactColumn(name, .instant, "when it arrived", formula: "time of return.received")
    case .credited_at:
      return FactColumn(
        name, .instant, "when it was credited; NULL: not yet", formula: "time of return.credited")
    case .refused_at: return FactColumn(name, .instant, "when it was refused", seed: "S1.21")
    case .amount:
      return FactColumn(
        name, .amount, "what was credited, in the ledger's currency",
        formula: "amount of return.credited at the rulebook's rate")
    case .credit_h:
      return FactColumn(
        name, .hours, "from asking to the credit; NULL while open", formula: "credited_at − requested_at",
        seed: "S1.13", direction: "WE", highIsGood: false)
    case .receipt_to_credit_h:
      return FactColumn(
        name, .hours, "from its arrival to the credit", formula: "credited_at − received_at", seed: "S1.13",
        direction: "WE", highIsGood: false)
    case .receipt_told_h:
      return FactColumn(
        name, .hours, "from its arrival until they were told of it",
        formula: "return.received with told_customer, or the first message about it", seed: "S1.20", direction: "WE",
        highIsGood: false)
    case .credit_told_h:
      return FactColumn(
        name, .hours, "from its arrival until they were told of the credit",
        formula: "return.credited with told_customer, or the first message after it", seed: "S1.20", direction: "WE",
        highIsGood: false)
    }
  }

  private struct Return {
    var place = FactPlace()
    var order: Int64 = FactRows.absent
    var reason: Int64 = FactRows.absent
    var label: Bool?
    var packaging: Bool?
    var customerTouches: Int64 = 0
    var requestedAt = Instant.absentInstant
    var receivedAt = Instant.absentInstant
    var creditedAt = Instant.absentInstant
    var refusedAt = Instant.absentInstant
    var receiptToldAt = Instant.absentInstant
    var creditToldAt = Instant.absentInstant
    var amount: Int64 = FactRows.absent
  }

  /// By kind code: the place in `kinds`, or −1 for talk.
  private let roles: [Int]
  private let ids: FactField
  private let subjects: FactField
  private let orders: FactField
  private let reasons: FactField
  private let labels: FactField
  private let packagings: FactField
  private let told: FactField
  private let amounts: FactField
  private let currencies: FactField
  private let rates: [UInt32: Int64]

  private var keys = KeyTable()
  private var returns: [Return] = []

  private init(_ base: FactBase) {
    roles = base.indices(of: Self.kinds)
    ids = base.reader(.dataText("return_id"))
    subjects = base.reader(.text(.subject))
    orders = base.reader(.dataText("order_id"))
    reasons = base.reader(.dataText("reason"))
    labels = base.reader(.dataNumber("label_supplied"))
    packagings = base.reader(.dataNumber("same_packaging"))
    told = base.reader(.dataNumber("told_customer"))
    amounts = base.reader(.amount)
    currencies = base.reader(.text(.currency))
    rates = base.rates
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    if returns.isEmpty { return }
    keys.removeAll()
    returns.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let id = ids.text(touch) ?? subjects.text(touch) else { return }
    let time = touch.time
    guard roles[touch.kind] >= 0 else {
      if let index = keys.find(tag: 0, id) { talkedAbout(index, direction, at: time) }
      return
    }
    let found = keys.insert(tag: 0, id)
    if found.isNew { returns.append(Return()) }
    let index = found.key
    note(touch, &returns[index].place)
    if direction == .in || direction == .both { returns[index].customerTouches += 1 }
    if let order = orders.text(touch), returns[index].order == FactRows.absent { returns[index].order = rows.text(order) }
    if let reason = reasons.text(touch), returns[index].reason == FactRows.absent {
      returns[index].reason = rows.text(reason)
    }
    returns[index].label = returns[index].label ?? labels.flag(touch)
    returns[index].packaging = returns[index].packaging ?? packagings.flag(touch)
    switch roles[touch.kind] {
    case 0: first(&returns[index].requestedAt, time)
    case 1:
      first(&returns[index].receivedAt, time)
      if told.flag(touch) == true { first(&returns[index].receiptToldAt, time) }
    case 2:
      first(&returns[index].creditedAt, time)
      if told.flag(touch) == true { first(&returns[index].creditToldAt, time) }
      if let amount = amounts.number(touch), let rate = rates[currencies.code(touch)] {
        returns[index].amount = OrderTracker.worth(amount, rate: rate) ?? FactRows.absent
      }
    default: first(&returns[index].refusedAt, time)
    }
  }

  private func talkedAbout(_ index: Int, _ direction: Direction, at time: Instant) {
    if direction == .in { returns[index].customerTouches += 1 }
    guard direction == .out || direction == .both else { return }
    if returns[index].receivedAt != .absentInstant { first(&returns[index].receiptToldAt, time) }
    if returns[index].creditedAt != .absentInstant { first(&returns[index].creditToldAt, time) }
  }

  override func end(customer: UInt32) {
    for (index, item) in returns.enumerated() {
      var row = [Int64](repeating: FactRows.absent, count: Column.allCases.count)
      func set(_ column: Column, _ value: Int64) { row[column.rawValue] = value }
      func setSpan(_ column: Column, _ start: Instant, _ end: Instant) {
        if start != .absentInstant, end != .absentInstant { set(column, end - start) }
      }
      set(.return_id, keys.id(of: index) { rows.text($0) })
      set(.order_id, item.order)
      set(.state, rows.text(state(item)))
      set(.reason, item.reason)
      if let label = item.label { set(.label_supplied, label ? 1 : 0) }
      if let packaging = item.packaging { set(.same_packaging, packaging ? 1 : 0) }
      set(.customer_touches, item.customerTouches)
      if let label = item.label, let packaging = item.packaging {
        set(.easy, label && packaging && item.customerTouches <= 1 ? 1 : 0)
      }
      set(.requested_at, item.requestedAt)
      set(.received_at, item.receivedAt)
      set(.credited_at, item.creditedAt)
      set(.refused_at, item.refusedAt)
      set(.amount, item.amount)
      setSpan(.credit_h, item.requestedAt, item.creditedAt)
      setSpan(.receipt_to_credit_h, item.receivedAt, item.creditedAt)
      setSpan(.receipt_told_h, item.receivedAt, item.receiptToldAt)
      setSpan(.credit_told_h, item.receivedAt, item.creditToldAt)
      append(row, item.place, customer: customer)
    }
  }

  private func state(_ item: Return) -> StaticString {
    if item.creditedAt != .absentInstant { return "credited" }
    if item.refusedAt != .absentInstant { return "refused" }
    return item.receivedAt != .absentInstant ? "received" : "requested"
  }
}
