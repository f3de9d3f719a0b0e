import KeptFormat

/// The folder name of a published snapshot, `20240331T090500Z-1234567`: the as-of instant, with a fraction only where
/// it has one and without colons, which some tools take for a host or a drive; and how many events were known.
public struct SnapshotName: Hashable, Sendable, CustomStringConvertible {
  public var asOf: Instant
  public var position: UInt64

  public init(asOf: Instant, position: UInt64) {
    self.asOf = asOf
    self.position = position
  }

  public var description: String {
    var instant = RFC3339.string(asOf).filter { $0 != "-" && $0 != ":" }
    if instant.hasSuffix(".000000Z") { instant = instant.dropLast(8) + "Z" }
    return "\(instant)-\(position)"
  }

  /// nil for any other name.
  public init?(_ text: String) {
    let digits = Array(text.utf8)
    guard digits.count > 17, let dash = digits.lastIndex(of: UInt8(ascii: "-")), dash >= 16, digits[dash - 1] == 0x5A,
      let position = UInt64(text.dropFirst(dash + 1))
    else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    let time = "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<dash))"
    guard let asOf = try? RFC3339.parse(time) else { return nil }
    self.init(asOf: asOf, position: position)
    guard description == text else { return nil }
  }
}

extension SnapshotName: Comparable {
  public static func < (left: SnapshotName, right: SnapshotName) -> Bool {
    (left.asOf, left.position) < (right.asOf, right.position)
  }
}
