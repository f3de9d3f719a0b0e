import KeptFormat
import KeptStatistics

/// How into each customer or account we were at the end of a quarter, and what became of their revenue in the quarters
/// that followed. Metrics S3.7.
///
/// Revenue is that of orders that stand. A quarter counts if it is the first whole one of the life or a later one, the WE index
/// is known at its end, and something was bought in it: growth is measured against that.
final class GrowthFold {
  static let lags = 4

  struct Row {
    /// 4 · year + quarter from 0.
    var quarter: Int32
    /// The WE index at its end.
    var index: Double
    /// Revenue one to four quarters later over that of the quarter; NaN where that quarter is not over.
    var growth: SIMD4<Double>
  }

  /// Of lives with any, one after another; `starts` has where each begins.
  private(set) var rows: [Row] = []
  private(set) var starts: [Int] = []

  private let affinity: Affinity
  private let dayTable: DayTable
  /// The last quarter that is over.
  private let lastQuarter: Int
  private var revenue: [Int64] = []
  private var firstMonth = Int32.max

  init(_ base: FoldBase) {
    affinity = Affinity(rules: base.rulebook.index)
    dayTable = base.dayTable
    let quarter = Self.quarter(ofMonth: base.dayTable.bucket(.month, of: base.asOf))
    lastQuarter = base.dayTable.end(.month, Self.lastMonth(ofQuarter: quarter)) <= base.asOf ? quarter : quarter - 1
  }

  // Months are counted as 12 · year + month, from 1.
  private static func quarter(ofMonth month: Int) -> Int { (month - 1) / 3 }
  private static func lastMonth(ofQuarter quarter: Int) -> Int { 3 * quarter + 3 }

  func begin() { firstMonth = .max }

  func apply(_ chunk: borrowing Chunk) {
    if firstMonth == .max, chunk.count > 0 { firstMonth = chunk.months[0] }
  }

  /// A life is over; its occasions to buy are indices of days, and amounts.
  func end(_ history: ScoreHistory, _ occasions: [(day: Int32, amount: Int64?)]) {
    guard let firstBought = occasions.first, !history.months.isEmpty else { return }
    // What cannot be added up says nothing of growth.
    if occasions.contains(where: { $0.amount == nil || $0.amount == .max }) { return }
    let from = Self.quarter(ofMonth: Int(firstMonth)) + 1
    let start = rows.count
    let low = Self.quarter(ofMonth: Int(dayTable.months[Int(firstBought.day)]))
    revenue.removeAll(keepingCapacity: true)
    for occasion in occasions {
      let place = Self.quarter(ofMonth: Int(dayTable.months[Int(occasion.day)])) - low
      while revenue.count <= place { revenue.append(0) }
      let (sum, overflow) = revenue[place].addingReportingOverflow(occasion.amount!)
      revenue[place] = overflow ? .max : sum
    }
    for month in history.months {
      let quarter = Self.quarter(ofMonth: Int(month.month))
      guard Int(month.month) == Self.lastMonth(ofQuarter: quarter), quarter >= max(from, low), quarter < lastQuarter,
        quarter - low < revenue.count, revenue[quarter - low] > 0, let index = affinity.standing(month).we
      else { continue }
      let base = Double(revenue[quarter - low])
      var row = Row(quarter: Int32(quarter), index: index, growth: SIMD4(repeating: .nan))
      for lag in 1...Self.lags where quarter + lag <= lastQuarter {
        let place = quarter + lag - low
        row.growth[lag - 1] = place < revenue.count ? Double(revenue[place]) / base : 0
      }
      rows.append(row)
    }
    if rows.count > start { starts.append(start) }
  }

  /// The lives of all folds, in an order that only what they say decides; of more than `most`, so many, drawn by the seed.
  static func units(_ folds: [GrowthFold], most: Int, seed: UInt64) -> [[Row]] {
    var lives = folds.flatMap { fold in
      fold.starts.indices.map { place in
        fold.rows[fold.starts[place]..<(place + 1 < fold.starts.count ? fold.starts[place + 1] : fold.rows.count)]
      }
    }
    lives.sort { $0.lexicographicallyPrecedes($1) { $0.precedes($1) } }
    if lives.count > most {
      var generator = SplitMix64(seed: seed)
      for place in 0..<most { lives.swapAt(place, place + generator.next(below: lives.count - place)) }
    }
    return lives.prefix(most).map(Array.init)
  }
}

extension GrowthFold.Row {
  fileprivate func precedes(_ other: GrowthFold.Row) -> Bool {
    if quarter != other.quarter { return quarter < other.quarter }
    if index != other.index { return index < other.index }
    // Growth is not negative, and NaN where it is not known: that comes first.
    for lag in 0..<GrowthFold.lags {
      let (one, two) = (growth[lag].isNaN ? -1 : growth[lag], other.growth[lag].isNaN ? -1 : other.growth[lag])
      if one != two { return one < two }
    }
    return false
  }
}
