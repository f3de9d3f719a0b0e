import KeptLog
import KeptSimulation
import Testing

/// What is put aside of a write that was cut is put aside once, however often a writer is stopped at it.
@Suite struct TornTailTests {
  /// A ledger whose last append was killed in the midst of its write.
  private static func torn() throws -> SimulatedLedger {
    var ledger = try SimulatedLedger.empty(seed: 1)
    try ledger.append(SimulatedLedger.events(0..<3), by: 3)
    var counted = ledger.on(ledger.disk.afterDeath(seed: 2))
    try counted.append(SimulatedLedger.events(3..<6), by: 3)
    let write = try #require(counted.disk.operations.lastIndex(of: "write care/tail"))
    var killed = ledger.on(ledger.disk.afterDeath(seed: 2, faults: [write + 1: .death(after: false)]))
    #expect(throws: DiskError.self) { try killed.append(SimulatedLedger.events(3..<6), by: 3) }
    return killed.on(killed.disk.afterDeath(seed: 3))
  }

  private static func aside(_ disk: SimulatedDisk) -> [String: [UInt8]] {
    disk.files().filter { $0.key.contains("torn") }
  }

  @Test(arguments: [SimulatedDisk.Fault.error(28), .error(5), .death(after: false), .death(after: true)])
  func `writers that fail one after another on a full disk do not fill it with what they put aside`(
    _ fault: SimulatedDisk.Fault
  ) throws {
    let torn = try Self.torn()
    guard case .torn(let offset, let byteCount) = try torn.reader().tailState else {
      Issue.record("no torn tail")
      return
    }
    let bytes = Array(try torn.disk.contents(SimulatedLedger.path + "/tail")[offset...])
    #expect(bytes.count == byteCount)
    // Writers that append nothing: they begin, and that is all.
    var whole = torn.on(torn.disk.afterDeath())
    try whole.append([], by: 1)
    let kept = [SimulatedLedger.path + "/tail.torn": bytes]
    #expect(Self.aside(whole.disk) == kept)
    for (index, operation) in whole.disk.operations.enumerated() {
      var ledger = torn
      for attempt in 1...3 {
        ledger = ledger.on(ledger.disk.afterDeath(faults: [index + 1: fault]))
        try? ledger.append([], by: 1)
        let aside = Self.aside(ledger.disk)
        let comment: Comment = "operation \(index + 1), \(operation), \(fault), attempt \(attempt)"
        // A death leaves at most a beginning, which the next one writes over.
        #expect(aside.count <= 1 && aside.values.allSatisfy { $0.count <= byteCount }, "\(aside.keys): \(comment)")
        if fault == .error(28) { #expect(aside.isEmpty || aside == kept, comment) }
      }
      ledger = ledger.on(ledger.disk.afterDeath())
      try ledger.check("operation \(index + 1), \(operation), \(fault), in the end")
      #expect(Self.aside(ledger.disk) == kept, "operation \(index + 1), \(operation), \(fault), in the end")
    }
  }

  @Test func `an append that finds the disk full takes back what it wrote, and leaves nothing to be put aside`() throws {
    var ledger = try SimulatedLedger.empty(seed: 1)
    try ledger.append(SimulatedLedger.events(0..<3), by: 3)
    var counted = ledger.on(ledger.disk.afterDeath(seed: 2))
    try counted.append(SimulatedLedger.events(3..<6), by: 3)
    for (index, operation) in counted.disk.operations.enumerated() where operation.hasSuffix(" care/tail") {
      var full = ledger.on(ledger.disk.afterDeath(seed: 2, faults: [index + 1: .error(28)]))
      #expect(throws: DiskError.self) { try full.append(SimulatedLedger.events(3..<6), by: 3) }
      let next = full.on(full.disk.afterDeath(seed: 3))
      #expect(try next.reader().tailState == .clean, "operation \(index + 1), \(operation)")
      #expect(try SimulatedLedger.names(next.reader()) == ["e0", "e1", "e2"], "operation \(index + 1), \(operation)")
      var after = next
      try after.append(SimulatedLedger.events(3..<6), by: 3)
      #expect(Self.aside(after.disk).isEmpty, "operation \(index + 1), \(operation)")
    }
  }
}
