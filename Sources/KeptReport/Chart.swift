import KeptFormat

/// A picture as wide as a phone shows legibly: 480 units, in which text is 13 or 12 high.
struct Chart {
  static let width = 480.0

  let id: String
  let title: String
  /// What it shows, for those who do not see it.
  let description: String
  let height: Double

  func draw(into page: inout Markup, _ content: (inout Markup) -> Void) {
    page.element(
      "svg",
      [
        "viewBox": "0 0 480 \(Numbers.place(height))", "role": "img", "aria-labelledby": "\(id)-title \(id)-desc",
        "class": "chart",
      ]
    ) { page in
      page.element("title", ["id": "\(id)-title"], title)
      page.element("desc", ["id": "\(id)-desc"], description)
      content(&page)
    }
  }
}

extension Markup {
  enum Anchor: String { case start, middle, end }

  mutating func label(_ x: Double, _ y: Double, _ words: String, _ anchor: Anchor = .start, class name: String = "") {
    element(
      "text",
      [
        "x": Numbers.place(x), "y": Numbers.place(y), "text-anchor": anchor.rawValue, "class": name.isEmpty ? "l" : "l \(name)",
      ], words)
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String) {
    empty(
      "line",
      [
        "x1": Numbers.place(x1), "y1": Numbers.place(y1), "x2": Numbers.place(x2), "y2": Numbers.place(y2), "class": name,
      ])
  }

  mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, class name: String) {
    guard width > 0, height > 0 else { return }
    empty(
      "rect",
      [
        "x": Numbers.place(x), "y": Numbers.place(y), "width": Numbers.place(max(0.1, width)),
        "height": Numbers.place(max(0.1, height)), "class": name,
      ])
  }

  mutating func dot(_ x: Double, _ y: Double, _ radius: Double, class name: String) {
    empty("circle", ["cx": Numbers.place(x), "cy": Numbers.place(y), "r": Numbers.place(radius), "class": name])
  }

  mutating func path(_ points: [(x: Double, y: Double)], closed: Bool = false, class name: String) {
    var shape = ""
    for (index, point) in points.enumerated() {
      shape += "\(index == 0 ? "M" : "L")\(Numbers.place(point.x)) \(Numbers.place(point.y))"
    }
    empty("path", ["d": shape + (closed ? "Z" : ""), "class": name])
  }

  /// Lines across and their labels at the left.
  mutating func horizontalGrid(
    _ ticks: [Double], _ scale: Scale, from left: Double, to right: Double, _ words: (Double) -> String
  ) {
    for tick in ticks {
      let y = scale(tick)
      line(left, y, right, y, class: tick == 0 ? "axis" : "grid")
      label(left - 6, y + 4, words(tick), .end, class: "s")
    }
  }

  /// Years under the months that begin them and the names of some others, as many as stand apart; where there are few
  /// months, all names and the years below.
  mutating func monthAxis(_ months: [CivilDate], y: Double, _ x: (Int) -> Double) {
    guard months.count > 8 else {
      for (index, month) in months.enumerated() {
        label(x(index), y, Numbers.monthName(month), .middle, class: "s")
        if index == 0 || month.month == 1 { label(x(index), y + 16, String(month.year), .middle, class: "s") }
      }
      return
    }
    var shown = months.indices.filter { months[$0].month == 1 }
    func isFree(_ index: Int) -> Bool { shown.allSatisfy { abs(x($0) - x(index)) >= 38 } }
    if isFree(0) { shown.append(0) }
    for index in months.indices where months[index].month % 3 == 1 && isFree(index) { shown.append(index) }
    for index in shown {
      let isYear = months[index].month == 1 || index == 0
      label(x(index), y, isYear ? String(months[index].year) : Numbers.monthName(months[index]), .middle, class: "s")
    }
  }

  /// What marks mean, side by side: each with as much room as its words need.
  mutating func key(_ entries: [(mark: String, words: String)], from left: Double, _ top: Double) {
    var x = left
    for (mark, words) in entries {
      box(x, top, 14, 14, class: mark)
      label(x + 19, top + 12, words)
      x += 19 + TextWidth.of(words) + 14
    }
  }
}
