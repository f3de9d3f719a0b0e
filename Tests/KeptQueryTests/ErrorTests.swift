import Testing

@testable import KeptQuery

/// What is not a question, or not one for this language, and at which words.
@Suite struct ErrorTests {
  @Test(arguments: [
    ("SELECT", "the question ends where a value was expected"),
    ("SELEC n FROM t", "SELEC stands where SELECT was expected"),
    ("SELECT n FROM", "the question ends where a name was expected"),
    ("SELECT n FROM t WHERE", "the question ends where a value was expected"),
    ("SELECT n FROM t n = 1", "= stands where the end of the question was expected"),
    ("SELECT (n FROM t", "FROM stands where \")\" was expected"),
    ("SELECT n FROM t JOIN u", "the question ends where ON or USING was expected"),
    ("SELECT 'open FROM t", "a quote that is never closed"),
    ("SELECT 12abc", "\"12abc\" is neither a number nor a name"),
    ("SELECT n # 1 FROM t", "\"#\" is no word of a question"),
    ("SELECT 1 /* x", "a comment that never ends"),
    ("SELECT CASE n END FROM t", "END stands where WHEN was expected"),
    ("SELECT x FROM t", "there is no column x"),
    ("SELECT u.n FROM t", "there is no table u here"),
    ("SELECT n FROM v", "there is no table v"),
    ("SELECT n FROM t JOIN u ON t.n = u.n", "n could be a column of several tables"),
    ("SELECT n + s FROM t", "a number is needed, this is VARCHAR"),
    ("SELECT n = s FROM t", "BIGINT and VARCHAR do not go together"),
    ("SELECT n FROM t WHERE n", "a condition is needed, this is BIGINT"),
    ("SELECT n FROM t WHERE sum(n) > 1", "an aggregate cannot stand here"),
    ("SELECT sum(sum(n)) FROM t", "an aggregate cannot stand here"),
    ("SELECT n, count(*) FROM t", "n has many values in a group"),
    ("SELECT n FROM t GROUP BY 2", "SELECT has no expression 2"),
    ("SELECT n FROM t ORDER BY 0", "SELECT has no expression 0"),
    ("SELECT lag(n) OVER () FROM t WHERE row_number() OVER () = 1", "a window function cannot stand here"),
    ("SELECT row_number(n) OVER () FROM t", "row_number does not take 1 values"),
    ("SELECT round(1, 2, 3)", "round takes 1 to 2 values, not 3"),
    ("SELECT sume(n) FROM t", "there is no function sume"),
    ("SELECT abs(DISTINCT n) FROM t", "abs is no aggregate"),
    ("SELECT (SELECT n FROM t)", "4 rows where one value is meant"),
    ("SELECT (SELECT n, s FROM t LIMIT 1)", "2 columns where one is compared"),
    ("SELECT DATE '2023-02-29'", "'2023-02-29' is no DATE"),
    ("SELECT INTERVAL '3 fortnights'", "'3 fortnights' is no INTERVAL"),
    ("SELECT CAST('x' AS BIGINT)", "'x' is no BIGINT"),
    ("SELECT CAST(n AS COLOUR) FROM t", "COLOUR is no type known here"),
    ("SELECT CAST(DATE '2024-01-01' AS BIGINT)", "DATE cannot become BIGINT"),
    ("SELECT 9223372036854775807 + 1", "a number beyond 64 bits"),
    ("SELECT 99999999999999999999", "99999999999999999999 does not fit into 64 bits"),
    ("SELECT 999999999999.0 * 10", "a decimal of more than 18 digits"),
    ("SELECT sum(x) FROM (SELECT 9223372036854775807 AS x FROM t)", "a sum beyond 64 bits"),
    ("SELECT 1 // 0", "a division by zero"),
    ("SELECT 1.5 // 2", "// divides whole numbers"),
    ("SELECT DATE '9999-12-31' + 1", "a day before the year 1 or after 9999"),
    ("SELECT DATE '2024-01-01' + INTERVAL '9000 years'", "a day before the year 1 or after 9999"),
    ("SELECT make_date(2024, 2, 30)", "there is no day 2024-2-30"),
    ("SELECT quantile_cont(n, 2) FROM t", "a share from 0 to 1 is needed"),
    ("SELECT n AS m, m AS k, k + j AS j FROM t", "j is made of itself"),
    ("SELECT DISTINCT s FROM t ORDER BY n", "with DISTINCT rows are ordered by what is selected"),
    ("", "an empty question"),
  ])
  func `a mistake is told in words`(question: String, message: String) throws {
    #expect(try refusal(question)?.message == message)
  }

  @Test func `the words of a mistake are marked, in their line`() throws {
    let question = "SELECT n,\n\tmisspelt + 1\nFROM t"
    let error = try #require(try refusal(question))
    #expect(error.page(of: question) == "line 2, column 2: there is no column misspelt\n  \tmisspelt + 1\n  \t^^^^^^^^")
    let umlaut = "SELECT 'ä', größe FROM t"
    let second = try #require(try refusal(umlaut))
    #expect(second.page(of: umlaut).hasSuffix("  SELECT 'ä', größe FROM t\n              ^^^^^"))
  }

  @Test(arguments: [
    "SELECT 1 UNION SELECT 2", "WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", "SELECT * FROM t NATURAL JOIN u",
    "SELECT * EXCLUDE (n) FROM t", "SELECT DISTINCT ON (n) n FROM t", "SELECT n FROM t GROUP BY ROLLUP (n)",
    "SELECT EXISTS (SELECT 1)", "SELECT n FROM range(3)", "SELECT median(n) OVER (ORDER BY n) FROM t",
    "SELECT string_agg(s) FROM t", "SELECT regexp_matches(s, 'a') FROM t", "SELECT strftime(DATE '2024-01-01', '%U')",
    "SELECT sum(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
  ])
  func `what is too much is said to be a question for DuckDB`(question: String) throws {
    #expect(try refusal(question)?.isForDuckDB == true)
  }

  @Test func `no question exhausts the stack or the memory`() throws {
    let deep = "SELECT " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000)
    #expect(try refusal(deep)?.message == "more than 60 parentheses within each other")
    let long = "SELECT 1" + String(repeating: " + 1", count: 100_000)
    #expect(try refusal(long)?.message == "more than 500 operators in one question")
    #expect(try answer("SELECT 1" + String(repeating: " + 1", count: 499)) == "500")
    let negations = "SELECT " + String(repeating: "NOT ", count: 10_000) + "true"
    #expect(try refusal(negations) != nil)
    let signs = "SELECT " + String(repeating: "- ", count: 10_000) + "n FROM t"
    #expect(try refusal(signs) != nil)
    #expect(try refusal(String(repeating: " ", count: 1 << 20 + 1))?.message.contains("bytes: at most") == true)
    let items = "SELECT 1 IN (" + (0..<50_000).map(String.init).joined(separator: ",") + ")"
    #expect(try answer(items) == "true")
    let many = SmallTables.table("many", [("n", .integers((0..<10_000).map { $0 }))])
    #expect(try refusal("SELECT count(*) FROM many a, many b", SmallTables(many))?.isForDuckDB == true)
    #expect(try answer("SELECT count(*) FROM many a, many b WHERE a.n = b.n", SmallTables(many)) == "10000")
  }
}

@Suite struct FunctionNameTests {
  @Test(arguments: Binder.functionNames)
  func `every function that is suggested exists`(name: String) throws {
    let messages = try ["1", "1, 2", "'year', DATE '2024-01-01'", "'year', 1, 2", "1, 2, 3"].map {
      try refusal("SELECT \(name)(\($0))")
    }
    #expect(!messages.contains { $0?.message.contains("there is no function") == true }, "\(messages)")
  }
}
