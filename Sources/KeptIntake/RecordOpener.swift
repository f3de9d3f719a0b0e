import KeptFormat

/// Chooses how a source's records are split and parsed; where the first of them is a header, reads it.
struct RecordOpener: Sendable {
  let format: SourceFormat
  let file: String

  var splitter: RecordSplitter {
    switch format {
    case .jsonl: .lines
    case .csv: .csv(delimiter: UInt8(ascii: ","))
    case .cloudevents: .undecided
    }
  }

  /// The parser for `chunk`; of the source's first chunk, the header is taken off.
  mutating func open(_ chunk: inout RawChunk) throws(IntakeError) -> RecordParser {
    switch format {
    case .jsonl, .csv: .json(.plain)
    case .cloudevents: .json(.cloudEvent)
    }
  }
}
