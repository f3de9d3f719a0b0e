import Foundation
import Testing

/// A newcomer's first hour: files as other products export them, the mappings for them, and what goes wrong on the way.
@Suite struct FirstHourTests {
  /// What each of Fixtures/exports becomes, by kind.
  private static let touchpoints: [String: [String: Int]] = [
    "zendesk-tickets": ["case.opened": 8, "case.assigned": 7, "case.resolved": 6, "survey.answered": 4],
    "freshdesk-tickets": [
      "case.opened": 6, "promise.made": 6, "message.sent": 6, "case.resolved": 5, "promise.kept": 5, "case.closed": 4,
      "survey.answered": 4,
    ],
    "hubspot-deals": ["prospect.evaluated": 5, "relationship.started": 2, "order.placed": 3],
    "shopify-orders": ["order.placed": 5, "payment.received": 4, "order.shipped": 3, "order.cancelled": 1],
    "stripe-payments": ["payment.received": 5],
  ]

  @Test func `every export of the fixtures has a mapping and a row here`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Workplace.repository + "/Fixtures/exports")
    let expected = Self.touchpoints.keys.flatMap { ["\($0).csv", "\($0).map.json"] } + ["README.md"]
    #expect(files.sorted() == expected.sorted())
  }

  @Test(arguments: touchpoints.keys.sorted())
  func `an export goes in without a reject, is sound, and gives a snapshot`(name: String) throws {
    let place = try Workplace()
    // Orders name customers by e-mail only.
    let sealing = name == "shopify-orders" ? ["--seal", "customer"] : []
    try #require(place.kept(["init", "desk", "--zone", "Europe/Berlin", "--currency", "EUR"] + sealing).status == 0)
    let words = ["import", "desk", "--map", "Fixtures/exports/\(name).map.json", "Fixtures/exports/\(name).csv"]
    let run = try place.kept(words)
    let count = Self.touchpoints[name]!.values.reduce(0, +)
    #expect(run.status == 0 && run.talk.contains(" \(count) accepted, 0 duplicates, 0 conflicts, 0 rejected;"), "\(run.talk)")
    let again = try place.kept(words)
    #expect(again.status == 0 && again.talk.contains(" 0 accepted, \(count) duplicates, "), "\(again.talk)")
    var kinds: [String: Int] = [:]
    for line in try place.kept("events", "desk").lines {
      guard let kind = line.firstMatch(of: /"kind":"([^"]+)"/)?.1, kind != "import.finished" else { continue }
      kinds[String(kind), default: 0] += 1
    }
    #expect(kinds == Self.touchpoints[name]!)
    #expect(try place.kept("verify", "desk", "--deep").status == 0)
    #expect(try place.kept("rebuild", "desk").status == 0)
    let customers = try place.kept("replay", "desk", "--table", "customers", "--format", "jsonl")
    #expect(customers.status == 0 && customers.lines.count > 2)
    #expect(try place.kept("report", "desk").status == 0)
  }

  @Test func `every command of the first hour prints what the page shows`() throws {
    let page = try CommandPage("Sources/KeptIntake/FirstHour.md")
    #expect(page.commandCount > 15)
    try page.check(in: Workplace(), rewrittenFor: "KEPT_WRITE_FIRST_HOUR") { text in
      text.replacing(/\([0-9.]+ s, [0-9,]+ lines\/s\)/, with: "(…)")
        .replacing(/[A-Za-z0-9+\/]{43}=/, with: "…=")
        .replacing(/[0-9.]+ KiB/, with: "… KiB").replacing(/[0-9,]+ bytes/, with: "… bytes")
    }
  }
}
