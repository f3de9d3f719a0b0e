import KeptFormat

/// Chooses how a source's records are split and parsed; where the first of them is a header, reads it.
struct RecordOpener: Sendable {
  let format: SourceFormat
  let file: String
  private var parser: RecordParser?

  init(format: SourceFormat, file: String) {
    self.format = format
    self.file = file
  }

  var splitter: RecordSplitter {
    switch format {
    case .jsonl: .lines
    case .csv: .csv(delimiter: UInt8(ascii: ","))
    case .cloudevents: .undecided
    }
  }

  /// The parser for `chunk`; off the source's first chunk, the header is taken.
  mutating func open(_ chunk: inout RawChunk) throws(IntakeError) -> RecordParser {
    if let parser { return parser }
    let chosen: RecordParser
    switch format {
    case .jsonl: chosen = .json(.plain)
    case .cloudevents: chosen = .json(.cloudEvent)
    case .csv:
      chosen = .csv(try CSVLayout(names: try takeHeader(&chunk), file: file))
    }
    parser = chosen
    return chosen
  }

  /// Cuts the first record off the source's first chunk and returns its cells.
  private func takeHeader(_ chunk: inout RawChunk) throws(IntakeError) -> [String] {
    guard case .csv(let delimiter) = splitter else { preconditionFailure("only CSV has a header") }
    let splitter = splitter
    let result: Result<(names: [String], end: Int, lineCount: Int), RowFault> =
      chunk.bytes.withUnsafeBufferPointer { buffer in
        let base = buffer.pointer
        guard case .whole(let end) = splitter.end(of: 0, base, to: buffer.count, isAtEnd: true) else {
          return .failure(RowFault(.unclosedQuote, at: 0))
        }
        // As many columns as there can be; what is there is read until the record ends.
        var builder = RowBuilder(chunk: base, byteCount: buffer.count)
        let columnCount = CSVCells.countCells(base, from: 0, to: end, delimiter: delimiter)
        var cells = CSVCells(columnCount: columnCount, delimiter: delimiter, chunk: base, byteCount: end)
        do throws(RowFault) {
          try cells.split(from: 0, to: end, &builder)
        } catch {
          return .failure(error)
        }
        let names = (0..<columnCount).map { column in
          cells[column].isAbsent ? "" : builder.withBytes(cells[column]) { String(decoding: $0, as: UTF8.self) }
        }
        return .success((names, end, countLineFeeds(base, from: 0, to: end)))
      }
    switch result {
    case .success(let header):
      chunk.bytes.removeFirst(header.end)
      chunk.firstLine += UInt64(header.lineCount)
      chunk.firstOffset += UInt64(header.end)
      return header.names
    case .failure(let fault):
      throw .header(file: file, column: "names", what: fault.reason.sentence)
    }
  }
}
