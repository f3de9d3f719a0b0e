import KeptFormat
import KeptLog
import KeptMeasures

/// `kept rulebook`: everything a business may decide about its measures.
enum RulebookCommand {
  static let description = CommandDescription(
    name: "rulebook",
    summary: "prints the built-in rulebook, or checks one",
    positionals: [],
    options: [
      OptionDescription("check", "FILE", "reads a rulebook and tells what is wrong with it")
    ],
    notes: """
      The rulebook holds activities, windows, half-lives, lapse limits, the signal table, fulfilments, scales and norms.
      Change a copy of what this prints and give it to `kept rebuild --rulebook` or `kept replay --rulebook`.
      """,
    examples: [
      "kept rulebook > mine.json && kept rulebook --check mine.json"
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    guard let path = arguments.value("check") else {
      context.console.write(Rulebook.standard.json.pretty().utf8)
      return .sound
    }
    let rulebook = try readRulebook(path)
    context.console.print("\(path): a rulebook; digest \(rulebook.digest.hex)")
    return .sound
  }

  static func readRulebook(_ path: String) throws -> Rulebook {
    let bytes = try PosixDisk().contents(path)
    do {
      return try Rulebook.parse(bytes)
    } catch {
      throw FileError(path, "\(error)", next: "`kept rulebook` prints a rulebook that works.")
    }
  }
}
