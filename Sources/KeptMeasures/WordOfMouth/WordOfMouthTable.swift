import KeptFormat
import KeptSnapshot

/// Whether more good than bad is told of us. Metrics 3.12; the counts are made by `WordOfMouthFold`.
///
/// Failures travel 2.5 times as far, so it takes 2.5 satisfied customers for each dissatisfied one to break even: a
/// share of p* = 2.5 / 3.5 of those with an opinion. `state` is decided only where the 95 % Wilson interval leaves p*
/// out.
enum WordOfMouthTable {
  static let schema = TableSchema(
    name: "word_of_mouth", meaning: "month",
    columns: [
      ColumnSpec("period", .date, meaning: "first local day of the month"),
      ColumnSpec("asked", .int64, meaning: "surveys sent to customers", seed: "S1.5"),
      ColumnSpec("answered", .int64, meaning: "ratings that count", seed: "S1.5"),
      ColumnSpec(
        "unusable", .int64, meaning: "ratings without a score on the scale of a known instrument", seed: "S1.5"),
      people("satisfied", "customers whose last rating of the month says satisfied", "S", "S1.4", good: true),
      people("dissatisfied", "customers whose last rating of the month says dissatisfied", "D", "S1.2", good: false),
      ColumnSpec(
        "neutral", .int64, meaning: "customers whose last rating says neither", seed: "S1.5", direction: "THEY"),
      people("praised", "public mentions by the satisfied", "", "S1.6", good: true),
      people("panned", "public mentions by the dissatisfied", "", "S1.6", good: false),
      ColumnSpec(
        "ratio", .double, isNullable: true, unit: ColumnUnit.each,
        meaning: "satisfied for each dissatisfied; NULL where nobody is dissatisfied",
        formula: "S / D", seed: "S1.5", direction: "THEY", highIsGood: true),
      ColumnSpec(
        "balance", .double, unit: "customers", meaning: "how far above break-even", formula: "S − 2.5 · D", seed: "S1.5",
        direction: "THEY",
        highIsGood: true),
      ColumnSpec(
        "state", .string, isNullable: true,
        meaning: "above or below break-even, or unclear; NULL where nobody has an opinion",
        formula: "above: Wilson(S, S + D) lies above 2.5 / 3.5; below: it lies below", seed: "S1.5", direction: "THEY"),
      told("told_good_lo", "at least so many are told good things", "S · 4", "S1.4", good: true),
      told("told_good_hi", "at most so many are told good things", "S · 6", "S1.4", good: true),
      told("told_bad_lo", "at least so many are told bad things", "D · 9", "S1.2", good: false),
      told("told_bad_hi", "at most so many are told bad things", "D · 15", "S1.2", good: false),
      told("told_over_20", "dissatisfied customers who each tell more than 20, one in eight", "D · 0.13", "S1.3", good: false),
    ])

  private static func people(
    _ name: String, _ meaning: String, _ formula: String, _ seed: String, good: Bool
  ) -> ColumnSpec {
    ColumnSpec(
      name, .int64, meaning: meaning, formula: formula, seed: seed, direction: "THEY", highIsGood: good)
  }

  private static func told(
    _ name: String, _ meaning: String, _ formula: String, _ seed: String, good: Bool
  ) -> ColumnSpec {
    ColumnSpec(
      name, .double, unit: "people", meaning: meaning, formula: formula, seed: seed, direction: "THEY", highIsGood: good
    )
  }

  static func make(_ fold: WordOfMouthFold, run: MeasureRun) -> Table {
    let rules = run.rulebook.wordOfMouth
    var period = ColumnBuilder<Int32>()
    var counts = (0..<8).map { _ in ColumnBuilder<Int64>() }
    var ratio = ColumnBuilder<Double>()
    var balance = ColumnBuilder<Double>()
    var state = StringColumnBuilder()
    var told = (0..<5).map { _ in ColumnBuilder<Double>() }
    let shown: [WordOfMouthFold.Count] = [
      .asked, .answered, .unusable, .satisfied, .dissatisfied, .neutral, .praised, .panned,
    ]
    let first = (0..<fold.monthCount).first { month in shown.contains { fold.count($0, month) != 0 } }
    for month in (first ?? fold.monthCount)..<fold.monthCount {
      period.append(Int32(run.dayTable.firstDay(.month, fold.lowMonth + month)))
      for (place, what) in shown.enumerated() { counts[place].append(fold.count(what, month)) }
      let good = fold.count(.satisfied, month)
      let bad = fold.count(.dissatisfied, month)
      ratio.append(bad == 0 ? nil : Double(good) / Double(bad))
      balance.append(Double(good) - rules.breakEven * Double(bad))
      state.append(Self.state(good, bad, breakEven: rules.breakEven))
      told[0].append(Double(good) * rules.toldGood.low)
      told[1].append(Double(good) * rules.toldGood.high)
      told[2].append(Double(bad) * rules.toldBad.low)
      told[3].append(Double(bad) * rules.toldBad.high)
      told[4].append(Double(bad) * rules.toldMany)
    }
    return Table(
      schema: schema,
      columns: [period.finish()] + counts.map { $0.finish() } + [ratio.finish(), balance.finish(), state.finish()]
        + told.map { $0.finish() })
  }

  static func state(_ good: Int64, _ bad: Int64, breakEven: Double) -> String? {
    guard good + bad > 0 else { return nil }
    let even = breakEven / (1 + breakEven)
    let bounds = Wilson.interval(good, of: good + bad)
    return bounds.low > even ? "above" : bounds.high < even ? "below" : "unclear"
  }
}
