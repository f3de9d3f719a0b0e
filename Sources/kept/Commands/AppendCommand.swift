import KeptFormat
import KeptIntake
import KeptLog

/// `kept append`: JSON lines on standard input, each acknowledged once it is on disk.
enum AppendCommand {
  static let description = CommandDescription(
    name: "append",
    summary: "JSON lines on standard input, each acknowledged once durable",
    positionals: ["LEDGER"],
    notes: """
      For every line, in order, one JSON line on standard output: {"line":1,"position":4711} once the event is on disk,
      with "duplicate":true where it was there before; or {"line":2,"rejected":REASON,"field":FIELD}; or, where another
      content is recorded under the same source and id, {"line":3,"conflict":4711}. Lines that wait share one sync.
      """,
    examples: [
      #"head -3 Fixtures/shop/events.jsonl | kept append shop"#
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let console = context.console
    let writer = try LedgerWriter(arguments.positionals[0], holder: context.holder)
    defer { writer.close() }
    context.tell(recovered: writer.recovered, writer.folder.path)
    let source = try AppendSource()
    var status = Status.sound
    while let chunk = try source.next() {
      let lines = chunk.batch.rows.map(\.line)
      var answers = chunk.rejects.map { (line: $0.line, text: rejection($0.reason.rawValue, field: $0.field)) }
      if !lines.isEmpty {
        let outcomes = try writer.append(chunk.batch, clock: context.now())
        for (line, outcome) in zip(lines, outcomes) { answers.append((line, answer(outcome))) }
      }
      answers.sort { $0.line < $1.line }
      for answer in answers {
        console.print("{\"line\":\(answer.line),\(answer.text)}")
        if !answer.text.hasPrefix("\"position\"") { status = .no }
      }
      console.flush()
      // Whoever does not read acknowledgements any more gets no more events recorded.
      if console.isOutputClosed { break }
    }
    return status
  }

  private static func answer(_ outcome: Outcome) -> String {
    switch outcome {
    case .accepted(let position): "\"position\":\(position)"
    case .duplicate(let position): "\"position\":\(position),\"duplicate\":true"
    case .conflict(let position): "\"conflict\":\(position)"
    case .tooLong: rejection(RejectReason.eventTooLong.rawValue, field: "")
    }
  }

  private static func rejection(_ reason: String, field: String) -> String {
    var text = ByteSink()
    text.append("\"rejected\":\"\(reason)\"")
    if !field.isEmpty {
      text.append(",\"field\":")
      JSONText.append(field, to: &text)
    }
    return text.text()
  }
}
