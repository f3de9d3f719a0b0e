import KeptFormat
import KeptLog
import KeptSnapshot

/// `kept status`: a ledger on one screen.
enum StatusCommand {
  static let description = CommandDescription(
    name: "status",
    summary: "size, span, kinds, sources, last snapshot, health on one screen",
    positionals: ["LEDGER"],
    options: [
      OptionDescription("nights", "DIR", "where the nightly job keeps its lines (LEDGER.nightly)"),
      OptionDescription("format", "table|csv|jsonl", "how it is written (table: for people)"),
    ],
    notes: """
      Where `Scripts/nightly` runs, its last night is told, and the status is 1 where that was not fine or is too long ago.
      """,
    examples: [
      "kept status shop",
      "kept status shop --format jsonl",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let path = arguments.positionals[0]
    let ledger = try LedgerReader(path)
    let facts = try LedgerFacts(ledger)
    var base = Substring(path)
    while base.count > 1, base.hasSuffix("/") { base.removeLast() }
    let night = try LastNight(
      inFolder: arguments.value("nights") ?? "\(base).nightly", now: context.now(), disk: ledger.disk)
    if format == .table {
      print(facts, night, ledger, context.console)
    } else {
      context.console.print(rows(facts, night, ledger).table, as: format)
    }
    let status = context.warn(of: ledger.damage)
    return night?.isFine == false ? .no : status
  }

  private static func print(_ facts: LedgerFacts, _ night: LastNight?, _ ledger: LedgerReader, _ console: Console) {
    let settings = ledger.settings
    func line(_ name: String, _ text: String) { console.print(padded(name, to: 15) + text) }
    line("ledger", Ledger.origin(settings))
    line(
      "settings",
      "zone \(settings.zone), weeks begin on \(settings.weekStart.rawValue)"
        + (settings.currency.map { ", \($0)" } ?? "")
        + (settings.sealed.isEmpty ? "" : ", sealed: \(settings.sealed.joined(separator: ", "))"))
    if let actor = settings.actor { line("made by", actor + (settings.reason.map { ": \($0)" } ?? "")) }
    line(
      "events",
      "\(grouped(ledger.count)): \(grouped(ledger.sealedCount)) in \(grouped(ledger.blocks.count)) blocks, "
        + "\(grouped(ledger.tailCount)) in the tail")
    line("customers", grouped(facts.customerCount))
    if let span = facts.span {
      line("occurred", "\(RFC3339.string(span.first)) to \(RFC3339.string(span.last))")
    }
    if let recorded = facts.lastRecorded { line("last recorded", RFC3339.string(recorded)) }
    let bytes = facts.byteCounts
    let perEvent = ledger.sealedCount > 0 ? ", \(tenths(Double(bytes.log) / Double(ledger.sealedCount))) an event" : ""
    line(
      "on disk",
      "log \(readable(byteCount: bytes.log))\(perEvent); tail \(readable(byteCount: bytes.tail)), "
        + "vault \(readable(byteCount: bytes.vault)), index \(readable(byteCount: bytes.index))")
    line("last snapshot", facts.latestSnapshot ?? "none: `kept rebuild LEDGER` makes one")
    if let night {
      line("last night", night.sentence)
      for reason in night.reasons { line("", reason) }
    }
    line("health", health(ledger))
    console.print()
    var kinds = Rows([("kind", .string), ("events", .int64)])
    for (kind, count) in facts.kinds { kinds.append([.text(kind), .number(Int64(count))]) }
    console.print(kinds.table, as: .table)
    console.print()
    var sources = Rows([
      ("source", .string), ("events", .int64), ("last_at", .timestamp), ("silent_days", .int64), ("feed", .string),
    ])
    for source in facts.sources {
      sources.append([
        .text(source.name), .number(Int64(source.count)), .instant(source.lastAt), .number(Int64(source.silentDays)),
        .text(source.isSilent ? "went silent" : nil),
      ])
    }
    console.print(sources.table, as: .table)
  }

  private static func health(_ ledger: LedgerReader) -> String {
    if ledger.damage != nil { return "damaged" }
    if case .torn = ledger.tailState {
      return "a last write was cut; the next writer puts it aside (nothing acknowledged)"
    }
    return "readable to the end; `kept verify LEDGER` checks every byte"
  }

  private static func rows(_ facts: LedgerFacts, _ night: LastNight?, _ ledger: LedgerReader) -> Rows {
    var rows = Rows([("topic", .string), ("name", .string), ("value", .string)])
    func add(_ topic: String, _ name: String, _ value: String?) {
      rows.append([.text(topic), .text(name), .text(value)])
    }
    add("ledger", "origin", Ledger.origin(ledger.settings))
    add("ledger", "zone", ledger.settings.zone)
    add("ledger", "week_start", ledger.settings.weekStart.rawValue)
    add("ledger", "currency", ledger.settings.currency)
    add("ledger", "sealed", ledger.settings.sealed.joined(separator: ","))
    add("ledger", "events", String(ledger.count))
    add("ledger", "blocks", String(ledger.blocks.count))
    add("ledger", "customers", String(facts.customerCount))
    add("ledger", "first_at", facts.span.map { RFC3339.string($0.first) })
    add("ledger", "last_at", facts.span.map { RFC3339.string($0.last) })
    add("ledger", "last_recorded", facts.lastRecorded.map { RFC3339.string($0) })
    add("ledger", "log_bytes", String(facts.byteCounts.log))
    add("ledger", "tail_bytes", String(facts.byteCounts.tail))
    add("ledger", "vault_bytes", String(facts.byteCounts.vault))
    add("ledger", "index_bytes", String(facts.byteCounts.index))
    add("ledger", "last_snapshot", facts.latestSnapshot)
    if let night {
      add("night", "is_fine", String(night.isFine))
      add("night", "told", night.sentence)
      for reason in night.reasons { add("night", "reason", reason) }
    }
    add("ledger", "is_damaged", String(ledger.damage != nil))
    for (kind, count) in facts.kinds { add("kind", kind, String(count)) }
    for source in facts.sources {
      add("source", source.name, String(source.count))
      add("source_last_at", source.name, RFC3339.string(source.lastAt))
      add("source_silent", source.name, String(source.isSilent))
    }
    return rows
  }
}
