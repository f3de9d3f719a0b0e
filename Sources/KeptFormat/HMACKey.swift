/// A key for HMAC-SHA-256 (RFC 2104), its two pads already hashed: a code then costs the message and one block more.
public struct HMACKey: Sendable {
  private let inner: SHA256.State
  private let outer: SHA256.State

  public init(_ key: UnsafeRawBufferPointer) {
    var pad = [UInt8](repeating: 0, count: 64)
    if key.count > 64 {
      let digest = SHA256.hash(key)
      digest.withUnsafeBytes { pad.replaceSubrange(0..<32, with: $0) }
    } else {
      pad.replaceSubrange(0..<key.count, with: key)
    }
    func compressed(_ mask: UInt8) -> SHA256.State {
      var state = SHA256.initialState
      pad.map { $0 ^ mask }.withUnsafeBytes { SHA256.compress(&state, $0.baseAddress!, 1) }
      return state
    }
    inner = compressed(0x36)
    outer = compressed(0x5c)
  }

  public init(_ key: [UInt8]) { self = key.withUnsafeBytes { HMACKey($0) } }

  /// The code of `message`; allocates nothing.
  public func code(for message: UnsafeRawBufferPointer) -> Digest {
    SHA256.finish(inner, message, UInt64(message.count) + 64).withUnsafeBytes { SHA256.finish(outer, $0, 64 + 32) }
  }

  public func code(for message: [UInt8]) -> Digest { message.withUnsafeBytes { code(for: $0) } }
}
