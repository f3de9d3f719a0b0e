import KeptFormat
import KeptMeasures
import KeptSnapshot

/// `kept mirror`: how one customer was treated, touch by touch, worst first. Metrics S3.21.
enum MirrorCommand {
  static let description = CommandDescription(
    name: "mirror",
    summary: "how we and one customer treated each other, worst first",
    positionals: ["LEDGER", "CUSTOMER"],
    options: selectionOptions + [
      RulesInForce.option,
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all)"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
    ],
    notes: """
      First how the two stand, then every touch that said something and every silence that did, as the customer would tell
      it: what is worst comes first, the latest of equally bad ones before the others. The words are those of the rulebook
      (`lived`); times are of the ledger's zone. csv and jsonl have the numbers instead. c17 is the customer numbered 17.
      """,
    examples: ["kept mirror shop C-1003", "kept mirror shop C-1003 --as-of 2024-03-01"],
    run: run)

  private static let standing = [
    "customer", "party", "status", "ended_by", "we_index", "done_index", "felt_index", "they_index", "quadrant",
  ]
  private static let story = [
    "points", "points_left", "said_at", "list", "kind", "why", "rule", "seed", "balance_after", "position",
  ]

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let measured = try MeasuredTables(
      arguments, tables: [.customers, .touches], customers: [arguments.positionals[1]], context)
    let tables = try measured.make(context.progress)
    guard format != .table else {
      for line in try MirrorPage(tables, measured).lines() { context.console.print(line) }
      return context.warn(of: measured.ledger.damage)
    }
    for table in tables where table.schema.name == "customers" {
      context.console.print(table.picking(columns: standing), as: format)
    }
    for table in tables where table.schema.name == "touches" {
      context.console.print(table.picking(columns: story, rows: worstFirst(table)), as: format)
    }
    return context.warn(of: measured.ledger.damage)
  }

  /// What is worst for the customer comes first, of equally bad ones the latest.
  static func worstFirst(_ table: Table) -> [Int] {
    func integers(_ name: String) -> [Int64] {
      guard case .int64(let values) = table.picking(columns: [name]).columns[0].values else { return [] }
      return values
    }
    let (points, times) = (integers("points"), integers("said_at"))
    return (0..<table.rowCount).sorted { left, right in
      if points[left] != points[right] { return points[left] < points[right] }
      return times[left] != times[right] ? times[left] > times[right] : left < right
    }
  }
}
