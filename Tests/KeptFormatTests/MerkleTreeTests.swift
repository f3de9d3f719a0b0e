import Testing

@testable import KeptFormat

@Suite struct MerkleTreeTests {
  static let leaves = (0..<70).map { SHA256.hash([UInt8($0)]) }

  /// RFC 6962, 2.1, word for word; leaves are given as their hashes.
  static func literalRoot(_ leaves: ArraySlice<Digest>) -> Digest {
    if leaves.isEmpty { return SHA256.hash([]) }
    if leaves.count == 1 { return leaves.first! }
    var k = 1
    while 2 * k < leaves.count { k *= 2 }
    let middle = leaves.startIndex + k
    return SHA256.nodeHash(literalRoot(leaves[..<middle]), literalRoot(leaves[middle...]))
  }

  @Test func `appending leaf by leaf gives RFC 6962's root at every size`() {
    var tree = MerkleTree()
    for count in 0...70 {
      #expect(tree.count == UInt64(count))
      #expect(tree.root == Self.literalRoot(Self.leaves[..<count]))
      if count < 70 { tree.append(leafHash: Self.leaves[count]) }
    }
  }

  @Test func `the root of leaves at once is the same`() {
    for count in 0...70 {
      var copy = Array(Self.leaves[..<count])
      let root = copy.withUnsafeMutableBufferPointer { MerkleTree.root(consuming: $0) }
      #expect(root == Self.literalRoot(Self.leaves[..<count]))
    }
  }

  @Test(arguments: 0...4) func `full blocks as subtree roots and a tail of leaves give the root of all leaves`(
    level: Int
  ) {
    let size = 1 << level
    for count in 0...70 {
      var tree = MerkleTree()
      let sealedCount = count / size * size
      for start in stride(from: 0, to: sealedCount, by: size) {
        tree.append(subtreeRoot: Self.literalRoot(Self.leaves[start..<start + size]), level: level)
      }
      for leaf in Self.leaves[sealedCount..<count] { tree.append(leafHash: leaf) }
      #expect(tree.root == Self.literalRoot(Self.leaves[..<count]), "\(count) leaves")
    }
  }

  /// certificate-transparency's own test data: eight leaves, the root after each.
  @Test func `the roots of the published leaves are the published roots`() {
    let leaves: [[UInt8]] = [
      [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
      Array(0x50...0x57), Array(0x60...0x6f),
    ]
    let roots = [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    var tree = MerkleTree()
    for (leaf, root) in zip(leaves, roots) {
      tree.append(leafHash: leaf.withUnsafeBytes { SHA256.leafHash($0) })
      #expect(tree.root.hex == root)
    }
  }

  @Test func `a subtree that does not start at a multiple of its size is our own mistake`() async {
    await #expect(processExitsWith: .failure) {
      var tree = MerkleTree()
      tree.append(leafHash: Digest())
      tree.append(subtreeRoot: Digest(), level: 4)
    }
  }
}
