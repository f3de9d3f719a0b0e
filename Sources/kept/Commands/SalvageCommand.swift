import KeptFormat
import KeptLog

/// `kept salvage`: a clean ledger from what is left of a damaged one.
enum SalvageCommand {
  static let description = CommandDescription(
    name: "salvage",
    summary: "a clean ledger from everything of a damaged one that verifies",
    positionals: ["LEDGER", "DIR"],
    options: [
      OptionDescription("reason", "TEXT", "why, for ever: it stands in the new ledger"),
      OptionDescription("actor", "NAME", "who does it, for the record (the user who runs this)"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
    ],
    notes: """
      LEDGER is only read; DIR must not exist, or be empty. Every block whose events give its stored root and every whole
      record of the tail goes over, with sealed values and keys where they open; whoever was forgotten stays forgotten.
      A log has no holes, so events and customers are numbered again. Printed, and kept as DIR/losses.jsonl, is where each
      run of positions went ("kept") and what is lost: positions, when it was recorded, the customers as far as they are
      known. The last event of the new ledger says who salvaged it and why, with the SHA-256 of that list.
      Importing the source files again then adds exactly the events that are missing. Where it is lost that somebody was
      forgotten, the list says so ("lost forgotten"): an import brings them back, and they are to be forgotten again.
      Status 1: something was lost. Status 0: everything was saved.
      """,
    examples: [
      "kept salvage shop rescued --reason 'a disk failed'",
      "kept salvage shop rest --reason 'a copy of March' --actor Ada --format jsonl",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let (path, target) = (arguments.positionals[0], arguments.positionals[1])
    guard let reason = arguments.value("reason"), !reason.isEmpty else {
      throw arguments.error("--reason is missing: the new ledger says why it was made, for ever")
    }
    let actor = arguments.value("actor") ?? Context.userName ?? "unknown"
    let format = try arguments.tableFormat()
    let progress = context.progress
    progress.begin("salvaging", total: 0)
    let report = try Salvage.run(
      path, to: target, actor: actor, reason: reason, clock: context.now(),
      losses: { Array(SalvageList($0).text.utf8) },
      progress: { done, _ in progress.update(done: done, events: done * LogFormat.blockEventCount) })
    progress.finish()
    context.console.print(SalvageList(report).rows.table, as: format)
    context.console.say(
      "\(target): \(grouped(report.carriedCount)) events carried over; who and why stands at position \(report.position)")
    if report.renewedCount > 0 {
      context.console.say(
        "\(target): the keys of \(grouped(report.renewedCount)) events are lost: their sealed values are under new ones, "
          + "unchecked")
    }
    if report.isCommitPointUnknown {
      context.console.say("\(target): the tail's header is gone, so events of an import that did not end may be among them")
    }
    guard !report.losses.isEmpty else { return .sound }
    context.console.complain(
      "kept: \(path): not everything could be saved: \(target)/\(Salvage.lossesFile) lists what is lost\n"
        + "Next: `kept import \(target) FILE` of the source files adds the events that are missing, none twice.")
    return .no
  }
}
