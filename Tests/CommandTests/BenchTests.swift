import Foundation
import KeptMeasures
import Testing

/// The events that the bench generates.
@Suite struct BenchTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  private static let missing: Comment = "KEPT_PYTHON names no Python with numpy, pyarrow and DuckDB; Scripts/test does"

  @Test(.enabled(if: python != nil, missing))
  func `two thousand events of the whole vocabulary name every kind, and none of them is rejected`() throws {
    let place = try Workplace()
    let generate = try place.shell(
      "'\(Self.python!)' '\(Workplace.repository)/Scripts/bench.d/generate.py' --vocabulary whole --events 2000 "
        + "--formats jsonl --out .")
    #expect(generate.status == 0, "\(generate.talk)")
    try #require(place.kept("init", "shop", "--currency", "EUR").status == 0)
    let run = try place.kept("import", "shop", "events.jsonl")
    #expect(run.status == 0)
    #expect(run.talk.contains("2,000 accepted, 0 duplicates, 0 conflicts, 0 rejected"), "\(run.talk)")
    let status = try place.kept("status", "shop", "--format", "jsonl").lines
    let unnamed = Vocabulary.kinds.map(\.name).filter { kind in
      !status.contains { $0.hasPrefix(#"{"topic":"kind","name":"\#(kind)""#) }
    }
    #expect(unnamed == [])
  }
}
