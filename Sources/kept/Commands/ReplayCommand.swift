import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// `kept replay`: an audit replay, on standard output.
enum ReplayCommand {
  static let description = CommandDescription(
    name: "replay",
    summary: "any table, as it was, on standard output",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("table", "NAME", "which table (customers)"),
      OptionDescription(
        "customer", "ID", "only this customer's life; c17 is the customer numbered 17", isRepeatable: true),
    ] + selectionOptions + [
      RulesInForce.option,
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all)"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
    ],
    notes: """
      Nothing is written to the ledger. Tables that a snapshot has on request only, since they are large:
      \(TableName.onRequest).
      """,
    examples: [
      "kept replay shop --table promises",
      "kept replay shop --customer C-1003 --as-of 2024-02-20",
      "kept replay shop --table customers --known-at 100 --format csv",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let tables = try arguments.tables([arguments.value("table") ?? TableName.customers.rawValue])
    let measured = try MeasuredTables(
      arguments, tables: tables, customers: arguments.all("customer"), context)
    let ledger = measured.ledger
    for table in try measured.make(context.progress) { context.console.print(table, as: format) }
    return context.warn(of: ledger.damage)
  }
}
