import KeptFormat
import KeptLog

/// `kept checkpoint`: three lines that pin down every event so far.
enum CheckpointCommand {
  static let description = CommandDescription(
    name: "checkpoint",
    summary: "three lines that pin down every event so far; keep them elsewhere",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("known-at", "P|TIME", "of the ledger as it was then (now)")
    ],
    notes: """
      The form is C2SP tlog-checkpoint: the ledger's name, the number of events, the RFC 6962 root hash. Sign it with
      what you trust, such as `ssh-keygen -Y sign`, and keep it where whoever writes the ledger cannot reach it.
      """,
    examples: [
      "kept checkpoint shop",
      "kept checkpoint shop --known-at 100",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let ledger = try LedgerReader(arguments.positionals[0])
    guard let count = try arguments.knownAt(ledger) else {
      context.console.write(ledger.checkpoint().text.utf8)
      return context.warn(of: ledger.damage)
    }
    let checkpoint = Checkpoint(
      origin: Ledger.origin(ledger.settings), count: count, root: try ledger.tree(count: count).root)
    context.console.write(checkpoint.text.utf8)
    return context.warn(of: ledger.damage)
  }
}
