import Dispatch
import KeptFormat
import KeptStatistics
import Synchronization

/// What indices and forecasts said at past instants, against what came of it. Metrics 3.15.
struct Backtests {
  /// Of one index or forecast and one outcome.
  struct Trial {
    var index: String
    var outcome: String
    /// By instant of the plan: what was said, and what came of it, each value once; lower is likelier where `isReversed`.
    var instants: [(place: Int, levels: [ScoreLevel])] = []
    /// −1 where low values say that the outcome is near.
    var sign = 1.0
    /// Why there is nothing, or what to know of it.
    var note = ""
  }

  /// An area by instant, and of all of them together.
  struct Area {
    /// nil: of all instants.
    var place: Int?
    var area: Double?
    var interval: Interval?
    var standardError: Double?
    var count: Int
    var events: Int
    var reason: String?
  }

  let plan: BacktestPlan
  let trials: [Trial]
  /// Two trials over the same people: does the first tell more?
  typealias Contest = (one: Trial, other: Trial)
  /// Of the WE index and of repeat orders, S2.18; of what they felt and of what we did, S3.20. nil where no trial was made.
  let barometers: Contest?
  let feelings: Contest?

  init(_ fold: BacktestFold, tenures: [TenureFold.Row], curves: TenureCurves, run: MeasureRun, isPartial: Bool, jobs: Int) {
    plan = fold.plan
    let main = fold.plan.name(fold.plan.outcome)
    if isPartial {
      trials = Self.names.map { Trial(index: $0, outcome: main, note: "not all customers were replayed") }
      (barometers, feelings) = (nil, nil)
      return
    }
    let indices: [BacktestFold.Index] = [.we_index, .they_index, .felt_index, .done_index]
    var trials = indices.map { Self.trial($0, fold, main) }
    let orders = run.rulebook.orders.placed
    let missing = Set(run.kinds).isDisjoint(with: orders) ? DictionaryTable.reason(without: orders) : ""
    trials += Self.purchases(fold, curves: curves, missing: missing, jobs: jobs)
    trials.append(Self.ends(fold.plan, tenures, curves, run))
    self.trials = trials
    barometers = (Self.trial(.we_index_of_buyers, fold, main), Self.trial(.repeat_orders, fold, main))
    feelings = (Self.trial(.felt_index_of_both, fold, main), Self.trial(.done_index_of_both, fold, main))
  }

  private static let names = [
    "we_index", "they_index", "felt_index", "done_index", "p_alive", "p_no_order_90d", "p_end_90d",
  ]

  private static func trial(_ index: BacktestFold.Index, _ fold: BacktestFold, _ outcome: String) -> Trial {
    var trial = Trial(index: "\(index)", outcome: outcome, sign: -1)
    for place in fold.plan.instants.indices {
      let levels = fold.levels(index, place).map { level in
        ScoreLevel(
          score: index == .repeat_orders ? Double(level.level) : Double(level.level) / 100 - 100, events: level.events,
          others: level.others)
      }
      if !levels.isEmpty { trial.instants.append((place, levels)) }
    }
    if fold.plan.outcome == .noOrder { trial.note = "the ledger has no endings" }
    return trial
  }

  /// What BG/NBD, fitted on what was known then, said of those who had bought again and not left.
  private static func purchases(
    _ fold: BacktestFold, curves: TenureCurves, missing: String, jobs: Int
  ) -> [Trial] {
    let outcomes = fold.plan.outcome == .ended ? [BacktestPlan.Outcome.ended, .noOrder] : [.noOrder]
    var trials = ["p_alive", "p_no_order_90d"].flatMap { index in
      outcomes.map { Trial(index: index, outcome: fold.plan.name($0), sign: index == "p_alive" ? -1 : 1) }
    }
    let places = fold.plan.instants.indices.filter { fold.plan.instants[$0].isFitted }
    let found = Mutex<[Result<[[ScoreLevel]], Refusal>?]>(Array(repeating: nil, count: places.count))
    let next = Atomic<Int>(0)
    // The folds are merged and nobody writes to them any more.
    nonisolated(unsafe) let folded = fold
    DispatchQueue.concurrentPerform(iterations: min(max(1, jobs), places.count)) { _ in
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < places.count else { return }
        let levels = purchases(folded, at: places[number], outcomes, truncatedBefore: curves.truncatedBefore)
        found.withLock { $0[number] = levels }
      }
    }
    let results = found.withLock { $0.compactMap(\.self) }
    for (place, result) in zip(places, results) {
      guard let levels = result.value else { continue }
      for trial in trials.indices where !levels[trial].isEmpty {
        trials[trial].instants.append((place, collapsed(levels[trial])))
      }
    }
    let fitted = results.count { $0.value != nil }
    let note = "BG/NBD fitted on what was known at \(fitted) of \(fold.plan.instants.count) instants, three months apart"
    let refusal = results.lazy.compactMap(\.refusal).first ?? .tooLittleData
    for trial in trials.indices {
      trials[trial].note = !missing.isEmpty ? missing : fitted == 0 ? refusal.rawValue : note
    }
    return trials
  }

  /// At one instant: by forecast and outcome, what was said and what came of it.
  private static func purchases(
    _ fold: BacktestFold, at place: Int, _ outcomes: [BacktestPlan.Outcome], truncatedBefore: Int
  ) -> Result<[[ScoreLevel]], Refusal> {
    let instant = fold.plan.instants[place]
    let buyers = fold.buyers[place].sorted()
    return BGNBD.fit(buyers.filter { Int($0.first) >= truncatedBefore }.map { history($0, instant) }).map { fit in
      var levels = Array(repeating: [ScoreLevel](), count: 2 * outcomes.count)
      var start = 0
      while start < buyers.count {
        var end = start
        while end < buyers.count, isAlike(buyers[end], buyers[start]) { end += 1 }
        let alike = buyers[start..<end].filter { !$0.hasEnded }
        start = end
        guard let one = alike.first, one.repeats > 0,
          let chances = PurchaseModels.chances(
            fit.model, history(one, instant), within: Double(fold.plan.days) / 7
          ).value
        else { continue }
        for (forecast, score) in [chances.alive, chances.noOrder].enumerated() {
          for (number, outcome) in outcomes.enumerated() {
            let events = alike.count { outcome == .ended ? $0.hadOutcome : $0.orderedNothing }
            levels[forecast * outcomes.count + number].append(
              ScoreLevel(score: score, events: events, others: alike.count - events))
          }
        }
      }
      return levels
    }
  }

  private static func isAlike(_ one: BacktestFold.Buyer, _ other: BacktestFold.Buyer) -> Bool {
    (one.first, one.last, one.repeats) == (other.first, other.last, other.repeats)
  }

  private static func history(_ buyer: BacktestFold.Buyer, _ instant: BacktestPlan.Instant) -> PurchaseHistory {
    PurchaseHistory(
      frequency: Int(buyer.repeats), recency: Double(buyer.last - buyer.first) / 7,
      age: Double(instant.day - 1 - buyer.first) / 7)
  }

  /// What Kaplan and Meier's curve of tenure, as it was then, said of those who were there.
  private static func ends(
    _ plan: BacktestPlan, _ tenures: [TenureFold.Row], _ curves: TenureCurves, _ run: MeasureRun
  ) -> Trial {
    var trial = Trial(index: "p_end_90d", outcome: plan.name(.ended))
    if plan.outcome != .ended {
      trial.note = DictionaryTable.reason(without: run.rulebook.relationship.ends.map(\.kind))
      return trial
    }
    trial.note = "the curve of what was known at each instant"
    let seen = tenures.filter { $0.isRelationship && ($0.isStartTold || Int($0.firstTouch) >= curves.truncatedBefore) }
    for (place, instant) in plan.instants.enumerated() {
      // By tenure at the last whole day before the instant, and what it ended with within the days after.
      var standing: [Int32: (events: Int, others: Int)] = [:]
      var observed: [TenureCurves.Key: Int] = [:]
      for row in seen where row.firstTouch < instant.day && row.start < instant.day {
        let last = instant.day - 1
        let hasLeft = row.end != TenureFold.absent && row.end < instant.day
        let entry = row.isStartTold && row.start < row.firstTouch ? row.firstTouch - row.start : -1
        let exit = (hasLeft ? row.end : last) - row.start
        observed[TenureCurves.Key(exit: exit, entry: entry, cause: hasLeft ? 1 : 0), default: 0] += 1
        if hasLeft { continue }
        if row.end != TenureFold.absent && row.end < instant.endDay {
          standing[exit, default: (0, 0)].events += 1
        } else {
          standing[exit, default: (0, 0)].others += 1
        }
      }
      let curve = KaplanMeier(TenureCurves.observations(observed))
      let levels = standing.compactMap { tenure, found in
        curve.eventProbability(after: Double(tenure), within: Double(plan.days)).map {
          ScoreLevel(score: $0, events: found.events, others: found.others)
        }
      }
      if !levels.isEmpty { trial.instants.append((place, collapsed(levels))) }
    }
    return trial
  }

  /// Every score once, ascending.
  private static func collapsed(_ levels: [ScoreLevel]) -> [ScoreLevel] {
    var found: [ScoreLevel] = []
    for level in levels.sorted(by: { $0.score < $1.score }) {
      if found.last?.score == level.score {
        found[found.count - 1].events += level.events
        found[found.count - 1].others += level.others
      } else {
        found.append(level)
      }
    }
    return found
  }
}

extension Backtests.Trial {
  /// The area of each instant, then of all: their mean weighted by events. Its standard error is the mean of theirs, as if
  /// all instants told of the same people: they mostly do, and more would be claimed otherwise.
  func areas() -> [Backtests.Area] {
    var areas: [Backtests.Area] = []
    var (weight, area, error) = (0.0, 0.0, 0.0)
    var (count, events) = (0, 0)
    for (place, levels) in instants {
      let turned = levels.map { ScoreLevel(score: sign * $0.score, events: $0.events, others: $0.others) }
      let n = levels.reduce(0) { $0 + $1.events + $1.others }
      let hit = levels.reduce(0) { $0 + $1.events }
      count += n
      events += hit
      switch areaUnderCurve(turned) {
      case .success(let found):
        areas.append(Backtests.Area(place, found.area, found.standardError, n, hit))
        weight += Double(hit)
        area += Double(hit) * found.area
        error += Double(hit) * found.standardError
      case .failure(let refusal):
        areas.append(Backtests.Area(place: place, count: n, events: hit, reason: refusal.rawValue))
      }
    }
    if weight > 0 {
      areas.append(Backtests.Area(nil, area / weight, error / weight, count, events))
    } else {
      areas.append(
        Backtests.Area(
          place: nil, count: count, events: events,
          reason: instants.isEmpty ? "nobody had one" : Refusal.oneOutcomeOnly.rawValue))
    }
    return areas
  }

  /// All instants together, binned by what was said.
  func bins(_ count: Int) -> [CalibrationBin] {
    var all: [Double: (events: Int, others: Int)] = [:]
    for level in instants.flatMap(\.levels) {
      all[level.score, default: (0, 0)].events += level.events
      all[level.score, default: (0, 0)].others += level.others
    }
    return calibration(
      all.map { ScoreLevel(score: $0.key, events: $0.value.events, others: $0.value.others) }, binCount: count)
  }
}

extension Backtests.Area {
  init(_ place: Int?, _ area: Double, _ error: Double, _ count: Int, _ events: Int) {
    let reach = SpecialFunctions.z95 * error
    self.init(
      place: place, area: area, interval: Interval(lower: max(0, area - reach), upper: min(1, area + reach)),
      standardError: error, count: count, events: events)
  }
}
