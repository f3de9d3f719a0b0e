import KeptSnapshot

/// What a measure says of itself, however it is computed: its rows in `measures`, its columns in the wide tables and their
/// documentation come from here.
struct MeasureSpec: Sendable {
  let name: String
  /// Rows of the claims, like `S4.13`; several are set apart by a comma.
  let seed: String
  let meaning: String
  let formula: String
  /// `WE`, `THEY`, `BOTH` or `NEI`.
  let direction: String
  /// nil where neither end is the good one.
  let highIsGood: Bool?
  let unit: String
  /// What numerator and denominator are; nil: a wide table does not show it.
  let num: MeasurePart?
  let den: MeasurePart?
  /// Whose columns it has in the wide tables.
  let grains: Set<MeasureGrain>
  /// Whether the firm has a row for every month of the ledger once it has any.
  let isMonthly: Bool

  init(
    _ name: String, _ seed: String, _ meaning: String, formula: String, _ direction: String, high highIsGood: Bool?,
    unit: String, num: MeasurePart? = nil, den: MeasurePart? = nil, grains: Set<MeasureGrain> = [.firm],
    isMonthly: Bool = true
  ) {
    self.name = name
    self.seed = seed
    self.meaning = meaning
    self.formula = formula
    self.direction = direction
    self.highIsGood = highIsGood
    self.unit = unit
    self.num = num
    self.den = den
    self.grains = grains
    self.isMonthly = isMonthly
  }

  /// As tables and their dictionary show it.
  var column: ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: unit, meaning: meaning, formula: formula, seed: seed, direction: direction,
      highIsGood: highIsGood)
  }

  /// Every measure there is, by name.
  static func all(_ rules: Rulebook) -> [MeasureSpec] {
    (TouchMeasure.all(rules).map(\.spec) + ToldMeasures.all(rules).map(\.spec)).sorted { $0.name < $1.name }
  }
}

extension TouchMeasure {
  var spec: MeasureSpec {
    MeasureSpec(
      name, seed, meaning, formula: formula, direction, high: highIsGood, unit: unit,
      num: den.isEmpty ? nil : MeasurePart("numerator", unit: num[0].unit),
      den: den.first.map { MeasurePart("denominator", unit: $0.unit) },
      grains: Set(MeasureGrain.allCases))
  }
}

/// What a measure says of an entity and a month.
struct MeasureRow {
  /// `MeasureGrain.name`, or what else a measure tells apart: `reason`, `device`, `moment` …
  var grain: String
  /// nil for the firm.
  var entity: String?
  /// 12 · year + month.
  var month: Int
  var result: MeasureResult

  /// Whether anything of the firm was counted in the month; why there is nothing to say does not make it one.
  var makesMonth: Bool { grain == MeasureGrain.firm.name && (result.value != nil || result.den != nil) }
}

/// Numerator and denominator × 10⁶, the value, and why there is none.
struct MeasureResult {
  var num: Int64?
  var den: Int64?
  var value: Double?
  var reason: String?

  static let none = MeasureResult(num: 0, den: 0, reason: "nothing to divide by")
}
