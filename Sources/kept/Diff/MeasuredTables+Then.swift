import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay

extension MeasuredTables {
  /// What decides what tables say: law 8.
  struct Premises {
    var position: UInt64
    /// Corrections from this position on are left out; nil: none.
    var correctedBefore: UInt64?
    var asOf: Instant
    var rules: RulesInForce
  }

  /// The tables as they are under other premises than those of a command line.
  init(_ ledger: LedgerReader, _ premises: Premises, tables: Set<TableName>, jobs: Int, memoryByteCount: Int) throws {
    self.ledger = ledger
    self.jobs = jobs
    self.memoryByteCount = memoryByteCount
    names = tables
    rules = premises.rules
    selection = Selection(knownAt: premises.position, asOf: premises.asOf)
    log = try KnownLog(ledger, at: premises.position, correctedBefore: premises.correctedBefore)
  }
}
