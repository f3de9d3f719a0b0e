import Foundation
import Testing

/// Scripts/sql: questions as they stand, for DuckDB started in a snapshot's folder.
@Suite struct QuestionTests {
  private static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]

  @Test(.enabled(if: python != nil, "KEPT_PYTHON names no Python with DuckDB; Scripts/test does"))
  func `every question begins with itself, and DuckDB answers it from the made-up shop's snapshot`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/years.jsonl", "Fixtures/shop/events.jsonl").status == 0)
    try #require(place.kept("rebuild", "shop").status == 0)
    let folder = Workplace.repository + "/Scripts/sql"
    let questions = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }.sorted()
    #expect(questions.count >= 5)
    try place.write(
      "import duckdb, sys\nprint(len(duckdb.connect().execute(open(sys.argv[1]).read()).fetchall()))\n", to: "ask.py")
    for question in questions {
      let text = try String(contentsOfFile: folder + "/" + question, encoding: .utf8)
      #expect(text.hasPrefix("-- ") && text.split(separator: "\n")[0].contains("?"), "\(question)")
      let answer = try place.shell("cd shop/snapshots/latest && '\(Self.python!)' ../../../ask.py '\(folder)/\(question)'")
      #expect(answer.status == 0 && Int(answer.lines.last ?? "") ?? 0 > 0, "\(question): \(answer.output)\(answer.talk)")
    }
  }
}
