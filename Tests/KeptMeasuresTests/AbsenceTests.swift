import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

private func touch(
  _ kind: String, _ time: String, _ direction: Direction = .absent, subject: String? = nil, agent: String? = nil,
  due: String? = nil, source: String = "crm", data: [String: any Sendable] = [:]
) -> TestTouch {
  var fields: [DetailField: TestTouch.Value] = [.text(.source): .text(source)]
  if let subject { fields[.text(.subject)] = .text(subject) }
  if let agent { fields[.text(.agent)] = .text(agent) }
  if let due { fields[.due] = .instant(at(due)) }
  for (key, value) in data {
    switch value {
    case let text as String: fields[.dataText(key)] = .text(text)
    case let flag as Bool: fields[.dataNumber(key)] = .flag(flag)
    default: preconditionFailure("\(key)")
    }
  }
  return TestTouch(kind, at(time), direction, fields)
}

/// What somebody else's life shows: a promise kept, a case answered by a person and resolved, a project closed well.
private func listening(_ source: String = "crm", until last: String = "2024-12-31") -> (UInt32, [TestTouch]) {
  (
    9,
    [
      touch("project.started", "2024-01-01", subject: "x0", source: source),
      touch("promise.kept", "2024-01-01", subject: "p0", source: source),
      touch("case.opened", "2024-01-01T10:00", subject: "k0", source: source),
      touch("message.sent", "2024-01-01T11:00", agent: "kim", source: source, data: ["case_id": "k0"]),
      touch("case.resolved", "2024-01-01T12:00", subject: "k0", source: source),
      touch("closeout.held", "2024-01-02", subject: "x0", source: source),
      touch("contact.assigned", "2024-01-02", subject: "x0", source: source, data: ["role": "care", "introduced": true]),
      touch("project.closed", "2024-01-02", subject: "x0", source: source),
      touch("message.sent", last, source: source),
    ]
  )
}

@Suite struct AbsenceTests {
  /// The absences of customer 1, as rule and instant.
  private func absences(
    _ touches: [TestTouch], beside others: [(UInt32, [TestTouch])]? = nil, asOf: String = "2024-12-31"
  ) -> [String] {
    let table = Lives([(1, touches)] + (others ?? [listening(until: asOf)])).tables([.touches], asOf: at(asOf))["touches"]!
    return table.texts("customer", "is_absence", "rule", "said_at").filter { $0[0] == "cu-1" && $0[1] == "true" }
      .map { "\($0[2]) \($0[3].prefix(16))" }
  }

  private let promise = touch("promise.made", "2024-06-01", subject: "p", due: "2024-06-10")

  @Test func `a promise of ours is overdue when its due passes and dropped a month later`() {
    #expect(absences([promise]) == ["promise-overdue 2024-06-10T00:00", "promise-dropped 2024-07-10T00:00"])
    #expect(absences([promise], asOf: "2024-06-10") == [])
    #expect(absences([promise], asOf: "2024-06-10T00:01") == ["promise-overdue 2024-06-10T00:00"])
    #expect(absences([promise], asOf: "2024-07-10") == ["promise-overdue 2024-06-10T00:00"])
  }

  @Test func `kept late it is overdue, and the keeping adds nothing`() {
    let table = Lives([(1, [promise, touch("promise.kept", "2024-06-20", subject: "p")]), listening()])
      .tables([.touches], asOf: at("2024-12-31"))["touches"]!
    #expect(table.texts("customer", "rule").filter { $0[0] == "cu-1" } == [["cu-1", "promise-overdue"]])
  }

  @Test func `broken after its due it is overdue and dropped, but not dropped twice`() {
    func rules(_ broken: String) -> [String] {
      let touches = [promise, touch("promise.broken", broken, subject: "p")]
      let table = Lives([(1, touches), listening()]).tables([.touches], asOf: at("2024-12-31"))["touches"]!
      return table.texts("customer", "rule", "is_absence").filter { $0[0] == "cu-1" }.map { "\($0[1]) \($0[2])" }
    }
    #expect(rules("2024-06-20") == ["promise-overdue true", "promise-dropped false"])
    #expect(rules("2024-08-20") == ["promise-overdue true", "promise-dropped true"])
    #expect(rules("2024-06-09") == ["promise-broken false"])
  }

  @Test func `settled or moved by the customer in time, withdrawn, theirs, or without a due: nobody is accused`() {
    #expect(absences([promise, touch("promise.kept", "2024-06-10", subject: "p")]) == [])
    #expect(absences([promise, touch("order.cancelled", "2024-06-09", subject: "p")]) == [])
    let moved = touch("promise.revised", "2024-06-05", subject: "p", due: "2024-07-01", data: ["asked_by": "customer"])
    #expect(absences([promise, moved, touch("promise.kept", "2024-06-20", subject: "p")]) == [])
    let ours = touch("promise.revised", "2024-06-05", subject: "p", due: "2024-07-01")
    #expect(absences([promise, ours, touch("promise.kept", "2024-06-20", subject: "p")]).count == 1)
    #expect(absences([touch("promise.made", "2024-06-01", .in, subject: "p", due: "2024-06-10")]) == [])
    #expect(absences([touch("promise.made", "2024-06-01", subject: "p")]) == [])
  }

  @Test func `a delivery that never came is overdue where the source records deliveries`() {
    let made = touch(
      "promise.made", "2024-06-01", subject: "o", due: "2024-06-10", source: "shop", data: ["promise": "delivery"])
    let delivered = touch("order.delivered", "2024-05-01", subject: "o9", source: "shop")
    let later = touch("order.placed", "2024-06-20", source: "shop")
    #expect(absences([made], beside: [(2, [delivered, later])]) == ["promise-overdue 2024-06-10T00:00"])
    #expect(absences([made], beside: [(2, [later])]) == [])
  }

  @Test func `whoever has an open case is in the dark after three days, and again every seven`() {
    let opened = touch("case.opened", "2024-06-03T10:00", subject: "k")
    let resolved = touch("case.resolved", "2024-06-14", subject: "k")
    #expect(
      absences([opened, resolved]).filter { $0.hasPrefix("left") } == [
        "left-in-dark 2024-06-06T10:00", "left-in-dark 2024-06-13T10:00",
      ])
    // Any word of ours counts, whatever it is about; theirs does not.
    let word = touch("survey.sent", "2024-06-06T09:00")
    #expect(absences([opened, word, resolved]).filter { $0.hasPrefix("left") } == ["left-in-dark 2024-06-09T09:00"])
    let theirs = touch("message.sent", "2024-06-06T09:00", .in)
    #expect(absences([opened, theirs, resolved]).filter { $0.hasPrefix("left") }.count == 2)
    #expect(
      absences([opened], asOf: "2024-06-06T10:01").filter { $0.hasPrefix("left") } == ["left-in-dark 2024-06-06T10:00"])
    #expect(absences([opened], asOf: "2024-06-06T10:00") == ["unanswered 2024-06-05T10:00"])
  }

  @Test func `nobody is in the dark once it is resolved, until it is reopened`() {
    let touches = [
      touch("case.opened", "2024-06-03", subject: "k"), touch("case.resolved", "2024-06-04", subject: "k"),
      touch("case.reopened", "2024-07-01", subject: "k"), touch("case.resolved", "2024-07-05", subject: "k"),
    ]
    #expect(absences(touches) == ["left-in-dark 2024-07-04T00:00"])
  }

  @Test func `an open project is followed like a case`() {
    let touches = [
      touch("project.started", "2024-06-03", subject: "x"), touch("status.reported", "2024-06-05", data: ["project_id": "x"]),
      touch("closeout.held", "2024-06-09", subject: "x"),
      touch("contact.assigned", "2024-06-09", subject: "x", data: ["role": "care", "introduced": true]),
      touch("project.closed", "2024-06-09", subject: "x"),
    ]
    #expect(absences(touches) == ["left-in-dark 2024-06-08T00:00"])
  }

  @Test func `two business days without a human reply are too many`() {
    let friday = touch("case.opened", "2024-05-31T12:00", subject: "k")
    func answer(_ time: String, agent: String? = "kim", data: [String: any Sendable] = [:]) -> TestTouch {
      touch("message.sent", time, agent: agent, data: data.merging(["case_id": "k"]) { first, _ in first })
    }
    func found(_ touches: [TestTouch]) -> [String] { absences(touches).filter { $0.hasPrefix("unanswered") } }
    #expect(found([friday]) == ["unanswered 2024-06-04T12:00"])
    #expect(found([friday, answer("2024-06-04T12:00")]) == [])
    #expect(found([friday, answer("2024-06-03", agent: nil)]).count == 1)
    #expect(found([friday, answer("2024-06-03", data: ["automated": true])]).count == 1)
    // Solved without a word is solved; by a bot, and reopened, it waits from then on.
    #expect(found([friday, touch("case.resolved", "2024-06-03", subject: "k")]) == [])
    let bot = touch("case.resolved", "2024-06-03", subject: "k", data: ["by_bot": true])
    #expect(
      found([friday, bot, touch("case.reopened", "2024-06-03T12:00", subject: "k")]) == ["unanswered 2024-06-05T12:00"])
  }

  @Test func `a project that is over without a close-out or without an introduction to care is dropped`() {
    let start = touch("project.started", "2024-06-01", subject: "x")
    let closed = touch("project.closed", "2024-06-02", subject: "x")
    let closeOut = touch("closeout.held", "2024-06-10", subject: "x")
    let introduction = touch("contact.assigned", "2024-06-16", subject: "x", data: ["role": "care", "introduced": true])
    let late = touch("contact.assigned", "2024-06-16T00:01", subject: "x", data: ["role": "care", "introduced": true])
    #expect(absences([start, closed]) == ["dropped-after-close 2024-06-16T00:00"])
    #expect(absences([start, closed, closeOut]) == ["dropped-after-close 2024-06-16T00:00"])
    #expect(absences([start, closed, closeOut, introduction]) == [])
    #expect(absences([start, closed, closeOut, late]) == ["dropped-after-close 2024-06-16T00:00"])
    #expect(absences([start, closed], asOf: "2024-06-16") == [])
  }

  @Test func `a source that never records what would settle a matter accuses nobody`() {
    let touches = [
      touch("promise.made", "2024-06-01", subject: "p", due: "2024-06-10", source: "mute"),
      touch("case.opened", "2024-06-03", subject: "k", source: "mute"),
      touch("project.closed", "2024-06-03", subject: "x", source: "mute"),
      touch("order.placed", "2024-12-01", source: "mute"),
    ]
    #expect(absences(touches) == [])
    #expect(absences(touches, beside: [listening("mute")]).count > 4)
    // It has to have recorded them by then.
    let kept = touch("promise.kept", "2024-06-11", subject: "p9", source: "mute")
    #expect(absences(touches, beside: [(2, [kept])]) == ["promise-dropped 2024-07-10T00:00"])
  }

  @Test func `resolving cases does not show that a source records replies`() {
    // A helpdesk's audit log: opened, assigned, resolved.
    let touches = [
      touch("case.opened", "2024-06-03", subject: "k"), touch("case.assigned", "2024-06-03", subject: "k", agent: "kim"),
      touch("case.resolved", "2024-06-20", subject: "k", agent: "kim"), touch("case.opened", "2024-07-01", subject: "k2"),
      touch("case.resolved", "2024-07-20", subject: "k2", agent: "kim"),
    ]
    #expect(absences(touches, beside: []) == [])
  }

  @Test func `beyond the last event of its source nothing is observed`() {
    let touches = [promise, touch("case.opened", "2024-06-03T10:00", subject: "k")]
    #expect(
      absences(touches, beside: [listening(until: "2024-06-09")]) == [
        "unanswered 2024-06-05T10:00", "left-in-dark 2024-06-06T10:00",
      ])
  }

  @Test func `absences count in scores, signals and months, explained by what opened the matter`() {
    let lives = Lives([(1, [promise]), listening(until: "2024-06-20")])
    let tables = lives.tables([.signals, .scores, .customers, .customerMonths, .touches], asOf: at("2024-06-30"))
    let signals = tables["signals"]!.texts("rule", "period", "touches", "points_not_into")
    #expect(signals.contains(["promise-overdue", "2024-06-01", "1", "1.0"]))
    let decayed = Decay().power(20.0 / 365)
    let scores = tables["scores"]!
    #expect(scores.texts("customer", "list").first == ["cu-1", "we_done"])
    #expect(abs(scores.reals("points_not_into")[0]! - decayed) < 1e-9)
    let customers = tables["customers"]!
    #expect(abs(customers.reals("we_not_into")[0]! - decayed) < 1e-9)
    let months = tables["customer_months"]!
    #expect(months.texts("customer", "period")[0] == ["cu-1", "2024-06-01"])
    #expect(abs(months.reals("we_done_not_into")[0]! - decayed) < 1e-9)
    let said = tables["touches"]!.texts("customer", "kind", "rule", "why")[0]
    #expect(said == ["cu-1", "promise.made", "promise-overdue", "late; a later keeping adds nothing"])
  }

  @Test func `our touches end the wait whatever pieces a life comes in`() {
    var generator = SeededGenerator(state: 77)
    let kinds = [
      "case.opened", "case.resolved", "message.sent", "survey.sent", "order.placed", "project.started", "project.closed",
      "promise.made", "promise.kept", "ask.made", "case.reopened", "closeout.held", "emotion.expressed",
    ]
    let lives = Lives(
      (1...40).map { customer in
        let touches = (0..<Int.random(in: 1...80, using: &generator)).map { _ in
          TestTouch(
            kinds.randomElement(using: &generator)!,
            at("2024-01-01") + Int64.random(in: 0..<at("2024-06-01") - at("2024-01-01"), using: &generator), .absent,
            [
              .text(.source): .text(["crm", "desk"].randomElement(using: &generator)!),
              .text(.subject): .text("s\(Int.random(in: 1...4, using: &generator))"), .text(.agent): .text("kim"),
              .due: .instant(at("2024-04-01")), .dataText("ask_kind"): .text("upsell"),
            ])
        }
        return (UInt32(customer), touches.sorted { $0.time < $1.time })
      })
    let names: Set<TableName> = [.signals, .scores, .customers, .moves, .customerMonths, .touches]
    let whole = lives.tables(names, asOf: at("2024-07-01"))
    let parts = lives.tables(names, asOf: at("2024-07-01"), workers: 6, piece: 1)
    for (name, table) in whole {
      for column in table.schema.columns {
        #expect(table.texts(column.name) == parts[name]!.texts(column.name), "\(name).\(column.name)")
      }
    }
    let rules = Set(whole["signals"]!.texts("rule").map { $0[0] })
    #expect(rules.isSuperset(of: ["left-in-dark", "unanswered", "promise-overdue", "dropped-after-close", "sold-first"]))
  }
}
