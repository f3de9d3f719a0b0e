import CInstructions

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// SHA-256 (FIPS 180-4): the digest that finds edits. Uses the CPU's SHA instructions where it has them.
///
/// As a value it hashes a stream piece by piece; the static functions hash what is in memory, without allocating.
public struct SHA256: Sendable {
  var state = SHA256.initialState
  private var pending = InlineArray<64, UInt8>(repeating: 0)
  private var pendingCount = 0
  private var byteCount: UInt64 = 0

  public init() {}

  /// Continues after whole blocks that were already compressed: a key's pad, for instance.
  init(state: State, compressedByteCount: UInt64) {
    self.state = state
    byteCount = compressedByteCount
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var next = bytes.baseAddress, bytes.count > 0 else { return }
    var rest = bytes.count
    byteCount &+= UInt64(rest)
    if pendingCount > 0 {
      let taken = min(64 - pendingCount, rest)
      Swift.withUnsafeMutableBytes(of: &pending) { _ = memcpy($0.baseAddress! + pendingCount, next, taken) }
      pendingCount += taken
      next += taken
      rest -= taken
      guard pendingCount == 64 else { return }
      Swift.withUnsafeBytes(of: pending) { SHA256.compress(&state, $0.baseAddress!, 1) }
      pendingCount = 0
    }
    if rest >= 64 {
      SHA256.compress(&state, next, rest / 64)
      next += rest & ~63
      rest &= 63
    }
    Swift.withUnsafeMutableBytes(of: &pending) { _ = memcpy($0.baseAddress!, next, rest) }
    pendingCount = rest
  }

  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  public mutating func update(_ digest: Digest) { digest.withUnsafeBytes { update($0) } }

  /// The digest of everything so far; more may follow.
  public func finish() -> Digest {
    Swift.withUnsafeBytes(of: pending) { bytes in
      SHA256.finish(state, UnsafeRawBufferPointer(rebasing: bytes[..<pendingCount]), byteCount)
    }
  }

  // MARK: Bytes in memory

  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
    finish(initialState, bytes, UInt64(bytes.count))
  }

  public static func hash(_ bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of `prefix` followed by `bytes`, which are not copied.
  public static func hash(prefix: UInt8, _ bytes: UnsafeRawBufferPointer) -> Digest {
    withUnsafeTemporaryAllocation(byteCount: 64 + 128, alignment: 16) { room in
      let head = room.baseAddress!
      head.storeBytes(of: prefix, as: UInt8.self)
      let headCount = min(63, bytes.count)
      if headCount > 0 { memcpy(head + 1, bytes.baseAddress!, headCount) }
      let byteCount = UInt64(bytes.count) + 1
      var state = initialState
      guard headCount == 63 else {
        let blockCount = pad(head, headCount + 1, byteCount)
        compress(&state, head, blockCount)
        return digest(of: state)
      }
      let rest = bytes.baseAddress! + 63
      let whole = (bytes.count - 63) & ~63
      // The last blocks are laid out before the first is compressed: the copies then cost no time of their own.
      let last = head + 64
      let lastCount = bytes.count - 63 - whole
      memcpy(last, rest + whole, lastCount)
      let blockCount = pad(last, lastCount, byteCount)
      compress(&state, head, 1)
      if whole > 0 { compress(&state, rest, whole / 64) }
      compress(&state, last, blockCount)
      return digest(of: state)
    }
  }

  /// The hash of a leaf of an RFC 6962 tree: SHA-256(0x00 ‖ line).
  public static func leafHash(_ line: UnsafeRawBufferPointer) -> Digest { hash(prefix: 0, line) }

  /// The hash of an inner node of an RFC 6962 tree: SHA-256(0x01 ‖ left ‖ right).
  public static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { room in
      let message = room.baseAddress!
      message.storeBytes(of: 1, as: UInt8.self)
      left.store(to: message + 1)
      right.store(to: message + 33)
      let blockCount = pad(message, 65, 65)
      var state = initialState
      compress(&state, message, blockCount)
      return digest(of: state)
    }
  }

  // MARK: Compression

  typealias State = InlineArray<8, UInt32>

  static let initialState: State = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  /// Compresses the last bytes with their padding. `byteCount` is the length of the whole message.
  static func finish(_ start: State, _ bytes: UnsafeRawBufferPointer, _ byteCount: UInt64) -> Digest {
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { room in
      let last = room.baseAddress!
      let whole = bytes.count & ~63
      let lastCount = bytes.count - whole
      if lastCount > 0 { memcpy(last, bytes.baseAddress! + whole, lastCount) }
      let blockCount = pad(last, lastCount, byteCount)
      var state = start
      if whole > 0 { compress(&state, bytes.baseAddress!, whole / 64) }
      compress(&state, last, blockCount)
      return digest(of: state)
    }
  }

  /// Completes a message of `byteCount` bytes whose last `count`, fewer than 120, are at `block`; there is room for 128.
  ///
  /// - Returns: how many blocks that makes.
  @inline(__always)
  private static func pad(_ block: UnsafeMutableRawPointer, _ count: Int, _ byteCount: UInt64) -> Int {
    let blockCount = count < 56 ? 1 : 2
    memset(block + count, 0, 64 * blockCount - count)
    block.storeBytes(of: 0x80, toByteOffset: count, as: UInt8.self)
    block.storeBytes(of: (byteCount &* 8).bigEndian, toByteOffset: 64 * blockCount - 8, as: UInt64.self)
    return blockCount
  }

  static func digest(of state: State) -> Digest {
    var bytes = State(repeating: 0)
    for i in 0..<8 { bytes[i] = state[i].bigEndian }
    return Swift.withUnsafeBytes(of: bytes) { Digest($0.baseAddress!) }
  }

  @inline(__always)
  static func compress(_ state: inout State, _ blocks: UnsafeRawPointer, _ blockCount: Int) {
    Swift.withUnsafeMutableBytes(of: &state) { bytes in
      let words = bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
      if !kept_sha256_compress(words, blocks.assumingMemoryBound(to: UInt8.self), blockCount) {
        compressPortably(words, blocks, blockCount)
      }
    }
  }

  /// FIPS 180-4, 6.2.2, for a CPU without the instructions.
  @inline(never)
  static func compressPortably(
    _ state: UnsafeMutablePointer<UInt32>, _ blocks: UnsafeRawPointer, _ blockCount: Int
  ) {
    roundConstants.withUnsafeBufferPointer { k in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
        for block in 0..<blockCount {
          for t in 0..<16 {
            w[t] = UInt32(bigEndian: blocks.loadUnaligned(fromByteOffset: 64 * block + 4 * t, as: UInt32.self))
          }
          for t in 16..<64 {
            let x = w[t - 15]
            let y = w[t - 2]
            let s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >> 3)
            let s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >> 10)
            w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
          }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          for t in 0..<64 {
            let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let choice = (e & f) ^ (~e & g)
            let t1 = h &+ s1 &+ choice &+ k[t] &+ w[t]
            let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let majority = (a & b) ^ (a & c) ^ (b & c)
            (h, g, f, e) = (g, f, e, d &+ t1)
            (d, c, b, a) = (c, b, a, t1 &+ s0 &+ majority)
          }
          state[0] &+= a
          state[1] &+= b
          state[2] &+= c
          state[3] &+= d
          state[4] &+= e
          state[5] &+= f
          state[6] &+= g
          state[7] &+= h
        }
      }
    }
  }

  @inline(__always)
  private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }

  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
