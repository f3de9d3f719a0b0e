/// What a kind does in a life, by the rulebook: the reasons why a fold looks at a touch more closely than its 16 bytes.
struct KindRoles: OptionSet, Sendable {
  let rawValue: UInt64

  /// Opens a case, order or project; belongs to one, so that it may open it by implication.
  static let opens = KindRoles(rawValue: 1 << 0)
  static let concerns = KindRoles(rawValue: 1 << 1)
  static let caseResolved = KindRoles(rawValue: 1 << 2)
  static let handsOn = KindRoles(rawValue: 1 << 3)
  static let mayReply = KindRoles(rawValue: 1 << 4)
  static let projectClosed = KindRoles(rawValue: 1 << 5)
  static let asks = KindRoles(rawValue: 1 << 6)
  static let promiseMade = KindRoles(rawValue: 1 << 7)
  static let promiseRevised = KindRoles(rawValue: 1 << 8)
  static let promiseKept = KindRoles(rawValue: 1 << 9)
  static let promiseBroken = KindRoles(rawValue: 1 << 10)
  static let fulfils = KindRoles(rawValue: 1 << 11)
  static let withdraws = KindRoles(rawValue: 1 << 12)
  static let orderPlaced = KindRoles(rawValue: 1 << 13)
  static let orderCancelled = KindRoles(rawValue: 1 << 14)
  static let orderCorrected = KindRoles(rawValue: 1 << 15)
  static let credited = KindRoles(rawValue: 1 << 16)
  static let returnRequested = KindRoles(rawValue: 1 << 17)
  static let returnCredited = KindRoles(rawValue: 1 << 18)
  static let invoiced = KindRoles(rawValue: 1 << 19)
  static let paid = KindRoles(rawValue: 1 << 20)
  static let rating = KindRoles(rawValue: 1 << 21)
  static let asked = KindRoles(rawValue: 1 << 22)
  static let mention = KindRoles(rawValue: 1 << 23)
  static let emotion = KindRoles(rawValue: 1 << 24)
  static let ends = KindRoles(rawValue: 1 << 25)
  static let starts = KindRoles(rawValue: 1 << 26)
  /// Its signals depend on more than kind and direction.
  static let signals = KindRoles(rawValue: 1 << 27)
  /// A family of facts listens to it.
  static let facts = KindRoles(rawValue: 1 << 28)
  /// Changes a contract.
  static let contracts = KindRoles(rawValue: 1 << 29)
  /// A touch measure counts it.
  static let counts = KindRoles(rawValue: 1 << 30)
  /// Says how a relationship began, or how well they fit.
  static let begins = KindRoles(rawValue: 1 << 31)

  /// Closes a project formally, or introduces its customer to those who care from then on.
  static let parts = KindRoles(rawValue: 1 << 32)
  /// Says which offering somebody has; what came in, and what it cost.
  static let offers = KindRoles(rawValue: 1 << 33)
  static let costs = KindRoles(rawValue: 1 << 34)

  /// Says how well we fit them, while months are compared.
  static let assesses = KindRoles(rawValue: 1 << 35)

  static let promises: KindRoles = [
    .promiseMade, .promiseRevised, .promiseKept, .promiseBroken, .fulfils, .withdraws,
  ]
  static let wordOfMouth: KindRoles = [.rating, .asked, .mention, .emotion]
  static let money: KindRoles = [.orderPlaced, .orderCancelled, .orderCorrected, .credited]
  static let matters: KindRoles = [
    .opens, .concerns, .caseResolved, .handsOn, .mayReply, .projectClosed, .asks, .returnRequested, .returnCredited,
    .invoiced, .paid, .parts,
  ]
  static let turns: KindRoles = [.ends, .starts]
}

/// Which parts of the folds a run needs; everything else is neither decoded nor looked at.
struct Parts: OptionSet, Sendable {
  let rawValue: UInt32

  static let retention = Parts(rawValue: 1 << 0)
  static let lifecycle = Parts(rawValue: 1 << 1)
  static let scores = Parts(rawValue: 1 << 2)
  static let signals = Parts(rawValue: 1 << 3)
  static let wordOfMouth = Parts(rawValue: 1 << 4)
  static let promises = Parts(rawValue: 1 << 5)
  static let customers = Parts(rawValue: 1 << 6)
  /// Implied openings: asked for by the activities that count them.
  static let openings = Parts(rawValue: 1 << 7)
  /// Tables of things: orders, cases …
  static let facts = Parts(rawValue: 1 << 8)
  static let churn = Parts(rawValue: 1 << 9)
  /// Measures that touches add up to.
  static let measures = Parts(rawValue: 1 << 10)
  static let tenure = Parts(rawValue: 1 << 11)
  static let purchases = Parts(rawValue: 1 << 12)
  /// What is known of each account; its parts are those of customers, in the accounts' own lives.
  static let accounts = Parts(rawValue: 1 << 13)
  /// Of retention: ranges of ages; what members paid.
  static let brackets = Parts(rawValue: 1 << 14)
  static let revenue = Parts(rawValue: 1 << 15)
  /// Lapses one by one.
  static let lapses = Parts(rawValue: 1 << 16)
  /// What is lost with those who leave, and which offerings they leave.
  static let leaving = Parts(rawValue: 1 << 17)
  /// How each life stood at the end of each month.
  static let history = Parts(rawValue: 1 << 18)
  /// Movement between quadrants.
  static let moves = Parts(rawValue: 1 << 19)
  static let customerMonths = Parts(rawValue: 1 << 20)
  /// How all stood together, month by month.
  static let standing = Parts(rawValue: 1 << 21)
  /// Every touch that said something, one by one.
  static let touches = Parts(rawValue: 1 << 22)

  /// What only claims need of each life.
  static let claims = Parts(rawValue: 1 << 23)
  /// Indices and revenue by quarter; how lives stood at the instants of back-tests.
  static let growth = Parts(rawValue: 1 << 24)
  static let backtests = Parts(rawValue: 1 << 25)

  /// Those that need to know what touches say.
  static let signalling: Parts = [.scores, .signals, .customers, .history, .touches]
}

/// The roles of every kind of a ledger, for the parts a run needs.
struct RoleTable: Sendable {
  /// By kind code.
  private(set) var roles: [KindRoles]
  /// By kind code: the noun whose matters the kind opens or concerns, as a number; −1: none.
  private(set) var nouns: [Int]
  /// The nouns of the rulebook's openings, sorted.
  let nounNames: [String]
  private let rulebook: Rulebook
  private let parts: Parts

  init(kinds: [String], rulebook: Rulebook, parts: Parts) {
    self.rulebook = rulebook
    self.parts = parts
    nounNames = rulebook.openings.keys.sorted()
    roles = Array(repeating: [], count: kinds.count)
    nouns = Array(repeating: -1, count: kinds.count)
    var facts = parts.isDisjoint(with: .signalling) ? [] : rulebook.factsAskedFor
    // A burden, whatever a signal makes of it.
    if parts.contains(.customers) { facts.insert(.paidLate) }
    let codes = Dictionary(kinds.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 })
    func give(_ names: [String], _ role: KindRoles) {
      for name in names { if let code = codes[name] { roles[code].insert(role) } }
    }

    let absences = parts.isDisjoint(with: .signalling) ? [] : rulebook.absencesAskedFor
    let followsMatters = !absences.isDisjoint(with: [.leftInDark, .unanswered, .droppedAfterClose])
    let needsCases =
      followsMatters || !facts.isDisjoint(with: [.answeredSoon, .solvedSoon, .solvedLate, .handedOnAgain])
    if parts.contains(.openings) || needsCases {
      for (code, kind) in kinds.enumerated() {
        let noun = String(kind.prefix { $0 != "." })
        guard noun.count < kind.count, let number = nounNames.firstIndex(of: noun) else { continue }
        nouns[code] = number
        roles[code].insert(rulebook.openings[noun]!.contains(kind) ? .opens : .concerns)
      }
    }
    if !facts.isDisjoint(with: [.solvedSoon, .solvedLate]) { give(["case.resolved"], .caseResolved) }
    if facts.contains(.handedOnAgain) { give(["case.assigned", "contact.assigned"], .handsOn) }
    if followsMatters { give(["closeout.held", "contact.assigned"], .parts) }
    if facts.contains(.answeredSoon) || absences.contains(.unanswered) {
      give(["message.sent", "call.handled", "meeting.held", "status.reported"], .mayReply)
      give(kinds.filter { $0.hasPrefix("case.") && $0 != "case.updated" }, .mayReply)
    }
    if facts.contains(.soldFirst) {
      give(["project.closed"], .projectClosed)
      give(["ask.made"], .asks)
    }
    if !facts.isDisjoint(with: [.creditedSoon, .creditedLate]) {
      give(["return.requested"], .returnRequested)
      give(["return.credited"], .returnCredited)
    }
    if facts.contains(.paidLate) {
      give(["invoice.issued"], .invoiced)
      give(["payment.received"], .paid)
    }

    let promiseFacts: Set<LifeFact> = [
      .ourPromiseKept, .ourPromiseBroken, .ourPromiseDropped, .ourPromiseMoved, .theirPromiseKept, .theirPromiseBroken,
    ]
    if !parts.isDisjoint(with: [.promises, .customers]) || !facts.isDisjoint(with: promiseFacts)
      || !absences.isDisjoint(with: [.promiseOverdue, .promiseDropped])
    {
      give(["promise.made"], .promiseMade)
      give(["promise.revised"], .promiseRevised)
      give(["promise.kept"], .promiseKept)
      give(["promise.broken"], .promiseBroken)
      give(rulebook.promises.fulfilments.flatMap(\.kinds), .fulfils)
      give(rulebook.promises.withdrawals, .withdraws)
    }
    if parts.contains(.wordOfMouth) {
      give(rulebook.ratings.kinds, .rating)
      give(rulebook.ratings.asked, .asked)
      give(rulebook.wordOfMouth.mentions, .mention)
      give(rulebook.wordOfMouth.emotions, .emotion)
    }
    if !parts.isDisjoint(with: [.customers, .purchases, .revenue, .growth, .backtests]) {
      give(rulebook.orders.placed, .orderPlaced)
      give(rulebook.orders.cancelled, .orderCancelled)
      give(rulebook.orders.corrected, .orderCorrected)
      give(rulebook.orders.credited, .credited)
    }
    if parts.contains(.churn) { give(["contract.changed"], .contracts) }
    if parts.contains(.leaving) { give(OfferingFold.kinds(rulebook), .offers) }
    if parts.contains(.purchases) { give(CostFold.kinds, .costs) }
    if parts.contains(.standing) { give([TenureFold.assessed], .assesses) }
    if !parts.isDisjoint(with: [.tenure, .retention]) { give([TenureFold.began], .begins) }
    if parts.contains(.tenure) { give([TenureFold.assessed], .begins) }
    if !parts.isDisjoint(with: [.customers, .lifecycle, .churn, .tenure, .leaving]) {
      give(rulebook.relationship.ends.map(\.kind), .ends)
      give(rulebook.relationship.starts.map(\.kind), .starts)
    }
  }

  mutating func mark(_ kind: Int, _ role: KindRoles) { roles[kind].insert(role) }

  /// The fields that the roles of these kinds read.
  func needs(kinds: [String]) -> [Need] {
    var needs: [Need] = []
    func add(_ role: KindRoles, _ fields: [TouchField]) {
      let having = kinds.indices.filter { !roles[$0].isDisjoint(with: role) }.map { kinds[$0] }
      needs += Need.each(having, fields)
    }
    add([.opens, .concerns, .caseResolved], [.ownID, .subject])
    if !parts.isDisjoint(with: .signalling), !rulebook.absencesAskedFor.isEmpty {
      add([.opens, .concerns], [.source, .byBot])
      add(.parts, [.projectID, .subject, .role, .introduced])
    }
    add(.handsOn, [.caseID, .projectID, .subject, .agent, .department, .fromAgent, .fromDepartment])
    add(.mayReply, [.caseID, .subject, .agent, .automated, .byBot])
    add([.projectClosed], [.ownID, .subject])
    add(.asks, [.askKind])
    add([.returnRequested, .returnCredited], [.returnID, .subject])
    add([.invoiced, .paid], [.invoiceID, .subject, .due, .dueAt])
    add([.promiseMade, .promiseKept, .promiseBroken, .promiseRevised], [.source, .promiseID, .subject])
    add(.promiseMade, [.department, .due, .dueAt, .by])
    if !rulebook.promises.fulfilments.isEmpty { add(.promiseMade, [.promise]) }
    add(.promiseRevised, [.due, .dueAt, .by, .askedBy])
    add([.promiseKept, .promiseBroken], [.by])
    add([.fulfils, .withdraws], [.ownID, .subject])
    add(.rating, [.score, .instrument, .scaleMin, .scaleMax, .source])
    add(.emotion, [.level, .heardFrom])
    add(.money, [.ownID, .orderID, .subject, .amount, .currency])
    add(.ends, [.endedBy, .effectiveAt])
    if parts.contains(.churn) {
      needs += Need.each(rulebook.relationship.starts.filter { $0.changes == nil }.map(\.kind), [.since])
    }
    add(.begins, [.since])
    if parts.contains(.tenure) { add(.begins, [.foundVia, .offering, .score]) }
    add(.offers, [.offering, .change, .since, .effectiveAt, .endsAt])
    add(.costs, [.amount, .currency, .effort])
    add(.assesses, [.score])
    add(.contracts, [.ownID, .subject, .change, .mrrBefore, .mrrAfter, .endsAt, .currency])
    if rulebook.relationship.starts.contains(where: { $0.changes != nil }) {
      let kinds = rulebook.relationship.starts.filter { $0.changes != nil }.map(\.kind)
      needs += Need.each(kinds, [.change])
    }
    return needs
  }
}

extension Rulebook {
  /// The life facts that some signal rule asks for.
  var factsAskedFor: Set<LifeFact> {
    var facts: Set<LifeFact> = []
    for rule in signals {
      for condition in rule.conditions { if case .fact(let fact) = condition.test { facts.insert(fact) } }
    }
    return facts
  }

  /// Kinds that a rule looks at: its own, and for kept promises the kinds that fulfil one.
  func kinds(of rule: SignalRule) -> [String] {
    let asksKept = rule.conditions.contains {
      if case .fact(let fact) = $0.test { fact == .ourPromiseKept || fact == .theirPromiseKept } else { false }
    }
    return asksKept ? rule.kinds + promises.fulfilments.flatMap(\.kinds) : rule.kinds
  }
}
