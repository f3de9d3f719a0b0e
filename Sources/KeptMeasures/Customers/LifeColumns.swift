import KeptFormat
import KeptReplay
import KeptSnapshot

/// What is known of customers and accounts alike at the as-of instant: the columns that `customers` and `accounts` share.
/// Metrics 3.4, 3.41, 3.9, 3.13; collected by `CustomerFold`.
struct LifeColumns {
  static let specs: [ColumnSpec] =
    [
    ColumnSpec(
      "party", .string, meaning: "b2c, b2b or internal; unsaid: b2b with an account, else b2c",
      formula: "party of their last touch that has one"),
    ColumnSpec(
      "cohort", .date, meaning: "first local day of the month of their first touch", formula: "month of first_at"),
    ColumnSpec("first_at", .timestamp, meaning: "their first touch", formula: "min time of their touches"),
    ColumnSpec("last_at", .timestamp, meaning: "their last touch", formula: "max time of their touches"),
    column("touches", .int64, "touches that name them", "", "S0.10"),
    column("orders", .int64, "orders that stand: not cancelled", "", "S0.1"),
    column("orders_without_amount", .int64, "those of them that no amount is known of", "", "S0.1", good: false),
    ColumnSpec(
      "revenue", .decimal, isNullable: true, unit: "currency",
      meaning: "worth of their orders in the ledger's currency; NULL where a rate is missing",
      formula: "Σ order.placed (after order.corrected) − cancelled − return.credited", seed: "S3.7",
      direction: "THEY",
      highIsGood: true),
    ColumnSpec(
      "status", .string,
      meaning: "prospect: no contact yet; active: last contact within their own limit of silence; quiet: beyond it; "
        + "ended; unknown: their sources fell silent before that could show",
      formula: "limit = clamp((n·q + 5·180 d) / (n + 5), 30 d, 365 d), q the 0.9 quantile of their n gaps",
      seed: "S0.1", direction: "THEY"),
    ColumnSpec(
      "ended_by", .string, isNullable: true,
      meaning: "who left: customer, us, mutual, external; NULL: unsaid, or not ended",
      seed: "S2.4"),
    ColumnSpec(
      "stayed", .boolean, isNullable: true, meaning: "whether they are with us still; NULL for prospects",
      formula: "no end in force, as in status", seed: "S0.1", direction: "THEY", highIsGood: true),
    ColumnSpec(
      "uses_us", .boolean, isNullable: true,
      meaning: "whether they were in touch within their own limit of silence; NULL: no contact, or not observed",
      formula: "now − last contact < limit, as in status", seed: "S0.1", direction: "THEY", highIsGood: true),
    index("we_index", "how into them we are: what we did and what they felt", "WE", "both WE lists"),
    index("they_index", "how into us they are", "THEY", "the list they"),
    index("felt_index", "how they believe we treat them", "WE", "the list we_felt"),
    index("done_index", "how our own record says we treat them", "WE", "the list we_done"),
    ColumnSpec(
      "love_gap", .double, isNullable: true, unit: "points",
      meaning: "how much more we think we love them than they feel it; NULL unless both are known",
      formula: "done_index − felt_index", seed: "S2.5", direction: "BOTH", highIsGood: false),
    points("we_into", "points for of both WE lists, faded by age", "WE", good: true),
    points("we_not_into", "points against of both WE lists, faded by age", "WE", good: false),
    points("they_into", "points for of the list they, faded by age", "THEY", good: true),
    points("they_not_into", "points against of the list they, faded by age", "THEY", good: false),
    ColumnSpec(
      "quadrant", .string, meaning: "mutual, unrequited_ours, unrequited_theirs, indifferent or unknown",
      formula: "(we_index, they_index): into from 10, not into to −10, else unknown", seed: "S2.13", direction: "BOTH"
    ),
    ] + CustomerOutlook.columns

  private static func column(
    _ name: String, _ type: ColumnType, _ meaning: String, _ formula: String, _ seed: String, good: Bool = true
  ) -> ColumnSpec {
    ColumnSpec(
      name, type, meaning: meaning, formula: formula, seed: seed, direction: "THEY", highIsGood: good)
  }

  private static func index(_ name: String, _ meaning: String, _ direction: String, _ lists: String) -> ColumnSpec {
    ColumnSpec(
      name, .double, isNullable: true, unit: ColumnUnit.index, meaning: meaning + "; −100 … 100, NULL while they are silent",
      formula: "100 · (P − N) / (P + N + 4) over \(lists)", seed: "S4.15", direction: direction, highIsGood: true)
  }

  private static func points(_ name: String, _ meaning: String, _ direction: String, good: Bool) -> ColumnSpec {
    ColumnSpec(
      name, .double, unit: "points", meaning: meaning, formula: "Σ |points| · 2^(−age / half-life)", seed: "S4.15",
      direction: direction, highIsGood: good)
  }

  let folds: [MeasureFold]
  let names: EntityNames
  private let rows: [[CustomerFold.Row]]
  private let order: LifeOrder

  /// - Parameter names: of the customers, or of the accounts, whose lives were folded.
  init(_ folds: [MeasureFold], names: EntityNames) {
    self.folds = folds
    self.names = names
    rows = folds.map { $0.customers!.rows }
    order = LifeOrder(rows.map { $0.map(\.customer) }, names)
  }

  var count: Int { order.places.count }

  /// Calls `body` with every row, its fold and its place there, in the order of the table.
  func each(_ body: (CustomerFold.Row, MeasureFold, Int) -> Void) {
    for place in order.places { body(rows[place.fold][place.row], folds[place.fold], place.row) }
  }

  /// What customers, or accounts, are called.
  func nameColumn() -> ColumnData {
    var column = StringColumnBuilder(dictionary: names.dictionary, rowCount: count)
    each { row, _, _ in column.append(code: names.code(row.customer)) }
    return column.finish()
  }

  /// The columns of `specs`.
  ///
  /// - Parameter sourceEnds: by word code, how long each source is known to have recorded touches.
  func columns(
    run: MeasureRun, strings: StringDictionary, sourceEnds: [Instant], outlook: CustomerOutlook
  ) -> [ColumnData] {
    let affinity = Affinity(rules: run.rulebook.index)
    let asOfDay = run.dayTable.day(of: run.asOf)
    var party = StringColumnBuilder(dictionary: strings, rowCount: count)
    let b2b = party.intern("b2b")
    let b2c = party.intern("b2c")
    var cohort = ColumnBuilder<Int32>(rowCount: count)
    var times = (0..<2).map { _ in ColumnBuilder<Int64>(rowCount: count) }
    var counts = (0..<3).map { _ in ColumnBuilder<Int64>(rowCount: count) }
    var revenue = ColumnBuilder<Int64>(rowCount: count)
    var status = StringColumnBuilder(rowCount: count)
    var endedBy = StringColumnBuilder(rowCount: count)
    var presence = (0..<2).map { _ in ColumnBuilder<Bool>(rowCount: count) }
    var indices = (0..<4).map { _ in ColumnBuilder<Double>(rowCount: count) }
    var loveGap = ColumnBuilder<Double>(rowCount: count)
    var points = (0..<4).map { _ in ColumnBuilder<Double>(rowCount: count) }
    var quadrant = StringColumnBuilder(rowCount: count)
    var outlooks = CustomerOutlook.Builder(rowCount: count)
    each { row, fold, place in
      party.append(code: row.party != 0 ? row.party : row.account != 0 ? b2b : b2c)
      cohort.append(Int32(run.dayTable.firstDay(.month, run.dayTable.bucket(.month, of: row.firstAt))))
      times[0].append(row.firstAt)
      times[1].append(row.lastAt)
      counts[0].append(row.touches)
      counts[1].append(row.orders)
      counts[2].append(row.ordersWithoutAmount)
      revenue.append(row.revenue == .min ? nil : row.revenue)
      let observedDay = fold.sources!.observedDay(ofSet: row.sources, ends: sourceEnds, run.dayTable)
      let usesUs = Self.usesUs(row, asOfDay: asOfDay, observedDay: observedDay)
      status.append(Self.status(row, usesUs))
      endedBy.append(row.endedBy?.word)
      presence[0].append(row.endedBy != nil ? false : row.lastContactDay == .min ? nil : true)
      presence[1].append(usesUs)
      let tenure = fold.tenure!.rows[place]
      precondition(tenure.customer == row.customer, "the lives of \(tenure.customer) and \(row.customer) are mixed up")
      let purchase = row.purchase < 0 ? nil : fold.purchases!.rows[Int(row.purchase)]
      outlooks.append(outlook.prospect(purchase, hasEnded: row.endedBy != nil), outlook.end(tenure))
      let (done, felt, they) = (row.sums(.weDone), row.sums(.weFelt), row.sums(.they))
      let standing = affinity.standing(done: done, felt: felt, they: they)
      indices[0].append(standing.we)
      indices[1].append(standing.they)
      indices[2].append(standing.felt)
      indices[3].append(standing.done)
      loveGap.append(standing.loveGap)
      points[0].append(done.into + felt.into)
      points[1].append(done.notInto + felt.notInto)
      points[2].append(they.into)
      points[3].append(they.notInto)
      quadrant.append(standing.quadrant.word)
    }
    var columns = [party.finish(), cohort.finish()]
    columns += times.map { $0.finish() }
    columns += counts.map { $0.finish() }
    columns += [revenue.finish(), status.finish(), endedBy.finish()] + presence.map { $0.finish() }
    columns += indices.map { $0.finish() }
    columns.append(loveGap.finish())
    columns += points.map { $0.finish() }
    columns.append(quadrant.finish())
    return columns + outlooks.finish()
  }

  /// The columns of families that add a row a life.
  ///
  /// - Parameters:
  ///   - first: the place of the first of them among all such families of the unit.
  ///   - sourceEnds: as in `columns(run:…)`.
  ///   - isPartial: whether only some lives were replayed.
  func columns(
    of families: [FactFamily], from first: Int = 0, run: MeasureRun, strings: StringDictionary, sourceEnds: [Instant],
    isPartial: Bool
  ) -> [ColumnData] {
    let kinds = Set(run.kinds)
    let lives = LifeContext(
      observedDay: { fold, row in
        folds[fold].sources!.observedDay(ofSet: rows[fold][row].sources, ends: sourceEnds, run.dayTable)
      },
      isB2C: { fold, row in
        let life = rows[fold][row]
        return life.party == 0 ? life.account == 0 : strings[life.party].elementsEqual("b2c".utf8)
      },
      isPartial: isPartial, hasEnded: { fold, row in rows[fold][row].endedBy != nil })
    return families.enumerated().flatMap { place, family in
      let traits = folds.map { $0.traitFold(first + place) }
      for fold in traits { fold.gather() }
      family.settle?(traits, lives)
      defer { for fold in traits { fold.rows = FactRows(width: family.columns.count) } }
      return FactTable.columns(
        family, traits.map(\.rows), order: order, names: names, strings: strings, kinds: kinds)
    }
  }

  /// Metrics 3.41.
  private static func status(_ row: CustomerFold.Row, _ usesUs: Bool?) -> String {
    if row.endedBy != nil { return "ended" }
    guard row.lastContactDay != .min else { return "prospect" }
    return usesUs.map { $0 ? "active" : "quiet" } ?? "unknown"
  }

  /// Whether they were in touch within their limit of silence. Silence is observed only as long as one of the customer's
  /// sources still spoke of anyone (3.01); nil: it is not known, or there never was a contact.
  ///
  /// - Parameter observedDay: the last local day on which one of them did.
  private static func usesUs(_ row: CustomerFold.Row, asOfDay: Int, observedDay: Int?) -> Bool? {
    guard row.lastContactDay != .min else { return nil }
    if Double(asOfDay - row.lastContactDay) < row.limit { return true }
    guard let observedDay, Double(observedDay - row.lastContactDay) >= row.limit else { return nil }
    return false
  }
}

extension CustomerFold.Row {
  func sums(_ list: SignalList) -> (into: Double, notInto: Double) {
    (sums[list.index * 2], sums[list.index * 2 + 1])
  }
}
