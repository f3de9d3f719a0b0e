import KeptFormat

/// JSON lines as they arrive, in groups: what is waiting when the reader is free belongs together, so that one commit
/// takes it all.
public final class AppendSource {
  private let reader: ChunkReader
  private let file: String

  /// - Parameter path: "-" is standard input.
  public convenience init(path: String = "-") throws(IntakeError) {
    self.init(source: try ByteSource(path: path), file: path)
  }

  /// Reads an open descriptor, which stays the caller's.
  public convenience init(descriptor: Int32) throws(IntakeError) {
    self.init(source: try ByteSource(descriptor: descriptor, owned: false, file: "-"), file: "-")
  }

  private init(source: ByteSource, file: String) {
    reader = ChunkReader(source: source, splitter: .lines, chunkByteCount: 1 << 20, isEager: true)
    self.file = file
  }

  /// Waits for at least one line and returns all that have arrived whole; nil at the end.
  ///
  /// Rows and rejects carry their line; together they are every line that is not blank.
  public func next() throws(IntakeError) -> ParsedChunk? {
    guard let chunk = try reader.next() else { return nil }
    return RecordParser.json(.plain).parse(chunk, file: file, splitter: .lines)
  }
}

extension EventBatch {
  /// Parses one event in Kept's plain form from the bytes of one line, for callers that have no file.
  public static func parse(line: [UInt8], number: UInt64 = 1, file: String = "-") -> Result<EventBatch, Reject> {
    let chunk = RawChunk(bytes: line, firstLine: number, firstOffset: 0)
    let parsed = RecordParser.json(.plain).parse(chunk, file: file, splitter: .lines)
    if let reject = parsed.rejects.first { return .failure(reject) }
    guard parsed.batch.rows.count == 1 else {
      return .failure(Reject(file: file, line: number, offset: 0, reason: parsed.batch.rows.isEmpty ? .cut : .trailing))
    }
    return .success(parsed.batch)
  }
}
