import Foundation
import Testing

@testable import KeptFormat

/// The worked example of LogFormat.md, "The tree and its checkpoints", recomputed from the page's own text.
@Suite struct LogFormatExampleTests {
  static func page() throws -> [String] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/KeptFormat/LogFormat.md")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func `the example's lines give the leaves and the checkpoint it states`() throws {
    let page = try Self.page()
    let lines = page.filter { $0.hasPrefix("{\"") && $0.contains("\"recorded\"") }
    #expect(lines.count == 2)
    var tree = MerkleTree()
    for line in lines {
      let leaf = Array(line.utf8).withUnsafeBytes { SHA256.leafHash($0) }
      #expect(page.contains { $0.contains("\(line.utf8.count) bytes") && $0.contains(leaf.hex) })
      tree.append(leafHash: leaf)
    }
    let start = try #require(page.lastIndex(of: "kept.example/shop"))
    let text = page[start..<start + 3].joined(separator: "\n") + "\n"
    #expect(Checkpoint(origin: "kept.example/shop", count: 2, root: tree.root).text == text)
  }

  @Test func `the example's commitment is what its key, event and text give`() throws {
    let page = try Self.page()
    let salt = HMACKey([UInt8](0..<32)).code(for: Array("text\0shop\u{0}1002".utf8))
    var hash = SHA256()
    hash.update(salt)
    hash.update(Array("\"Wo bleibt meine Bestellung?\"".utf8))
    #expect(page.contains("= \(salt.hex)"))
    #expect(page.contains("= \(hash.finish().hex)"))
  }
}
