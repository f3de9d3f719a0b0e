import KeptFormat
import KeptSnapshot

/// Who stayed, who left and who came back, month by month. Metrics 3.3, 3.4 and 3.41; counted by `ChurnFold`.
///
/// at_start = stayed + they_left + we_left + mutual + external + unsaid + lapsed.
enum ChurnTable {
  static let schema = TableSchema(
    name: "churn", meaning: "unit × grain × period × definition",
    columns: [
      ColumnSpec("unit", .string, meaning: "whose lives are counted: customer or account"),
      ColumnSpec("grain", .string, meaning: "month"),
      ColumnSpec("period", .date, meaning: "first local day of the month"),
      ColumnSpec(
        "definition", .string,
        meaning: "contract: no contract in force; ended: the relationship ended; lapse: no contact for their own limit "
          + "of silence", seed: "S2.3"),
      ColumnSpec("currency", .string, isNullable: true, meaning: "of recurring revenue; NULL but for contract"),
      count("at_start", "there before the month began", "stayed + they_left + … + lapsed"),
      count("stayed", "of them, there when it ended, or at the as-of instant", "", good: true, seed: "S0.1"),
      count("they_left", "of them, gone, and it was they who left", "ended_by = customer", good: false),
      count("we_left", "of them, gone, and it was we who left", "ended_by = us", good: false, direction: "WE"),
      count("mutual", "of them, gone by agreement", "ended_by = mutual", direction: "BOTH"),
      count(
        "external", "of them, gone for reasons of neither side: acquired, closed", "ended_by = external",
        seed: "S1.10d", direction: "NEI"),
      count("unsaid", "of them, gone, and nobody said who left", "no ended_by", good: false),
      count(
        "lapsed", "of them, silent for longer than their limit since some day of the month", "last contact + limit",
        good: false),
      count("came_back", "gone before the month began, there when it ended", "", good: true),
      ColumnSpec(
        "logo_churn", .double, isNullable: true, unit: "share",
        meaning: "share of those at the start that were gone at the end; NULL unless complete",
        formula: "(at_start − stayed) / at_start", seed: "S2.3", direction: "THEY", highIsGood: false),
      ColumnSpec(
        "logo_churn_annualised", .double, isNullable: true, unit: "share",
        meaning: "what twelve months like this one would come to; a figure of speech, not a forecast",
        formula: "1 − (1 − logo_churn)^12", seed: "S2.3", direction: "THEY", highIsGood: false),
      ColumnSpec(
        "they_left_rate", .double, isNullable: true, unit: "share",
        meaning: "share of those at the start that left us; NULL unless complete", formula: "they_left / at_start",
        seed: "S2.4", direction: "THEY", highIsGood: false),
      ColumnSpec(
        "we_left_rate", .double, isNullable: true, unit: "share",
        meaning: "share of those at the start that we left; NULL unless complete", formula: "we_left / at_start",
        seed: "S2.4", direction: "WE", highIsGood: false),
      rate("grr", "revenue of those at the start that was kept, without what grew", "mrr_kept / mrr_at_start"),
      rate("nrr", "revenue of those at the start that was kept, with what grew", "mrr_after / mrr_at_start"),
      money("mrr_at_start", "recurring revenue a month of those at the start", "Σ m0"),
      money("mrr_kept", "of it, kept at the end", "Σ min(m1, m0)"),
      money("mrr_after", "recurring revenue a month of the same at the end", "Σ m1"),
      count("ends", "how often somebody left in the month, those who were back by its end included", ""),
      count("flash", "came and gone within the month; in none of the counts above but ends", ""),
      count("taken_back", "of those who left in the month, came back in a later one, by the as-of instant", ""),
      ColumnSpec(
        "taken_back_share", .double, isNullable: true, unit: "share",
        meaning: "of those who left in the month, the share that came back in a later one; of lapses it says how often "
          + "silence was taken for leaving", formula: "taken_back / (at_start − stayed)", seed: "S2.3",
        direction: "THEY", highIsGood: true),
      ColumnSpec(
        "complete", .boolean, meaning: "the month had ended by the as-of instant", formula: "end of the month ≤ as-of"),
      ColumnSpec(
        "is_default", .boolean,
        meaning: "the definition to be shown where one is wanted: the first of contract, ended and lapse that has data",
        formula: "the first that counts anybody at a start"),
    ])

  private static func count(
    _ name: String, _ meaning: String, _ formula: String, good: Bool? = nil, seed: String = "S2.4",
    direction: String = "THEY"
  ) -> ColumnSpec {
    ColumnSpec(
      name, .int64, meaning: meaning, formula: formula, seed: seed, direction: direction, highIsGood: good)
  }

  private static func rate(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: "share",
      meaning: meaning + "; NULL unless complete, where there was none, and where a rate of exchange is missing",
      formula: formula, seed: "S0.1", direction: "THEY", highIsGood: true)
  }

  private static func money(_ name: String, _ meaning: String, _ formula: String) -> ColumnSpec {
    ColumnSpec(
      name, .decimal, isNullable: true, unit: "currency a month",
      meaning: meaning + "; NULL but for contract, and where a rate of exchange is missing", formula: formula,
      seed: "S0.1", direction: "THEY", highIsGood: true)
  }

  private static let counted: [ChurnGrid.Count] = [.theyLeft, .weLeft, .mutual, .external, .unsaid, .lapsed]

  private struct Row {
    var unit: Unit
    var period: Int
    var definition: String
    var counts: [Int64]
    var money: (start: Int128, kept: Int128, after: Int128)?
    var isComplete: Bool
    var isDefault: Bool
  }

  /// - Parameter units: the merged fold of each unit; `logStart`: the earliest touch of all.
  static func make(units: [(unit: Unit, fold: ChurnFold)], run: MeasureRun, logStart: Instant) -> Table {
    var rows: [Row] = []
    for (unit, fold) in units.sorted(by: { $0.unit.rawValue < $1.unit.rawValue }) {
      var ofUnit: [Row] = []
      for (definition, grid) in [("contract", fold.contract), ("ended", fold.ended), ("lapse", fold.lapse)]
      where grid.isSpokenOf {
        let isDefault = ofUnit.isEmpty || ofUnit[0].definition == definition
        ofUnit += self.rows(unit, definition, grid, run.dayTable, logStart, isDefault: isDefault)
      }
      rows += ofUnit.sorted { ($0.period, $0.definition) < ($1.period, $1.definition) }
    }
    return table(rows, currency: run.currency)
  }

  /// From the first month on at whose start the log was there and somebody with it.
  private static func rows(
    _ unit: Unit, _ definition: String, _ grid: ChurnGrid, _ dayTable: DayTable, _ logStart: Instant, isDefault: Bool
  ) -> [Row] {
    let moneys = definition == "contract" ? grid.moneys() : Array(repeating: nil, count: grid.bucketCount)
    var atStart: Int64 = 0
    var rows: [Row] = []
    for month in 0..<grid.bucketCount {
      atStart += grid.count(.atStartStep, month)
      let bucket = grid.lowBucket + month
      if rows.isEmpty && (atStart == 0 || dayTable.start(.month, bucket) < logStart) { continue }
      let left = counted.map { grid.count($0, month) }
      rows.append(
        Row(
          unit: unit, period: dayTable.firstDay(.month, bucket), definition: definition,
          counts: [atStart, atStart - left.reduce(0, +)] + left
            + [.cameBack, .ends, .flash, .takenBack].map { grid.count($0, month) },
          money: moneys[month], isComplete: month < grid.bucketCount - 1, isDefault: isDefault))
    }
    return rows
  }

  private static func table(_ rows: [Row], currency: String) -> Table {
    var unit = StringColumnBuilder()
    var grain = StringColumnBuilder()
    var period = ColumnBuilder<Int32>()
    var definition = StringColumnBuilder()
    var money = StringColumnBuilder()
    var counts = (0..<12).map { _ in ColumnBuilder<Int64>() }
    var rates = (0..<7).map { _ in ColumnBuilder<Double>() }
    var sums = (0..<3).map { _ in ColumnBuilder<Int64>() }
    var flags = (0..<2).map { _ in ColumnBuilder<Bool>() }
    for row in rows {
      unit.append(row.unit.rawValue)
      grain.append(Grain.month.rawValue)
      period.append(Int32(row.period))
      definition.append(row.definition)
      money.append(row.definition == "contract" && !currency.isEmpty ? currency : nil)
      for (place, count) in row.counts.enumerated() { counts[place].append(count) }
      let (atStart, stayed) = (row.counts[0], row.counts[1])
      func share(_ count: Int64, of total: Int64) -> Double? { total > 0 ? Double(count) / Double(total) : nil }
      let churn = row.isComplete ? share(atStart - stayed, of: atStart) : nil
      rates[0].append(churn)
      rates[1].append(churn.map { churn in 1 - (0..<12).reduce(1) { kept, _ in kept * (1 - churn) } })
      rates[2].append(row.isComplete ? share(row.counts[2], of: atStart) : nil)
      rates[3].append(row.isComplete ? share(row.counts[3], of: atStart) : nil)
      let hasRates = row.isComplete && (row.money?.start ?? 0) != 0
      rates[4].append(hasRates ? Double(row.money!.kept) / Double(row.money!.start) : nil)
      rates[5].append(hasRates ? Double(row.money!.after) / Double(row.money!.start) : nil)
      rates[6].append(share(row.counts[11], of: atStart - stayed))
      sums[0].append(row.money.flatMap { Int64(exactly: $0.start) })
      sums[1].append(row.money.flatMap { Int64(exactly: $0.kept) })
      sums[2].append(row.money.flatMap { Int64(exactly: $0.after) })
      flags[0].append(row.isComplete)
      flags[1].append(row.isDefault)
    }
    var columns = [unit.finish(), grain.finish(), period.finish(), definition.finish(), money.finish()]
    columns += counts[..<9].map { $0.finish() }
    columns += rates[..<6].map { $0.finish() }
    columns += sums.map { $0.finish() }
    columns += counts[9...].map { $0.finish() }
    columns.append(rates[6].finish())
    columns += flags.map { $0.finish() }
    return Table(schema: schema, columns: columns)
  }
}
