import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// `kept explain`: from a number to its definition, to the lives and touches that made it, to proofs of those touches.
enum ExplainCommand {
  static let description = CommandDescription(
    name: "explain",
    summary: "why a number is what it is: its rule, and the touches that made it",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("table", "NAME", "the cell's table (customers)"),
      OptionDescription("column", "NAME", "the cell's column; without it, a customer's life touch by touch"),
      OptionDescription(
        "row", "ID", "the cell's row: what it says in one of its key columns; as often as it takes to mean one row",
        isRepeatable: true),
      OptionDescription("measure", "NAME", "the same as --table measures --column value --row NAME"),
      OptionDescription("customer", "ID", "only what this customer's life has to do with it; c17 is customer 17"),
      OptionDescription("limit", "N", "so many customers, and so many touches of each (5; with --customer all)"),
      OptionDescription("proofs", "DIR", "writes a proof of every touch listed, for `kept prove --check`"),
    ] + selectionOptions + [
      RulesInForce.option,
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all)"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table)"),
    ],
    notes: """
      A cell that many lives make is computed again from each life alone: listed is what it would say of this customer
      alone, and what that adds to the number, of a ratio to its numerator. Where the parts do not add up, as those of a
      median do not, it is computed again without each customer listed.
      A cell of one life is computed again without each touch in turn: listed are those without which it would say
      something else, and what it would say then. Where several touches only together make a difference they are one row
      without a position. Without --column: every touch that a rule gave points, and how both sides stood right after it.
      """,
    examples: [
      "kept explain shop --customer C-1003",
      "kept explain shop --customer C-1003 --column we_index",
      "kept explain shop --customer C-1003 --table promises --column state",
      "kept explain shop --measure promises_on_time --row firm --row 2024-02-01",
      "kept explain shop --table signals --column touches --row left-in-dark --row 2024-02-01 --proofs proofs",
    ],
    run: run)

  private static let timeline = [
    "said_at", "kind", "rule", "list", "points", "we_after", "they_after", "why", "seed", "position",
  ]

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let customer = arguments.value("customer")
    guard let asked = try AskedCell(arguments) else {
      guard let customer else { throw arguments.error("which number? --column NAME, or --customer ID for a whole life") }
      for option in ["table", "row", "limit", "proofs"] where arguments.has(option) {
        throw arguments.error("--\(option) says nothing without --column")
      }
      let measured = try MeasuredTables(arguments, tables: [.touches], customers: [customer], context)
      for table in try measured.make(context.progress) {
        context.console.print(table.picking(columns: timeline), as: format)
      }
      return context.warn(of: measured.ledger.damage)
    }
    let measured = try MeasuredTables(
      arguments, tables: [asked.table], customers: customer.map { [$0] } ?? [], context)
    let limit = try arguments.integer("limit", atLeast: 1)
    let page =
      try customer == nil
      ? CrossLifeExplanation(asked, measured, limit: limit ?? 5, arguments, context).page()
      : lifePage(asked, measured, limit: limit ?? .max, arguments, customer!)
    page.print(as: format, to: context.console)
    if let folder = arguments.value("proofs") {
      try writeProofs(of: page.positions, measured, folder, context)
    } else if let position = page.positions.first {
      context.console.say("`kept prove \(arguments.positionals[0]) \(position)` proves that event \(position) is in the log.")
    }
    return context.warn(of: measured.ledger.damage)
  }

  /// What one customer's life has to do with a cell, touch by touch.
  private static func lifePage(
    _ asked: AskedCell, _ measured: MeasuredTables, limit: Int, _ arguments: Arguments, _ customer: String
  ) throws -> ExplainPage {
    var page = ExplainPage(rules: measured.rulebook)
    for explainer in try measured.explainers() {
      guard let table = explainer.tables().first else { continue }
      for row in asked.rows(of: table) {
        let cell = ExplainedCell(asked.table, table, row: row, column: asked.column)
        page.begin(cell)
        for cause in explainer.causes(of: { cell.read(in: $0[0]) }).prefix(limit) { page.add(cause, of: cell.reading) }
      }
    }
    guard !page.isEmpty else {
      throw arguments.error("\(asked.table.rawValue) has no row\(asked.rowSentence) of customer \(customer)")
    }
    return page
  }

  private static func writeProofs(
    of positions: [Int64], _ measured: MeasuredTables, _ folder: String, _ context: Context
  ) throws {
    let ledger = measured.ledger
    let checkpoint = ledger.checkpoint()
    let disk = PosixDisk()
    if try !disk.exists(folder) { try disk.makeFolder(folder, permissions: 0o755) }
    try disk.replaceFile("\(folder)/checkpoint", with: Array(checkpoint.text.utf8), permissions: 0o644)
    for position in Set(positions) {
      let proof = try ledger.inclusionProof(of: UInt64(position), in: checkpoint)
      try disk.replaceFile("\(folder)/\(position).tlog-proof", with: Array(proof.text.utf8), permissions: 0o644)
    }
    context.console.say(
      "\(folder): proofs of \(grouped(Set(positions).count)) events; check each against a checkpoint that you kept, or its "
        + "own: kept prove --check \(folder)/POSITION.tlog-proof \(folder)/checkpoint")
  }
}

/// Which cell was meant: its row may still be anybody's.
struct AskedCell {
  let table: TableName
  let column: String
  /// Each must stand in one of the row's key columns.
  let row: [String]

  /// nil: no column was named.
  init?(_ arguments: Arguments) throws {
    if let measure = arguments.value("measure") {
      for option in ["table", "column"] where arguments.has(option) {
        throw arguments.error("--measure and --\(option) both name the column")
      }
      let known = Rulebook.standard.measureNames
      guard known.contains(measure) else {
        let near = nearest(to: measure, among: known).map { ": did you mean \($0)?" }
          ?? ": `kept replay LEDGER --table dictionary` lists them under measures, months, channels and departments"
        throw arguments.error("there is no measure \(measure)\(near)")
      }
      (table, column, row) = (.measures, "value", [measure] + arguments.all("row"))
      return
    }
    guard let column = arguments.value("column") else { return nil }
    table = try arguments.tables([arguments.value("table") ?? TableName.customers.rawValue]).first!
    guard table.schema.columns.contains(where: { $0.name == column }) else {
      let near = nearest(to: column, among: table.schema.columns.map(\.name)).map { ": did you mean \($0)?" } ?? ""
      throw arguments.error("\(table.rawValue) has no column \(column)\(near)")
    }
    self.column = column
    row = arguments.all("row")
  }

  func rows(of table: Table) -> [Int] {
    guard !row.isEmpty else { return Array(0..<table.rowCount) }
    return (0..<table.rowCount).filter { place in
      let ids = ExplainedCell.ids(self.table, table, place)
      return row.allSatisfy(ids.contains)
    }
  }

  /// The words given, for an error.
  var rowSentence: String { row.isEmpty ? "" : " named \(row.joined(separator: " "))" }
}
