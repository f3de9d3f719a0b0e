import Foundation
import Testing

@testable import KeptFormat

/// The worked examples of Proofs.md, made again from the lines that LogFormat.md works through.
@Suite struct ProofsPageTests {
  private static func blocks() throws -> [String] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/KeptFormat/Proofs.md")
    return try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n").map {
      $0.hasPrefix("    ") ? String($0.dropFirst(4)) : $0
    }
  }

  @Test func `the page's proofs are those of the two events, byte for byte, and they hold`() throws {
    let page = try Self.blocks().joined(separator: "\n")
    let lines = try LogFormatExampleTests.page().filter { $0.hasPrefix("{\"") && $0.contains("\"recorded\"") }
      .map { Array($0.utf8) }
    let leaves = lines.map { line in line.withUnsafeBytes { SHA256.leafHash($0) } }
    let tree = Checkpoint(
      origin: "kept.example/shop", count: 2, root: SHA256.nodeHash(leaves[0], leaves[1]))
    let inclusion = InclusionProof(index: 0, line: lines[0], hashes: [leaves[1]], checkpoint: tree)
    #expect(page.contains("\n\n" + inclusion.text + "\n"))
    try inclusion.check(against: tree)
    #expect(page.contains("has \(lines[0].count) bytes and the leaf `\(leaves[0].hex)`"))
    let growth = ConsistencyProof(oldCount: 1, hashes: [leaves[1]], checkpoint: tree)
    #expect(page.contains("\n\n" + growth.text + "\n"))
    try growth.check(from: Checkpoint(origin: "kept.example/shop", count: 1, root: leaves[0]))
  }

  @Test func `the page explains every answer that a check can give`() throws {
    let page = try Self.blocks().joined(separator: "\n")
    let failures: [ProofFailure] = [
      .malformed(line: 1, expected: ""), .malformedCheckpoint(.init(reason: .size, line: 2)),
      .otherLedger(found: "", expected: ""), .otherSize(found: 1, expected: 2),
      .otherRoot(found: Digest(), expected: Digest()), .beyondTree(index: 1, count: 1), .sizesReversed(old: 2, new: 1),
      .tooManyHashes(found: 1, expected: 0), .tooFewHashes(found: 0, expected: 1), .otherLine, .noLine,
      .rootDiffers(computed: Digest(), stated: Digest()), .oldRootDiffers(computed: Digest(), stated: Digest()),
    ]
    for failure in failures {
      #expect(page.contains("`\(failure.name)`"))
      #expect(!failure.sentence.isEmpty)
    }
  }
}
