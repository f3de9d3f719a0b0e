import KeptFormat

/// The folder name of a published snapshot, `20240331T090500Z-1234567`: the as-of instant, with a fraction only where
/// it has one and without colons, which some tools take for a host or a drive; and how many events were known.
///
/// What is only tried stands beside it as `20240331T090500Z-1234567-shadow-1a2b3c4d5e6f`: the beginning of the rulebook's
/// digest, and where only some tables were asked for that of their names, so that no shadow is in another's way.
public struct SnapshotName: Hashable, Sendable, CustomStringConvertible {
  public var asOf: Instant
  public var position: UInt64
  /// What follows `-shadow-`; nil for what is published as the one snapshot of this instant and these events.
  public var shadow: String?

  private static let mark = "-shadow-"

  public init(asOf: Instant, position: UInt64, shadow: String? = nil) {
    self.asOf = asOf
    self.position = position
    self.shadow = shadow
  }

  /// The name under which rules are tried.
  ///
  /// - Parameter tables: those that were asked for; nil: all that a snapshot has.
  public static func shadow(rulebook: Digest, tables: [String]?) -> String {
    let names = tables.map { "-" + SHA256.hash(Array($0.sorted().joined(separator: ",").utf8)).hex.prefix(8) }
    return rulebook.hex.prefix(12) + (names ?? "")
  }

  public var description: String {
    var instant = RFC3339.string(asOf).filter { $0 != "-" && $0 != ":" }
    if instant.hasSuffix(".000000Z") { instant = instant.dropLast(8) + "Z" }
    return "\(instant)-\(position)" + (shadow.map { Self.mark + $0 } ?? "")
  }

  /// nil for any other name.
  public init?(_ text: String) {
    var text = Substring(text), shadow: String?
    if let mark = text.firstRange(of: Self.mark) {
      let tried = text[mark.upperBound...]
      guard !tried.isEmpty, tried.utf8.allSatisfy({ $0 == 0x2D || 48...57 ~= $0 || 97...102 ~= $0 }) else { return nil }
      shadow = String(tried)
      text = text[..<mark.lowerBound]
    }
    let digits = Array(text.utf8)
    guard digits.count > 17, let dash = digits.lastIndex(of: UInt8(ascii: "-")), dash >= 16, digits[dash - 1] == 0x5A,
      let position = UInt64(text.dropFirst(dash + 1))
    else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    let time = "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<dash))"
    guard let asOf = try? RFC3339.parse(time) else { return nil }
    self.init(asOf: asOf, position: position, shadow: shadow)
    guard SnapshotName(asOf: asOf, position: position).description == text else { return nil }
  }
}

extension SnapshotName: Comparable {
  public static func < (left: SnapshotName, right: SnapshotName) -> Bool {
    (left.asOf, left.position, left.shadow ?? "") < (right.asOf, right.position, right.shadow ?? "")
  }
}
