import Foundation
import KeptMeasures
import Testing

/// What readers that nobody here wrote make of a snapshot, and what a cluster's engine computes from an export.
@Suite struct OutsideTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  static let missing: Comment = "KEPT_PYTHON names no Python with six readers and Spark; Scripts/test does"

  @Test(.enabled(if: python != nil, missing))
  func `six readers see every cell of every table as kept query prints it, and Spark computes five tables from an export`() throws {
    let place = try Workplace()
    try Self.printShop(place)
    try Self.exportBench(place)
    let run = try place.shell(
      "'\(Self.python!)' '\(Workplace.repository)/Tests/oracles/outside.py' shop/snapshots/latest printed lake "
        + "bench/snapshots/latest")
    #expect(run.status == 0, "\(run.output)\(run.talk)")
    print(run.output)
    let tables = TableName.allCases.count
    #expect(run.lines.contains { $0.hasPrefix("\(tables) tables, 6 readers, ") }, "\(run.output)")
  }

  /// Every table of the shop, those on request among them: as a snapshot, and each as `kept query` prints it.
  private static func printShop(_ place: Workplace) throws {
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(
      place.kept("import", "shop", "Fixtures/shop/years.jsonl", "Fixtures/shop/events.jsonl").status == 0)
    let rules = ["--rulebook", "Fixtures/shop/rulebook.json"]
    let names = TableName.allCases.map(\.rawValue)
    try #require(
      place.kept(["rebuild", "shop", "--tables", names.joined(separator: ",")] + rules).status == 0)
    try place.shell("mkdir printed")
    for name in names {
      let printed = try place.kept("query", "shop", "SELECT * FROM \(name)", "--format", "jsonl")
      try #require(printed.status == 0, "\(name): \(printed.talk)")
      try place.write(printed.output, to: "printed/\(name).jsonl")
      // What stands in the dictionary depends on the tables that are made with it.
      if name == TableName.dictionary.rawValue { continue }
      let replayed = try place.kept(["replay", "shop", "--table", name, "--format", "jsonl"] + rules)
      #expect(replayed.output == printed.output, "\(name) is not what kept replay prints")
    }
  }

  /// A generated shop with errors that were corrected, in a zone with summer time, exported in two runs; the five tables as
  /// of an instant before its end.
  private static func exportBench(_ place: Workplace) throws {
    let generated = try place.shell(
      "'\(python!)' '\(Workplace.repository)/Scripts/bench.d/generate.py' --events 18000 --formats jsonl --out . && "
        + "'\(python!)' '\(Workplace.repository)/Tests/oracles/mistakes.py' events.jsonl > mistakes.jsonl")
    try #require(generated.status == 0, "\(generated.talk)")
    let rules = Workplace.repository + "/Scripts/bench.d/rulebook.json"
    for words in [
      ["init", "bench", "--zone", "Europe/Berlin", "--currency", "EUR"], ["import", "bench", "events.jsonl"],
      ["export", "bench", "lake"], ["import", "bench", "mistakes.jsonl"], ["export", "bench", "lake"],
      [
        "rebuild", "bench", "--rulebook", rules, "--as-of", "2025-11-15T12:00:00Z", "--tables",
        "retention,lifecycle,scores,word_of_mouth,promises",
      ],
    ] {
      let run = try place.kept(words)
      try #require(run.status == 0, "\(words): \(run.talk)")
    }
  }
}
