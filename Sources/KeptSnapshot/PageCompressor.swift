/// Compresses pages to LZ4 blocks, the same bytes for the same page for ever.
///
/// liblz4 promises to read every block, not to write the same one in its next version; a snapshot must have the same
/// bytes on any machine, so it is written by this and only read by the library. Greedy, with one hash table of the last
/// place of five bytes, and longer steps the longer nothing is found, like the library's fast mode.
///
/// Format: lz4/doc/lz4_Block_format.md. The last match begins at least 12 bytes before the end and the last five bytes
/// are literals.
struct PageCompressor: ~Copyable {
  private static let tableBits = 13
  private static let matchCountMin = 4
  private static let distanceMax = 65_535
  /// The step grows by one after every 64 misses.
  private static let stepShift = 6

  private let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 1 << tableBits)

  deinit { table.deallocate() }

  /// Compresses `source` into `target`.
  ///
  /// - Returns: the bytes written, or nil where they do not fit, which ends the attempt early. With
  ///   `LZ4Block.bound(source.count)` bytes they always fit.
  func compress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
    guard let base = source.baseAddress, let out = target.baseAddress else { return nil }
    precondition(source.count <= Int32.max, "a page of \(source.count) bytes")
    var block = LZ4BlockWriter(source, out: out, capacity: target.count)
    let lastStart = source.count - 12
    let matchEnd = source.count - 5
    if lastStart > 0 {
      table.update(repeating: 0, count: 1 << Self.tableBits)
      var position = 1
      var missCount = 1 << Self.stepShift
      while position <= lastStart {
        let slot = Self.slot(base, position)
        var match = Int(table[slot])
        table[slot] = UInt32(truncatingIfNeeded: position)
        guard position - match <= Self.distanceMax, Self.load4(base, match) == Self.load4(base, position) else {
          position += missCount >> Self.stepShift
          missCount += 1
          continue
        }
        missCount = 1 << Self.stepShift
        while position > block.anchor && match > 0 && Self.load1(base, position - 1) == Self.load1(base, match - 1) {
          position -= 1
          match -= 1
        }
        let count = Self.matchCount(base, position, match, end: matchEnd)
        guard block.append(literalsTo: position, distance: position - match, matchCount: count) else { return nil }
        position += count
        if position <= lastStart { table[Self.slot(base, position - 2)] = UInt32(truncatingIfNeeded: position - 2) }
      }
    }
    return block.finish(at: source.count)
  }

  /// How many bytes are the same from both places on.
  @inline(__always)
  private static func matchCount(_ base: UnsafeRawPointer, _ position: Int, _ match: Int, end: Int) -> Int {
    var count = matchCountMin
    while position + count + 8 <= end {
      let difference = load8(base, position + count) ^ load8(base, match + count)
      if difference != 0 { return count + difference.trailingZeroBitCount >> 3 }
      count += 8
    }
    while position + count < end && load1(base, position + count) == load1(base, match + count) { count += 1 }
    return count
  }

  /// A slot by five bytes; eight are there, since the last place asked about is 12 bytes before the end.
  @inline(__always)
  private static func slot(_ base: UnsafeRawPointer, _ position: Int) -> Int {
    Int(truncatingIfNeeded: ((load8(base, position) << 24) &* 889_523_592_379) >> UInt64(64 - tableBits))
  }

  @inline(__always) private static func load1(_ base: UnsafeRawPointer, _ offset: Int) -> UInt8 {
    base.load(fromByteOffset: offset, as: UInt8.self)
  }

  @inline(__always) private static func load4(_ base: UnsafeRawPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inline(__always) private static func load8(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// Writes sequences: a token, literals, and unless it is the last the distance back to what is repeated.
private struct LZ4BlockWriter {
  let source: UnsafeRawPointer
  let sourceCount: Int
  let out: UnsafeMutableRawPointer
  let capacity: Int
  /// Where the literals not yet written begin.
  var anchor = 0
  private var count = 0

  init(_ source: UnsafeRawBufferPointer, out: UnsafeMutableRawPointer, capacity: Int) {
    self.source = source.baseAddress!
    sourceCount = source.count
    self.out = out
    self.capacity = capacity
  }

  /// False where it does not fit.
  @inline(__always)
  mutating func append(literalsTo end: Int, distance: Int, matchCount: Int) -> Bool {
    let literalCount = end - anchor
    let rest = matchCount - 4
    guard capacity - count >= literalCount + literalCount / 255 + rest / 255 + 5 else { return false }
    out.storeBytes(of: UInt8(min(15, literalCount) << 4 | min(15, rest)), toByteOffset: count, as: UInt8.self)
    count += 1
    appendLength(literalCount)
    appendLiterals(literalCount)
    out.storeBytes(of: UInt16(distance).littleEndian, toByteOffset: count, as: UInt16.self)
    count += 2
    appendLength(rest)
    anchor = end + matchCount
    return true
  }

  /// The last literals; the bytes of the block, or nil where they do not fit.
  mutating func finish(at end: Int) -> Int? {
    let literalCount = end - anchor
    guard capacity - count >= literalCount + literalCount / 255 + 2 else { return nil }
    out.storeBytes(of: UInt8(min(15, literalCount) << 4), toByteOffset: count, as: UInt8.self)
    count += 1
    appendLength(literalCount)
    appendLiterals(literalCount)
    return count
  }

  @inline(__always)
  private mutating func appendLiterals(_ literalCount: Int) {
    let (from, to) = (source + anchor, out + count)
    if literalCount <= 16 && anchor + 16 <= sourceCount && count + 16 <= capacity {
      // What is written beyond the literals is overwritten by what comes next, or is beyond the block.
      to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
      to.storeBytes(of: from.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 8, as: UInt64.self)
    } else {
      to.copyMemory(from: from, byteCount: literalCount)
    }
    count += literalCount
  }

  /// What of a length does not fit the token's four bits.
  @inline(__always)
  private mutating func appendLength(_ length: Int) {
    guard length >= 15 else { return }
    var rest = length - 15
    while rest >= 255 {
      out.storeBytes(of: 255, toByteOffset: count, as: UInt8.self)
      count += 1
      rest -= 255
    }
    out.storeBytes(of: UInt8(rest), toByteOffset: count, as: UInt8.self)
    count += 1
  }
}
