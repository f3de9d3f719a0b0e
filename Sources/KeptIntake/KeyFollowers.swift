import KeptFormat

/// Which key followed which in the lines before: a source writes its keys in one order, so the next one is compared with
/// what is likely instead of being read.
///
/// `~Copyable` owner of its memory; used by one thread.
struct KeyFollowers: ~Copyable {
  /// A key with its quotes and the colon: its bytes in two words, and which of those count. No bytes match nothing.
  private struct Token {
    var words: (UInt64, UInt64) = (0, 0)
    var masks: (UInt64, UInt64) = (0, 0)
    var byteCount = 0
    var key = EnvelopeKey.unknown
  }

  private static let byteCountMax = 16
  /// By the raw value of the key before; the first key of a line follows `unknown`.
  private let tokens: UnsafeMutablePointer<Token>
  private static let tokenCount = Int(EnvelopeKey.unknown.rawValue) + 1

  init() {
    tokens = .allocate(capacity: Self.tokenCount)
    tokens.initialize(repeating: Token(), count: Self.tokenCount)
  }

  deinit { tokens.deallocate() }

  @inline(__always)
  func byteCount(after previous: EnvelopeKey) -> Int { tokens[Int(previous.rawValue)].byteCount }

  /// The likely key, where it stands at the scanner's position; `unknown` where another does.
  @inline(__always)
  func match(_ scanner: JSONScanner, after previous: EnvelopeKey) -> EnvelopeKey {
    let token = tokens + Int(previous.rawValue)
    guard scanner.position &+ Self.byteCountMax <= scanner.end else { return .unknown }
    let at = scanner.base + scanner.position
    let first = (loadWord(at) ^ token.pointee.words.0) & token.pointee.masks.0
    let second = (loadWord(at + 8) ^ token.pointee.words.1) & token.pointee.masks.1
    return first | second == 0 ? token.pointee.key : .unknown
  }

  /// Remembers the key that was read as `string`, behind which the scanner is now.
  @inline(never)
  func learn(_ key: EnvelopeKey, _ string: JSONString, _ scanner: JSONScanner, after previous: EnvelopeKey) {
    let start = string.start - 1
    let byteCount = string.count + 3
    guard byteCount <= Self.byteCountMax, start + Self.byteCountMax <= scanner.end,
      scanner.base[start + byteCount - 1] == UInt8(ascii: ":")
    else { return }
    var token = Token()
    let unused = UInt64(8 * (Self.byteCountMax - byteCount))
    token.masks = (UInt64.max >> (unused > 64 ? unused - 64 : 0), UInt64.max >> unused)
    let at = scanner.base + start
    token.words = (loadWord(at), loadWord(at + 8))
    token.byteCount = byteCount
    token.key = key
    tokens[Int(previous.rawValue)] = token
  }
}
