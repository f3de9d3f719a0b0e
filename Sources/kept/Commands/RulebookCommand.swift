import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// `kept rulebook`: everything a business may decide about its measures.
enum RulebookCommand {
  static let description = CommandDescription(
    name: "rulebook",
    summary: "prints the rules in force in a ledger, or the built-in ones; checks a rulebook",
    positionals: [],
    optionalPositional: "LEDGER",
    options: [
      OptionDescription("check", "FILE", "reads a rulebook and tells what is wrong with it"),
      OptionDescription("list", nil, "lists every rulebook that LEDGER adopted instead, the newest last"),
      OptionDescription("known-at", "P|TIME|FILE", knownAtMeaning),
      OptionDescription("format", "table|csv|jsonl", "how the rows of --list are written (table)"),
    ],
    notes: """
      kept rulebook prints the built-in rulebook; kept rulebook LEDGER prints the one in force there: the newest that was
      adopted, else the built-in one.
      A rulebook holds activities, windows, half-lives, lapse limits, the signal table, fulfilments, scales and norms.
      Change a copy of what this prints and give it to `kept rebuild --rulebook` or `kept replay --rulebook`; what proves
      itself is adopted: `kept adopt`.
      """,
    examples: [
      "kept rulebook > mine.json && kept rulebook --check mine.json",
      "kept adopt shop mine.json --reason 'to keep these rules when the program is replaced'",
      "kept rulebook shop --known-at 100 > then.json",
      "kept rulebook shop --list",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    if let path = arguments.value("check") {
      let rulebook = try readRulebook(path)
      context.console.print("\(path): a rulebook; digest \(rulebook.digest.hex)")
      return .sound
    }
    guard let path = arguments.positionals.first else {
      for option in ["list", "known-at"] where arguments.has(option) {
        throw arguments.error("--\(option) asks for a LEDGER: the built-in rulebook was never adopted")
      }
      context.console.write(Rulebook.standard.json.pretty().utf8)
      return .sound
    }
    let ledger = try LedgerReader(path)
    let end = try arguments.knownAt(ledger) ?? ledger.count
    if arguments.has("list") {
      context.console.print(try list(ledger.adoptions(before: end)), as: format)
    } else {
      let rules = try ledger.rules(at: end, file: nil)
      context.console.say("\(path): \(rules.rulebook.digest.hex), \(rules.origin.sentence)")
      context.console.write(rules.rulebook.json.pretty().utf8)
    }
    return context.warn(of: ledger.damage)
  }

  private static func list(_ adoptions: [Adoption]) -> Table {
    var rows = Rows([
      ("position", .int64), ("recorded", .timestamp), ("rulebook", .string), ("actor", .string), ("reason", .string),
      ("kept", .string),
    ])
    for adoption in adoptions {
      let record = adoption.record
      rows.append([
        .number(Int64(adoption.position)), .instant(adoption.recorded), .text(record.digest.hex), .text(record.actor),
        .text(record.reason), .text(record.version),
      ])
    }
    return rows.table
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
