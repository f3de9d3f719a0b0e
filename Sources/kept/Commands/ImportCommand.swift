import KeptFormat
import KeptIntake
import KeptLog

/// `kept import`: bulk load of files, each ending in an `import.finished` event.
enum ImportCommand {
  static let description = CommandDescription(
    name: "import",
    summary: "bulk load of JSON lines, CSV or CloudEvents",
    positionals: ["LEDGER", "FILE"],
    takesMorePositionals: true,
    options: [
      OptionDescription(
        "format", "jsonl|csv|cloudevents",
        "what the files are (by their names: .jsonl, .csv, .cloudevents.jsonl; else jsonl)"),
      OptionDescription("map", "MAP.json", "how a row becomes touchpoints: Sources/KeptIntake/Mapping.md"),
      OptionDescription("dry-run", nil, "reads and checks everything, writes nothing"),
      OptionDescription("strict", nil, "if any line of a file is rejected, nothing of that file lands"),
      OptionDescription("rejects", "FILE", "writes the rejected lines themselves there, as they stand in the source"),
    ],
    notes: """
      FILE may be packed (.lz4); "-" is standard input. An event that is already in the ledger (the same source and id) is
      counted as a duplicate and not written again, so an import that was stopped is finished by running it once more.
      A line that cannot be taken is told with file, line, field and reason, the rest lands, and the status is 1.
      """,
    examples: [
      "kept import shop Fixtures/shop/events.jsonl",
      "kept import shop --map Fixtures/shop/orders.map.json Fixtures/shop/orders.csv",
      "lz4 -dc Fixtures/servicenow/events.jsonl.lz4 | head -1000 | kept import shop -",
      "kept import shop --dry-run Fixtures/servicenow/events.jsonl.lz4",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let formats = SourceFormat.allCases.map(\.rawValue)
    let plan = Plan(
      ledger: arguments.positionals[0],
      format: try arguments.choice("format", of: formats).flatMap { SourceFormat(rawValue: $0) },
      map: try arguments.value("map").map { try readMapping($0) },
      isStrict: arguments.has("strict"), rejects: try arguments.value("rejects").map { try RejectFile($0) })
    let files = Array(arguments.positionals.dropFirst())
    if plan.isStrict, files.contains("-") {
      throw arguments.error("--strict reads a file twice, and standard input can be read only once")
    }
    return arguments.has("dry-run") ? try check(files, plan, context) : try load(files, plan, context)
  }

  /// What was asked for, the same for every file.
  private struct Plan {
    var ledger: String
    var format: SourceFormat?
    var map: Mapping?
    var isStrict: Bool
    var rejects: RejectFile?

    func source(_ file: String) -> ImportSource {
      ImportSource(path: file, format: format, mapping: map)
    }
  }

  /// Reads and parses; changes nothing.
  private static func check(_ files: [String], _ plan: Plan, _ context: Context) throws -> Status {
    _ = try LedgerReader(plan.ledger)
    var status = Status.sound
    for file in files {
      let (totals, _) = try parse(file, plan, context)
      if totals.rejectCount > 0 { status = .no }
      context.console.say(
        "\(name(file)): \(counted(totals.lineCount, "line")): \(grouped(totals.lineCount - totals.rejectCount)) could be "
          + "taken, \(grouped(totals.rejectCount)) rejected\(unmatched(totals)); nothing was written, duplicates were not "
          + "looked for")
    }
    try plan.rejects?.close()
    return status
  }

  /// Reads a whole file for its rejects.
  private static func parse(_ file: String, _ plan: Plan, _ context: Context) throws -> (SourceTotals, RejectTeller) {
    var teller = RejectTeller(context.console)
    let meter = ImportMeter(file, "reading", context.progress)
    let totals = try plan.source(file).forEachBatch { chunk in
      for reject in chunk.rejects {
        teller.tell(reject)
        try plan.rejects?.write(chunk.bytes(of: reject))
      }
      meter.add(byteCount: chunk.byteCount, eventCount: chunk.batch.rows.count)
    }
    meter.finish()
    teller.finish()
    return (totals, teller)
  }

  private static func load(_ files: [String], _ plan: Plan, _ context: Context) throws -> Status {
    let writer = try LedgerWriter(plan.ledger, holder: context.holder)
    defer { writer.close() }
    context.tell(recovered: writer.recovered, plan.ledger)
    var status = Status.sound
    for file in files {
      if plan.isStrict {
        let (totals, _) = try parse(file, plan, context)
        if totals.rejectCount > 0 {
          context.console.complain("kept: \(name(file)): nothing of it was recorded, because --strict was given")
          status = .no
          continue
        }
      }
      if try load(file: file, into: writer, plan, context) == .no { status = .no }
    }
    try plan.rejects?.close()
    return status
  }

  private static func load(file: String, into writer: LedgerWriter, _ plan: Plan, _ context: Context) throws -> Status {
    var tally = ImportTally()
    var teller = RejectTeller(context.console)
    let start = Progress.seconds()
    let meter = ImportMeter(file, "importing", context.progress)
    let list = RejectList(plan.ledger, position: writer.count)
    let prepare = writer.prepare
    let totals: SourceTotals
    do {
      totals = try plan.source(file).forEachBatch(prepare: prepare) { chunk, prepared in
        for reject in chunk.rejects {
          teller.tell(reject)
          try list.add(reject)
          try plan.rejects?.write(chunk.bytes(of: reject))
        }
        let admission = try writer.ingest(prepared, clock: context.now())
        for exception in admission.exceptions {
          teller.tell(exception, file)
          try list.add(exception, file)
        }
        tally.add(admission, prepared.batch)
        tally.rejected += chunk.rejects.count
        meter.add(byteCount: chunk.byteCount, eventCount: admission.acceptedCount)
      }
    } catch let error as IntakeError {
      // What came before the fault is good; without import.finished it is no import that ended.
      try writer.finish()
      try list.finish()
      if tally.accepted > 0 { context.console.say("\(name(file)): \(summary(tally)), before it could not be read on") }
      throw error
    }
    try writer.finish()
    try list.finish()
    let record = ImportRecord(
      file: file, byteCount: totals.byteCount, digest: totals.digest, mappingDigest: plan.map?.digest, tally: tally)
    try writer.append(record, clock: context.now())
    meter.finish()
    teller.finish()
    let seconds = Progress.seconds() - start
    context.console.say(
      "\(name(file)): \(summary(tally))\(unmatched(totals)) (\(tenths(seconds)) s, "
        + "\(grouped(Int(Double(record.lineCount) / max(seconds, 0.001)))) lines/s)")
    return tally.rejected + tally.conflicts > 0 ? .no : .sound
  }

  private static func readMapping(_ path: String) throws -> Mapping {
    try Mapping(bytes: try PosixDisk().contents(path), file: path, zone: ZoneRules.bytes)
  }

  private static func name(_ file: String) -> String { file == "-" ? "standard input" : file }

  private static func unmatched(_ totals: SourceTotals) -> String {
    totals.unmatchedCount > 0 ? ", \(grouped(totals.unmatchedCount)) rows without a touchpoint" : ""
  }

  private static func summary(_ tally: ImportTally) -> String {
    let lineCount = tally.accepted + tally.duplicates + tally.conflicts + tally.rejected
    let what =
      "\(counted(lineCount, "line")): \(grouped(tally.accepted)) accepted, \(grouped(tally.duplicates)) duplicates, "
      + "\(grouped(tally.conflicts)) conflicts, \(grouped(tally.rejected)) rejected"
    guard let positions = tally.positions else { return what }
    let (first, last) = (positions.lowerBound, positions.upperBound)
    return what + (first == last ? "; position \(first)" : "; positions \(first) to \(last)")
  }
}
