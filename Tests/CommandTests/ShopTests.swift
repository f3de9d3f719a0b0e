import Foundation
import KeptFormat
import KeptSnapshot
import Testing

/// The made-up shop of Fixtures/shop, all two and a half years of it: is there anything of which it says nothing?
@Suite struct ShopTests {
  @Test func `every column of every table has a value somewhere in the shop, and so have every measure and claim`() throws {
    let place = try Self.shop()
    let tables = try Self.tables(place)
    #expect(tables.filter { $0.rowCount == 0 }.map(\.schema.name) == [])
    // Where nothing is missing there is no reason for it.
    let reasons = ["benchmarks.reason", "dictionary.reason", "incidence.reason", "survival.reason"]
    #expect(Self.emptyColumns(tables.filter { !Self.isByAgent($0) }) == reasons)

    let measures = try #require(tables.first { $0.schema.name == "measures" })
    let names = measures.texts("measure"), values = measures.columns[measures.place("value")]
    let valued = Set(names.indices.filter { !values.isNull($0) }.map { names[$0] })
    #expect(Set(names).subtracting(valued).sorted() == [])

    let claims = try #require(tables.first { $0.schema.name == "claims" })
    let seeds = claims.texts("seed"), found = claims.columns[claims.place("value")]
    #expect(seeds.indices.filter(found.isNull).map { seeds[$0] } == [])
  }

  /// An agent's months are shown from 20 touches of a measure on. A small shop has few of those, so the rulebook here
  /// shows them from one on.
  @Test func `every measure has a value by agent, too, where few touches are enough`() throws {
    let place = try Self.shop()
    try #require(
      place.shell(#"kept rulebook | sed 's/"agent_touches_min": 20/"agent_touches_min": 1/' > few.json"#).status == 0)
    let byAgent = try Self.tables(place, "--tables", "agents", rulebook: "few.json")
    #expect(byAgent.map(\.schema.name) == ["agents"])
    #expect(Self.emptyColumns(byAgent) == [])
  }

  /// Fixtures/shop/README.md has tables of `column`, value and arithmetic under headings that name a table and a row.
  @Test func `the numbers worked out by hand are those of the snapshot, and none is left out`() throws {
    let tables = try Self.tables(Self.shop())
    let rows = try Self.workedRows()
    #expect(Set(rows.map(\.table)) == ["customers", "orders", "returns", "cases", "calls", "promises"])
    for worked in rows {
      let table = try #require(tables.first { $0.schema.name == worked.table })
      let found = table.texts(worked.key).indices.filter { table.texts(worked.key)[$0] == worked.of }
      try #require(found.count == 1, "\(worked.table) of \(worked.of)")
      #expect(worked.values.map(\.column) == table.schema.columns.map(\.name), "\(worked.table) of \(worked.of)")
      for (column, value) in worked.values where table.schema.columns.contains(where: { $0.name == column }) {
        let text = table.text(column, row: found[0])
        #expect(Self.says(value, text), "\(worked.table).\(column) of \(worked.of): the page says \(value), not \(text)")
      }
    }
  }

  @Test(.enabled(if: BenchTests.python != nil, "KEPT_PYTHON names no Python; Scripts/test does"))
  func `the years of the shop are what their script writes`() throws {
    let place = try Workplace()
    let run = try place.shell("'\(BenchTests.python!)' Fixtures/shop/make_years.py years.jsonl")
    #expect(run.status == 0, "\(run.talk)")
    #expect(try place.read("years.jsonl") == place.read("Fixtures/shop/years.jsonl"))
  }

  private static func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    let run = try place.kept("import", "shop", "Fixtures/shop/years.jsonl", "Fixtures/shop/events.jsonl")
    try #require(run.status == 0, "\(run.talk)")
    return place
  }

  /// The tables of a new snapshot, by name; benchmarks are the shop's own.
  private static func tables(
    _ place: Workplace, _ words: String..., rulebook: String = "Fixtures/shop/rulebook.json"
  ) throws -> [Table] {
    try #require(place.kept(["rebuild", "shop", "--rulebook", rulebook] + words).status == 0)
    return try place.shell("ls shop/snapshots/latest/*.parquet").lines.map { file in
      try ParquetReader([UInt8](Data(contentsOf: URL(fileURLWithPath: place.path + "/" + file)))).table()
    }
  }

  private static func isByAgent(_ table: Table) -> Bool { table.schema.name == "agents" }

  /// `table.column` of those that are NULL in every row, in alphabetical order.
  private static func emptyColumns(_ tables: [Table]) -> [String] {
    tables.flatMap { table in
      zip(table.schema.columns, table.columns).filter { _, column in
        (0..<table.rowCount).allSatisfy(column.isNull)
      }.map { spec, _ in "\(table.schema.name).\(spec.name)" }
    }.sorted()
  }

  private struct WorkedRow {
    var table: String
    /// The column that finds the row, and what it says there.
    var key: String
    var of: String
    var values: [(column: String, value: String)]
  }

  private static func workedRows() throws -> [WorkedRow] {
    let page = try String(contentsOfFile: Workplace.repository + "/Fixtures/shop/README.md", encoding: .utf8)
    var rows: [WorkedRow] = []
    for line in page.split(separator: "\n") {
      if let heading = line.wholeMatch(of: /### `(\w+)` of `(\w+)` (\S+)/) {
        rows.append(WorkedRow(table: String(heading.1), key: String(heading.2), of: String(heading.3), values: []))
      } else if !rows.isEmpty, let cell = line.firstMatch(of: /^\| `(\w+)` \| ([^|]+) \|/) {
        rows[rows.count - 1].values.append((String(cell.1), cell.2.trimmingCharacters(in: .whitespaces)))
      }
    }
    return rows
  }

  /// Whether a value is what the page says, to as many decimals as the page gives.
  private static func says(_ page: String, _ value: String) -> Bool {
    if page == value { return true }
    guard let rounded = Double(page), let exact = Double(value), let point = page.firstIndex(of: ".") else { return false }
    let decimals = page.distance(from: point, to: page.endIndex) - 1
    return abs(rounded - exact) <= 0.5001 * pow(10, -Double(decimals))
  }
}

extension Table {
  fileprivate func place(_ column: String) -> Int { schema.columns.firstIndex { $0.name == column }! }

  fileprivate func texts(_ column: String) -> [String] { (0..<rowCount).map { text(column, row: $0) } }

  /// As a page says it: minutes suffice for times, and NULL is a word.
  fileprivate func text(_ column: String, row: Int) -> String {
    let place = place(column)
    if columns[place].isNull(row) { return "NULL" }
    switch (schema.columns[place].type, columns[place].values) {
    case (.timestamp, .int64(let values)): return RFC3339.string(values[row]).replacing(":00.000000Z", with: "Z")
    case (.decimal, .int64(let values)): return "\(Double(values[row]) / 1_000_000)".replacing(/\.0$/, with: "")
    case (.date, .int32(let values)): return String(RFC3339.string(Int64(values[row]) * 86_400_000_000).prefix(10))
    case (_, .int64(let values)): return "\(values[row])"
    case (_, .int32(let values)): return "\(values[row])"
    case (_, .double(let values)): return "\(values[row])".replacing(/\.0$/, with: "")
    case (_, .boolean(let values)): return "\(values[row])"
    case (_, .string(let values)): return values.string(row) ?? "NULL"
    }
  }
}
