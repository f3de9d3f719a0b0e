import Foundation
import FoundationXML
import KeptSnapshot
import Testing

@Suite struct ReportTests {
  /// The shop with its snapshot, made once.
  private static let shop: Result<Workplace, any Error> = Result {
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

  @Test func `without a snapshot it says how to get one`() throws {
    let place = try Workplace()
    #expect(try place.kept("init", "shop").status == 0)
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

  static let hasBrowser = FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")

  /// The page stands in a frame as wide as the screen; what the browser made of it is written down beside it.
  @Test(
    .enabled(if: hasBrowser, "there is no chromium; Scripts/test installs it"), .timeLimit(.minutes(3)),
    arguments: [(390, "light"), (390, "dark"), (1280, "light")])
  func `in a browser every chart is drawn, nothing is loaded, and nothing stands out at the side`(
    width: Int, scheme: String
  ) throws {
    let place = try Self.shop.get()
    let name = "frame-\(width)-\(scheme)"
    try place.write(Self.frame(try place.read("report.html"), width: width), to: "\(name).html")
    let dark = scheme == "dark" ? "--blink-settings=preferredColorScheme=0" : "--blink-settings=preferredColorScheme=1"
    let run = try place.shell(
      """
      PATH="$PATH:/usr/bin" chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$PWD/browser-\(name)" --virtual-time-budget=5000 --enable-logging=stderr \(dark) \
        --dump-dom "file://$PWD/\(name).html"
      """)
    let dom = run.output
    #expect(!run.talk.contains("CONSOLE"), "\(run.talk)")
    let found = try #require(dom.firstMatch(of: /<pre id="found">(.+?)<\/pre>/), "\(run.talk)").1
    let facts = try JSONDecoder().decode(PageFacts.self, from: Data(found.utf8))
    #expect(facts.isDark == (scheme == "dark"))
    #expect(facts.loaded == [])
    #expect(facts.charts == 11)
    #expect(facts.empty == [])
    #expect(facts.width <= width)
    #expect(facts.wide == [])
    #expect(facts.faint == [])
  }

  private struct PageFacts: Decodable {
    var isDark: Bool
    /// What the page asked the network for.
    var loaded: [String]
    var charts: Int
    /// Charts in which nothing is drawn.
    var empty: [String]
    var width: Int
    /// What reaches beyond the screen.
    var wide: [String]
    /// Text that stands out less from its ground than 4.5 : 1.
    var faint: [String]
  }

  private static func frame(_ page: String, width: Int) -> String {
    let source = page.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
    return """
      <!DOCTYPE html><meta charset="utf-8"><body>
      <iframe id="page" style="width:\(width)px;height:800px;border:0" srcdoc="\(source)"></iframe>
      <pre id="found"></pre>
      <script>
      const frame = document.getElementById("page");
      function light(colour) {
        const parts = colour.match(/[0-9.]+/g).slice(0, 3).map(Number)
          .map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      }
      function contrast(one, other) {
        const pair = [light(one), light(other)].sort((a, b) => b - a);
        return (pair[0] + 0.05) / (pair[1] + 0.05);
      }
      frame.addEventListener("load", () => {
        const view = frame.contentWindow, page = frame.contentDocument;
        const charts = [...page.querySelectorAll("svg.chart")];
        const drawn = chart => [...chart.querySelectorAll("rect,circle,path")].filter(mark => {
          const box = mark.getBoundingClientRect();
          return box.width + box.height > 0;
        }).length;
        const card = view.getComputedStyle(page.querySelector("section")).backgroundColor;
        const words = [...page.querySelectorAll("h2,figcaption,td,th,summary,text:not(.on)")];
        document.getElementById("found").textContent = JSON.stringify({
          isDark: view.matchMedia("(prefers-color-scheme: dark)").matches,
          loaded: view.performance.getEntriesByType("resource").map(entry => entry.name),
          charts: charts.length,
          empty: charts.filter(chart => drawn(chart) < 2).map(chart => chart.parentNode.parentNode.id),
          width: page.documentElement.scrollWidth,
          wide: [...page.querySelectorAll("section *")].filter(part => part.getBoundingClientRect().right > \(width) + 1)
            .map(part => part.tagName + " " + part.textContent.slice(0, 30)),
          faint: [...new Set(words.filter(part => {
            const style = view.getComputedStyle(part);
            return contrast(part.tagName === "text" ? style.fill : style.color, card) < 4.5;
          }).map(part => part.textContent.slice(0, 30)))],
        });
      });
      </script>
      """
  }
}

/// A page taken apart by the XML parser of Foundation.
private final class PageReader: NSObject, XMLParserDelegate {
  private(set) var elements: Set<String> = []
  /// What stands in `<pre><code>`.
  private(set) var commands: [String] = []
  /// `table.column` of the terms defined.
  private(set) var defined: [String] = []
  private(set) var error: String?
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
  }

  func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    if open.suffix(2) == ["pre", "code"] { commands.append(text) }
    if open.suffix(2) == ["dt", "code"] { defined.append(text) }
    open.removeLast()
  }
}
