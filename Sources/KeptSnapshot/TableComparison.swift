/// What differs between two tables whose rows are told apart by key columns: cells, rows and columns.
///
/// Rows are matched by hashes of their keys, columns are fetched and compared one after the other: a table of millions of
/// rows takes seconds, and memory for the keys and one column of both.
package struct TableComparison {
  package let old: LazyTable
  package let new: LazyTable
  package let match: RowMatch
  /// Columns that only one of the two has, or that changed their type.
  package let columnsGone: [String]
  package let columnsNew: [String]
  private let keys: [String]
  /// Places of the columns in both that are no keys.
  private let shared: [(old: Int, new: Int)]
  private let oldKeys: [ColumnData]
  private let newKeys: [ColumnData]

  package struct Counts: Equatable, Sendable {
    package var rowsSame = 0
    package var rowsChanged = 0
    package var rowsNew = 0
    package var rowsGone = 0
    /// Of rows in both.
    package var cells = 0

    package init() {}
  }

  /// A cell of a row that both tables have.
  package struct Cell {
    package let column: ColumnSpec
    package let oldRow: Int
    package let newRow: Int
    fileprivate let pair: ColumnPair

    package var oldText: String? { TableText.value(column, pair.old, oldRow) }
    package var newText: String? { TableText.value(column, pair.new, newRow) }
  }

  /// - Parameter keys: columns that one of the tables lacks are not looked at.
  package init(_ old: LazyTable, _ new: LazyTable, keys: [String]) throws {
    self.old = old
    self.new = new
    func type(_ table: LazyTable, _ name: String) -> ColumnType? { table.place(name).map { table.schema.columns[$0].type } }
    func isShared(_ name: String) -> Bool { type(old, name) != nil && type(old, name) == type(new, name) }
    self.keys = keys.filter(isShared)
    columnsGone = old.schema.columns.map(\.name).filter { !isShared($0) }
    columnsNew = new.schema.columns.map(\.name).filter { !isShared($0) }
    let known = Set(self.keys)
    shared = new.schema.columns.indices.compactMap { place in
      let name = new.schema.columns[place].name
      return isShared(name) && !known.contains(name) ? (old.place(name)!, place) : nil
    }
    let oldKeys = try self.keys.map { try old.column($0)! }
    let newKeys = try self.keys.map { try new.column($0)! }
    (self.oldKeys, self.newKeys) = (oldKeys, newKeys)
    let pairs = zip(oldKeys, newKeys).compactMap { ColumnPair($0, $1) }
    match = RowMatch(
      RowHashes.hashes(oldKeys, rowCount: old.rowCount), RowHashes.hashes(newKeys, rowCount: new.rowCount)
    ) { oldRow, newRow in pairs.allSatisfy { $0.isEqual(oldRow, newRow) } }
  }

  /// How many columns of both are compared.
  package var columnCount: Int { shared.count }

  /// Counts what differs.
  ///
  /// - Parameters:
  ///   - isCounted: which old and which new rows count; nil: all. A pair counts where its old row does.
  ///   - visitor: asked for each column what to do with the cells that differ; what it gives says whether it wants more.
  package func counts(
    of isCounted: (old: [Bool], new: [Bool])? = nil, visitor: (ColumnSpec) -> ((Cell) -> Bool)? = { _ in nil }
  ) throws -> Counts {
    var counts = Counts()
    var isChanged = [Bool](repeating: false, count: match.oldRows.count)
    for places in shared {
      guard let pair = ColumnPair(try old.column(places.old), try new.column(places.new)) else { continue }
      let column = new.schema.columns[places.new]
      var visit = visitor(column)
      pair.forEachDifference(match) { index in
        let oldRow = match.oldRows[index]
        if let isCounted, !isCounted.old[oldRow] { return }
        isChanged[index] = true
        counts.cells += 1
        if visit?(Cell(column: column, oldRow: oldRow, newRow: match.newRows[index], pair: pair)) == false { visit = nil }
      }
    }
    counts.rowsChanged = isChanged.count { $0 }
    let pairCount = isCounted.map { rows in match.oldRows.count { rows.old[$0] } } ?? match.oldRows.count
    counts.rowsSame = pairCount - counts.rowsChanged
    counts.rowsGone = isCounted.map { rows in match.gone.count { rows.old[$0] } } ?? match.gone.count
    counts.rowsNew = isCounted.map { rows in match.new.count { rows.new[$0] } } ?? match.new.count
    return counts
  }

  /// `customer=C-1003, list=they`.
  package func key(oldRow row: Int) -> String { key(old, oldKeys, row) }
  package func key(newRow row: Int) -> String { key(new, newKeys, row) }

  private func key(_ table: LazyTable, _ columns: [ColumnData], _ row: Int) -> String {
    zip(keys, columns).map { name, column in
      "\(name)=\(TableText.value(table.schema.columns[table.place(name)!], column, row) ?? "")"
    }.joined(separator: ", ")
  }
}
