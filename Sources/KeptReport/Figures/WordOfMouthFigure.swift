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
    guard let share = all.share, let told = months.last(where: { table.sum(Self.opinion(share), $0.rows) > 0 })
    else { return nil }
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

  /// The column of those who are more.
  private static func opinion(_ share: Share) -> String { share.rate > 0 ? "satisfied" : "dissatisfied" }

  private var low: Double { all.odds(allShare.low) }
  private var high: Double { all.odds(allShare.high) }

  var title: String {
    guard let breakEven, all.dissatisfied > 0 else {
      return "All who said how they liked it were satisfied, \(Numbers.count(all.satisfied, "customer"))"
    }
    guard all.satisfied > 0 else {
      return "None of those who said how they liked it was satisfied, \(Numbers.count(all.dissatisfied, "customer"))"
    }
    let ratio = Double(all.satisfied) / Double(all.dissatisfied)
    let verdict = high < breakEven ? "below" : low > breakEven ? "above" : "not surely apart from"
    return "For each dissatisfied customer there were \(Numbers.decimal(ratio, 2)) satisfied ones "
      + "(\(Numbers.decimal(low, 2)) to \(Numbers.decimal(high, 2))): \(verdict) the \(Numbers.decimal(breakEven)) "
      + "it takes to break even"
  }
  var count: String {
    "n = \(Numbers.whole(all.satisfied)) satisfied and \(Numbers.whole(all.dissatisfied)) dissatisfied, by each customer’s "
      + "last rating of a month"
  }
  var legend: String {
    "A dot is satisfied for each dissatisfied, its line the 95 % interval, at the right how many of both; left of the upright "
      + "line word of mouth does more harm than good. Below, how many people are told: at least the bar, at most the dashed "
      + "box."
  }
  var commands: [String] {
    [
      origin.explain("word_of_mouth", Self.opinion(allShare), row: ["\(month)"]),
      origin.replay("word_of_mouth"),
    ]
  }

  /// Powers of two that enclose the intervals and what breaks even, within 1/64 to 64.
  private var ticks: [Double] {
    let values = spans.compactMap(\.share).flatMap { [all.odds($0.low), all.odds($0.high)] } + [low, high, breakEven ?? 1]
    var (least, most) = (0.5, 4.0)
    while least > 1.0 / 64, values.contains(where: { $0 < least }) { least /= 2 }
    while most < 64, values.contains(where: { $0 > most }) { most *= 2 }
    return sequence(first: least) { $0 * 2 }.prefix { $0 <= most }.map { $0 }
  }

  private static func odds(_ tick: Double) -> String {
    switch tick {
    case 0.5: "½"
    case 0.25: "¼"
    case 0.125: "⅛"
    case ..<1: "1⁄\(Numbers.decimal(1 / tick, 0))"
    default: Numbers.decimal(tick, 0)
    }
  }

  var height: Double { 24 + Double(spans.count + 1) * 30 + 122 }

  func draw(into page: inout Markup) {
    let rows = spans + [all]
    let numbers = rows.map { "\(Numbers.whole($0.satisfied)) : \(Numbers.whole($0.dissatisfied))" }
    let ticks = ticks
    let right = Chart.width - 14 - numbers.map { TextWidth.of($0, height: TextWidth.label - 1) }.max()!
    let x = Scale(logarithmic: ticks[0]...ticks.last!, to: 96, right)
    let bottom = 24 + Double(rows.count) * 30
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: rows.map { "\($0.name): \($0.satisfied) satisfied, \($0.dissatisfied) dissatisfied" }.joined(
        separator: "; "),
      height: height)
    chart.draw(into: &page) { page in
      for (index, tick) in ticks.enumerated() {
        page.line(x(tick), 20, x(tick), bottom, class: "grid")
        guard ticks.count <= 8 || index % 2 == 0 else { continue }
        page.label(x(tick), bottom + 16, Self.odds(tick), .middle, class: "s")
      }
      page.label((96 + right) / 2, bottom + 34, "satisfied for each dissatisfied", .middle, class: "s")
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
        page.label(Chart.width - 2, y + 4, numbers[index], .end, class: "s")
      }
      drawTold(top: bottom + 58, into: &page)
    }
  }

  private func drawTold(top: Double, into page: inout Markup) {
    let words = told.map { told in
      told.high > 0 ? "\(Numbers.decimal(told.low, 0)) to \(Numbers.decimal(told.high, 0))" : "nobody"
    }
    let right = Chart.width - 12 - words.map { TextWidth.of($0) }.max()!
    let people = Scale(0...max(1, told.map(\.high).max()!), to: 96, right)
    for (index, told) in told.enumerated() {
      let y = top + Double(index) * 34
      page.label(84, y + 15, "told \(told.words)", .end)
      page.box(people(0), y, people(told.low) - people(0), 20, class: index == 0 ? "fill we" : "fill they")
      page.box(people(told.low), y, people(told.high) - people(told.low), 20, class: "range")
      page.label(people(told.high) + 8, y + 15, words[index], class: "b")
    }
  }
}
