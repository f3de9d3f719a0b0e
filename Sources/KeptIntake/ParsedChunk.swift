import KeptFormat

/// What one chunk of a source said.
public struct ParsedChunk: Sendable {
  /// The rows in file order; slices point into the batch's own bytes, which start with the chunk's.
  public var batch: EventBatch
  public var rejects: [Reject] = []
  /// Records that the mapping makes no touchpoint of; 0 without a mapping.
  public var unmatchedCount = 0
  /// Line and offset, in the unpacked file, of the chunk's first byte.
  public var firstLine: UInt64
  public var firstOffset: UInt64
  public var byteCount: Int

  /// Touchpoints announced by the source: what must become accepted, duplicate, conflict or rejected (law 7). Without a
  /// mapping that is the lines that are not blank.
  public var lineCount: Int { batch.rows.count + rejects.count }

  /// The bytes of a record that was rejected, for a file where the user wants them; nil where it was too long to keep.
  public func bytes(of reject: Reject) -> ArraySlice<UInt8>? {
    guard reject.byteCount > 0, reject.offset >= firstOffset else { return nil }
    let start = Int(reject.offset - firstOffset)
    guard start + reject.byteCount <= byteCount else { return nil }
    return batch.bytes[start..<start + reject.byteCount]
  }
}

/// Parses the records of a chunk; a value that any thread may use.
enum RecordParser: Sendable {
  case json(JSONForm)
  case csv(CSVLayout)
  case mappedJSON(Mapping)
  /// Where the columns that the mapping reads stand among `columnCount`.
  case mappedCSV(Mapping, places: [Int], columnCount: Int)
}

extension RecordParser {
  /// - Parameter chunk: its bytes become the batch's; the caller should hold no other copy.
  func parse(_ chunk: consuming RawChunk, file: String, splitter: RecordSplitter) -> ParsedChunk {
    var parsed = ParsedChunk(
      batch: EventBatch(), firstLine: chunk.firstLine, firstOffset: chunk.firstOffset, byteCount: chunk.bytes.count)
    if chunk.isOverlong {
      parsed.rejects = [
        Reject(file: file, line: chunk.firstLine, offset: chunk.firstOffset, reason: .lineTooLong)
      ]
      return parsed
    }
    let scratch = chunk.bytes.withUnsafeBufferPointer { buffer in
      var loop = ChunkLoop(
        builder: RowBuilder(chunk: buffer.pointer, byteCount: buffer.count), splitter: splitter, file: file,
        firstLine: chunk.firstLine, firstOffset: chunk.firstOffset)
      switch self {
      case .json(let form): loop.parseJSON(form)
      case .csv(let layout): loop.parseCSV(layout)
      case .mappedJSON(let mapping): loop.parseMappedJSON(mapping)
      case .mappedCSV(let mapping, let places, let columnCount):
        loop.parseMappedCSV(mapping, places: places, columnCount: columnCount)
      }
      return loop.hand(to: &parsed)
    }
    parsed.batch.bytes = chunk.bytes
    chunk.bytes = []
    parsed.batch.bytes.append(contentsOf: scratch)
    return parsed
  }
}

/// One pass over the records of a chunk.
struct ChunkLoop: ~Copyable {
  var builder: RowBuilder
  let splitter: RecordSplitter
  let file: String
  let firstOffset: UInt64
  /// The line on which the record at hand starts.
  var line: UInt64
  var rejects: [Reject] = []
  var unmatchedCount = 0

  init(builder: consuming RowBuilder, splitter: RecordSplitter, file: String, firstLine: UInt64, firstOffset: UInt64) {
    self.builder = builder
    self.splitter = splitter
    self.file = file
    self.firstOffset = firstOffset
    line = firstLine
  }

  mutating func parseJSON(_ form: JSONForm) {
    var parser = LineParser(form: form, chunk: builder.chunk)
    let end = builder.chunkByteCount
    if splitter == .objects { return parseObjects(&parser) }
    var start = 0
    while start < end {
      let lineFeed = RecordSplitter.lineFeed(builder.chunk, from: start, to: end) ?? end
      defer {
        start = lineFeed + 1
        line &+= 1
      }
      if lineFeed - start > Limits.lineByteCountMax {
        reject(RowFault(.lineTooLong, at: start), start, 0)
        continue
      }
      do throws(RowFault) {
        try parser.parse(from: start, to: lineFeed, line: line, into: &builder)
      } catch {
        if isBlank(start, lineFeed) { continue }
        builder.abandon()
        reject(error, start, lineFeed - start)
      }
    }
  }

  private mutating func parseObjects(_ parser: inout LineParser) {
    let end = builder.chunkByteCount
    var at = 0
    while true {
      let start = RecordSplitter.elementStart(builder.chunk, from: at, to: end)
      line += UInt64(countLineFeeds(builder.chunk, from: at, to: start))
      guard start < end else { return }
      switch splitter.end(of: start, builder.chunk, to: end, isAtEnd: true) {
      case .whole(let next):
        do throws(RowFault) {
          try parser.parse(from: start, to: next, line: line, into: &builder)
        } catch {
          builder.abandon()
          reject(error, start, next - start)
        }
        at = next
      case .broken(let next):
        reject(broken(start), start, next - start)
        at = next
      case .open:
        preconditionFailure("at the end of a chunk every record has an end")
      }
      line += UInt64(countLineFeeds(builder.chunk, from: start, to: at))
    }
  }

  /// Why the record at `start` was cut down to its first line.
  func broken(_ start: Int) -> RowFault {
    let lineEnd = RecordSplitter.lineFeed(builder.chunk, from: start, to: builder.chunkByteCount)
    let byteCount = (lineEnd ?? builder.chunkByteCount) - start
    if byteCount > Limits.lineByteCountMax { return RowFault(.lineTooLong, at: start) }
    return RowFault(splitter == .objects ? .cut : .unclosedQuote, at: start)
  }

  /// Space only; such lines are no data and not counted.
  func isBlank(_ start: Int, _ end: Int) -> Bool {
    for at in start..<end where !isSpace(builder.chunk[at]) { return false }
    return true
  }

  @inline(never)
  mutating func reject(_ fault: RowFault, _ start: Int, _ byteCount: Int, field: String? = nil) {
    rejects.append(
      Reject(
        file: file, line: line, offset: firstOffset + UInt64(start), column: fault.offset - start,
        byteCount: fault.reason == .lineTooLong ? 0 : byteCount, field: field ?? builder.fieldName(fault),
        reason: fault.reason))
  }

  /// Ends the loop. Returns what belongs behind the chunk's bytes in the arena.
  consuming func hand(to parsed: inout ParsedChunk) -> [UInt8] {
    parsed.rejects = rejects
    parsed.unmatchedCount = unmatchedCount
    parsed.batch.rows = builder.rows
    parsed.batch.data = builder.data
    return builder.scratch.bytes()
  }
}
