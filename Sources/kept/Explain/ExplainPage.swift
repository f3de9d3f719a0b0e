import KeptFormat
import KeptMeasures
import KeptSnapshot

/// What `explain` prints: the definition of a cell, then the lives and touches that make it.
struct ExplainPage {
  private let rules: Rulebook
  /// What is printed before the rows of each cell, on a terminal.
  private var sections: [(heads: [String], rows: Rows)] = []
  /// Rows of all cells, for programs.
  private var all = Rows(Self.columns)
  /// Where the touches listed stand in the log, in order of the page.
  private(set) var positions: [Int64] = []
  private var pending: [[Cell]] = []

  private static let columns: [(String, ColumnType)] = [
    ("part", .string), ("customer", .string), ("position", .int64), ("said_at", .timestamp), ("kind", .string),
    ("touches", .int64), ("says", .string), ("without_it", .string), ("share", .string),
  ]

  init(rules: Rulebook) { self.rules = rules }

  var isEmpty: Bool { sections.isEmpty }

  /// What follows is about this cell.
  mutating func begin(_ cell: ExplainedCell) {
    let spec = cell.name.definition(of: cell.column, ids: cell.ids, rules: rules)!
    var heads = ["\(cell.title): \(cell.reading.text)\(spec.unit.isEmpty ? "" : " " + spec.unit)", "  \(spec.meaning)"]
    if !spec.formula.isEmpty { heads.append("  = \(spec.formula)") }
    for why in cell.name.keys.contains("rule") ? cell.ids.compactMap(rules.why) : [] { heads.append("  rule: \(why)") }
    if !spec.seed.isEmpty { heads.append("  claim \(spec.seed)") }
    sections.append((heads, Rows(Self.columns)))
  }

  mutating func note(_ sentence: String) { sections[sections.count - 1].heads.append("  \(sentence)") }

  /// - Parameters:
  ///   - name: a customer's or an account's; nil: events without a customer.
  ///   - alone: what the cell would say of this life alone.
  ///   - without: what it would say without this life, where that was asked.
  ///   - addsUp: what lives say alone comes to what the cell says.
  mutating func addLife(
    _ name: String?, touchCount: Int, alone: ExplainedCell.Reading?, without: String?, addsUp: Bool
  ) {
    append([
      .text("life"), .text(name ?? "(nobody's)"), .number(nil), .instant(nil), .text(nil), .number(Int64(touchCount)),
      .text(alone?.text), .text(without), .text(addsUp ? alone?.amount.map(Self.text) : nil),
    ])
  }

  /// - Parameter reading: what the cell says of the touch's life.
  mutating func add(_ cause: LifeExplainer.Cause<ExplainedCell.Reading>, of reading: ExplainedCell.Reading) {
    var share: Double?
    if let amount = reading.amount {
      // A row that would not be there counted for nothing, where it is a count or a sum.
      share = cause.without.map { other in other.amount.map { amount - $0 } } ?? (reading.exact == nil ? nil : amount)
    }
    append([
      .text("touch"), .text(nil), .number(cause.position), .instant(cause.time), .text(cause.kind),
      .number(Int64(cause.count)), .text(nil), .text(cause.without?.text), .text(share.map(Self.text)),
    ])
    if let position = cause.position { positions.append(position) }
  }

  /// Takes over the rows of another page.
  mutating func append(_ other: ExplainPage) {
    for row in other.pending { append(row) }
    positions += other.positions
  }

  private mutating func append(_ row: [Cell]) {
    guard !sections.isEmpty else {
      pending.append(row)
      return
    }
    sections[sections.count - 1].rows.append(row)
    all.append(row)
  }

  /// As short as it is exact, without an exponent where nobody would write one.
  private static func text(_ number: Double) -> String {
    let rounded = (number * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : "\(rounded)"
  }

  func print(as format: TableText.Format, to console: Console) {
    guard format == .table else { return console.print(all.table, as: format) }
    for (index, section) in sections.enumerated() {
      if index > 0 { console.print() }
      // Ids come from outside.
      for head in section.heads { console.print(TerminalText.visible(head)) }
      if section.rows.count == 0 { continue }
      console.print()
      let table = section.rows.table
      // Columns in which nothing stands would only push the others off the line.
      let used = table.schema.columns.indices.filter { place in
        (0..<table.rowCount).contains { !table.columns[place].isNull($0) }
      }
      let part = (spec: table.schema.columns[0], column: table.columns[0])
      let isOneLife = !(0..<table.rowCount).contains { TableText.value(part.spec, part.column, $0) == "life" }
      console.print(
        table.picking(columns: used.map { table.schema.columns[$0].name }.filter { !isOneLife || $0 != "part" }), as: .table)
    }
  }
}
