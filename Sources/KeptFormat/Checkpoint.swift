/// What a ledger held: its name, how many events, and the root hash over them; printed as a C2SP `tlog-checkpoint`.
///
///     kept.example/shop
///     20852163
///     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
///
/// Signing stays outside. A signed note (an empty line, then signature lines) is read, and its signatures are left
/// alone: whoever has a tool to make them has one to check them.
public struct Checkpoint: Hashable, Sendable {
  /// Names the ledger: one line, not empty.
  public var origin: String
  /// How many events; positions 0 ..< count.
  public var count: UInt64
  public var root: Digest

  public init(origin: String, count: UInt64, root: Digest) {
    precondition(Self.isOrigin(origin), "a ledger cannot be named \(origin.debugDescription)")
    self.origin = origin
    self.count = count
    self.root = root
  }

  /// Why text is no checkpoint, and in which line, from 1.
  public struct Failure: Error, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
      /// Fewer than three lines, or a last line without a line end.
      case tooShort
      /// An empty line, or one with control characters, where a name is expected.
      case origin
      /// Not a decimal number of at most 64 bits without leading zeros.
      case size
      /// Not the base64 of 32 bytes.
      case rootHash
      /// An empty extension line that no signature follows, or text behind the signatures.
      case signatures
      /// Bytes that are no UTF-8; told as line 1.
      case encoding
    }
    public var reason: Reason
    public var line: Int
  }

  /// The three lines.
  public var text: String { "\(origin)\n\(count)\n\(root.base64)\n" }

  /// Reads a file's bytes: those of `text`, signed or not.
  public init(parsing bytes: some Collection<UInt8>) throws(Failure) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(reason: .encoding, line: 1) }
    try self.init(parsing: text)
  }

  /// Reads a checkpoint, signed or not. Lines of extensions between root and signatures are skipped.
  public init(parsing text: String) throws(Failure) {
    // By bytes: Swift takes "\r\n" for one character, and a line must end in "\n" alone.
    var lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String(Substring($0)) }
    guard lines.count >= 4 else { throw Failure(reason: .tooShort, line: lines.count) }
    guard lines.removeLast().isEmpty else { throw Failure(reason: .tooShort, line: lines.count + 1) }
    guard Self.isOrigin(lines[0]) else { throw Failure(reason: .origin, line: 1) }
    guard let count = UInt64(lines[1]), String(count) == lines[1] else { throw Failure(reason: .size, line: 2) }
    guard let root = Digest(base64: lines[2]) else { throw Failure(reason: .rootHash, line: 3) }
    if let blank = lines.firstIndex(of: "") {
      let signatures = lines[(blank + 1)...]
      guard !signatures.isEmpty else { throw Failure(reason: .signatures, line: blank + 1) }
      if let bad = signatures.firstIndex(where: { !$0.hasPrefix("\u{2014} ") }) {
        throw Failure(reason: .signatures, line: bad + 1)
      }
    }
    self.init(origin: lines[0], count: count, root: root)
  }

  private static func isOrigin(_ text: String) -> Bool {
    !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
  }
}
