import KeptFormat

/// Who came back: cohorts of the month in which customers began, by months since.
struct RetentionFigure: Figure {
  static let subject = FigureSubject(
    id: "retention", name: "Who stays in touch",
    needs: [
      "retention": [
        "unit", "activity", "grain", "clock", "cohort", "age", "cohort_size", "bounded", "complete", "left_truncated",
      ]
    ],
    defines: [("retention", "bounded_rate"), ("retention", "cohort_size")])

  private static let cohortCountMax = 18
  private static let ageMax = 12
  private static let top = 34.0
  private static let cell = 22.0

  private struct Cell {
    let age: Int
    let bounded: Int
    let isComplete: Bool
  }

  private struct Cohort {
    let month: CivilDate
    let size: Int
    let isLeftTruncated: Bool
    let cells: [Cell]
  }

  private let cohorts: [Cohort]
  /// By age: of all complete cohorts.
  private let pooled: [Int: Share]
  private let customerCount: Int
  private let cohortCount: Int
  private let activity: String
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["retention"]
    let known = table.words(of: "activity")
    guard let activity = ["any", "contact"].first(where: known.contains) ?? known.first else { return nil }
    let rows = table.rows(where: ["unit": "customer", "grain": "month", "clock": "calendar", "activity": activity])
    let months = table.byMonth(rows, "cohort").compactMap { month, rows -> Cohort? in
      let size = rows.map { table["cohort_size"].count($0) }.max() ?? 0
      guard size > 0 else { return nil }
      let cells = rows.map {
        Cell(
          age: table["age"].count($0), bounded: min(size, table["bounded"].count($0)),
          isComplete: table["complete"].flag($0) ?? false)
      }
      return Cohort(
        month: month, size: size, isLeftTruncated: rows.contains { table["left_truncated"].flag($0) ?? false },
        cells: cells.filter { $0.age <= Self.ageMax }.sorted { $0.age < $1.age })
    }
    var sums: [Int: (part: Int, whole: Int)] = [:]
    for cohort in months {
      for cell in cohort.cells where cell.isComplete {
        sums[cell.age, default: (0, 0)].part += cell.bounded
        sums[cell.age, default: (0, 0)].whole += cohort.size
      }
    }
    guard !months.isEmpty else { return nil }
    pooled = sums.compactMapValues { Share($0.part, of: $0.whole) }
    cohorts = months.suffix(Self.cohortCountMax)
    (cohortCount, customerCount) = (months.count, months.reduce(0) { $0 + $1.size })
    self.activity = activity
    origin = tables.origin
  }

  var title: String {
    let told = [1, 3, 6, 12].filter { pooled[$0] != nil }
    guard let last = told.last, let first = told.first(where: { $0 < last }) ?? told.first else {
      return "\(Numbers.count(customerCount, "customer")) began; no month after that is over yet"
    }
    func later(_ age: Int) -> String {
      age == 1 ? "the month after" : age == 12 ? "a year later" : "\(age) months later"
    }
    func say(_ age: Int) -> String { Numbers.ofHundred(pooled[age]!.rate).replacing("<1", with: "fewer than 1") }
    let tail = first == last ? "" : ", \(say(last)) \(later(last))"
    return "Of every 100 new customers, \(say(first)) were in touch \(later(first))\(tail)"
  }

  var count: String {
    "n = \(Numbers.count(customerCount, "customer")) in \(Numbers.count(cohortCount, "cohort"))"
      + (cohortCount > cohorts.count ? ", of which the last \(cohorts.count) are shown" : "")
  }

  var legend: String {
    let touch = activity == "any" ? "any touch" : "touches of the sort “\(activity)”"
    let old = cohorts.contains { $0.isLeftTruncated } ? " ‹ marks cohorts that may have begun before the record does." : ""
    return "A row is the month customers began, a column how many months later; the number is the percentage that had "
      + "\(touch) in that month. Dashed: that month is not over yet.\(old)"
  }

  var commands: [String] {
    guard let cohort = cohorts.first(where: { $0.cells.contains { $0.age == 1 && $0.isComplete } }) else {
      return [origin.replay("retention")]
    }
    let row = ["customer", activity, "month", "calendar", "\(cohort.month)", "1"]
    return [origin.explain("retention", "bounded_rate", row: row), origin.replay("retention")]
  }

  var height: Double { Self.top + Double(cohorts.count + 1) * Self.cell + 10 }

  func draw(into page: inout Markup) {
    let (left, top, cell) = (128.0, Self.top, Self.cell)
    let width = (Chart.width - left - 2) / Double(Self.ageMax + 1)
    let pooledRow = top + Double(cohorts.count) * cell + 6
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: cohorts.map { cohort in
        "\(Numbers.month(cohort.month)), \(cohort.size) customers: "
          + cohort.cells.filter(\.isComplete).map { Numbers.percent(Double($0.bounded) / Double(cohort.size)) }
          .joined(separator: ", ")
      }.joined(separator: "; "), height: height)
    chart.draw(into: &page) { page in
      page.label(0, 12, "began in", class: "s")
      page.label(left - 8, 12, "n", .end, class: "s")
      page.label(left, 12, "months later", class: "s")
      for age in 0...Self.ageMax {
        page.label(left + (Double(age) + 0.5) * width, 28, String(age), .middle, class: "s")
      }
      for (index, cohort) in cohorts.enumerated() {
        let y = top + Double(index) * cell
        page.label(0, y + 15, (cohort.isLeftTruncated ? "‹ " : "") + Numbers.month(cohort.month))
        page.label(left - 8, y + 15, Numbers.compact(cohort.size), .end)
        for entry in cohort.cells {
          draw(
            Double(entry.bounded) / Double(cohort.size), isComplete: entry.isComplete,
            left + Double(entry.age) * width, y, width, cell, into: &page)
        }
      }
      page.label(0, pooledRow + 15, "all", class: "b")
      for (age, share) in pooled.sorted(by: { $0.key < $1.key }) {
        draw(share.rate, isComplete: true, left + Double(age) * width, pooledRow, width, cell, into: &page)
      }
    }
  }

  private func draw(
    _ share: Double, isComplete: Bool, _ x: Double, _ y: Double, _ width: Double, _ height: Double, into page: inout Markup
  ) {
    guard isComplete else {
      page.box(x + 1.5, y + 1.5, width - 3, height - 3, class: "open")
      return
    }
    page.empty(
      "rect",
      [
        "x": Numbers.place(x + 0.5), "y": Numbers.place(y + 0.5), "width": Numbers.place(width - 1),
        "height": Numbers.place(height - 1), "rx": "2", "class": "we", "fill-opacity": Numbers.decimal(0.06 + 0.94 * share, 2),
      ])
    page.label(x + width / 2, y + height / 2 + 4.5, Numbers.ofHundred(share), .middle, class: Self.ink(share))
  }

  /// A number in a cell is black or white, whichever its ground lets be read: the shades in which that changes are other
  /// ones by day and by night.
  private static func ink(_ share: Double) -> String {
    "c" + (share > 0.74 ? " on" : "") + (share > 0.55 ? " on-night" : "")
  }
}
