import KeptFormat
import KeptLog
import KeptMeasures

/// `kept adopt`: from now on these are the rules, and the log says so.
enum AdoptCommand {
  static let description = CommandDescription(
    name: "adopt",
    summary: "makes a rulebook the one in force, and records who did so and why",
    positionals: ["LEDGER", "RULEBOOK"],
    options: [
      OptionDescription("reason", "R", "why; recorded with the rules, for ever"),
      OptionDescription("actor", "A", "who does it (the name you are logged in with)"),
    ],
    notes: """
      The whole rulebook is recorded as an event rulebook.adopted, what it leaves open filled in with what is built in.
      From then on rebuild, replay, explain and mirror measure by it where no --rulebook is given; known at an earlier
      position they go by the rules of that time, so that what was published is found again. Adopting another rulebook, or
      the former one again, is how to change one's mind. Adopting the built-in one keeps it when the program is replaced.
      What other rules would say is seen before they are adopted: `kept rebuild --rulebook FILE --shadow`.
      The rulebook in force is not adopted twice: that is said, and nothing written.
      """,
    examples: [
      "kept adopt shop Fixtures/shop/rulebook.json --reason 'the board decided so on 3 May'",
      "kept rulebook shop --list",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let (path, file) = (arguments.positionals[0], arguments.positionals[1])
    guard let reason = arguments.value("reason"), !reason.isEmpty else {
      throw arguments.error("--reason is missing: rules are adopted for a reason, which the log keeps")
    }
    let rulebook = try RulebookCommand.readRulebook(file)
    let record = AdoptionRecord(
      rules: rulebook.canonical, actor: arguments.value("actor") ?? Context.userName ?? "unknown", reason: reason,
      version: Version.text)
    let writer = try LedgerWriter(path, holder: context.holder)
    defer { writer.close() }
    context.tell(recovered: writer.recovered, path)
    // Read under the writer's lock: nobody adopts another one meanwhile.
    let ledger = try LedgerReader(path)
    if let before = try ledger.adoption(before: ledger.count), before.record.digest == record.digest {
      context.console.print("in force already: \(record.digest.hex), adopted at position \(before.position)")
      return .sound
    }
    switch try writer.adopt(record, clock: context.now()) {
    case .accepted(let position):
      context.console.print("adopted: \(record.digest.hex), recorded at position \(position)")
      return .sound
    case .tooLong(let byteCount):
      throw FileError(
        file,
        "its event would have \(grouped(byteCount)) bytes, and a line of the log has "
          + "\(grouped(CanonicalLine.byteCountMax)) at most",
        next: "shorten the texts of its rules (`why`), or the reason; nothing was written.")
    case .duplicate(let position), .conflict(let position):
      preconditionFailure("an adoption has an id of its own, but position \(position) has it too")
    }
  }
}
