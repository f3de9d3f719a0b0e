import Foundation
import Testing

/// What programs that share no code with Kept make of the same events.
@Suite struct OracleTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  static let missing: Comment = "KEPT_PYTHON names no Python with DuckDB and lz4; Scripts/test does"

  private func script(_ name: String) -> String { Workplace.repository + "/" + name }

  @Test(.enabled(if: python != nil, missing))
  func `the reader in Python lists a ledger's lines and finds its root from the format page alone`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    let run = try place.shell("'\(Self.python!)' '\(script("Scripts/read_ledger.py"))' shop")
    #expect(run.status == 0, "\(run.talk)")
    #expect(run.output == (try place.kept("events", "shop", "--sealed").output))
    let checkpoint = try place.kept("checkpoint", "shop").lines
    #expect(run.talk.contains(checkpoint[2]), "\(run.talk)")
  }
}
