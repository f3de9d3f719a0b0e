import Testing

@testable import KeptFormat

/// Proofs as text: what is written is read back, and nothing but what was written is taken.
@Suite struct ProofTextTests {
  private static let lines = (0..<13).map { Array("{\"id\":\"\($0)\"}".utf8) }
  private static let leaves = lines.map { line in line.withUnsafeBytes { SHA256.leafHash($0) } }
  private static let signature =
    "\n\u{2014} kept/a Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

  private static func root(_ range: Range<UInt64>) -> Digest {
    MerkleTreeTests.literalRoot(leaves[Int(range.lowerBound)..<Int(range.upperBound)])
  }

  private static let checkpoints = (0...13).map { count in
    Checkpoint(origin: "kept/a", count: UInt64(count), root: root(0..<UInt64(count)))
  }

  private static func checkpoint(_ count: UInt64) -> Checkpoint { checkpoints[Int(count)] }

  private static func inclusion(_ index: UInt64 = 5, withLine: Bool = true, text: String? = nil) -> InclusionProof {
    InclusionProof(
      index: index, line: withLine ? lines[Int(index)] : nil,
      hashes: MerkleProofPlan.inclusion(of: index, in: 13).map(root), checkpoint: checkpoint(13), checkpointText: text)
  }

  private static func consistency(_ old: UInt64 = 6, text: String? = nil) -> ConsistencyProof {
    ConsistencyProof(
      oldCount: old, hashes: MerkleProofPlan.consistency(from: old, to: 13).map(root), checkpoint: checkpoint(13),
      checkpointText: text)
  }

  @Test func `an inclusion proof reads back as it was written, with and without its line, signed and unsigned`() throws {
    for withLine in [true, false] {
      for text in [nil, Self.checkpoint(13).text + Self.signature] {
        let proof = Self.inclusion(withLine: withLine, text: text)
        #expect(try InclusionProof(parsing: proof.text.utf8) == proof)
        try proof.check(against: Self.checkpoint(13), leaf: .line(Self.lines[5]))
        try proof.check(against: Self.checkpoint(13), leaf: .hash(Self.leaves[5]))
      }
    }
    try Self.inclusion().check(against: Self.checkpoint(13))
    #expect(throws: ProofFailure.noLine) { try Self.inclusion(withLine: false).check(against: Self.checkpoint(13)) }
    #expect(throws: ProofFailure.otherLine) {
      try Self.inclusion().check(against: Self.checkpoint(13), leaf: .line(Self.lines[4]))
    }
  }

  @Test func `a consistency proof reads back as it was written`() throws {
    for old: UInt64 in [0, 1, 6, 8, 13] {
      for text in [nil, Self.checkpoint(13).text + Self.signature] {
        let proof = Self.consistency(old, text: text)
        #expect(try ConsistencyProof(parsing: proof.text.utf8) == proof)
        try proof.check(from: Self.checkpoint(old), to: Self.checkpoint(13))
      }
    }
  }

  @Test func `a proof of the only event is three lines and a checkpoint`() throws {
    let tree = Checkpoint(origin: "kept/a", count: 1, root: Self.leaves[0])
    let proof = InclusionProof(index: 0, line: nil, hashes: [], checkpoint: tree)
    #expect(proof.text == "c2sp.org/tlog-proof@v1\nindex 0\n\n" + tree.text)
    try InclusionProof(parsing: proof.text.utf8).check(against: tree, leaf: .line(Self.lines[0]))
  }

  @Test(arguments: [true, false]) func `every single bit flipped in a proof makes it none`(isInclusion: Bool) throws {
    let bytes = Array((isInclusion ? Self.inclusion().text : Self.consistency().text).utf8)
    for place in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[place] ^= 1 << UInt8(bit)
        #expect(throws: ProofFailure.self, "byte \(place), bit \(bit)") {
          if isInclusion {
            try InclusionProof(parsing: changed).check(against: Self.checkpoint(13))
          } else {
            try ConsistencyProof(parsing: changed).check(from: Self.checkpoint(6), to: Self.checkpoint(13))
          }
        }
      }
    }
  }

  @Test func `hashes do not bind the newer size, so only a newer checkpoint that is known does`() throws {
    var proof = Self.consistency()
    proof.checkpoint.count = 12
    try proof.check(from: Self.checkpoint(6))
    #expect(throws: ProofFailure.otherSize(found: 12, expected: 13)) {
      try proof.check(from: Self.checkpoint(6), to: Self.checkpoint(13))
    }
  }

  @Test(arguments: [true, false]) func `a proof cut anywhere, or with a byte more, is none`(isInclusion: Bool) throws {
    let bytes = Array((isInclusion ? Self.inclusion().text : Self.consistency().text).utf8)
    for count in 0..<bytes.count {
      #expect(throws: ProofFailure.self, "\(count) bytes") {
        if isInclusion {
          try InclusionProof(parsing: bytes[..<count]).check(against: Self.checkpoint(13))
        } else {
          try ConsistencyProof(parsing: bytes[..<count]).check(from: Self.checkpoint(6))
        }
      }
    }
    for more in ["\n", "x", "\nx\n"] {
      #expect(throws: ProofFailure.self) {
        if isInclusion {
          _ = try InclusionProof(parsing: bytes + Array(more.utf8))
        } else {
          _ = try ConsistencyProof(parsing: bytes + Array(more.utf8))
        }
      }
    }
  }

  @Test func `a proof of more hashes than any tree has is refused before they are kept`() {
    let text = "old 1\n" + String(repeating: Digest().base64 + "\n", count: 64) + "\n" + Self.checkpoint(13).text
    #expect(throws: ProofFailure.malformed(line: 65, expected: "at most 63 hashes and an empty line")) {
      try ConsistencyProof(parsing: text.utf8)
    }
  }

  @Test func `tiles stand where tlog-tiles puts them`() {
    #expect(TreeTile(level: 0, number: 0, width: 256).path == "tile/0/000")
    #expect(TreeTile(level: 3, number: 1_234_067, width: 256).path == "tile/3/x001/x234/067")
    #expect(TreeTile(level: nil, number: 1_000, width: 7).path == "tile/entries/x001/000.p/7")
  }
}
