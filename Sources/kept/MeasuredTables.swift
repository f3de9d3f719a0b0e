import Glibc
import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// The tables of a ledger: one replay for each unit whose lives they need.
struct MeasuredTables {
  let ledger: LedgerReader
  /// Its known-at and as-of are set.
  var selection: Selection
  let rules: RulesInForce
  let names: Set<TableName>
  let jobs: Int
  let memoryByteCount: Int
  let log: KnownLog

  /// What `replay` and `rebuild` are both given. Opens the ledger once the options make sense.
  ///
  /// - Parameters:
  ///   - customers: ids as they were typed; none: everybody.
  ///   - rules: nil: those that the options choose, else those in force at the position known.
  init(
    _ arguments: Arguments, tables: Set<TableName>, customers: [String], rules: RulesInForce? = nil, _ context: Context
  ) throws {
    names = tables
    jobs = try arguments.integer("jobs", atLeast: 1) ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    memoryByteCount = try arguments.byteCount("memory") ?? Replay.memoryByteCountDefault
    ledger = try LedgerReader(arguments.positionals[0])
    let end = try arguments.knownAt(ledger) ?? ledger.count
    self.rules = try rules ?? ledger.rules(at: end, file: arguments.value("rulebook"))
    log = try KnownLog(ledger, at: end)
    selection = Selection(
      knownAt: end, asOf: try arguments.asOf(ledger, below: end, log, now: context.now()),
      customers: customers.isEmpty ? nil : try arguments.customers(customers, try ledger.labels()))
  }

  var rulebook: Rulebook { rules.rulebook }

  /// The same, of one customer's life alone; nil: of all.
  func asking(_ customer: UInt32?) -> MeasuredTables {
    var measured = self
    if let customer { measured.selection.customers = [customer] }
    return measured
  }

  /// How many events are known.
  var end: UInt64 { selection.knownAt ?? ledger.count }

  /// The computation of the tables, before anything is replayed.
  func measureRun(countingEveryAgent: Bool = false) throws -> MeasureRun {
    MeasureRun(
      rulebook: countingEveryAgent ? rulebook.countingEveryAgent() : rulebook, tables: names, asOf: selection.asOf,
      calendar: try ledger.calendar(), currency: ledger.settings.currency ?? "", kinds: log.kinds, earliest: min(log.earliest, selection.asOf))
  }

  /// - Parameter leftOut: a customer as if they had never been.
  func make(_ progress: Progress, leavingOut leftOut: UInt32? = nil) throws -> [Table] {
    let calendar = try ledger.calendar()
    var run = try measureRun()
    var results: [ReplayPlan.Entity: ReplayResult<MeasureFold>] = [:]
    var sources: SourcesFold?
    var sourceEnds: [ReplayPlan.Entity: [String: Instant]] = [:]
    var logStart: Instant?
    // Sources are counted along with the customers' lives, or by themselves where no table needs lives.
    let units = run.units.isEmpty && names.contains(.sources) ? [.customer] : run.units
    progress.begin("replaying", total: 1000)
    for (index, unit) in units.enumerated() {
      let replay = try Replay(
        log, selection: selection, plan: run.plan(unit), jobs: jobs, memoryByteCount: memoryByteCount)
      if index == 0, !run.settlingSorts.isEmpty { run.sources = try spans(run, replay) }
      let observers =
        index == 0 && !names.isDisjoint(with: [.sources, .backtests])
        ? (0..<jobs).map { _ in SourcesFold(calendar: calendar, asOf: selection.asOf, word: replay.context.word) } : []
      let (end, unitCount) = (Double(end), Double(units.count))
      let report: @Sendable (Double) -> Void = { share in
        let done = (Double(index) + share) / unitCount
        progress.update(done: Int(done * 1000), events: Int(done * end))
      }
      if unit == .customer, let leftOut {
        let result = try replay.run(observers: observers, progress: report) {
          LeavingOutFold(run.makeFold(unit, $0), leavingOut: leftOut)
        }
        results[unit] = ReplayResult(context: result.context, folds: result.folds.map(\.fold))
      } else {
        results[unit] = try replay.run(observers: observers, progress: report) { run.makeFold(unit, $0) }
      }
      if selection.customers != nil {
        // What the lives asked for cannot say themselves.
        logStart = min(logStart ?? .max, try replay.firstTouch())
        sourceEnds[unit] = try replay.lastTouches(ofSources: run.sourcesSeen(results[unit]!))
      }
      if let first = observers.first {
        for other in observers.dropFirst() { first.merge(other) }
        sources = first
      }
    }
    if let sources { try addImports(to: sources) }
    progress.finish()
    return run.finish(
      customers: results[.customer], accounts: results[.account],
      names: try entityNames(of: results[.customer]?.context.selection.customers), sources: sources,
      sourceEnds: sourceEnds, logStart: logStart, jobs: jobs)
  }

  /// What sources were listening for: all of them, or where some lives are asked for those that opened matters there.
  func spans(_ run: MeasureRun, _ replay: Replay) throws -> [String: SourceSpan] {
    guard selection.customers != nil else { return try replay.sourceSpans(run.settlingSorts) }
    let openers = try Replay(
      log, selection: selection, plan: run.openersPlan, jobs: jobs, memoryByteCount: memoryByteCount
    ).run(makeFold: OpenersFold.init)
    return try replay.sourceSpans(run.settlingSorts, asked: run.askedSorts(openers))
  }

  /// What imports left out, under the name of the file: nobody can say which source a line that was no event came from.
  private func addImports(to sources: SourcesFold) throws {
    for (position, recorded, record) in try ledger.imports() where position < end {
      let tally = record.tally
      guard tally.duplicates + tally.conflicts + tally.rejected > 0 else { continue }
      sources.importFinished(
        source: record.file, at: recorded, duplicates: Int64(tally.duplicates), conflicts: Int64(tally.conflicts),
        rejected: Int64(tally.rejected))
    }
  }

  /// External ids, or `c17` where ids are sealed: a snapshot is never changed, so no name that may have to be forgotten
  /// may stand in it.
  ///
  /// - Parameter customers: whose lives were replayed; nil: everybody's.
  func entityNames(of customers: Set<UInt32>?) throws -> EntityNames {
    let known = try ledger.names()
    let areOpen = !ledger.settings.sealsCustomers
    let bytes = areOpen ? known.bytes : []
    let ends = areOpen ? known.ends : Array(repeating: 0, count: known.ends.count)
    let unknown = areOpen ? known.unknown : customers ?? Set(1...UInt32(max(known.count, 1)))
    guard let customers else { return EntityNames(bytes: bytes, ends: ends, unknown: unknown) }
    return EntityNames(of: customers, bytes: bytes, ends: ends, unknown: unknown)
  }
}

extension Arguments {
  /// Table names as they were typed; where none was, all but those made on request only.
  func tables(_ typed: [String]) throws(UsageError) -> Set<TableName> {
    guard !typed.isEmpty else { return Set(TableName.allCases.filter { !$0.isOnRequest }) }
    var tables: Set<TableName> = []
    for name in typed {
      guard let table = TableName(rawValue: name) else {
        let all = TableName.allCases.map(\.rawValue)
        let near = nearest(to: name, among: all).map { "did you mean \($0)?" } ?? "expected \(oneOf(all))"
        throw error("there is no table \(name): \(near)")
      }
      tables.insert(table)
    }
    return tables
  }
}
