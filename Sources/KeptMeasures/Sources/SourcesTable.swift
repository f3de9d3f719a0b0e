import KeptFormat
import KeptSnapshot

/// What each source sent, day by day. Metrics 3.01; counted by `SourcesFold`.
enum SourcesTable {
  static let schema = TableSchema(
    name: "sources", meaning: "source × local day",
    columns: [
      ColumnSpec("source", .string, meaning: "where events came from"),
      ColumnSpec(
        "day", .date, meaning: "local day on which they occurred; of what was left out: on which the import ended"),
      ColumnSpec("events", .int64, meaning: "events of the ledger that occurred then", formula: "|{its events of the day}|"),
      ColumnSpec("first_at", .timestamp, isNullable: true, meaning: "the first of them", formula: "min time"),
      ColumnSpec("last_at", .timestamp, isNullable: true, meaning: "the last of them", formula: "max time"),
      ColumnSpec(
        "late", .int64,
        meaning: "of them, recorded more than a day after they occurred, once the first import had finished",
        formula: "recorded − time > 24 h", highIsGood: false),
      ColumnSpec("duplicates", .int64, meaning: "lines that were already there", formula: tally("duplicates")),
      ColumnSpec(
        "conflicts", .int64, meaning: "lines with other content under a known identity", formula: tally("conflicts"),
        highIsGood: false),
      ColumnSpec(
        "rejected", .int64, meaning: "lines that were no events", formula: tally("rejected"), highIsGood: false),
    ])

  private static func tally(_ word: String) -> String { "Σ \(word) of import.finished" }

  static func make(_ fold: SourcesFold) -> Table {
    var source = StringColumnBuilder()
    var day = ColumnBuilder<Int32>()
    var times = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var counts = (0..<5).map { _ in ColumnBuilder<Int64>() }
    let rows = fold.days.sorted { a, b in
      if a.key.source.utf8.elementsEqual(b.key.source.utf8) { return a.key.day < b.key.day }
      return a.key.source.utf8.lexicographicallyPrecedes(b.key.source.utf8)
    }
    for (key, row) in rows {
      source.append(key.source)
      day.append(key.day)
      counts[0].append(row.events)
      times[0].append(row.events == 0 ? nil : row.firstAt)
      times[1].append(row.events == 0 ? nil : row.lastAt)
      counts[1].append(row.late(after: fold.firstImportAt))
      counts[2].append(row.duplicates)
      counts[3].append(row.conflicts)
      counts[4].append(row.rejected)
    }
    return Table(
      schema: schema,
      columns: [source.finish(), day.finish(), counts[0].finish(), times[0].finish(), times[1].finish()]
        + counts[1...].map { $0.finish() })
  }
}
