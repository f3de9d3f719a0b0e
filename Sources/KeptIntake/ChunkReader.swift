import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Bytes of a source cut at a record boundary, as one thread hands them to another.
struct RawChunk: Sendable {
  var bytes: [UInt8]
  /// Of the chunk's first byte: the line, from 1, and the offset in the unpacked file.
  var firstLine: UInt64
  var firstOffset: UInt64
  /// The chunk is the start of one record that is longer than a line may be; the rest of it was read over.
  var isOverlong = false
}

/// Cuts a byte source into chunks that end at a record boundary, and numbers their lines.
///
/// The size of the chunks never changes what is a record, nor where it is. At most a chunk, or twice the longest line,
/// is in memory. One thread uses it.
final class ChunkReader {
  private let source: ByteSource
  private var splitter: RecordSplitter
  private let chunkByteCount: Int
  /// Whether a chunk is handed on as soon as it has a record, instead of when it is full: for standard input.
  private let isEager: Bool
  /// What was read behind the last boundary.
  private var carry: [UInt8] = []
  private var line: UInt64 = 1
  private(set) var offset: UInt64 = 0
  private var isAtEnd = false
  private var isStarted = false

  init(source: ByteSource, splitter: RecordSplitter, chunkByteCount: Int = 4 << 20, isEager: Bool = false) {
    self.source = source
    self.splitter = splitter
    self.chunkByteCount = max(chunkByteCount, 1)
    self.isEager = isEager
  }

  /// Stored bytes read so far, and their digest.
  var storedByteCount: UInt64 { source.storedByteCount }
  var digest: Digest { source.digest }
  /// How the bytes are split; certain once the first chunk was read.
  var recordSplitter: RecordSplitter { splitter }

  /// The next chunk, or nil at the end.
  func next() throws(IntakeError) -> RawChunk? {
    if !isStarted { try start() }
    var target = max(chunkByteCount, carry.count)
    while true {
      var buffer = try fill(to: target)
      if buffer.isEmpty { return nil }
      let end = isAtEnd ? buffer.count : splitter.boundary(in: buffer)
      if end > 0 {
        carry = Array(buffer[end...])
        buffer.removeLast(buffer.count - end)
        return chunk(buffer)
      }
      carry = buffer
      if buffer.count > Limits.lineByteCountMax + 1 { return try skipOverlong() }
      target = max(target, buffer.count) * 2
    }
  }

  /// Skips a byte order mark, and looks at the start of what may come in two shapes.
  private func start() throws(IntakeError) {
    isStarted = true
    carry = try fill(to: 3)
    if carry.starts(with: [0xEF, 0xBB, 0xBF]) {
      carry = []
      offset = 3
    }
    while splitter == .undecided {
      if let decided = RecordSplitter.decide(carry, isAtEnd: isAtEnd) {
        splitter = decided
      } else {
        carry = try fill(to: max(4096, carry.count * 2))
      }
    }
  }

  /// `carry` and what was read behind it, `target` bytes if there are as many; eagerly, what one read gives.
  private func fill(to target: Int) throws(IntakeError) -> [UInt8] {
    var failure: IntakeError?
    // Room for what the parser spells out (see RowBuilder), so that the arena is not moved to grow.
    let capacity = target + target / 16 + 64
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      buffer.withMemoryRebound(to: UInt8.self) { _ = $0.update(fromContentsOf: carry) }
      count = carry.count
      while !isAtEnd, count < target {
        do throws(IntakeError) {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count..<target])
          let got = try source.read(into: rest)
          count += got
          if got == 0 { isAtEnd = true } else if isEager { break }
        } catch {
          failure = error
          break
        }
      }
    }
    carry = []
    if let failure { throw failure }
    return bytes
  }

  private func chunk(_ bytes: [UInt8], isOverlong: Bool = false) -> RawChunk {
    let chunk = RawChunk(bytes: bytes, firstLine: line, firstOffset: offset, isOverlong: isOverlong)
    line += UInt64(countLineFeeds(bytes))
    offset += UInt64(bytes.count)
    return chunk
  }

  /// Reads over a line that no record may be as long as, and hands on its first bytes to be rejected.
  private func skipOverlong() throws(IntakeError) -> RawChunk {
    var chunk = chunk(carry, isOverlong: true)
    chunk.bytes.removeLast(chunk.bytes.count - 1)
    carry = []
    while true {
      let buffer = try fill(to: chunkByteCount)
      if buffer.isEmpty { break }
      let end = buffer.firstIndex(of: 0x0A).map { $0 + 1 } ?? buffer.count
      offset += UInt64(end)
      if end < buffer.count || buffer.last == 0x0A {
        line += 1
        carry = Array(buffer[end...])
        break
      }
    }
    return chunk
  }
}

func countLineFeeds(_ bytes: [UInt8]) -> Int {
  bytes.withUnsafeBufferPointer { countLineFeeds($0.pointer, from: 0, to: $0.count) }
}

/// Done to every byte of every source, so eight at a time, in a form the compiler turns into vector instructions.
func countLineFeeds(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
  var total = 0
  var at = start
  while at &+ 8 <= end {
    // Each byte of `counts` counts one byte of the words; 255 is what it can count to.
    let wordCount = min((end &- at) >> 3, 255)
    var counts: UInt64 = 0
    for word in 0..<wordCount {
      let other = loadWord(base + (at &+ word &* 8)) ^ 0x0A0A_0A0A_0A0A_0A0A
      let isOther = ((other & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | other
      counts &+= (~isOther & 0x8080_8080_8080_8080) &>> 7
    }
    let pairs = (counts & 0x00FF_00FF_00FF_00FF) &+ (counts &>> 8 & 0x00FF_00FF_00FF_00FF)
    total &+= Int((pairs &* 0x0001_0001_0001_0001) &>> 48)
    at &+= wordCount &* 8
  }
  while at < end {
    total &+= base[at] == 0x0A ? 1 : 0
    at &+= 1
  }
  return total
}
