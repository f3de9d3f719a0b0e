import KeptFormat

/// What the rules saw: those that gave most, either way.
struct SignalsFigure: Figure {
  static let subject = FigureSubject(
    id: "signals", name: "What the rules saw",
    needs: ["signals": ["rule", "list", "period", "touches", "points_net"]],
    defines: [("signals", "points_net"), ("signals", "touches")])

  private static let ruleCountMax = 8
  private static let lists = ["we_done": "we did", "we_felt": "they felt", "they": "they did"]

  private struct Rule {
    let name: String
    let list: String
    let touches: Int
    let points: Double
    let month: CivilDate

    var words: String { name.replacing("-", with: " ") }
  }

  private let rules: [Rule]
  private let touches: Int
  private let ruleCount: Int
  private let span: (first: CivilDate, last: CivilDate)
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["signals"]
    let months = table.byMonth(Array(0..<table.rowCount), last: 12)
    guard let first = months.first, let last = months.last else { return nil }
    let shown = Set(months.flatMap(\.rows))
    var rules: [Rule] = []
    for (name, rows) in table.grouped(by: "rule") {
      let rows = rows.filter(shown.contains)
      guard let month = table.byMonth(rows.filter { table["touches"].count($0) > 0 }).last?.month else { continue }
      rules.append(
        Rule(
          name: name, list: rows.lazy.compactMap { table["list"].text($0) }.first ?? "", touches: table.sum("touches", rows),
          points: table.total("points_net", rows), month: month))
    }
    let good = rules.filter { $0.points > 0 }.sorted { ($1.points, $0.name) < ($0.points, $1.name) }
    let bad = rules.filter { $0.points < 0 }.sorted { ($0.points, $0.name) < ($1.points, $1.name) }
    self.rules = good.prefix(Self.ruleCountMax) + bad.prefix(Self.ruleCountMax).reversed()
    guard !self.rules.isEmpty else { return nil }
    (touches, ruleCount) = (rules.reduce(0) { $0 + $1.touches }, rules.count)
    (span, origin) = ((first.month, last.month), tables.origin)
  }

  var title: String {
    func say(_ rule: Rule) -> String {
      "“\(rule.words)” (\(Numbers.signed(rule.points)) \(abs(rule.points) == 1 ? "point" : "points") from "
        + "\(Numbers.count(rule.touches, "touch", many: "touches")))"
    }
    let worst = rules.last.flatMap { $0.points < 0 ? $0 : nil }
    let best = rules.first.flatMap { $0.points > 0 ? $0 : nil }
    return switch (best, worst) {
    case (let best?, let worst?): "Most spoke against us \(say(worst)), most for us \(say(best))"
    case (nil, let worst?): "No rule heard anything for us; most against us, \(say(worst))"
    case (let best?, nil): "No rule heard anything against us; most for us, \(say(best))"
    case (nil, nil): ""
    }
  }
  var count: String {
    "n = \(Numbers.count(touches, "touch", many: "touches")) by \(Numbers.count(ruleCount, "rule")), "
      + Numbers.span(span.first, span.last)
  }
  var legend: String {
    "Points that the rulebook’s rules gave in these months: to the right for being into each other, to the left against. "
      + "We did, they felt, they did: whose list it counts in."
  }
  var commands: [String] {
    let rule = rules.last!
    return [
      origin.explain("signals", "touches", row: [rule.name, rule.list, "\(rule.month)"]),
      origin.replay("signals"),
    ]
  }

  var height: Double { Double(rules.count) * 25 + 8 }

  func draw(into page: inout Markup) {
    let points = rules.map(\.points)
    let x = Scale(min(0, points.min()!)...max(0, points.max()!), to: 216, 408)
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: rules.map { "\($0.words): \(Numbers.signed($0.points)) points, \($0.touches) touches" }.joined(
        separator: "; "),
      height: height)
    chart.draw(into: &page) { page in
      for (index, rule) in rules.enumerated() {
        let top = Double(index) * 25 + 4
        page.label(0, top + 15, TextWidth.fitted(rule.words, into: 138))
        page.label(208, top + 15, Self.lists[rule.list] ?? "", .end, class: "s")
        let (from, to) = (min(x(0), x(rule.points)), max(x(0), x(rule.points)))
        page.box(from, top + 1, to - from, 18, class: rule.points > 0 ? "fill we" : "fill they")
        page.label(max(to, x(0)) + 6, top + 15, Numbers.signed(rule.points), class: "b")
      }
      page.line(x(0), 2, x(0), Double(rules.count) * 25 + 4, class: "axis")
    }
  }
}
