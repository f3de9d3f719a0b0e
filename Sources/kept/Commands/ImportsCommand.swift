import KeptFormat
import KeptLog

/// `kept imports`: completeness control.
enum ImportsCommand {
  static let description = CommandDescription(
    name: "imports",
    summary: "every finished import: lines = accepted + duplicates + conflicts + rejected",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)")
    ],
    notes: """
      Each row is an import.finished event of the log: the file with its size and SHA-256, what became of its lines, the
      positions that it got, and the sum of its amounts by currency. Status 1: the lines of an import do not add up.
      """,
    examples: [
      "kept imports shop",
      "kept imports shop --format csv",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let ledger = try LedgerReader(arguments.positionals[0])
    var rows = Rows([
      ("position", .int64), ("finished_at", .timestamp), ("file", .string), ("lines", .int64), ("accepted", .int64),
      ("duplicates", .int64), ("conflicts", .int64), ("rejected", .int64), ("first_position", .int64),
      ("last_position", .int64), ("amounts", .string), ("bytes", .int64), ("sha256", .string), ("map_sha256", .string),
    ])
    var status = Status.sound
    let filter = EventFilter(kinds: [ImportRecord.kind], since: .min, until: .max, end: ledger.count)
    try ledger.forEachEvent(filter) { batch, index, position in
      let record = ImportRecord(index, of: batch)
      if !record.addsUp {
        status = .no
        context.console.complain("kept: the import that ended at position \(position) does not account for all its lines")
      }
      let amounts = (record.amounts.members ?? []).map { member in
        "\(String(decoding: member.value.canonical(), as: UTF8.self)) \(member.key)"
      }
      rows.append([
        .number(Int64(position)), .instant(batch.rows[index].time), .text(record.file), .number(record.lineCount),
        .number(record.acceptedCount), .number(record.duplicateCount), .number(record.conflictCount),
        .number(record.rejectedCount), .number(record.firstPosition), .number(record.lastPosition),
        .text(amounts.joined(separator: ", ")), .number(record.byteCount), .text(record.digest),
        .text(record.mapDigest),
      ])
      return true
    }
    context.console.print(rows.table, as: format)
    return context.warn(of: ledger.damage) == .no ? .no : status
  }
}
