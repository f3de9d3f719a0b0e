import KeptFormat

/// Who left whom.
struct LeavingFigure: Figure {
  static let subject = FigureSubject(
    id: "leaving", name: "Who left whom",
    needs: [
      "churn": [
        "unit", "grain", "period", "definition", "they_left", "we_left", "mutual", "external", "unsaid", "complete",
      ]
    ],
    defines: [
      ("churn", "they_left"), ("churn", "we_left"), ("churn", "mutual"), ("churn", "external"), ("churn", "unsaid"),
    ])

  private static let ways: [(column: String, words: String, mark: String)] = [
    ("they_left", "they left us", "they"), ("we_left", "we left them", "we"),
    ("mutual", "both wanted it", "mutual"), ("external", "neither did", "neither"), ("unsaid", "nobody said", "unsaid"),
  ]

  private struct Month {
    let month: CivilDate
    let counts: [Int]
    let isComplete: Bool
  }

  private let months: [Month]
  private let totals: [Int]
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["churn"]
    let rows = table.rows(where: ["unit": "customer", "grain": "month", "definition": "ended"])
    let all = table.byMonth(rows, last: 36).map { month, rows in
      Month(
        month: month, counts: Self.ways.map { table.sum($0.column, rows) },
        isComplete: rows.allSatisfy { table["complete"].flag($0) ?? false })
    }
    totals = Self.ways.indices.map { way in all.reduce(0) { $0 + $1.counts[way] } }
    guard totals.contains(where: { $0 > 0 }) else { return nil }
    (months, origin) = (all, tables.origin)
  }

  var title: String {
    let parts = Self.ways.indices.filter { totals[$0] > 0 || $0 < 2 }.map { way in
      let times = Numbers.whole(totals[way])
      return switch way {
      case 0: "\(Numbers.count(totals[way], "customer")) left us"
      case 1: "we left \(times)"
      case 2: "\(times) parted by consent"
      case 3: "\(times) over something else"
      default: "of \(times) nobody said who left"
      }
    }
    return parts.count < 2 ? parts[0] : parts.dropLast().joined(separator: ", ") + " and " + parts.last!
  }

  var count: String {
    "n = \(Numbers.count(totals.reduce(0, +), "relationship")) that ended, "
      + Numbers.span(months[0].month, months.last!.month)
  }
  var legend: String {
    "Above, all of them; below, month by month in the same patterns. A dashed line under a month: it is not over yet."
  }
  var commands: [String] {
    let way = totals.indices.max { totals[$0] < totals[$1] }!
    guard let month = months.last(where: { $0.counts[way] > 0 }) else { return [origin.replay("churn")] }
    return [
      origin.explain("churn", Self.ways[way].column, row: ["customer", "month", "\(month.month)", "ended"]),
      origin.replay("churn"),
    ]
  }

  var height: Double { months.count > 8 ? 288 : 302 }

  func draw(into page: inout Markup) {
    let most = Double(totals.max()!)
    let x = Scale(0...most, to: 0, 286)
    let monthMost = Double(max(1, months.map { $0.counts.reduce(0, +) }.max()!))
    let ticks = Scale.ticks(upTo: monthMost, count: 3)
    let y = Scale(0...max(monthMost, ticks.last!), to: 262, 150)
    let step = min(60, (468.0 - 34) / Double(months.count))
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: zip(Self.ways, totals).map { "\($0.words): \($1)" }.joined(separator: ", "), height: height)
    chart.draw(into: &page) { page in
      for (index, way) in Self.ways.enumerated() {
        let top = Double(index) * 25 + 2
        page.label(112, top + 15, way.words, .end)
        page.box(120, top, x(Double(totals[index])), 20, class: "fill \(way.mark)")
        page.label(126 + x(Double(totals[index])), top + 15, Numbers.whole(totals[index]), class: "b")
      }
      page.horizontalGrid(ticks, y, from: 34, to: 468) { Numbers.compact(Int($0)) }
      for (index, month) in months.enumerated() {
        let left = 34 + Double(index) * step
        var sum = 0
        for (way, count) in month.counts.enumerated() where count > 0 {
          let bottom = y(Double(sum))
          sum += count
          page.box(
            left + step * 0.12, y(Double(sum)), step * 0.76, bottom - y(Double(sum)), class: "fill \(Self.ways[way].mark)")
        }
        if !month.isComplete { page.line(left, 265, left + step, 265, class: "unfinished") }
      }
      page.monthAxis(months.map(\.month), y: 279) { 34 + (Double($0) + 0.5) * step }
    }
  }
}
