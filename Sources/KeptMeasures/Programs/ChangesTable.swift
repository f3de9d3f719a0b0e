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
      ColumnSpec("unit", .string, isNullable: true, meaning: "what that is counted in; of a rule touches a month"),
      value("before_change", "the signal in the time before"), value("after_change", "the signal in the time after"),
      value("difference", "what changed", "after_change − before_change"),
      value("difference_lo", "lower end of its 95 % interval"), value("difference_hi", "upper end of it"),
      ColumnSpec("before_n", .int64, isNullable: true, meaning: "how many things, or touches, the value before is of"),
      ColumnSpec("after_n", .int64, isNullable: true, meaning: "how many the value after is of"),
      ColumnSpec(
        "improved", .boolean, isNullable: true, meaning: "whether it went the good way; NULL where chance may have done it",
        formula: "the interval leaves out 0", seed: "S3.25, S2.19", direction: "WE", highIsGood: true),
      ColumnSpec("reason", .string, isNullable: true, meaning: "why there is no difference"),
    ])

  private static func value(_ name: String, _ meaning: String, _ formula: String = "") -> ColumnSpec {
    ColumnSpec(name, .double, isNullable: true, meaning: meaning, formula: formula, seed: "S3.25, S2.19", direction: "WE")
  }

  static let families = [ChangeFacts.family, OutcomeFacts.family]

  private struct Change {
    var at: Instant
    var name: String?
    var kind: String?
    var signal: String?
    var agent: String?
  }

  static func make(_ replayed: Replayed) -> Table {
    var builder = Builder()
    var known: [String: ChangeEffect] = [:]
    for change in changes(replayed) {
      // Two changes at once have one effect.
      let key = "\(change.at) \(change.signal ?? "") \(change.agent ?? "")"
      let effect = known[key] ?? effect(change, replayed)
      known[key] = effect
      builder.append(change, effect, signalSpec(change.signal, replayed))
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
      for (one, other) in zip(key(left), key(right)) where one != other { return one.utf8.lexicographicallyPrecedes(other.utf8) }
      return false
    }
  }

  private static func effect(_ change: Change, _ replayed: Replayed) -> ChangeEffect {
    let rules = replayed.run.rulebook
    let window = rules.programs.changed
    guard let signal = change.signal else { return ChangeEffect(reason: "no signal is named") }
    if let measure = FactMeasure.all(rules).first(where: { $0.spec.name == signal }) {
      let isOver = change.at + window <= replayed.run.asOf
      if !isOver { return ChangeEffect(reason: "the time after it still runs") }
      let seed = SplitMix64.seed(of: "changes", signal, change.agent ?? "", "\(change.at)")
      return ChangeEffect(measure, at: change.at, window: window, agent: change.agent, seed: seed, replayed)
    }
    if let spec = MeasureSpec.all(rules).first(where: { $0.name == signal }) {
      let scale = TouchMeasure.all(rules).first { $0.name == signal }?.scale
      return ChangeEffect(spec, scale: scale, at: change.at, window: window, replayed)
    }
    if let rule = rules.signals.firstIndex(where: { $0.name == signal }), let signals = replayed.folds.first?.scores?.months {
      return ChangeEffect(rule: rule, signals, at: change.at, window: window, replayed)
    }
    return ChangeEffect(reason: "no measure or signal rule is called \(signal)")
  }

  /// The unit of a signal, and whether more of it is good.
  private static func signalSpec(_ signal: String?, _ replayed: Replayed) -> (unit: String?, highIsGood: Bool?) {
    let rules = replayed.run.rulebook
    if let spec = MeasureSpec.all(rules).first(where: { $0.name == signal }) { return (spec.unit, spec.highIsGood) }
    guard let rule = rules.signals.first(where: { $0.name == signal }) else { return (nil, nil) }
    if case .fixed(let points) = rule.points { return ("touches a month", points == 0 ? nil : points > 0) }
    return ("touches a month", nil)
  }

  private struct Builder {
    var instants = ColumnBuilder<Int64>()
    var texts = (0..<5).map { _ in StringColumnBuilder() }
    var reals = (0..<5).map { _ in ColumnBuilder<Double>() }
    var counts = (0..<2).map { _ in ColumnBuilder<Int64>() }
    var improved = ColumnBuilder<Bool>()
    var reasons = StringColumnBuilder()

    mutating func append(_ change: Change, _ effect: ChangeEffect, _ signal: (unit: String?, highIsGood: Bool?)) {
      instants.append(change.at)
      let unit = signal.unit.flatMap { $0.isEmpty ? nil : $0 }
      for (place, text) in [change.name, change.kind, change.agent, change.signal, unit].enumerated() {
        texts[place].append(text)
      }
      let values = [effect.before, effect.after, effect.difference, effect.interval?.lower, effect.interval?.upper]
      for (place, value) in values.enumerated() { reals[place].append(value) }
      counts[0].append(effect.beforeCount)
      counts[1].append(effect.afterCount)
      improved.append(verdict(effect.interval, signal.highIsGood))
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
