import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// `kept rebuild`: replay from event 0, write and publish a snapshot.
enum RebuildCommand {
  static let description = CommandDescription(
    name: "rebuild",
    summary: "replays from event 0 and publishes a snapshot",
    positionals: ["LEDGER"],
    options: selectionOptions + [
      OptionDescription("tables", "A,B", "only these tables (all but those on request)", isRepeatable: true),
      RulesInForce.option,
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all); the result is the same bytes"),
      OptionDescription("keep", "N", "removes older snapshots but for the N newest"),
      OptionDescription("shadow", nil, "only tries: published beside, under a name that says the rules; `latest` stays"),
      OptionDescription(
        "gate", "max-changed=N|N%[,table=T…]",
        "publishes only where no more cells of periods that are over tell otherwise than in the latest snapshot"),
    ],
    notes: """
      Made on request only, since they are large: \(TableName.onRequest).

      The snapshot is a folder of Parquet files and a manifest.json under LEDGER/snapshots; `latest` leads to it once all of
      it is on disk. The same events, as-of and rulebook give the same bytes, on any machine. A snapshot that is there is
      never changed: other rules or other tables for the same events and as-of go beside it as a shadow.

      With --gate, what the candidate says as of the latest snapshot's instant is compared with that snapshot, row by row of
      the periods that were over then. Beyond the limit it is not published: it is kept as LEDGER/snapshots/NAME.candidate,
      which no command takes for a snapshot, and the status is 1. The first snapshot passes.
      """,
    examples: [
      "kept rebuild shop",
      "kept rebuild shop --as-of 2024-06-01 --tables customers,promises --keep 3",
      "kept rebuild shop --rulebook Fixtures/shop/rulebook.json --shadow",
      "kept rebuild shop --gate max-changed=0.1%,table=retention,table=lifecycle",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let start = Progress.seconds()
    let tables = try arguments.tables(arguments.list("tables"))
    let keep = try arguments.integer("keep", atLeast: 1)
    let isShadow = arguments.has("shadow")
    if isShadow, keep != nil { throw arguments.error("--keep goes by what is published, which a --shadow is not") }
    let gate = try arguments.value("gate").map { text throws(UsageError) in try Gate(text, arguments) }
    if isShadow, gate != nil { throw arguments.error("--gate keeps from being published, which a --shadow is not") }
    let measured = try MeasuredTables(arguments, tables: tables, customers: [], context)
    let ledger = measured.ledger
    let made = try measured.make(context.progress)
    let manifest = Manifest(
      position: measured.end, root: try ledger.tree(count: measured.end).root, asOf: measured.selection.asOf,
      utcOffsetSeconds: try ledger.calendar().zone.offsetSeconds(at: measured.selection.asOf),
      rulebook: measured.rulebook.digest, rulebookOrigin: measured.rules.origin, zone: SHA256.hash(ledger.zoneBytes),
      versions: ["kept": Version.text, "format": String(LedgerSettings.formatVersion)],
      command: ["kept"] + context.commandLine)
    let store = SnapshotStore(disk: ledger.disk, path: ledger.folder(LedgerFolder.snapshots))
    var name = manifest.name
    if isShadow {
      let asked = arguments.has("tables") ? tables.map(\.rawValue) : nil
      name.shadow = SnapshotName.shadow(rulebook: manifest.rulebook, tables: asked)
    }
    let draft = try store.begin(name, holder: context.holder)
    try draft.write(made, workers: measured.jobs)
    if let verdict = try gate?.judge(made, measured, store, context.progress) {
      guard verdict.isPassed else {
        tell(verdict, keptAs: try draft.keepAsCandidate(manifest), store, context.console)
        return .no
      }
      context.console.say("gate: \(verdict.sentence)")
    }
    let published = try draft.publish(manifest, keep: keep)
    let seconds = Progress.seconds() - start
    tell(published, measured, seconds, context.console)
    try tellSilentFeeds(made, measured, context.console)
    return context.warn(of: ledger.damage)
  }

  private static func tell(
    _ published: SnapshotDraft.Published, _ measured: MeasuredTables, _ seconds: Double, _ console: Console
  ) {
    for file in published.manifest.files {
      console.say(
        "  \(padded(file.name, to: 24))\(paddedLeft(grouped(file.rowCount), to: 12)) rows"
          + paddedLeft(readable(byteCount: file.byteCount), to: 12))
    }
    for name in published.removed { console.say("removed \(name)") }
    console.say(
      "\(grouped(measured.end)) events as of \(RFC3339.string(measured.selection.asOf)) in \(tenths(seconds)) s"
        + (published.isNew ? "" : "; the same snapshot had been published before"))
    console.print(published.path)
  }

  private static func tell(_ verdict: Gate.Verdict, keptAs candidate: String, _ store: SnapshotStore, _ console: Console) {
    var lines = ["kept: not published: \(verdict.sentence)"]
    for moved in verdict.moved {
      lines.append("  \(moved.table.rawValue): \(grouped(moved.cells)) cells")
      lines += moved.examples.map { "    \($0)" }
    }
    lines.append("\(SnapshotStore.latest) stays as it was; the candidate is kept as \(candidate).")
    lines.append(
      "Next: `kept diff \(store.path)/\(verdict.latest) \(candidate)` tells what moved them; without --gate, or with a "
        + "higher limit, it is published.")
    console.complain(lines.joined(separator: "\n"))
  }

  /// Metrics 3.01: whose silence may only be a feed that ended.
  private static func tellSilentFeeds(_ made: [Table], _ measured: MeasuredTables, _ console: Console) throws {
    guard let table = made.first(where: { $0.schema.name == TableName.sources.rawValue }),
      case .string(let sources) = table.columns[0].values, case .int32(let days) = table.columns[1].values,
      case .int64(let events) = table.columns[2].values
    else { return }
    var lastDays: [String: Int32] = [:]
    for row in 0..<table.rowCount where events[row] > 0 {
      let source = sources.string(row) ?? ""
      lastDays[source] = max(lastDays[source] ?? .min, days[row])
    }
    let today = try measured.ledger.calendar().dayIndex(of: measured.selection.asOf)
    let silent = lastDays.filter { today - $0.value >= 7 }.sorted { $0.key < $1.key }
    guard !silent.isEmpty else { return }
    let list = silent.map { "\($0.key) since \(CivilDate(dayNumber: Int($0.value)))" }.joined(separator: ", ")
    console.say("sources that have been silent for a week or more before as-of, so that less is known: \(list)")
  }
}
