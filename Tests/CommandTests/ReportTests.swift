import Foundation
import FoundationXML
import KeptSnapshot
import Testing

@Suite struct ReportTests {
  /// The shop with its snapshot, made once.
  static let shop: Result<Workplace, any Error> = Result {
    let place = try Workplace()
    _ = try place.shell(
      """
      set -e
      kept init shop --zone Europe/Berlin --currency EUR
      kept import shop Fixtures/shop/years.jsonl Fixtures/shop/events.jsonl
      kept adopt shop Fixtures/shop/rulebook.json --reason test
      kept rebuild shop
      kept report shop --output report.html
      """)
    return place
  }

  @Test func `the shop has every figure, in XML that is also HTML, and what is said there comes from the snapshot`() throws {
    let page = try Self.shop.get().read("report.html")
    #expect(try PageReader(page).error == nil)
    #expect(!page.contains("No such events yet"))
    #expect(!page.contains("<script"))
    #expect(page.utf8.count < 1_000_000)
    // Numbers that other tests find in the tables: 5,905 events; the sources of which the rebuild says that they fell silent.
    #expect(page.contains("Replayed from 5,905 events. Silent for a week or more"))
    #expect(page.contains("34 customers left us, we left 8, 5 parted by consent and 7 over something else"))
  }

  @Test func `the same snapshot gives the same bytes, whether it or its ledger is named`() throws {
    let place = try Self.shop.get()
    let run = try place.shell(
      "kept report shop/snapshots/latest > one.html && cd shop && kept report . > ../two.html; cd ..; "
        + "cmp one.html report.html && cmp two.html report.html")
    #expect(run.status == 0, "\(run.output)\(run.talk)")
  }

  @Test func `definitions are those of the dictionary, and none is missing`() throws {
    let place = try Self.shop.get()
    let reader = try PageReader(place.read("report.html"))
    let file = place.path + "/shop/snapshots/latest/dictionary.parquet"
    let table = try ParquetReader([UInt8](Data(contentsOf: URL(fileURLWithPath: file)))).table()
    let rows = TableText.string(table.picking(columns: ["table_name", "column_name"]), as: .table).split(separator: "\n")
    let known = Set(rows.map { $0.split(separator: " ").joined(separator: ".") })
    #expect(reader.defined.count >= 30)
    #expect(reader.defined.filter { !known.contains($0) } == [])
  }

  /// The shop of the single events is small enough to run them all.
  @Test func `every command that a page prints runs`() throws {
    let place = try Workplace()
    let commands = try PageReader(Self.report(in: place, of: "Fixtures/shop/events.jsonl")).commands
    #expect(commands.count >= 15)
    for command in Set(commands).sorted() {
      let run = try place.shell(command)
      #expect(run.status == 0, "\(command)\n\(run.talk)")
      #expect(run.output != "", "\(command)")
    }
  }

  @Test func `names that look like markup are text`() throws {
    let place = try Workplace()
    let lines = (0..<3).map { index in
      #"{"source":"<b>crm","id":"\#(index)","kind":"complaint.raised","time":"2024-01-0\#(index + 1)T10:00:00Z","#
        + #""customer":"</td><script>alert(1)</script>","channel":"\"><img src=x onerror=alert(1)>","department":"<i>"}"#
    }
    try place.write(lines.joined(separator: "\n"), to: "events.jsonl")
    let reader = try PageReader(Self.report(in: place, of: "events.jsonl"))
    #expect(reader.error == nil)
    #expect(!reader.elements.contains { ["script", "img", "i", "b"].contains($0) })
  }

  @Test func `a ledger that has nothing of customers has a page that says so of every figure`() throws {
    let place = try Workplace()
    try place.write(
      #"{"source":"hr","id":"1","kind":"reward.paid","time":"2024-01-01T10:00:00Z"}"#, to: "events.jsonl")
    let page = try Self.report(in: place, of: "events.jsonl")
    #expect(page.components(separatedBy: "No such events yet").count - 1 == 13)
    #expect(try PageReader(page).error == nil)
  }

  /// By kind of the one event: what the figures say that have anything to say. All others have no such events yet.
  private static let onlyEvents: KeyValuePairs<String, [String: String]> = [
    #""kind":"order.placed","amount":20,"currency":"EUR","channel":"web""#: [
      "call-first": "Of 1 customer still here, the record gives none a reason to go",
      "lifecycle": "In Mar 2024 so far, 1 customer was active: 1 new, 0 still here, 0 back again",
      "retention": "1 customer began; no month after that is over yet",
      "signals": "No rule heard anything against us; most for us, “ordered” (+1 point from 1 touch)",
    ],
    #""kind":"relationship.ended","data":{"ended_by":"customer"}"#: [
      "retention": "1 customer began; no month after that is over yet",
      "signals": "No rule heard anything for us; most against us, “they left” (−2 points from 1 touch)",
    ],
    #""kind":"survey.answered","score":1,"data":{"instrument":"csat","scale_min":1,"scale_max":5}"#: [
      "lifecycle": "In Mar 2024 so far, 1 customer was active: 1 new, 0 still here, 0 back again",
      "retention": "1 customer began; no month after that is over yet",
      "signals": "No rule heard anything for us; most against us, “rated” (−2 points from 1 touch)",
      "word-of-mouth": "None of those who said how they liked it was satisfied, 1 customer",
    ],
    #""kind":"survey.answered","score":5,"data":{"instrument":"csat","scale_min":1,"scale_max":5}"#: [
      "lifecycle": "In Mar 2024 so far, 1 customer was active: 1 new, 0 still here, 0 back again",
      "retention": "1 customer began; no month after that is over yet",
      "signals": "No rule heard anything against us; most for us, “rated” (+2 points from 1 touch)",
      "word-of-mouth": "All who said how they liked it were satisfied, 1 customer",
    ],
    #""kind":"promise.made","due":"2024-03-20T10:00:00Z","department":"care","data":{"promise_id":"p","by":"us"}"#: [
      "retention": "1 customer began; no month after that is over yet"
    ],
    #""kind":"case.opened","channel":"phone","data":{"case_id":"k","case_kind":"question"}"#: [
      "lifecycle": "In Mar 2024 so far, 1 customer was active: 1 new, 0 still here, 0 back again",
      "retention": "1 customer began; no month after that is over yet",
    ],
    #""kind":"effort.spent","amount":10,"currency":"EUR","data":{"effort":"keep"}"#: [
      "retention": "1 customer began; no month after that is over yet",
      "keeping": "Of every 100 spent on getting and keeping customers, 100 went to keeping those we have",
    ],
  ]

  @Test func `of one event each figure says what it can, and the others that there are no such events yet`() throws {
    let place = try Workplace()
    for (index, (event, titles)) in Self.onlyEvents.enumerated() {
      let line = #"{"source":"s","id":"1","time":"2024-03-15T10:00:00Z","customer":"C-1","# + event + "}\n"
      try place.write(line, to: "\(index).jsonl")
      let made = try place.shell(
        "kept init l\(index) --currency EUR && kept import l\(index) \(index).jsonl && kept rebuild l\(index) && "
          + "kept report l\(index) --output \(index).html")
      try #require(made.status == 0, "\(event)\n\(made.talk)")
      let reader = try PageReader(place.read("\(index).html"))
      #expect(reader.titles.count == 13)
      #expect(reader.titles.filter { $0.value != "No such events yet" } == titles, "\(event)")
    }
  }

  /// Half past midnight in Berlin on the first of August; in UTC July is not over yet.
  @Test func `months are over when they are in the ledger's zone`() throws {
    let place = try Workplace()
    let efforts = ["2024-07-10T10:00:00Z", "2024-07-31T22:30:00Z"].enumerated().map { index, time in
      #"{"source":"hr","id":"\#(index)","kind":"effort.spent","time":"\#(time)","amount":10,"currency":"EUR","#
        + #""data":{"effort":"keep"}}"#
    }
    try place.write(efforts.joined(separator: "\n"), to: "events.jsonl")
    for (zone, openMonths, asOf) in [
      ("Europe/Berlin", 1, "1\u{a0}Aug\u{a0}2024, 00:30 (UTC+02:00)"), ("UTC", 1, "31\u{a0}Jul\u{a0}2024, 22:30 (UTC)"),
    ] {
      let made = try place.shell(
        "rm -rf shop; kept init shop --zone \(zone) --currency EUR && kept import shop events.jsonl && kept rebuild shop && "
          + "kept report shop --output report.html")
      try #require(made.status == 0, "\(made.talk)")
      let page = try place.read("report.html")
      #expect(page.contains("shop, as of \(asOf)"))
      #expect(page.components(separatedBy: "class=\"unfinished\"").count - 1 == openMonths)
      // In UTC the month that is told is the one that is not over, so that no row of it can be opened.
      #expect(page.contains("--row 2024-07-01") == (zone == "Europe/Berlin"))
    }
  }

  @Test func `without events, and without a snapshot, it says what to do next`() throws {
    let place = try Workplace()
    #expect(try place.kept("init", "shop").status == 0)
    for command in ["rebuild", "report"] {
      let run = try place.kept(command, "shop")
      #expect(run == Outcome(output: "", talk: "kept: shop: holds no events yet\nNext: `kept import shop FILE`\n", status: 2))
    }
    #expect(try place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    let run = try place.kept("report", "shop")
    #expect(run.status == 2)
    #expect(run.talk == "kept: shop: no snapshot is published there\nNext: publish one: kept rebuild shop\n")
    #expect(try place.kept("report", "nowhere").talk == "kept: nowhere: there is no such ledger or snapshot\n")
  }

  /// The page of a new ledger with this file's events.
  private static func report(in place: Workplace, of file: String) throws -> String {
    let made = try place.shell(
      "kept init shop && kept import shop \(file) && kept rebuild shop && kept report shop --output report.html")
    try #require(made.status == 0, "\(made.talk)")
    return try place.read("report.html")
  }
}

/// A page taken apart by the XML parser of Foundation.
private final class PageReader: NSObject, XMLParserDelegate {
  private(set) var elements: Set<String> = []
  /// What stands in `<pre><code>`.
  private(set) var commands: [String] = []
  /// `table.column` of the terms defined.
  private(set) var defined: [String] = []
  /// The title of each figure, by its place on the page.
  private(set) var titles: [String: String] = [:]
  private(set) var error: String?
  private var section = ""
  private var open: [String] = []
  private var text = ""

  init(_ page: String) throws {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    if !parser.parse() { error = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")" }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.insert(name)
    open.append(name)
    text = ""
    if name == "section" { section = attributes["id"] ?? "" }
  }

  func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    if open.suffix(2) == ["pre", "code"] { commands.append(text) }
    if open.suffix(2) == ["section", "h2"] { titles[section] = text }
    if open.suffix(2) == ["dt", "code"] { defined.append(text) }
    open.removeLast()
  }
}
