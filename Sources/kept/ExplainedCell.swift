import KeptFormat
import KeptMeasures
import KeptSnapshot

/// One cell of a table that a life makes: found again in the tables of the same life without some touches.
struct ExplainedCell {
  let title: String
  let value: String?
  private let column: String
  /// What the row says in its columns of text: the same row is the one with the same ids.
  private let ids: [String]

  init(_ table: Table, row: Int, column: String) {
    self.column = column
    ids = Self.ids(table, row)
    value = Self.text(table, row, column)
    title = "\(table.schema.name).\(column) of \(ids.joined(separator: " "))"
  }

  /// The ids that a row is told by: its leading columns of text.
  static func ids(_ table: Table, _ row: Int) -> [String] {
    let count = table.schema.name == TableName.customers.rawValue ? 1 : 3
    return table.schema.columns.prefix(count).enumerated().compactMap { place, spec in
      guard spec.type == .string, case .string(let strings) = table.columns[place].values else { return nil }
      return strings.bytes(row).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// What the cell says in a table of the same life; nil where its row is not there.
  func text(in table: Table) -> String? {
    (0..<table.rowCount).first { Self.ids(table, $0) == ids }.map { Self.text(table, $0, column) ?? "NULL" }
  }

  private static func text(_ table: Table, _ row: Int, _ column: String) -> String? {
    let cell = table.picking(columns: [column], rows: [row])
    if cell.columns[0].isNull(0) { return nil }
    let lines = TableText.string(cell, as: .csv).split(omittingEmptySubsequences: false) { $0.isNewline }
    return String(lines[1])
  }

  private static let schema = TableSchema(
    name: "causes", meaning: "a touch without which the cell would say something else",
    columns: [
      ColumnSpec("position", .int64, isNullable: true, meaning: "where it stands in the log; NULL: several"),
      ColumnSpec("said_at", .timestamp, meaning: "when it was"),
      ColumnSpec("kind", .string, meaning: "its kind"), ColumnSpec("touches", .int64, meaning: "how many"),
      ColumnSpec("without_it", .string, isNullable: true, meaning: "what the cell would say; NULL: no such row"),
      ColumnSpec("share", .double, isNullable: true, meaning: "what it adds to a number"),
    ])

  func table(of causes: [LifeExplainer.Cause]) -> Table {
    var positions = ColumnBuilder<Int64>()
    var times = ColumnBuilder<Int64>()
    var kinds = StringColumnBuilder()
    var counts = ColumnBuilder<Int64>()
    var without = StringColumnBuilder()
    var shares = ColumnBuilder<Double>()
    for cause in causes {
      positions.append(cause.position)
      times.append(cause.time)
      kinds.append(cause.kind)
      counts.append(Int64(cause.count))
      without.append(cause.without)
      let other = cause.without.flatMap(Double.init)
      shares.append(value.flatMap(Double.init).flatMap { value in other.map { value - $0 } })
    }
    return Table(
      schema: Self.schema,
      columns: [
        positions.finish(), times.finish(), kinds.finish(), counts.finish(), without.finish(), shares.finish(),
      ])
  }
}
