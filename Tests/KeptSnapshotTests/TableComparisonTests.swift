import Testing

@testable import KeptSnapshot

@Suite struct TableComparisonTests {
  /// A row for each key and value.
  private func table(_ rows: [(String?, Double?)], extra: String? = nil) -> LazyTable {
    var keys = StringColumnBuilder()
    var values = ColumnBuilder<Double>()
    for (key, value) in rows {
      keys.append(key)
      values.append(value)
    }
    var columns = [ColumnSpec("k", .string, isNullable: true), ColumnSpec("v", .double, isNullable: true)]
    var data = [keys.finish(), values.finish()]
    if let extra {
      columns.append(ColumnSpec(extra, .double, isNullable: true))
      data.append(data[1])
    }
    return LazyTable(Table(schema: TableSchema(name: "t", meaning: "", columns: columns), columns: data))
  }

  /// `k: old → new` of every cell that differs, and the rows that went and came.
  private func differences(
    _ old: [(String?, Double?)], _ new: [(String?, Double?)]
  ) throws -> (cells: [String], gone: [Int], new: [Int]) {
    let comparison = try TableComparison(table(old), table(new), keys: ["k"])
    var cells: [String] = []
    _ = try comparison.counts { _ in
      { cell in
        cells.append("\(comparison.key(newRow: cell.newRow)): \(cell.oldText ?? "-") → \(cell.newText ?? "-")")
        return true
      }
    }
    return (cells, comparison.match.gone, comparison.match.new)
  }

  @Test func `rows are matched by key wherever they stand; cells, and rows that came and went, are told`() throws {
    let found = try differences(
      [("a", 1), ("b", 2), ("c", 3), (nil, 4)], [("a", 1), (nil, 5), ("d", 2), ("c", 3.5), ("é", 2)])
    #expect(found.cells == ["k=: 4 → 5", "k=c: 3 → 3.5"])
    #expect(found.gone == [1])
    #expect(found.new == [2, 4])
  }

  @Test func `values are equal where their bits are, and NULL equals NULL alone`() throws {
    let found = try differences(
      [("a", .nan), ("b", 0), ("c", nil), ("d", nil), ("e", 0.1 + 0.2)],
      [("a", .nan), ("b", -0.0), ("c", nil), ("d", 0), ("e", 0.3)])
    #expect(found.cells == ["k=b: 0 → -0", "k=d: - → 0", "k=e: 0.30000000000000004 → 0.3"])
  }

  @Test func `of rows with one key the first is that of the first`() throws {
    let found = try differences([("a", 1), ("a", 2), ("b", 3), ("a", 4)], [("b", 3), ("a", 1), ("a", 9)])
    #expect(found.cells == ["k=a: 2 → 9"])
    #expect(found.gone == [3])
    #expect(found.new == [])
  }

  @Test func `columns that came or went are named, and only rows that are asked for are counted`() throws {
    let rows: [(String?, Double?)] = [("a", 1), ("b", 2), ("c", 3)]
    let comparison = try TableComparison(
      table(rows, extra: "x"), table([("a", 9), ("b", 9), ("d", 3), ("e", 3)], extra: "y"), keys: ["k"])
    #expect(comparison.columnsGone == ["x"] && comparison.columnsNew == ["y"] && comparison.columnCount == 1)
    let counts = try comparison.counts(of: (old: [false, true, true], new: [true, true, true, false]))
    var expected = TableComparison.Counts()
    expected.rowsChanged = 1
    expected.rowsGone = 1
    expected.rowsNew = 1
    expected.cells = 1
    #expect(counts == expected)
  }

  @Test func `a comparison of many shuffled rows is that of a look-up in a dictionary`() throws {
    var random = SystemRandomNumberGenerator()
    let old: [(String?, Double?)] = (0..<500).map { ("k\($0)", Double($0)) }.shuffled(using: &random)
    let new: [(String?, Double?)] = (100..<600).map { ("k\($0)", Double($0 % 7 == 0 ? -$0 : $0)) }.shuffled(using: &random)
    let found = try differences(old, new)
    #expect(Set(found.gone.map { old[$0].0 }) == Set((0..<100).map { "k\($0)" }))
    #expect(Set(found.new.map { new[$0].0 }) == Set((500..<600).map { "k\($0)" }))
    #expect(Set(found.cells) == Set((100..<500).filter { $0 % 7 == 0 }.map { "k=k\($0): \($0) → -\($0)" }))
  }
}
