import KeptFormat

/// How customers moved between the quadrants of WE and THEY from one month's end to the next's, in the last months that are
/// over.
struct QuadrantMoves {
  /// Where somebody stands; the raw values are the words of the tables.
  enum Place: String, CaseIterable {
    case mutual
    case ours = "unrequited_ours"
    case theirs = "unrequited_theirs"
    case neither = "indifferent"
    case unknown

    var words: String {
      switch self {
      case .mutual: "into each other"
      case .ours: "only we are"
      case .theirs: "only they are"
      case .neither: "neither is"
      case .unknown: "not known"
      }
    }

    /// The middle of its box: where it lies in the quadrant, and in the midst of all what is not known.
    fileprivate var middle: (x: Double, y: Double) {
      switch self {
      case .mutual: (408, 30)
      case .ours: (408, 270)
      case .theirs: (72, 30)
      case .neither: (72, 270)
      case .unknown: (240, 150)
      }
    }
  }

  static let height = 302.0
  private static let monthCount = 12
  private static let box = (width: 140.0, height: 52.0)

  let months: [CivilDate]
  private let counts: [Place: [Place: Int]]

  /// nil: no month is over yet.
  init?(_ table: ReportTable) {
    let rows = table.rows(where: ["unit": "customer"]).filter { table["complete"].flag($0) ?? false }
    let year = table.byMonth(rows, last: Self.monthCount)
    guard !year.isEmpty else { return nil }
    months = year.map(\.month)
    var counts: [Place: [Place: Int]] = [:]
    for row in year.flatMap(\.rows) {
      guard let from = table["from_quadrant"].text(row).flatMap(Place.init(rawValue:)),
        let to = table["to_quadrant"].text(row).flatMap(Place.init(rawValue:)), from != to
      else { continue }
      counts[from, default: [:]][to, default: 0] += table["customers"].count(row)
    }
    self.counts = counts
  }

  func moved(_ from: Place, _ to: Place) -> Int { counts[from]?[to] ?? 0 }
  func into(_ place: Place) -> Int { Place.allCases.reduce(0) { $0 + moved($1, place) } }
  func outOf(_ place: Place) -> Int { Place.allCases.reduce(0) { $0 + moved(place, $1) } }
  var count: Int { Place.allCases.reduce(0) { $0 + into($1) } }

  private var arrows: [Arrow] {
    let most = Double(max(1, counts.values.flatMap(\.values).max() ?? 1))
    return Place.allCases.flatMap { from in
      Place.allCases.compactMap { to in
        let count = moved(from, to)
        guard count > 0 else { return nil }
        let mark = to == .mutual ? "to" : from == .mutual ? "away" : "else"
        return Arrow(
          Self.way(from, to), width: max(1.5, 8 * Double(count) / most), words: Numbers.compact(count), mark: mark)
      }
    }
  }

  func draw(_ now: [Place: Int], id: String, into page: inout Markup) {
    let chart = Chart(
      id: id, title: "Who moved, \(Numbers.span(months[0], months.last!))",
      description: Place.allCases.flatMap { from in
        Place.allCases.filter { moved(from, $0) > 0 }.map { "from “\(from.words)” to “\($0.words)” \(moved(from, $0))" }
      }.joined(separator: ", "), height: Self.height)
    chart.draw(into: &page) { page in
      for arrow in arrows { arrow.draw(into: &page) }
      for place in Place.allCases {
        let (x, y) = place.middle
        page.box(
          x - Self.box.width / 2, y - Self.box.height / 2, Self.box.width, Self.box.height,
          class: place == .unknown ? "place cross" : "place")
        page.label(x, y - 4, place.words, .middle, class: "b")
        page.label(x, y + 15, "now \(Numbers.whole(now[place] ?? 0))", .middle, class: "s")
      }
      for arrow in arrows { arrow.drawWords(into: &page) }
    }
    page.element("details", ["class": "inner"]) { page in
      page.element("summary", "The moves as a table")
      drawTable(into: &page)
    }
  }

  /// From the side of one box to that of another, keeping to the right of who comes the other way; between opposite corners
  /// one passes the middle on either side.
  private static func way(_ from: Place, _ to: Place) -> Arrow.Way {
    let (start, end) = (from.middle, to.middle)
    let (halfWidth, halfHeight) = (box.width / 2, box.height / 2)
    let (right, down): (Double, Double) = (end.x > start.x ? 1 : -1, end.y > start.y ? 1 : -1)
    if start.y == end.y {
      let y = start.y + 10 * right
      return .straight((start.x + right * halfWidth, y), (end.x - right * halfWidth, y))
    }
    if start.x == end.x {
      let x = start.x - 14 * down
      return .straight((x, start.y + down * halfHeight), (x, end.y - down * halfHeight))
    }
    guard from == .unknown || to == .unknown else {
      let x = start.x + right * 34
      return .curved(
        (x, start.y + down * halfHeight), (x, start.y + down * 190), (end.x - right * 170, end.y - down * 10),
        (end.x - right * halfWidth, end.y - down * 6))
    }
    // From edge to edge along the line between the middles, a little to the right.
    let slope = (end.x - start.x) / (end.y - start.y)
    func onLine(_ y: Double) -> (x: Double, y: Double) { (start.x + (y - start.y) * slope - down * 14, y) }
    return .straight(onLine(start.y + down * halfHeight), onLine(end.y - down * halfHeight))
  }

  private func drawTable(into page: inout Markup) {
    page.element("table", ["class": "moves"]) { page in
      page.element("caption", "Moves in \(Numbers.count(months.count, "month")): from the row to the column")
      page.element("thead") { page in
        page.element("tr") { page in
          page.element("th", ["scope": "col"], "from")
          for place in Place.allCases { page.element("th", ["scope": "col"], place.words) }
        }
      }
      page.element("tbody") { page in
        for from in Place.allCases {
          page.element("tr") { page in
            page.element("th", ["scope": "row"], from.words)
            for to in Place.allCases {
              let count = moved(from, to)
              page.element(
                "td", ["class": from == to ? "same" : count > 0 ? "moved" : ""], from == to ? "·" : Numbers.whole(count))
            }
          }
        }
      }
    }
  }
}
