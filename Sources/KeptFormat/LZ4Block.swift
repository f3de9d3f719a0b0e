import CLZ4

/// The LZ4 block format: bare blocks without a frame; whoever stores one stores both of its lengths.
public enum LZ4Block {
  /// The longest input one block may have.
  public static let inputByteCountMax = Int(LZ4_MAX_INPUT_SIZE)

  /// How many bytes `compress` may need for `byteCount` bytes that do not compress.
  @inlinable
  public static func bound(_ byteCount: Int) -> Int { byteCount + byteCount / 255 + 16 }

  /// Compresses `source` into `destination`.
  ///
  /// - Returns: the bytes written, or nil where they do not fit: a short destination is the way to ask "only if it
  ///   saves this much", and ends the attempt early.
  public static func compress(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) -> Int? {
    precondition(source.count <= inputByteCountMax, "\(source.count) bytes are too many for one LZ4 block")
    let capacity = Int32(clamping: destination.count)
    let written = LZ4_compress_default(
      source.baseAddress?.assumingMemoryBound(to: CChar.self),
      destination.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(source.count), capacity)
    return written > 0 ? Int(written) : nil
  }

  /// Appends `source`, compressed.
  ///
  /// - Returns: how many bytes were appended.
  @discardableResult
  public static func compress(_ source: UnsafeRawBufferPointer, to sink: inout ByteSink) -> Int {
    let start = sink.count
    sink.write(atMost: bound(source.count)) { out in
      let room = UnsafeMutableRawBufferPointer(start: out, count: bound(source.count))
      guard let written = compress(source, into: room) else { preconditionFailure("LZ4 outgrew its own bound") }
      return written
    }
    return sink.count - start
  }

  /// Decompresses a block that is said to hold exactly `destination.count` bytes.
  ///
  /// - Returns: whether it did. Damaged input is never read or written out of bounds, and leaves rubbish behind.
  public static func decompress(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let sourceCount = Int32(exactly: source.count), let count = Int32(exactly: destination.count) else {
      return false
    }
    guard let input = source.baseAddress else { return false }
    // liblz4 wants an address even for no bytes.
    var nothing: CChar = 0
    return withUnsafeMutablePointer(to: &nothing) { substitute in
      let output = destination.baseAddress?.assumingMemoryBound(to: CChar.self) ?? substitute
      return LZ4_decompress_safe(input.assumingMemoryBound(to: CChar.self), output, sourceCount, count) == count
    }
  }
}
