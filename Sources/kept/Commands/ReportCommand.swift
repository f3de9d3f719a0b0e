import KeptFormat
import KeptLog
import KeptMeasures
import KeptReport
import KeptSnapshot

/// `kept report`: a snapshot as one page for people.
enum ReportCommand {
  static let description = CommandDescription(
    name: "report",
    summary: "one HTML page about how customers are treated, made from a snapshot",
    positionals: ["LEDGER|SNAPSHOT"],
    options: [
      OptionDescription("output", "FILE", "where the page is written (standard output)")
    ],
    notes: """
      Of a ledger it is the snapshot published last, as `kept rebuild` left it; nothing is measured again. The page holds all
      it needs, loads nothing and runs no script. The same snapshot gives the same bytes. Every figure says how many it is
      made from, what it means in the words of the snapshot's dictionary, and a command that opens one of its numbers.
      """,
    examples: [
      "kept rebuild shop && kept report shop --output report.html",
      "kept report shop/snapshots/latest > report.html",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let snapshot = try OpenedSnapshot(latestOf: arguments.positionals[0])
    var tables: [Table] = []
    for (name, columns) in Report.needs.sorted(by: { $0.key < $1.key }) {
      guard let table = TableName(rawValue: name), snapshot.files[table] != nil else { continue }
      tables.append(try read(columns, of: try snapshot.table(table)))
    }
    let ledger = snapshot.ledgerPath.flatMap { $0.split(separator: "/").last } ?? "LEDGER"
    let page = Report(snapshot.manifest, tables: tables, ledger: String(ledger)).html()
    guard let path = arguments.value("output") else {
      context.console.write(page)
      return .sound
    }
    try PosixDisk().replaceFile(path, with: page)
    context.console.say("\(path): \(grouped(page.count)) bytes, from \(snapshot.folder)")
    return .sound
  }

  private static func read(_ names: Set<String>, of table: LazyTable) throws -> Table {
    var schema = table.schema
    schema.columns.removeAll { !names.contains($0.name) }
    return Table(schema: schema, columns: try schema.columns.compactMap { try table.column($0.name) })
  }
}
