/// A key for HMAC-SHA-256 (RFC 2104), its two pads already hashed: a code then costs the message and one block more.
public struct HMACKey: Sendable {
  private let inner: SHA256.State
  private let outer: SHA256.State

  public init(_ key: UnsafeRawBufferPointer) {
    if key.count > 64 {
      self = SHA256.hash(key).withUnsafeBytes { HMACKey(short: $0) }
    } else {
      self.init(short: key)
    }
  }

  private init(short key: UnsafeRawBufferPointer) {
    precondition(key.count <= 64, "a key of \(key.count) bytes is hashed before it is used")
    (inner, outer) = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { pad in
      func compressed(flipping mask: UInt64) -> SHA256.State {
        for at in stride(from: 0, to: 64, by: 8) {
          pad.storeBytes(of: pad.load(fromByteOffset: at, as: UInt64.self) ^ mask, toByteOffset: at, as: UInt64.self)
        }
        var state = SHA256.initialState
        SHA256.compress(&state, pad.baseAddress!, 1)
        return state
      }
      pad.initializeMemory(as: UInt8.self, repeating: 0)
      pad.copyMemory(from: key)
      let inner = compressed(flipping: 0x3636_3636_3636_3636)
      // From the inner pad to the outer.
      return (inner, compressed(flipping: 0x3636_3636_3636_3636 ^ 0x5c5c_5c5c_5c5c_5c5c))
    }
  }

  public init(_ key: [UInt8]) { self = key.withUnsafeBytes { HMACKey($0) } }

  /// The code of `message`; allocates nothing.
  public func code(for message: UnsafeRawBufferPointer) -> Digest {
    SHA256.finish(inner, message, UInt64(message.count) + 64).withUnsafeBytes { SHA256.finish(outer, $0, 64 + 32) }
  }

  public func code(for message: [UInt8]) -> Digest { message.withUnsafeBytes { code(for: $0) } }
}
