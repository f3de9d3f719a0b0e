import KeptFormat

/// Chooses how a source's records are split and parsed; where the first of them is a header, reads it.
struct RecordOpener: Sendable {
  let format: SourceFormat
  let mapping: Mapping?
  let file: String
  private var parser: RecordParser?

  init(format: SourceFormat, mapping: Mapping?, file: String) {
    self.format = format
    self.mapping = mapping
    self.file = file
  }

  var splitter: RecordSplitter {
    switch format {
    case .jsonl: .lines
    case .csv: .csv(delimiter: mapping?.delimiter ?? UInt8(ascii: ","))
    case .cloudevents: mapping == nil ? .undecided : .lines
    }
  }

  /// The parser for `chunk`; off the source's first chunk, the header is taken.
  mutating func open(_ chunk: inout RawChunk) throws(IntakeError) -> RecordParser {
    if let parser { return parser }
    let chosen: RecordParser
    switch format {
    case .jsonl: chosen = mapping.map { .mappedJSON($0) } ?? .json(.plain)
    case .cloudevents: chosen = mapping.map { .mappedJSON($0) } ?? .json(.cloudEvent)
    case .csv:
      if let mapping {
        var names = mapping.headerlessColumns ?? []
        if mapping.headerlessColumns == nil { names = try takeHeader(&chunk) }
        chosen = .mappedCSV(mapping, places: try places(of: mapping, among: names), columnCount: names.count)
      } else {
        chosen = .csv(try CSVLayout(names: try takeHeader(&chunk), file: file))
      }
    }
    parser = chosen
    return chosen
  }

  private func places(of mapping: Mapping, among names: [String]) throws(IntakeError) -> [Int] {
    var places: [Int] = []
    for column in mapping.columns {
      guard let place = names.firstIndex(of: column) else {
        let shown = names.prefix(40).map { String($0.prefix(40)) }.joined(separator: ", ")
        throw .mapping(
          MappingError(
            file: mapping.file, place: "", what: "\(file) has no column \"\(column)\"",
            nextStep: "Its columns are: \(shown)."))
      }
      places.append(place)
    }
    return places
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
