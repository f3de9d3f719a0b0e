import KeptFormat
import Synchronization

@testable import KeptLog

/// The real disk, but the `failing`-th operation that changes something fails, having written half of what it was given.
final class FaultyDisk: Disk {
  enum Fault: Sendable {
    /// That operation alone: what an I/O error does.
    case error
    /// That one and all after it: what a kill or a power cut does to a program.
    case death
  }

  private let real = PosixDisk()
  private let failing: Int
  private let fault: Fault
  private let performed = Mutex<[String]>([])

  init(failing: Int = .max, _ fault: Fault = .error) {
    self.failing = failing
    self.fault = fault
  }

  /// What was done so far: operation and file name.
  var operations: [String] { performed.withLock { $0 } }

  /// Counts an operation; throws where it is to fail.
  fileprivate func step(_ operation: String, _ path: String) throws(DiskError) {
    let number = performed.withLock {
      $0.append(operation + " " + path.split(separator: "/").suffix(2).joined(separator: "/"))
      return $0.count
    }
    if number == failing || (number > failing && fault == .death) {
      throw DiskError(path: path, operation: operation, code: 5)
    }
  }

  func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    if case .replace = mode { try step("create", path) }
    return FaultyFile(try real.open(path, mode), self)
  }

  func makeFolder(_ path: String, permissions: UInt32) throws(DiskError) {
    try step("make folder", path)
    try real.makeFolder(path, permissions: permissions)
  }

  func names(inFolder path: String) throws(DiskError) -> [String]? { try real.names(inFolder: path) }
  func exists(_ path: String) throws(DiskError) -> Bool { try real.exists(path) }

  func rename(_ from: String, to: String) throws(DiskError) {
    try step("rename", to)
    try real.rename(from, to: to)
  }

  func remove(_ path: String) throws(DiskError) {
    try step("remove", path)
    try real.remove(path)
  }

  func removeFolder(_ path: String) throws(DiskError) {
    try step("remove folder", path)
    try real.removeFolder(path)
  }

  func makeLink(_ path: String, to target: String) throws(DiskError) {
    try step("make link", path)
    try real.makeLink(path, to: target)
  }

  func linkTarget(_ path: String) throws(DiskError) -> String? { try real.linkTarget(path) }

  func syncFolder(_ path: String) throws(DiskError) {
    try step("sync folder", path)
    try real.syncFolder(path)
  }

  func lock(_ path: String, holder: String) throws(DiskError) -> DiskLockOutcome { try real.lock(path, holder: holder) }
  func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError) { try real.fillWithRandom(bytes) }
}

private final class FaultyFile: DiskFile {
  let file: any DiskFile
  let disk: FaultyDisk

  init(_ file: any DiskFile, _ disk: FaultyDisk) {
    self.file = file
    self.disk = disk
  }

  var path: String { file.path }
  func byteCount() throws(DiskError) -> Int { try file.byteCount() }
  func close() { file.close() }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
    try file.read(at: offset, into: buffer)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    do throws(DiskError) {
      try disk.step("write", path)
    } catch {
      try? file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), at: offset)
      throw error
    }
    try file.write(bytes, at: offset)
  }

  func sync() throws(DiskError) {
    try disk.step("sync", path)
    try file.sync()
  }

  func truncate(to byteCount: Int) throws(DiskError) {
    try disk.step("truncate", path)
    try file.truncate(to: byteCount)
  }
}
