import CLZ4
import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of a file or of standard input, unpacked where they are LZ4 frames, with the digest of what is stored.
///
/// One thread uses it. Blocks in `read`.
final class ByteSource {
  private let file: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  private var hash = SHA256()
  private(set) var storedByteCount: UInt64 = 0
  /// The first bytes, read to tell LZ4 from text and not handed out yet.
  private var head: [UInt8] = []
  private var unpacker: LZ4FrameReader?

  /// - Parameter path: "-" is standard input.
  convenience init(path: String) throws(IntakeError) {
    if path == "-" {
      try self.init(descriptor: 0, owned: false, file: path)
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(file: path, errno: errno) }
    try self.init(descriptor: descriptor, owned: true, file: path)
  }

  init(descriptor: Int32, owned: Bool, file: String) throws(IntakeError) {
    self.file = file
    self.descriptor = descriptor
    ownsDescriptor = owned
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    let first = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
    defer { first.deallocate() }
    while head.count < first.count {
      let got = try readStored(UnsafeMutableRawBufferPointer(rebasing: first[head.count...]))
      if got == 0 { break }
      head = Array(first[..<(head.count + got)])
    }
    if let name = Self.otherCompression(head) { throw .otherCompression(file: file, name: name) }
    if head == [0x04, 0x22, 0x4D, 0x18] || Self.isSkippableFrame(head) {
      unpacker = LZ4FrameReader(pending: head)
      head = []
    }
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
  }

  /// The digest of the stored bytes read so far.
  var digest: Digest { hash.finish() }

  /// Fills `buffer` as far as one read goes. 0 is the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(IntakeError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    if !head.isEmpty {
      let count = min(head.count, buffer.count)
      buffer.copyBytes(from: head[..<count])
      head.removeFirst(count)
      return count
    }
    guard let unpacker else { return try readStored(buffer) }
    while true {
      switch unpacker.unpack(into: buffer) {
      case .bytes(let count): return count
      case .failed(let what): throw .damagedLZ4(file: file, offset: unpacker.consumed, what: what)
      case .wantsInput:
        let got = try unpacker.refill { (bytes) throws(IntakeError) in try readStored(bytes) }
        guard got == 0 else { continue }
        guard unpacker.isBetweenFrames else {
          throw .damagedLZ4(file: file, offset: storedByteCount, what: "the file ends inside a frame")
        }
        return 0
      }
    }
  }

  private func readStored(_ buffer: UnsafeMutableRawBufferPointer) throws(IntakeError) -> Int {
    while true {
      #if canImport(Glibc)
        let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      #else
        let got = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
      #endif
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .cannotRead(file: file, offset: storedByteCount, errno: errno) }
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
      storedByteCount += UInt64(got)
      return got
    }
  }

  private static func isSkippableFrame(_ head: [UInt8]) -> Bool {
    head.count == 4 && head[0] & 0xF0 == 0x50 && head[1...] == [0x2A, 0x4D, 0x18]
  }

  private static func otherCompression(_ head: [UInt8]) -> String? {
    if head.starts(with: [0x1F, 0x8B]) { return "gzip" }
    if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return "zstd" }
    if head.starts(with: [0xFD, 0x37, 0x7A, 0x58]) { return "xz" }
    if head.starts(with: Array("BZh".utf8)) { return "bzip2" }
    if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return "zip" }
    if head.starts(with: [0x02, 0x21, 0x4C, 0x18]) { return "the legacy LZ4 format" }
    return nil
  }
}

/// Unpacks LZ4 frames (lz4_Frame_format.md), also several after one another, as bytes become available.
final class LZ4FrameReader {
  enum Step {
    case bytes(Int)
    case wantsInput
    case failed(String)
  }

  private var context: OpaquePointer?
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var start = 0
  private var end: Int
  /// Stored bytes taken so far: where the fault is, if there is one.
  private(set) var consumed: UInt64 = 0
  private(set) var isBetweenFrames = true

  init(pending: [UInt8]) {
    input.copyBytes(from: pending)
    end = pending.count
    let status = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    precondition(LZ4F_isError(status) == 0, "liblz4 refused its own version")
  }

  deinit {
    LZ4F_freeDecompressionContext(context)
    input.deallocate()
  }

  func unpack(into buffer: UnsafeMutableRawBufferPointer) -> Step {
    while true {
      var written = buffer.count
      var taken = end - start
      let hint = LZ4F_decompress(context, buffer.baseAddress, &written, input.baseAddress! + start, &taken, nil)
      if LZ4F_isError(hint) != 0 { return .failed(String(cString: LZ4F_getErrorName(hint))) }
      let hadInput = start < end
      start += taken
      consumed += UInt64(taken)
      if taken > 0 || written > 0 { isBetweenFrames = hint == 0 }
      if written > 0 { return .bytes(written) }
      if start == end || !hadInput || taken == 0 { return start == end ? .wantsInput : .failed("no progress") }
    }
  }

  func refill(_ read: (UnsafeMutableRawBufferPointer) throws(IntakeError) -> Int) throws(IntakeError) -> Int {
    start = 0
    end = 0
    end = try read(input)
    return end
  }
}
