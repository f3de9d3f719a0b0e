import KeptReplay

/// What a row of `measures` is about.
enum MeasureGrain: Int, Sendable, CaseIterable {
  case firm, party, region, channel, department, agent, offering
  /// How somebody who begins a relationship came upon us.
  case source
}

/// Which entities a touch counts for.
final class GrainReader: Sendable {
  static let fields: [DetailField] = [
    .text(.party), .text(.account), .dataText("region"), .text(.channel), .text(.department), .text(.agent),
    .dataText("offering"), .dataText("found_via"),
  ]

  /// How many they are; `fields.count` would be asked for every touch.
  @inline(__always) private static var width: Int { 8 }

  /// By kind code and place in `fields`: the slot of its details, −1: none.
  private nonisolated(unsafe) let slots: UnsafeMutablePointer<Int8>
  private let business: UInt32
  private let consumer: UInt32

  init(kinds: [String], plan: DetailPlan, code: (String) -> UInt32) {
    let width = Self.width
    precondition(width == Self.fields.count, "GrainReader.width is \(width)")
    slots = .allocate(capacity: max(1, kinds.count * width))
    for (kindCode, kind) in kinds.enumerated() {
      for (place, field) in Self.fields.enumerated() { slots[kindCode * width + place] = Int8(plan.slot(kind, field)) }
    }
    business = code("b2b")
    consumer = code("b2c")
  }

  deinit { slots.deallocate() }

  /// Calls `body` with each entity that the touch names, the firm being one; `names` numbers those told by their bytes.
  @inline(__always)
  func each(_ touch: Touch, hasCustomer: Bool, _ names: inout KeyTable, _ body: (MeasureGrain, UInt32) -> Void) {
    let slots = slots + touch.kind * Self.width
    func code(_ place: Int) -> UInt32 {
      let slot = Int(slots[place])
      return slot < 0 ? 0 : touch.touches.code(touch.row, slot)
    }
    func named(_ grain: MeasureGrain, _ place: Int, _ names: inout KeyTable) {
      let slot = Int(slots[place])
      guard slot >= 0, let text = touch.touches.text(touch.row, slot) else { return }
      body(grain, UInt32(names.insert(tag: UInt64(grain.rawValue), text).key))
    }
    body(.firm, 0)
    var party = code(0)
    if party == 0, hasCustomer { party = code(1) == 0 ? consumer : business }
    if party != 0 { body(.party, party) }
    let (channel, department, agent) = (code(3), code(4), code(5))
    if channel != 0 { body(.channel, channel) }
    if department != 0 { body(.department, department) }
    if agent != 0 { body(.agent, agent) }
    named(.region, 2, &names)
    named(.offering, 6, &names)
    named(.source, 7, &names)
  }
}
