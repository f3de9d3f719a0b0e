import Foundation
import KeptFormat
import Testing

@testable import KeptSnapshot

@Suite struct TableTextTests {
  static let names = StringDictionary(["a,\"b\"", "", "Zürich 東京"])
  static let table = Table(
    schema: TableSchema(
      name: "customers", meaning: "a customer",
      columns: [
        ColumnSpec("customer", .string, isNullable: true), ColumnSpec("touches", .int64),
        ColumnSpec("revenue", .decimal, isNullable: true), ColumnSpec("index", .double),
        ColumnSpec("cohort", .date), ColumnSpec("last_at", .timestamp), ColumnSpec("is_active", .boolean),
      ]),
    columns: [
      ColumnData(.string(StringColumn(dictionary: names, codes: [0, 1, 2, .max]))),
      ColumnData(.int64([1, -20, 300, 0])),
      ColumnData(.int64([12_500_000, -1, 0, 3_000_000]), validity: Bitmap([true, true, false, true])),
      ColumnData(.double([0.5, -1, 1.0 / 3, 1e300])),
      ColumnData(.int32([0, 19_813, -1, 1])),
      ColumnData(.int64([0, 1_711_875_900_123_456, -1, 1])),
      ColumnData(.boolean([true, false, true, false])),
    ])

  @Test func `CSV quotes what it must, and an empty string is not NULL`() {
    #expect(
      TableText.string(Self.table, as: .csv).components(separatedBy: "\r\n") == [
        "customer,touches,revenue,index,cohort,last_at,is_active",
        #""a,""b""",1,12.5,0.5,1970-01-01,1970-01-01T00:00:00.000000Z,true"#,
        "\"\",-20,-0.000001,-1,2024-03-31,2024-03-31T09:05:00.123456Z,false",
        "Zürich 東京,300,,0.3333333333333333,1969-12-31,1969-12-31T23:59:59.999999Z,true",
        ",0,3,1e+300,1970-01-02,1970-01-01T00:00:00.000001Z,false", "",
      ])
  }

  @Test func `JSON Lines have every number exact and NULL as null`() {
    let lines = TableText.string(Self.table, as: .jsonl).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.map { $0.components(separatedBy: ",\"last_at\"")[0] } == [
        #"{"customer":"a,\"b\"","touches":1,"revenue":12.5,"index":0.5,"cohort":"1970-01-01""#,
        #"{"customer":"","touches":-20,"revenue":-0.000001,"index":-1,"cohort":"2024-03-31""#,
        #"{"customer":"Zürich 東京","touches":300,"revenue":null,"index":0.3333333333333333,"cohort":"1969-12-31""#,
        #"{"customer":null,"touches":0,"revenue":3,"index":1e+300,"cohort":"1970-01-02""#, "",
      ])
    #expect(lines[1].hasSuffix(#","last_at":"2024-03-31T09:05:00.123456Z","is_active":false}"#))
  }

  /// Found by fuzzing: a question whose column is named after such a text would have cost its answer.
  @Test func `a column's name with control characters is as wide as it is shown`() {
    let table = Table(
      schema: TableSchema(name: "answer", meaning: "", columns: [ColumnSpec("a\u{1}b", .int64)]),
      columns: [ColumnData(.int64([7]))])
    let lines = TableText.string(table, as: .table).split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("a") && !lines[0].contains("\u{1}") && lines[0].count == lines[1].count)
  }

  @Test func `a terminal gets aligned columns, numbers to the right, wide characters counted twice`() {
    #expect(
      TableText.string(Self.table, as: .table) == """
        customer     touches    revenue     index  cohort      last_at                      is_active
        -----------  -------  ---------  --------  ----------  ---------------------------  ---------
        a,"b"              1       12.5       0.5  1970-01-01  1970-01-01T00:00:00.000000Z  true
                         -20  -0.000001        -1  2024-03-31  2024-03-31T09:05:00.123456Z  false
        Zürich 東京      300             0.333333  1969-12-31  1969-12-31T23:59:59.999999Z  true
                           0          3    1e+300  1970-01-02  1970-01-01T00:00:00.000001Z  false

        """)
  }

  @Test func `control characters are shown to a terminal, never sent`() {
    #expect(TerminalText.visible("a\u{1B}[31mred\n\u{202E}x") == "a\\u{1B}[31mred\\n\\u{202E}x")
    #expect(TerminalText.width("e\u{301}🧡東a") == 6)
  }

  @Test func `text of any table ends where it should and long tables come in pieces`() throws {
    let table = SampleTables.everything(rowCount: 1500, patterns: [.sparse])
    var pieces: [Int] = []
    var text: [UInt8] = []
    try TableText.write(table, as: .jsonl) { bytes in
      pieces.append(bytes.count)
      text += Array(bytes)
    }
    #expect(pieces.count > 3 && pieces.allSatisfy { $0 < 100_000 })
    #expect(text.split(separator: 10).count == 1500)
    let line = try JSONValue.parse(Array(text.split(separator: 10)[1]))
    #expect(line["string_few"]?.string == "a")
    #expect(line["int64_few"]?.number?.mantissa == 1)
  }
}
