import KeptFormat

/// What is spent on keeping customers, of what is spent on getting and keeping them.
struct KeepingFigure: Figure {
  static let subject = FigureSubject(
    id: "keeping", name: "Getting and keeping",
    needs: [
      "months": [
        "period", "keep_per_get_num", "keep_per_get_den", "keep_per_get_minutes_num", "keep_per_get_minutes_den",
      ]
    ],
    defines: [("months", "keep_per_get"), ("months", "keep_per_get_minutes")])

  private struct Month {
    let month: CivilDate
    let money: Double?
    let minutes: Double?
    let isOpen: Bool
  }

  private let months: [Month]
  private let money: Double?
  private let minutes: Double?
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["months"]
    func share(_ column: String, _ rows: [Int]) -> Double? {
      let whole = table.total(column + "_den", rows)
      return whole > 0 ? min(1, max(0, table.total(column + "_num", rows) / whole)) : nil
    }
    let all = table.byMonth(Array(0..<table.rowCount), last: 36)
    months = all.map { month, rows in
      Month(
        month: month, money: share("keep_per_get", rows), minutes: share("keep_per_get_minutes", rows),
        isOpen: tables.origin.isOpen(month: month))
    }
    money = share("keep_per_get", all.flatMap(\.rows))
    minutes = share("keep_per_get_minutes", all.flatMap(\.rows))
    guard money != nil || minutes != nil else { return nil }
    origin = tables.origin
  }

  var title: String {
    func say(_ share: Double) -> String { Numbers.decimal(share * 100, 0) }
    guard let money else {
      return "Of every 100 minutes spent on getting and keeping customers, \(say(minutes!)) went to keeping them"
    }
    let time = minutes.map { "; of every 100 minutes, \(say($0))" } ?? ""
    return "Of every 100 spent on getting and keeping customers, \(say(money)) went to keeping those we have\(time)"
  }
  var count: String {
    let known = months.filter { $0.money != nil || $0.minutes != nil }
    return "n = \(Numbers.count(known.count, "month")) with efforts recorded, "
      + Numbers.span(known[0].month, known.last!.month)
  }
  var legend: String {
    "The part spent on keeping. Above the mark keeping gets more than getting. A dashed line: the month is not over yet; "
      + "no bar or dot: nothing was recorded."
  }
  var commands: [String] {
    guard let month = months.last(where: { !$0.isOpen && $0.money != nil })?.month else { return [origin.replay("months")] }
    return [origin.explain("months", "keep_per_get", row: ["\(month)"]), origin.replay("months")]
  }

  var height: Double { months.count > 8 ? 274 : 290 }

  func draw(into page: inout Markup) {
    let y = Scale(0...1, to: 248, 40)
    let step = min(60, (468.0 - 48) / Double(months.count))
    func x(_ index: Int) -> Double { 48 + (Double(index) + 0.5) * step }
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: months.suffix(12).map { month in
        "\(Numbers.month(month.month)): money \(month.money.map(Numbers.percent) ?? "none"), minutes "
          + (month.minutes.map(Numbers.percent) ?? "none")
      }.joined(separator: "; "), height: height)
    chart.draw(into: &page) { page in
      if money != nil { page.key([("fill we", "of money")], from: 48, 4) }
      if minutes != nil {
        page.line(176, 11, 200, 11, class: "line p90")
        page.dot(188, 11, 3, class: "symbol p90")
        page.label(206, 16, "of minutes")
      }
      page.horizontalGrid([0, 0.25, 0.5, 0.75, 1], y, from: 48, to: 468) { Numbers.percent($0) }
      for (index, month) in months.enumerated() {
        if let money = month.money {
          page.box(x(index) - step * 0.36, y(money), step * 0.72, y(0) - y(money), class: "fill we")
        }
        if month.isOpen { page.line(x(index) - step / 2, 251, x(index) + step / 2, 251, class: "unfinished") }
      }
      page.line(48, y(0.5), 468, y(0.5), class: "mark")
      page.label(468, y(0.5) - 6, "as much for keeping as for getting", .end, class: "b")
      let minutes = months.enumerated().compactMap { index, month in month.minutes.map { (x: x(index), y: y($0)) } }
      if !minutes.isEmpty { page.path(minutes, class: "line p90") }
      for point in minutes { page.dot(point.x, point.y, 3, class: "symbol p90") }
      page.monthAxis(months.map(\.month), y: 266, x)
    }
  }
}
