import KeptFormat

/// Every customer's key by number.
///
/// `@unchecked Sendable`: one thread appends; the others only ask for numbers that were handed to them after they were
/// appended, and a key never moves once it is there.
final class KeyTable: @unchecked Sendable {
  private static let chunkCount = 1 << 16
  private static let keysPerChunk = 1 << 16

  /// The key of events without a customer (number 0).
  let firmKey: CustomerKey
  private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Digest>?>
  private(set) var count = 0

  init(firmKey: CustomerKey) {
    self.firmKey = firmKey
    chunks = .allocate(capacity: Self.chunkCount)
    chunks.initialize(repeating: nil, count: Self.chunkCount)
  }

  deinit {
    for index in 0..<Self.chunkCount {
      guard let chunk = chunks[index] else { break }
      chunk.deallocate()
    }
    chunks.deallocate()
  }

  /// The key of number `count`, counted from 1.
  func append(_ key: Digest) {
    let (chunk, place) = count.quotientAndRemainder(dividingBy: Self.keysPerChunk)
    precondition(chunk < Self.chunkCount, "a ledger numbers fewer than 2^32 customers")
    if chunks[chunk] == nil { chunks[chunk] = .allocate(capacity: Self.keysPerChunk) }
    chunks[chunk]![place] = key
    count += 1
  }

  func append(_ keys: [UInt8]) {
    keys.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: Digest.byteCount) { append(Digest(bytes.baseAddress! + start)) }
    }
  }

  subscript(number: UInt32) -> CustomerKey {
    guard number > 0 else { return firmKey }
    let (chunk, place) = (Int(number) - 1).quotientAndRemainder(dividingBy: Self.keysPerChunk)
    return CustomerKey(chunks[chunk]![place])
  }
}

/// Fresh keys, fetched from the system a few hundred at a time.
struct KeySource: ~Copyable {
  private let disk: any Disk
  private var pool = [UInt8](repeating: 0, count: 256 * CustomerKey.byteCount)
  private var used = 256

  init(_ disk: any Disk) { self.disk = disk }

  mutating func next() throws -> Digest {
    if used == 256 {
      try pool.withUnsafeMutableBytes { try disk.fillWithRandom($0) }
      used = 0
    }
    used += 1
    return pool.withUnsafeBytes { Digest($0.baseAddress! + (used - 1) * CustomerKey.byteCount) }
  }
}
