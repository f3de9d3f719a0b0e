import Foundation
import KeptFormat

@testable import KeptIntake

/// SplitMix64: random numbers that a printed seed brings back.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// What a source said, in values that compare and print.
struct Said: Equatable {
  /// Events in Kept's plain form, with the line they stood on.
  var events: [String] = []
  var rejects: [String] = []
  var lineCount = 0

  mutating func add(_ chunk: ParsedChunk) {
    for index in chunk.batch.rows.indices {
      var sink = ByteSink()
      EventText.append(index, of: chunk.batch, form: .plain, to: &sink)
      events.append("\(chunk.batch.rows[index].line): \(sink.text())")
    }
    rejects += chunk.rejects.map { "\($0.line) \($0.offset)+\($0.column) \($0.field) \($0.reason.rawValue)" }
    lineCount += chunk.lineCount
  }
}

/// A file of its own in a temporary folder, gone with the value.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8], suffix: String = "") throws {
    path = NSTemporaryDirectory() + "kept-intake-\(UUID().uuidString)\(suffix)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Reads `bytes` as a source, in chunks of `chunkByteCount`.
func read(
  _ bytes: [UInt8], _ format: SourceFormat = .jsonl, mapping: Mapping? = nil, chunkByteCount: Int = 4 << 20
) throws -> (said: Said, totals: SourceTotals) {
  let file = try TemporaryFile(bytes)
  var source = ImportSource(path: file.path, format: format)
  source.chunkByteCount = chunkByteCount
  source.mapping = mapping
  var said = Said()
  let totals = try source.forEachBatch { said.add($0) }
  return (said, totals)
}

func read(
  _ text: String, _ format: SourceFormat = .jsonl, mapping: Mapping? = nil, chunkByteCount: Int = 4 << 20
) throws -> Said {
  try read(Array(text.utf8), format, mapping: mapping, chunkByteCount: chunkByteCount).said
}

/// A line of Kept's plain form that is accepted, with members added or replaced.
func event(_ members: [String: String] = [:], without: [String] = []) -> String {
  var all = [
    "source": "\"shop\"", "id": "\"1\"", "kind": "\"order.placed\"", "time": "\"2024-03-31T09:05:00Z\"",
    "customer": "\"C-1\"",
  ]
  for (key, value) in members { all[key] = value }
  let order = ["source", "id", "kind", "time", "customer"]
  let keys = order + all.keys.filter { !order.contains($0) }.sorted()
  return "{" + keys.filter { !without.contains($0) }.map { "\"\($0)\":\(all[$0]!)" }.joined(separator: ",") + "}"
}
