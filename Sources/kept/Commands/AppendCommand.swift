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
    var answers = ByteSink(capacity: 1 << 12)
    while let chunk = try source.next() {
      let lines = chunk.batch.rows.map(\.line)
      let outcomes = lines.isEmpty ? [] : try writer.append(chunk.batch, clock: context.now())
      var rejects = chunk.rejects.sorted { $0.line < $1.line }[...]
      answers.removeAll()
      for (line, outcome) in zip(lines, outcomes) {
        while let reject = rejects.first, reject.line < line { appendRejection(rejects.removeFirst(), to: &answers) }
        if !append(outcome, line: line, to: &answers) { status = .no }
      }
      for reject in rejects { appendRejection(reject, to: &answers) }
      if !chunk.rejects.isEmpty { status = .no }
      answers.withUnsafeBytes { console.write($0) }
      console.flush()
      // Whoever does not read acknowledgements any more gets no more events recorded.
      if console.isOutputClosed { break }
    }
    return status
  }

  /// - Returns: whether the event is in the ledger now.
  private static func append(_ outcome: Outcome, line: UInt64, to answers: inout ByteSink) -> Bool {
    answers.append("{\"line\":")
    answers.append(decimal: line)
    let isRecorded: Bool
    switch outcome {
    case .accepted(let position):
      answers.append(",\"position\":")
      answers.append(decimal: position)
      isRecorded = true
    case .duplicate(let position):
      answers.append(",\"position\":")
      answers.append(decimal: position)
      answers.append(",\"duplicate\":true")
      isRecorded = true
    case .conflict(let position):
      answers.append(",\"conflict\":")
      answers.append(decimal: position)
      isRecorded = false
    case .tooLong:
      appendReason(RejectReason.eventTooLong.rawValue, field: "", to: &answers)
      isRecorded = false
    }
    answers.append("}\n")
    return isRecorded
  }

  private static func appendRejection(_ reject: Reject, to answers: inout ByteSink) {
    answers.append("{\"line\":")
    answers.append(decimal: reject.line)
    appendReason(reject.reason.rawValue, field: reject.field, to: &answers)
    answers.append("}\n")
  }

  private static func appendReason(_ reason: String, field: String, to answers: inout ByteSink) {
    answers.append(",\"rejected\":\"")
    answers.append(reason)
    answers.append("\"")
    guard !field.isEmpty else { return }
    answers.append(",\"field\":")
    JSONText.append(field, to: &answers)
  }
}
