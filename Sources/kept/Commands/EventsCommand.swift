import KeptFormat
import KeptIntake
import KeptLog
import KeptSnapshot

/// `kept events`: prints events as they were recorded.
enum EventsCommand {
  static let description = CommandDescription(
    name: "events",
    summary: "prints events as they were recorded",
    positionals: ["LEDGER"],
    options: [
      OptionDescription(
        "customer", "ID", "only this customer's events; c17 is the customer numbered 17", isRepeatable: true),
      OptionDescription("kind", "KIND", "only this kind; order.* is every kind that begins so", isRepeatable: true),
      OptionDescription("source", "NAME", "only what came from this source", isRepeatable: true),
      OptionDescription("since", "TIME", "only what happened at or after this time"),
      OptionDescription("until", "TIME", "only what happened before this time"),
      OptionDescription("known-at", "P|TIME|FILE", knownAtMeaning),
      OptionDescription("sealed", nil, "the canonical lines, exactly what was hashed"),
      OptionDescription("format", "jsonl|cloudevents|table|csv", "how events are written (jsonl)"),
      OptionDescription("limit", "N", "at most N events"),
    ],
    notes: """
      Events come in the order of their positions. TIME is an RFC 3339 time, or a date: the beginning of that day in the
      ledger's zone. Free text and personal values are not shown: the log holds only commitments to them.
      """,
    examples: [
      "kept events shop --customer C-1003 --kind promise.*",
      "kept events shop --since 2024-06-01 --until 2024-07-01 --format table",
      "kept events shop --limit 2 --sealed",
      "kept events shop --known-at 100 --kind relationship.started --format cloudevents",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.choice("format", of: ["jsonl", "cloudevents", "table", "csv"], default: "jsonl")!
    if arguments.has("sealed"), arguments.has("format") {
      throw arguments.error("--sealed lines have one form only: leave out --format")
    }
    let limit = try arguments.integer("limit", atLeast: 0) ?? .max
    let ledger = try LedgerReader(arguments.positionals[0])
    let labels = try ledger.labels()
    let filter = EventFilter(
      customers: try arguments.customers(arguments.all("customer"), labels), kinds: arguments.list("kind"),
      sources: Set(arguments.all("source")),
      since: try arguments.instant("since", ledger) ?? .min, until: try arguments.instant("until", ledger) ?? .max,
      end: try arguments.knownAt(ledger) ?? ledger.count)
    var rows = Rows(columns)
    var sink = ByteSink()
    var left = limit
    try ledger.forEachEvent(filter) { batch, index, position in
      guard left > 0, !context.console.isOutputClosed else { return false }
      left -= 1
      if format == "table" || format == "csv" {
        rows.append(cells(batch, index, position, labels))
        return true
      }
      sink.removeAll()
      if arguments.has("sealed") {
        CanonicalLine.append(index, of: batch, form: .recorded, to: &sink)
      } else {
        let row = batch.rows[index]
        let recorded = EventText.Recorded(
          position: position, customer: labels.bytes(row.customer), otherCustomer: labels.bytes(row.otherCustomer))
        EventText.append(
          index, of: batch, recorded: recorded, form: format == "cloudevents" ? .cloudEvent : .plain, to: &sink)
      }
      sink.append("\n")
      sink.withUnsafeBytes { context.console.write($0) }
      return true
    }
    if let format = TableText.Format(rawValue: format), format != .jsonl {
      context.console.print(rows.table, as: format)
    }
    return context.warn(of: ledger.damage)
  }

  private static let columns: [(String, ColumnType)] = [
    ("position", .int64), ("time", .timestamp), ("kind", .string), ("customer", .string), ("direction", .string),
    ("channel", .string), ("subject", .string), ("agent", .string), ("amount", .decimal), ("score", .decimal),
    ("data", .string),
  ]

  private static func cells(_ batch: EventBatch, _ index: Int, _ position: UInt64, _ labels: CustomerLabels) -> [Cell] {
    let row = batch.rows[index]
    func text(_ field: TextField) -> Cell { .text(row.isSealed(field) ? nil : batch.string(row[field])) }
    func decimal(_ number: ExactDecimal) -> Cell { .number(number.isPresent ? number.micros : nil) }
    let data = batch.entries(of: row).filter { $0.type != .sealed }.map { entry -> String in
      let key = batch.string(entry.key) ?? ""
      switch entry.type {
      case .integer, .decimal:
        var number = ByteSink()
        entry.number.write(to: &number)
        return "\(key)=\(number.text())"
      case .boolean: return entry.number.mantissa == 0 ? "not \(key)" : key
      case .string, .json, .sealed: return "\(key)=\(batch.string(entry.bytes) ?? "")"
      }
    }
    return [
      .number(Int64(position)), .instant(row.time), text(.kind),
      .text(row.customer == 0 ? nil : labels[row.customer]), text(.direction), text(.channel), text(.subject),
      text(.agent), decimal(row.amount), decimal(row.score), .text(data.joined(separator: " ")),
    ]
  }
}

/// Which events `events` shows.
struct EventFilter {
  var customers: Set<UInt32>?
  /// Kinds, or beginnings of them with a star; empty: all.
  var kinds: [String]
  /// Empty: all.
  var sources: Set<String> = []
  var since: Instant
  var until: Instant
  /// Positions below this.
  var end: UInt64

  func matches(kind: String) -> Bool {
    kinds.isEmpty || kinds.contains { $0.hasSuffix("*") ? kind.hasPrefix($0.dropLast()) : kind == $0 }
  }
}

extension LedgerReader {
  /// Hands over every event that a filter lets through, in order of position, until `body` returns false. Blocks that
  /// hold none are not decoded.
  func forEachEvent(_ filter: EventFilter, _ body: (EventBatch, Int, UInt64) throws -> Bool) throws {
    let columns = BlockColumns()
    for block in blocks where block.header.firstPosition < filter.end {
      let header = block.header
      guard header.timeMin < filter.until, header.timeMax >= filter.since,
        header.kinds.contains(where: { filter.matches(kind: $0.kind) })
      else { continue }
      let batch = EventBatch()
      do {
        columns.begin(header, source: source(for: block))
        // Whoever is only the second person of an event is not in the list.
        if let wanted = filter.customers, header.column(.otherCustomer) == nil,
          try !columns.customerList().contains(where: { wanted.contains($0) })
        {
          continue
        }
        try columns.decodeAll(into: batch)
      } catch {
        throw self.error(error, in: block)
      }
      guard try hand(batch, from: header.firstPosition, filter, body) else { return }
    }
    for (first, batch) in try tailBatches() {
      guard try hand(batch, from: first, filter, body) else { return }
    }
  }

  private func hand(
    _ batch: EventBatch, from first: UInt64, _ filter: EventFilter, _ body: (EventBatch, Int, UInt64) throws -> Bool
  ) throws -> Bool {
    for index in batch.rows.indices {
      let position = first + UInt64(index)
      guard position < filter.end else { return false }
      let row = batch.rows[index]
      guard row.time >= filter.since, row.time < filter.until, filter.matches(kind: batch.string(row[.kind]) ?? "")
      else { continue }
      if !filter.sources.isEmpty, !filter.sources.contains(batch.string(row[.source]) ?? "") { continue }
      if let wanted = filter.customers, !wanted.contains(row.customer), !wanted.contains(row.otherCustomer) { continue }
      guard try body(batch, index, position) else { return false }
    }
    return true
  }
}
