import Glibc
import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// `kept late`: how late events arrive, and what they change of what was published before.
enum LateCommand {
  static let description = CommandDescription(
    name: "late",
    summary: "how late events arrive, and which published cells they changed",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("snapshot", "DIR", "what was published before they came (latest, where there is one)"),
      OptionDescription("part", "arrivals|events|cells|changes", "only this part (all; in csv and jsonl arrivals)"),
      OptionDescription("limit", "N", "at most N changes of each table (3)"),
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all)"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
    ],
    notes: """
      arrivals: by source, how long after their time events were recorded, in seconds: quantiles (type 7), how many took
      more than a day and a week, and their shares. `ahead` were recorded before their time. What the first import loaded is
      told apart from what came since.
      events: recorded since the snapshot, of a time at or before its as-of, by source and local month.
      cells: for each table of the snapshot, how many cells these events change, and how many of them tell of periods that
      were over: the table is derived again as of the same instant and by the same rules, with the late events and without
      corrections recorded since. changes: the first of these cells. `kept diff` tells the other causes.
      """,
    examples: [
      "kept late shop",
      "kept rebuild shop --known-at 200 && kept late shop --part cells",
    ],
    run: run)

  private enum Part: String, CaseIterable { case arrivals, events, cells, changes }

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let part = try arguments.choice("part", of: Part.allCases.map(\.rawValue)).flatMap { Part(rawValue: $0) }
    let limit = try arguments.integer("limit", atLeast: 0) ?? 3
    let ledger = try LedgerReader(arguments.positionals[0])
    var wanted = part.map { [$0] } ?? (format == .table ? Part.allCases : [.arrivals])
    let snapshot = wanted == [.arrivals] ? nil : try Self.snapshot(arguments, ledger)
    if snapshot == nil, wanted != [.arrivals] {
      guard part == nil else {
        throw FileError(
          ledger.folder.path, "nothing is published of which late events could change anything",
          next: "`kept rebuild \(ledger.folder.path)` publishes a snapshot.")
      }
      wanted = [.arrivals]
    }
    var isFirst = true
    func print(_ rows: Rows) {
      if !isFirst { context.console.print() }
      isFirst = false
      context.console.print(rows.table, as: format)
    }
    if wanted.contains(.arrivals) { print(try Arrivals(ledger).table) }
    if let snapshot {
      let manifest = snapshot.manifest
      context.console.say(
        "\(snapshot.folder): as of \(RFC3339.string(manifest.asOf)), from \(grouped(manifest.position)) events; "
          + "\(grouped(ledger.count - manifest.position)) were recorded since")
      let events = try LateEvents(ledger, from: manifest.position, asOf: manifest.asOf)
      if wanted.contains(.events) { print(events.table) }
      if wanted.contains(.cells) || wanted.contains(.changes) {
        var cells = LateCells(limit: limit)
        if events.eventCount > 0 { try cells.find(snapshot, ledger, arguments, context) }
        if wanted.contains(.cells) { print(cells.table) }
        if wanted.contains(.changes) { print(cells.changes) }
      }
    }
    return context.warn(of: ledger.damage)
  }

  private static func snapshot(_ arguments: Arguments, _ ledger: LedgerReader) throws -> OpenedSnapshot? {
    let store = SnapshotStore(disk: ledger.disk, path: ledger.folder(LedgerFolder.snapshots))
    guard let folder = try arguments.value("snapshot") ?? store.latestName().map({ store.folder($0) }) else { return nil }
    let snapshot = try OpenedSnapshot(folder, ledger.disk)
    try ledger.requireOrigin(of: snapshot)
    return snapshot
  }
}
