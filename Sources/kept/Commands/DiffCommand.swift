import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// `kept diff`: what differs between two snapshots, and what made it so.
enum DiffCommand {
  static let description = CommandDescription(
    name: "diff",
    summary: "what differs between two snapshots, and the events, rules or erasures that made it so",
    positionals: ["OLD", "NEW"],
    options: [
      OptionDescription("ledger", "LEDGER", "the ledger both were made from (the one in whose snapshots folder they lie)"),
      OptionDescription("table", "NAME", "only this table", isRepeatable: true),
      OptionDescription(
        "rulebook", "FILE", "rules that one of them was made with, if neither built in nor adopted", isRepeatable: true),
      OptionDescription("format", "table|csv|jsonl", "how rows are written (table); csv and jsonl say in `part` what a row is"),
      OptionDescription("limit", "N", "at most N events of each cause, and N cells and rows of each table (5)"),
      OptionDescription("memory", "SIZE", "about how much memory may be used: 256M, 2G"),
      OptionDescription("jobs", "N", "how many cores work (all)"),
    ],
    notes: """
      OLD and NEW are folders of snapshots; OLD knows no more events than NEW. Values differ where their bits do.
      Causes: late events occurred by OLD's as-of and were recorded since; new events occurred after it; corrections took
      back, replaced or merged what was there; erasures, rule change, version, and as-of where only the clock moved. Where
      there are several, the tables are derived again step by step, in this order: erasures and version, late events,
      corrections, rules, new events. A cell that two steps change counts in both, and is shown as each found and left it.
      Status 0: no cell differs. 1: some do.
      """,
    examples: [
      #"kept diff "$(kept rebuild shop --known-at 250)" "$(kept rebuild shop)" || test $? = 1"#,
      "kept diff shop/snapshots/latest shop/snapshots/latest --table retention --format jsonl",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.tableFormat()
    let limit = try arguments.integer("limit", atLeast: 0) ?? 5
    let wanted = arguments.has("table") ? try arguments.tables(arguments.all("table")) : nil
    let old = try OpenedSnapshot(arguments.positionals[0])
    let new = try OpenedSnapshot(arguments.positionals[1])
    guard old.manifest.position <= new.manifest.position else {
      throw arguments.error("\(old.folder) was made from more events than \(new.folder): give the older one first")
    }
    if let missing = wanted?.first(where: { old.files[$0] == nil && new.files[$0] == nil }) {
      throw arguments.error("neither snapshot has a table \(missing.rawValue)")
    }
    var differences = try SnapshotDifferences(old, new, tables: wanted, limit: limit)
    guard !differences.isEqual else {
      context.console.say("no cell differs in \(grouped(differences.same.count)) tables")
      return .sound
    }
    var page = DiffPage()
    for row in differences.rows {
      page.add(.table, counts(row.counts).merging(["table_name": .text(row.table.rawValue), "note": .text(row.note)]) { $1 })
    }
    try addCauses(to: &page, old, new, &differences, limit, arguments, context)
    for sample in differences.samples {
      page.add(
        .cell,
        [
          "table_name": .text(sample.table.rawValue), "change": .text(sample.change.rawValue),
          "row_key": .text(sample.key), "column_name": .text(sample.column), "old": .text(sample.old),
          "new": .text(sample.new),
          "cause": .text(sample.cause?.rawValue),
        ])
    }
    page.print(as: format, to: context.console)
    if !differences.same.isEmpty {
      context.console.say("no cell differs in \(differences.same.map(\.rawValue).joined(separator: ", "))")
    }
    return .no
  }

  private static func counts(_ counts: TableComparison.Counts) -> [String: Cell] {
    [
      "rows_same": .number(Int64(counts.rowsSame)), "rows_changed": .number(Int64(counts.rowsChanged)),
      "rows_new": .number(Int64(counts.rowsNew)), "rows_gone": .number(Int64(counts.rowsGone)),
      "cells": .number(Int64(counts.cells)),
    ]
  }

  private static func addCauses(
    to page: inout DiffPage, _ old: OpenedSnapshot, _ new: OpenedSnapshot, _ differences: inout SnapshotDifferences,
    _ limit: Int, _ arguments: Arguments, _ context: Context
  ) throws {
    var causes = CausesFound(old.manifest, new.manifest)
    let path = arguments.value("ledger") ?? new.ledgerPath ?? old.ledgerPath
    let ledger = try path.map { try LedgerReader($0) }
    if let ledger {
      for snapshot in [old, new] { try ledger.requireOrigin(of: snapshot) }
      causes.add(
        try CauseEvents(
          ledger, try KnownLog(ledger, at: new.manifest.position), from: old.manifest, to: new.manifest, limit: limit))
    }
    let shares = try causes.shares(old, new, ledger, &differences, limit: limit, arguments, context)
    for cause in Cause.allCases where causes.all.contains(cause) {
      var cells: [String: Cell] = ["cause": .text(cause.rawValue), "note": .text(causes.notes[cause])]
      if let count = causes.events?.counts[cause] { cells["events"] = .number(Int64(count)) }
      if let share = shares[cause] {
        cells.merge(counts(share).filter { ["cells", "rows_new", "rows_gone"].contains($0.key) }) { $1 }
      }
      page.add(.cause, cells)
    }
    for cause in Cause.allCases {
      for line in causes.events?.lines[cause] ?? [] {
        page.add(
          .event,
          [
            "cause": .text(cause.rawValue), "position": .number(Int64(line.position)), "recorded": .instant(line.recorded),
            "time": .instant(line.time), "kind": .text(line.kind), "source": .text(line.source), "id": .text(line.id),
            "customer": .text(line.customer), "note": .text(line.note),
          ])
      }
    }
    if causes.all.isEmpty {
      context.console.complain(
        "kept: nothing explains the difference: the same events, rules and versions\n"
          + "Next: `kept verify LEDGER --snapshot DIR` says which of the two the log gives.")
    } else if ledger == nil {
      context.console.complain(
        "kept: which events did it only the ledger can say\nNext: give the ledger both were made from with --ledger.")
    }
  }
}
