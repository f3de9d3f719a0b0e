import Foundation
import Testing

/// Questions in SQL: those of Scripts/sql as they stand, and generated ones, asked of DuckDB and of `kept query`.
@Suite struct QuestionTests {
  private static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  private static let missing: Comment = "KEPT_PYTHON names no Python with DuckDB; Scripts/test does"

  @Test(.enabled(if: python != nil, missing))
  func `the ready-made questions have one answer, with rows, in DuckDB and in kept query`() throws {
    let place = try shop()
    let folder = Workplace.repository + "/Scripts/sql"
    let questions = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }.sorted()
    #expect(questions.count >= 5)
    for question in questions {
      let text = try String(contentsOfFile: folder + "/" + question, encoding: .utf8)
      #expect(text.hasPrefix("-- ") && text.split(separator: "\n")[0].contains("?"), "\(question)")
      let answer = try place.kept("query", "shop", "--file", folder + "/" + question)
      #expect(answer.status == 0 && answer.lines.count > 2, "\(question): \(answer.talk)")
    }
    try compare(place, questions.map { "'\(folder)/\($0)'" }.joined(separator: " "), count: questions.count)
  }

  /// KEPT_QUERY_SEED and KEPT_QUERY_COUNT ask others, and more.
  @Test(.enabled(if: python != nil, missing))
  func `hundreds of generated questions have the answers of DuckDB`() throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["KEPT_QUERY_SEED"] ?? "20261201"
    let count = environment["KEPT_QUERY_COUNT"].flatMap(Int.init) ?? 500
    try compare(try shop(), "\(seed) \(count)", count: count)
  }

  private func compare(_ place: Workplace, _ arguments: String, count: Int) throws {
    let run = try place.shell(
      "'\(Self.python!)' '\(Workplace.repository)/Tests/oracles/queries.py' \(Workplace.products)/kept shop/snapshots/latest "
        + arguments)
    #expect(run.status == 0, "\(run.talk)")
    let summary = run.lines.last ?? ""
    print("\(arguments): \(summary)")
    #expect(summary.hasPrefix("\(count) questions, ") && summary.hasSuffix(" 0 answered differently"), "\(run.output)")
  }

  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/years.jsonl", "Fixtures/shop/events.jsonl").status == 0)
    try #require(place.kept("rebuild", "shop").status == 0)
    return place
  }
}
