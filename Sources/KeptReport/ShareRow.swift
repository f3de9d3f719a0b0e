/// A named share as a dot with its interval, one below the other.
struct ShareRow {
  let name: String
  let share: Share

  private static let height = 28.0

  private var parts: String { "\(Numbers.whole(share.part)) of \(Numbers.whole(share.whole))" }

  static func draw(_ rows: [ShareRow], all: Share?, id: String, title: String, into page: inout Markup) {
    let chart = Chart(
      id: id, title: title,
      description: rows.map { "\($0.name): \($0.share.sentence), n = \($0.share.whole)" }
        .joined(separator: "; "), height: height(of: rows))
    chart.draw(into: &page) { draw(rows, all: all, in: bounds(rows), top: 10, into: &$0) }
  }

  static func height(of rows: [ShareRow]) -> Double { Double(rows.count) * height + 34 }

  /// Where shares are drawn, between the names and the numbers.
  static func bounds(_ rows: [ShareRow]) -> ClosedRange<Double> {
    let names = rows.map { TextWidth.of($0.name) }.max() ?? 0
    let numbers = rows.map { TextWidth.of($0.parts, height: TextWidth.label - 1) }.max() ?? 0
    return min(150, max(60, names)) + 10...Chart.width - numbers - 14
  }

  static func draw(
    _ rows: [ShareRow], all: Share?, in bounds: ClosedRange<Double>, top: Double, into page: inout Markup
  ) {
    let x = Scale(0...1, to: bounds.lowerBound, bounds.upperBound)
    let bottom = top + Double(rows.count) * height
    for tick in [0, 0.25, 0.5, 0.75, 1] {
      page.line(x(tick), top, x(tick), bottom, class: tick == 0 ? "axis" : "grid")
      page.label(x(tick), bottom + 17, Numbers.percent(tick), .middle, class: "s")
    }
    if let all { page.line(x(all.rate), top - 4, x(all.rate), bottom, class: "mark") }
    for (index, row) in rows.enumerated() {
      let y = top + (Double(index) + 0.5) * height
      page.label(bounds.lowerBound - 10, y + 4, TextWidth.fitted(row.name, into: bounds.lowerBound - 10), .end)
      page.line(x(row.share.low), y, x(row.share.high), y, class: "whisker")
      page.dot(x(row.share.rate), y, 5, class: "disc solid")
      page.label(Chart.width - 2, y + 4, row.parts, .end, class: "s")
    }
  }
}
