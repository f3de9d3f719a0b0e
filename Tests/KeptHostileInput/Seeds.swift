import Foundation

extension HostileInput {
  /// Small files to begin with, relative to the repository: what lies in Fixtures anyway, and in Fixtures/fuzz what does not.
  package var seeds: [String] {
    switch self {
    case .jsonl: ["Fixtures/bad-input/*.jsonl", "Fixtures/fuzz/jsonl/*"]
    case .cloudevents: ["Fixtures/bad-input/*.cloudevents.jsonl", "Fixtures/fuzz/cloudevents/*"]
    case .csv: ["Fixtures/bad-input/*.csv", "Fixtures/shop/*.csv"]
    case .lz4: ["Fixtures/bad-input/*.lz4", "Fixtures/intake/*.lz4"]
    case .rulebook: ["Fixtures/shop/rulebook.json", "Fixtures/fuzz/rulebook/*"]
    case .proof: ["Fixtures/forgeries/*.tlog-proof", "Fixtures/forgeries/*.growth"]
    case .checkpoint: ["Fixtures/forgeries/*.checkpoint"]
    case .zone: ["Fixtures/zones/*.tzif"]
    case .block: ["Fixtures/format/*.block", "Fixtures/fuzz/block/*"]
    case .sql: ["Scripts/sql/*.sql", "Fixtures/fuzz/sql/*"]
    case .mapping, .line, .tail, .vault, .parquet: ["Fixtures/fuzz/\(rawValue)/*"]
    }
  }

  /// The seeds of at most `byteCountMax` bytes, in order of name.
  package func seedFiles(in repository: String, byteCountMax: Int = 1 << 16) -> [String] {
    seeds.flatMap { pattern -> [String] in
      let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map { repository + "/" + $0 }
      guard parts.count == 2 else { return [repository + "/" + pattern] }
      let suffix = String(pattern.split(separator: "*").dropFirst().first ?? "")
      let names = (try? FileManager.default.contentsOfDirectory(atPath: parts[0])) ?? []
      return names.filter { $0.hasSuffix(suffix) }.sorted().map { parts[0] + $0 }
    }.filter { path in
      let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
      return (size ?? .max) <= byteCountMax
    }
  }
}
