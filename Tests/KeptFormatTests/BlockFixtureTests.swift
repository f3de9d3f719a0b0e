import Foundation
import KeptFormat
import Testing

/// The example of LogFormat, "A block in hexadecimal".
@Suite struct BlockFixtureTests {
  private let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private var block: [UInt8] {
    get throws { Array(try Data(contentsOf: root.appendingPathComponent("Fixtures/format/two-events.block"))) }
  }

  private var page: String {
    get throws { try String(contentsOf: root.appendingPathComponent("Sources/KeptFormat/LogFormat.md"), encoding: .utf8) }
  }

  /// The canonical lines that the page shows.
  private var lines: [String] {
    get throws { try page.split(separator: "\n").filter { $0.hasPrefix("    {") }.map { String($0.dropFirst(4)) } }
  }

  @Test func `the example decodes to the lines on the page`() throws {
    let block = try block
    let columns = BlockColumns()
    columns.begin(try block.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(block))
    let batch = EventBatch()
    try columns.decodeAll(into: batch)
    let decoded = batch.rows.indices.map { index in
      var sink = ByteSink()
      CanonicalLine.append(index, of: batch, form: .recorded, to: &sink)
      return sink.text()
    }
    #expect(decoded == (try lines))
  }

  @Test func `the lines on the page encode to the example, byte for byte`() throws {
    let batch = EventBatch()
    for line in try lines { try Array(line.utf8).withUnsafeBufferPointer { try CanonicalLine.parse($0, into: batch) } }
    let header = try block.withUnsafeBytes { try BlockHeader.parse($0) }
    #expect(try page.contains(header.subtreeRoot.base64))
    let encoded = BlockEncoder().encode(batch, rows: 0..<2, firstPosition: 0, subtreeRoot: header.subtreeRoot)
    #expect(encoded == (try block))
  }

  /// Lines of the example are an offset or nothing, then pairs of digits, single spaces or more between them, then words.
  @Test func `the bytes on the page are those of the file`() throws {
    let block = try block
    let section = try #require(try page.components(separatedBy: "## A block in hexadecimal").last)
    var at = 0
    for line in section.split(separator: "\n").prefix(while: { !$0.hasPrefix("## ") }) where line.hasPrefix("    ") {
      var words = line.split(separator: " ")
      if words[0].count == 3, let offset = Int(words[0], radix: 16) {
        at = offset
        words.removeFirst()
      }
      for word in words {
        guard word.count == 2, let byte = UInt8(word, radix: 16) else { break }
        #expect(block[at] == byte, "offset \(String(at, radix: 16)) in: \(line)")
        at += 1
      }
    }
  }
}
