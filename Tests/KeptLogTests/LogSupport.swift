import Foundation
import KeptFormat
import Testing

@testable import KeptLog

/// A ledger in a temporary folder that goes with it.
final class TemporaryLedger {
  let path: String
  let geometry: LogGeometry
  static let small = LogGeometry(blockEventCount: 16, segmentBlockCount: 4)
  static let clock: Instant = 1_700_000_000_000_000

  init(_ geometry: LogGeometry = small, sealed: [String] = []) throws {
    self.geometry = geometry
    path = NSTemporaryDirectory() + "kept-" + UUID().uuidString
    try Ledger.create(path, .init(zone: "UTC", zoneBytes: [1, 2, 3], sealed: sealed))
  }

  /// A copy of a ledger, as it is on disk now.
  init(copyOf other: TemporaryLedger) throws {
    geometry = other.geometry
    path = NSTemporaryDirectory() + "kept-" + UUID().uuidString
    try FileManager.default.copyItem(atPath: other.path, toPath: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A test that starts a program at the same moment makes a copy of this process, in which a lock that was just released
  /// is held until the program begins: then it is asked for again, for a second at most.
  func writer(_ disk: any Disk = PosixDisk()) throws -> LedgerWriter {
    var attempts = 0
    while true {
      do {
        return try LedgerWriter(path, disk: disk, geometry: geometry, holder: "a test")
      } catch LogError.locked where attempts < 1_000 {
        attempts += 1
        usleep(1_000)
      }
    }
  }

  func reader() throws -> LedgerReader { try LedgerReader(path, geometry: geometry) }

  /// Opens a writer, runs `body`, closes it.
  func write<R>(_ disk: any Disk = PosixDisk(), _ body: (LedgerWriter) throws -> R) throws -> R {
    let writer = try writer(disk)
    defer { writer.close() }
    return try body(writer)
  }

  func bytes(_ name: String) throws -> [UInt8] { try PosixDisk().contents(path + "/" + name) }

  func replace(_ name: String, with bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func flipByte(_ name: String, at offset: Int) throws {
    var all = try bytes(name)
    all[offset] ^= 0x41
    try replace(name, with: all)
  }
}
