import KeptFormat
import KeptSnapshot
import KeptStatistics

/// Every change made because of a signal, and every training, with what came of it. Metrics S2.19, S3.25.
///
/// Example: change ch4 was made for `hold_min`; calls of the 90 days before waited 4.6 minutes, of the 90 after 2.5:
/// −2.1 minutes.
enum ChangesTable {
  static let schema = TableSchema(
    name: "changes", meaning: "a change made, or a training",
    columns: [
      ColumnSpec("made_at", .timestamp, meaning: "when"),
      ColumnSpec("change", .string, isNullable: true, meaning: "its change_id, else subject; of a training the skill"),
      ColumnSpec(
        "change_kind", .string, isNullable: true, meaning: "what sort: process, organization, culture …; skill.trained",
        seed: "S3.25, S2.19"),
      ColumnSpec("agent", .string, isNullable: true, meaning: "who was trained", seed: "S2.19"),
      ColumnSpec(
        "signal", .string, isNullable: true,
        meaning: "the measure or signal rule it was made for; of a training outcomes_hold", seed: "S3.25"),
      ColumnSpec(
        "unit", .string, isNullable: true, meaning: "what that is counted in; of a rule touches a month",
        formula: "unit of the measure in the dictionary"),
      value("before_change", "the signal in the time before"), value("after_change", "the signal in the time after"),
      value("difference", "what changed", "after_change − before_change"),
      value("difference_lo", "lower end of its 95 % interval"), value("difference_hi", "upper end of it"),
      ColumnSpec(
        "before_n", .int64, isNullable: true, meaning: "how many things, or touches, the value before is of",
        formula: "den of the signal before"),
      ColumnSpec(
        "after_n", .int64, isNullable: true, meaning: "how many the value after is of", formula: "den of the signal after"),
      ColumnSpec(
        "improved", .boolean, isNullable: true, meaning: "whether it went the good way; NULL where chance may have done it",
        formula: "the interval leaves out 0", seed: "S3.25, S2.19", direction: "WE", highIsGood: true),
      ColumnSpec(
        "reason", .string, isNullable: true, meaning: "why there is no difference",
        formula: "what the signal lacks before or after"),
    ])

  private static func value(_ name: String, _ meaning: String, _ formula: String = "") -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: ColumnUnit.ofRow, meaning: meaning, formula: formula, seed: "S3.25, S2.19",
      direction: "WE")
  }

  static let families = [ChangeFacts.family, OutcomeFacts.family]

  private struct Change {
    var at: Instant
    var name: String?
    var kind: String?
    var signal: String?
    var agent: String?

    func hasEffect(of other: Change) -> Bool { at == other.at && signal == other.signal && agent == other.agent }
  }

  static func make(_ replayed: Replayed) -> Table {
    var builder = Builder()
    var signals: [String: Signal] = [:]
    var last: (change: Change, effect: ChangeEffect)?
    for change in changes(replayed) {
      let signal = change.signal.map { name in
        if let known = signals[name] { return known }
        let new = Signal(name, replayed)
        signals[name] = new
        return new
      }
      // Changes at once, for the same, have one effect.
      let known = last.flatMap { $0.change.hasEffect(of: change) ? $0.effect : nil }
      let effect = known ?? effect(change, signal, replayed)
      last = (change, effect)
      builder.append(change, effect, signal)
    }
    return builder.finish()
  }

  private static func changes(_ replayed: Replayed) -> [Change] {
    guard let book = replayed.books[ChangeFacts.family.name] else { return [] }
    var found: [Change] = []
    for rows in book.all {
      for (row, place) in rows.placeOf.enumerated() {
        func text(_ column: ChangeFacts.Column) -> String? {
          let word = rows.words[row * rows.width + column.rawValue]
          return word == FactRows.absent ? nil : rows.text(of: word) { String(decoding: $0, as: UTF8.self) }
        }
        let kind = text(.change_kind)
        found.append(
          Change(
            at: rows.words[row * rows.width], name: text(.change_id), kind: kind, signal: text(.signal),
            agent: kind == "skill.trained"
              ? rows.name(.agent, of: rows.places[Int(place)], words: replayed.words) : nil))
      }
    }
    func key(_ change: Change) -> [String] { [change.name, change.kind, change.signal, change.agent].map { $0 ?? "" } }
    return found.sorted { left, right in
      if left.at != right.at { return left.at < right.at }
      for (one, other) in zip(key(left), key(right)) where one != other {
        return one.utf8.lexicographicallyPrecedes(other.utf8)
      }
      return false
    }
  }

  /// What a change may be made for, looked up once.
  private final class Signal {
    enum Source {
      case things(FactMeasure, series: [String?: FactSeries])
      case months(MeasureSpec, scale: Double?)
      case rule(Int, SignalMonths)
      case unknown
    }

    let source: Source
    let unit: String?
    /// Whether more of it is good.
    let highIsGood: Bool?

    init(_ name: String, _ replayed: Replayed) {
      let rules = replayed.run.rulebook
      if let measure = FactMeasure.all(rules).first(where: { $0.spec.name == name }) {
        let isMissing = replayed.missing(measure.kinds) != nil
        source = .things(measure, series: isMissing ? [:] : FactSeries.of(measure, replayed))
        (unit, highIsGood) = (measure.spec.unit, measure.spec.highIsGood)
      } else if let spec = MeasureSpec.all(rules).first(where: { $0.name == name }) {
        source = .months(spec, scale: TouchMeasure.all(rules).first { $0.name == name }?.scale)
        (unit, highIsGood) = (spec.unit, spec.highIsGood)
      } else if let place = rules.signals.firstIndex(where: { $0.name == name }) {
        source = replayed.folds.first?.scores?.months.map { .rule(place, $0) } ?? .unknown
        unit = "touches a month"
        if case .fixed(let points) = rules.signals[place].points, points != 0 {
          highIsGood = points > 0
        } else {
          highIsGood = nil
        }
      } else {
        source = .unknown
        (unit, highIsGood) = (nil, nil)
      }
    }
  }

  private static func effect(_ change: Change, _ signal: Signal?, _ replayed: Replayed) -> ChangeEffect {
    guard let signal, let name = change.signal else { return ChangeEffect(reason: "no signal is named") }
    let window = replayed.run.rulebook.programs.changed
    switch signal.source {
    case .things(let measure, let series):
      if change.at + window > replayed.run.asOf { return ChangeEffect(reason: "the time after it still runs") }
      if let reason = replayed.missing(measure.kinds) { return ChangeEffect(reason: reason) }
      return ChangeEffect(series[change.agent], at: change.at, window: window)
    case .months(let spec, let scale): return ChangeEffect(spec, scale: scale, at: change.at, window: window, replayed)
    case .rule(let rule, let months): return ChangeEffect(rule: rule, months, at: change.at, window: window, replayed)
    case .unknown: return ChangeEffect(reason: "no measure or signal rule is called \(name)")
    }
  }

  private struct Builder {
    var instants = ColumnBuilder<Int64>()
    var texts = (0..<5).map { _ in StringColumnBuilder() }
    var reals = (0..<5).map { _ in ColumnBuilder<Double>() }
    var counts = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var improved = ColumnBuilder<Bool>()
    var reasons = StringColumnBuilder()

    mutating func append(_ change: Change, _ effect: ChangeEffect, _ signal: Signal?) {
      instants.append(change.at)
      let unit = signal?.unit.flatMap { $0.isEmpty ? nil : $0 }
      for (place, text) in [change.name, change.kind, change.agent, change.signal, unit].enumerated() {
        texts[place].append(text)
      }
      let values = [effect.before, effect.after, effect.difference, effect.interval?.lower, effect.interval?.upper]
      for (place, value) in values.enumerated() { reals[place].append(value) }
      counts[0].append(effect.beforeCount)
      counts[1].append(effect.afterCount)
      improved.append(verdict(effect.interval, signal?.highIsGood))
      reasons.append(effect.reason)
    }

    private func verdict(_ interval: Interval?, _ highIsGood: Bool?) -> Bool? {
      guard let interval, let highIsGood else { return nil }
      if interval.lower > 0 { return highIsGood }
      return interval.upper < 0 ? !highIsGood : nil
    }

    consuming func finish() -> Table {
      Table(
        schema: ChangesTable.schema,
        columns: [instants.finish()] + texts.map { $0.finish() } + reals.map { $0.finish() } + counts.map { $0.finish() }
          + [improved.finish(), reasons.finish()])
    }
  }
}
