import KeptFormat
import KeptLog

/// `kept imports`: completeness control. Did every line of that file arrive, and where; which feed lost something.
enum ImportsCommand {
  static let description = CommandDescription(
    name: "imports",
    summary: "did every line arrive, and where? gaps in ids and feeds that went silent",
    positionals: ["LEDGER"],
    takesMorePositionals: true,
    options: [
      OptionDescription("feeds", nil, "the sources instead: the numbers missing among their ids, and their silence"),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table: imports, then sources)"),
    ],
    notes: """
      Each row is an import.finished event of the log: the file with its size and SHA-256, what became of its lines, the
      positions that it got, and the sum of the amounts accepted, by currency. Each is checked against the log: lines =
      accepted + duplicates + conflicts + rejected, as many positions as events, the sums counted again.
      kept imports LEDGER FILE… asks for these files by their bytes, whatever they were called.
      Ids that end in digits are taken for a series where at least half of its numbers are there; a source is silent when
      its last event is 7 days or more older than the ledger's.
      Status 1: something does not agree, or a FILE was not imported to its end or not every line of it was taken.
      """,
    examples: [
      "kept imports shop",
      "kept imports shop Fixtures/shop/events.jsonl",
      "kept imports shop --feeds --format csv",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let files = Array(arguments.positionals.dropFirst())
    if arguments.has("feeds"), !files.isEmpty { throw arguments.error("--feeds lists sources, not files") }
    let ledger = try LedgerReader(arguments.positionals[0])
    var status = Status.sound
    if !arguments.has("feeds") {
      var checks = try ledger.checkedImports()
      for check in checks {
        for difference in check.differences {
          context.console.complain("kept: import at position \(check.position), \(check.record.file): \(difference.sentence)")
          status = .no
        }
      }
      if !files.isEmpty {
        let found = try select(files, &checks, context.console)
        if found == .no { status = .no }
      }
      context.console.print(importRows(checks).table, as: format)
    }
    if arguments.has("feeds") || (format == .table && files.isEmpty) {
      if !arguments.has("feeds") { context.console.print() }
      context.console.print(try feedRows(ledger).table, as: format)
    }
    return context.warn(of: ledger.damage) == .no ? .no : status
  }

  /// Leaves the imports of these files; tells which there is none of, and which lost lines.
  private static func select(_ files: [String], _ checks: inout [ImportCheck], _ console: Console) throws -> Status {
    var status = Status.sound
    var digests: Set<Digest> = []
    for file in files {
      let digest = try digest(of: file)
      digests.insert(digest)
      let same = checks.filter { $0.record.digest == digest }
      if same.isEmpty {
        let named = checks.last { $0.record.file == file }.map {
          "; the import of that name at position \($0.position) was of other bytes, \($0.record.digest.hex)"
        }
        console.complain("kept: \(file): no finished import of these bytes, \(digest.hex)\(named ?? "")")
        status = .no
        continue
      }
      // An import that was cut is finished by a second one: what is taken in any of them has arrived.
      let lost = same.map { $0.record.tally.conflicts + $0.record.tally.rejected }.min() ?? 0
      guard lost > 0 else { continue }
      console.complain("kept: \(file): \(grouped(lost)) of its lines were not taken (conflicts and rejects)")
      status = .no
    }
    checks.removeAll { !digests.contains($0.record.digest) }
    return status
  }

  private static func digest(of path: String) throws -> Digest {
    let file = try PosixDisk().open(path, .read)
    defer { file.close() }
    var hash = SHA256()
    var offset = 0
    while true {
      let part = try file.read(at: offset, upTo: 1 << 20)
      guard !part.isEmpty else { return hash.finish() }
      hash.update(part)
      offset += part.count
    }
  }

  private static func importRows(_ checks: [ImportCheck]) -> Rows {
    var rows = Rows([
      ("position", .int64), ("finished_at", .timestamp), ("file", .string), ("lines", .int64), ("accepted", .int64),
      ("duplicates", .int64), ("conflicts", .int64), ("rejected", .int64), ("first_position", .int64),
      ("last_position", .int64), ("amounts", .string), ("bytes", .int64), ("sha256", .string), ("map_sha256", .string),
      ("checked", .string),
    ])
    for check in checks {
      let record = check.record
      let tally = record.tally
      let amounts = tally.amounts.sorted { $0.key < $1.key }.map { currency, sum in
        currency.isEmpty ? sum.text : "\(sum.text) \(currency)"
      }
      func number(_ count: Int) -> Cell { .number(Int64(count)) }
      let first = tally.positions.map { Int64($0.lowerBound) }
      let last = tally.positions.map { Int64($0.upperBound) }
      let what: [Cell] = [.number(Int64(check.position)), .instant(check.recorded), .text(record.file)]
      let counts = [
        number(record.lineCount), number(tally.accepted), number(tally.duplicates), number(tally.conflicts),
        number(tally.rejected),
      ]
      let source: [Cell] = [
        .number(first), .number(last), .text(amounts.isEmpty ? nil : amounts.joined(separator: ", ")),
        .number(Int64(record.byteCount)), .text(record.digest.hex), .text(record.mappingDigest?.hex),
        .text(check.differences.isEmpty ? "agrees" : "DIFFERS"),
      ]
      rows.append(what + counts + source)
    }
    return rows
  }

  /// A row for each series of a source, or one for a source without.
  private static func feedRows(_ ledger: LedgerReader) throws -> Rows {
    var rows = Rows([
      ("source", .string), ("events", .int64), ("last_at", .timestamp), ("silent_days", .int64), ("feed", .string),
      ("ids", .string), ("numbers", .int64), ("missing", .int64), ("missing_first", .string),
    ])
    let series = Dictionary(grouping: try ledger.identifierSeries(), by: \.source)
    for source in try LedgerFacts(ledger).sources {
      let feed: [Cell] = [
        .text(source.name), .number(Int64(source.count)), .instant(source.lastAt), .number(Int64(source.silentDays)),
        .text(source.isSilent ? "went silent" : nil),
      ]
      for one in series[source.name] ?? [] {
        rows.append(
          feed + [
            .text("\(one.prefix)\(one.first) … \(one.last)"), .number(Int64(one.count)),
            .number(Int64(clamping: one.missingCount)), .text(runs(one)),
          ])
      }
      if series[source.name] == nil { rows.append(feed + [.text(nil), .number(nil), .number(nil), .text(nil)]) }
    }
    return rows
  }

  /// `7, 9 to 12, …`; nil where nothing is missing.
  private static func runs(_ series: IdentifierSeries) -> String? {
    guard !series.missing.isEmpty else { return nil }
    let listed = series.missing.reduce(0) { $0 + ($1.upperBound - $1.lowerBound + 1) }
    let runs = series.missing.map { run in
      run.lowerBound == run.upperBound ? "\(run.lowerBound)" : "\(run.lowerBound) to \(run.upperBound)"
    }
    return (runs + (listed < series.missingCount ? ["…"] : [])).joined(separator: ", ")
  }
}

extension ImportCheck.Difference {
  fileprivate var sentence: String {
    switch self {
    case .lines(let stated, let sum):
      "it says \(stated) lines, but accepted + duplicates + conflicts + rejected are \(sum)"
    case .positions(let stated?, let accepted):
      "it says positions \(stated.lowerBound) to \(stated.upperBound), but \(accepted) accepted events"
    case .positions(nil, let accepted): "it says \(accepted) accepted events, and no position"
    case .order(let last, let finished): "its last event is said to be at \(last), but it was finished at \(finished)"
    case .amount(let currency, let stated, let found):
      "amounts\(currency.isEmpty ? " without a currency" : " in \(currency)"): it says \(stated?.text ?? "none"), the log "
        + "has \(found?.text ?? "none")"
    }
  }
}
