import KeptFormat
import Testing

@testable import KeptIntake

@Suite struct CSVTests {
  static let header = "source,id,kind,time,customer,amount,due,text,data.order_id\n"

  static func row(_ id: String, amount: String = "", text: String = "", order: String = "") -> String {
    "shop,\(id),order.placed,2024-03-31T09:05:00Z,C-1,\(amount),,\(text),\(order)\n"
  }

  func plain(_ id: String, _ rest: String) -> String {
    #"{"source":"shop","id":"\#(id)","kind":"order.placed","time":"2024-03-31T09:05:00.000000Z","customer":"C-1""#
      + rest
      + "}"
  }

  @Test func `columns are fields, empty cells are absent, data is text`() throws {
    let said = try read(Self.header + Self.row("1", amount: "9.950", order: "007") + Self.row("2"), .csv)
    #expect(
      said.events == [
        "2: " + plain("1", #","amount":9.95,"data":{"order_id":"007"}"#), "3: " + plain("2", ""),
      ])
    #expect(said.rejects == [])
  }

  @Test func `quoted cells hold delimiters, line feeds and doubled quotes`() throws {
    let text = "\"a, \"\"b\"\"\r\nc\""
    let said = try read(Self.header + Self.row("1", text: text) + Self.row("\"2\"", text: "\"\""), .csv)
    #expect(said.events == ["2: " + plain("1", #","text":"a, \"b\"\r\nc""#), "4: " + plain("2", "")])
  }

  @Test func `a byte order mark, carriage returns, blank lines and a missing last line feed are fine`() throws {
    let text =
      "\u{FEFF}" + Self.header.dropLast() + "\r\n\r\n" + Self.row("1").dropLast() + "\r\n\n" + Self.row("2").dropLast()
    let said = try read(text, .csv)
    #expect(said.events == ["3: " + plain("1", ""), "5: " + plain("2", "")])
    #expect(said.lineCount == 2)
  }

  @Test func `a header alone, and nothing at all, are no events`() throws {
    #expect(try read(Self.header, .csv) == Said())
    #expect(try read("", .csv) == Said())
  }

  static let bad: [(String, String)] = [
    ("shop,1,order.placed\n", "19  field_count"),
    (String(row("1").dropLast()) + ",\n", "49  field_count"),
    (row("1", amount: "1,5"), "51  field_count"),
    (row("1", amount: "abc"), "45 amount bad_number"),
    (row("1", amount: "1e400"), "45 amount too_many_digits"),
    (row("1", text: "5\" pipe"), "48  stray_quote"),
    (row("1", text: "\"a\"b"), "49  stray_quote"),
    (row("1").replacing("Z", with: ""), "20 time time_without_zone"),
    (row(""), "0 id missing"),
    (row("1\u{0}"), "6  control_character"),
    ("\u{FEFF}" + row("1"), "0  byte_order_mark"),
  ]

  @Test(arguments: bad)
  func `a bad row is rejected with place and reason, and the next one lands`(row: String, expected: String) throws {
    let before = Self.header + Self.row("good", text: "\"two\nlines\"")
    let said = try read(before + row + Self.row("next"), .csv)
    #expect(said.rejects == ["4 \(before.utf8.count)+\(expected)"])
    #expect(said.events.map { $0.prefix(2) } == ["2:", "5:"])
  }

  @Test func `bytes that are not UTF-8 are found in their row`() throws {
    let bytes = Array(Self.header.utf8) + Array(Self.row("1").utf8) + Array("shop,".utf8) + [0xE9, 0x0A]
    let said = try read(bytes, .csv).said
    #expect(said.rejects == ["3 \(Self.header.utf8.count + Self.row("1").utf8.count)+5  not_utf8"])
    #expect(said.events.count == 1)
  }

  @Test func `a quote that is never closed costs its line and no other`() throws {
    let said = try read(Self.header + Self.row("1", text: "\"open") + Self.row("2") + Self.row("3"), .csv)
    #expect(said.rejects == ["2 \(Self.header.utf8.count)+0  unclosed_quote"])
    #expect(said.events.map { $0.prefix(2) } == ["3:", "4:"])
  }

  @Test func `a small file cut at every offset says the same`() throws {
    let text =
      Self.header + Self.row("1", text: "\"a\n\"\"b\"\"\"") + "\r\n" + Self.row("é", text: "\"open")
      + Self.row("3", text: "x")
    let bytes = Array(text.utf8)
    let whole = try read(bytes, .csv).said
    #expect(whole.events.count == 2 && whole.rejects.count == 1)
    for size in stride(from: Self.header.utf8.count, through: bytes.count, by: 1) {
      #expect(try read(bytes, .csv, chunkByteCount: size).said == whole, "chunks of \(size)")
    }
  }

  static let badHeaders: [(String, String, String)] = [
    ("source,id,kind,time,colour\n", "colour", "no field of an event"),
    ("source,id,id,kind,time\n", "id", "the same name twice"), ("source,id,kind\n", "time", "missing"),
    ("source,id,kind,time,\n", "5", "no field"), ("source,\"id,kind\n", "names", "not closed"),
  ]

  @Test(arguments: badHeaders)
  func `a header that says no fields stops the import`(header: String, column: String, what: String) {
    let error = #expect(throws: IntakeError.self) { try read(header + "a,b\n", .csv) }
    guard case .header(_, column, let found) = error else {
      Issue.record("\(String(describing: error)) names another column than \(column)")
      return
    }
    #expect(found.contains(what))
  }

  @Test func `damaged files never trap`() throws {
    var random = SeededGenerator(seed: 17)
    let rows = Self.row("1", amount: "12.5", text: "\"a, \"\"b\"\"\nc\"", order: "x") + Self.row("é", text: "plain")
    let body = Array(String(repeating: rows, count: 2000).utf8)
    for _ in 0..<20 {
      var bytes = body
      for _ in 0..<2000 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = [0x22, 0x2C, 0x0A, 0x0D, 0x00, 0xFF, 0x41, 0xC3]
          .randomElement(using: &random)!
      }
      let small = try read(Array(Self.header.utf8) + bytes, .csv, chunkByteCount: 10_000).said
      let large = try read(Array(Self.header.utf8) + bytes, .csv).said
      #expect(small == large)
    }
  }
}
