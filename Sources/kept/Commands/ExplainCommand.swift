import KeptFormat
import KeptMeasures
import KeptSnapshot

/// `kept explain`: from a number to its definition, to the touches that made it, to where they stand in the log.
enum ExplainCommand {
  static let description = CommandDescription(
    name: "explain",
    summary: "why a number is what it is: its rule, and the touches that made it",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("customer", "ID", "whose life it is from; c17 is the customer numbered 17"),
      OptionDescription("table", "NAME", "the cell's table (customers)"),
      OptionDescription("column", "NAME", "the cell's column; without it, the life touch by touch"),
      OptionDescription("row", "ID", "which of the customer's rows: any of its ids, like an order's"),
    ] + selectionOptions + [
      RulesInForce.option,
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all)"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
    ],
    notes: """
      A cell is computed again without each touch of the life in turn: listed are those without which it would say something
      else, and what it would say then. Where several touches only together make a difference they are one row without a
      position. Without --column: every touch that a rule gave points, and how both sides stood right after it.
      """,
    examples: [
      "kept explain shop --customer C-1003",
      "kept explain shop --customer C-1003 --column we_index",
      "kept explain shop --customer C-1003 --table promises --column state",
    ],
    run: run)

  private static let timeline = [
    "said_at", "kind", "rule", "list", "points", "we_after", "they_after", "why", "seed", "position",
  ]

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    guard let customer = arguments.value("customer") else {
      throw arguments.error("whose number is it? --customer ID")
    }
    guard let column = arguments.value("column") else {
      let measured = try MeasuredTables(arguments, tables: [.touches], customers: [customer], context)
      for table in try measured.make(context.progress) {
        context.console.print(table.picking(columns: timeline), as: format)
      }
      return context.warn(of: measured.ledger.damage)
    }
    let name = try arguments.tables([arguments.value("table") ?? TableName.customers.rawValue]).first!
    guard let spec = name.schema.columns.first(where: { $0.name == column }) else {
      let near = nearest(to: column, among: name.schema.columns.map(\.name)).map { ": did you mean \($0)?" } ?? ""
      throw arguments.error("\(name.rawValue) has no column \(column)\(near)")
    }
    let measured = try MeasuredTables(arguments, tables: [name], customers: [customer], context)
    let row = arguments.value("row")
    var isFound = false
    for explainer in try measured.explainers() {
      guard let table = explainer.tables().first, table.rowCount > 0 else { continue }
      for place in try rows(of: table, row, arguments) {
        isFound = true
        let cell = ExplainedCell(table, row: place, column: column)
        try explain(cell, spec, explainer, format, context, ledger: arguments.positionals[0])
      }
    }
    guard isFound else {
      let which = row.map { " named \($0)" } ?? ""
      throw arguments.error("\(name.rawValue) has no row\(which) of customer \(customer)")
    }
    return context.warn(of: measured.ledger.damage)
  }

  /// Which rows of a life's table are meant.
  private static func rows(of table: Table, _ id: String?, _ arguments: Arguments) throws -> [Int] {
    guard let id else { return Array(0..<table.rowCount) }
    return (0..<table.rowCount).filter { ExplainedCell.ids(table, $0).contains(id) }
  }

  private static func explain(
    _ cell: ExplainedCell, _ spec: ColumnSpec, _ explainer: LifeExplainer, _ format: TableText.Format, _ context: Context,
    ledger: String
  ) throws {
    let causes = explainer.causes { cell.text(in: $0[0]) }
    if format == .table {
      context.console.print("\(cell.title): \(cell.value ?? "NULL")\(spec.unit.isEmpty ? "" : " " + spec.unit)")
      context.console.print("  \(spec.meaning)")
      if !spec.formula.isEmpty { context.console.print("  = \(spec.formula)") }
      if !spec.seed.isEmpty { context.console.print("  claim \(spec.seed)") }
      context.console.print("")
    }
    context.console.print(cell.table(of: causes), as: format)
    if let position = causes.lazy.compactMap(\.position).first {
      context.console.say("`kept prove \(ledger) \(position)` proves that event \(position) is in the log.")
    }
  }
}
