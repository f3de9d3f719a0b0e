import KeptSnapshot

/// A question in SQL about the tables of a snapshot; `Query.md` says which part of the language there is.
///
///     let query = try Query("SELECT status, count(*) AS customers FROM customers GROUP BY status ORDER BY 2 DESC")
///     let table = try query.answer(from: tables)
///
/// Answers are DuckDB's. Only the columns a question names are read; everything is held in memory, and rows without ORDER BY
/// stand in the order of the tables, so that one question always has one answer.
public struct Query {
  /// A longer text is refused.
  public static let byteCountMax = Lexer.byteCountMax

  private let text: String
  private let select: SelectSyntax

  /// - Throws: `QueryError` where the text is no question of this language.
  public init(_ text: String) throws(QueryError) {
    self.text = text
    select = try Parser.parse(text)
  }

  /// - Throws: `QueryError` where names are not found, types do not go together or a value cannot be computed; what
  ///   reading the tables throws.
  package func answer(from tables: any QueryTables) throws -> Table {
    let relation = try Sources(tables).run(select)
    var schema = TableSchema(name: "answer", meaning: "the answer to: \(text)", columns: [])
    var data: [ColumnData] = []
    for (place, column) in relation.columns.enumerated() {
      let (type, values) = try relation.vector(.column(place)).column
      var spec = column.spec ?? ColumnSpec("", type)
      // Integers of 32 bits are computed with in 64.
      (spec.name, spec.type, spec.isNullable) = (column.name, type, true)
      schema.columns.append(spec)
      data.append(values)
    }
    Self.makeDistinct(&schema.columns)
    return Table(schema: schema, columns: data)
  }

  /// Two columns of one name could not be told apart in a file: the later are numbered.
  private static func makeDistinct(_ columns: inout [ColumnSpec]) {
    var known: Set<String> = []
    for index in columns.indices {
      var name = columns[index].name
      var number = 1
      while !known.insert(name.lowercased()).inserted {
        name = "\(columns[index].name)_\(number)"
        number += 1
      }
      columns[index].name = name
    }
  }
}
