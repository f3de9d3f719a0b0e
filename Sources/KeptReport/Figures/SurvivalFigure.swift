/// How long relationships last, with the band in which the truth probably lies.
struct SurvivalFigure: Figure {
  static let subject = FigureSubject(
    id: "survival", name: "How long they last",
    needs: ["survival": ["curve", "stratum", "t_days", "at_risk", "events", "survival", "lo", "hi", "ci_kind"]],
    defines: [("survival", "survival"), ("survival", "lo"), ("survival", "at_risk")])

  /// Of the kinds of interval that the table has, the one that never leaves 0 to 100 %.
  private static let intervals = "log-log"

  private struct Point {
    let day: Int
    let atRisk: Int
    let survival: Double
    let low: Double
    let high: Double
  }

  private let points: [Point]
  private let ends: Int
  private let curve: String
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["survival"]
    for curve in ["tenure", "lapse"] {
      let rows = table.rows(where: ["curve": curve, "stratum": "all", "ci_kind": Self.intervals])
      let points = rows.compactMap { row -> Point? in
        guard let survival = table["survival"].number(row) else { return nil }
        return Point(
          day: table["t_days"].count(row), atRisk: table["at_risk"].count(row), survival: survival,
          low: table["lo"].number(row) ?? survival, high: table["hi"].number(row) ?? survival)
      }.sorted { $0.day < $1.day }
      guard !points.isEmpty else { continue }
      (self.points, self.curve, origin) = (points, curve, tables.origin)
      ends = table.sum("events", rows)
      return
    }
    return nil
  }

  private var told: Point { points.last { $0.day <= 365 } ?? points[0] }
  /// Of what the curve is; what happened to those watched; what those are that it did not happen to yet.
  private var words: (what: String, gone: String, held: String, half: String) {
    curve == "tenure"
      ? ("relationships", "ended", "still held", "half have ended")
      : ("customers", "fell silent", "were still in touch", "half have fallen silent")
  }

  var title: String {
    let day = points.last!.day >= 365 ? "a year" : "\(Numbers.whole(told.day)) days"
    let share =
      "\(Numbers.percent(told.survival)) (\(Numbers.decimal(told.low * 100, 0)) to \(Numbers.decimal(told.high * 100, 0)) %)"
    let half = points.first { $0.survival <= 0.5 }.map { "; \(words.half) after \(Numbers.count($0.day, "day"))" } ?? ""
    return "After \(day), \(share) of \(words.what) \(words.held)\(half)"
  }

  var count: String {
    "n = \(Numbers.whole(points.map(\.atRisk).max() ?? 0)) \(words.what) watched, \(Numbers.whole(ends)) of which \(words.gone)"
  }
  var legend: String {
    "The line is the share still there after so many days, the shaded band its 95 % interval; the numbers below say how many "
      + "were still watched then."
  }
  var commands: [String] {
    [
      origin.explain("survival", "survival", row: [curve, "all", String(told.day), Self.intervals]),
      origin.replay("survival"),
    ]
  }

  var height: Double { 418 }

  func draw(into page: inout Markup) {
    let last = max(1, points.last!.day)
    let x = Scale(0...Double(last), to: 52, 468)
    let y = Scale(0...1, to: 366, 14)
    let shown = thinned(x)
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: [90, 180, 365, 730].compactMap { day in
        points.last { $0.day <= day }.flatMap { day <= last ? "after \(day) days \(Numbers.percent($0.survival))" : nil }
      }.joined(separator: ", "), height: height)
    chart.draw(into: &page) { page in
      page.horizontalGrid([0, 0.25, 0.5, 0.75, 1], y, from: 52, to: 468) { Numbers.percent($0) }
      let upper = steps(shown.map { ($0.day, $0.high) }, x, y)
      let lower = steps(shown.map { ($0.day, $0.low) }, x, y)
      page.path(upper + lower.reversed(), closed: true, class: "band")
      page.path(steps(shown.map { ($0.day, $0.survival) }, x, y), class: "curve")
      page.label(0, 410, "watched", class: "s")
      var free = 0.0
      for tick in Scale.ticks(upTo: Double(last), count: 5) where Int(tick) <= last {
        page.line(x(tick), 366, x(tick), 371, class: "axis")
        let days = tick == 0 ? "0 days" : Numbers.whole(Int(tick))
        page.label(x(tick), 387, days, tick == 0 ? .start : .middle, class: "s")
        let watched = Numbers.compact(points.first { $0.day >= Int(tick) }?.atRisk ?? 0)
        guard x(tick) - TextWidth.of(watched) / 2 > max(free, 66) else { continue }
        page.label(x(tick), 410, watched, .middle, class: "s")
        free = x(tick) + TextWidth.of(watched) / 2
      }
    }
  }

  /// A point for each step that can be seen.
  private func thinned(_ x: Scale) -> [Point] {
    var shown: [Point] = []
    for point in points {
      if let last = shown.last, x(Double(point.day)) - x(Double(last.day)) < 0.8 { shown.removeLast() }
      shown.append(point)
    }
    return shown
  }

  private func steps(_ values: [(day: Int, share: Double)], _ x: Scale, _ y: Scale) -> [(x: Double, y: Double)] {
    var steps = [(x: x(0), y: y(1))]
    var share = 1.0
    for value in values {
      steps.append((x(Double(value.day)), y(share)))
      steps.append((x(Double(value.day)), y(value.share)))
      share = value.share
    }
    return steps
  }
}
