/// Where a block's bytes are read from: a file, or memory.
public protocol BlockSource: Sendable {
  /// Fills `buffer` with the block's bytes from `offset` on, or throws.
  func read(offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws
}

/// A block in memory.
public struct MemoryBlockSource: BlockSource {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public func read(offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    guard offset >= 0, buffer.count <= bytes.count - offset else {
      throw FormatError(.truncated, offset: bytes.count)
    }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count])) }
  }
}
