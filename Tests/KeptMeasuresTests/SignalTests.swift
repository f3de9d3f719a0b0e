import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

/// A row of the signal table with the last touch of a life that it matches, and one that it does not.
struct SignalCase: Sendable, CustomTestStringConvertible {
  let rule: String
  let yes: [TestTouch]
  let no: [TestTouch]
  var testDescription: String { rule }
}

/// A touch with keys of `data`: a text, a number or a flag each.
private func touch(
  _ kind: String, _ time: String = "2024-06-03T10:00", _ direction: Direction = .absent, subject: String? = nil,
  agent: String? = nil, department: String? = nil, due: String? = nil, score: Double? = nil,
  data: [String: any Sendable] = [:]
) -> TestTouch {
  var fields: [DetailField: TestTouch.Value] = [:]
  if let subject { fields[.text(.subject)] = .text(subject) }
  if let agent { fields[.text(.agent)] = .text(agent) }
  if let department { fields[.text(.department)] = .text(department) }
  if let due { fields[.due] = .instant(at(due)) }
  if let score { fields[.score] = .number(score) }
  for (key, value) in data {
    switch value {
    case let text as String: fields[.dataText(key)] = .text(text)
    case let flag as Bool: fields[.dataNumber(key)] = .flag(flag)
    case let number as Double: fields[.dataNumber(key)] = .number(number)
    case let number as Int: fields[.dataNumber(key)] = .number(Double(number))
    default: preconditionFailure("\(key)")
    }
  }
  return TestTouch(kind, at(time), direction, fields)
}

private func one(_ kind: String, _ data: [String: any Sendable] = [:]) -> [TestTouch] { [touch(kind, data: data)] }

private let promise = touch("promise.made", "2024-06-01", subject: "p1", due: "2024-06-10")

/// A case answered by a person and resolved, so that the source has shown that it records both.
private let answering = [
  touch("case.opened", "2024-05-01T10:00", subject: "k0"),
  touch("message.sent", "2024-05-01T11:00", agent: "kim", data: ["case_id": "k0"]),
  touch("case.resolved", "2024-05-01T12:00", subject: "k0"),
]

@Suite struct SignalTests {
  /// One statement a case: the compiler takes minutes over them as one array.
  static let cases: [SignalCase] = {
    var cases: [SignalCase] = []
    func add(_ rule: String, yes: [TestTouch], no: [TestTouch]) {
      cases.append(SignalCase(rule: rule, yes: yes, no: no))
    }
    add(
      "promise-kept",
      yes: [promise, touch("promise.kept", "2024-06-09", subject: "p1")],
      no: [promise, touch("promise.kept", "2024-06-11", subject: "p1")])
    add(
      "promise-overdue",
      yes: [touch("promise.kept", "2024-05-01", subject: "p0"), promise, touch("order.placed", "2024-06-11")],
      no: [
        touch("promise.kept", "2024-05-01", subject: "p0"), promise, touch("promise.kept", "2024-06-10", subject: "p1"),
        touch("order.placed", "2024-06-11"),
      ])
    add(
      "promise-dropped",
      yes: [promise, touch("promise.broken", "2024-06-11", subject: "p1")],
      no: [promise, touch("promise.broken", "2024-06-09", subject: "p1")])
    add(
      "dropped-after-close",
      yes: [
        touch("closeout.held", "2024-05-01", subject: "x0"), touch("project.closed", "2024-06-01", subject: "x"),
        touch("order.placed", "2024-06-16"),
      ],
      no: [
        touch("closeout.held", "2024-05-01", subject: "x0"), touch("project.closed", "2024-06-01", subject: "x"),
        touch("closeout.held", "2024-06-10", subject: "x"), touch("order.placed", "2024-06-16"),
      ])
    add(
      "left-in-dark",
      yes: answering + [
        touch("case.opened", "2024-06-03T10:00", subject: "k"), touch("message.sent", "2024-06-06T10:01"),
        touch("case.resolved", "2024-06-07", subject: "k"),
      ],
      no: answering + [
        touch("case.opened", "2024-06-03T10:00", subject: "k"), touch("message.sent", "2024-06-06T10:00"),
        touch("case.resolved", "2024-06-07", subject: "k"),
      ])
    add(
      "unanswered",
      // Friday noon to Tuesday noon are two business days.
      yes: answering + [
        touch("case.opened", "2024-05-31T12:00", subject: "k"),
        touch("message.sent", "2024-06-04T12:01", agent: "kim", data: ["case_id": "k"]),
      ],
      no: answering + [
        touch("case.opened", "2024-05-31T12:00", subject: "k"),
        touch("message.sent", "2024-06-04T12:00", agent: "kim", data: ["case_id": "k"]),
      ])
    add(
      "promise-broken",
      yes: [promise, touch("promise.broken", "2024-06-09", subject: "p1")],
      no: [promise, touch("promise.broken", "2024-06-11", subject: "p1")])
    add(
      "promise-moved",
      yes: [promise, touch("promise.revised", "2024-06-05", subject: "p1", due: "2024-06-20")],
      no: [
        promise,
        touch("promise.revised", "2024-06-05", subject: "p1", due: "2024-06-20", data: ["asked_by": "customer"]),
      ])
    add(
      "told-untruth", yes: one("statement.contradicted", ["contradiction": "false"]), no: one("statement.contradicted"))
    add(
      "two-answers",
      yes: one("statement.contradicted", ["contradiction": "inconsistent"]),
      no: one("statement.contradicted", ["contradiction": "misleading"]))
    add("outcome-holds", yes: one("outcome.checked", ["holding": true]), no: one("outcome.checked", ["holding": false]))
    add("outcome-fails", yes: one("outcome.checked", ["holding": false]), no: one("outcome.checked"))
    add("outcome-accepted", yes: one("outcome.delivered", ["accepted": true]), no: one("outcome.delivered"))
    add(
      "outcome-refused",
      yes: one("outcome.delivered", ["accepted": false]), no: one("outcome.delivered", ["accepted": true]))
    add("need-met", yes: one("need.met"), no: one("need.stated"))
    add("need-waved-off", yes: one("need.declined"), no: one("need.declined", ["reason": "too late"]))
    add(
      "care-unasked",
      yes: one("care.given", ["prompted": false, "personal": true]), no: one("care.given", ["personal": true]))
    add("care", yes: one("care.given", ["care_kind": "gift"]), no: one("care.given", ["care_kind": "apology"]))
    add("remembered", yes: one("circumstance.noted"), no: one("case.updated"))
    add(
      "care-introduced",
      yes: one("contact.assigned", ["role": "care", "introduced": true]),
      no: one("contact.assigned", ["role": "lead", "introduced": true]))
    add(
      "contact-told",
      yes: one("contact.assigned", ["told_customer": true]), no: one("contact.assigned", ["told_customer": false]))
    add(
      "contact-hidden",
      yes: one("contact.assigned", ["told_customer": false]), no: one("contact.assigned", ["role": "lead"]))
    add("closed-out", yes: one("closeout.held"), no: one("project.closed"))
    add(
      "sold-first",
      yes: [touch("project.closed", "2024-06-01", subject: "x"), touch("ask.made", data: ["ask_kind": "upsell"])],
      no: [
        touch("project.closed", "2024-06-01", subject: "x"), touch("message.sent", "2024-06-02"),
        touch("ask.made", data: ["ask_kind": "upsell"]),
      ])
    add("for-our-sake", yes: one("ask.made", ["benefits": "us"]), no: one("ask.made", ["benefits": "both"]))
    add(
      "gave-up-waiting",
      yes: one("call.handled", ["abandoned": true, "wait_s": 2000, "hold_s": 0]),
      no: one("call.handled", ["abandoned": false, "wait_s": 2000, "hold_s": 0]))
    add(
      "held-30m",
      yes: one("call.handled", ["wait_s": 1000, "hold_s": 801]),
      no: one("call.handled", ["wait_s": 1000, "hold_s": 800]))
    add("held-10m", yes: one("call.handled", ["wait_s": 601, "hold_s": 0]), no: one("call.handled", ["wait_s": 601]))
    add("no-human", yes: one("call.handled", ["human_reached": false]), no: one("call.handled"))
    add(
      "human-soon",
      yes: one("call.handled", ["human_reached": true, "wait_s": 100, "hold_s": 20]),
      no: one("call.handled", ["human_reached": true, "wait_s": 100, "hold_s": 21]))
    add(
      "asked-again",
      yes: one("info.requested", ["already_known": "[\"name\"]"]), no: one("info.requested", ["already_known": "[]"]))
    add("not-found", yes: one("info.sought", ["found": false]), no: one("info.sought", ["found": true]))
    add(
      "had-to-ask",
      yes: one("status.reported", ["asked_for": true, "estimate_at": "2024-07-01"]), no: one("status.reported"))
    add("told-when", yes: one("status.reported", ["estimate_at": "2024-07-01"]), no: one("status.reported"))
    add("told", yes: one("status.reported", ["asked_for": false]), no: one("status.reported", ["asked_for": true]))
    add(
      "answered-soon",
      // Friday 16:00 to Monday 11:00 is three business hours.
      yes: [
        touch("case.opened", "2024-05-31T16:00", subject: "k"),
        touch("message.sent", "2024-06-03T11:00", agent: "kim", data: ["case_id": "k"]),
      ],
      no: [
        touch("case.opened", "2024-05-31T16:00", subject: "k"),
        touch("message.sent", "2024-06-03T12:30", agent: "kim", data: ["case_id": "k"]),
      ])
    add(
      "solved-soon",
      yes: [touch("case.opened", "2024-06-01", subject: "k"), touch("case.resolved", "2024-06-04", subject: "k")],
      no: [touch("case.opened", "2024-06-01", subject: "k"), touch("case.resolved", "2024-06-04T00:01", subject: "k")])
    add(
      "solved-late",
      // Nobody opened it: it opens with its first event.
      yes: [
        touch("case.assigned", "2024-06-01", subject: "k"), touch("case.resolved", "2024-06-11T00:01", subject: "k"),
      ],
      no: [touch("case.assigned", "2024-06-01", subject: "k"), touch("case.resolved", "2024-06-11", subject: "k")])
    add("not-solved", yes: one("case.reopened"), no: one("case.closed"))
    add(
      "passed-around",
      yes: handOffs(["a", "b", "c", "d"]), no: handOffs(["a", "b", "b", "c"]))
    add(
      "wrong-order", yes: one("order.corrected", ["our_fault": true]), no: one("order.corrected", ["our_fault": false]))
    add(
      "bad-news-first",
      yes: one("order.backordered", ["told_customer": true]), no: one("order.backordered", ["told_customer": false]))
    add(
      "bad-news-hidden",
      yes: one("order.backordered", ["told_customer": false]), no: one("order.backordered"))
    add(
      "credit-soon",
      yes: [
        touch("return.requested", "2024-06-01", subject: "r"), touch("return.credited", "2024-06-04", subject: "r"),
      ],
      no: [touch("return.requested", "2024-06-01", subject: "r"), touch("return.credited", "2024-06-05", subject: "r")])
    add(
      "credit-late",
      yes: [
        touch("return.requested", "2024-06-01", subject: "r"), touch("return.credited", "2024-06-16", subject: "r"),
      ],
      no: [touch("return.credited", "2024-06-16", subject: "r")])
    add("return-refused", yes: one("return.refused"), no: one("return.requested"))
    add("stood-up-by-us", yes: one("meeting.missed", ["missed_by": "us"]), no: one("meeting.missed"))
    add(
      "by-name",
      yes: one("message.sent", ["automated": false, "by_name": true]), no: one("message.sent", ["by_name": true]))
    add(
      "we-left",
      yes: one("relationship.ended", ["ended_by": "us"]), no: one("relationship.ended", ["ended_by": "mutual"]))
    add(
      "rated",
      yes: [touch("survey.answered", score: 5)], no: [touch("survey.answered", score: 5, data: ["instrument": "nps"])])
    add(
      "anger",
      yes: one("emotion.expressed", ["level": "anger", "heard_from": "customer_words"]),
      no: one("emotion.expressed", ["level": "anger", "heard_from": "model"]))
    add(
      "frustration",
      yes: one("emotion.expressed", ["level": "annoyance", "heard_from": "customer_words"]),
      no: one("emotion.expressed", ["level": "anger", "heard_from": "customer_words"]))
    add(
      "delight",
      yes: one("emotion.expressed", ["level": "gratitude", "heard_from": "customer_words"]),
      no: one("emotion.expressed", ["level": "delight"]))
    add(
      "complained",
      yes: one("case.opened", ["case_kind": "complaint"]), no: one("case.opened", ["case_kind": "question"]))
    add(
      "would-recommend",
      yes: [touch("survey.answered", score: 9, data: ["instrument": "nps"])],
      no: [touch("survey.answered", score: 8, data: ["instrument": "nps"])])
    add(
      "would-warn",
      yes: [touch("survey.answered", score: 6, data: ["instrument": "nps"])],
      no: [touch("survey.answered", score: 7, data: ["instrument": "nps"])])
    add(
      "praised-in-public",
      yes: one("mention.posted", ["valence": 0.25]), no: one("mention.posted", ["valence": 0.2]))
    add(
      "panned-in-public",
      yes: one("mention.posted", ["valence": -0.25]), no: one("mention.posted", ["valence": -0.2]))
    add("referred", yes: one("referral.made"), no: one("survey.sent"))
    add("thanked", yes: one("thanks.given"), no: one("survey.sent"))
    add("stayed", yes: one("contract.changed", ["change": "expanded"]), no: one("contract.changed", ["change": "new"]))
    add("resumed", yes: one("relationship.resumed"), no: one("relationship.started"))
    add(
      "shrank",
      yes: one("contract.changed", ["change": "contracted"]), no: one("contract.changed", ["change": "lapsed"]))
    add(
      "gave-notice",
      yes: one("contract.changed", ["change": "cancel_notice"]), no: one("contract.changed"))
    add(
      "they-left",
      yes: one("relationship.ended", ["ended_by": "customer"]), no: one("relationship.ended", ["ended_by": "us"]))
    add(
      "leaving-talk",
      yes: one("competitor.mentioned", ["intent": "leaving"]), no: one("competitor.mentioned", ["intent": "compare"]))
    add(
      "compares",
      yes: one("competitor.mentioned", ["intent": "compare"]), no: one("competitor.mentioned"))
    add("ordered", yes: one("order.placed"), no: one("order.confirmed"))
    add("said-yes", yes: one("ask.made", ["accepted": true]), no: one("ask.made", ["accepted": false]))
    add("abuse", yes: one("burden.imposed", ["burden": "abuse"]), no: one("burden.imposed", ["burden": "dispute"]))
    add("burden", yes: one("burden.imposed", ["burden": "dispute"]), no: one("burden.imposed", ["burden": "abuse"]))
    add(
      "stood-us-up",
      yes: one("meeting.missed", ["missed_by": "customer"]), no: one("meeting.missed", ["missed_by": "us"]))
    add(
      "their-word",
      yes: one("promise.kept", ["by": "customer", "promise_id": "p"]),
      no: one("promise.kept", ["by": "us", "promise_id": "p"]))
    add(
      "their-word-broken",
      yes: one("promise.broken", ["by": "customer", "promise_id": "p"]),
      no: one("promise.broken", ["by": "us", "promise_id": "p"]))
    add(
      "paid-late",
      yes: [
        touch("invoice.issued", "2024-05-01", due: "2024-05-15", data: ["invoice_id": "i"]),
        touch("payment.received", "2024-05-30", data: ["invoice_id": "i"]),
      ],
      no: [touch("payment.received", "2024-05-30", data: ["due_at": "2024-05-20T00:00:00Z"])])
    return cases
  }()

  private static func handOffs(_ agents: [String]) -> [TestTouch] {
    agents.enumerated().map { touch("case.assigned", "2024-06-0\($0.offset + 1)", subject: "k", agent: $0.element) }
  }

  private func rules(_ touches: [TestTouch]) -> [String: Int64] {
    let table = Lives(touches).tables([.signals], asOf: at("2024-07-01"))["signals"]!
    return Dictionary(
      zip(table.texts("rule").map { $0[0] }, table.numbers("touches").map { $0! }), uniquingKeysWith: +)
  }

  @Test(arguments: cases) func `a touch that meets the rule's condition speaks, one that does not is silent`(
    each: SignalCase
  ) {
    #expect(rules(each.yes)[each.rule] == 1, "\(each.rule): \(rules(each.yes))")
    #expect(rules(each.no)[each.rule] == nil, "\(each.rule)")
  }

  @Test func `every rule that gives points has its two touches`() {
    let named = Set(Self.cases.map(\.rule))
    for rule in Rulebook.standard.signals {
      if case .fixed(0) = rule.points { continue }
      #expect(named.contains(rule.name), "\(rule.name)")
    }
  }

  @Test func `a row without points ends the search`() {
    #expect(rules(one("care.given", ["care_kind": "apology", "prompted": false, "personal": true])) == [:])
    #expect(rules([touch("survey.answered", score: 7, data: ["instrument": "nps"])]) == [:])
  }

  @Test func `one touch may speak in several lists, in each by its first matching row`() {
    let survey = rules([touch("call.handled", data: ["wait_s": 2000, "hold_s": 0, "human_reached": false])])
    #expect(survey == ["held-30m": 1])
    let left = rules([touch("meeting.missed", data: ["missed_by": "us"])])
    #expect(left == ["stood-up-by-us": 1])
    let ask = rules([touch("ask.made", data: ["benefits": "us", "accepted": true])])
    #expect(ask == ["for-our-sake": 1, "said-yes": 1])
  }

  @Test(arguments: [(1.0, -2.0), (2.0, -1.0), (3.0, nil), (4.0, 1.0), (5.0, 2.0)])
  func `a rating gives round(4s − 2) points`(score: Double, points: Double?) {
    let table = Lives([touch("survey.answered", score: score)]).tables([.signals], asOf: at("2024-07-01"))["signals"]!
    #expect(table.texts("points_net").map { Double($0[0]) } == (points == nil ? [] : [points]))
  }

  @Test func `a promise fulfilled by a delivery counts as kept, by the original due`() {
    let made = touch("promise.made", "2024-06-01", subject: "o1", due: "2024-06-10", data: ["promise": "delivery"])
    #expect(rules([made, touch("order.delivered", "2024-06-09", subject: "o1")])["promise-kept"] == 1)
    #expect(rules([made, touch("order.delivered", "2024-06-11", subject: "o1")])["promise-kept"] == nil)
    #expect(rules([made, touch("order.delivered", "2024-06-09", subject: "o2")])["promise-kept"] == nil)
    let moved = touch("promise.revised", "2024-06-05", subject: "o1", due: "2024-06-20")
    #expect(rules([made, moved, touch("order.delivered", "2024-06-11", subject: "o1")])["promise-kept"] == nil)
  }

  // MARK: the index

  private func customer(_ touches: [TestTouch], asOf: String) -> [String] {
    Lives(touches).tables([.customers], asOf: at(asOf))["customers"]!
      .texts("we_index", "they_index", "felt_index", "done_index", "quadrant")[0]
  }

  private func index(_ text: String) -> Double? { Double(text).map { ($0 * 10).rounded() / 10 } }

  @Test func `one order fades from 20 to 10 in 105 days, to 5.9 in 180, and then into silence`() {
    let order = [touch("order.placed", "2024-01-01")]
    #expect(index(customer(order, asOf: "2024-01-01")[1]) == 20)
    #expect(index(customer(order, asOf: "2024-04-15")[1]) == 10)
    #expect(index(customer(order, asOf: "2024-06-29")[1]) == 5.9)
    #expect(customer(order, asOf: "2024-06-30") == ["NULL", "NULL", "NULL", "NULL", "unknown"])
  }

  @Test func `a call held 12 minutes and a promise kept in time give 14`() {
    let touches = [
      touch("promise.made", "2024-06-01", subject: "p", due: "2024-06-03"),
      touch("call.handled", "2024-06-02", data: ["wait_s": 700, "hold_s": 20]),
      touch("promise.kept", "2024-06-02", subject: "p"),
    ]
    let found = customer(touches, asOf: "2024-06-02")
    #expect(index(found[0]) == 14.3 && index(found[3]) == 14.3)
    #expect(found[1] == "NULL" && found[2] == "NULL" && found[4] == "unknown")
  }

  @Test func `quadrants follow from both indices`() {
    func quadrant(_ we: Double?, _ they: Double?) -> String {
      let affinity = Affinity(rules: Rulebook.standard.index)
      return Quadrant(we: affinity.verdict(we), they: affinity.verdict(they)).word
    }
    #expect(quadrant(10, 10) == "mutual")
    #expect(quadrant(10, -10) == "unrequited_ours")
    #expect(quadrant(-10, 10) == "unrequited_theirs")
    #expect(quadrant(-10, -10) == "indifferent")
    #expect(quadrant(9.9, 50) == "unknown" && quadrant(nil, -50) == "unknown")
  }

  @Test func `sums are exact: neither the workers nor the pieces of a life change a bit`() {
    var generator = SeededGenerator(state: 11)
    let rules = try! Rulebook.parse(Repository.bytes("Scripts/bench.d/rulebook.json"))
    let kinds = ["order.placed", "info.repeated", "campaign.sent", "promise.kept", "mention.posted", "survey.answered"]
    let lives = Lives(
      (1...60).map { customer in
        let touches = (0..<Int.random(in: 1...200, using: &generator)).map { _ in
          TestTouch(
            kinds.randomElement(using: &generator)!,
            at("2023-01-01") + Int64.random(in: 0..<at("2024-06-01") - at("2023-01-01"), using: &generator),
            Bool.random(using: &generator) ? .in : .out)
        }
        return (UInt32(customer), touches.sorted { $0.time < $1.time })
      })
    for book in [rules, .standard] {
      let tables: Set<TableName> = [.scores, .signals, .customers, .wordOfMouth, .promises, .retention, .lifecycle]
      let whole = lives.tables(tables, asOf: at("2024-07-01"), rulebook: book)
      let parts = lives.tables(tables, asOf: at("2024-07-01"), rulebook: book, workers: 7, piece: 9)
      for (name, table) in whole {
        let other = parts[name]!
        #expect(table.rowCount == other.rowCount)
        for column in table.schema.columns {
          #expect(table.texts(column.name) == other.texts(column.name), "\(name).\(column.name)")
        }
      }
    }
    // Against doubles added up in order: 2⁻³² a touch is the most that may differ.
    let scores = lives.tables([.scores], asOf: at("2024-07-01"), rulebook: rules)["scores"]!
    let found = Dictionary(uniqueKeysWithValues: zip(scores.texts("customer", "list"), scores.reals("points_net")))
    let weights = [
      "order.placed": 10.0, "info.repeated": -5, "campaign.sent": 0.2, "promise.kept": 6, "mention.posted": 4,
      "survey.answered": 3,
    ]
    for (customer, touches) in lives.lives {
      for (list, direction) in [("they", Direction.in), ("we_done", .out)] {
        let said = touches.filter { $0.direction == direction }
        let sum = said.reduce(0.0) { sum, touch in
          let age = Double(at("2024-07-01") - touch.time) / Double(90 * Rulebook.day)
          return sum + weights[touch.kind]! * Decay().power(age)
        }
        if said.isEmpty {
          #expect(found[["cu-\(customer)", list]] == nil)
        } else {
          #expect(abs(found[["cu-\(customer)", list]]!! - sum) < 1e-7)
        }
      }
    }
  }
}
