import KeptFormat
import KeptSnapshot

/// A table as a figure reads it: by the names of its columns. A column that the snapshot does not have is NULL in every row.
struct ReportTable {
  let rowCount: Int
  private let columns: [String: ReportColumn]

  init(_ table: Table) {
    rowCount = table.rowCount
    columns = Dictionary(
      zip(table.schema.columns, table.columns).map { ($0.name, ReportColumn(type: $0.type, data: $1)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// No rows at all: the snapshot was made without this table.
  init() {
    rowCount = 0
    columns = [:]
  }

  subscript(column: String) -> ReportColumn { columns[column] ?? .missing }

  /// The rows in which each of these columns says this.
  func rows(where conditions: KeyValuePairs<String, String>) -> [Int] {
    let tests = conditions.map { self[$0.key].test(is: $0.value) }
    return (0..<rowCount).filter { row in tests.allSatisfy { $0(row) } }
  }

  /// The months that rows are of, the last `limit` of them, oldest first, each with its rows.
  func byMonth(_ rows: [Int], _ column: String = "period", last limit: Int = .max) -> [(month: CivilDate, rows: [Int])] {
    var months: [Int: [Int]] = [:]
    for row in rows {
      if let day = self[column].day(row) { months[day.dayNumber, default: []].append(row) }
    }
    return months.sorted { $0.key < $1.key }.suffix(limit).map { (CivilDate(dayNumber: $0.key), $0.value) }
  }

  /// The rows of each word of a column, the words sorted.
  func grouped(by column: String) -> [(word: String, rows: [Int])] {
    var groups: [String: [Int]] = [:]
    let words = self[column]
    for row in 0..<rowCount {
      if let word = words.text(row) { groups[word, default: []].append(row) }
    }
    return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The sum of a column over some rows.
  func sum(_ column: String, _ rows: [Int]) -> Int { rows.reduce(0) { $0 + self[column].count($1) } }

  func total(_ column: String, _ rows: [Int]) -> Double { rows.reduce(0) { $0 + (self[column].number($1) ?? 0) } }

  /// The different words of a column, sorted.
  func words(of column: String) -> [String] { self[column].words(rowCount: rowCount) }
}

struct ReportColumn {
  static let missing = ReportColumn(type: .string, data: nil)

  let type: ColumnType
  let data: ColumnData?

  /// nil where it is NULL or no text.
  func text(_ row: Int) -> String? {
    guard let data, case .string(let column) = data.values else { return nil }
    return column.string(row)
  }

  /// Any number as a Double; a decimal in its unit, not in millionths. nil where it is NULL, no number, or not finite.
  func number(_ row: Int) -> Double? {
    guard let data, !data.isNull(row) else { return nil }
    switch data.values {
    case .double(let values): return values[row].isFinite ? values[row] : nil
    case .int32(let values): return Double(values[row])
    case .int64(let values): return type == .decimal ? Double(values[row]) / 1_000_000 : Double(values[row])
    case .boolean, .string: return nil
    }
  }

  /// 0 where there is nothing to add; no count is so large that a sum of them could overflow.
  func count(_ row: Int) -> Int { number(row).map { Int(min(max(0, $0), 1e12)) } ?? 0 }

  func day(_ row: Int) -> CivilDate? {
    guard let data, !data.isNull(row), case .int32(let values) = data.values else { return nil }
    return CivilDate(dayNumber: Int(values[row]))
  }

  func flag(_ row: Int) -> Bool? {
    guard let data, !data.isNull(row), case .boolean(let values) = data.values else { return nil }
    return values[row]
  }

  /// Compares codes instead of strings.
  func test(is word: String) -> (Int) -> Bool {
    guard let data, case .string(let column) = data.values else { return { _ in false } }
    let bytes = Array(word.utf8)
    let codes = Set((0..<UInt32(column.dictionary.count)).filter { column.dictionary[$0].elementsEqual(bytes) })
    return { codes.contains(column.codes[$0]) }
  }

  func words(rowCount: Int) -> [String] {
    guard let data, case .string(let column) = data.values else { return [] }
    return Set(column.codes).filter { $0 != StringColumn.nullCode }.map(column.dictionary.string).sorted()
  }
}
