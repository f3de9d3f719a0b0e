import KeptFormat
import Testing

@testable import KeptMeasures

@Suite struct RulebookTests {
  private func error(_ text: String) -> String {
    do {
      _ = try Rulebook.parse(text)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func `the built-in rulebook holds the signal table and knows every kind it names`() {
    let rules = Rulebook.standard.signals
    #expect(rules.count == 77)
    for rule in rules {
      #expect(!rule.seed.isEmpty && !rule.why.isEmpty, "\(rule.name)")
      for kind in Rulebook.standard.kinds(of: rule) { #expect(Vocabulary.byName[kind] != nil, "\(rule.name): \(kind)") }
    }
  }

  @Test func `what is printed reads back as the same rulebook`() throws {
    let standard = Rulebook.standard
    let again = try Rulebook.parse(standard.canonical)
    #expect(again.canonical == standard.canonical)
    #expect(again.digest == standard.digest)
    #expect(try Rulebook.parse(standard.json.pretty()).digest == standard.digest)
    #expect(try Rulebook.parse("{}").digest == standard.digest)
  }

  @Test func `a file gives only what differs, and null leaves a member out`() throws {
    let own = try Rulebook.parse(
      #"{"index": {"prior": 8}, "half_lives": {"season": 120}, "retention": {"activities": {"order": null}}}"#)
    #expect(own.index.prior == 8 && own.index.silence == 0.25)
    #expect(own.halfLives["season"] == 120 * Rulebook.day && own.halfLives["talk"] == 30 * Rulebook.day)
    #expect(own.retention.pairs.map(\.name) == ["contact", "any"])
    #expect(own.digest != Rulebook.standard.digest)
  }

  @Test func `a rulebook that lacks nothing is taken as it stands: what was taken out of it does not come back`() throws {
    let own = try Rulebook.parse(#"{"half_lives": {"fortnight": 14}, "retention": {"activities": {"order": null}}}"#)
    let printed = try Rulebook.parse(own.canonical)
    #expect(printed.digest == own.digest)
    #expect(printed.retention.pairs.map(\.name).sorted() == ["any", "contact"])
    #expect(printed.halfLives["fortnight"] == 14 * Rulebook.day)
  }

  @Test func `an error names the place inside the JSON`() {
    #expect(error(#"{"index": {"prior": "four"}}"#) == "index.prior: expected a number, found a string")
    #expect(error(#"{"indx": {}}"#).hasPrefix("indx: unknown key; known here: activities, "))
    #expect(
      error(#"{"retention": {"grains": ["day", "year"]}}"#)
        == #"retention.grains[1]: "year" is not one of "day", "week", "month""#)
    #expect(
      error(#"{"lifecycle": {"activity": "visits"}}"#)
        == #"lifecycle.activity: "visits" is not one of the activities order, contact, any"#)
    let rule = #"{"rule": "x", "kinds": ["a.b"], "list": "they", "points": 1, "half_life": "talk", "where": "#
    #expect(
      error(#"{"signals": ["# + rule + #"{"score": {"above": 3}}}]}"#)
        == "signals[0].where.score.above: unknown comparison; known: over, from, under, to, present, empty")
    #expect(
      error(#"{"signals": ["# + rule + #"{"state": "late"}}]}"#).hasPrefix(
        "signals[0].where.state: \"late\" is not one of"))
    #expect(
      error(#"{"signals": ["# + rule + #"{"a + b": 3}}]}"#)
        == "signals[0].where.a + b: a sum can only be compared with over, from, under, to")
    #expect(
      error(#"{"signals": [{"rule": "x", "kinds": [], "list": "they", "points": 0.0000001}]}"#)
        == "signals[0].points: at most 6 digits after the point")
    #expect(
      error(#"{"signals": [{"rule": "x", "kinds": [], "list": "they", "points": 1}]}"#)
        == #"signals[0]: expected "half_life", one of outcome, service, talk"#)
    #expect(
      error(#"{"business_hours": {"from": "9"}}"#) == #"business_hours.from: expected a time of day like "09:00""#)
    #expect(error("[]") == "expected an object, found an array")
    #expect(error(#"{"index": }"#).hasPrefix("line 1, column 11"))
  }

  @Test func `the bench's rulebook says the weights of the third query`() throws {
    let rules = try Rulebook.parse(Repository.bytes("Scripts/bench.d/rulebook.json"))
    #expect(rules.signals.count == 52)
    let placed = rules.signals.filter { $0.kinds == ["order.placed"] }
    #expect(placed.map(\.list) == [.they, .weDone])
    #expect(Set(rules.halfLives.keys) == ["talk", "service", "outcome", "bench"])
    for kind in ["order.placed", "mention.posted", "campaign.sent"] {
      #expect(SignalTable.isQuick(kind: kind, rules), "\(kind)")
    }
  }

  @Test func `kinds have their usual direction`() {
    #expect(Vocabulary.direction(of: "order.placed") == .in)
    #expect(Vocabulary.direction(of: "status.reported") == .out)
    #expect(Vocabulary.direction(of: "meeting.held") == .both)
    #expect(Vocabulary.direction(of: "something.else") == .absent)
    #expect(Set(Vocabulary.kinds.map(\.name)).count == Vocabulary.kinds.count)
  }
}
