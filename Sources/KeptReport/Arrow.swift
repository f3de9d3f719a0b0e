/// An arrow as thick as what it stands for, with a number beside it.
struct Arrow {
  typealias Point = (x: Double, y: Double)

  enum Way {
    case straight(Point, Point)
    /// A cubic curve: both ends and what draws it aside.
    case curved(Point, Point, Point, Point)
  }

  private let points: [Point]
  private let width: Double
  private let words: String
  private let mark: String

  /// - Parameter mark: a word of the style sheet: where it leads.
  init(_ way: Way, width: Double, words: String, mark: String) {
    (self.width, self.words, self.mark) = (width, words, mark)
    switch way {
    case .straight(let start, let end): points = [start, end]
    case .curved(let start, let first, let second, let end):
      points = (0...24).map { step in
        let (t, u) = (Double(step) / 24, 1 - Double(step) / 24)
        let (a, b, c, d) = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
        return (
          a * start.x + b * first.x + c * second.x + d * end.x, a * start.y + b * first.y + c * second.y + d * end.y
        )
      }
    }
  }

  func draw(into page: inout Markup) {
    let head = width * 0.7 + 5
    let (end, way) = (points.last!, direction(points[points.count - 2], points.last!))
    let neck = (x: end.x - way.x * head, y: end.y - way.y * head)
    let shaft = points.filter { length($0, end) > head } + [neck]
    var shape = ""
    for (index, point) in shaft.enumerated() {
      shape += "\(index == 0 ? "M" : "L")\(Numbers.place(point.x)) \(Numbers.place(point.y))"
    }
    page.empty("path", ["d": shape, "class": "flow \(mark)", "stroke-width": Numbers.place(width)])
    let half = width / 2 + 4
    page.path(
      [end, (neck.x - way.y * half, neck.y + way.x * half), (neck.x + way.y * half, neck.y - way.x * half)],
      closed: true, class: "tip \(mark)")
  }

  /// Beside the first part of it, to the right of whoever walks along it, so that there and back do not share a place.
  func drawWords(into page: inout Markup) {
    let place = points.count == 2 ? between(points[0], points[1], 0.42) : points[points.count * 2 / 5]
    let way = direction(points[points.count / 2 - 1], points[points.count / 2])
    let aside = width / 2 + 11
    page.label(
      place.x - way.y * aside, place.y + way.x * aside + 4.5, words, .middle, class: "b halo")
  }

  private func between(_ start: Point, _ end: Point, _ part: Double) -> Point {
    (start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part)
  }

  private func length(_ start: Point, _ end: Point) -> Double {
    ((end.x - start.x) * (end.x - start.x) + (end.y - start.y) * (end.y - start.y)).squareRoot()
  }

  private func direction(_ start: Point, _ end: Point) -> Point {
    let length = max(length(start, end), 1e-9)
    return ((end.x - start.x) / length, (end.y - start.y) / length)
  }
}
