import Foundation
import KeptFormat
import Testing

@testable import KeptIntake

@Suite struct MappingTests {
  /// Zones by name: Berlin from the fixtures, nothing else.
  static func zone(_ name: String) -> [UInt8]? {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    guard name == "Europe/Berlin" else { return nil }
    return (try? Data(contentsOf: folder.appendingPathComponent("Fixtures/zones/Berlin.tzif"))).map { Array($0) }
  }

  func mapping(_ text: String) throws -> Mapping {
    try Mapping(bytes: Array(text.utf8), file: "map.json", zone: Self.zone)
  }

  /// A mapping of one event with `members` beside source, id, kind and customer.
  func single(_ members: String, top: String = "") throws -> Mapping {
    try mapping(
      """
      {\(top)"events":[{"source":"s","id":"{id}","kind":"a.b","customer":"C",\(members)}]}
      """)
  }

  func plain(_ id: String, _ time: String, _ rest: String = "") -> String {
    #"{"source":"s","id":"\#(id)","kind":"a.b","time":"\#(time)","customer":"C"\#(rest)}"#
  }

  @Test func `the page's example is what the page says`() throws {
    let map = try mapping(
      """
      {
        "csv": { "delimiter": ";" },
        "zone": "Europe/Berlin",
        "time_format": "%d.%m.%Y %H:%M",
        "numbers": { "decimal": ",", "thousands": "." },
        "missing": ["?", "-"],
        "every": { "source": "webshop", "customer": "{customer_id}", "subject": "{order_id}" },
        "events": [
          { "kind": "order.placed", "id": "{order_id}:placed", "time": "{ordered_at}", "direction": "in",
            "amount": { "product": ["quantity", "unit_price"] }, "currency": "EUR",
            "data": { "device": "{device}", "items": { "column": "quantity", "type": "number" } } },
          { "when": "shipped_at",
            "kind": "order.shipped", "id": "{order_id}:shipped", "time": "{shipped_at}" },
          { "when": { "column": "status", "in": ["cancelled", "refused"] },
            "kind": "order.cancelled", "id": "{order_id}:cancelled", "time": "{changed_at}" }
        ]
      }
      """)
    let said = try read(
      """
      order_id;customer_id;ordered_at;quantity;unit_price;device;shipped_at;status;changed_at
      17;C-9;31.03.2024 11:05;3;1.234,50;?;;open;
      18;C-9;1.4.2024 9:00;1;0,5;app;02.04.2024 10:00;refused;03.04.2024 00:00
      """, .csv, mapping: map)
    #expect(said.rejects == [])
    #expect(
      said.events == [
        """
        2: {"source":"webshop","id":"17:placed","kind":"order.placed","time":"2024-03-31T09:05:00.000000Z",\
        "customer":"C-9","direction":"in","subject":"17","amount":3703.5,"currency":"EUR","data":{"items":3}}
        """,
        """
        3: {"source":"webshop","id":"18:placed","kind":"order.placed","time":"2024-04-01T07:00:00.000000Z",\
        "customer":"C-9","direction":"in","subject":"18","amount":0.5,"currency":"EUR","data":{"device":"app","items":1}}
        """,
        """
        3: {"source":"webshop","id":"18:shipped","kind":"order.shipped","time":"2024-04-02T08:00:00.000000Z",\
        "customer":"C-9","subject":"18"}
        """,
        """
        3: {"source":"webshop","id":"18:cancelled","kind":"order.cancelled","time":"2024-04-02T22:00:00.000000Z",\
        "customer":"C-9","subject":"18"}
        """,
      ])
  }

  static let times: [(String, String, String)] = [
    (#""format":"%Y-%m-%d %H:%M:%S""#, "2024-07-01 12:00:00", "2024-07-01T10:00:00.000000Z"),
    (#""format":"%Y-%m-%d %H:%M:%S","zone":"UTC""#, "2024-07-01 12:00:00", "2024-07-01T12:00:00.000000Z"),
    (#""format":"%d-%b-%y %I:%M %p""#, "01-Jan-69 12:05 am", "1968-12-31T23:05:00.000000Z"),
    (#""format":"%m/%d/%Y %H:%M:%S.%f%z""#, "7/1/2024 1:2:3.5-0130", "2024-07-01T02:32:03.500000Z"),
    (#""format":"%Y-%jT%H%%%M""#, "2024-366T23%59", "2024-12-31T22:59:00.000000Z"),
    (#""format":"unix""#, "1711875900.25", "2024-03-31T09:05:00.250000Z"),
    (#""format":"unix_ms""#, "1711875900250", "2024-03-31T09:05:00.250000Z"),
    (#""format":"rfc3339""#, "2024-07-01T12:00:00", "2024-07-01T10:00:00.000000Z"),
    (#""format":"rfc3339""#, "2024-07-01T12:00:00Z", "2024-07-01T12:00:00.000000Z"),
    // The clock jumps from 2 to 3 on 31 March and goes back from 3 to 2 on 27 October.
    (#""format":"%Y-%m-%d %H:%M""#, "2024-03-31 02:30", "2024-03-31T01:30:00.000000Z"),
    (#""format":"%Y-%m-%d %H:%M""#, "2024-10-27 02:30", "2024-10-27T00:30:00.000000Z"),
  ]

  @Test(arguments: times)
  func `times of every style become instants`(style: String, text: String, instant: String) throws {
    let map = try single(#""time":{"column":"t",\#(style)}"#, top: #""zone":"Europe/Berlin","#)
    let said = try read("id,t\n1,\(text)\n", .csv, mapping: map)
    #expect(said.events == ["2: " + plain("1", instant)])
    #expect(said.rejects == [])
  }

  @Test func `a due date can mean the end of its day, also where the clock changes`() throws {
    let map = try single(
      #""time":"{t}","due":{"column":"d","format":"%Y-%m-%d","end_of_day":true,"zone":"Europe/Berlin"}"#)
    let said = try read("id,t,d\n1,2024-03-01T00:00:00Z,2024-03-31\n", .csv, mapping: map)
    #expect(
      said.events == ["2: " + plain("1", "2024-03-01T00:00:00.000000Z", #","due":"2024-03-31T21:59:59.999999Z""#)])
  }

  static let numbers: [(String, String?)] = [
    ("1.234,50", "1234.5"), ("-1.234.567,891", "-1234567.891"), ("+7", "7"), ("007,50", "7.5"), (",5", "0.5"),
    ("5,", "5"),
    ("1e3", "1000"), ("0", "0"), ("12345678", "12345678"), ("1.5", nil), ("1.23.456", nil), ("1,2,3", nil), ("", ""),
    ("abc", nil), ("-", nil), (",", nil), ("1 000", nil), ("12345678901234567890", nil), ("1.234.", nil),
  ]

  @Test(arguments: numbers)
  func `numbers with separators are exact, and nothing else is a number`(text: String, value: String?) throws {
    let map = try single(
      #""time":"{t}","amount":{"column":"n"}"#,
      top: #""csv":{"delimiter":";"},"numbers":{"decimal":",","thousands":"."},"#)
    let said = try read("id;t;n\n1;2024-03-01T00:00:00Z;\(text)\n", .csv, mapping: map)
    if let value {
      let member = value.isEmpty ? "" : #","amount":\#(value)"#
      #expect(said.events == ["2: " + plain("1", "2024-03-01T00:00:00.000000Z", member)])
    } else {
      #expect(said.events == [])
      #expect(said.rejects.count == 1 && said.rejects[0].contains(" amount (column n) "), "\(said.rejects)")
    }
  }

  static let values: [(String, String)] = [
    (#""agent":"{a}""#, #","agent":"A""#), (#""agent":"{a}-{b}{{}}""#, #","agent":"A-B{}""#),
    (#""agent":"{a}{empty}""#, ""), (#""agent":{"first":["empty","b"]}"#, #","agent":"B""#),
    (#""agent":{"column":"a","missing":["A"]}"#, ""), (#""agent":{"constant":"k"}"#, #","agent":"k""#),
    (#""agent":{"column":"a","table":{"A":"Ada"}}"#, #","agent":"Ada""#),
    (#""agent":{"column":"b","table":{"A":"Ada"},"else":"{b}?"}"#, #","agent":"B?""#),
    (#""agent":{"column":"b","table":{"A":"Ada"},"else":null}"#, ""),
    (#""score":{"column":"a","table":{"A":5}}"#, #","score":5"#), (#""score":3"#, #","score":3"#),
    (#""amount":{"sum":["n","x",0.25]}"#, #","amount":7.75"#),
    (#""amount":{"product":["n","x","x"]}"#, #","amount":31.25"#),
    (#""amount":{"product":["n","empty"]}"#, ""),
    (#""data":["a","empty"]"#, #","data":{"a":"A"}"#),
    (
      #""data":{"n":{"column":"n","type":"number"},"y":{"column":"yes","type":"boolean"},"one":1,"t":true}"#,
      #","data":{"n":5,"one":1,"t":true,"y":true}"#
    ),
    (#""data":{"at":{"column":"t","type":"time"}}"#, #","data":{"at":"2024-03-01T00:00:00.000000Z"}"#),
    (#""data":{"p":{"product":["n","n"]}}"#, #","data":{"p":25}"#),
  ]

  @Test(arguments: values)
  func `values come from columns, templates, tables, sums and products`(field: String, member: String) throws {
    let map = try single(#""time":"{t}",\#(field)"#)
    let said = try read("id,t,a,b,empty,n,x,yes\n1,2024-03-01T00:00:00Z,A,B,,5,2.5,Y\n", .csv, mapping: map)
    #expect(said.events == ["2: " + plain("1", "2024-03-01T00:00:00.000000Z", member)])
    #expect(said.rejects == [])
  }

  static let conditions: [(String, [Int])] = [
    (#""a""#, [1, 2]), (#"{"column":"a","absent":true}"#, [3]), (#"{"column":"a","present":false}"#, [3]),
    (#"{"column":"a","equals":"x"}"#, [1]), (#"{"column":"a","in":["x","yy"]}"#, [1, 2]),
    (#"{"column":"a","prefix":"y"}"#, [2]), (#"{"not":{"column":"a","equals":"x"}}"#, [2, 3]),
    (#"[{"column":"a","prefix":"y"},"b"]"#, [2]),
    (#"{"any":[{"column":"a","absent":true},{"column":"a","equals":"x"}]}"#, [1, 3]),
    (#"{"template":"{a}{b}","equals":"yy2"}"#, [2]), (#"{"column":"b","equals":2}"#, [2]), (#"{"all":[]}"#, [1, 2, 3]),
  ]

  @Test(arguments: conditions)
  func `conditions choose rows, and rows nobody wants are counted`(condition: String, ids: [Int]) throws {
    let map = try single(#""time":"{t}","when":\#(condition)"#)
    let rows = "id,t,a,b\n1,2024-03-01T00:00:00Z,x,\n2,2024-03-01T00:00:00Z,yy,2\n3,2024-03-01T00:00:00Z,,3\n"
    let result = try read(Array(rows.utf8), .csv, mapping: map)
    #expect(result.said.events == ids.map { "\($0 + 1): " + plain("\($0)", "2024-03-01T00:00:00.000000Z") })
    #expect(result.totals.unmatchedCount == 3 - ids.count)
    #expect(result.said.rejects == [])
  }

  @Test func `columns of JSON rows are ways into the object, and values keep their type`() throws {
    let map = try single(
      """
      "time":{"column":"at","format":"unix_ms"},"amount":"{order.items.0.price}","agent":"{dotted.key}",
      "data":{"items":{"column":"order.items"},"n":{"column":"n"},"yes":{"column":"yes"},"none":{"column":"none"},
      "s":{"column":"s"},"count":{"column":"s","type":"number"},"who":"{order.who.name}-{n}"}
      """, top: #""zone":"UTC","numbers":{"decimal":","},"#)
    let said = try read(
      #"{"id":7,"at":1711875900000,"dotted.key":"k","n":1.50,"yes":false,"none":null,"s":"2,5","#
        + #""order":{"items":[{"price":9.95}],"who":{"name":"é"}}}"# + "\n[]\n{\"id\":", mapping: map)
    #expect(
      said.events == [
        "1: "
          + plain(
            "7", "2024-03-31T09:05:00.000000Z",
            #","agent":"k","amount":9.95,"data":{"count":2.5,"items":[{"price":9.95}],"n":1.5,"s":"2,5","#
              + #""who":"é-1.5","yes":false}"#)
      ])
    #expect(said.rejects.map { $0.split(separator: " ").last } == ["not_an_object", "cut"])
  }

  @Test func `a bad touchpoint is rejected by field and column, and the others of its row land`() throws {
    let map = try mapping(
      """
      {"every":{"source":"s","customer":"{c}"},"events":[
        {"id":"{id}a","kind":"a.b","time":"{t1}"},{"id":"{id}b","kind":"a.b","time":"{t2}","amount":"{n}"},
        {"id":"{id}c","kind":{"column":"k","table":{"1":"a.b"}},"time":"{t1}"}]}
      """)
    let rows = "id,c,t1,t2,n,k\n1,C,2024-03-01T00:00:00Z,2024-03-01,1,1\n2,,2024-03-01T00:00:00Z,,x,2\n"
    let said = try read(rows, .csv, mapping: map)
    #expect(said.events.map { $0.prefix(2) } == ["2:", "2:"])
    let start = rows.utf8.count - rows.split(separator: "\n")[2].utf8.count - 1
    #expect(
      said.rejects == [
        "2 15+0 time (column t2) bad_time", "3 \(start)+0 customer (column c) missing",
        "3 \(start)+0 amount (column n) bad_number", "3 \(start)+0 kind (column k) not_in_table",
      ])
    #expect(said.lineCount == 6)
  }

  @Test func `space and missing marks can be dropped, and a header can be left out`() throws {
    let map = try single(
      #""time":"{t}","agent":"{a}""#, top: #""trim":true,"missing":["?"],"csv":{"columns":["id","t","a"]},"#)
    let said = try read("1, 2024-03-01T00:00:00Z ,  ? \n2,2024-03-01T00:00:00Z, A \n", .csv, mapping: map)
    #expect(
      said.events == [
        "1: " + plain("1", "2024-03-01T00:00:00.000000Z"),
        "2: " + plain("2", "2024-03-01T00:00:00.000000Z", #","agent":"A""#),
      ])
  }

  @Test func `a mapping carries its digest and its format`() throws {
    let text = #"{"format":"csv","events":[{"source":"s","id":"{i}","kind":"effort.spent","time":"{t}"}]}"#
    let map = try mapping(text)
    #expect(map.digest == SHA256.hash(Array(text.utf8)))
    #expect(ImportSource(path: "x.jsonl", mapping: map).format == .csv)
  }

  static let wrong: [(String, String, String)] = [
    ("{", "line 1, column 2", "too early"), ("[]", "", "expected an object"), ("{}", "", "no \"events\""),
    (#"{"events":[]}"#, "events", "empty"), (#"{"event":[]}"#, "", "unknown member \"event\""),
    (#"{"events":[{"source":"s"}]}"#, "events[0]", "no \"id\""),
    (#"{"events":[{"source":"s","id":"{i}","kind":"a.b","time":"{t}"}]}"#, "events[0]", "no \"customer\""),
    (#"{"events":[{"tme":"x"}]}"#, "events[0]", "unknown member \"tme\""),
    (#"{"zone":"Mars/Base","events":[]}"#, "zone", "no zone \"Mars/Base\""),
    (#"{"csv":{"delimiter":"ab"},"events":[]}"#, "csv.delimiter", "expected one character"),
    (#"{"numbers":{"decimal":",","thousands":","},"events":[]}"#, "numbers", "the same sign"),
    (#"{"format":"xlsx","events":[]}"#, "format", "unknown value \"xlsx\""),
  ]

  static let wrongFields: [(String, String, String)] = [
    (#""time":{"column":"t","format":"%Y-%m-%d"}"#, "time", "without a zone"),
    (#""time":{"column":"t","format":"%Q"}"#, "time.format", "unknown letter"),
    (#""time":{"column":"t","format":"%H:%M","zone":"UTC"}"#, "time.format", "without year"),
    (#""time":{"column":"t","zone":7}"#, "time.zone", "expected a string"),
    (#""time":{"column":"t","end_of_day":true}"#, "time", "is for due dates"),
    (#""time":"{t}","due":{"column":"t","end_of_day":true}"#, "due", "without a zone"),
    (#""time":"{t""#, "time", "not closed"), (#""time":"t}""#, "time", "without an opening"),
    (#""time":"{}""#, "time", "empty"),
    (#""time":{"column":"t","template":"{t}"}"#, "time", "column and template"), (#""time":{}"#, "time", "no source"),
    (#""time":{"colum":"t"}"#, "time", "unknown member \"colum\""), (#""time":[]"#, "time", "expected an object"),
    (#""time":"{t}","agent":{"sum":["a"]}"#, "agent", "a sum is a number"),
    (#""time":"{t}","amount":{"product":[]}"#, "amount.product", "empty"),
    (#""time":"{t}","agent":{"column":"a","else":"x"}"#, "agent", "without \"table\""),
    (#""time":"{t}","agent":{"column":"a","decimal":","}"#, "agent", "unknown member \"decimal\""),
    (#""time":"{t}","data":{"amount":"{a}"}"#, "data.amount", "field of its own"),
    (#""time":"{t}","data":{"x":{"column":"a","type":"int"}}"#, "data.x.type", "unknown value \"int\""),
    (#""time":"{t}","data":[1]"#, "data[0]", "expected a string"),
    (#""time":"{t}","when":{"column":"a"}"#, "when", "no test"),
    (#""time":"{t}","when":{"equals":"a"}"#, "when", "no column"),
    (#""time":"{t}","when":{"column":"a","in":"x"}"#, "when.in", "expected an array"),
  ]

  @Test(
    arguments: wrong
      + wrongFields.map { field, place, what in
        (#"{"events":[{"source":"s","id":"{id}","kind":"a.b","customer":"C",\#(field)}]}"#, "events[0].\(place)", what)
      })
  func `a mapping that cannot be used says where and why`(text: String, place: String, what: String) {
    let error = #expect(throws: MappingError.self) { try mapping(text) }
    #expect(error?.place == place)
    #expect(error?.what.contains(what) == true, "\(error?.what ?? "")")
    #expect(error?.nextStep.isEmpty == false)
  }

  @Test func `a column that the file does not have is named before anything is read`() throws {
    let map = try single(#""time":"{when}""#)
    let error = #expect(throws: IntakeError.self) { try read("id,t\n1,2\n", .csv, mapping: map) }
    #expect(error?.description.hasSuffix("has no column \"when\"") == true)
    #expect(error?.nextStep == "Its columns are: id, t.")
  }

  @Test func `damaged rows and mappings never trap`() throws {
    var random = SeededGenerator(seed: 21)
    let map = try single(
      #""time":{"first":["t"],"format":"%d.%m.%Y %H:%M"},"amount":{"product":["n","n"]},"data":{"x":{"column":"x"}}"#,
      top: #""zone":"Europe/Berlin","numbers":{"decimal":",","thousands":"."},"csv":{"delimiter":";"},"#)
    let row = Array("1;31.03.2024 02:30;1.234,5;\"a\"\"b\"\n".utf8)
    for format in [SourceFormat.csv, .jsonl] {
      var bytes = Array("id;t;n;x\n".utf8)
      for _ in 0..<5000 {
        var line = format == .csv ? row : Array("{\"id\":1,\"t\":\"31.03.2024 02:30\",\"n\":\"1,5\",\"x\":[1]}\n".utf8)
        line[Int.random(in: 0..<line.count - 1, using: &random)] = UInt8.random(in: 32...255, using: &random)
        bytes += line
      }
      #expect(try read(bytes, format, mapping: map).said.lineCount > 0)
    }
    let text = Array(
      #"{"events":[{"source":"s","id":"{a}","kind":{"column":"k","table":{"1":"x"}},"time":"{t}","customer":1}]}"#.utf8)
    for _ in 0..<20_000 {
      var bytes = text
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = text.randomElement(using: &random)!
      _ = try? Mapping(bytes: bytes, file: "map.json", zone: Self.zone)
    }
  }
}
