import KeptFormat
import KeptLog
import KeptSimulation
import Testing

/// What a writer left in memory alone and the next one found there: nothing may be recorded behind it before it is on disk.
@Suite struct UnsyncedTests {
  private static let seeds: ClosedRange<UInt64> = 1...20

  /// Appends three events at a time to a ledger with three, and has the last operation of a name befallen by a fault, and
  /// those after it by the others; then appends one event by another process, cuts the power, and says what is left.
  private func left(after faults: [SimulatedDisk.Fault], at name: String, _ seed: UInt64) throws -> [String] {
    var ledger = try SimulatedLedger.empty(seed: 1)
    try ledger.append(SimulatedLedger.events(0..<3), by: 3)
    var counted = ledger.on(ledger.disk.afterDeath(seed: 2))
    try counted.append(SimulatedLedger.events(3..<9), by: 3)
    let last = try #require(counted.disk.operations.lastIndex(of: name), "\(counted.disk.operations)")
    let numbered = Dictionary(uniqueKeysWithValues: zip((last + 1)..., faults))
    var failing = ledger.on(ledger.disk.afterDeath(seed: 2, faults: numbered))
    #expect(throws: (any Error).self) { try failing.append(SimulatedLedger.events(3..<9), by: 3) }
    var next = failing.on(failing.disk.afterDeath(seed: 3))
    try next.append(SimulatedLedger.events(9..<10), by: 3)
    let reader = try LedgerReader(
      SimulatedLedger.path, disk: next.disk.afterPowerCut(seed: seed), geometry: SimulatedLedger.geometry)
    #expect(reader.damage == nil, "seed \(seed)")
    return try SimulatedLedger.names(reader)
  }

  @Test(arguments: seeds)
  func `events that were acknowledged after a failed sync do not stand behind a hole`(_ seed: UInt64) throws {
    // Of the events 3 to 8 the first three are in the tail when its sync fails, and cannot be taken back either.
    let ids = try left(after: [.error(5), .error(5)], at: "sync care/tail", seed)
    #expect(ids == (0..<6).map { "e\($0)" } + ["e9"])
  }

  @Test(arguments: seeds)
  func `events of a failed sync are taken back, so that nobody counts what a power cut removes`(_ seed: UInt64) throws {
    let ids = try left(after: [.error(5)], at: "sync care/tail", seed)
    #expect(ids == (0..<3).map { "e\($0)" } + ["e9"])
  }

  @Test(arguments: seeds)
  func `events that were acknowledged after a death at the commit point are not lost with the tail's name`(
    _ seed: UInt64
  ) throws {
    let ids = try left(after: [.death(after: false)], at: "sync folder care", seed)
    #expect(ids == (0..<10).map { "e\($0)" })
  }

  /// Else a snapshot or an export would hold events that the ledger does not have, and a checkpoint kept elsewhere would
  /// accuse the ledger of having been cut.
  @Test func `law 1: what a reader was shown after a fault, a power cut does not take away`() throws {
    var ledger = try SimulatedLedger.empty(seed: 1)
    try ledger.append(SimulatedLedger.events(0..<3), by: 3)
    var counted = ledger.on(ledger.disk.afterDeath(seed: 2))
    try counted.append(SimulatedLedger.events(3..<22), by: 3)
    for (index, operation) in counted.disk.operations.enumerated() {
      for fault in EveryOperationTests.faults {
        var failing = ledger.on(ledger.disk.afterDeath(seed: 2, faults: [index + 1: fault]))
        try? failing.append(SimulatedLedger.events(3..<22), by: 3)
        let next = failing.on(failing.disk.afterDeath(seed: 3))
        let seen = try SimulatedLedger.names(next.reader())
        for seed in 1...4 {
          let cut = next.on(next.disk.afterPowerCut(seed: UInt64(index * 5 + seed)))
          let left = try SimulatedLedger.names(cut.reader())
          #expect(left.starts(with: seen), "operation \(index + 1), \(operation), \(fault), seed \(index * 5 + seed)")
        }
      }
    }
  }

  @Test func `law 1: a reader whose sync fails shows nothing; one of a disk that is never written to needs none`() throws {
    var ledger = try SimulatedLedger.empty(seed: 1)
    try ledger.append(SimulatedLedger.events(0..<3), by: 3)
    for number in 1...2 {
      #expect(throws: DiskError.self) { try ledger.on(ledger.disk.afterDeath(faults: [number: .error(5)])).reader() }
      #expect(try ledger.on(ledger.disk.afterDeath(faults: [number: .error(30)])).reader().count == 3)
    }
  }
}
