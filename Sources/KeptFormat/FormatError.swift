/// Bytes that are not what a format says they should be.
public struct FormatError: Error, Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// A varint of more than 10 bytes or 64 bits.
    case overlongVarint
    case checksumMismatch(stored: UInt32, computed: UInt32)
    /// A version, codec or form number that this program does not know.
    case unknown(String, UInt64)
    /// Anything else, in words: what was found and what was expected.
    case invalid(String)
  }

  public var kind: Kind
  /// In bytes, from the start of the buffer that was read.
  public var offset: Int
  /// The column of a block in which it was found.
  public var column: String?

  public init(_ kind: Kind, offset: Int, column: String? = nil) {
    self.kind = kind
    self.offset = offset
    self.column = column
  }
}
