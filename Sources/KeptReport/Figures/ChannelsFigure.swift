import KeptFormat

/// Whether customers fare alike, whichever way they come.
struct ChannelsFigure: Figure {
  static let subject = FigureSubject(
    id: "channels", name: "Channels alike?",
    needs: [
      "channels": [
        "channel", "period", "care_rate_num", "care_rate_den", "replied_share_num", "replied_share_den",
      ],
      "customers": ["split_channels"],
    ],
    defines: [("channels", "care_rate"), ("channels", "replied_share"), ("customers", "split_channels")])

  private static let channelCountMax = 10
  /// With fewer touches a channel is drawn, but the sentence above speaks of the others.
  private static let touchCountMin = 20

  private struct Panel {
    let measure: String
    let words: String
    let rows: [ShareRow]
    let all: Share
  }

  private let panels: [Panel]
  /// Of the customers whom two channels can be compared for, how far those differ, in points; sorted.
  private let splits: [Double]
  private let cell: (channel: String, month: CivilDate)
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["channels"]
    let channels = table.grouped(by: "channel")
    panels = [("care_rate", "touches that add up to care"), ("replied_share", "words of theirs that we answered")].compactMap {
      measure, words in
      let rows = channels.compactMap { channel, rows in
        Share(table.sum(measure + "_num", rows), of: table.sum(measure + "_den", rows)).map {
          ShareRow(name: channel, share: $0)
        }
      }
      let largest = rows.sorted { ($1.share.whole, $0.name) < ($0.share.whole, $1.name) }.prefix(Self.channelCountMax)
      let sum = largest.reduce(into: (part: 0, whole: 0)) { $0 = ($0.part + $1.share.part, $0.whole + $1.share.whole) }
      return Share(sum.part, of: sum.whole).map { Panel(measure: measure, words: words, rows: Array(largest), all: $0) }
    }
    guard let first = panels.first, let channel = first.rows.first?.name else { return nil }
    let said = table.rows(where: ["channel": channel]).filter { table[first.measure + "_den"].count($0) > 0 }
    guard let month = table.byMonth(said).last?.month else { return nil }
    cell = (channel, month)
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
    else { return "All customers come through \(Numbers.short(cell.channel, 30)): there is nothing to compare" }
    let surely = best.share.low > worst.share.high ? "" : ", which may be chance"
    return "\(panel.words.prefix(1).uppercased() + panel.words.dropFirst()): \(Numbers.percent(best.share.rate)) by "
      + "\(Numbers.short(best.name, 30)), \(Numbers.percent(worst.share.rate)) by \(Numbers.short(worst.name, 30))\(surely)"
  }
  var count: String {
    let compared =
      splits.isEmpty
      ? ""
      : "; \(Numbers.count(splits.count, "customer")) met us through several, half of whom fared "
        + "\(Numbers.decimal(splits[splits.count / 2])) points or more apart"
    return "n = " + panels.map { "\(Numbers.whole($0.all.whole)) (\($0.words))" }.joined(separator: ", ") + compared
  }
  var legend: String { "A dot is a channel’s share, its line the 95 % interval, the tall mark all channels together." }
  var commands: [String] {
    [
      origin.explain(measure: panels[0].measure, row: ["channel", cell.channel, "\(cell.month)"]),
      origin.replay("channels"),
    ]
  }

  func draw(into page: inout Markup) {
    let tops = panels.indices.map { panel in panels[..<panel].reduce(0) { $0 + Double($1.rows.count) * 28 + 66 } }
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: panels.map { panel in
        "\(panel.words): " + panel.rows.map { "\($0.name) \($0.share.sentence)" }.joined(separator: "; ")
      }.joined(separator: ". "),
      height: tops.last! + Double(panels.last!.rows.count) * 28 + 50)
    chart.draw(into: &page) { page in
      for (panel, top) in zip(panels, tops) {
        page.label(0, top + 14, panel.words.prefix(1).uppercased() + panel.words.dropFirst(), class: "b")
        ShareRow.draw(panel.rows, all: panel.all, from: 132, to: 400, top: top + 26, into: &page)
      }
    }
  }
}
