import KeptLog
import KeptMeasures
import KeptSnapshot

/// Tells which cause changed which cells: from the older snapshot to the newer one in steps, each of which adds one cause.
///
/// What is learned of the past comes first, then the rules, then what happened since and the clock. Each step's tables are
/// derived again from the log, with all that the steps before it added; a cell that two steps change counts in both.
struct CauseSteps {
  struct Step {
    /// Those that cannot be told apart; mostly one.
    var causes: [Cause]
    /// What the tables at its end are derived from; nil: they are those of the newer snapshot.
    var end: MeasuredTables.Premises?
  }

  let old: OpenedSnapshot
  let new: OpenedSnapshot
  let ledger: LedgerReader
  private(set) var steps: [Step] = []
  /// What the tables at the beginning are derived from; nil: they are those of the older snapshot.
  private var start: MeasuredTables.Premises?

  /// - Parameters:
  ///   - causes: those that exist.
  ///   - rules: of the older and of the newer snapshot.
  init(
    _ old: OpenedSnapshot, _ new: OpenedSnapshot, _ ledger: LedgerReader, causes: Set<Cause>,
    rules: (old: RulesInForce, new: RulesInForce)
  ) throws {
    self.old = old
    self.new = new
    self.ledger = ledger
    var premises = MeasuredTables.Premises(
      position: old.manifest.position, asOf: old.manifest.asOf, rules: rules.old)
    let isForgottenSince = try !ledger.forgotten(from: new.manifest.position).isEmpty
    if isForgottenSince { start = premises }
    func add(_ wanted: [Cause], _ change: (inout MeasuredTables.Premises) -> Void) {
      change(&premises)
      let found = wanted.filter(causes.contains)
      if !found.isEmpty { steps.append(Step(causes: found, end: premises)) }
    }
    // Derived again by this program, and with the names that the ledger still has.
    if causes.contains(.version) || causes.contains(.erasures) { start = nil }
    add([.erasures, .version]) { _ in }
    add([.late, .imports]) {
      $0.position = new.manifest.position
      $0.correctedBefore = old.manifest.position
    }
    add([.corrections]) { $0.correctedBefore = nil }
    add([.rules]) { $0.rules = rules.new }
    add([.new, .asOf]) { $0.asOf = new.manifest.asOf }
    // What was forgotten since both is named in them, and cannot be named again.
    if !steps.isEmpty, !isForgottenSince { steps[steps.count - 1].end = nil }
  }

  /// What a step changed: of each table the first cells and rows, as they were before and after the step.
  struct Change {
    var cause: Cause
    var counts = TableComparison.Counts()
    var samples: [SnapshotDifferences.Sample] = []
  }

  /// - Parameters:
  ///   - tables: those that differ.
  ///   - limit: how many cells and rows of each table are shown.
  func run(
    _ tables: [TableName], limit: Int, jobs: Int, memoryByteCount: Int, _ progress: Progress
  ) throws -> [Change] {
    var tables = tables
    // The dictionary lists the tables of its snapshot.
    if Set(old.files.keys) != Set(new.files.keys) { tables.removeAll { $0 == .dictionary } }
    let wanted = tables.contains(.dictionary) ? Set(new.files.keys) : Set(tables)
    func derive(
      _ premises: MeasuredTables.Premises?, else snapshot: OpenedSnapshot
    ) throws -> [TableName: LazyTable] {
      guard let premises else {
        return Dictionary(uniqueKeysWithValues: try tables.map { ($0, try snapshot.table($0)) })
      }
      let measured = try MeasuredTables(ledger, premises, tables: wanted, jobs: jobs, memoryByteCount: memoryByteCount)
      return Dictionary(
        uniqueKeysWithValues: try measured.make(progress).compactMap { table in
          TableName(rawValue: table.schema.name).map { ($0, LazyTable(table)) }
        })
    }
    var before = try derive(start, else: old)
    var changes: [Change] = []
    for step in steps {
      let after = try derive(step.end, else: new)
      var change = Change(cause: step.causes[0])
      for table in tables {
        guard let left = before[table], let right = after[table] else { continue }
        let (counts, samples) = try SnapshotDifferences.look(
          at: TableComparison(left, right, keys: table.keys), of: table, limit: limit, cause: change.cause)
        change.counts += counts
        change.samples += samples
      }
      changes.append(change)
      before = after
    }
    return changes
  }
}
