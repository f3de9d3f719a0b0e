import KeptQuery
import KeptSnapshot
import Testing

/// Small cases, exhaustively: three values of truth, NULLs, empty tables.
@Suite struct LogicTests {
  private static let truths = ["true", "false", "NULL"]

  /// Kleene's logic: NULL is either, and where that makes no difference the result is known.
  private static func expected(_ symbol: String, _ left: String, _ right: String) -> String {
    func possible(_ word: String) -> [Bool] { word == "NULL" ? [true, false] : [word == "true"] }
    let results = Set(possible(left).flatMap { a in possible(right).map { b in symbol == "AND" ? a && b : a || b } })
    return results.count == 1 ? String(results.first!) : ""
  }

  @Test(arguments: ["AND", "OR"])
  func `of a truth that is not known only what it cannot change is known`(symbol: String) throws {
    for left in Self.truths {
      for right in Self.truths {
        #expect(
          try answer("SELECT \(left) \(symbol) \(right)") == Self.expected(symbol, left, right), "\(left) \(symbol) \(right)")
      }
    }
  }

  @Test(arguments: ["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/"])
  func `what meets NULL is not known`(symbol: String) throws {
    for text in ["1 \(symbol) NULL", "NULL \(symbol) 1", "NULL \(symbol) NULL", "1.5 \(symbol) NULL", "1e0 \(symbol) NULL"] {
      #expect(try answer("SELECT \(text)") == "", "\(text)")
    }
  }

  @Test(arguments: [
    ("NULL IS NULL", "true"), ("1 IS NULL", "false"), ("1 IS NOT NULL", "true"), ("NULL IS DISTINCT FROM NULL", "false"),
    ("1 IS DISTINCT FROM NULL", "true"), ("1 IS NOT DISTINCT FROM 1", "true"), ("NULL IS TRUE", "false"),
    ("false IS NOT TRUE", "true"), ("NOT NULL", ""), ("1 IN (2, NULL)", ""), ("1 IN (1, NULL)", "true"),
    ("1 NOT IN (2, NULL)", ""),
    ("NULL IN (1)", ""), ("NULL IN (SELECT n FROM none)", "false"), ("1 NOT IN (SELECT n FROM none)", "true"),
    ("2 BETWEEN 1 AND NULL", ""), ("0 BETWEEN 1 AND NULL", "false"), ("coalesce(NULL, NULL, 3)", "3"),
    ("nullif(1, 1)", ""), ("nullif(1, 2)", "1"), ("greatest(1, NULL, 3)", "3"), ("least(NULL, NULL)", ""),
    ("CASE WHEN NULL THEN 1 ELSE 2 END", "2"), ("CASE NULL WHEN NULL THEN 1 ELSE 2 END", "2"),
    ("CASE WHEN false THEN 1 END", ""),
    ("concat('a', NULL, 'b')", "ab"), ("'a' || NULL", ""), ("NULL LIKE '%'", ""),
    ("-9223372036854775808", "-9223372036854775808"),
    ("(SELECT n FROM none)", ""), ("0.1 + 0.2 = 0.3", "true"), ("1 / 2", "0.5"), ("7 // 2", "3"), ("-7 % 3", "-1"),
    ("round(2.5)", "3"),
    ("round(-2.5)", "-3"), ("round(1234.5678, -2)", "1200"), ("CAST(2.5 AS BIGINT)", "3"), ("CAST(2.5e0 AS BIGINT)", "2"),
    ("TRY_CAST('x' AS BIGINT)", ""), ("'2024-03-31' = DATE '2024-03-31'", "true"),
    ("DATE '2024-01-31' + INTERVAL 1 MONTH", "2024-02-29T00:00:00.000000Z"),
    ("DATE '2024-03-01' - DATE '2024-02-01'", "29"), ("'a_c' LIKE 'a!_c' ESCAPE '!'", "true"),
    ("'abc' LIKE 'a!_c' ESCAPE '!'", "false"),
    ("'Straße' ILIKE 'STRASSE'", "false"), ("length('größe')", "5"), ("substr('hello', -3, 2)", "ll"),
    ("strpos('hello', 'l')", "3"),
  ])
  func `one value has one answer`(expression: String, expected: String) throws {
    #expect(try answer("SELECT \(expression)") == (expected == "" ? "" : expected), "\(expression)")
  }

  @Test func `of no rows a count is 0 and everything else NULL, but of no groups there is nothing`() throws {
    #expect(try answer("SELECT count(*), count(n), sum(n), avg(n), min(s), median(n), bool_or(n = 1) FROM none") == "0,0,,,,,")
    #expect(try answer("SELECT s, count(*) FROM none GROUP BY s") == "")
    #expect(try answer("SELECT count(*) FROM none HAVING count(*) > 0") == "")
  }

  @Test func `NULL is a group of its own, joins with nothing and comes last`() throws {
    #expect(try answer("SELECT s, count(*), sum(n) FROM t GROUP BY s ORDER BY s") == "a,1,|b,2,3|,1,2")
    #expect(try answer("SELECT s, count(*) FROM t GROUP BY s ORDER BY s DESC NULLS FIRST") == ",1|b,2|a,1")
    #expect(try answer("SELECT t.n, word FROM t JOIN u ON t.n = u.n") == "2,two|2,two")
    #expect(try answer("SELECT t.n, word FROM t LEFT JOIN u ON t.n = u.n") == "1,|2,two|,|2,two")
    #expect(try answer("SELECT n, word FROM t FULL JOIN u USING (n)") == "1,|2,two|,|2,two|3,three")
    #expect(try answer("SELECT a.n FROM t a JOIN t b ON a.n = b.n AND a.s = b.s") == "1|2")
  }

  @Test func `a branch that is not taken is not computed`() throws {
    #expect(try answer("SELECT CASE WHEN n = 2 THEN 10 // (n - 2 + 1) ELSE 10 // n END FROM u") == "10|3")
    #expect(try answer("SELECT CASE WHEN n <> 2 THEN 1 // (n - 2) END FROM u") == "|1")
  }

  @Test func `what a name means does not depend on where it is first found`() throws {
    #expect(try answer("SELECT n * 10 AS n FROM u WHERE n = 2") == "20")
    #expect(try answer("SELECT -n AS m FROM u ORDER BY m") == "-3|-2")
    #expect(try answer("SELECT n AS m FROM u WHERE m > 2") == "3")
    #expect(try answer("SELECT * FROM u a, u b WHERE a.n < b.n") == "2,two,3,three")
    let table = try Query("SELECT * FROM u a, u b").answer(from: SmallTables.small)
    #expect(table.schema.columns.map(\.name) == ["n", "word", "n_1", "word_1"])
  }

  @Test func `a text that stands twice in a column's dictionary is one text`() throws {
    let strings = StringColumn(dictionary: StringDictionary(["x", "x", "y"]), codes: [0, 1, 2])
    let schema = TableSchema(name: "d", meaning: "", columns: [ColumnSpec("s", .string)])
    let tables = SmallTables(Table(schema: schema, columns: [ColumnData(.string(strings))]))
    #expect(try answer("SELECT s, count(*) FROM d GROUP BY s", tables) == "x,2|y,1")
    #expect(try answer("SELECT count(*) FROM d WHERE s = 'x'", tables) == "2")
    #expect(try answer("SELECT count(DISTINCT s) FROM d", tables) == "2")
    #expect(try answer("SELECT count(*) FROM d a JOIN d b ON a.s = b.s", tables) == "5")
  }

  @Test func `a day no calendar has is an error, not a trap`() throws {
    let tables = SmallTables(SmallTables.table("d", [("day", .days([.max, 0]))]))
    #expect(
      try refusal("SELECT year(day) FROM d", tables)?.message == "the column day holds a day before the year 1 or after 9999")
  }
}
