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
      positions that it got, and the sum of the amounts accepted, by currency.
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
    for (position, recorded, record) in try ledger.imports() {
      let tally = record.tally
      let amounts = tally.amounts.sorted { $0.key < $1.key }.map { currency, sum in
        currency.isEmpty ? sum.text : "\(sum.text) \(currency)"
      }
      func number(_ count: Int) -> Cell { .number(Int64(count)) }
      let first = tally.positions.map { Int64($0.lowerBound) }
      let last = tally.positions.map { Int64($0.upperBound) }
      let what: [Cell] = [.number(Int64(position)), .instant(recorded), .text(record.file)]
      let counts = [
        number(record.lineCount), number(tally.accepted), number(tally.duplicates), number(tally.conflicts),
        number(tally.rejected),
      ]
      let source: [Cell] = [
        .number(first), .number(last), .text(amounts.isEmpty ? nil : amounts.joined(separator: ", ")),
        .number(Int64(record.byteCount)),
        .text(record.digest.hex), .text(record.mappingDigest?.hex),
      ]
      rows.append(what + counts + source)
    }
    context.console.print(rows.table, as: format)
    return context.warn(of: ledger.damage)
  }
}
