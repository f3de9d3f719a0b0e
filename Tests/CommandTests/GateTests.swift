import Foundation
import Testing

/// `rebuild --gate`: what is over may not change unseen.
@Suite struct GateTests {
  private static let tables = "signals,lifecycle,retention"
  private static let old = "20240810T070000Z-255"

  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  private func append(_ place: Workplace, _ time: String, _ id: String) throws {
    let line =
      #"{"source":"desk","id":"\#(id)","kind":"order.placed","time":"\#(time)","customer":"C-1001","channel":"phone","#
      + #""direction":"in","subject":"O-900","amount":10,"currency":"EUR"}"#
    try #require(place.kept(["append", "shop"], input: line + "\n").status == 0)
  }

  private func rebuild(_ place: Workplace, gate: String, _ words: String...) throws -> Outcome {
    try place.kept(["rebuild", "shop", "--tables", Self.tables, "--gate", gate] + words)
  }

  @Test func `a late event beyond the limit leaves latest as it was, and the candidate for inspection`() throws {
    let place = try shop()
    // There is nothing to be compared with.
    #expect(try rebuild(place, gate: "max-changed=0").output == "shop/snapshots/\(Self.old)\n")
    let before = try place.shell("cat shop/snapshots/latest/* | sha256sum").output
    // "ordered" in March: touches, points into and points net.
    try append(place, "2024-03-15T09:00:00Z", "late")
    let candidate = "shop/snapshots/20240810T070000Z-256.candidate"
    for _ in 1...2 {
      let run = try rebuild(place, gate: "max-changed=2,table=signals", "--keep", "1")
      #expect(run.status == 1 && run.output == "")
      #expect(run.talk.contains("kept: not published: 3 of "))
      #expect(
        run.talk.contains(
          "  signals: 3 cells\n    rule=ordered, list=they, period=2024-03-01: touches 1 → 2\n"
            + "    rule=ordered, list=they, period=2024-03-01: points_into 1 → 2\n"))
      #expect(run.talk.contains("\nNext: `kept diff shop/snapshots/\(Self.old) \(candidate)` tells what moved them"))
    }
    #expect(
      try place.shell("ls shop/snapshots").lines == [Self.old, "20240810T070000Z-256.candidate", "latest"])
    #expect(try place.shell("readlink shop/snapshots/latest").output == "\(Self.old)\n")
    #expect(try place.shell("cat shop/snapshots/latest/* | sha256sum").output == before)
    #expect(try place.kept("status", "shop", "--format", "csv").output.contains("last_snapshot,\(Self.old)\r\n"))
    let diff = try place.kept("diff", "shop/snapshots/\(Self.old)", candidate, "--table", "signals")
    #expect(diff.status == 1 && diff.output.contains("late events"))
    // Where so many may move, it is published, and no candidate is left.
    let passed = try rebuild(place, gate: "max-changed=3,table=signals", "--keep", "1")
    #expect(passed.status == 0 && passed.output == "shop/snapshots/20240810T070000Z-256\n")
    #expect(passed.talk.contains("gate: 3 of "))
    #expect(try place.shell("ls shop/snapshots").lines == ["20240810T070000Z-256", "latest"])
  }

  @Test func `what happens after the last snapshot moves nothing that was over, whatever time passes`() throws {
    let place = try shop()
    try #require(rebuild(place, gate: "max-changed=0").status == 0)
    try append(place, "2024-10-20T09:00:00Z", "new")
    let run = try rebuild(place, gate: "max-changed=0")
    #expect(run.status == 0 && run.output == "shop/snapshots/20241020T090000Z-256\n", "\(run.talk)")
    #expect(run.talk.contains("gate: 0 of "))
  }

  @Test func `a limit may be a share, and other rules are measured by it too`() throws {
    let place = try shop()
    try #require(rebuild(place, gate: "max-changed=0%").status == 0)
    try append(place, "2024-08-12T09:00:00Z", "new")
    try #require(
      place.shell(
        "kept rulebook | sed '/\"rule\": \"ordered\"/,/points/s/\"points\": 1/\"points\": 2/' > mine.json").status == 0)
    // Points into and net of "ordered", from January to July.
    let run = try rebuild(place, gate: "max-changed=0.001%", "--rulebook", "mine.json")
    #expect(run.status == 1 && run.talk.contains(/not published: 14 of [0-9,]+ cells .*; 0\.001% may/), "\(run.talk)")
    #expect(try rebuild(place, gate: "max-changed=100%", "--rulebook", "mine.json").status == 0)
  }

  @Test func `whoever is forgotten is told of candidates too`() throws {
    let place = try shop()
    try #require(rebuild(place, gate: "max-changed=0").status == 0)
    try append(place, "2024-03-15T09:00:00Z", "late")
    try #require(rebuild(place, gate: "max-changed=0").status == 1)
    #expect(
      try place.kept("forget", "shop", "C-1007", "--reason", "asked for it").output.contains(
        "published before: shop/snapshots/\(Self.old)\n"
          + "kept but not published: shop/snapshots/20240810T070000Z-256.candidate\n"))
  }

  @Test(arguments: [
    "0", "max-changed", "max-changed=", "max-changed=-1", "max-changed=x", "max-changed=1.5", "max-changed=101%",
    "max-changed=1,max-changed=2", "max-changed=1,table=nothing", "max-changed=1,table=customers", "table=signals",
    "max-changed=1,cells=2", "max-changed=1,",
  ])
  func `a gate that cannot be meant is a usage error, before anything is read`(gate: String) throws {
    let run = try Workplace().kept("rebuild", "nowhere", "--gate", gate)
    #expect(run.status == 2 && run.talk.contains("`kept rebuild --help`"), "\(run.talk)")
  }
}
