import Foundation
import Testing

@testable import KeptFormat

/// A tree of leaves in memory, as RFC 6962 states it: what the plan's ranges are looked up in.
struct LiteralTree {
  static let largest = 70
  static let leaves = MerkleTreeTests.leaves

  /// Of every range of leaves, by beginning and end.
  private static let roots: [[Digest]] = (0...largest).map { lower in
    (0...largest).map { upper in upper < lower ? Digest() : MerkleTreeTests.literalRoot(leaves[lower..<upper]) }
  }

  static func root(_ range: Range<UInt64>) -> Digest { roots[Int(range.lowerBound)][Int(range.upperBound)] }

  static func root(_ count: Int) -> Digest { root(0..<UInt64(count)) }

  static func inclusion(_ index: Int, _ count: Int) -> [Digest] {
    MerkleProofPlan.inclusion(of: UInt64(index), in: UInt64(count)).map(root)
  }

  static func consistency(_ old: Int, _ new: Int) -> [Digest] {
    MerkleProofPlan.consistency(from: UInt64(old), to: UInt64(new)).map(root)
  }
}

/// A flipped bit anywhere, a hash more or less, another place or size: each must be refused.
@Suite struct MerkleProofTests {
  private static func check(_ leaf: Digest, _ index: Int, _ count: Int, _ root: Digest, _ proof: [Digest]) throws {
    try MerkleProofCheck.inclusion(of: leaf, at: UInt64(index), in: UInt64(count), root: root, proof: proof)
  }

  private static func check(_ old: Int, _ oldRoot: Digest, _ new: Int, _ newRoot: Digest, _ proof: [Digest]) throws {
    try MerkleProofCheck.consistency(from: UInt64(old), oldRoot, to: UInt64(new), newRoot, proof: proof)
  }

  @Test func `every leaf of every tree up to 70 is proven, and as no other leaf`() throws {
    for count in 1...LiteralTree.largest {
      let root = LiteralTree.root(count)
      for index in 0..<count {
        let proof = LiteralTree.inclusion(index, count)
        try Self.check(LiteralTree.leaves[index], index, count, root, proof)
        for other in 0..<count where other != index && count < 24 {
          #expect(throws: ProofFailure.self) { try Self.check(LiteralTree.leaves[index], other, count, root, proof) }
          #expect(throws: ProofFailure.self) { try Self.check(LiteralTree.leaves[other], index, count, root, proof) }
        }
        #expect(throws: ProofFailure.tooManyHashes(found: proof.count + 1, expected: proof.count)) {
          try Self.check(LiteralTree.leaves[index], index, count, root, proof + [root])
        }
        guard !proof.isEmpty else { continue }
        #expect(throws: ProofFailure.tooFewHashes(found: proof.count - 1, expected: proof.count)) {
          try Self.check(LiteralTree.leaves[index], index, count, root, proof.dropLast())
        }
      }
      #expect(throws: ProofFailure.beyondTree(index: UInt64(count), count: UInt64(count))) {
        try Self.check(LiteralTree.leaves[0], count, count, root, [])
      }
    }
  }

  @Test func `every tree up to 70 is proven to begin with every smaller one, and with no other`() throws {
    for new in 0...LiteralTree.largest {
      for old in 0...new {
        let (oldRoot, newRoot) = (LiteralTree.root(old), LiteralTree.root(new))
        let proof = LiteralTree.consistency(old, new)
        try Self.check(old, oldRoot, new, newRoot, proof)
        let stranger = SHA256.hash([1, 2, 3])
        #expect(throws: ProofFailure.self) { try Self.check(old, stranger, new, newRoot, proof) }
        if old > 0 { #expect(throws: ProofFailure.self) { try Self.check(old, oldRoot, new, stranger, proof) } }
        #expect(throws: ProofFailure.tooManyHashes(found: proof.count + 1, expected: proof.count)) {
          try Self.check(old, oldRoot, new, newRoot, proof + [newRoot])
        }
        for index in proof.indices {
          var changed = proof
          changed[index] = stranger
          #expect(throws: ProofFailure.self) { try Self.check(old, oldRoot, new, newRoot, changed) }
        }
        guard !proof.isEmpty else { continue }
        #expect(throws: ProofFailure.tooFewHashes(found: proof.count - 1, expected: proof.count)) {
          try Self.check(old, oldRoot, new, newRoot, proof.dropLast())
        }
        for other in 1..<new where other != old && new < 24 {
          #expect(throws: ProofFailure.self) { try Self.check(other, oldRoot, new, newRoot, proof) }
        }
      }
    }
    #expect(throws: ProofFailure.sizesReversed(old: 3, new: 2)) {
      try Self.check(3, LiteralTree.root(3), 2, LiteralTree.root(2), [])
    }
  }

  @Test func `roots and proofs are those of an RFC 6962 that was written from the RFC in another language`() throws {
    var text = LiteralTree.leaves.map { "leaf \($0.hex)\n" }.joined()
    func line(_ head: String, _ hashes: [Digest]) { text += ([head] + hashes.map(\.hex)).joined(separator: " ") + "\n" }
    var tree = MerkleTree()
    for count in 0...LiteralTree.largest {
      line("root \(count)", [tree.root])
      for index in 0..<count { line("inclusion \(count) \(index)", LiteralTree.inclusion(index, count)) }
      for old in 0...count { line("consistency \(old) \(count)", LiteralTree.consistency(old, count)) }
      if count < LiteralTree.largest { tree.append(leafHash: LiteralTree.leaves[count]) }
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("trees-\(UUID().uuidString)")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("oracles/merkle.py").path
    process.arguments = ["python3", script, "trees", file.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    // 71 roots, 1 + 2 + … + 70 leaves, 1 + 2 + … + 71 pairs of sizes.
    #expect(said == "5112 checked, 0 differ\n")
    #expect(process.terminationStatus == 0)
  }

  @Test func `the largest tree there can be is planned and checked without a trap`() throws {
    for index in [0, 1, UInt64.max / 2, UInt64.max - 1] {
      let plan = MerkleProofPlan.inclusion(of: index, in: .max)
      let proof = plan.map { SHA256.hash(Array(String(describing: $0).utf8)) }
      #expect(throws: ProofFailure.self) {
        try MerkleProofCheck.inclusion(of: Digest(), at: index, in: .max, root: Digest(), proof: proof)
      }
      do {
        try MerkleProofCheck.inclusion(of: Digest(), at: index, in: .max, root: Digest(), proof: proof)
      } catch {
        #expect(error.name == "root_differs")
      }
      let growth = MerkleProofPlan.consistency(from: index + 1, to: .max).map { _ in Digest() }
      do {
        try MerkleProofCheck.consistency(from: index + 1, Digest(), to: .max, Digest(), proof: growth)
        #expect(index == UInt64.max - 1)
      } catch {
        #expect(error.name == "root_differs" || error.name == "old_root_differs")
      }
    }
  }
}

/// Vectors that the authors of Certificate Transparency published: proofs over the eight leaves of `MerkleTreeTests`.
@Suite struct PublishedProofTests {
  private static func digests(_ texts: [String]) -> [Digest] { texts.map { Digest(base64: $0)! } }

  private static let a = "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c="
  private static let b = "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4="
  private static let c = "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="
  private static let d = "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA="
  private static let e = "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc="
  private static let f = "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="
  private static let first = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="
  private static let two = "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU="
  private static let five = "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ="
  private static let eight = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="

  @Test(arguments: [
    (0, 8, eight, first, [a, b, f]),
    (5, 8, eight, "QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=", [c, d, e]),
    (2, 3, "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=", "ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=", [two]),
    (1, 5, five, a, [first, b, c]),
  ]) func `the published inclusion proofs hold`(index: Int, count: Int, root: String, leaf: String, proof: [String])
    throws
  {
    let (root, leaf) = (Digest(base64: root)!, Digest(base64: leaf)!)
    let hashes = Self.digests(proof)
    func check(_ leaf: Digest, _ index: Int, _ count: Int, _ proof: [Digest]) throws {
      try MerkleProofCheck.inclusion(of: leaf, at: UInt64(index), in: UInt64(count), root: root, proof: proof)
    }
    try check(leaf, index, count, hashes)
    #expect(throws: ProofFailure.self) { try check(root, index, count, hashes) }
    #expect(throws: ProofFailure.self) { try check(leaf, index ^ 2, count, hashes) }
    #expect(throws: ProofFailure.self) { try check(leaf, index, count * 2, hashes) }
    #expect(throws: ProofFailure.self) { try check(leaf, index, count, hashes + [root]) }
    #expect(throws: ProofFailure.self) { try check(leaf, index, count, [root] + hashes) }
  }

  @Test(arguments: [
    (1, 1, first, first, []), (1, 8, first, eight, [a, b, f]),
    (
      6, 8, "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=", eight,
      ["DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=", d, e]
    ), (2, 5, two, five, [b, c]),
  ]) func `the published consistency proofs hold`(old: Int, new: Int, oldRoot: String, newRoot: String, proof: [String])
    throws
  {
    let (oldRoot, newRoot) = (Digest(base64: oldRoot)!, Digest(base64: newRoot)!)
    let hashes = Self.digests(proof)
    try MerkleProofCheck.consistency(from: UInt64(old), oldRoot, to: UInt64(new), newRoot, proof: hashes)
    #expect(throws: ProofFailure.self) {
      try MerkleProofCheck.consistency(from: UInt64(old), oldRoot, to: UInt64(new) + 1, newRoot, proof: hashes + [newRoot])
    }
  }
}
