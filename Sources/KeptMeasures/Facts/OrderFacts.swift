import KeptFormat
import KeptReplay

/// Orders, from being placed to being delivered, and whether the customer was told. Metrics S1.12 to S1.18, 3.13.
///
/// An order is its `order_id`, else the subject of its `order.*` events. Example: placed 9:00:00, confirmed 9:00:12,
/// shipped on Tuesday with `told_customer` false and a message about it the next morning: confirm_s 12,
/// confirmed_instantly, ship_told.
final class OrderFacts: FactFold {
  private enum Column: Int, CaseIterable {
    case order_id, customer, state, device, steps, reidentified, is_repeat, placed_at, abandoned_at, amount, currency
    case confirm_s, confirmed_instantly, shipped_at, ship_told, backordered_at, told_first, delivered_at
    case corrections, our_faults, accurate
  }

  static let family = FactFamily(
    name: "orders", meaning: "an order",
    columns: Column.allCases.map(column),
    needs: { rules in
      let own = kinds(rules)
      return [
        FactNeed(own, [.dataText("order_id"), .text(.subject)] + PlaceReader.fields),
        FactNeed(
          rules.orders.placed + ["order.abandoned"],
          [.dataText("device"), .dataNumber("steps"), .dataNumber("reidentified"), .amount, .text(.currency)]),
        FactNeed(rules.orders.corrected, [.amount, .text(.currency), .dataNumber("our_fault")]),
        FactNeed(["order.confirmed", "order.shipped", "order.backordered"], [.dataNumber("told_customer")]),
        FactNeed(["message.sent", "status.reported", "case.opened", "info.sought"], [.dataText("order_id"), .text(.subject)]),
      ]
    },
    makeFold: { OrderFacts($0) })

  private static func kinds(_ rules: Rulebook) -> [String] {
    rules.orders.placed + rules.orders.cancelled + rules.orders.corrected
      + ["order.approved", "order.confirmed", "order.shipped", "order.backordered", "order.delivered", "order.abandoned"]
  }

  private static func column(_ column: Column) -> FactColumn {
    let name = "\(column)"
    switch column {
    case .order_id:
      return FactColumn(name, .id, "its order_id, else the subject of its events; NULL: placed without either")
    case .customer: return FactColumn(name, .customer, "external id")
    case .state:
      return FactColumn(
        name, .word, isNullable: false,
        "the furthest it came: placed, confirmed, shipped, delivered; cancelled or abandoned ends it", seed: "S0.1")
    case .device: return FactColumn(name, .word, "what it was placed with", seed: "S1.14")
    case .steps:
      return FactColumn(name, .count, "steps to place it", seed: "S1.14", direction: "WE", highIsGood: false)
    case .reidentified:
      return FactColumn(
        name, .flag, "whether they had to say again who they are", seed: "S1.15", direction: "WE", highIsGood: false)
    case .is_repeat: return FactColumn(name, .flag, "not the customer's first order", seed: "S1.15")
    case .placed_at:
      return FactColumn(
        name, .instant, "when it was placed; NULL where only later events are recorded", formula: "time of order.placed")
    case .abandoned_at: return FactColumn(name, .instant, "when it was given up on the way", seed: "S1.14")
    case .amount:
      return FactColumn(
        name, .amount, "its worth in the ledger's currency, as corrected last; NULL without an amount or a rate",
        seed: "S3.7")
    case .currency:
      return FactColumn(
        name, .code, "the currency it was stated in; NULL: the ledger's",
        formula: "currency of order.placed")
    case .confirm_s:
      return FactColumn(
        name, .seconds, "how long until it was confirmed", formula: "order.confirmed − order.placed", seed: "S1.16",
        direction: "WE", highIsGood: false)
    case .confirmed_instantly:
      return FactColumn(
        name, .flag, "confirmed within the norm; NULL while neither confirmed nor past it",
        formula: "confirm_s ≤ norms.confirm_instantly", seed: "S1.16", direction: "WE", highIsGood: true)
    case .shipped_at: return FactColumn(name, .instant, "when it was shipped first", seed: "S1.17")
    case .ship_told:
      return FactColumn(
        name, .flag,
        "told within the norm that it was shipped; NULL: not shipped, the norm still runs, or no telling is recorded",
        formula: "order.shipped with told_customer, or a message about the order ≤ norms.ship_notice after it",
        seed: "S1.17", direction: "WE", highIsGood: true)
    case .backordered_at: return FactColumn(name, .instant, "when it was put on backorder first", seed: "S1.18")
    case .told_first:
      return FactColumn(
        name, .flag, "told of the backorder before they asked about the order; NULL without a backorder",
        formula: "told_customer, or a message about the order, before any question of theirs about it", seed: "S1.18",
        direction: "WE", highIsGood: true)
    case .delivered_at: return FactColumn(name, .instant, "when it was delivered", formula: "time of order.delivered")
    case .corrections: return FactColumn(name, .count, isNullable: false, "how often it was corrected", seed: "S1.12")
    case .our_faults:
      return FactColumn(
        name, .count, isNullable: false, "corrections of what was our fault", seed: "S1.12", direction: "WE",
        highIsGood: false)
    case .accurate:
      return FactColumn(
        name, .flag, isNullable: false, "no correction of what was our fault", formula: "our_faults = 0",
        seed: "S1.12", direction: "WE", highIsGood: true)
    }
  }

  /// What was heard of one order so far; instants are `Instant.absentInstant` where nothing was.
  private struct Order {
    /// In `keys`; nil without an id.
    var key: Int?
    var state = State.placed
    var place = FactPlace()
    var device: Int64 = FactRows.absent
    var steps: Int64 = FactRows.absent
    var reidentified: Int64 = FactRows.absent
    var isRepeat = false
    var placedAt = Instant.absentInstant
    var abandonedAt = Instant.absentInstant
    var amount: Int64 = FactRows.absent
    var currency: Int64 = FactRows.absent
    var confirmedAt = Instant.absentInstant
    var shippedAt = Instant.absentInstant
    var shipToldAt = Instant.absentInstant
    /// Whether anything said if they were told.
    var isShipTellingKnown = false
    var backorderedAt = Instant.absentInstant
    var backorderToldAt = Instant.absentInstant
    var askedAt = Instant.absentInstant
    var deliveredAt = Instant.absentInstant
    var corrections: Int64 = 0
    var ourFaults: Int64 = 0
  }

  /// In the order in which an order comes by them.
  private enum State: Int, Comparable {
    case placed, confirmed, shipped, delivered, abandoned, cancelled

    var word: StaticString {
      switch self {
      case .placed: "placed"
      case .confirmed: "confirmed"
      case .shipped: "shipped"
      case .delivered: "delivered"
      case .abandoned: "abandoned"
      case .cancelled: "cancelled"
      }
    }

    static func < (left: State, right: State) -> Bool { left.rawValue < right.rawValue }
  }

  private enum Role: Int, CaseIterable {
    case placed, cancelled, corrected, approved, confirmed, shipped, backordered, delivered, abandoned, told, asked
  }

  private let roles: [Role?]
  private let ids: FactField
  private let subjects: FactField
  private let devices: FactField
  private let steps: FactField
  private let reidentified: FactField
  private let amounts: FactField
  private let currencies: FactField
  private let ourFaults: FactField
  private let told: FactField
  /// Whether anything is ever recorded that would tell them; without, silence says nothing.
  private let hasMessages: Bool
  private let rates: [UInt32: Int64]
  private let norms: Norms
  private let asOf: Instant

  private var keys = KeyTable()
  private var orders: [Order] = []
  /// By key: the place in `orders`.
  private var places: [Int] = []
  private var placedCount = 0

  private init(_ base: FactBase) {
    let rules = base.rulebook.orders
    roles = base.kinds.map { kind in
      if rules.placed.contains(kind) { return .placed }
      if rules.cancelled.contains(kind) { return .cancelled }
      if rules.corrected.contains(kind) { return .corrected }
      switch kind {
      case "order.approved": return .approved
      case "order.confirmed": return .confirmed
      case "order.shipped": return .shipped
      case "order.backordered": return .backordered
      case "order.delivered": return .delivered
      case "order.abandoned": return .abandoned
      case "message.sent", "status.reported": return .told
      case "case.opened", "info.sought": return .asked
      default: return nil
      }
    }
    ids = base.reader(.dataText("order_id"))
    subjects = base.reader(.text(.subject))
    devices = base.reader(.dataText("device"))
    steps = base.reader(.dataNumber("steps"))
    reidentified = base.reader(.dataNumber("reidentified"))
    amounts = base.reader(.amount)
    currencies = base.reader(.text(.currency))
    ourFaults = base.reader(.dataNumber("our_fault"))
    told = base.reader(.dataNumber("told_customer"))
    hasMessages = roles.contains(.told)
    rates = base.rates
    norms = base.rulebook.norms
    asOf = base.asOf
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    placedCount = 0
    if orders.isEmpty { return }
    keys.removeAll()
    places.removeAll(keepingCapacity: true)
    orders.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let role = roles[touch.kind] else { return }
    let id = ids.text(touch) ?? subjects.text(touch)
    if role == .told || role == .asked {
      // Only about an order that is known; the subject of a message may be anything.
      if let id, let key = keys.find(tag: 0, id) { talkedAbout(places[key], role, at: touch.time) }
      return
    }
    guard let index = id.map(place) ?? placeWithoutID(role) else { return }
    let time = touch.time
    note(touch, &orders[index].place)
    switch role {
    case .placed, .abandoned:
      if role == .abandoned {
        reach(.abandoned, index)
        first(&orders[index].abandonedAt, time)
      }
      guard orders[index].placedAt == .absentInstant else { return add(worth(touch), to: index) }
      if role == .placed {
        orders[index].isRepeat = placedCount > 0
        placedCount += 1
        orders[index].placedAt = time
      }
      orders[index].device = devices.text(touch).map { rows.text($0) } ?? FactRows.absent
      orders[index].steps = steps.number(touch).map { $0 / 1_000_000 } ?? FactRows.absent
      orders[index].reidentified = reidentified.number(touch) ?? FactRows.absent
      orders[index].currency = Int64(currencies.code(touch))
      add(worth(touch), to: index)
    case .cancelled: reach(.cancelled, index)
    case .corrected:
      orders[index].corrections += 1
      if ourFaults.flag(touch) == true { orders[index].ourFaults += 1 }
      if let worth = worth(touch) { orders[index].amount = worth }
    case .approved: break
    case .confirmed:
      reach(.confirmed, index)
      first(&orders[index].confirmedAt, time)
    case .shipped:
      reach(.shipped, index)
      first(&orders[index].shippedAt, time)
      if told.flag(touch) != nil { orders[index].isShipTellingKnown = true }
      if told.flag(touch) == true { first(&orders[index].shipToldAt, time) }
    case .backordered:
      first(&orders[index].backorderedAt, time)
      if told.flag(touch) == true { first(&orders[index].backorderToldAt, time) }
    case .delivered:
      reach(.delivered, index)
      first(&orders[index].deliveredAt, time)
    case .told, .asked: break
    }
  }

  private func place(_ id: UnsafeRawBufferPointer) -> Int {
    let found = keys.insert(tag: 0, id)
    if found.isNew {
      places.append(orders.count)
      orders.append(Order(key: found.key))
    }
    return places[found.key]
  }

  /// An order placed under no name is one of its own; what else says no name is about no order in particular.
  private func placeWithoutID(_ role: Role) -> Int? {
    guard role == .placed || role == .abandoned else { return nil }
    orders.append(Order())
    return orders.count - 1
  }

  private func reach(_ state: State, _ index: Int) { orders[index].state = max(orders[index].state, state) }

  private func talkedAbout(_ index: Int, _ role: Role, at time: Instant) {
    if role == .asked { return first(&orders[index].askedAt, time) }
    if orders[index].shippedAt != .absentInstant { first(&orders[index].shipToldAt, time) }
    if orders[index].backorderedAt != .absentInstant { first(&orders[index].backorderToldAt, time) }
  }

  /// Several events that place one order are one order whose amounts add up.
  private func add(_ worth: Int64?, to index: Int) {
    guard let worth else { return }
    let (sum, overflow) = max(orders[index].amount, 0).addingReportingOverflow(worth)
    orders[index].amount = overflow ? FactRows.absent : orders[index].amount == FactRows.absent ? worth : sum
  }

  /// In the ledger's currency × 10⁶; nil without an amount or a rate.
  private func worth(_ touch: Touch) -> Int64? {
    guard let amount = amounts.number(touch), let rate = rates[currencies.code(touch)] else { return nil }
    return OrderTracker.worth(amount, rate: rate)
  }

  override func end(customer: UInt32) {
    for order in orders {
      var row = [Int64](repeating: FactRows.absent, count: Column.allCases.count)
      func set(_ column: Column, _ value: Int64) { row[column.rawValue] = value }
      if let key = order.key { set(.order_id, keys.id(of: key) { rows.text($0) }) }
      set(.state, rows.text(order.state.word))
      set(.device, order.device)
      set(.steps, order.steps)
      set(.reidentified, order.reidentified)
      if order.placedAt != .absentInstant { set(.is_repeat, order.isRepeat ? 1 : 0) }
      set(.placed_at, order.placedAt)
      set(.abandoned_at, order.abandonedAt)
      set(.amount, order.amount)
      set(.currency, order.currency)
      if order.placedAt != .absentInstant {
        if order.confirmedAt != .absentInstant { set(.confirm_s, order.confirmedAt - order.placedAt) }
        set(.confirmed_instantly, within(norms.confirmInstantly, order.placedAt, order.confirmedAt))
      }
      set(.shipped_at, order.shippedAt)
      if order.shippedAt != .absentInstant, order.isShipTellingKnown || hasMessages {
        set(.ship_told, within(norms.shipNotice, order.shippedAt, order.shipToldAt))
      }
      set(.backordered_at, order.backorderedAt)
      if order.backorderedAt != .absentInstant {
        let isTold = order.backorderToldAt != .absentInstant
        let isAsked = order.askedAt != .absentInstant
        if isTold || isAsked { set(.told_first, isTold && !(isAsked && order.askedAt < order.backorderToldAt) ? 1 : 0) }
      }
      set(.delivered_at, order.deliveredAt)
      set(.corrections, order.corrections)
      set(.our_faults, order.ourFaults)
      set(.accurate, order.ourFaults == 0 ? 1 : 0)
      append(row, order.place, customer: customer)
    }
  }

  /// Whether `end` came within `limit` of `start`: 1, 0, or absent while it may still.
  private func within(_ limit: Int64, _ start: Instant, _ end: Instant) -> Int64 {
    if end != .absentInstant { return end - start <= limit ? 1 : 0 }
    return asOf - start > limit ? 0 : FactRows.absent
  }
}
