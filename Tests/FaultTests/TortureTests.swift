import Foundation
import KeptFormat
import KeptLog
import KeptSimulation
import Testing

/// Random commands, faults and power cuts, each ledger held against what was acknowledged after every one. The seed is in
/// every failure's comment; `Scripts/torture --seed N` runs that one again, and as many more as there is time for.
@Suite struct TortureTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func `thousands of random commands and faults lose nothing`() throws {
    let first = Self.environment["KEPT_TORTURE_SEED"].flatMap { UInt64($0) }
    let seconds = Self.environment["KEPT_TORTURE_SECONDS"].flatMap { Double($0) } ?? 6
    let start = ContinuousClock.now
    var seed = first ?? UInt64.random(in: 0..<1 << 40)
    var counts = Counts()
    print("torture: first seed \(seed)")
    repeat {
      try life(seed, &counts)
      seed += 1
    } while first == nil || seconds > 6 ? start.duration(to: .now) < .seconds(seconds) : false
    print(
      "torture: \(counts.lives) ledgers, \(counts.commands) commands, \(counts.faults) faults, \(counts.powerCuts) power "
        + "cuts, \(counts.deaths) deaths, \(counts.events) events; last seed \(seed - 1)")
    #expect(counts.faults > 0 && counts.powerCuts > 0 && counts.deaths > 0)
  }

  private struct Counts {
    var lives = 0, commands = 0, faults = 0, powerCuts = 0, deaths = 0, events = 0
  }

  /// One ledger, a dozen commands.
  private func life(_ seed: UInt64, _ counts: inout Counts) throws {
    var chance = Chance(seed)
    var ledger = try SimulatedLedger.empty(seed: chance.next())
    var next = 0
    for step in 0..<12 {
      let comment: Comment = "seed \(seed), step \(step)"
      var faults: [Int: SimulatedDisk.Fault] = [:]
      if chance.below(4) > 0 {
        faults[1 + chance.below(60)] = [.error(5), .error(28), .death(after: false), .death(after: true)][chance.below(4)]
      }
      ledger = ledger.on(ledger.disk.afterDeath(seed: chance.next(), faults: faults))
      let count = 1 + chance.below(20)
      // Some were there before.
      let events = SimulatedLedger.events(max(0, next - chance.below(6))..<next + count, daysApart: 1)
      let size = 1 + chance.below(7)
      var isCut = false
      do {
        switch chance.below(9) {
        case 0...2: try ledger.append(events, by: size)
        case 3, 4: try ledger.ingest(events, by: size)
        case 5: try ledger.publish()
        case 6 where !ledger.isForgotten && step > 4: try ledger.forget()
        case 7: try ledger.export()
        default: try ledger.check(comment)
        }
      } catch is DiskError {
        isCut = true
      } catch is LogError {
        isCut = true
      }
      counts.commands += 1
      if ledger.disk.operations.count >= faults.keys.first ?? .max { counts.faults += 1 }
      next = max(next, (ledger.acknowledged + ledger.inFlight).compactMap { Int($0.dropFirst()) }.max().map { $0 + 1 } ?? 0)
      if isCut || chance.below(3) == 0 {
        if chance.flip() {
          ledger = ledger.on(ledger.disk.afterPowerCut(seed: chance.next()))
          counts.powerCuts += 1
        } else {
          ledger = ledger.on(ledger.disk.afterDeath(seed: chance.next()))
          counts.deaths += 1
          if chance.flip() {
            try ledger.look()
            ledger = ledger.on(ledger.disk.afterPowerCut(seed: chance.next()))
            counts.powerCuts += 1
          }
        }
        try ledger.check(comment)
      }
    }
    ledger = ledger.on(ledger.disk.afterDeath(seed: chance.next()))
    try ledger.check("seed \(seed), at the end")
    try ledger.goOn(SimulatedLedger.events(next..<next + 5, daysApart: 1), "seed \(seed), at the end")
    counts.lives += 1
    counts.events += ledger.acknowledged.count
  }
}
