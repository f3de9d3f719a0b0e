import KeptFormat

/// The satisfied for each dissatisfied, against what it takes to break even.
struct WordOfMouthFigure: Figure {
  static let subject = FigureSubject(
    id: "word-of-mouth", name: "Word of mouth",
    needs: [
      "word_of_mouth": [
        "period", "satisfied", "dissatisfied", "balance", "told_good_lo", "told_good_hi", "told_bad_lo", "told_bad_hi",
      ]
    ],
    defines: [
      ("word_of_mouth", "ratio"), ("word_of_mouth", "balance"), ("word_of_mouth", "told_good_lo"),
      ("word_of_mouth", "told_bad_lo"),
    ])

  private struct Span {
    let name: String
    let satisfied: Int
    let dissatisfied: Int

    /// The share of the satisfied among those with an opinion, as satisfied for each dissatisfied.
    func odds(_ share: Double) -> Double { share >= 1 ? .infinity : share / (1 - share) }
    var share: Share? { Share(satisfied, of: satisfied + dissatisfied) }
  }

  private static let most = 16.0
  private static let least = 0.25

  private let spans: [Span]
  private let all: Span
  private let allShare: Share
  /// Satisfied that outweigh one dissatisfied, as the rulebook of the snapshot has it; nil where nobody was dissatisfied.
  private let breakEven: Double?
  private let told: [(words: String, low: Double, high: Double)]
  private let month: CivilDate
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["word_of_mouth"]
    let rows = Array(0..<table.rowCount)
    let months = table.byMonth(rows)
    all = Span(name: "all", satisfied: table.sum("satisfied", rows), dissatisfied: table.sum("dissatisfied", rows))
    guard let share = all.share, let told = months.last(where: { table.sum("satisfied", $0.rows) > 0 }) else { return nil }
    allShare = share
    month = told.month
    let balance = table.total("balance", rows)
    breakEven = all.dissatisfied > 0 ? (Double(all.satisfied) - balance) / Double(all.dissatisfied) : nil
    var years: [Int: [Int]] = [:]
    for month in months { years[month.month.year, default: []] += month.rows }
    spans = years.sorted { $0.key < $1.key }.suffix(6).map { year, rows in
      let isOpen = tables.origin.isOpen(month: CivilDate(year: year, month: 12, day: 1))
      return Span(
        name: isOpen ? "\(year) so far" : "\(year)", satisfied: table.sum("satisfied", rows),
        dissatisfied: table.sum("dissatisfied", rows))
    }
    self.told = [
      ("good", table.total("told_good_lo", rows), table.total("told_good_hi", rows)),
      ("bad", table.total("told_bad_lo", rows), table.total("told_bad_hi", rows)),
    ]
    origin = tables.origin
  }

  private var low: Double { all.odds(allShare.low) }
  private var high: Double { all.odds(allShare.high) }

  var title: String {
    guard let breakEven, all.dissatisfied > 0 else {
      return "All \(Numbers.whole(all.satisfied)) customers who said how they liked it were satisfied"
    }
    let ratio = Double(all.satisfied) / Double(all.dissatisfied)
    let verdict = high < breakEven ? "below" : low > breakEven ? "above" : "not surely apart from"
    return "For each dissatisfied customer there were \(Numbers.decimal(ratio, 2)) satisfied ones "
      + "(\(Numbers.decimal(low, 2)) to \(Numbers.decimal(high, 2))): \(verdict) the \(Numbers.decimal(breakEven)) it takes to break even"
  }
  var count: String {
    "n = \(Numbers.whole(all.satisfied)) satisfied and \(Numbers.whole(all.dissatisfied)) dissatisfied, by each customer’s last "
      + "rating of a month"
  }
  var legend: String {
    "A dot is satisfied for each dissatisfied, its line the 95 % interval; left of the upright line word of mouth does more harm "
      + "than good. Below, how many people are told."
  }
  var commands: [String] {
    [
      origin.explain("word_of_mouth", "satisfied", row: ["\(month)"]),
      origin.replay("word_of_mouth"),
    ]
  }

  func draw(into page: inout Markup) {
    let rows = spans + [all]
    let x = Scale(logarithmic: Self.least...Self.most, to: 96, 404)
    let bottom = 24 + Double(rows.count) * 30
    let people = Scale(0...max(1, told.map(\.high).max()!), to: 96, 380)
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: rows.map { "\($0.name): \($0.satisfied) satisfied, \($0.dissatisfied) dissatisfied" }.joined(
        separator: "; "),
      height: bottom + 112)
    chart.draw(into: &page) { page in
      for tick in [0.25, 0.5, 1, 2, 4, 8, 16] {
        page.line(x(tick), 20, x(tick), bottom, class: "grid")
        page.label(x(tick), bottom + 16, tick == 0.25 ? "¼" : tick == 0.5 ? "½" : Numbers.decimal(tick, 0), .middle, class: "s")
      }
      if let breakEven, breakEven > 0 {
        page.line(x(breakEven), 16, x(breakEven), bottom, class: "mark")
        page.label(x(breakEven), 12, "breaks even: \(Numbers.decimal(breakEven)) : 1", .middle, class: "b")
      }
      for (index, span) in rows.enumerated() {
        let y = 24 + (Double(index) + 0.5) * 30
        page.label(84, y + 4, span.name, .end, class: index == spans.count ? "b" : "")
        guard let share = span.share else {
          page.label(96, y + 4, "nobody said", class: "s")
          continue
        }
        page.line(x(span.odds(share.low)), y, x(span.odds(share.high)), y, class: "whisker")
        page.dot(x(span.odds(share.rate)), y, index == spans.count ? 7 : 5, class: "disc solid")
        page.label(476, y + 4, "\(Numbers.whole(span.satisfied)) : \(Numbers.whole(span.dissatisfied))", .end, class: "s")
      }
      for (index, told) in told.enumerated() {
        let y = bottom + 36 + Double(index) * 34
        page.label(84, y + 15, "told \(told.words)", .end)
        page.box(people(0), y, people(told.low) - people(0), 20, class: index == 0 ? "fill we" : "fill they")
        page.box(people(told.low), y, people(told.high) - people(told.low), 20, class: "range")
        page.label(
          people(told.high) + 8, y + 15,
          told.high > 0 ? "\(Numbers.decimal(told.low, 0)) to \(Numbers.decimal(told.high, 0))" : "nobody", class: "b")
      }
    }
  }
}
