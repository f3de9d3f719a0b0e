import Foundation
import Testing

@Suite struct ReportBrowserTests {
  private static let hasBrowser = FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")

  /// The page stands in a frame as wide as the screen; what the browser made of it is written down beside it.
  @Test(
    .enabled(if: hasBrowser, "there is no chromium; Scripts/test installs it"), .timeLimit(.minutes(3)),
    arguments: [(375, "light"), (375, "dark"), (1280, "light")])
  func `in a browser every chart is drawn, nothing is loaded, nothing stands out at the side, no label covers another`(
    width: Int, scheme: String
  ) throws {
    let place = try ReportTests.shop.get()
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
    // One of each figure but the two that are tables; the quadrant has two.
    #expect(facts.charts == 12)
    #expect(facts.empty == [])
    #expect(facts.width <= width)
    #expect(facts.wide == [])
    #expect(facts.faint == [])
    #expect(facts.covered == [])
  }

  /// `pdftotext` says where each word lies on paper.
  @Test(.enabled(if: hasBrowser, "there is no chromium; Scripts/test installs it"), .timeLimit(.minutes(3)))
  func `on paper no word covers another and none is cut off`() throws {
    let place = try ReportTests.shop.get()
    let run = try place.shell(
      """
      PATH="$PATH:/usr/bin" chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$PWD/browser-paper" --no-pdf-header-footer --print-to-pdf=paper.pdf "file://$PWD/report.html"
      pdftotext -bbox paper.pdf paper.xml
      """)
    try #require(run.status == 0, "\(run.talk)")
    let pages = try place.read("paper.xml").components(separatedBy: "<page ").dropFirst()
    #expect((2...9).contains(pages.count))
    for page in pages {
      let size = try #require(page.firstMatch(of: /width="([0-9.]+)" height="([0-9.]+)"/))
      let paper = Box(left: 0, top: 0, right: try #require(Double(size.1)), bottom: try #require(Double(size.2)))
      let words = page.matches(
        of: /xMin="(-?[0-9.]+)" yMin="(-?[0-9.]+)" xMax="(-?[0-9.]+)" yMax="(-?[0-9.]+)">([^<]*)</
      ).map { match in
        (Box(left: Double(match.1)!, top: Double(match.2)!, right: Double(match.3)!, bottom: Double(match.4)!), match.5)
      }
      for (index, (box, word)) in words.enumerated() {
        #expect(paper.contains(box), "\(word)")
        // A label with a halo is drawn twice in one place.
        for (other, neighbour) in words[(index + 1)...] where word != neighbour || abs(box.left - other.left) > 0.1 {
          #expect(!box.isCovered(by: other), "“\(word)” and “\(neighbour)”")
        }
      }
    }
  }

  /// Where a word lies, in points from the top left.
  private struct Box {
    var left, top, right, bottom: Double

    func contains(_ other: Box) -> Bool {
      left <= other.left && top <= other.top && other.right <= right && other.bottom <= bottom
    }

    /// Lines may touch, since their boxes are higher than their letters.
    func isCovered(by other: Box) -> Bool {
      let slack = 0.25 * min(bottom - top, other.bottom - other.top)
      return min(right, other.right) - max(left, other.left) > 0.5
        && min(bottom, other.bottom) - max(top, other.top) > slack
    }
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
    /// Labels of a chart that lie on each other, in pairs.
    var covered: [String]
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
        const words = [...page.querySelectorAll("h2,figcaption,td,th,summary,text:not(.c)")];
        // A cell of the heat map: its colour, as far as it covers the card.
        const cells = [...page.querySelectorAll("text.c")].map(text => {
          const cell = text.previousElementSibling, style = view.getComputedStyle(cell);
          const mix = [style.fill, card].map(colour => colour.match(/[0-9.]+/g).slice(0, 3).map(Number));
          const part = Number(cell.getAttribute("fill-opacity"));
          const ground = mix[0].map((_, index) => mix[0][index] * part + mix[1][index] * (1 - part));
          return [text, contrast(view.getComputedStyle(text).fill, `rgb(${ground.join(",")})`)];
        });
        const labels = charts.map(chart => [...chart.querySelectorAll("text")].map(text => {
          const box = text.getBoundingClientRect(), slack = box.height * 0.2;
          return { words: text.textContent, left: box.left, right: box.right, top: box.top + slack,
            bottom: box.bottom - slack };
        }));
        const covered = labels.flatMap(chart => chart.flatMap((one, index) => chart.slice(index + 1)
          .filter(other => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 0.5
            && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 0.5)
          .map(other => one.words + " / " + other.words)));
        document.getElementById("found").textContent = JSON.stringify({
          isDark: view.matchMedia("(prefers-color-scheme: dark)").matches,
          loaded: view.performance.getEntriesByType("resource").map(entry => entry.name),
          charts: charts.length,
          empty: charts.filter(chart => drawn(chart) < 2).map(chart => chart.parentNode.parentNode.id),
          width: page.documentElement.scrollWidth,
          wide: [...page.querySelectorAll("section *")].filter(part => part.getBoundingClientRect().right > \(width) + 1
            || part.getBoundingClientRect().left < -1)
            .map(part => part.tagName + " " + part.textContent.slice(0, 30)),
          faint: [...new Set(words.filter(part => {
            const style = view.getComputedStyle(part);
            return contrast(part.tagName === "text" ? style.fill : style.color, card) < 4.5;
          }).map(part => part.textContent.slice(0, 30))),
            ...cells.filter(cell => cell[1] < 4.5).map(cell => "cell " + cell[0].textContent)],
          covered: covered,
        });
      });
      </script>
      """
  }
}
