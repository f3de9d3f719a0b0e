/// The right edge of an RFC 6962 tree: enough to append to it and to know its root, 64 digests at most.
///
/// The tree splits at the largest power of two below its size, so a tree of n leaves is one perfect subtree per set bit
/// of n, largest first. Those roots are what is kept; the root of the tree folds them from the right:
///
///     7 leaves = 4 + 2 + 1:   root = node(r4, node(r2, r1))
///
/// A block's stored subtree root is such a perfect subtree (`LogFormat`, "Blocks"): a ledger's root follows from its
/// blocks' roots and the leaves of its tail, without touching an event of a block.
public struct MerkleTree: Sendable, Equatable {
  /// How many leaves there are.
  public private(set) var count: UInt64 = 0
  /// Roots of the perfect subtrees, largest first: one per set bit of `count`.
  private var subtrees: [Digest] = []

  public init() {}

  /// Appends a leaf, given as its hash (`SHA256.leafHash`).
  public mutating func append(leafHash: Digest) { append(subtreeRoot: leafHash, level: 0) }

  /// Appends 2^`level` leaves, given as the root of their subtree. `count` must be a multiple of 2^`level`.
  public mutating func append(subtreeRoot: Digest, level: Int) {
    precondition(level >= 0 && level < 63, "no tree has a subtree of level \(level)")
    let size: UInt64 = 1 << UInt64(level)
    precondition(count & (size - 1) == 0, "a subtree of level \(level) does not start at leaf \(count)")
    precondition(count <= UInt64.max - size, "no tree has more than 2^64 leaves")
    var node = subtreeRoot
    var carried = count >> UInt64(level)
    while carried & 1 == 1 {
      node = SHA256.nodeHash(subtrees.removeLast(), node)
      carried >>= 1
    }
    subtrees.append(node)
    count += size
  }

  /// The root hash; of no leaves, the SHA-256 of nothing.
  public var root: Digest {
    guard var node = subtrees.last else { return SHA256.hash([]) }
    for subtree in subtrees.dropLast().reversed() { node = SHA256.nodeHash(subtree, node) }
    return node
  }

  /// The root over `leaves` (hashes), which are overwritten: one allocation less than a tree, for a block of 65,536.
  public static func root(consuming leaves: UnsafeMutableBufferPointer<Digest>) -> Digest {
    guard let nodes = leaves.baseAddress, leaves.count > 0 else { return SHA256.hash([]) }
    var count = leaves.count
    var messages = SHA256Messages()
    // A level's odd last node moves up unchanged, which is RFC 6962's split seen from below.
    while count > 1 {
      // Written nodes never catch up with those that are still to be read.
      for first in stride(from: 0, to: count / 2, by: 256) {
        messages.removeAll()
        for pair in first..<min(first + 256, count / 2) {
          messages.append { sink in
            sink.append(1 as UInt8)
            sink.append(nodes[2 * pair])
            sink.append(nodes[2 * pair + 1])
          }
        }
        messages.hash(into: nodes + first)
      }
      if count & 1 == 1 { leaves[count / 2] = leaves[count - 1] }
      count = (count + 1) / 2
    }
    return leaves[0]
  }
}
