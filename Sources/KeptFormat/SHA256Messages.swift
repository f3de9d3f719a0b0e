import CInstructions

/// Messages that are hashed together: where the CPU takes sixteen at a time, each then costs half.
///
/// Every message is written to its place with its padding behind it, so that hashing reads whole blocks and copies
/// nothing. Keeps its memory.
package struct SHA256Messages: ~Copyable {
  package init() {}

  private var bytes = ByteSink(capacity: 1 << 15)
  private let blockCounts = Scratch<UInt32>()

  package var count: Int { blockCounts.count }

  package mutating func removeAll() {
    bytes.removeAll()
    blockCounts.count = 0
  }

  /// Appends the message that `write` puts into the sink. It must only append.
  @inline(__always)
  package mutating func append(_ write: (inout ByteSink) -> Void) {
    let start = bytes.count
    write(&bytes)
    let byteCount = bytes.count - start
    let blockCount = (byteCount + 1 + 8 + 63) / 64
    bytes.append(zeros: 64 * blockCount - byteCount)
    bytes.overwrite(at: start + byteCount, fixed: 0x80 as UInt8)
    bytes.overwrite(at: bytes.count - 8, fixed: (UInt64(byteCount) &* 8).bigEndian.littleEndian)
    blockCounts.append(UInt32(blockCount))
  }

  /// Writes `count` digests.
  package func hash(into digests: UnsafeMutablePointer<Digest>) {
    bytes.withUnsafeBytes { all in
      let blocks = all.baseAddress!
      let isDone = kept_sha256_messages(
        blocks.assumingMemoryBound(to: UInt8.self), blockCounts.pointer, count, UnsafeMutableRawPointer(digests))
      if !isDone { hashOneByOne(into: digests) }
    }
  }

  /// The same without sixteen at a time.
  func hashOneByOne(into digests: UnsafeMutablePointer<Digest>) {
    var next = bytes.withUnsafeBytes { $0.baseAddress! }
    for index in 0..<count {
      var state = SHA256.initialState
      let blockCount = Int(blockCounts.pointer[index])
      SHA256.compress(&state, next, blockCount)
      digests[index] = SHA256.digest(of: state)
      next += 64 * blockCount
    }
  }
}
