import Foundation
import KeptFormat
import KeptLog
import Synchronization
import Testing

@testable import KeptSnapshot

/// A disk on which everything fails from one operation on, as if the process had been killed there.
final class DyingDisk: Disk {
  private let disk = PosixDisk()
  private let left: Mutex<Int>

  init(operationCount: Int) { left = Mutex(operationCount) }

  func spend(_ path: String) throws(DiskError) {
    let isAlive = left.withLock { left in
      left -= 1
      return left >= 0
    }
    guard isAlive else { throw DiskError(path: path, operation: "survive", code: 5) }
  }

  func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    try spend(path)
    return DyingFile(file: try disk.open(path, mode), disk: self)
  }

  func makeFolder(_ path: String, permissions: UInt32) throws(DiskError) {
    try spend(path)
    try disk.makeFolder(path, permissions: permissions)
  }

  func names(inFolder path: String) throws(DiskError) -> [String]? { try disk.names(inFolder: path) }
  func exists(_ path: String) throws(DiskError) -> Bool { try disk.exists(path) }
  func linkTarget(_ path: String) throws(DiskError) -> String? { try disk.linkTarget(path) }

  func rename(_ from: String, to: String) throws(DiskError) {
    try spend(from)
    try disk.rename(from, to: to)
  }

  func remove(_ path: String) throws(DiskError) {
    try spend(path)
    try disk.remove(path)
  }

  func removeFolder(_ path: String) throws(DiskError) {
    try spend(path)
    try disk.removeFolder(path)
  }

  func makeLink(_ path: String, to target: String) throws(DiskError) {
    try spend(path)
    try disk.makeLink(path, to: target)
  }

  func syncFolder(_ path: String) throws(DiskError) {
    try spend(path)
    try disk.syncFolder(path)
  }

  func lock(_ path: String, holder: String) throws(DiskError) -> DiskLockOutcome {
    try disk.lock(path, holder: holder)
  }

  func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError) { try disk.fillWithRandom(bytes) }
}

final class DyingFile: DiskFile {
  private let file: any DiskFile
  private let disk: DyingDisk

  init(file: any DiskFile, disk: DyingDisk) {
    self.file = file
    self.disk = disk
  }

  var path: String { file.path }
  func byteCount() throws(DiskError) -> Int { try file.byteCount() }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
    try file.read(at: offset, into: buffer)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    try disk.spend(path)
    try file.write(bytes, at: offset)
  }

  func sync() throws(DiskError) {
    try disk.spend(path)
    try file.sync()
  }

  func truncate(to byteCount: Int) throws(DiskError) { try file.truncate(to: byteCount) }
  func close() { file.close() }
}

@Suite struct SnapshotCrashTests {
  @Test func `killed at any operation, latest is whole, and the next run needs no repair`() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "kept-crash-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    let day: Int64 = 86_400_000_000
    var completedAt = 0
    for operationCount in 0..<400 where completedAt == 0 {
      let folder = "\(root)/\(operationCount)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let sound = SnapshotStore(disk: PosixDisk(), path: "\(folder)/snapshots")
      for index in 1...2 { try publish(sound, UInt64(index), asOf: Int64(index) * day) }
      let dying = SnapshotStore(disk: DyingDisk(operationCount: operationCount), path: "\(folder)/snapshots")
      do {
        try publish(dying, 3, asOf: 3 * day)
        completedAt = operationCount
      } catch is DiskError {}
      // Whatever was reached, latest is one of the two, and every name is a whole snapshot.
      #expect([2, 3].contains(try sound.latestName()?.position))
      for name in try sound.names() { try expectWhole(sound, name) }
      // The next run, of the same snapshot or of another, ends as if nothing had happened.
      try publish(sound, UInt64(3 + operationCount % 2), asOf: Int64(3 + operationCount % 2) * day)
      #expect(try sound.latestName()?.position == UInt64(3 + operationCount % 2))
      #expect(try sound.names().count == 2)
      for name in try sound.names() { try expectWhole(sound, name) }
      let rest = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/snapshots")
      #expect(rest.filter { $0.hasPrefix(".") } == [".lock"], "after \(operationCount) operations")
    }
    #expect(completedAt > 10)
  }

  @Test func `killed at any operation, a candidate is never taken for a snapshot`() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "kept-crash-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    let day: Int64 = 86_400_000_000
    func keep(_ store: SnapshotStore) throws -> String {
      let draft = try store.begin(SnapshotName(asOf: 2 * day, position: 2), holder: "test")
      try draft.write([SnapshotStoreTests.numbers(2)], workers: 1)
      return try draft.keepAsCandidate(SnapshotStoreTests.manifest(2, asOf: 2 * day))
    }
    var completedAt = 0
    for operationCount in 0..<400 where completedAt == 0 {
      let folder = "\(root)/\(operationCount)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let sound = SnapshotStore(disk: PosixDisk(), path: "\(folder)/snapshots")
      try publish(sound, 1, asOf: day)
      let candidate = try keep(sound)
      do {
        _ = try keep(SnapshotStore(disk: DyingDisk(operationCount: operationCount), path: "\(folder)/snapshots"))
        completedAt = operationCount
      } catch is DiskError {}
      #expect(try sound.names().map(\.position) == [1] && sound.latestName()?.position == 1)
      // Where there is one, it is whole; published, it is a candidate no more.
      if FileManager.default.fileExists(atPath: candidate) {
        let manifest = try SnapshotStore.manifest(sound.disk, folder: candidate)
        #expect(try SnapshotStore.check(sound.disk, folder: candidate, against: manifest) == nil)
      }
      try publish(sound, 2, asOf: 2 * day)
      #expect(!FileManager.default.fileExists(atPath: candidate))
      #expect(try sound.names().map(\.position) == [1, 2])
      let rest = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/snapshots")
      #expect(rest.filter { $0.hasPrefix(".") } == [".lock"], "after \(operationCount) operations")
    }
    #expect(completedAt > 10)
  }

  private func publish(_ store: SnapshotStore, _ position: UInt64, asOf: Instant) throws {
    let draft = try store.begin(SnapshotName(asOf: asOf, position: position), holder: "test")
    try draft.write([SnapshotStoreTests.numbers(Int(position))], workers: 1)
    _ = try draft.publish(SnapshotStoreTests.manifest(position, asOf: asOf), keep: 2)
  }

  private func expectWhole(_ store: SnapshotStore, _ name: SnapshotName) throws {
    let manifest = try store.manifest(name)
    #expect(manifest.position == name.position)
    #expect(try SnapshotStore.check(store.disk, folder: store.folder(name), against: manifest) == nil)
  }
}
