import Glibc
import KeptFormat
import KeptLog
import KeptSnapshot

/// `kept export`: the log as Parquet files for engines that spread work over many machines.
enum ExportCommand {
  static let description = CommandDescription(
    name: "export",
    summary: "writes the log as partitioned Parquet for Spark, Trino, ClickHouse",
    positionals: ["LEDGER", "DIR"],
    options: [
      OptionDescription("known-at", "P|TIME|FILE", "only what the ledger held then (now)"),
      OptionDescription(
        "part-rows", "N", "about how many rows a file has at most (4194304: 100 to 250 MB, and 1 GiB of memory)"),
      OptionDescription("jobs", "N", "how many cores work (all); the result is the same bytes"),
      OptionDescription("check", nil, "writes nothing: is every file what the manifest says, and of this ledger?"),
    ],
    notes: """
      DIR/events/month=2024-03/part-….parquet holds events of a month (UTC) as they were recorded, sorted by time; what they
      say of earlier ones, in `corrects`, is not applied. A second run adds parts of what is new, late events of an old month
      among it, and changes none that is there. DIR/manifest.json, written last, has the position and root of a checkpoint
      and the rows and SHA-256 of every part. Free text and personal values are in none: the log holds only commitments.

      Status 1: a part still names a customer who was forgotten after it was written, or --check found a difference.
      """,
    examples: [
      "kept export shop lake",
      "kept export shop lake --check",
      "kept export shop before --known-at 100 --part-rows 100000",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let folder = arguments.positionals[1]
    let partRowCount = try arguments.integer("part-rows", atLeast: 1) ?? LogExport.partRowCountDefault
    let jobs = try arguments.integer("jobs", atLeast: 1) ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let ledger = try LedgerReader(arguments.positionals[0])
    if arguments.has("check") { return try check(folder, ledger, jobs, context) }
    let start = Progress.seconds()
    let end = try arguments.knownAt(ledger) ?? ledger.count
    let labels = try ledger.labels()
    let export = try LogExport(folder, of: ledger, holder: context.holder)
    let progress = context.progress
    let before = export.manifest?.position ?? 0
    progress.begin("exporting", total: Int(end > before ? end - before : 0))
    let added = try export.add(
      ledger, before: end, labels: ExportLabels(names: labels.names, areSealed: labels.areSealed),
      partRowCount: partRowCount, workers: jobs
    ) { progress.update(done: $0, events: $0) }
    progress.finish()
    let what = added.parts.isEmpty
      ? "nothing new" : "\(counted(added.rowCount, "event")) in \(counted(added.parts.count, "new part")), "
        + readable(byteCount: added.byteCount)
    context.console.say("\(folder): \(what) (\(tenths(Progress.seconds() - start)) s); \(grouped(end)) events are in it")
    context.console.print("\(folder)/\(ExportManifest.fileName)")
    let named = tell(named: export.manifest?.named ?? [], folder, context.console)
    let damaged = context.warn(of: ledger.damage)
    return named == .sound ? damaged : named
  }

  /// Parts are never written again, so that an erasure asks for a new export.
  private static func tell(named: [UInt32], _ folder: String, _ console: Console) -> Status {
    guard !named.isEmpty else { return .sound }
    let numbers = named.prefix(10).map { "c\($0)" }.joined(separator: ", ") + (named.count > 10 ? ", …" : "")
    console.complain(
      "kept: \(folder): parts written before still say the external id of \(counted(named.count, "customer")) forgotten "
        + "since: \(numbers)\n"
        + "Next: export into another folder, remove this one and its copies.")
    return .no
  }

  private static func check(_ folder: String, _ ledger: LedgerReader, _ jobs: Int, _ context: Context) throws -> Status {
    guard let manifest = try LogExport.manifest(folder) else {
      throw FileError(folder, "there is no \(ExportManifest.fileName)", next: "`kept export LEDGER \(folder)` makes one.")
    }
    try LogExport.check(manifest, of: ledger, folder)
    let found = try LogExport.differences(manifest, folder, workers: jobs)
      + LogExport.strangers(manifest, folder).map { "\($0) is not in the manifest" }
    guard found.isEmpty else {
      for difference in found { context.console.print("\(folder)/\(difference)") }
      context.console.complain("kept: \(folder): not what its manifest says\nNext: export into another folder.")
      return .no
    }
    context.console.print(
      "sound: \(counted(manifest.parts.count, "part")) with the bytes, and the \(grouped(manifest.position)) events of this "
        + "ledger the root, that \(ExportManifest.fileName) says")
    context.console.print("root \(manifest.root.base64)")
    return tell(named: manifest.named, folder, context.console)
  }
}
