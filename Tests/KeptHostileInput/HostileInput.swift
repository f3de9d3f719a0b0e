import KeptFormat
import KeptIntake
import KeptLog
import KeptMeasures
import KeptQuery
import KeptSnapshot

/// The doors through which bytes from outside come in, each as one function of bytes: what the fuzzer and the tests feed.
///
/// Whatever the bytes are, a door may throw what it declares and must return: it may not trap, hang, or ask for memory that
/// the bytes do not pay for. What reads files is given one in memory. A door behind a checksum is also fed bytes whose
/// checksums are made true, since a checksum keeps accidents out, not people.
package enum HostileInput: String, CaseIterable, Sendable {
  case jsonl, csv, cloudevents, mapping, lz4, line, block, tail, vault, rulebook, proof, checkpoint, zone, parquet, sql

  package func feed(_ bytes: [UInt8]) {
    switch self {
    case .jsonl: Self.readSource(bytes, .jsonl)
    case .csv: Self.readSource(bytes, .csv)
    case .cloudevents: Self.readSource(bytes, .cloudevents)
    case .mapping: Self.readMapped(bytes)
    case .lz4: Self.readSource([0x04, 0x22, 0x4D, 0x18] + bytes.dropFirst(4), .jsonl)
    case .line: Self.readLine(bytes)
    case .block:
      Self.readBlock(bytes)
      var fixed = bytes
      fixChecksums(&fixed)
      Self.readBlock(fixed)
    case .tail:
      Self.readTail(bytes)
      Self.readTail(MemoryLedger.tail(record: bytes))
    case .vault: Self.readVault(bytes)
    case .rulebook: _ = try? Rulebook.parse(bytes).json.pretty()
    case .proof: Self.readProof(bytes)
    case .checkpoint: if let checkpoint = try? Checkpoint(parsing: bytes) { precondition(checkpoint.count >= 0) }
    case .zone: Self.readZone(bytes)
    case .parquet: _ = try? ParquetReader(bytes).table()
    case .sql: MemoryTables.ask(String(decoding: bytes, as: UTF8.self))
    }
  }

  // MARK: Sources

  private static func readSource(_ bytes: [UInt8], _ format: SourceFormat, mapping: Mapping? = nil) {
    guard let file = MemoryFile(bytes) else { return }
    var source = ImportSource(path: file.path, format: format, mapping: mapping)
    // Several chunks even of a small source, so that records are cut where chunks end.
    source.chunkByteCount = 4_096
    _ = try? source.forEachBatch { chunk in
      for index in chunk.batch.rows.indices {
        var sink = ByteSink()
        EventText.append(index, of: chunk.batch, form: .plain, to: &sink)
      }
      for reject in chunk.rejects { _ = chunk.bytes(of: reject) }
    }
  }

  /// A mapping, a zero byte, and the CSV or JSON lines that it maps.
  private static func readMapped(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let mapping = try? Mapping(bytes: Array(parts[0]), file: "map.json", zone: { _ in nil }), parts.count == 2 else {
      return
    }
    readSource(Array(parts[1]), mapping.format ?? .csv, mapping: mapping)
  }

  private static func readLine(_ bytes: [UInt8]) {
    let batch = EventBatch()
    bytes.withUnsafeBufferPointer { buffer in
      guard buffer.baseAddress != nil, (try? CanonicalLine.parse(buffer, into: batch)) != nil else { return }
      var sink = ByteSink()
      CanonicalLine.append(0, of: batch, form: .recorded, to: &sink)
    }
  }

  // MARK: Ledgers

  private static func readBlock(_ bytes: [UInt8]) {
    guard let header = try? bytes.withUnsafeBytes({ try BlockHeader.parse($0) }) else { return }
    let columns = BlockColumns()
    let batch = EventBatch()
    columns.begin(header, source: MemoryBlockSource(bytes))
    guard (try? columns.decodeAll(into: batch)) != nil else { return }
    var line = ByteSink()
    for index in batch.rows.indices { CanonicalLine.append(index, of: batch, form: .recorded, to: &line) }
  }

  private static func readTail(_ bytes: [UInt8]) {
    guard let reader = try? LedgerReader("m", disk: MemoryLedger(tail: bytes)) else { return }
    _ = try? reader.names()
    _ = try? reader.forgotten()
    _ = try? reader.imports()
    _ = try? Verification(depth: .deep)(reader)
  }

  private static func readVault(_ bytes: [UInt8]) {
    for isFixed in [false, true] {
      var chunk = bytes
      if isFixed { MemoryLedger.fixVaultChecksums(&chunk) }
      chunk.withUnsafeBytes { bytes in
        guard let header = try? VaultChunk.parse(bytes) else { return }
        let body = UnsafeRawBufferPointer(rebasing: bytes[VaultChunk.headerByteCount...])
        _ = try? header.values(body, keysOnly: true)
        _ = try? header.values(body, keysOnly: false)
      }
    }
  }

  private static func readProof(_ bytes: [UInt8]) {
    if let proof = try? InclusionProof(parsing: bytes) { try? proof.check(against: proof.checkpoint) }
    if let proof = try? ConsistencyProof(parsing: bytes) {
      try? proof.check(from: Checkpoint(origin: proof.checkpoint.origin, count: proof.oldCount, root: Digest()))
    }
  }

  private static func readZone(_ bytes: [UInt8]) {
    guard let zone = try? Zone(tzif: bytes) else { return }
    for year in stride(from: -70, to: 230, by: 7) {
      let instant = Int64(year) * 31_556_952_000_000
      _ = zone.offsetSeconds(at: instant)
      _ = zone.instant(ofLocal: instant)
    }
  }
}
