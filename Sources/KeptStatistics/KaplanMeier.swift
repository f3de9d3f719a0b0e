/// The product-limit estimate of survival: the share still without the event after a time, with the censored counted for
/// as long as they were seen (Kaplan and Meier 1958, JASA 53, 457–481).
///
/// S(t) = Π (1 − d_i/n_i) over the event times t_i ≤ t. Example, 1, 2+, 3, 3, 5+ (+: censored): 5 at risk at 1, S = 4/5;
/// 3 at risk at 3 and 2 gone, S = 4/15. Late entry can empty the risk set early, after which S stays 0: look at `atRisk`
/// before believing such a curve.
public struct KaplanMeier: Equatable, Sendable {
  /// One distinct time at which somebody left, by event or censored.
  public struct Row: Equatable, Sendable {
    /// In the unit of the observations.
    public var time: Double
    /// Subjects with entry < `time` ≤ exit.
    public var atRisk: Int
    public var events: Int
    public var censored: Int
    /// S just after `time`, in [0, 1].
    public var survival: Double
    /// Greenwood's: S·√Σ d/(n(n − d)); 0 before the first event, nil at S = 0, where the sum has no value.
    public var standardError: Double?
    /// S ± z·se, cut at 0 and 1. Nil, as the other two, before the first event and at S = 0.
    public var plain: Interval?
    /// S·exp(± z·se/S), cut at 1: what R's survfit prints unless told otherwise.
    public var log: Interval?
    /// S^exp(± z·(se/S)/ln S): never leaves [0, 1]; lifelines calls it exponential Greenwood.
    public var logLog: Interval?
  }

  /// Which of the three intervals.
  public enum IntervalKind: String, CaseIterable, Sendable {
    case plain
    case log
    case logLog = "log-log"
  }

  /// A time, and between which times it lies; nil is "not within what was seen".
  public struct Quantile: Equatable, Sendable {
    public var time: Double?
    /// When the lower, and when the upper bound of survival first comes down to the level.
    public var lower: Double?
    public var upper: Double?
  }

  public let stratum: Int
  /// By time, ascending.
  public let rows: [Row]
  /// Subjects that were ever at risk.
  public let subjectCount: Int
  public let eventCount: Int

  /// The curve of every stratum, ascending; a stratum without anybody at risk has none.
  ///
  /// - Parameter z: standard errors to either side.
  /// - Complexity: O(n log n).
  public static func curves(of observations: [SurvivalObservation], z: Double = SpecialFunctions.z95) -> [KaplanMeier] {
    Dictionary(grouping: observations, by: \.stratum).sorted { $0.key < $1.key }.compactMap { stratum, members in
      let curve = KaplanMeier(members, stratum: stratum, z: z)
      return curve.subjectCount > 0 ? curve : nil
    }
  }

  /// One curve of all `observations`, whatever their strata say. Every cause is the event.
  ///
  /// - Complexity: O(n log n).
  public init(_ observations: [SurvivalObservation], stratum: Int = 0, z: Double = SpecialFunctions.z95) {
    let table = RiskTable(observations)
    var survival = 1.0
    var sum = 0.0
    var rows: [Row] = []
    rows.reserveCapacity(table.rows.count)
    for counts in table.rows {
      let n = counts.atRisk[0]
      let d = counts.events[0]
      if d > 0 {
        survival *= Double(n - d) / Double(n)
        if d < n { sum += Double(d) / (Double(n) * Double(n - d)) }
      }
      var row = Row(
        time: counts.time, atRisk: n, events: d, censored: counts.censored, survival: survival,
        standardError: survival > 0 ? survival * sum.squareRoot() : nil)
      if survival > 0 && survival < 1 { row.setIntervals(root: sum.squareRoot(), z: z) }
      rows.append(row)
    }
    self.stratum = stratum
    self.rows = rows
    subjectCount = table.subjectCounts[0]
    eventCount = rows.reduce(0) { $0 + $1.events }
  }

  /// S(t): 1 before the first row; nil after the last one, where nobody was watched any more, unless nobody was left.
  ///
  /// - Complexity: O(log n).
  public func survival(at time: Double) -> Double? {
    guard let index = rowIndex(at: time) else { return rows.isEmpty ? nil : 1 }
    if time > rows[index].time && index == rows.count - 1 && rows[index].survival > 0 { return nil }
    return rows[index].survival
  }

  /// The probability of the event in (`time`, `time` + `span`] for one who has come to `time` without it:
  /// 1 − S(time + span)/S(time). Nil where either is not known or nobody survives to `time`.
  public func eventProbability(after time: Double, within span: Double) -> Double? {
    guard let now = survival(at: time), let then = survival(at: time + span), now > 0 else { return nil }
    return 1 - then / now
  }

  /// The time by which half have had the event: the first with S ≤ ½.
  public func median(_ kind: IntervalKind = .logLog) -> Quantile { quantile(0.5, kind) }

  /// The first time at which S is at most `level`, and the times at which the bounds of `kind` are.
  ///
  /// (0.8 of a curve of gaps asks for `level` 0.2.) A product of quotients may miss the level it equals by a rounding, so
  /// 10⁻¹² above still is at it.
  public func quantile(_ level: Double, _ kind: IntervalKind = .logLog) -> Quantile {
    let reached = level + 1e-12
    return Quantile(
      time: rows.first { $0.survival <= reached }?.time,
      lower: rows.first { $0.interval(kind).map { $0.lower <= reached } ?? false }?.time,
      upper: rows.first { $0.interval(kind).map { $0.upper <= reached } ?? false }?.time)
  }

  /// The last row at or before `time`.
  private func rowIndex(at time: Double) -> Int? {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].time <= time { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }
}

extension KaplanMeier.Row {
  public func interval(_ kind: KaplanMeier.IntervalKind) -> Interval? {
    switch kind {
    case .plain: plain
    case .log: log
    case .logLog: logLog
    }
  }

  /// `root`: √ of Greenwood's sum, the standard error of ln S.
  fileprivate mutating func setIntervals(root: Double, z: Double) {
    let s = survival
    let reach = z * root
    plain = Interval(lower: max(0, s - reach * s), upper: min(1, s + reach * s))
    let factor = SpecialFunctions.exp(reach)
    log = Interval(lower: s / factor, upper: min(1, s * factor))
    let logarithm = SpecialFunctions.ln(s)
    let stretch = SpecialFunctions.exp(-reach / logarithm)
    logLog = Interval(
      lower: SpecialFunctions.exp(logarithm * stretch), upper: SpecialFunctions.exp(logarithm / stretch))
  }
}
