/// A named share as a dot with its interval, one below the other.
struct ShareRow {
  let name: String
  let share: Share

  static func draw(_ rows: [ShareRow], all: Share?, id: String, title: String, into page: inout Markup) {
    let bottom = 10 + Double(rows.count) * 28
    let chart = Chart(
      id: id, title: title,
      description: rows.map { "\($0.name): \($0.share.sentence), n = \($0.share.whole)" }
        .joined(separator: "; "), height: bottom + 24)
    chart.draw(into: &page) { draw(rows, all: all, from: 132, to: 400, top: 10, into: &$0) }
  }

  static func draw(
    _ rows: [ShareRow], all: Share?, from left: Double, to right: Double, top: Double, into page: inout Markup
  ) {
    let x = Scale(0...1, to: left, right)
    let bottom = top + Double(rows.count) * 28
    for tick in [0, 0.25, 0.5, 0.75, 1] {
      page.line(x(tick), top, x(tick), bottom, class: tick == 0 ? "axis" : "grid")
      page.label(x(tick), bottom + 17, Numbers.percent(tick), .middle, class: "s")
    }
    if let all { page.line(x(all.rate), top - 4, x(all.rate), bottom, class: "mark") }
    for (index, row) in rows.enumerated() {
      let y = top + (Double(index) + 0.5) * 28
      page.label(left - 10, y + 4, Numbers.short(row.name), .end)
      page.line(x(row.share.low), y, x(row.share.high), y, class: "whisker")
      page.dot(x(row.share.rate), y, 5, class: "disc solid")
      page.label(476, y + 4, "\(Numbers.whole(row.share.part)) of \(Numbers.whole(row.share.whole))", .end, class: "s")
    }
  }
}
