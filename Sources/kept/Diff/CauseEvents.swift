import KeptFormat
import KeptLog
import KeptReplay
import KeptSnapshot

/// Why two snapshots differ.
enum Cause: String, CaseIterable {
  /// They were made by other versions of the program or its formats.
  case version
  /// Customers were forgotten in between: where ids are open, they have no name any more.
  case erasures
  /// Recorded since the older snapshot; they occurred by its as-of.
  case late = "late events"
  /// Imports that left lines out, which `sources` counts.
  case imports
  /// What since then took back, replaced or merged, and so acts on the past too.
  case corrections
  case rules = "rule change"
  /// They occurred after the older snapshot's as-of.
  case new = "new events"
  /// Only the clock moved.
  case asOf = "as-of"
}

/// The events that lie between two snapshots of one ledger, by what they are to the older one.
struct CauseEvents {
  struct Line {
    var position: UInt64
    var recorded: Instant
    var time: Instant
    var kind: String
    var source: String?
    var id: String?
    var customer: String?
    /// What a correction hits.
    var note: String?
  }

  private(set) var counts: [Cause: Int] = [:]
  /// The first of each, as many as were asked for.
  private(set) var lines: [Cause: [Line]] = [:]
  private let old: Manifest
  private let new: Manifest
  private let limit: Int
  private let labels: CustomerLabels
  private let effects: [UInt64: [Corrections.Action.Effect]]
  private let forgotten: [UInt64: UInt32]
  private let imports: [UInt64: String]

  /// - Parameter log: as the newer snapshot knew it.
  init(_ ledger: LedgerReader, _ log: KnownLog, from old: Manifest, to new: Manifest, limit: Int) throws {
    self.old = old
    self.new = new
    self.limit = limit
    labels = try ledger.labels()
    effects = Dictionary(
      grouping: log.actions.filter { $0.position >= old.position && $0.position < new.position }, by: \.position
    ).mapValues { $0.map(\.effect) }
    forgotten = Dictionary(
      try ledger.forgotten(from: old.position).map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    imports = Dictionary(
      try ledger.imports().compactMap { position, _, record in
        let tally = record.tally
        guard position >= old.position, tally.duplicates + tally.conflicts + tally.rejected > 0 else { return nil }
        let left = [(tally.duplicates, "duplicates"), (tally.conflicts, "conflicts"), (tally.rejected, "rejected")]
          .filter { $0.0 > 0 }.map { "\(grouped($0.0)) \($0.1)" }
        return (position, "\(record.file): \(left.joined(separator: ", "))")
      }, uniquingKeysWith: { first, _ in first })
    try scan(ledger)
  }

  private enum KindClass {
    case touch, adoption, otherOfLedger

    init(_ kind: String) {
      self = kind == AdoptionRecord.kind ? .adoption : LedgerKind.all.contains(kind) ? .otherOfLedger : .touch
    }
  }

  /// What an event between the two is; nil: nothing that could tell them apart.
  private func cause(_ position: UInt64, _ time: Instant, _ kind: KindClass) -> Cause? {
    guard position < new.position else { return nil }
    let isKnownSince = position >= old.position
    if isKnownSince {
      if forgotten[position] != nil { return .erasures }
      if effects[position] != nil { return .corrections }
      if imports[position] != nil { return .imports }
    }
    switch kind {
    case .touch: break
    case .adoption: return isKnownSince && old.rulebook != new.rulebook ? .rules : nil
    case .otherOfLedger: return nil
    }
    if time > old.asOf { return time <= new.asOf ? .new : nil }
    if time > new.asOf { return isKnownSince ? nil : .asOf }
    return isKnownSince ? .late : nil
  }

  private mutating func scan(_ ledger: LedgerReader) throws {
    let columns = BlockColumns()
    let (first, last) = (min(old.asOf, new.asOf), max(old.asOf, new.asOf))
    for block in ledger.blocks where block.header.firstPosition < new.position {
      let header = block.header
      guard block.positions.upperBound > old.position || (header.timeMax > first && header.timeMin <= last) else { continue }
      do {
        columns.begin(header, source: ledger.source(for: block))
        let times = try columns.times()
        let kinds = try columns.codes(.kind).codes
        let classes = [.touch] + header.kinds.map { KindClass($0.kind) }
        var shown: [(row: Int, cause: Cause)] = []
        for row in 0..<times.count {
          let position = header.firstPosition + UInt64(row)
          guard let cause = cause(position, times[row], classes[Int(kinds[row])]) else { continue }
          counts[cause, default: 0] += 1
          if counts[cause]! <= limit { shown.append((row, cause)) }
        }
        guard !shown.isEmpty else { continue }
        let batch = EventBatch()
        try columns.decodeAll(into: batch)
        for (row, cause) in shown { try add(batch, row, header.firstPosition + UInt64(row), cause, ledger) }
      } catch {
        throw ledger.error(error, in: block)
      }
    }
    for (first, batch) in try ledger.tailBatches() {
      for (row, event) in batch.rows.enumerated() {
        let position = first + UInt64(row)
        guard let cause = cause(position, event.time, KindClass(batch.string(event[.kind]) ?? "")) else { continue }
        counts[cause, default: 0] += 1
        if counts[cause]! <= limit { try add(batch, row, position, cause, ledger) }
      }
    }
  }

  private mutating func add(
    _ batch: EventBatch, _ index: Int, _ position: UInt64, _ cause: Cause, _ ledger: LedgerReader
  ) throws {
    let row = batch.rows[index]
    func text(_ field: TextField) -> String? { row.isSealed(field) ? nil : batch.string(row[field]) }
    let number = forgotten[position] ?? row.customer
    let hits = try (effects[position] ?? []).map { try sentence($0, ledger) }
    lines[cause, default: []].append(
      Line(
        position: position, recorded: row.recorded, time: row.time, kind: text(.kind) ?? "", source: text(.source),
        id: text(.id), customer: number == 0 ? nil : labels[number],
        note: hits.isEmpty ? imports[position] : hits.joined(separator: "; ")))
  }

  private func sentence(_ effect: Corrections.Action.Effect, _ ledger: LedgerReader) throws -> String {
    switch effect {
    case .retracts(let target): "takes back \(try name(target, ledger))"
    case .replaces(let target): "replaces \(try name(target, ledger))"
    case .merges(let customer, let other): "\(labels[other]) is \(labels[customer])"
    }
  }

  /// `12, order.placed of C-1003`.
  private func name(_ position: UInt64, _ ledger: LedgerReader) throws -> String {
    let (batch, index) = try ledger.event(at: position)
    let row = batch.rows[index]
    let kind = batch.string(row[.kind]) ?? ""
    return "\(position), \(kind)" + (row.customer == 0 ? "" : " of \(labels[row.customer])")
  }
}

extension LedgerReader {
  /// The event at a position, which must be served: a row of a batch.
  fileprivate func event(at position: UInt64) throws -> (batch: EventBatch, row: Int) {
    guard position < sealedCount else {
      let (first, batch) = try tailBatches().last { $0.firstPosition <= position }!
      return (batch, Int(position - first))
    }
    let block = blocks[Int(position) / geometry.blockEventCount]
    let batch = EventBatch()
    let columns = BlockColumns()
    columns.begin(block.header, source: source(for: block))
    do { try columns.decodeAll(into: batch) } catch { throw self.error(error, in: block) }
    return (batch, Int(position - block.header.firstPosition))
  }
}
