import KeptFormat

/// A measure that is told once every life is folded: a median, a share of things, a slope of another measure - whatever
/// touches do not add up to one by one.
///
/// To hand one in: a type that says its `MeasureSpec`, what has to be folded for it (`parts`, `families`), and its rows,
/// from `Replayed`; then a line in `ToldMeasures.all`. Its columns, its documentation and its answer to a claim follow.
///
///     struct ExpectedLeavers: ToldMeasure {
///       let spec = MeasureSpec("expected_leavers", "S2.3", "…", formula: "Σ p_end_90d", "THEY", high: false, unit: "count")
///       let parts: Parts = .tenure
///       func told(_ replayed: Replayed) -> Told { .rows([MeasureRow(grain: "firm", month: …, result: …)]) }
///     }
protocol ToldMeasure: Sendable {
  var spec: MeasureSpec { get }
  /// What lives must be folded for, beyond touches.
  var parts: Parts { get }
  var families: [FactFamily] { get }
  /// Whether it reads the rows of other measures (`Replayed.rows(of:)`), and so is told after those.
  var isOfMeasures: Bool { get }
  func told(_ replayed: Replayed) -> Told
}

extension ToldMeasure {
  var parts: Parts { [] }
  var families: [FactFamily] { [] }
  var isOfMeasures: Bool { false }
}

enum Told {
  /// In any order.
  case rows([MeasureRow])
  /// Why the ledger has nothing of it at all.
  case nothing(String)
}

enum ToldMeasures {
  /// Every one there is.
  static func all(_ rules: Rulebook) -> [any ToldMeasure] {
    FactMeasure.all(rules) + MeasureOfMeasures.all(rules) + ProbeMeasure.all + [LeavingHazard(), PromiseMeasure()]
      + SegmentMeasure.all + StandingMeasures.all + LeavingMeasures.all
  }

  /// The families that they read, each once.
  static func families(_ rules: Rulebook) -> [FactFamily] {
    var families: [FactFamily] = []
    for family in all(rules).flatMap(\.families) where !families.contains(where: { $0.name == family.name }) {
      families.append(family)
    }
    return families
  }

  static func parts(_ rules: Rulebook) -> Parts { all(rules).reduce([]) { $0.union($1.parts) } }
}

/// What a whole replay came to, for what is made of it once.
struct Replayed {
  let run: MeasureRun
  /// The workers' folds over customers; the first one has the sums of all, rows of lives are each worker's own.
  let folds: [MeasureFold]
  /// The sums over accounts; nil: they were not replayed.
  let accounts: MeasureFold?
  /// By code.
  let words: [String]
  /// When the first touch of anyone occurred; `.max`: nobody was touched.
  let logStart: Instant
  /// How long relationships last; nil where no measure asks.
  let curves: TenureCurves?
  /// What customers buy; nil where no measure asks, or not all customers were replayed.
  let models: PurchaseModels?
  /// By family name.
  let books: [String: FactBook]
  /// Times that were declared, where measures ask for them.
  let periods: [(kind: String, from: Instant, until: Instant)]
  /// Rows of the measures told before, by name, sorted by grain, entity and month.
  var told: [String: [MeasureRow]] = [:]

  var dayTable: DayTable { run.dayTable }

  init(
    run: MeasureRun, folds: [MeasureFold], accounts: MeasureFold?, words: [String], logStart: Instant,
    curves: TenureCurves?, models: PurchaseModels?
  ) {
    self.run = run
    self.folds = folds
    self.accounts = accounts
    self.words = words
    self.logStart = logStart
    self.curves = curves
    self.models = models
    var books: [String: FactBook] = [:]
    for (place, family) in (folds.first?.families ?? []).enumerated() {
      books[family.name] = FactBook(family, folds.map { $0.factFolds[place].rows }, words: words)
    }
    self.books = books
    periods = books[PeriodFacts.family.name].map(PeriodFacts.declared) ?? []
  }

  /// The rows of a measure of one grain, by entity and month; none where it is not told.
  func rows(of measure: String, _ grain: MeasureGrain = .firm) -> [MeasureRow] {
    (told[measure] ?? []).filter { $0.grain == grain.name }
  }

  /// Why nothing can be told without touches of these kinds: one of each group must be known to the ledger.
  func missing(_ groups: [[String]]) -> String? {
    for kinds in groups where !kinds.contains(where: run.kinds.contains) {
      return DictionaryTable.reason(without: kinds)
    }
    return nil
  }
}

/// The rows of a family, of all workers.
struct FactBook {
  let family: FactFamily
  let all: [FactRows]
  let places: PlaceBook

  init(_ family: FactFamily, _ all: [FactRows], words: [String]) {
    self.family = family
    self.all = all
    places = PlaceBook(all, words: words)
  }

  /// Whether any row has a value in that column.
  func says(_ column: String) -> Bool {
    let place = family.place(column)
    return all.contains { rows in
      stride(from: place, to: rows.words.count, by: rows.width).contains { rows.words[$0] != FactRows.absent }
    }
  }
}
