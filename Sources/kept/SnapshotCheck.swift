import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// Whether a published snapshot is what its manifest says, and what the log gives: law 8, asked by somebody who doubts it.
struct SnapshotCheck {
  private let folder: String
  private let ledger: LedgerReader
  private let console: Console
  private let manifest: Manifest

  init(_ folder: String, _ ledger: LedgerReader, _ console: Console) throws {
    self.folder = folder
    self.ledger = ledger
    self.console = console
    manifest = try SnapshotStore.manifest(ledger.disk, folder: folder)
  }

  /// Replays the log as it was known then; writes nothing.
  ///
  /// - Parameter rules: the options that choose a rulebook, as `rebuild` takes them; none: the rules of this digest that
  ///   the log or the program knows.
  func run(rules: [String], _ context: Context) throws -> Status {
    guard try isOfThisLog() else { return .no }
    if let difference = try SnapshotStore.check(ledger.disk, folder: folder, against: manifest) {
      console.print("changed: \(folder): \(difference.sentence), unlike its manifest")
      return .no
    }
    let words = [
      ledger.folder.path, "--known-at", String(manifest.position), "--as-of", RFC3339.string(manifest.asOf),
    ]
    let arguments = try Arguments(words + rules, of: RebuildCommand.description)
    let known = rules.isEmpty ? try ledger.rules(digest: manifest.rulebook, inForceAt: manifest.position) : nil
    let measured = try MeasuredTables(arguments, tables: try tables(), customers: [], rules: known, context)
    guard measured.rulebook.digest == manifest.rulebook else {
      let origin = manifest.rulebookOrigin.map { ", \($0.sentence)" } ?? ""
      throw FileError(
        folder, "it was made with other rules, \(manifest.rulebook.hex)\(origin)",
        next: "give these rules with --rulebook FILE; those tried have the digest \(measured.rulebook.digest.hex).")
    }
    let made = try measured.make(context.progress)
    // Only the digests of the bytes are wanted.
    let files = try ParquetWriter.write(made.map { table in ParquetWriter.Job(table) { _ in } }, workers: measured.jobs)
    var found: [String: Digest] = [:]
    for (table, file) in zip(made, files) { found[Self.file(table.schema.name)] = file.digest }
    let differing = manifest.files.filter { found[$0.name] != $0.digest }
    for file in differing { console.print("differs: \(folder)/\(file.name): the log gives other bytes") }
    guard differing.isEmpty else {
      try explain()
      return .no
    }
    let count = manifest.files.count
    console.print(
      "\(folder): \(grouped(count)) \(count == 1 ? "table is" : "tables are"), byte for byte, what the first "
        + "\(grouped(manifest.position)) events give as of \(RFC3339.string(manifest.asOf))")
    return .sound
  }

  /// Whether the ledger still begins with what the snapshot was made from.
  private func isOfThisLog() throws -> Bool {
    guard manifest.position <= ledger.count else {
      console.print(
        "cut: \(folder) was made from \(grouped(manifest.position)) events, the ledger has \(grouped(ledger.count))")
      return false
    }
    let root = try ledger.tree(count: manifest.position).root
    guard root == manifest.root else {
      console.print(
        "edited: the first \(grouped(manifest.position)) events have the root \(root.base64), \(folder) was made from "
          + manifest.root.base64)
      return false
    }
    guard SHA256.hash(ledger.zoneBytes) == manifest.zone else {
      console.print("edited: \(LedgerFolder.zone) has other rules than those \(folder) was made with")
      return false
    }
    return true
  }

  private func tables() throws -> Set<TableName> {
    let names = manifest.files.map { file in TableName.allCases.first { Self.file($0.rawValue) == file.name } }
    guard let unknown = names.firstIndex(of: nil) else { return Set(names.compactMap { $0 }) }
    throw FileError(
      folder, "\(manifest.files[unknown].name) is no table that this program makes", next: "use \(maker), which made it.")
  }

  private static func file(_ table: String) -> String { table + ".parquet" }

  private var maker: String { "kept \(manifest.versions["kept"] ?? "of another version")" }

  /// What may have changed an honest snapshot.
  private func explain() throws {
    let forgotten = try ledger.forgotten(from: manifest.position).count
    if forgotten > 0 {
      console.print("since then \(grouped(forgotten)) customers were forgotten: where ids are open, they have no name any more")
    }
    if manifest.versions["kept"] != Version.text { console.print("it was made by \(maker); this is kept \(Version.text)") }
  }
}
