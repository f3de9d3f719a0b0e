import KeptFormat

/// How into each other customers and we are, and who moved.
struct QuadrantFigure: Figure {
  static let subject = FigureSubject(
    id: "quadrant", name: "We and they",
    needs: [
      "customers": ["we_index", "they_index", "quadrant"],
      "moves": ["unit", "period", "from_quadrant", "to_quadrant", "customers", "complete"],
    ],
    defines: [("customers", "we_index"), ("customers", "they_index"), ("customers", "quadrant"), ("moves", "customers")],
    shape: .tall)

  private static let names = [
    "mutual": "into each other", "unrequited_ours": "only we are", "unrequited_theirs": "only they are",
    "indifferent": "neither is", "unknown": "not known",
  ]
  private static let order = ["mutual", "unrequited_ours", "unrequited_theirs", "indifferent", "unknown"]
  private static let binCount = 20

  private let counts: [String: Int]
  private let customerCount: Int
  /// Customers by bins of ten points: we across, they up.
  private let bins: [Int: Int]
  private let placed: Int
  private let moves: [String: Int]
  private let months: [CivilDate]
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let customers = tables["customers"]
    guard customers.rowCount > 0 else { return nil }
    var counts: [String: Int] = [:]
    var bins: [Int: Int] = [:]
    var placed = 0
    for name in Self.order { counts[name] = customers.rows(where: ["quadrant": name]).count }
    let (we, they) = (customers["we_index"], customers["they_index"])
    for row in 0..<customers.rowCount {
      guard let ours = we.number(row), let theirs = they.number(row) else { continue }
      placed += 1
      bins[Self.bin(theirs) * Self.binCount + Self.bin(ours), default: 0] += 1
    }
    guard placed > 0 || counts["unknown"] != customers.rowCount else { return nil }
    let table = tables["moves"]
    let rows = table.rows(where: ["unit": "customer"]).filter { table["complete"].flag($0) ?? false }
    let year = table.byMonth(rows, last: 12)
    var moves: [String: Int] = [:]
    for row in year.flatMap(\.rows) {
      guard let from = table["from_quadrant"].text(row), let to = table["to_quadrant"].text(row) else { continue }
      moves["\(from) \(to)", default: 0] += table["customers"].count(row)
    }
    (self.counts, customerCount, self.bins, self.placed) = (counts, customers.rowCount, bins, placed)
    (self.moves, months, origin) = (moves, year.map(\.month), tables.origin)
  }

  private static func bin(_ index: Double) -> Int { min(binCount - 1, max(0, Int(((index + 100) / 10).rounded(.down)))) }

  var title: String {
    func of(_ name: String) -> String { Numbers.whole(counts[name] ?? 0) }
    return
      "Of \(Numbers.count(customerCount, "customer")), \(of("mutual")) and we are into each other; \(of("unrequited_ours")) "
      + "we are into and they are not, \(of("unrequited_theirs")) the other way round"
  }
  var count: String {
    "n = \(Numbers.whole(placed)) customers with both indices; of \(Numbers.whole(customerCount - placed)) one side is silent"
  }
  var legend: String {
    let moved =
      months.isEmpty
      ? ""
      : " The table counts how customers moved from month to month, \(Numbers.month(months[0])) to \(Numbers.month(months.last!))."
    return
      "A disc is customers within ten points of each other, its area how many. Inside the cross nothing is said either way."
      + moved
  }
  var commands: [String] {
    var commands = [origin.replay("customers")]
    let moved = Self.order.flatMap { from in Self.order.filter { $0 != from }.map { (from, $0) } }
      .first { moves["\($0.0) \($0.1)"] ?? 0 > 0 }
    if moved != nil { commands.append(origin.replay("moves")) }
    return commands
  }

  func draw(into page: inout Markup) {
    let x = Scale(-100...100, to: 62, 462)
    let y = Scale(-100...100, to: 410, 10)
    let most = Double(bins.values.max() ?? 1)
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: Self.order.map { "\(Self.names[$0]!): \(counts[$0] ?? 0)" }.joined(separator: ", "), height: 448)
    chart.draw(into: &page) { page in
      page.box(62, 10, 400, 400, class: "frame")
      page.box(x(-10), 10, x(10) - x(-10), 400, class: "cross")
      page.box(62, y(10), 400, y(-10) - y(10), class: "cross")
      for (name, left, top) in [
        ("mutual", x(100) - 8, 28.0), ("unrequited_theirs", x(-100) + 8, 28), ("indifferent", x(-100) + 8, 402),
        ("unrequited_ours", x(100) - 8, 402),
      ] {
        page.label(left, top, "\(Self.names[name]!): \(counts[name] ?? 0)", left > 260 ? .end : .start, class: "b")
      }
      for (bin, count) in bins.sorted(by: { $0.key < $1.key }) {
        let radius = 3 + 13 * (Double(count) / most).squareRoot()
        let (ours, theirs) = (Double(bin % Self.binCount) * 10 - 95, Double(bin / Self.binCount) * 10 - 95)
        page.dot(x(ours), y(theirs), radius, class: "disc")
        if radius > 9 { page.label(x(ours), y(theirs) + 4, String(count), .middle, class: "s") }
      }
      for tick in [-100.0, -50, 0, 50, 100] {
        page.label(x(tick), 425, Numbers.signed(tick), tick == -100 ? .start : tick == 100 ? .end : .middle, class: "s")
        page.label(56, y(tick) + (tick == 100 ? 9 : 4), Numbers.signed(tick), .end, class: "s")
      }
      page.label(262, 443, "how into them we are →", .middle, class: "s")
      page.element(
        "text", ["transform": "translate(12 210) rotate(-90)", "text-anchor": "middle", "class": "l s"],
        "how into us they are →")
    }
    if !moves.isEmpty { drawMoves(into: &page) }
  }

  private func drawMoves(into page: inout Markup) {
    page.element("table", ["class": "moves"]) { page in
      page.element("caption", "Moves in \(Numbers.count(months.count, "month")): from the row to the column")
      page.element("thead") { page in
        page.element("tr") { page in
          page.element("th", ["scope": "col"], "from")
          for name in Self.order { page.element("th", ["scope": "col"], Self.names[name]!) }
        }
      }
      page.element("tbody") { page in
        for from in Self.order {
          page.element("tr") { page in
            page.element("th", ["scope": "row"], Self.names[from]!)
            for to in Self.order {
              let count = moves["\(from) \(to)"] ?? 0
              page.element(
                "td", ["class": from == to ? "same" : count > 0 ? "moved" : ""], from == to ? "·" : Numbers.whole(count))
            }
          }
        }
      }
    }
  }
}
