import KeptFormat
import KeptLog
import KeptSnapshot

/// `kept forget`: destroys a person's key and values wherever the ledger keeps them, and says what is left.
enum ForgetCommand {
  static let description = CommandDescription(
    name: "forget",
    summary: "destroys a customer's key and sealed values; says what is left of them",
    positionals: ["LEDGER", "CUSTOMER"],
    options: [
      OptionDescription("reason", "R", "why; recorded with the erasure, for ever"),
      OptionDescription("actor", "A", "who does it (the name you are logged in with)"),
    ],
    notes: """
      First an event customer.forgotten is recorded, with number, actor and reason; then keys, values and names go from
      tail, vault and index. A run that is cut is finished by the next command that writes. Events, numbers and proofs
      stay: what is left is c17, who cannot be named, and whoever comes back is a new customer. Status 1: the log itself
      says the external id in the open, where nothing can be taken out; field and count are listed. Snapshots published
      before are listed: delete those that show the customer, and names that were exported. Where ids of events are sealed
      as well, do not import the old source again: its events cannot be recognised any more. A customer that was merged
      with another is told. What a disk keeps of overwritten files is not promised.
      """,
    examples: [
      "kept init closed --seal customer && kept import closed Fixtures/shop/events.jsonl",
      "kept forget closed C-1004 --reason 'asked for it on 3 May'",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let (path, typed) = (arguments.positionals[0], arguments.positionals[1])
    guard let reason = arguments.value("reason"), !reason.isEmpty else {
      throw arguments.error("--reason is missing: an erasure says why, for ever")
    }
    let actor = arguments.value("actor") ?? Context.userName ?? "unknown"
    let ledger = try LedgerReader(path)
    if let damage = ledger.damage { throw LogError.damage(damage) }
    let labels = try ledger.labels()
    let numbers = labels.numbers(of: typed)
    guard let number = numbers.first else { throw try unknown(arguments, context) }
    let name = labels.names[number].map { String(decoding: $0, as: UTF8.self) }
    for (option, text) in [("reason", reason), ("actor", actor)] {
      if let name, text.contains(name) {
        throw arguments.error("--\(option) says \(name), which would then stand in the log for ever")
      }
    }
    let before = try ledger.forgotten()[number]
    let writer = try LedgerWriter(path, holder: context.holder)
    defer { writer.close() }
    context.tell(recovered: writer.recovered, path)
    if let before {
      // What came back with a copy that was put in place is destroyed again.
      try writer.eraseForgotten()
      context.console.print("c\(number) was forgotten at position \(before); whatever was left of key and values is destroyed")
    } else {
      let record = ForgetRecord(number: number, actor: actor, reason: reason)
      let position = try writer.forget(record, clock: context.now())
      context.console.print("forgotten: c\(number), recorded at position \(position); key, values and name are destroyed")
    }
    for other in try ledger.merged(with: number) {
      context.console.print("merged with: \(labels[other]); forget it as well if it is the same person")
    }
    try list(snapshotsOf: number, path, ledger, context.console)
    return try listMentions(of: name, number, path, context)
  }

  /// What is said of a customer whom the ledger does not know: perhaps any more, since a run that was cut had come as far as
  /// the record of the erasure. What that one left is destroyed first.
  private static func unknown(_ arguments: Arguments, _ context: Context) throws -> UsageError {
    let (path, typed) = (arguments.positionals[0], arguments.positionals[1])
    let writer = try LedgerWriter(path, holder: context.holder)
    defer { writer.close() }
    context.tell(recovered: writer.recovered, path)
    guard writer.hasFinishedErasure else { return arguments.error("customer \(typed): the ledger knows no such customer") }
    return arguments.error(
      "customer \(typed): the ledger knows no such customer any more: an erasure that had been cut short is finished now")
  }

  /// What was published while the customer was there.
  private static func list(
    snapshotsOf number: UInt32, _ path: String, _ ledger: LedgerReader, _ console: Console
  ) throws {
    guard let introduced = try ledger.introduction(of: number) else { return }
    let store = SnapshotStore(disk: PosixDisk.ofLedger, path: LedgerFolder(path)(LedgerFolder.snapshots))
    for snapshot in try store.names() where snapshot.position > introduced {
      console.print("published before: \(store.folder(snapshot))")
    }
    for candidate in try store.candidates() where candidate.position > introduced {
      console.print("kept but not published: \(store.folder(candidate: candidate))")
    }
  }

  private static func listMentions(
    of name: String?, _ number: UInt32, _ path: String, _ context: Context
  ) throws -> Status {
    guard let name else { return .sound }
    let ledger = try LedgerReader(path)
    let (console, progress) = (context.console, context.progress)
    progress.begin("searching", total: ledger.blocks.count)
    let mentions = try Mentions(of: name, in: ledger) { progress.update(done: $0, events: $0 * LogFormat.blockEventCount) }
    progress.finish()
    for (field, count) in mentions.counts.sorted(by: { $0.key < $1.key }) {
      console.print("left in the open: \(field): \(grouped(count)) event\(count == 1 ? "" : "s")")
    }
    guard !mentions.isEmpty else { return .sound }
    console.complain(
      "kept: the log says the external id of c\(number) in the open, and a log is never rewritten\n"
        + "Next: a ledger made with `kept init DIR --seal customer` keeps ids where they can be destroyed.")
    return .no
  }
}
