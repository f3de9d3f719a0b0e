import KeptFormat

/// How into each other customers and we are, and who moved.
struct QuadrantFigure: Figure {
  static let subject = FigureSubject(
    id: "quadrant", name: "We and they",
    needs: [
      "customers": ["we_index", "they_index", "quadrant"],
      "moves": ["unit", "period", "from_quadrant", "to_quadrant", "customers", "complete"],
    ],
    defines: [("customers", "we_index"), ("customers", "they_index"), ("customers", "quadrant"), ("moves", "customers")])

  private static let binCount = 20
  /// Half of what is between the middles of two bins, so that no disc covers another.
  private static let radiusMax = 10.0

  private let counts: [QuadrantMoves.Place: Int]
  private let customerCount: Int
  /// Customers by bins of ten points: we across, they up.
  private let bins: [Int: Int]
  private let placed: Int
  /// nil: no month is over yet.
  private let moves: QuadrantMoves?
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let customers = tables["customers"]
    var counts: [QuadrantMoves.Place: Int] = [:]
    var bins: [Int: Int] = [:]
    var placed = 0
    for place in QuadrantMoves.Place.allCases { counts[place] = customers.rows(where: ["quadrant": place.rawValue]).count }
    let we = customers["we_index"]
    let they = customers["they_index"]
    for row in 0..<customers.rowCount {
      guard let ours = we.number(row), let theirs = they.number(row) else { continue }
      placed += 1
      bins[Self.bin(theirs) * Self.binCount + Self.bin(ours), default: 0] += 1
    }
    guard placed > 0 else { return nil }
    (self.counts, customerCount, self.bins, self.placed) = (counts, customers.rowCount, bins, placed)
    (moves, origin) = (QuadrantMoves(tables["moves"]), tables.origin)
  }

  private static func bin(_ index: Double) -> Int { min(binCount - 1, max(0, Int(((index + 100) / 10).rounded(.down)))) }

  private func customers(_ place: QuadrantMoves.Place) -> String { Numbers.whole(counts[place] ?? 0) }

  var title: String {
    let mutual = "\(customers(.mutual)) of \(Numbers.count(customerCount, "customer")) and we are into each other"
    guard let moves, moves.count > 0 else {
      return "\(mutual); only we are into \(customers(.ours)), and only they into us are \(customers(.theirs))"
    }
    return "\(mutual): in \(Numbers.count(moves.months.count, "month")) \(Numbers.whole(moves.into(.mutual))) came to that and "
      + "\(Numbers.whole(moves.outOf(.mutual))) left it"
  }
  var count: String {
    "n = \(Numbers.count(placed, "customer")) with both indices; of \(Numbers.whole(customerCount - placed)) a side is silent"
  }
  var legend: String {
    let largest = Numbers.count(bins.values.max() ?? 0, "customer")
    let moved =
      moves.map { moves in
        " Below, an arrow is how many moved that way from one month to the next, "
          + "\(Numbers.span(moves.months[0], moves.months.last!)), \(Numbers.count(moves.count, "move")) in all; "
          + "those that lead to being into each other are dark, those that lead away dashed. Whoever moves twice counts twice."
      } ?? ""
    return "A disc is customers within ten points of each other, its area how many, the largest \(largest). Inside the cross "
      + "nothing is said either way." + moved
  }
  var commands: [String] {
    [origin.replay("customers")] + (moves == nil ? [] : [origin.replay("moves")])
  }
  var height: Double { 448 + (moves == nil ? 0 : QuadrantMoves.height + 60) }

  func draw(into page: inout Markup) {
    let x = Scale(-100...100, to: 62, 462)
    let y = Scale(-100...100, to: 410, 10)
    let most = Double(bins.values.max() ?? 1)
    let chart = Chart(
      id: Self.subject.id, title: title,
      description: QuadrantMoves.Place.allCases.map { "\($0.words): \(customers($0))" }.joined(separator: ", "), height: 448)
    chart.draw(into: &page) { page in
      page.box(62, 10, 400, 400, class: "frame")
      page.box(x(-10), 10, x(10) - x(-10), 400, class: "cross")
      page.box(62, y(10), 400, y(-10) - y(10), class: "cross")
      for (place, left, top) in [
        (QuadrantMoves.Place.mutual, x(100) - 8, 28.0), (.theirs, x(-100) + 8, 28), (.neither, x(-100) + 8, 402),
        (.ours, x(100) - 8, 402),
      ] {
        page.label(left, top, "\(place.words): \(customers(place))", left > 260 ? .end : .start, class: "b")
      }
      for (bin, count) in bins.sorted(by: { $0.key < $1.key }) {
        let radius = max(2, Self.radiusMax * (Double(count) / most).squareRoot())
        let (ours, theirs) = (Double(bin % Self.binCount) * 10 - 95, Double(bin / Self.binCount) * 10 - 95)
        page.dot(x(ours), y(theirs), radius, class: "disc")
      }
      for tick in [-100.0, -50, 0, 50, 100] {
        page.label(x(tick), 426, Numbers.signed(tick), tick == -100 ? .start : tick == 100 ? .end : .middle, class: "s")
        page.label(56, y(tick) + (tick == 100 ? 9 : 4), Numbers.signed(tick), .end, class: "s")
      }
      page.label(262, 444, "how into them we are →", .middle, class: "s")
      page.element(
        "text", ["transform": "translate(12 210) rotate(-90)", "text-anchor": "middle", "class": "l s"],
        "how into us they are →")
    }
    moves?.draw(counts, id: "\(Self.subject.id)-moves", into: &page)
  }
}
