import Foundation
import KeptFormat
import Testing

/// `Scripts/read_ledger.py` knows the format page and nothing of this code: where both agree, the page says enough.
@Suite struct PythonReaderTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  private static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Scripts/read_ledger.py")

  @Test func `the reader has at most 200 lines`() throws {
    let text = try String(contentsOf: Self.script, encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().count <= 200)
  }

  @Test(.enabled(if: python != nil, "KEPT_PYTHON names no Python with lz4; Scripts/test does"), arguments: 0..<8)
  func `the reader in Python lists the same lines and finds the same root`(seed: Int) throws {
    let count = [1, 2, 129, 300][seed % 4]
    let batch = batch(randomEvents(count, seed: UInt64(seed), EventMix(isOrdered: seed < 4)))
    var lines = ByteSink()
    var tree = MerkleTree()
    for index in 0..<count {
      let start = lines.count
      CanonicalLine.append(index, of: batch, form: .recorded, to: &lines)
      lines.withUnsafeBytes { tree.append(leafHash: SHA256.leafHash(UnsafeRawBufferPointer(rebasing: $0[start...]))) }
      lines.append(UInt8(ascii: "\n"))
    }
    let block = BlockEncoder().encode(batch, rows: 0..<count, firstPosition: 0, subtreeRoot: tree.root)

    let file = FileManager.default.temporaryDirectory.appendingPathComponent("kept-\(UUID().uuidString).block")
    try Data(block).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    process.arguments = [Self.script.path, file.path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "1 where the root differs")
    #expect(String(decoding: printed, as: UTF8.self) == lines.text())
  }
}
