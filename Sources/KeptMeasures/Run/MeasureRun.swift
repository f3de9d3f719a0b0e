import Dispatch
import KeptFormat
import KeptReplay
import KeptSnapshot
import Synchronization

/// One computation of tables: what to read, the folds that read it, and the tables they end in.
///
///     let run = MeasureRun(rulebook: rules, tables: [.retention, .customers], asOf: asOf, calendar: calendar,
///       currency: "EUR", kinds: kinds, earliest: earliest)
///     for unit in run.units { … replay `run.plan(unit)` with a fold per worker from `run.makeFold(unit, context)` }
///     let tables = run.finish(customers: result, accounts: accountResult, names: names, sources: sources)
public struct MeasureRun: Sendable {
  public let rulebook: Rulebook
  public let tables: Set<TableName>
  public let asOf: Instant
  public let currency: String
  let dayTable: DayTable
  /// Every kind of which a touch counts.
  let kinds: [String]
  /// What each source was listening for, by its name: to be found out before any life is folded, see `settlingSorts`.
  public var sources: [String: SourceSpan] = [:]

  /// - Parameters:
  ///   - currency: the ledger's.
  ///   - kinds: every kind of which a touch counts.
  ///   - earliest: no touch that counts occurred before it.
  public init(
    rulebook: Rulebook, tables: Set<TableName>, asOf: Instant, calendar: LocalCalendar, currency: String,
    kinds: [String], earliest: Instant
  ) {
    self.rulebook = rulebook
    self.tables = tables
    self.asOf = asOf
    self.currency = currency
    self.kinds = kinds
    dayTable = DayTable(calendar: calendar, from: earliest, through: asOf)
  }

  /// Whose lives have to be replayed for these tables.
  public var units: [ReplayPlan.Entity] {
    [.customer, .account].filter { !parts($0).isEmpty }
  }

  /// What a replay for that unit must read.
  public func plan(_ unit: ReplayPlan.Entity) -> ReplayPlan {
    let plan = detailPlan(unit)
    return ReplayPlan(entity: unit, details: plan.details, detailsOfOthers: plan.others)
  }

  /// The sorts of touches of which `sources` must say since when each source records them; empty where no table needs it.
  public var settlingSorts: [TouchSort] {
    let isAsked = !parts(.customer).union(parts(.account)).isDisjoint(with: .signalling)
    let opens = kinds.contains(where: SettlingSorts.isOpener)
    return isAsked && opens && !rulebook.absencesAskedFor.isEmpty ? SettlingSorts.sorts(rulebook, kinds: kinds) : []
  }

  /// The fold of one worker.
  public func makeFold(_ unit: ReplayPlan.Entity, _ context: ReplayContext) -> MeasureFold {
    // A kind of which no touch counts is none that a measure may know of.
    let known = Set(kinds)
    return makeFold(
      unit, kinds: context.kinds.map { known.contains($0) ? $0 : "" }, plan: DetailPlan(context.plan),
      code: context.code(of:))
  }

  /// - Parameters:
  ///   - kinds: by kind code.
  ///   - code: the code under which details will carry a word.
  ///   - plan: what details carry; nil for all that the measures ask for.
  func makeFold(
    _ unit: ReplayPlan.Entity, kinds: [String], plan: DetailPlan? = nil, code: @escaping (String) -> UInt32
  ) -> MeasureFold {
    MeasureFold(
      FoldBase(
        rulebook: rulebook, parts: parts(unit), families: families(unit), hidden: hidden(unit), traits: traits(unit),
        asOf: asOf, currency: currency, dayTable: dayTable, kinds: kinds, plan: plan ?? detailPlan(unit),
        sources: sources, code: code))
  }

  /// The families whose tables are asked for, in the order of `TableName`, and those that are read besides; things
  /// belong to customers' lives.
  private func families(_ unit: ReplayPlan.Entity) -> [FactFamily] {
    guard unit == .customer else { return [] }
    var families = TableName.allCases.filter(tables.contains).compactMap(\.family)
    var read = TableName.allCases.filter(tables.contains).flatMap(\.reads)
    if tables.contains(where: { $0.parts.contains(.measures) }) { read += ToldMeasures.families(rulebook) }
    for family in read where !families.contains(where: { $0.name == family.name }) { families.append(family) }
    return families
  }

  /// The traits that the table of the unit shows.
  private func traits(_ unit: ReplayPlan.Entity) -> [FactFamily] {
    switch unit {
    case .customer: tables.contains(.customers) ? Trait.families : []
    case .account: tables.contains(.accounts) ? Trait.families + AccountTrait.families : []
    }
  }

  /// What traits are read from, and has no table in this run.
  private func hidden(_ unit: ReplayPlan.Entity) -> [FactFamily] {
    var seen = Set(families(unit).map(\.name))
    return traits(unit).flatMap(\.basis).filter { seen.insert($0.name).inserted }
  }

  private func parts(_ unit: ReplayPlan.Entity) -> Parts {
    var parts: Parts = []
    for table in tables { parts.formUnion(table.parts) }
    if parts.contains(.measures) { parts.formUnion(ToldMeasures.parts(rulebook)) }
    let name: Unit = unit == .customer ? .customer : .account
    if unit == .account {
      let hasRows = parts.contains(.accounts)
      parts.formIntersection(
        [.retention, .revenue, .brackets, .lifecycle, .churn, .history, .moves, .growth, .standing])
      if parts.isDisjoint(with: [.moves, .growth, .standing]) { parts.remove(.history) }
      if hasRows { parts.formUnion(TableName.customers.parts.union(.history)) }
      if tables.contains(.models) { parts.insert(.purchases) }
    }
    parts.remove(.accounts)
    if !rulebook.retention.units.contains(name) { parts.subtract([.retention, .revenue, .brackets]) }
    if !rulebook.retention.addsRevenue { parts.remove(.revenue) }
    if !rulebook.lifecycle.units.contains(name) { parts.subtract([.lifecycle, .churn]) }
    if parts.isEmpty { return parts }
    var used: Set<Int> = []
    if parts.contains(.retention) {
      for pair in rulebook.retention.pairs { used.formUnion([pair.start, pair.back]) }
    }
    if !parts.isDisjoint(with: [.lifecycle, .customers, .churn, .tenure]) { used.insert(rulebook.lifecycle.activity) }
    if used.contains(where: { rulebook.activities[$0].countsImpliedOpenings }) { parts.insert(.openings) }
    return parts
  }

  private func detailPlan(_ unit: ReplayPlan.Entity) -> DetailPlan {
    let parts = parts(unit)
    var needs: [Need] = []
    if parts.contains(.customers) {
      needs.append(Need(kinds: nil, fields: [.text(.source), .text(.account), .text(.party)]))
      if unit == .account { needs.append(Need(kinds: nil, fields: [.customer])) }
    }
    if parts.contains(.churn) { needs.append(Need(kinds: nil, fields: [.text(.source)])) }
    if parts.contains(.touches) { needs.append(Need(kinds: nil, fields: [.position])) }
    if parts.contains(.tenure) {
      needs.append(Need(kinds: nil, fields: [.text(.source), .text(.account), .text(.party)]))
    }
    if parts.contains(.claims) { needs += ClaimFold.needs }
    needs += RoleTable(kinds: kinds, rulebook: rulebook, parts: parts).needs(kinds: kinds)
    if !parts.isDisjoint(with: .signalling) { needs += SignalTable.needs(rulebook, kinds: kinds) }
    if parts.contains(.measures) { needs += CompiledMeasures.needs(rulebook, kinds: kinds) }
    for need in (families(unit) + hidden(unit) + traits(unit)).flatMap({ $0.needs(rulebook) }) {
      needs.append(Need(kinds: need.kinds(of: kinds), fields: need.fields))
    }
    return DetailPlan(needs, kinds: kinds)
  }

  /// Merges the workers' folds and makes the tables, in the order of `TableName`.
  ///
  /// - Parameters:
  ///   - names: of every customer of the ledger.
  ///   - sources: the merged fold over blocks, where `sources` is among the tables.
  ///   - sourceEnds: by unit, when each source last recorded a touch of anyone, where the replay saw only some customers.
  ///   - logStart: when the first touch of anyone occurred, where the replay saw only some customers.
  ///   - jobs: how many tables are made at a time.
  /// - Precondition: every life was folded by one fold, whole.
  public func finish(
    customers: ReplayResult<MeasureFold>?, accounts: ReplayResult<MeasureFold>?, names: EntityNames,
    sources: SourcesFold?, sourceEnds: [ReplayPlan.Entity: [String: Instant]] = [:], logStart: Instant? = nil,
    jobs: Int = 1
  ) -> [Table] {
    finish(
      customers: customers?.folds ?? [], accounts: accounts?.folds ?? [], names: names,
      accountNames: EntityNames(accounts?.context.accountNames ?? []), words: customers?.context.words ?? [],
      accountWords: accounts?.context.words ?? [], sources: sources, sourceEnds: sourceEnds, logStart: logStart,
      jobs: jobs)
  }

  /// Counts as lapsed who fell silent while their sources went on, and says until when ends would have been seen.
  private func settle(_ folds: [MeasureFold], ends: [Instant]) {
    for fold in folds {
      guard let sources = fold.sources else { continue }
      let observedDays = sources.sets.indices.map { sources.observedDay(ofSet: $0, ends: ends, dayTable) }
      fold.churn?.settle { observedDays[$0] }
      fold.tenure?.settle(observedDays.map { $0 ?? dayTable.low + dayTable.count - 1 })
    }
  }

  /// How long the lives of a unit last; nil where nobody asks.
  private func curves(_ folds: [MeasureFold], _ words: [String], _ logStart: Instant) -> TenureCurves? {
    let tenures = folds.compactMap(\.tenure)
    if tenures.isEmpty { return nil }
    return TenureCurves(tenures, rulebook: rulebook, dayTable: dayTable, words: words, logStart: logStart)
  }

  /// What the lives of a unit buy; nil where nobody asks.
  private func models(_ folds: [MeasureFold], _ logStart: Instant, _ jobs: Int) -> PurchaseModels? {
    let buyers = folds.compactMap(\.purchases)
    if buyers.isEmpty { return nil }
    return PurchaseModels(
      buyers, rules: rulebook.retention, worth: Worth(rulebook.value, folds.first?.costs), dayTable: dayTable,
      logStart: logStart, jobs: jobs)
  }

  /// The rows of a family, by worker.
  func factRows(_ name: TableName, _ folds: [MeasureFold]) -> [FactRows]? {
    families(.customer).firstIndex { $0.name == name.rawValue }.map { place in folds.map { $0.factFolds[place].rows } }
  }

  private func factTable(
    _ name: TableName, _ folds: [MeasureFold], _ names: EntityNames, _ strings: StringDictionary, _ words: [String]
  ) -> Table? {
    factRows(name, folds).map {
      FactTable.make(name.family!, $0, names: names, strings: strings, words: words)
    }
  }

  private static func concurrently(
    _ names: [TableName], _ jobs: Int, _ make: (TableName) -> Table?
  ) -> [Table?] {
    let next = Atomic<Int>(0)
    let made = Mutex<[Table?]>(Array(repeating: nil, count: names.count))
    // The folds are merged and nobody writes to them any more.
    nonisolated(unsafe) let make = make
    DispatchQueue.concurrentPerform(iterations: min(jobs, names.count)) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < names.count else { return }
        let table = make(names[index])
        made.withLock { $0[index] = table }
      }
    }
    return made.withLock { $0 }
  }

  /// The sources that the customers of a replay had touches from.
  public func sourcesSeen(_ result: ReplayResult<MeasureFold>) -> Set<String> {
    var codes: Set<Int> = []
    for fold in result.folds {
      for (code, end) in (fold.sources?.ends ?? []).enumerated() where end > .min { codes.insert(code) }
    }
    return Set(codes.map { result.context.word(UInt32($0)) })
  }

  func finish(
    customers: [MeasureFold], accounts: [MeasureFold], names: EntityNames, accountNames: EntityNames, words: [String],
    accountWords: [String], sources: SourcesFold?, sourceEnds: [ReplayPlan.Entity: [String: Instant]] = [:],
    logStart: Instant? = nil, jobs: Int = 1
  ) -> [Table] {
    func ends(_ unit: ReplayPlan.Entity, _ folds: [MeasureFold], _ words: [String]) -> [Instant] {
      SourceWatch.ends(of: folds.compactMap(\.sources), known: words.map { sourceEnds[unit]?[$0] ?? .min })
    }
    let customerEnds = ends(.customer, customers, words)
    let accountEnds = ends(.account, accounts, accountWords)
    settle(customers, ends: customerEnds)
    settle(accounts, ends: accountEnds)
    let isPartial = logStart != nil
    let logStart = logStart ?? (customers + accounts).map(\.earliest).min() ?? .max
    if logStart < .max {
      let firstDay = dayTable.start(ofDay: dayTable.day(of: logStart))
      for fold in customers + accounts { fold.retention?.settle(firstDay: firstDay) }
    }
    for fold in customers.dropFirst() { customers[0].merge(fold) }
    for fold in accounts.dropFirst() { accounts[0].merge(fold) }
    let merged = [(Unit.customer, customers.first), (Unit.account, accounts.first)].compactMap { unit, fold in
      fold.map { (unit: unit, fold: $0) }
    }
    let retentions = merged.compactMap { unit, fold in fold.retention.map { (unit: unit, fold: $0) } }
    let strings = StringDictionary(words)
    let curves = curves(customers, words, logStart)
    // A model of those few who were asked for would say something else of them than the model of all.
    let models = isPartial && !tables.contains(.models) ? nil : models(customers, logStart, jobs)
    let accountModels =
      isPartial || !(tables.contains(.models) || tables.contains(.accounts)) ? nil : self.models(accounts, logStart, jobs)
    let wanted = TableName.allCases.filter(tables.contains)
    for fold in customers { fold.finishFacts() }
    let counted = customers.compactMap(\.cells)
    let replayed = Replayed(
      run: self, folds: customers, accounts: accounts.first, words: words, logStart: logStart, curves: curves,
      models: isPartial ? nil : models)
    let cells = counted.isEmpty ? nil : MeasureCells(counted, replayed, jobs: jobs)
    let backtests = customers.first?.backtests.flatMap { fold in
      curves.map {
        Backtests(
          fold, tenures: customers.flatMap { $0.tenure!.rows }, curves: $0, run: self, isPartial: isPartial, jobs: jobs)
      }
    }
    return Self.concurrently(wanted, jobs) { name in
      switch name {
      case .customers:
        CustomersTable.make(
          customers, names: names, run: self, strings: strings, sourceEnds: customerEnds,
          outlook: CustomerOutlook(curves: curves, models: models, isPartial: isPartial))
      case .accounts:
        AccountsTable.make(
          accounts, names: accountNames, run: self, strings: StringDictionary(accountWords), sourceEnds: accountEnds,
          outlook: CustomerOutlook(
            curves: self.curves(accounts, accountWords, logStart),
            models: accountModels, isPartial: isPartial))
      case .retention: RetentionTable.make(units: retentions, run: self, logStart: logStart)
      case .retentionBrackets: RetentionBracketsTable.make(units: retentions, run: self, logStart: logStart)
      case .retentionMeans: RetentionMeansTable.make(units: retentions, run: self, logStart: logStart)
      case .lifecycle:
        LifecycleTable.make(units: merged.compactMap { unit, fold in fold.lifecycle.map { (unit, $0) } }, run: self)
      case .churn:
        ChurnTable.make(
          units: merged.compactMap { unit, fold in fold.churn.map { (unit, $0) } }, run: self, logStart: logStart)
      case .survival: curves.map(SurvivalTable.make)
      case .lapses: LapsesTable.make(customers, names: names)
      case .models: ModelsTable.make(models, accounts: accountModels, curves, customers.compactMap(\.tenure), run: self)
      case .incidence: curves.map(IncidenceTable.make)
      case .scores: ScoresTable.make(customers, names: names)
      case .signals: customers.first?.scores?.months.map { SignalsTable.make($0, run: self) }
      case .moves:
        MovesTable.make(units: merged.compactMap { unit, fold in fold.moves.map { (unit, $0) } }, run: self)
      case .customerMonths: CustomerMonthsTable.make(customers.compactMap(\.customerMonths), names: names, run: self)
      case .touches:
        TouchesTable.make(
          customers.compactMap { $0.scores?.spoken }, kinds: customers.first?.kinds ?? [], names: names, run: self)
      case .wordOfMouth: customers.first?.wordOfMouth.map { WordOfMouthTable.make($0, run: self) }
      case .promises: PromisesTable.make(customers, names: names, run: self, strings: strings)
      case .measures: cells.map(MeasuresTable.make)
      case .months, .channels, .departments, .agents: cells.map { WideTable.make(name.grain!, $0) }
      case .claims:
        backtests.map { backtests in
          ClaimsTable.make(
            ClaimEvidence(
              customers, accounts: accounts, cells: cells!, backtests: backtests, curves: curves!, run: self, words: words,
              isPartial: isPartial), run: self)
        }
      case .backtests: backtests.map { BacktestsTable.make($0, run: self, sources: sources) }
      case .calibration: backtests.map { CalibrationTable.make($0, run: self) }
      case .parity: customers.isEmpty ? nil : ParityTable.make(replayed)
      case .pairs: cells.map { PairsTable.make($0.replayed) }
      case .changes: cells.map { ChangesTable.make($0.replayed) }
      case .benchmarks: cells.map { BenchmarksTable.make(rulebook.benchmarks, $0) }
      case .sources: sources.map(SourcesTable.make)
      case .dictionary:
        DictionaryTable.make(
          wanted.map(\.schema) + (wanted.contains(.measures) ? [MeasuresTable.others] : []), kinds: kinds)
      case .cases, .orders, .returns, .calls, .projects: factTable(name, customers, names, strings, words)
      }
    }.compactMap { $0.map { Table(schema: $0.schema.explained, columns: $0.columns) } }
  }
}
