import Dispatch
import KeptFormat
import Synchronization

/// How the records of a source are written.
public enum SourceFormat: String, Sendable, CaseIterable {
  case jsonl, csv, cloudevents

  /// What the end of a file's name says, `.lz4` aside; JSON lines where it says nothing.
  public init(path: String) {
    var name = path.lowercased()
    if name.hasSuffix(".lz4") { name.removeLast(4) }
    self = name.hasSuffix(".csv") ? .csv : .jsonl
  }
}

/// What is known of a source when it was read to its end.
public struct SourceTotals: Sendable, Equatable {
  /// As stored: of the packed bytes where the file is packed.
  public var byteCount: UInt64 = 0
  public var digest = Digest()
  public var unpackedByteCount: UInt64 = 0
  /// Touchpoints announced: rows and rejects.
  public var lineCount = 0
  public var rejectCount = 0
  public var unmatchedCount = 0
}

/// One file or standard input, read, cut, parsed on all cores and handed over in file order.
///
/// One thread reads and hashes, `workerCount` parse, the caller's consumes. At most `workerCount` + 3 chunks are in
/// memory. All of them are threads of Dispatch, never of the cooperative pool, because they block.
public struct ImportSource: Sendable {
  public var path: String
  public var format: SourceFormat
  public var mapping: Mapping?
  public var workerCount = 2
  /// Small enough that a chunk's rows are still in the cache when they are looked at next.
  public var chunkByteCount = 1 << 20

  /// - Parameters:
  ///   - path: "-" is standard input.
  ///   - format: where nil, the mapping says it, or else the file's name.
  public init(path: String, format: SourceFormat? = nil, mapping: Mapping? = nil) {
    self.path = path
    self.format = format ?? mapping?.format ?? SourceFormat(path: path)
    self.mapping = mapping
  }

  /// Calls `body` with every chunk, in file order, on the calling thread.
  ///
  /// - Parameter prepare: runs on the parsing thread, right after the chunk was parsed: work that needs one chunk only.
  /// - Throws: `IntakeError` where the source cannot be read on, after `body` had every chunk before that point; or what
  ///   `body` throws, after which nothing more is parsed.
  @discardableResult
  public func forEachBatch<Prepared: Sendable>(
    prepare: @escaping @Sendable (EventBatch) -> Prepared,
    _ body: (ParsedChunk, Prepared) throws -> Void
  ) throws -> SourceTotals {
    let source = try ByteSource(path: path)
    let pipeline = Pipeline<Prepared>(slotCount: workerCount + 3)
    start(pipeline, source, prepare)
    var totals = SourceTotals()
    defer { pipeline.stop() }
    while true {
      switch pipeline.next() {
      case .chunk(let chunk, let prepared):
        totals.unpackedByteCount += UInt64(chunk.byteCount)
        totals.lineCount += chunk.lineCount
        totals.rejectCount += chunk.rejects.count
        totals.unmatchedCount += chunk.unmatchedCount
        try body(chunk, prepared)
        pipeline.release()
      case .end(let byteCount, let digest):
        totals.byteCount = byteCount
        totals.digest = digest
        return totals
      case .failed(let error):
        throw error
      }
    }
  }

  /// `forEachBatch` without anything to prepare.
  @discardableResult
  public func forEachBatch(_ body: (ParsedChunk) throws -> Void) throws -> SourceTotals {
    try forEachBatch(prepare: { _ in () }) { chunk, _ in try body(chunk) }
  }

  private func start<Prepared>(
    _ pipeline: Pipeline<Prepared>, _ source: ByteSource,
    _ prepare: @escaping @Sendable (EventBatch) -> Prepared
  ) {
    let opener = RecordOpener(format: format, mapping: mapping, file: path)
    let reader = ChunkReader(source: source, splitter: opener.splitter, chunkByteCount: chunkByteCount)
    // Serial queues have a thread of their own each; a concurrent one would count blocked threads against the cores.
    nonisolated(unsafe) let input = reader
    DispatchQueue(label: "kept.read").async { pipeline.read(input, opener) }
    for worker in 0..<workerCount {
      DispatchQueue(label: "kept.parse.\(worker)").async {
        while var job = pipeline.takeJob() {
          let parsed = job.parser.parse(job.takeChunk(), file: path, splitter: job.splitter)
          let prepared = prepare(parsed.batch)
          pipeline.finish(job.sequence, .chunk(parsed, prepared))
        }
      }
    }
  }
}
