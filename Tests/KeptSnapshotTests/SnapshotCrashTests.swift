import KeptFormat
import KeptLog
import KeptSimulation
import Testing

@testable import KeptSnapshot

/// Publishing, stopped at every single operation of a simulated disk.
@Suite struct SnapshotCrashTests {
  private static let day: Int64 = 86_400_000_000
  private static let path = "/care/snapshots"
  private static let faults: [SimulatedDisk.Fault] = [.error(5), .error(28), .death(after: false), .death(after: true)]

  private static func store(_ disk: SimulatedDisk) -> SnapshotStore { SnapshotStore(disk: disk, path: path) }

  private static func empty() throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: 1)
    try disk.makeFolder("/care", permissions: 0o755)
    try disk.syncFolder("/")
    return disk
  }

  private func publish(_ disk: SimulatedDisk, _ position: UInt64) throws {
    let asOf = Int64(position) * Self.day
    let draft = try Self.store(disk).begin(SnapshotName(asOf: asOf, position: position), holder: "test")
    try draft.write([SnapshotStoreTests.numbers(Int(position))], workers: 1)
    _ = try draft.publish(SnapshotStoreTests.manifest(position, asOf: asOf), keep: 2)
  }

  private func keep(_ disk: SimulatedDisk, _ position: UInt64) throws -> String {
    let asOf = Int64(position) * Self.day
    let draft = try Self.store(disk).begin(SnapshotName(asOf: asOf, position: position), holder: "test")
    try draft.write([SnapshotStoreTests.numbers(Int(position))], workers: 1)
    return try draft.keepAsCandidate(SnapshotStoreTests.manifest(position, asOf: asOf))
  }

  private func expectAllWhole(_ disk: SimulatedDisk, _ comment: Comment) throws {
    let store = Self.store(disk)
    for name in try store.names() {
      let manifest = try store.manifest(name)
      #expect(manifest.position == name.position, comment)
      #expect(try SnapshotStore.check(disk, folder: store.folder(name), against: manifest) == nil, comment)
    }
  }

  private func expectNothingLeft(_ disk: SimulatedDisk, _ comment: Comment) throws {
    let names = try disk.names(inFolder: Self.path) ?? []
    #expect(names.filter { $0.hasPrefix(".") } == [".lock"], comment)
  }

  /// The disk as the next process finds it after a fault, and as it is after a power cut.
  private func ends(_ disk: SimulatedDisk, _ number: Int) -> [(String, SimulatedDisk)] {
    [("", disk.afterDeath()), (", the power cut", disk.afterPowerCut(seed: UInt64(number)))]
  }

  @Test(arguments: faults)
  func `killed at any operation, latest is whole, and the next run needs no repair`(_ fault: SimulatedDisk.Fault) throws {
    let template = try Self.empty()
    for position in 1...2 { try publish(template, UInt64(position)) }
    let counting = template.afterDeath()
    try publish(counting, 3)
    #expect(counting.operations.count > 10)
    for (index, operation) in counting.operations.enumerated() {
      let failing = template.afterDeath(faults: [index + 1: fault])
      #expect(throws: DiskError.self) { try publish(failing, 3) }
      for (what, disk) in ends(failing, index) {
        let comment: Comment = "operation \(index + 1): \(operation), \(fault)\(what)"
        // Whatever was reached, latest is one of the two, and every name is a whole snapshot.
        #expect([2, 3].contains(try Self.store(disk).latestName()?.position), comment)
        try expectAllWhole(disk, comment)
        // The next run, of the same snapshot or of another, ends as if nothing had happened.
        let next = UInt64(3 + index % 2)
        try publish(disk, next)
        #expect(try Self.store(disk).latestName()?.position == next, comment)
        #expect(try Self.store(disk).names().count == 2, comment)
        try expectAllWhole(disk, comment)
        try expectNothingLeft(disk, comment)
      }
    }
  }

  @Test(arguments: faults)
  func `killed at any operation, a candidate is never taken for a snapshot`(_ fault: SimulatedDisk.Fault) throws {
    let template = try Self.empty()
    try publish(template, 1)
    let candidate = try keep(template, 2)
    let counting = template.afterDeath()
    _ = try keep(counting, 2)
    #expect(counting.operations.count > 10)
    for (index, operation) in counting.operations.enumerated() {
      let failing = template.afterDeath(faults: [index + 1: fault])
      #expect(throws: DiskError.self) { try keep(failing, 2) }
      for (what, disk) in ends(failing, index) {
        let comment: Comment = "operation \(index + 1): \(operation), \(fault)\(what)"
        let store = Self.store(disk)
        #expect(try store.names().map(\.position) == [1] && store.latestName()?.position == 1, comment)
        // Where there is one, it is whole; published, it is a candidate no more.
        if try disk.exists(candidate) {
          let manifest = try SnapshotStore.manifest(disk, folder: candidate)
          #expect(try SnapshotStore.check(disk, folder: candidate, against: manifest) == nil, comment)
        }
        try publish(disk, 2)
        #expect(try !disk.exists(candidate), comment)
        #expect(try store.names().map(\.position) == [1, 2], comment)
        try expectNothingLeft(disk, comment)
      }
    }
  }
}
