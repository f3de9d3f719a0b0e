import KeptFormat
import KeptSnapshot

/// What a figure is given: the columns it asked for, and where they come from.
struct ReportTables {
  let origin: Origin
  private let tables: [String: ReportTable]

  init(origin: Origin, _ tables: [Table]) {
    self.origin = origin
    self.tables = Dictionary(tables.map { ($0.schema.name, ReportTable($0)) }, uniquingKeysWith: { first, _ in first })
  }

  subscript(table: String) -> ReportTable { tables[table] ?? ReportTable() }

  /// What a column means, in the words of the snapshot's own `dictionary`.
  func definition(of column: String, in table: String) -> Definition? {
    let dictionary = self["dictionary"]
    guard let row = dictionary.rows(where: ["table_name": table, "column_name": column]).first else { return nil }
    func text(_ name: String) -> String? { dictionary[name].text(row).flatMap { $0.isEmpty ? nil : $0 } }
    return Definition(
      meaning: text("meaning") ?? "", formula: text("formula"), unit: text("unit"), seed: text("seed"),
      reason: text("reason"))
  }

  struct Definition {
    let meaning: String
    let formula: String?
    let unit: String?
    let seed: String?
    /// Why it is NULL in every row of this snapshot.
    let reason: String?
  }
}
