import KeptFormat
import KeptLog
import KeptSnapshot

/// `kept names`: the external ids of customers, as far as they are known.
enum NamesCommand {
  static let description = CommandDescription(
    name: "names",
    summary: "customer numbers and external ids",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
      OptionDescription(
        "parquet", "FILE", "writes them as Parquet instead: columns customer and name, to join with a snapshot"),
    ],
    notes: """
      Where customer ids are sealed, they come from the vault, and a forgotten customer has none. Keep what this prints out
      of snapshots: those are never changed, names may have to be forgotten.
      """,
    examples: [
      "kept names shop --format csv",
      "kept names shop --parquet names.parquet",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let ledger = try LedgerReader(arguments.positionals[0])
    let labels = try ledger.labels()
    let names = labels.names
    if let path = arguments.value("parquet") {
      let bytes = try ParquetWriter.encode(labels.joinable)
      try PosixDisk().replaceFile(path, with: bytes)
      context.console.say("\(path): \(grouped(names.count)) names")
      return context.warn(of: ledger.damage)
    }
    var rows = Rows([("number", .int64), ("name", .string)])
    for number in stride(from: 1, through: names.count, by: 1) {
      let name = names[UInt32(number)].map { String(decoding: $0, as: UTF8.self) }
      rows.append([.number(Int64(number)), .text(name)])
    }
    context.console.print(rows.table, as: format)
    return context.warn(of: ledger.damage)
  }
}
