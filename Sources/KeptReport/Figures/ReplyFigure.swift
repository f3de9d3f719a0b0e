import KeptFormat

/// How long customers wait for a person: half of them, nine in ten, ninety-nine in a hundred.
struct ReplyFigure: Figure {
  static let subject = FigureSubject(
    id: "replies", name: "How long they wait",
    needs: ["months": ["period", "reply_p50", "reply_p90", "reply_p99", "reply_p50_den"]],
    defines: [("months", "reply_p50"), ("months", "reply_p90"), ("months", "reply_p99")])

  private static let parts: [(column: String, words: String, mark: String)] = [
    ("reply_p50", "half", "p50"), ("reply_p90", "9 in 10", "p90"), ("reply_p99", "99 in 100", "p99"),
  ]

  private static let ticks: [(hours: Double, words: String)] = [
    (1.0 / 60, "1 min"), (0.1, "6 min"), (1, "1 h"), (8, "8 h"), (24, "1 day"), (168, "1 week"), (720, "30 days"),
    (8760, "1 year"),
  ]

  /// Fewer have no slowest tenth, and fewer than the next no slowest hundredth: that would be the slowest one.
  private static let caseCountOfTenth = 10
  private static let caseCountOfHundredth = 100
  private static let monthCountTold = 12

  private struct Month {
    let month: CivilDate
    /// One for each of `parts`; nil where fewer than that ever had a reply.
    let hours: [Double?]
    let cases: Int
    let isOpen: Bool
  }

  private let months: [Month]
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["months"]
    let all = table.byMonth(Array(0..<table.rowCount), last: 36).map { month, rows -> Month in
      let cases = table.sum("reply_p50_den", rows)
      let known = cases < Self.caseCountOfHundredth ? 2 : 3
      return Month(
        month: month,
        hours: Self.parts.enumerated().map { place, part in
          place < known ? rows.compactMap { table[part.column].number($0) }.first : nil
        },
        cases: cases, isOpen: tables.origin.isOpen(month: month))
    }
    guard let first = all.firstIndex(where: { $0.hours[0] != nil }) else { return nil }
    months = Array(all[first...])
    origin = tables.origin
  }

  /// The last month that is over and has enough cases to speak of, else the last that has any.
  private var told: Month {
    let over = months.filter { !$0.isOpen && $0.hours[0] != nil && $0.hours[1] != nil }
    return over.suffix(Self.monthCountTold).last { $0.cases >= Self.caseCountOfTenth } ?? over.last
      ?? months.last { $0.hours[0] != nil }!
  }

  var title: String {
    let half = Numbers.hours(told.hours[0]!)
    let few = told.cases < Self.caseCountOfTenth
    let cases = few ? "half of \(Numbers.count(told.cases, "case"))" : "half"
    guard let tenth = told.hours[1] else {
      return "In \(Numbers.month(told.month)) half of the cases had a person’s reply within \(half); one in ten never had one"
    }
    guard told.cases > 1 else {
      return "In \(Numbers.month(told.month)) the one customer who wrote waited \(half) for a person"
    }
    let times = told.hours[0]! > 0 ? tenth / told.hours[0]! : 0
    let apart = times >= 1.5 ? ": \(Numbers.decimal(times, times < 10 ? 1 : 0)) times as long" : ""
    let slowest = few ? "the slowest \(Numbers.hours(tenth))" : "the slowest tenth \(Numbers.hours(tenth)) or more"
    return "In \(Numbers.month(told.month)) \(cases) waited up to \(half) for a person, \(slowest)\(apart)"
  }
  var count: String {
    "n = \(Numbers.count(months.reduce(0) { $0 + $1.cases }, "case")), "
      + "\(Numbers.span(months[0].month, months.last!.month)); \(Numbers.whole(told.cases)) in \(Numbers.month(told.month))"
  }
  var legend: String {
    "How long until so many cases had a person’s first reply, by the month they began; each line up is several times longer. A "
      + "mark is missing where too few ever had one, and the highest where a month has fewer than 100 cases; hollow: the month "
      + "is not over yet."
  }
  var commands: [String] {
    [
      origin.explain("months", "reply_p90", row: ["\(told.month)"]),
      origin.replay("months"),
    ]
  }

  var height: Double { months.count > 8 ? 278 : 294 }

  func draw(into page: inout Markup) {
    let values = months.flatMap { $0.hours.compactMap { $0 } }
    let least = Self.ticks.map(\.hours).last { $0 <= min(1, values.min()!) } ?? Self.ticks[0].hours
    let most = max(24, values.max()!)
    let y = Scale(logarithmic: least...most, to: 240, 34)
    let step = min(60, (468.0 - 56) / Double(months.count))
    func x(_ index: Int) -> Double { 56 + (Double(index) + 0.5) * step }
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: months.suffix(12).map { month in
        "\(Numbers.month(month.month)): "
          + zip(Self.parts, month.hours).map { part, hours in
            "\(part.words) \(hours.map(Numbers.hours) ?? "never")"
          }.joined(separator: ", ")
      }.joined(separator: "; "), height: height)
    chart.draw(into: &page) { page in
      for (part, words) in Self.parts.map(\.words).enumerated() {
        symbol(part, 68 + Double(part) * 110, 8, isOpen: false, into: &page)
        page.label(78 + Double(part) * 110, 13, words)
      }
      for tick in Self.ticks where tick.hours >= least * 0.99 && tick.hours <= most {
        page.line(56, y(tick.hours), 468, y(tick.hours), class: "grid")
        page.label(50, y(tick.hours) + 4, tick.words, .end, class: "s")
      }
      for (index, month) in months.enumerated() {
        let places = month.hours.compactMap { $0 }.map { y(max(least, $0)) }
        if let top = places.min(), let bottom = places.max() { page.line(x(index), top, x(index), bottom, class: "spread") }
        for (part, hours) in month.hours.enumerated() {
          if let hours { symbol(part, x(index), y(max(least, hours)), isOpen: month.isOpen, into: &page) }
        }
      }
      page.monthAxis(months.map(\.month), y: 258, x)
    }
  }

  private func symbol(_ part: Int, _ x: Double, _ y: Double, isOpen: Bool, into page: inout Markup) {
    let name = "symbol \(Self.parts[part].mark)\(isOpen ? " hollow" : "")"
    switch part {
    case 0: page.dot(x, y, 3.5, class: name)
    case 1: page.box(x - 3, y - 3, 6, 6, class: name)
    default: page.path([(x, y - 4), (x + 4, y + 3.5), (x - 4, y + 3.5)], closed: true, class: name)
    }
  }
}
