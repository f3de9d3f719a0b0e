import KeptFormat

/// A measure of things - orders, cases, returns - rather than of touches: declared once, computed from the rows of their
/// family for the month in which each thing began (or whatever `month` says), for the firm and wherever things belong.
///
/// Example, `reply_p50`: of cases answered after 1 h and 3 h and one still waiting after 5 h, half were answered within
/// 3 h; num 2 answers, den 3 cases.
struct FactMeasure: ToldMeasure {
  /// What is made of the things of an entity and month.
  enum Aggregate: Sendable {
    /// Of those that say whether, the part of which it is true.
    case share(Test)
    case count
    case sum(String)
    case mean(String)
    /// Σ one column / Σ another, over rows that have both.
    case ratio(String, String)
    /// Type 7, of those that have a value.
    case quantile(Double, String)
    /// Until so many had it, by Kaplan and Meier: those that have no value yet count as long as they were watched.
    case reached(Double, Span)
    /// One such quantile for each unit of another.
    case spread(Double, Double, Span)
    /// How unevenly customers have it: of their means.
    case gini(String)
  }

  /// A duration that may still run.
  struct Span: Sendable {
    /// Its value where it is over.
    let column: String
    /// Since when it runs, and the first of these that ends the watching, else the as-of instant.
    let from: String
    var until: [String] = []
  }

  indirect enum Test: Sendable {
    case isTrue(String)
    case isFalse(String)
    case says(String, [String])
    case known(String)
    /// Limits in words of the row.
    case atMost(String, Int64)
    case over(String, Int64)
    /// Whether a span was over within, or lasted beyond, so long; unsaid while it may still be either.
    case within(Span, Int64)
    case beyond(Span, Int64)
    case either(Test, Test)
    case neither([Test])
  }

  let spec: MeasureSpec
  let family: FactFamily
  /// The first of these instants that a row has gives its month; a row without any does not count.
  let month: [String]
  /// What must be true of a row that counts.
  let conditions: [Test]
  let aggregate: Aggregate
  /// Each of these groups of kinds must be known to the ledger; else nothing is told.
  let kinds: [[String]]
  /// A column of words that rows are told apart by as well, and how that grain is called.
  let by: (grain: String, column: String)?
  /// Rows of so many months stand together, under the first.
  let monthsPerPeriod: Int
  /// Shown only from so many things on, whoever the entity is.
  let countMin: Int

  init(
    _ name: String, _ seed: String, _ meaning: String, formula: String, _ direction: String, high: Bool?,
    unit: String = "", of family: FactFamily, month: String..., where conditions: Test..., aggregate: Aggregate,
    kinds: [[String]], grains: Set<MeasureGrain> = .ofOurs, by: (grain: String, column: String)? = nil,
    monthsPerPeriod: Int = 1, countMin: Int = 1
  ) {
    let unit = unit.isEmpty ? aggregate.unit(of: family) : unit
    let parts = aggregate.parts(of: family, unit: unit)
    spec = MeasureSpec(
      name, seed, meaning, formula: formula, direction, high: high, unit: unit, num: parts.num, den: parts.den,
      grains: grains, isMonthly: monthsPerPeriod == 1)
    self.family = family
    self.month = month
    self.conditions = conditions
    self.aggregate = aggregate
    self.kinds = kinds
    self.by = by
    self.monthsPerPeriod = monthsPerPeriod
    self.countMin = countMin
  }

  var families: [FactFamily] { [family] }
  var parts: Parts { family.parts }

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing(kinds) { return .nothing(reason) }
    guard let book = replayed.books[family.name] else { return .nothing("no \(family.name)") }
    // Where nothing ever ends a span, its ends are not recorded, and nobody is accused of waiting.
    if let column = aggregate.span?.column, !book.says(column) { return .nothing("no event says what it needs") }
    let rows = FactCells(self, book, replayed).rows()
    return rows.isEmpty ? .nothing("no event says what it needs") : .rows(rows)
  }
}

extension Set<MeasureGrain> {
  /// What somebody of ours does belongs to an agent and a department, too; what customers do by themselves does not.
  static var ofOurs: Set { Set(MeasureGrain.allCases) }
  static var ofTheirs: Set { ofOurs.subtracting([.agent, .department]) }
}

extension FactMeasure.Aggregate {
  /// The span that it looks at.
  fileprivate var span: FactMeasure.Span? {
    switch self {
    case .reached(_, let span), .spread(_, _, let span), .share(.within(let span, _)), .share(.beyond(let span, _)): span
    default: nil
    }
  }

  /// What numerator and denominator are, of a measure that is counted in `unit`.
  fileprivate func parts(of family: FactFamily, unit: String) -> (num: MeasurePart?, den: MeasurePart?) {
    switch self {
    case .share: ("those of which it is true", "those that say whether")
    case .count, .sum: (nil, nil)
    case .mean: (MeasurePart("their sum", unit: unit), "how many it is the mean of")
    case .ratio(let num, let den):
      (
        MeasurePart("numerator", unit: family.spec(num).countedIn),
        MeasurePart("denominator", unit: family.spec(den).countedIn)
      )
    case .quantile: (nil, "how many it is of")
    case .reached, .spread: ("how many of them had it", "how many were watched")
    case .gini: (nil, "customers")
    }
  }

  /// What it is counted in where that is not said: what is counted, or the column that is added.
  fileprivate func unit(of family: FactFamily) -> String {
    switch self {
    case .share: "share"
    case .count: ColumnUnit.count
    case .sum(let column), .mean(let column), .quantile(_, let column): family.spec(column).countedIn
    case .reached(_, let span): family.spec(span.column).countedIn
    case .ratio, .spread, .gini: ""
    }
  }
}
