import KeptFormat
import KeptLog

/// Where the rules of business zones come from, before a ledger has its copy.
enum ZoneRules {
  static let folder = "/usr/share/zoneinfo"

  /// The TZif bytes of a zone by its IANA name: from the system, but for UTC, which needs none and is the same
  /// everywhere. nil where the system has no such zone.
  static func bytes(_ name: String) -> [UInt8]? {
    if name == "UTC" { return utc }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }),
      let bytes = try? PosixDisk().contents(folder + "/" + name), (try? Zone(tzif: bytes)) != nil
    else { return nil }
    return bytes
  }

  /// TZif version 2 (RFC 8536) with one type, offset 0, and the footer `UTC0`.
  private static let utc: [UInt8] = {
    let header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
    let type: [UInt8] = [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
    let block = header + counts + type
    return block + block + Array("\nUTC0\n".utf8)
  }()
}
