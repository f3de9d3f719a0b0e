import KeptFormat
import KeptReplay

/// How service is now against what they have come to expect. Metrics S1.15, S1.23, S3.8, 3.14.
///
/// The facts are those of `cases`, `orders` and `returns`, the satisfaction they stated, and how often a person was
/// there. Example: first replies took 2 h in the first 90 days and take 3 h now, which is more than 1.25 · 2 h; of the six
/// facts five are known then and now, and three have become so much worse: below_own_baseline 3/5.
final class ServiceTraits: TraitFold {
  private enum Place { static let replyNow = 0, replyBest = 1, gap = 2 }

  static let family = FactFamily(
    name: "service traits", meaning: "a life",
    columns: [
      wait("first_reply_now_h", "how long they waited for a first reply of late", "median in traits.window_days"),
      wait(
        "first_reply_best_h", "the best they had in as long a time before",
        "least of the medians of the windows of traits.window_days before"),
      wait(
        "expectation_gap_h", "how much longer they wait than they are used to, from us and from how we treat persons",
        "first_reply_now_h − max(first_reply_best_h, median first_reply_now_h of b2c customers)"),
    ]
      + FactColumn.ratio(
        "below_own_baseline", "of what they know of our service from their beginning, what has become worse",
        formula: "of first reply, confirmation, update gap, credit, csat, human share: median in traits.window_days "
          + "worse than their first traits.baseline.days' · traits.baseline.factor / those known then and now",
        seed: "S3.8", direction: "WE", highIsGood: false)
      + FactColumn.ratio(
        "reidentify_rate", "of their further orders, those for which they had to say again who they are",
        formula: "reidentified / repeat orders that say whether", seed: "S1.15", direction: "WE", highIsGood: false,
        requires: [["order.placed"]]),
    basis: [CaseFacts.family, OrderFacts.family, ReturnFacts.family], takesChunks: true,
    needs: { rules in
      [
        FactNeed(nil, [.text(.agent), .dataNumber("automated")], isHeard: false),
        FactNeed(
          rules.ratings.kinds,
          [.score, .dataText("instrument"), .dataNumber("scale_min"), .dataNumber("scale_max"), .text(.source)]),
      ]
    },
    makeFold: { ServiceTraits($0) },
    settle: { folds, lives in settle(folds.map { $0 as! ServiceTraits }, lives) })

  private static func wait(_ name: String, _ meaning: String, _ formula: String) -> FactColumn {
    FactColumn(
      name, .hours, meaning, formula: formula, seed: "S1.23", direction: "WE", highIsGood: false,
      requires: [["case.opened"]])
  }

  /// Where a fact stands in the rows of its family.
  private struct Source {
    let basis: Int
    let time: Int
    let value: Int

    init(_ basis: Int, _ time: String, _ value: String) {
      func place(_ name: String) -> Int {
        ServiceTraits.family.basis[basis].columns.firstIndex { $0.spec.name == name }!
      }
      self.basis = basis
      self.time = place(time)
      self.value = place(value)
    }
  }

  /// Facts of which a lower value is the better one.
  private let waits = [
    Source(0, "opened_at", "first_reply_h"), Source(1, "placed_at", "confirm_s"),
    Source(0, "opened_at", "max_update_gap_h"), Source(2, "requested_at", "credit_h"),
  ]
  private let reidentified = Source(1, "is_repeat", "reidentified")
  private let agents: FactField
  private let automated: FactField
  private let instruments: FactField
  private let rating: RatingReader
  private let windowStart: Instant

  private var beganAt = Instant.absentInstant
  private var ratings: [(time: Instant, share: Int64)] = []
  private var humanThen: (yes: Int64, of: Int64) = (0, 0)
  private var humanNow: (yes: Int64, of: Int64) = (0, 0)
  private var values: [Int64] = []
  private var windows: [(window: Int, value: Int64)] = []

  private init(_ base: FactBase) {
    agents = base.reader(.text(.agent))
    automated = base.reader(.dataNumber("automated"))
    instruments = base.reader(.dataText("instrument"))
    rating = base.rating
    windowStart = base.start(daysAgo: base.rulebook.traits.windowDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    beganAt = .absentInstant
    ratings.removeAll(keepingCapacity: true)
    humanThen = (0, 0)
    humanNow = (0, 0)
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      let time = chunk.rows[row].time
      first(&beganAt, time)
      let (isThen, isNow) = (time - beganAt < rules.baseline, time >= windowStart)
      guard isThen || isNow else { continue }
      let direction = chunk.direction(row)
      guard direction == .in || direction == .both else { continue }
      let touch = chunk.touch(row)
      let isAutomated = automated.flag(touch)
      let hasAgent = agents.code(touch) != 0
      guard hasAgent || isAutomated != nil else { continue }
      let human: Int64 = hasAgent && isAutomated != true ? 1 : 0
      if isThen { humanThen = (humanThen.yes + human, humanThen.of + 1) }
      if isNow { humanNow = (humanNow.yes + human, humanNow.of + 1) }
    }
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    // No instrument named: the rulebook's standard, which the reader takes it for.
    guard instruments.text(touch) == nil || instruments.says(touch, "csat") else { return }
    if case .rating(let share, _) = rating.read(touch) { ratings.append((touch.time, share)) }
  }

  override func close() {
    let (now, best) = replies()
    say(now)
    say(best)
    // Until `settle` knows the median of the others.
    sayNothing()
    let (worse, known) = belowBaseline()
    say(worse, of: known)
    var (again, repeats): (Int64, Int64) = (0, 0)
    let orders = basis[reidentified.basis]
    for row in orders.rowsBefore..<orders.rows.customers.count {
      let said = orders.rows.word(row, reidentified.value)
      guard orders.rows.word(row, reidentified.time) == 1, said != FactRows.absent else { continue }
      repeats += 1
      again += said != 0 ? 1 : 0
    }
    say(again, of: repeats)
  }

  /// The median of the present window, and the best of those before it.
  private func replies() -> (now: Int64?, best: Int64?) {
    windows.removeAll(keepingCapacity: true)
    each(waits[0]) { time, value in
      let age = asOfDay - dayTable.day(of: time)
      windows.append((age <= rules.windowDays ? 0 : (age - 1) / rules.windowDays, value))
    }
    windows.sort { $0.window < $1.window }
    var now: Int64?
    var best: Int64?
    var start = 0
    while start < windows.count {
      let window = windows[start].window
      values.removeAll(keepingCapacity: true)
      while start < windows.count, windows[start].window == window {
        values.append(windows[start].value)
        start += 1
      }
      guard let middle = median(&values) else { continue }
      if window == 0 { now = middle } else { best = min(best ?? middle, middle) }
    }
    return (now, best)
  }

  /// Facts that are worse now than in the beginning, of those known then and now; none before the beginning is over.
  private func belowBaseline() -> (worse: Int64, known: Int64) {
    guard windowStart >= beganAt + rules.baseline else { return (0, 0) }
    var (worse, known): (Int64, Int64) = (0, 0)
    func compare(_ before: Double?, _ now: Double?, highIsGood: Bool) {
      guard let before, let now else { return }
      known += 1
      let isWorse = highIsGood ? now * rules.baselineFactor < before : now > before * rules.baselineFactor
      worse += isWorse ? 1 : 0
    }
    for source in waits {
      compare(middle(source) { isThen($0) }, middle(source) { $0 >= windowStart }, highIsGood: false)
    }
    compare(satisfaction { isThen($0) }, satisfaction { $0 >= windowStart }, highIsGood: true)
    func share(_ human: (yes: Int64, of: Int64)) -> Double? {
      human.of == 0 ? nil : Double(human.yes) / Double(human.of)
    }
    compare(share(humanThen), share(humanNow), highIsGood: true)
    return (worse, known)
  }

  private func isThen(_ time: Instant) -> Bool { time - beganAt < rules.baseline }

  private func middle(_ source: Source, _ isWanted: (Instant) -> Bool) -> Double? {
    values.removeAll(keepingCapacity: true)
    each(source) { time, value in if isWanted(time) { values.append(value) } }
    return median(&values).map(Double.init)
  }

  private func satisfaction(_ isWanted: (Instant) -> Bool) -> Double? {
    values.removeAll(keepingCapacity: true)
    for rating in ratings where isWanted(rating.time) { values.append(rating.share) }
    return median(&values).map(Double.init)
  }

  /// A fact of every thing of the life that has it.
  private func each(_ source: Source, _ body: (_ time: Instant, _ value: Int64) -> Void) {
    let things = basis[source.basis]
    for row in things.rowsBefore..<things.rows.customers.count {
      let (time, value) = (things.rows.word(row, source.time), things.rows.word(row, source.value))
      if time != FactRows.absent, value != FactRows.absent { body(time, value) }
    }
  }

  private static func settle(_ folds: [ServiceTraits], _ lives: LifeContext) {
    if lives.isPartial { return }
    var ofB2C: [Int64] = []
    for (place, fold) in folds.enumerated() {
      for row in fold.rows.customers.indices where lives.isB2C(place, row) {
        let now = fold.rows.word(row, Place.replyNow)
        if now != FactRows.absent { ofB2C.append(now) }
      }
    }
    let usual = median(&ofB2C) ?? FactRows.absent
    for fold in folds {
      for row in fold.rows.customers.indices {
        // The one that is not known is the least there is.
        let expected = max(fold.rows.word(row, Place.replyBest), usual)
        let now = fold.rows.word(row, Place.replyNow)
        if now != FactRows.absent, expected != FactRows.absent { fold.rows.set(row, Place.gap, now - expected) }
      }
    }
  }
}
