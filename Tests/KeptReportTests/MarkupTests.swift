import Foundation
import Testing

@testable import KeptReport

@Suite struct MarkupTests {
  @Test func `whatever text says, it stays text`() {
    var page = Markup()
    page.element("p", ["title": #"" onclick="x"#], "<script>alert('&')</script>")
    #expect(
      page.text
        == "<p title=\"&quot; onclick=&quot;x\">&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</p>")
  }

  @Test(arguments: ["\u{0}", "\u{1b}", "\u{7f}", "\u{85}", "\u{202e}", "\u{2067}", "\u{ffff}"])
  func `control characters and marks that turn the writing are shown as unknown`(character: String) {
    var page = Markup()
    page.write("a\(character)b")
    #expect(page.text == "a\u{fffd}b")
  }

  @Test func `elements nest and close`() {
    var page = Markup()
    page.element("ul") { page in
      page.element("li", "one")
      page.empty("br", ["class": "x"])
    }
    #expect(page.text == "<ul><li>one</li><br class=\"x\"/></ul>")
  }
}

@Suite struct NumbersTests {
  @Test func `numbers are written for people, whatever the country`() {
    #expect(Numbers.whole(1_234_567) == "1,234,567")
    #expect(Numbers.whole(-1000) == "−1,000")
    #expect(Numbers.decimal(2.25, 1) == "2.3")
    #expect(Numbers.decimal(-0.04, 1) == "0.0")
    #expect(Numbers.decimal(3, 2) == "3.00")
    #expect(Numbers.decimal(.infinity) == "very high")
    #expect(Numbers.signed(118) == "+118")
    #expect(Numbers.signed(-118) == "−118")
    #expect(Numbers.signed(0.2) == "0")
    #expect(Numbers.hours(0.05) == "3 min")
    #expect(Numbers.hours(29) == "29.0 h")
    #expect(Numbers.hours(72) == "3.0 days")
    #expect(Numbers.count(1, "customer") == "1 customer")
    #expect([9999, 10_000, 12_345, 99_949, 123_456, 999_600, 12_300_000].map(Numbers.compact)
      == ["9,999", "10k", "12.3k", "99.9k", "123k", "1M", "12.3M"])
    #expect(Numbers.count(2, "touch", many: "touches") == "2 touches")
  }

  @Test func `a share is called nothing or all only where it is`() {
    #expect(Numbers.percent(0) == "0 %")
    #expect(Numbers.percent(0.001) == "<1 %")
    #expect(Numbers.percent(0.43) == "43 %")
    #expect(Numbers.percent(0.999) == ">99 %")
    #expect(Numbers.percent(1) == "100 %")
    #expect([0, 0.001, 0.43, 0.999, 1].map(Numbers.ofHundred) == ["0", "<1", "43", ">99", "100"])
  }

  @Test func `places in a picture have at most one decimal`() {
    #expect(Numbers.place(12) == "12")
    #expect(Numbers.place(12.34) == "12.3")
    #expect(Numbers.place(-0.5) == "-0.5")
  }
}

@Suite struct ScaleTests {
  @Test(arguments: [0.3, 1, 7, 36, 100, 844, 5648, 1e9])
  func `ticks are round, begin at 0 and reach the largest value without going far beyond`(upper: Double) {
    let ticks = Scale.ticks(upTo: upper)
    #expect(ticks[0] == 0)
    #expect(ticks.last! >= upper)
    #expect(ticks.count <= 6)
    #expect(ticks[ticks.count - 2] < upper)
  }

  @Test func `values land between the ends, and what lies outside at an end`() {
    let scale = Scale(0...10, to: 100, 200)
    #expect([-5, 0, 5, 10, 15].map { scale($0) } == [100, 100, 150, 200, 200])
    let steps = Scale(logarithmic: 1...100, to: 0, 2)
    #expect(abs(steps(10) - 1) < 1e-12)
    #expect(steps(0) == 0)
    #expect(steps(.infinity) == 2)
  }
}
