import KeptFormat

/// What one import was and did: written as an `import.finished` event, so that completeness can be controlled (law 7).
package struct ImportRecord: Sendable, Equatable {
  package static let kind = "import.finished"
  package static let source = "kept"

  package var file: String
  package var byteCount: UInt64
  /// Of the file as stored.
  package var digest: Digest
  /// Of the mapping's canonical JSON; nil where none was used.
  package var mappingDigest: Digest?
  /// accepted + duplicates + conflicts + rejected.
  package var lineCount: Int
  package var tally: ImportTally

  /// - Parameter lineCount: as it was recorded; nil: what the tally gives.
  package init(
    file: String, byteCount: UInt64, digest: Digest, mappingDigest: Digest? = nil, tally: ImportTally,
    lineCount: Int? = nil
  ) {
    self.file = file
    self.byteCount = byteCount
    self.digest = digest
    self.mappingDigest = mappingDigest
    self.tally = tally
    self.lineCount = lineCount ?? tally.accepted + tally.duplicates + tally.conflicts + tally.rejected
  }
}

/// What an import counts while it runs.
package struct ImportTally: Sendable, Equatable {
  package var accepted = 0
  package var duplicates = 0
  package var conflicts = 0
  package var rejected = 0
  /// Positions of the accepted events: the first and the last; nil where there is none.
  package var positions: ClosedRange<UInt64>?
  /// Of the accepted events, by currency, "" where an amount has none; sorted when written.
  package var amounts: [String: DecimalSum] = [:]

  package init() {}

  /// Counts a batch that was just ingested; it holds the accepted rows.
  package mutating func add(_ admission: Admission, _ batch: EventBatch) {
    accepted += admission.acceptedCount
    for exception in admission.exceptions {
      switch exception.outcome {
      case .accepted: preconditionFailure("an accepted row is no exception")
      case .duplicate: duplicates += 1
      case .conflict: conflicts += 1
      case .tooLong: rejected += 1
      }
    }
    guard admission.acceptedCount > 0 else { return }
    let last = admission.firstPosition + UInt64(admission.acceptedCount) - 1
    positions = (positions?.lowerBound ?? admission.firstPosition)...last
    addAmounts(batch)
  }

  private mutating func addAmounts(_ batch: EventBatch) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.rows.withUnsafeBufferPointer { rows in
        // Currencies come in long runs, and most events have no amount.
        var current: ArraySlice<UInt8> = []
        var sum: DecimalSum?
        for index in rows.indices {
          let amount = rows[index].amount
          guard amount.isPresent else { continue }
          let slice = rows[index][.currency]
          let start = Int(slice.offset)
          let currency = slice.isPresent ? bytes[start..<start + Int(slice.count)] : bytes[0..<0]
          if !currency.elementsEqual(current) {
            flush(current, sum)
            sum = nil
            current = ArraySlice(currency)
          }
          sum = sum ?? DecimalSum()
          sum?.add(amount)
        }
        flush(current, sum)
      }
    }
  }

  private mutating func flush(_ currency: ArraySlice<UInt8>, _ sum: DecimalSum?) {
    guard let sum else { return }
    amounts[String(decoding: currency, as: UTF8.self), default: DecimalSum()].add(sum)
  }
}

/// A sum of exact decimals that cannot overflow while fewer than 2^60 are added: whole units, and 10^-18ths beside them.
package struct DecimalSum: Sendable, Equatable {
  private var units: Int128 = 0
  /// |fraction| < 10^18.
  private var fraction: Int64 = 0

  private static let unit: Int64 = 1_000_000_000_000_000_000

  package init() {}

  package mutating func add(_ value: ExactDecimal) {
    var scale: Int64 = 1
    for _ in 0..<value.scale { scale *= 10 }
    add(units: Int128(value.mantissa / scale), fraction: (value.mantissa % scale) * (Self.unit / scale))
  }

  package mutating func add(_ other: DecimalSum) {
    add(units: other.units, fraction: other.fraction)
  }

  private mutating func add(units: Int128, fraction: Int64) {
    self.units += units
    self.fraction += fraction
    if self.fraction >= Self.unit || self.fraction <= -Self.unit {
      self.units += self.fraction > 0 ? 1 : -1
      self.fraction -= self.fraction > 0 ? Self.unit : -Self.unit
    }
    // One sign for both, so that equal sums have equal members: 2 and -0.5 are 1.5.
    if self.units > 0, self.fraction < 0 {
      self.units -= 1
      self.fraction += Self.unit
    } else if self.units < 0, self.fraction > 0 {
      self.units += 1
      self.fraction -= Self.unit
    }
  }

  /// In decimal digits, exactly.
  package var text: String {
    let digits = String(fraction.magnitude)
    var decimals = String(repeating: "0", count: 18 - digits.count) + digits
    while decimals.last == "0" { decimals.removeLast() }
    let sign = units < 0 || fraction < 0 ? "-" : ""
    return sign + String(units.magnitude) + (decimals.isEmpty ? "" : "." + decimals)
  }
}

extension ImportRecord {
  /// The event that says so, to be appended. Its id is the position it takes: no other event of this source has it.
  package func event(position: UInt64, time: Instant) -> EventBatch {
    var members: [JSONMember] = [
      JSONMember("file", .string(file)),
      JSONMember("bytes", .number(ExactDecimal(Int64(clamping: byteCount)))),
      JSONMember("sha256", .string(digest.hex)),
      JSONMember("lines", .number(ExactDecimal(Int64(lineCount)))),
      JSONMember("accepted", .number(ExactDecimal(Int64(tally.accepted)))),
      JSONMember("duplicates", .number(ExactDecimal(Int64(tally.duplicates)))),
      JSONMember("conflicts", .number(ExactDecimal(Int64(tally.conflicts)))),
      JSONMember("rejected", .number(ExactDecimal(Int64(tally.rejected)))),
    ]
    if let mappingDigest { members.append(JSONMember("mapping", .string(mappingDigest.hex))) }
    if let positions = tally.positions {
      members.append(JSONMember("first_position", .number(ExactDecimal(Int64(positions.lowerBound)))))
      members.append(JSONMember("last_position", .number(ExactDecimal(Int64(positions.upperBound)))))
    }
    if !tally.amounts.isEmpty {
      // As text: a sum may have more digits than a number of the log.
      let sums = tally.amounts.map { JSONMember($0.key, .string($0.value.text)) }
      members.append(JSONMember("amounts", .object(sums)))
    }
    return SystemEvent.batch(
      kind: Self.kind, source: Self.source, id: "\(Self.kind)-\(position)", time: time, data: members)
  }

  /// Reads an `import.finished` event back; nil where the row is something else.
  package init?(_ batch: EventBatch, row: Int) {
    guard batch.string(batch.rows[row][.kind]) == Self.kind, batch.string(batch.rows[row][.source]) == Self.source else {
      return nil
    }
    let data = SystemEvent.data(batch, row: row)
    func count(_ key: String) -> Int? { data[key]?.integer.flatMap { Int(exactly: $0) } }
    guard let file = data["file"]?.string, let byteCount = count("bytes"), let lineCount = count("lines"),
      let digest = data["sha256"]?.string.flatMap({ Digest(hex: $0) }), let accepted = count("accepted"),
      let duplicates = count("duplicates"), let conflicts = count("conflicts"), let rejected = count("rejected")
    else { return nil }
    var tally = ImportTally()
    tally.accepted = accepted
    tally.duplicates = duplicates
    tally.conflicts = conflicts
    tally.rejected = rejected
    if let first = count("first_position"), let last = count("last_position"), first >= 0, first <= last {
      tally.positions = UInt64(first)...UInt64(last)
    }
    for member in data["amounts"]?.members ?? [] {
      guard let sum = member.value.string.flatMap({ DecimalSum(text: $0) }) else { return nil }
      tally.amounts[member.key] = sum
    }
    self.init(
      file: file, byteCount: UInt64(byteCount), digest: digest,
      mappingDigest: data["mapping"]?.string.flatMap { Digest(hex: $0) }, tally: tally, lineCount: lineCount)
  }
}

extension DecimalSum {
  /// From what `text` writes.
  init?(text: String) {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int128(parts[0]) else { return nil }
    let decimals = parts.count == 2 ? String(parts[1]) : ""
    guard decimals.count <= 18, let part = Int64(decimals + String(repeating: "0", count: 18 - decimals.count)) else {
      return nil
    }
    self.init()
    add(units: isNegative ? -whole : whole, fraction: isNegative ? -part : part)
  }
}

/// Events that Kept itself records.
package enum SystemEvent {
  package static func batch(
    kind: String, source: String, id: String, time: Instant, data: [JSONMember]
  ) -> EventBatch {
    let batch = EventBatch()
    var row = EventRow()
    row[.source] = batch.add(source.utf8)
    row[.id] = batch.add(id.utf8)
    row[.kind] = batch.add(kind.utf8)
    row.time = time
    for member in data.sorted(by: { JSONText.isOrdered($0.key, before: $1.key) }) {
      let key = batch.add(member.key.utf8)
      let value = member.value.canonical()
      // What is written as JSON reads back as an entry.
      if let entry = try? value.withUnsafeBufferPointer({ try CanonicalValue.parse($0, key: key, into: batch) }) {
        batch.data.append(entry)
      }
    }
    row.dataCount = UInt32(batch.data.count)
    batch.rows.append(row)
    return batch
  }

  /// A row's open data as JSON values.
  static func data(_ batch: EventBatch, row: Int) -> JSONValue {
    let row = batch.rows[row]
    let entries = batch.data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)]
    return .object(
      entries.compactMap { entry in
        guard entry.type != .sealed else { return nil }
        var sink = ByteSink()
        batch.bytes.withUnsafeBufferPointer { bytes in
          if let base = bytes.baseAddress { CanonicalValue.append(entry, bytes: base, to: &sink) }
        }
        guard let key = batch.string(entry.key), let value = try? JSONValue.parse(sink.bytes()) else { return nil }
        return JSONMember(key, value)
      })
  }
}

extension LedgerWriter {
  /// Records that an import is finished; `finish` was called before.
  package func append(_ record: ImportRecord, clock: Instant) throws {
    let time = try recordedInstant(clock)
    _ = try append(record.event(position: count, time: time), clock: clock)
  }
}

extension LedgerReader {
  /// Every finished import, in order of position; only blocks that have one are read.
  package func imports() throws -> [(position: UInt64, recorded: Instant, record: ImportRecord)] {
    var found: [(position: UInt64, recorded: Instant, record: ImportRecord)] = []
    func add(_ events: EventBatch, first: UInt64) {
      let kind = Array(ImportRecord.kind.utf8)
      for row in events.rows.indices {
        let slice = events.rows[row][.kind]
        guard Int(slice.count) == kind.count,
          events.bytes[Int(slice.offset)..<Int(slice.offset) + kind.count].elementsEqual(kind),
          let record = ImportRecord(events, row: row)
        else { continue }
        found.append((first + UInt64(row), events.rows[row].recorded, record))
      }
    }
    let columns = BlockColumns()
    for block in blocks where block.header.kinds.contains(where: { $0.kind == ImportRecord.kind }) {
      let events = EventBatch()
      columns.begin(block.header, source: source(for: block))
      do { try columns.decodeAll(into: events) } catch { throw self.error(error, in: block) }
      add(events, first: block.header.firstPosition)
    }
    for (first, batch) in try tailBatches() { add(batch, first: first) }
    return found
  }
}
