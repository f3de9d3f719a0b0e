/// Checks proofs with nothing but hashes: no ledger, no tree, nothing of what made the proof.
///
/// The steps are those of RFC 9162, 2.1.3.2 and 2.1.4.2. How many hashes a proof has follows from its sizes, so that one
/// hash too many or too few is told as such.
public enum MerkleProofCheck {
  /// Whether `leafHash` is leaf `index` of the tree of `count` leaves whose root is `root`.
  public static func inclusion(
    of leafHash: Digest, at index: UInt64, in count: UInt64, root: Digest, proof: [Digest]
  ) throws(ProofFailure) {
    guard index < count else { throw .beyondTree(index: index, count: count) }
    // The levels on which the leaf's path and the right edge differ, then one hash for each left sibling of the edge.
    let inner = 64 - (index ^ (count - 1)).leadingZeroBitCount
    try checkCount(proof, inner + (index >> UInt64(inner)).nonzeroBitCount)
    var node = leafHash
    for (level, hash) in proof.enumerated() {
      // Above the level where the path joins the edge every sibling is on the left.
      let isRight = level >= inner || index >> UInt64(level) & 1 == 1
      node = isRight ? SHA256.nodeHash(hash, node) : SHA256.nodeHash(node, hash)
    }
    guard node == root else { throw .rootDiffers(computed: node, stated: root) }
  }

  /// Whether the tree of `new` leaves with root `newRoot` begins with that of `old` leaves with root `oldRoot`.
  public static func consistency(
    from old: UInt64, _ oldRoot: Digest, to new: UInt64, _ newRoot: Digest, proof: [Digest]
  ) throws(ProofFailure) {
    guard old <= new else { throw .sizesReversed(old: old, new: new) }
    if old == 0 || old == new {
      try checkCount(proof, 0)
      let expected = old == 0 ? SHA256.hash([]) : newRoot
      guard oldRoot == expected else { throw .oldRootDiffers(computed: expected, stated: oldRoot) }
      return
    }
    // The old tree's last perfect subtree: where it is the whole old tree, its root is not repeated in the proof.
    let start = old.trailingZeroBitCount
    let isWhole = old.nonzeroBitCount == 1
    var (fromOld, edge) = ((old - 1) >> UInt64(start), (new - 1) >> UInt64(start))
    let inner = 64 - (fromOld ^ edge).leadingZeroBitCount
    let border = (fromOld >> UInt64(inner)).nonzeroBitCount
    try checkCount(proof, (isWhole ? 0 : 1) + inner + border)
    var rest = proof[...]
    var oldNode = isWhole ? oldRoot : rest.removeFirst()
    var newNode = oldNode
    for hash in rest {
      if fromOld & 1 == 1 || fromOld == edge {
        oldNode = SHA256.nodeHash(hash, oldNode)
        newNode = SHA256.nodeHash(hash, newNode)
        while fromOld & 1 == 0, fromOld != 0 { (fromOld, edge) = (fromOld >> 1, edge >> 1) }
      } else {
        newNode = SHA256.nodeHash(newNode, hash)
      }
      (fromOld, edge) = (fromOld >> 1, edge >> 1)
    }
    guard oldNode == oldRoot else { throw .oldRootDiffers(computed: oldNode, stated: oldRoot) }
    guard newNode == newRoot else { throw .rootDiffers(computed: newNode, stated: newRoot) }
  }

  private static func checkCount(_ proof: [Digest], _ expected: Int) throws(ProofFailure) {
    if proof.count > expected { throw .tooManyHashes(found: proof.count, expected: expected) }
    if proof.count < expected { throw .tooFewHashes(found: proof.count, expected: expected) }
  }
}
