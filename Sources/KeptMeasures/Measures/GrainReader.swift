import KeptReplay

/// What a row of `measures` is about.
enum MeasureGrain: Int, Sendable, CaseIterable {
  case firm, party, region, channel, department, agent, offering
  /// How somebody who begins a relationship came upon us.
  case source
}

/// Which entities a touch counts for.
struct GrainReader: Sendable {
  static let fields: [DetailField] = [
    .text(.party), .text(.account), .dataText("region"), .text(.channel), .text(.department), .text(.agent),
    .dataText("offering"), .dataText("found_via"),
  ]

  private let party: FactField
  private let account: FactField
  private let region: FactField
  private let channel: FactField
  private let department: FactField
  private let agent: FactField
  private let offering: FactField
  private let source: FactField
  private let business: UInt32
  private let consumer: UInt32

  init(kinds: [String], plan: DetailPlan, code: (String) -> UInt32) {
    func reader(_ field: DetailField) -> FactField { FactField(field, kinds: kinds, plan: plan) }
    party = reader(.text(.party))
    account = reader(.text(.account))
    region = reader(.dataText("region"))
    channel = reader(.text(.channel))
    department = reader(.text(.department))
    agent = reader(.text(.agent))
    offering = reader(.dataText("offering"))
    source = reader(.dataText("found_via"))
    business = code("b2b")
    consumer = code("b2c")
  }

  /// Calls `body` with each entity that the touch names, the firm being one; `names` numbers those told by their bytes.
  @inline(__always)
  func each(_ touch: Touch, hasCustomer: Bool, _ names: inout KeyTable, _ body: (MeasureGrain, UInt32) -> Void) {
    body(.firm, 0)
    var party = party.code(touch)
    if party == 0, hasCustomer { party = account.code(touch) == 0 ? consumer : business }
    if party != 0 { body(.party, party) }
    let (channel, department, agent) = (channel.code(touch), department.code(touch), agent.code(touch))
    if channel != 0 { body(.channel, channel) }
    if department != 0 { body(.department, department) }
    if agent != 0 { body(.agent, agent) }
    func named(_ grain: MeasureGrain, _ field: FactField, _ names: inout KeyTable) {
      if let text = field.text(touch) { body(grain, UInt32(names.insert(tag: UInt64(grain.rawValue), text).key)) }
    }
    named(.region, region, &names)
    named(.offering, offering, &names)
    named(.source, source, &names)
  }
}
