/// Which subtrees' roots make up a proof: RFC 6962's PATH and PROOF as ranges of leaves, in the order of the proof.
///
/// Whoever holds the tree looks the roots up (`MTH(D[lower:upper])`); nothing here knows a hash. Every range begins at a
/// multiple of the power of two at or above its length, so one that is longer than a block begins where a block does.
public enum MerkleProofPlan {
  /// RFC 6962, 2.1.1: what is needed beside leaf `index` to give the root of the first `count` leaves, from the leaf's
  /// sibling upwards.
  ///
  /// - Precondition: `index` is below `count`.
  public static func inclusion(of index: UInt64, in count: UInt64) -> [Range<UInt64>] {
    precondition(index < count, "leaf \(index) of \(count)")
    var path: [Range<UInt64>] = []
    var tree: Range<UInt64> = 0..<count
    while tree.upperBound - tree.lowerBound > 1 {
      let middle = split(tree)
      if index < middle {
        path.append(middle..<tree.upperBound)
        tree = tree.lowerBound..<middle
      } else {
        path.append(tree.lowerBound..<middle)
        tree = middle..<tree.upperBound
      }
    }
    return path.reversed()
  }

  /// RFC 6962, 2.1.2: what shows that the first `old` of `new` leaves are the tree of `old` leaves. Nothing is needed where
  /// `old` is 0 or `new`.
  ///
  /// - Precondition: `old` is at most `new`.
  public static func consistency(from old: UInt64, to new: UInt64) -> [Range<UInt64>] {
    precondition(old <= new, "from \(old) leaves back to \(new)")
    guard old > 0, old < new else { return [] }
    var proof: [Range<UInt64>] = []
    var tree: Range<UInt64> = 0..<new
    while tree.upperBound != old {
      let middle = split(tree)
      if old <= middle {
        proof.append(middle..<tree.upperBound)
        tree = tree.lowerBound..<middle
      } else {
        proof.append(tree.lowerBound..<middle)
        tree = middle..<tree.upperBound
      }
    }
    // The old tree itself is known to whoever checks; a part of it is not.
    if tree.lowerBound > 0 { proof.append(tree) }
    return proof.reversed()
  }

  /// Where a tree of more than one leaf is divided: the largest power of two below its size, from its beginning.
  private static func split(_ tree: Range<UInt64>) -> UInt64 {
    let size = tree.upperBound - tree.lowerBound
    return tree.lowerBound + 1 << UInt64(63 - (size - 1).leadingZeroBitCount)
  }
}
