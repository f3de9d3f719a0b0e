import Foundation
import Testing

@Suite struct HelpTests {
  /// The commands that `kept --help` lists.
  static let commands: [String] = {
    guard let overview = try? Workplace().kept("--help").output else { return [] }
    return overview.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("  kept ") else { return nil }
      return line.dropFirst(7).split(separator: " ").first.map(String.init)
    }
  }()

  @Test func `every command of the ledger is listed`() {
    #expect(
      Self.commands == [
        "init", "import", "append", "status", "events", "imports", "names", "verify", "checkpoint", "prove", "forget",
        "adopt", "salvage", "rebuild", "diff", "query", "report", "replay", "explain", "mirror", "late", "rulebook",
        "export",
      ])
  }

  @Test(arguments: commands)
  func `every example in a command's help works as it stands`(command: String) throws {
    let help = try Workplace().kept(command, "--help")
    #expect(help.status == 0)
    #expect(help.talk == "")
    let examples = help.output.components(separatedBy: "\nExamples:\n").last!
      .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(!examples.isEmpty)
    let place = try Workplace()
    if command != "init" { #expect(try place.kept("init", "shop", "--zone", "Europe/Berlin").status == 0) }
    if !["init", "import", "append"].contains(command) {
      #expect(try place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    }
    for example in examples {
      let run = try place.shell(example)
      #expect(run.status == 0, "\(example)\n\(run.talk)")
    }
  }

  @Test(arguments: commands)
  func `help fits a line of 120 characters`(command: String) throws {
    for line in try Workplace().kept(command, "--help").lines { #expect(line.count <= 120, "\(line)") }
  }
}
