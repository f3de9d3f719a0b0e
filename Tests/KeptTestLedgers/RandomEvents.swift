import KeptFormat
import KeptMeasures
import KeptStatistics

/// An event as a test makes it up: what a line of JSON says of it.
public struct RandomEvent: Sendable {
  public enum Value: Sendable, Equatable {
    case text(String)
    case number(Double)
    case flag(Bool)
    /// RFC 3339.
    case instant(String)
    case list([String])
  }

  public var source = "crm"
  public var id: String
  public var kind: String
  public var time: Instant
  public var customer: String?
  public var otherCustomer: String?
  public var corrects: String?
  /// Fields of the envelope that few events have, by name.
  public var fields: [String: Value] = [:]
  public var data: [String: Value] = [:]

  public init(id: String, kind: String, time: Instant, customer: String? = nil) {
    self.id = id
    self.kind = kind
    self.time = time
    self.customer = customer
  }
}

/// Makes up events of every kind of the vocabulary, with the keys that the kind may carry and values that mean something.
public struct RandomEvents {
  public var random: SplitMix64
  private let kinds = Vocabulary.kinds

  public init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// Events of people and of nobody, no two at one instant, in the order in which they occurred.
  ///
  /// - Parameters:
  ///   - people: whose they are; a touch of the firm alone may be nobody's.
  ///   - accounts: about two thirds of the touches carry one.
  ///   - start: when the first may occur; then there is about one in nine hours.
  public mutating func events(_ count: Int, people: [String], accounts: [String], from start: Instant) -> [RandomEvent] {
    (0..<count).map { index in
      let time = start + Int64(index) * 9 * 3_600_000_000 + Int64(below(9 * 3600)) * 1_000_000
      return event("e\(index)", at: time, of: people.randomElement(using: &random)!, accounts)
    }
  }

  public mutating func event(_ id: String, at time: Instant, of person: String, _ accounts: [String]) -> RandomEvent {
    // What lives are made of comes more often than what is rare.
    let often = ["order.placed", "case.opened", "survey.answered", "message.sent", "care.given", "relationship.started"]
    let name = often[below(often.count)]
    let kind = chance(3) ? kinds.first { $0.name == name }! : kinds[below(kinds.count)]
    var event = RandomEvent(id: id, kind: kind.name, time: time, customer: person)
    event.source = ["crm", "desk", "till"].randomElement(using: &random)!
    if Self.firmKinds.contains(kind.name), chance(2) { event.customer = nil }
    if !chance(3) { event.fields["account"] = .text(accounts.randomElement(using: &random)!) }
    some("party", of: ["b2b", "b2c", "internal"], every: 6, &event.fields)
    some("channel", of: ["phone", "email", "web", "social", "store"], every: 2, &event.fields)
    some("direction", of: ["in", "out", "both"], every: 4, &event.fields)
    some("agent", of: ["kim", "ada", "lee", "bo"], every: 2, &event.fields)
    some("department", of: ["sales", "billing", "care"], every: 2, &event.fields)
    if chance(2) { event.fields["subject"] = .text(thing(String(kind.noun), person)) }
    some("purpose", of: ["care", "serve", "sell", "admin", "research"], every: 3, &event.data)
    some("benefits", of: ["customer", "us", "both"], every: 4, &event.data)
    some("region", of: ["north", "south"], every: 4, &event.data)
    for key in kind.keys where !chance(4) { say(key, of: person, at: time, &event) }
    if ["survey.answered", "fit.assessed", "probe.run"].contains(kind.name) {
      event.fields["score"] = .number(kind.name == "survey.answered" ? Double(below(6)) : Double(below(11)) / 10)
    }
    return event
  }

  private static let firmKinds: Set<String> = [
    "effort.spent", "reward.paid", "skill.trained", "change.made", "probe.run", "period.declared",
  ]

  private mutating func say(_ key: String, of person: String, at time: Instant, _ event: inout RandomEvent) {
    if key == "amount" {
      event.fields["amount"] = .number(Double(below(50_000)) / 100)
    } else if key == "currency" {
      if chance(9) { event.fields["currency"] = .text("EUR") }
    } else if key == "due_at", chance(2) {
      event.fields["due"] = .instant(RFC3339.string(time + Int64(below(40)) * 86_400_000_000))
    } else if key.hasSuffix("_id") {
      event.data[key] = .text(thing(String(key.dropLast(3)), person))
    } else if Self.instants.contains(key) {
      event.data[key] = .instant(RFC3339.string(time + Int64(below(120) - 20) * 86_400_000_000))
    } else if Self.flags.contains(key) {
      event.data[key] = .flag(chance(2))
    } else if let most = Self.numbers[key] {
      event.data[key] = .number(key == "valence" ? Double(below(9) - 4) / 4 : Double(below(most)))
    } else if Self.lists.contains(key) {
      event.data[key] = .list(Array(["name", "number", "password"].prefix(below(4))))
    } else if !["score", "scale_min", "scale_max"].contains(key) {
      event.data[key] = .text((Self.words[key] ?? ["alpha", "beta", "gamma"]).randomElement(using: &random)!)
    }
  }

  private mutating func some(
    _ key: String, of words: [String], every: Int, _ values: inout [String: RandomEvent.Value]
  ) {
    if chance(every) { values[key] = .text(words.randomElement(using: &random)!) }
  }

  /// One of the few things of a sort that a person has.
  private mutating func thing(_ noun: String, _ person: String) -> String { "\(noun)-\(person)-\(below(4))" }

  public mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  /// True once in so many times.
  public mutating func chance(_ many: Int) -> Bool { below(many) == 0 }

  private static let instants: Set<String> = [
    "since", "notice_at", "effective_at", "ends_at", "expected_at", "due_at", "estimate_at", "valid_until", "until",
  ]
  private static let flags: Set<String> = [
    "reidentified", "told_customer", "our_fault", "label_supplied", "same_packaging", "by_bot", "asked_for", "abandoned",
    "human_reached", "automated", "by_name", "joint", "found", "self_service", "prompted", "personal", "accepted",
    "introduced", "holding", "referred", "public", "soft", "regretted", "solved",
  ]
  private static let numbers: [String: Int] = [
    "mrr_before": 90, "mrr_after": 90, "steps": 9, "wait_s": 2400, "hold_s": 900, "talk_s": 900, "apologies": 4,
    "words": 200, "words_managing": 9, "minutes": 90, "valence": 0, "reach": 5000, "confidence": 2, "severity": 3,
    "clawback": 90, "attendees": 5, "open_items": 5, "their_clients_signal": 2,
  ]
  private static let lists: Set<String> = [
    "compared_with", "sources", "fields", "already_known", "required_skills", "held_skills",
  ]
  private static let words: [String: [String]] = [
    "change": ["new", "renewed", "expanded", "contracted", "cancel_notice", "lapsed"],
    "ended_by": ["customer", "us", "mutual", "external"], "case_kind": ["question", "complaint", "request", "fault"],
    "ask_kind": ["upsell", "referral", "survey", "use_our_tool"], "benefits": ["customer", "us", "both"],
    "care_kind": ["check_in", "gift", "apology"], "effort": ["acquire", "keep", "serve"], "target": ["new", "existing"],
    "horizon": ["now", "long"], "role": ["lead", "care", "executive", "finance"],
    "instrument": ["csat", "nps", "ces", "respect", "reason_to_stay"],
    "level": ["frustration", "annoyance", "anger", "delight", "gratitude"],
    "heard_from": ["customer_words", "customer_words", "agent_note"], "intent": ["compare", "leaving"],
    "burden": ["scope_change", "abuse", "no_show"], "by": ["us", "us", "customer"], "asked_by": ["customer", "us"],
    "contradiction": ["inconsistent", "misleading", "false"], "basis": ["sales", "quality"],
    "missed_by": ["us", "customer"], "found_via": ["web", "blog", "vendor"], "reason": ["care", "price", "not_best"],
    "dept_a": ["sales", "billing"], "dept_b": ["care", "billing"], "period_kind": ["recession", "crisis"],
  ]
}

extension RandomEvent {
  /// The line that `kept import` reads.
  public var json: String {
    var members = [("source", source), ("id", id), ("kind", kind), ("time", RFC3339.string(time))].map { "\"\($0)\":\"\($1)\"" }
    if let customer { members.append("\"customer\":\"\(customer)\"") }
    if let otherCustomer { members.append("\"other_customer\":\"\(otherCustomer)\"") }
    if let corrects { members.append("\"corrects\":\"\(corrects)\"") }
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) { members.append("\"\(key)\":\(value.json)") }
    if !data.isEmpty {
      let entries = data.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1.json)" }
      members.append("\"data\":{\(entries.joined(separator: ","))}")
    }
    return "{\(members.joined(separator: ","))}"
  }
}

extension RandomEvent.Value {
  var json: String {
    switch self {
    case .text(let text), .instant(let text): "\"\(text)\""
    case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
    case .flag(let flag): "\(flag)"
    case .list(let words): "[\(words.map { "\"\($0)\"" }.joined(separator: ","))]"
    }
  }
}
