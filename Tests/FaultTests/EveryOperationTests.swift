import Foundation
import KeptFormat
import KeptLog
import KeptSimulation
import Testing

/// Laws 2 and 4, at every single operation: the power cut before and after it, the process gone before and after it, and
/// the operation failing with each error; then the ledger is opened again and held against what was acknowledged.
@Suite struct EveryOperationTests {
  struct Workload: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What was there before, with nothing going wrong.
    var before: @Sendable (inout SimulatedLedger) throws -> Void = { _ in }
    let run: @Sendable (inout SimulatedLedger) throws -> Void
  }

  static let workloads = [
    Workload(testDescription: "appending, with blocks and segments sealed on the way") {
      try $0.append(SimulatedLedger.events(0..<22), by: 3)
    },
    Workload(testDescription: "a bulk import over what the tail holds") {
      try $0.append(SimulatedLedger.events(0..<3), by: 3)
    } run: {
      try $0.ingest(SimulatedLedger.events(3..<40), by: 7)
    },
    Workload(testDescription: "an import of which half was there before") {
      try $0.ingest(SimulatedLedger.events(0..<19), by: 5)
    } run: {
      try $0.ingest(SimulatedLedger.events(10..<30), by: 6)
    },
    Workload(testDescription: "forgetting a customer whose words are in the tail and in sealed blocks") {
      try $0.append(SimulatedLedger.events(0..<29), by: 4)
      for name in ["tail.torn", "log/000000000016.kept.torn"] {
        $0.disk.plant("\(SimulatedLedger.path)/\(name)", Array("\(SimulatedLedger.secret) 1.".utf8))
      }
    } run: {
      try $0.forget()
    },
    Workload(testDescription: "publishing a snapshot beside older ones") {
      try $0.append(SimulatedLedger.events(0..<9), by: 4)
      try $0.publish()
      try $0.append(SimulatedLedger.events(9..<12), by: 4)
      try $0.publish()
      try $0.append(SimulatedLedger.events(12..<14), by: 4)
    } run: {
      try $0.publish()
    },
    Workload(testDescription: "publishing the first snapshot") {
      try $0.append(SimulatedLedger.events(0..<9), by: 4)
    } run: {
      try $0.publish()
    },
    Workload(testDescription: "appending where an append and an import were cut") {
      try $0.append(SimulatedLedger.events(0..<9), by: 4)
      var killed = $0.on($0.disk.afterDeath(seed: 3))
      try killed.ingest(SimulatedLedger.events(9..<40), by: 8)
      for name in ["log/000000000000.kept", "log/000000000016.kept", "vault/000000000016.kept"] {
        $0.disk.plant("\(SimulatedLedger.path)/\(name)", try killed.disk.contents("\(SimulatedLedger.path)/\(name)"))
      }
      killed = $0.on($0.disk.afterDeath(seed: 3))
      try killed.append(SimulatedLedger.events(9..<15), by: 6)
      let tail = try killed.disk.contents(SimulatedLedger.path + "/tail")
      $0.disk.plant(SimulatedLedger.path + "/tail", Array(tail.dropLast(5)))
    } run: {
      try $0.append(SimulatedLedger.events(9..<12), by: 1)
    },
    Workload(testDescription: "opening a ledger whose index was lost, and appending") {
      try $0.append(SimulatedLedger.events(0..<37), by: 6)
      for path in $0.disk.files().keys where path.hasPrefix(SimulatedLedger.path + "/index/") { try $0.disk.remove(path) }
      try $0.disk.syncFolder(SimulatedLedger.path + "/index")
    } run: {
      try $0.append(SimulatedLedger.events(30..<44), by: 7)
    },
  ]

  /// `Scripts/torture` cuts the power eight times at every operation, the suite once.
  static let isThorough = ProcessInfo.processInfo.environment["KEPT_TORTURE_SECONDS"] != nil

  static let faults: [SimulatedDisk.Fault] = [.error(5), .error(28), .death(after: false), .death(after: true)]

  @Test(arguments: workloads)
  func `laws 2 and 4: whatever fails, and whenever the power goes, what was acknowledged is there`(
    _ workload: Workload
  ) throws {
    var template = try SimulatedLedger.empty(seed: 7)
    try workload.before(&template)
    var counted = template.on(template.disk.afterDeath(seed: 11))
    try workload.run(&counted)
    let operations = counted.disk.operations
    #expect(operations.count > 8)
    print("every operation: \(operations.count) of \(workload.testDescription)")
    let isLong = operations.count > 40
    for (index, operation) in operations.enumerated() {
      for (number, fault) in Self.faults.enumerated() {
        var ledger = template.on(template.disk.afterDeath(seed: 11, faults: [index + 1: fault]))
        // What was told as done is acknowledged, whatever failed on the way; only what is derived may be passed over.
        try? workload.run(&ledger)
        let comment: Comment = "operation \(index + 1), \(operation), \(fault)"
        // The next process finds what was written; or, had the power been cut, what was synced.
        var next = ledger.on(ledger.disk.afterDeath(seed: 13))
        try next.check(comment)
        if Self.isThorough || index % 4 == 0 { try next.goOn(SimulatedLedger.events(100..<106), comment) }
        for seed in 1...(Self.isThorough ? 8 : 1) {
          var cut = ledger.on(ledger.disk.afterPowerCut(seed: UInt64(index * 31 + seed)))
          let comment: Comment = "\(comment), power cut with seed \(index * 31 + seed)"
          try cut.check(comment)
          if Self.isThorough || index % 4 == 1 { try cut.goOn(SimulatedLedger.events(100..<106), comment) }
        }
        // Whoever gives the same command again may find in memory alone what it takes for done; then the power is cut.
        guard Self.isThorough || !isLong || (index + number) % 3 == 0 else { continue }
        var again = ledger.on(ledger.disk.afterDeath(seed: 17))
        try workload.run(&again)
        for seed in 1...(Self.isThorough ? 8 : isLong ? 1 : 3) {
          var cut = again.on(again.disk.afterPowerCut(seed: UInt64(index * 37 + seed)))
          try cut.check("\(comment), given again, power cut with seed \(index * 37 + seed)")
        }
      }
    }
  }

  @Test func `a ledger that init acknowledged survives a power cut, and one that it did not can be made again`() throws {
    let plan = Ledger.Plan(zone: "UTC", zoneBytes: [1])
    let counting = SimulatedDisk(seed: 1)
    try Ledger.create("/care", plan, disk: counting)
    for number in 1...counting.operations.count {
      for fault in Self.faults {
        for seed in 1...3 {
          let disk = SimulatedDisk(seed: 1, faults: [number: fault])
          let isMade = (try? Ledger.create("/care", plan, disk: disk)) != nil
          let cut = disk.afterPowerCut(seed: UInt64(number * 7 + seed))
          let comment: Comment = "operation \(number): \(counting.operations[number - 1]), \(fault), seed \(seed)"
          if isMade {
            #expect(try LedgerReader("/care", disk: cut).count == 0, comment)
          } else if try !cut.exists("/care/ledger.json") {
            try Ledger.create("/care", plan, disk: cut)
            #expect(try LedgerReader("/care", disk: cut).count == 0, comment)
          }
          let again = disk.afterDeath(seed: 2)
          if try !again.exists("/care/ledger.json") { try Ledger.create("/care", plan, disk: again) }
          // Only what a writer has begun with is sure, where it was not told to be there.
          try LedgerWriter("/care", disk: again, holder: "a test").close()
          #expect(try LedgerReader("/care", disk: again.afterPowerCut(seed: UInt64(seed))).count == 0, comment)
        }
      }
    }
  }

  /// A disk that lies is found out: no wrong event is ever served as a right one.
  @Test(arguments: [SimulatedDisk.Fault.misdirected, .flippedBit])
  func `a write that went elsewhere or changed on its way is told, or was of no consequence`(
    _ fault: SimulatedDisk.Fault
  ) throws {
    let template = try SimulatedLedger.empty(seed: 3)
    let events = SimulatedLedger.events(0..<40)
    var counted = template.on(template.disk.afterDeath(seed: 5))
    try counted.append(events, by: 5)
    let sound = try LedgerReader(SimulatedLedger.path, disk: counted.disk, geometry: SimulatedLedger.geometry).lines()
    var toldCount = 0
    for (index, operation) in counted.disk.operations.enumerated() where operation.hasPrefix("write") {
      var ledger = template.on(template.disk.afterDeath(seed: 5, faults: [index + 1: fault]))
      try? ledger.append(events, by: 5)
      let comment: Comment = "operation \(index + 1): \(operation)"
      let disk = ledger.disk.afterDeath()
      guard let reader = try? LedgerReader(SimulatedLedger.path, disk: disk, geometry: SimulatedLedger.geometry),
        reader.damage == nil, let verdict = try? Verification(depth: .deep)(reader), verdict.isSound
      else {
        toldCount += 1
        continue
      }
      let lines = try reader.lines()
      #expect(lines == Array(sound.prefix(lines.count)), comment)
    }
    #expect(toldCount > 5)
  }
}
