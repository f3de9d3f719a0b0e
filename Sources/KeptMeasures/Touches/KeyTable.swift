import Glibc
import KeptReplay

/// Keys of one life (cases, orders, promises …) as numbers 0, 1, 2 …, in the order in which they were met.
///
/// Emptied for each life without freeing or clearing: a bucket counts only if it carries the present life's stamp.
/// A key is a tag (which sort of thing) and the bytes of its id; equal hashes are decided by the bytes.
struct KeyTable: ~Copyable {
  private var buckets: UnsafeMutablePointer<Bucket>
  private var bucketCount: Int
  private var stamp: UInt32 = 1
  private(set) var count = 0
  private var hashes: [UInt64] = []
  private var tags: [UInt64] = []
  private var starts: [Int] = [0]
  private var bytes: [UInt8] = []

  private struct Bucket {
    var stamp: UInt32
    var key: UInt32
  }

  init() {
    bucketCount = 64
    buckets = .allocate(capacity: bucketCount)
    buckets.initialize(repeating: Bucket(stamp: 0, key: 0), count: bucketCount)
  }

  deinit { buckets.deallocate() }

  mutating func removeAll() {
    if count == 0 { return }
    count = 0
    hashes.removeAll(keepingCapacity: true)
    tags.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    bytes.removeAll(keepingCapacity: true)
    stamp &+= 1
    if stamp == 0 {
      buckets.update(repeating: Bucket(stamp: 0, key: 0), count: bucketCount)
      stamp = 1
    }
  }

  /// The number of a key, and whether it is new.
  mutating func insert(tag: UInt64, _ id: UnsafeRawBufferPointer) -> (key: Int, isNew: Bool) {
    let hash = ByteHash.hash(id, seed: tag)
    if let key = lookup(hash, tag, id) { return (key, false) }
    if (count + 1) * 2 > bucketCount { grow() }
    let key = count
    place(key, hash)
    hashes.append(hash)
    tags.append(tag)
    bytes.append(contentsOf: id)
    starts.append(bytes.count)
    count += 1
    return (key, true)
  }

  func find(tag: UInt64, _ id: UnsafeRawBufferPointer) -> Int? { lookup(ByteHash.hash(id, seed: tag), tag, id) }

  /// The bytes of a key's id.
  func id<Result>(of key: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[starts[key]..<starts[key + 1]])) }
  }

  private func lookup(_ hash: UInt64, _ tag: UInt64, _ id: UnsafeRawBufferPointer) -> Int? {
    var place = Int(truncatingIfNeeded: hash) & (bucketCount - 1)
    while buckets[place].stamp == stamp {
      let key = Int(buckets[place].key)
      if hashes[key] == hash, tags[key] == tag, isEqual(key, id) { return key }
      place = (place + 1) & (bucketCount - 1)
    }
    return nil
  }

  private func isEqual(_ key: Int, _ id: UnsafeRawBufferPointer) -> Bool {
    let start = starts[key]
    guard starts[key + 1] - start == id.count else { return false }
    guard let base = id.baseAddress, id.count > 0 else { return true }
    return bytes.withUnsafeBytes { memcmp($0.baseAddress! + start, base, id.count) == 0 }
  }

  private func place(_ key: Int, _ hash: UInt64) {
    var place = Int(truncatingIfNeeded: hash) & (bucketCount - 1)
    while buckets[place].stamp == stamp { place = (place + 1) & (bucketCount - 1) }
    buckets[place] = Bucket(stamp: stamp, key: UInt32(truncatingIfNeeded: key))
  }

  private mutating func grow() {
    buckets.deallocate()
    bucketCount *= 4
    buckets = .allocate(capacity: bucketCount)
    buckets.initialize(repeating: Bucket(stamp: 0, key: 0), count: bucketCount)
    stamp = 1
    for key in 0..<count { place(key, hashes[key]) }
  }
}
