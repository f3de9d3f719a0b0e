import KeptFormat
import KeptLog

/// `kept verify`: is the record what it was when it was written?
enum VerifyCommand {
  static let description = CommandDescription(
    name: "verify",
    summary: "is every byte of the record what it was when it was written?",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("deep", nil, "derives every canonical line and the root again, and opens every commitment"),
      OptionDescription(
        "since", "CHECKPOINT",
        "compares with a checkpoint kept elsewhere, and checks deeply what is newer; with --deep, everything"),
      OptionDescription(
        "snapshot", "DIR", "replays the log as it was known then: is the snapshot, byte for byte, what it gives?"),
      OptionDescription("rulebook", "FILE", "the rules the snapshot was made with, where the log does not know them"),
    ],
    notes: """
      Without --deep, the checksum of every stored byte and the tree of stored roots are checked: that finds accidents, not
      edits. A log that was cut exactly between two records looks whole by itself: only a checkpoint kept elsewhere shows it.
      With --since, whole blocks that the checkpoint covers are not read again: their stored roots must give its root.
      With --snapshot, the log itself is checked only where --deep or --since is given as well.
      Status 1: damage or disagreement was found. A torn tail is no damage: a last write that a crash cut was never
      acknowledged.
      """,
    examples: [
      "kept verify shop",
      "kept verify shop --deep",
      "kept checkpoint shop > shop.checkpoint && kept verify shop --since shop.checkpoint",
      "kept rebuild shop --tables customers && kept verify shop --snapshot shop/snapshots/latest",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let ledger: LedgerReader
    do { ledger = try LedgerReader(arguments.positionals[0]) } catch LogError.damage(let damage) {
      // Nothing else can be said of a ledger whose days begin nobody knows when.
      context.console.print("damage: \(damage.sentence)")
      context.console.explain(LogError.damage(damage))
      return .no
    }
    guard let folder = arguments.value("snapshot") else {
      if arguments.has("rulebook") { throw arguments.error("--rulebook says nothing without --snapshot") }
      return try verifyLog(ledger, arguments, context)
    }
    let rules = arguments.value("rulebook").map { ["--rulebook", $0] } ?? []
    let snapshot = try SnapshotCheck(folder, ledger, context.console).run(rules: rules, context)
    guard arguments.has("deep") || arguments.has("since") else {
      return context.warn(of: ledger.damage) == .no ? .no : snapshot
    }
    return try verifyLog(ledger, arguments, context) == .no ? .no : snapshot
  }

  private static func verifyLog(_ ledger: LedgerReader, _ arguments: Arguments, _ context: Context) throws -> Status {
    let console = context.console
    let since = try arguments.value("since").map { try arguments.readCheckpoint($0, ledger) }
    let depth: Verification.Depth =
      arguments.has("deep") ? .deep : since.map { .deepSince($0.count) } ?? .checksums
    let first: UInt64 = if case .deepSince(let position) = depth { position } else { 0 }
    context.progress.begin("verifying", total: ledger.blocks.count { $0.positions.upperBound > first })
    let progress = context.progress
    let eventCount = LogFormat.blockEventCount
    let report = try Verification(depth: depth) { done, _ in progress.update(done: done, events: done * eventCount) }(
      ledger)
    progress.finish()
    for damage in report.damages { console.print("damage: \(damage.sentence)") }
    if case .torn(let offset, let byteCount) = report.tail {
      console.print(
        "torn: tail: byte \(offset): \(grouped(byteCount)) bytes of a last write that was cut; it was never acknowledged"
      )
    }
    for number in report.unerased.sorted() {
      console.print(
        "unfinished: customer c\(number) was forgotten, but the vault still knows something: "
          + "`kept forget LEDGER c\(number) --reason R` finishes it")
    }
    var isWhole = report.damages.isEmpty
    if let since { isWhole = try compare(since, ledger, console) && isWhole }
    console.print("root \(report.checkpoint.root.base64) over \(grouped(report.count)) events")
    console.print(verdict(isWhole, depth, report, comparedWith: since))
    return isWhole && report.unerased.isEmpty ? .sound : .no
  }

  /// Whether the ledger still begins with what a checkpoint pinned down.
  private static func compare(_ checkpoint: Checkpoint, _ ledger: LedgerReader, _ console: Console) throws -> Bool {
    guard checkpoint.count <= ledger.count else {
      console.print(
        "cut: the checkpoint has \(grouped(checkpoint.count)) events, the ledger \(grouped(ledger.count)): "
          + "positions \(ledger.count) to \(checkpoint.count - 1) are gone")
      return false
    }
    let root = try ledger.tree(count: checkpoint.count).root
    guard root == checkpoint.root else {
      console.print(
        "edited: the first \(grouped(checkpoint.count)) events have the root \(root.base64), the checkpoint says "
          + checkpoint.root.base64)
      return false
    }
    console.print("the first \(grouped(checkpoint.count)) events are those of the checkpoint")
    return true
  }

  private static func verdict(
    _ isWhole: Bool, _ depth: Verification.Depth, _ report: Verification.Report, comparedWith checkpoint: Checkpoint?
  ) -> String {
    let bytes = "\(readable(byteCount: report.checkedByteCount)) checked"
    guard isWhole else {
      return "NOT SOUND: \(bytes). Next: restore what is damaged from a copy, or `kept salvage LEDGER DIR --reason R` saves what "
        + "verifies."
    }
    guard report.unerased.isEmpty else { return "NOT FINISHED: the record is whole, an erasure is not. \(bytes)." }
    let cut = checkpoint == nil ? " No checkpoint was compared, so a log cut short would not show." : ""
    switch depth {
    case .checksums: return "no accidental damage; edits not checked, use --deep. \(bytes).\(cut)"
    case .deep:
      return
        "sound: every event gives its stored root, \(grouped(report.openedValueCount)) sealed values open. \(bytes).\(cut)"
    case .deepSince(let position):
      return
        "sound: every event from position \(position) on gives its stored root, \(grouped(report.openedValueCount)) sealed "
        + "values open. \(bytes); older blocks by their stored roots only."
    }
  }
}
