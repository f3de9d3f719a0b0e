import KeptFormat

/// Whether customers fare alike, whichever way they come.
struct ChannelsFigure: Figure {
  static let subject = FigureSubject(
    id: "channels", name: "Channels alike?",
    needs: [
      "channels": [
        "channel", "period", "care_rate_num", "care_rate_den", "replied_share_num", "replied_share_den",
      ],
      "customers": ["split_channels"], "signals": ["list", "touches"],
    ],
    defines: [("channels", "care_rate"), ("channels", "replied_share"), ("customers", "split_channels")])

  private static let channelCountMax = 10
  /// With fewer touches a channel is drawn, but the sentence above speaks of the others.
  private static let touchCountMin = 20

  private static let measures: [(column: String, part: String, whole: String)] = [
    ("care_rate", "met with care", "orders, questions and complaints"),
    ("replied_share", "answered", "words of theirs"),
  ]

  private struct Panel {
    let measure: String
    let part: String
    let whole: String
    /// Those with most touches.
    let rows: [ShareRow]
    let all: Share

    /// "Orders, questions and complaints met with care"
    var words: String { whole.prefix(1).uppercased() + whole.dropFirst() + " " + part }
    var height: Double { ShareRow.height(of: rows) + 26 }
  }

  private let panels: [Panel]
  /// Of the customers whom two channels can be compared for, how far those differ, in points; sorted.
  private let splits: [Double]
  private let cell: (channel: String, month: CivilDate)
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["channels"]
    let signals = tables["signals"]
    // Where no rule heard anything of what we did or how they felt, no touch can add up to care, and none lacks it.
    let isCareHeard = ["we_done", "we_felt"].contains { signals.sum("touches", signals.rows(where: ["list": $0])) > 0 }
    let channels = table.grouped(by: "channel")
    panels = Self.measures.compactMap { measure, part, whole in
      guard measure != "care_rate" || isCareHeard else { return nil }
      let rows = channels.compactMap { channel, rows in
        Share(table.sum(measure + "_num", rows), of: table.sum(measure + "_den", rows)).map {
          ShareRow(name: channel.replacing("_", with: " "), share: $0)
        }
      }
      let largest = rows.sorted { ($1.share.whole, $0.name) < ($0.share.whole, $1.name) }.prefix(Self.channelCountMax)
      let sum = rows.reduce(into: (part: 0, whole: 0)) { $0 = ($0.part + $1.share.part, $0.whole + $1.share.whole) }
      return Share(sum.part, of: sum.whole).map {
        Panel(measure: measure, part: part, whole: whole, rows: Array(largest), all: $0)
      }
    }
    guard let first = panels.first else { return nil }
    let said = (0..<table.rowCount).filter { table[first.measure + "_den"].count($0) > 0 }
    guard let month = table.byMonth(said).last, let channel = table["channel"].text(month.rows[0]) else { return nil }
    cell = (channel, month.month)
    let split = tables["customers"]["split_channels"]
    splits = (0..<tables["customers"].rowCount).compactMap { split.number($0) }.sorted()
    origin = tables.origin
  }

  var title: String {
    let panel = panels[0]
    let large = panel.rows.filter { $0.share.whole >= Self.touchCountMin }
    let compared = large.count > 1 ? large : panel.rows
    guard let best = compared.max(by: { $0.share.rate < $1.share.rate }),
      let worst = compared.min(by: { $0.share.rate < $1.share.rate }), compared.count > 1
    else {
      return "All came by \(Numbers.short(panel.rows[0].name, 30)), so that there is nothing to compare: "
        + "\(Numbers.percent(panel.all.rate)) of \(panel.whole) were \(panel.part)"
    }
    let surely = best.share.low > worst.share.high ? "" : ", which may be chance"
    return "By \(Numbers.short(best.name, 30)), \(Numbers.percent(best.share.rate)) of \(panel.whole) were \(panel.part), by "
      + "\(Numbers.short(worst.name, 30)) \(Numbers.percent(worst.share.rate))\(surely)"
  }
  var count: String {
    let compared =
      splits.isEmpty
      ? ""
      : "; \(Numbers.count(splits.count, "customer")) met us through several, half of whom fared "
        + "\(Numbers.decimal(splits[splits.count / 2])) points or more apart"
    return "n = " + panels.map { "\(Numbers.whole($0.all.whole)) \($0.whole)" }.joined(separator: "; ") + compared
  }
  var legend: String { "A dot is a channel’s share, its line the 95 % interval, the tall mark all channels together." }
  var commands: [String] {
    [
      origin.explain(measure: panels[0].measure, row: ["channel", cell.channel, "\(cell.month)"]),
      origin.replay("channels"),
    ]
  }
  var height: Double { panels.reduce(0) { $0 + $1.height } + Double(panels.count - 1) * 14 }

  func draw(into page: inout Markup) {
    let bounds = ShareRow.bounds(panels.flatMap(\.rows))
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: panels.map { panel in
        "\(panel.words): " + panel.rows.map { "\($0.name) \($0.share.sentence)" }.joined(separator: "; ")
      }.joined(separator: ". "), height: height)
    chart.draw(into: &page) { page in
      var top = 0.0
      for panel in panels {
        page.label(0, top + 14, panel.words, class: "b")
        ShareRow.draw(panel.rows, all: panel.all, in: bounds, top: top + 28, into: &page)
        top += panel.height + 14
      }
    }
  }
}
