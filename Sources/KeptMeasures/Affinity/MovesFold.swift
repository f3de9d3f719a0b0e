/// Movement between quadrants, month by month: how many stood where when the month before ended and where when this one
/// did, and how into each other they were then. Metrics 3.9, S2.13.
final class MovesFold {
  struct Cell {
    var count: Int64 = 0
    /// Indices that existed at the end of the month, and their sum × 10⁶.
    var weCount: Int64 = 0
    var weSum: Int64 = 0
    var theyCount: Int64 = 0
    var theySum: Int64 = 0
  }

  let lowMonth: Int
  let monthCount: Int
  private let affinity: Affinity
  private var cells: [Cell]
  private static let quadrantCount = Quadrant.allCases.count

  init(rules: IndexRules, lowMonth: Int, monthCount: Int) {
    affinity = Affinity(rules: rules)
    self.lowMonth = lowMonth
    self.monthCount = monthCount
    cells = Array(repeating: Cell(), count: monthCount * Self.quadrantCount * Self.quadrantCount)
  }

  /// Counts a life that has ended; a month of which it has no row says nothing of it, and so does the one after.
  func end(_ history: ScoreHistory) {
    var from = Quadrant.unknown
    var lastMonth = Int32.min
    for month in history.months {
      let standing = affinity.standing(month)
      if month.month != lastMonth + 1 { from = .unknown }
      lastMonth = month.month
      let place = place(Int(month.month) - lowMonth, from, standing.quadrant)
      from = standing.quadrant
      cells[place].count += 1
      if let we = standing.we {
        cells[place].weCount += 1
        cells[place].weSum += Self.micros(we)
      }
      if let they = standing.they {
        cells[place].theyCount += 1
        cells[place].theySum += Self.micros(they)
      }
    }
  }

  subscript(month: Int, from: Quadrant, to: Quadrant) -> Cell { cells[place(month, from, to)] }

  func merge(_ other: MovesFold) {
    for place in cells.indices { cells[place] += other.cells[place] }
  }

  private func place(_ month: Int, _ from: Quadrant, _ to: Quadrant) -> Int {
    (month * Self.quadrantCount + from.rawValue) * Self.quadrantCount + to.rawValue
  }

  /// An index as it may be added across lives.
  private static func micros(_ index: Double) -> Int64 { Int64((index * 1_000_000).rounded()) }
}

extension MovesFold.Cell {
  static func += (cell: inout Self, other: Self) {
    cell.count += other.count
    cell.weCount += other.weCount
    cell.weSum += other.weSum
    cell.theyCount += other.theyCount
    cell.theySum += other.theySum
  }
}
