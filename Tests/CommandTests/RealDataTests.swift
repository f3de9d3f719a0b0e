import Foundation
import Testing

/// Snapshots of real event logs, number by number against what DuckDB, lifelines and lifetimes make of the same events.
///
/// A slice of a service desk's log is committed. More is compared where KEPT_DATA names a folder with a folder of each data
/// set, in it `<name>.events.jsonl.gz`; none of these may be committed. Of the large ones some customers are taken, chosen by
/// a digest of their id. The comparisons stand in Tests/oracles/real_data.py; each prints how many numbers it compared.
@Suite struct RealDataTests {
  struct DataSet: Sendable, CustomTestStringConvertible {
    let name: String
    let zone: String
    var currency = "EUR"
    /// How many of 256 customers are taken.
    var share = 256
    /// Of the built-in rulebook's text, what is replaced by what.
    var rules: [(String, String)] = []
    let topics: String

    var testDescription: String { name }
  }

  private static let data = ProcessInfo.processInfo.environment["KEPT_DATA"].flatMap { $0.isEmpty ? nil : $0 }
  private static let python = OracleTests.python
  private static let noData: Comment = "KEPT_DATA names no folder of event logs; Scripts/test looks for ../shared/data"

  /// A curve of lapses needs a log twice as long as the longest limit of silence: shorter logs have a shorter limit.
  private static func limit(days: Int) -> (String, String) {
    (#""min_days": 30, "max_days": 365"#, #""min_days": 30, "max_days": \#(days)"#)
  }

  /// Without the cells of an activity that says nothing new.
  private static func without(_ activity: String) -> (String, String) {
    (#""\#(activity)": { "start": "\#(activity)", "return": "\#(activity)" },"#, "")
  }

  private static let inFolder = [
    DataSet(
      name: "olist", zone: "America/Sao_Paulo", currency: "BRL", share: 24, rules: [without("contact")],
      topics: "presence,curves,buyers,programs"),
    DataSet(
      name: "cdnow", zone: "UTC", currency: "USD", share: 64,
      rules: [
        limit(days: 180), without("contact"), (#""log_starts_with_business": false"#, #""log_starts_with_business": true"#),
      ],
      topics: "presence,curves,buyers,programs"),
    DataSet(name: "helpdesk", zone: "Europe/Rome", share: 64, rules: [without("order")], topics: "presence,curves,programs"),
  ]

  private static let desk = DataSet(
    name: "desk", zone: "UTC", rules: [limit(days: 150), without("order")], topics: "presence,curves,programs")
  /// As if a relationship were over with its first closed case: when, after how long, and until when it was watched.
  private static let deskUntilClosed = DataSet(
    name: "desk", zone: "UTC", rules: [(#"[{ "kind": "relationship.ended" }]"#, #"[{ "kind": "case.closed" }]"#)],
    topics: "curves")
  /// Made up, but the only one here in which relationships begin, end for every cause, and are paid for.
  private static let shop = DataSet(name: "shop", zone: "Europe/Berlin", topics: "curves,buyers,programs")

  @Test(.enabled(if: python != nil, OracleTests.missing), .enabled(if: data != nil, noData), arguments: inFolder)
  func `orders, purchases and cases of real businesses come to what others count`(_ set: DataSet) throws {
    let place = try Workplace()
    let source = "\(Self.data!)/\(set.name)/\(set.name).events.jsonl.gz"
    try place.run("'\(Self.python!)' '\(Self.oracle("excerpt.py"))' '\(source)' \(set.share) > events.jsonl")
    try Self.compare(set, "events.jsonl", in: place)
  }

  @Test(.enabled(if: python != nil, OracleTests.missing), arguments: [desk, deskUntilClosed])
  func `a year of a service desk comes to what others count`(_ set: DataSet) throws {
    try Self.compare(set, "Fixtures/servicenow/events.jsonl.lz4", in: Workplace())
  }

  @Test(.enabled(if: python != nil, OracleTests.missing))
  func `how long the customers of the shop stay, and why they leave, is what others count`() throws {
    try Self.compare(Self.shop, "Fixtures/shop/years.jsonl", in: Workplace())
  }

  private static func compare(_ set: DataSet, _ events: String, in place: Workplace) throws {
    try place.run("kept init \(set.name) --zone \(set.zone) --currency \(set.currency)")
    try place.run("kept import \(set.name) \(events)")
    var rules = try place.kept("rulebook").output
    for (old, new) in set.rules {
      try #require(rules.contains(old))
      rules = rules.replacing(old, with: new)
    }
    try place.write(rules, to: "rules.json")
    let tables = "retention,lifecycle,lapses,churn,survival,incidence,models,customers,measures"
    try place.run("kept rebuild \(set.name) --rulebook rules.json --tables \(tables)")
    let run = try place.shell(
      "'\(python!)' '\(oracle("real_data.py"))' \(set.name)/snapshots/latest \(events) rules.json \(set.topics) "
        + "--zone \(set.zone)")
    print("\(set.name):\n\(run.output)")
    #expect(run.status == 0, "\(run.output)\(run.talk)")
    #expect(run.output.hasSuffix(" 0 differ\n"))
  }

  private static func oracle(_ name: String) -> String { "\(Workplace.repository)/Tests/oracles/\(name)" }
}

extension Workplace {
  /// Runs a line of shell that must succeed.
  fileprivate func run(_ line: String) throws {
    let run = try shell(line)
    try #require(run.status == 0, "\(run.talk)")
  }
}
