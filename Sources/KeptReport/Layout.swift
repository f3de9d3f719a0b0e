/// Which figures stand beside which: wide ones by themselves, the cards between them in two columns that end at about the
/// same height, and in the end those that there is nothing to show of.
enum Layout {
  enum Part: Equatable {
    case wide(Int)
    case columns([[Int]])
    case absent([Int])
  }

  /// About as much as title, caption and margins take of a card, in units of a chart.
  private static let frame = 250.0

  /// - Returns: places in `figures`, each once; within a column in their order.
  static func parts(_ figures: [(subject: FigureSubject, figure: (any Figure)?)]) -> [Part] {
    var parts: [Part] = []
    var columns: [[Int]] = [[], []]
    var heights = [0.0, 0.0]
    func endColumns() {
      if columns != [[], []] { parts.append(.columns(columns)) }
      (columns, heights) = ([[], []], [0, 0])
    }
    for (place, shown) in figures.enumerated() {
      guard let figure = shown.figure else { continue }
      if shown.subject.shape == .wide {
        endColumns()
        parts.append(.wide(place))
      } else {
        let column = heights[0] <= heights[1] ? 0 : 1
        columns[column].append(place)
        heights[column] += frame + figure.height
      }
    }
    endColumns()
    let absent = figures.indices.filter { figures[$0].figure == nil }
    return absent.isEmpty ? parts : parts + [.absent(absent)]
  }
}
