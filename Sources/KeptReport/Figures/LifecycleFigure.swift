import KeptFormat

/// Who was there, month by month: new, still here, back again, and who went quiet.
struct LifecycleFigure: Figure {
  static let subject = FigureSubject(
    id: "lifecycle", name: "Who was active",
    needs: [
      "lifecycle": ["unit", "grain", "period", "active", "new_count", "still_here", "came_back", "gone_quiet", "complete"]
    ],
    defines: [
      ("lifecycle", "new_count"), ("lifecycle", "still_here"), ("lifecycle", "came_back"), ("lifecycle", "gone_quiet"),
    ])

  private struct Month {
    let month: CivilDate
    let active: Int
    let new: Int
    let still: Int
    let back: Int
    let quiet: Int?
    let isComplete: Bool
  }

  private let months: [Month]
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["lifecycle"]
    let rows = table.rows(where: ["unit": "customer", "grain": "month"])
    months = table.byMonth(rows, last: 30).map { month, rows in
      Month(
        month: month, active: table.sum("active", rows), new: table.sum("new_count", rows),
        still: table.sum("still_here", rows), back: table.sum("came_back", rows),
        quiet: rows.contains { table["gone_quiet"].number($0) != nil } ? table.sum("gone_quiet", rows) : nil,
        isComplete: rows.allSatisfy { table["complete"].flag($0) ?? false })
    }
    guard months.contains(where: { $0.active > 0 }) else { return nil }
    origin = tables.origin
  }

  private var told: Month { months.last { $0.isComplete } ?? months.last! }

  var title: String {
    let when = told.isComplete ? "In \(Numbers.month(told.month))" : "In \(Numbers.month(told.month)) so far"
    let quiet = told.quiet.map { "; \(Numbers.whole($0)) went quiet" } ?? ""
    let active = Numbers.count(told.active, "customer was", many: "customers were")
    return "\(when), \(active) active: \(Numbers.whole(told.new)) new, "
      + "\(Numbers.whole(told.still)) still here, \(Numbers.whole(told.back)) back again\(quiet)"
  }
  var count: String {
    "n = \(Numbers.count(months.reduce(0) { $0 + $1.active }, "customer month")), "
      + Numbers.span(months[0].month, months.last!.month)
  }
  var legend: String {
    "Above the line who was active in a month, below it who was the month before and no more. A dashed line: the month is not "
      + "over yet, and who went quiet is not known."
  }
  var commands: [String] {
    [
      origin.explain("lifecycle", "came_back", row: ["customer", "month", "\(told.month)"]),
      origin.replay("lifecycle"),
    ]
  }

  var height: Double { months.count > 8 ? 284 : 298 }

  func draw(into page: inout Markup) {
    let up = Double(months.map { $0.new + $0.still + $0.back }.max() ?? 0)
    let down = Double(months.map { $0.quiet ?? 0 }.max() ?? 0)
    let ticks = Scale.ticks(upTo: max(up, down), count: 4)
    let above = ticks.filter { $0 < up } + [ticks.first { $0 >= up } ?? up]
    let below = down > 0 ? ticks.filter { $0 < down } + [ticks.first { $0 >= down } ?? down] : [0]
    let y = Scale(-below.last!...above.last!, to: 258, 34)
    let step = min(60, (468.0 - 44) / Double(months.count))
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: months.suffix(12).map {
        "\(Numbers.month($0.month)): \($0.new) new, \($0.still) still here, \($0.back) back, "
          + ($0.quiet.map { "\($0) went quiet" } ?? "not over yet")
      }.joined(separator: "; "), height: height)
    chart.draw(into: &page) { page in
      page.key(
        [
          ("fill still", "still here"), ("fill back", "back again"), ("fill new", "new"), ("fill quiet", "went quiet"),
        ], from: 44, 4)
      page.horizontalGrid(above, y, from: 44, to: 468) { Numbers.compact(Int($0)) }
      for tick in below where tick > 0 {
        page.line(44, y(-tick), 468, y(-tick), class: "grid")
        page.label(38, y(-tick) + 4, Numbers.compact(Int(tick)), .end, class: "s")
      }
      for (index, month) in months.enumerated() {
        let left = 44 + Double(index) * step
        var sum = 0
        for (count, mark) in [(month.still, "still"), (month.back, "back"), (month.new, "new")] where count > 0 {
          let bottom = y(Double(sum))
          sum += count
          page.box(left + step * 0.1, y(Double(sum)), step * 0.8, bottom - y(Double(sum)), class: "fill \(mark)")
        }
        let quiet = Double(month.quiet ?? 0)
        page.box(left + step * 0.1, y(0), step * 0.8, y(-quiet) - y(0), class: "fill quiet")
        if !month.isComplete { page.line(left, y(0) + 3, left + step, y(0) + 3, class: "unfinished") }
      }
      page.monthAxis(months.map(\.month), y: 275) { 44 + (Double($0) + 0.5) * step }
    }
  }
}
