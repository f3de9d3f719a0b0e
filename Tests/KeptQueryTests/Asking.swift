import KeptQuery
import KeptSnapshot

/// Tables in memory to ask questions of.
struct SmallTables: QueryTables {
  private let tables: [Table]

  init(_ tables: Table...) { self.tables = tables }

  var names: [String] { tables.map(\.schema.name) }

  func table(named name: String) throws -> LazyTable? { tables.first { $0.schema.name == name }.map(LazyTable.init) }

  /// `t`: a whole number, a text and a truth, each with its NULL.
  static let small = SmallTables(
    table(
      "t", [("n", .integers([1, 2, nil, 2])), ("s", .texts(["b", nil, "a", "b"])), ("b", .truths([true, false, nil, nil]))]),
    table("u", [("n", .integers([2, 3])), ("word", .texts(["two", "three"]))]),
    table("none", [("n", .integers([])), ("s", .texts([]))]))

  enum Values {
    case integers([Int64?])
    case decimals([Int64?])
    case doubles([Double?])
    case texts([String?])
    case truths([Bool?])
    case days([Int32?])
  }

  static func table(_ name: String, _ columns: [(String, Values)]) -> Table {
    func collected<Value: FixedWidthValue>(_ values: [Value?]) -> ColumnData {
      var builder = ColumnBuilder<Value>()
      for value in values { builder.append(value) }
      return builder.finish()
    }
    var specs: [ColumnSpec] = []
    var data: [ColumnData] = []
    for (name, values) in columns {
      let type: ColumnType
      switch values {
      case .integers(let values): (type, data) = (.int64, data + [collected(values)])
      case .decimals(let values): (type, data) = (.decimal, data + [collected(values)])
      case .doubles(let values): (type, data) = (.double, data + [collected(values)])
      case .truths(let values): (type, data) = (.boolean, data + [collected(values)])
      case .days(let values): (type, data) = (.date, data + [collected(values)])
      case .texts(let values):
        var builder = StringColumnBuilder()
        for value in values { builder.append(value) }
        (type, data) = (.string, data + [builder.finish()])
      }
      specs.append(ColumnSpec(name, type, isNullable: true))
    }
    return Table(schema: TableSchema(name: name, meaning: "", columns: specs), columns: data)
  }
}

/// The answer as CSV without header, lines separated by a bar.
func answer(_ question: String, _ tables: SmallTables = .small) throws -> String {
  let table = try Query(question).answer(from: tables)
  return TableText.string(table, as: .csv).split(separator: "\r\n", omittingEmptySubsequences: false).dropFirst().dropLast()
    .joined(separator: "|")
}

/// The error instead of an answer, as it is told.
func refusal(_ question: String, _ tables: SmallTables = .small) throws -> QueryError? {
  do {
    _ = try Query(question).answer(from: tables)
    return nil
  } catch let error as QueryError {
    return error
  }
}
