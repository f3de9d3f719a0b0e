import KeptFormat

/// That a rulebook was adopted: from this event on, whoever names no rules of their own measures by these.
///
/// The whole rulebook stands in the event, so that it is known for as long as the log is. It is one string: an object would
/// be taken apart like anybody's data, and members called `name` be sealed.
package struct AdoptionRecord: Sendable, Equatable {
  package static let kind = "rulebook.adopted"
  private static let rules = "rules"
  private static let digest = "digest"
  private static let actor = "actor"
  private static let reason = "reason"
  private static let version = "kept"
  fileprivate static let keys: Set<String> = [rules, digest, actor, reason, version]

  /// Canonical JSON, defaults filled in.
  package var rules: String
  /// SHA-256 of `rules`, as a manifest names it.
  package var digest: Digest
  package var actor: String
  package var reason: String
  /// Of the program that adopted it, which knew every key.
  package var version: String

  package init(rules: [UInt8], actor: String, reason: String, version: String) {
    self.rules = String(decoding: rules, as: UTF8.self)
    digest = rules.withUnsafeBytes { SHA256.hash($0) }
    self.actor = actor
    self.reason = reason
    self.version = version
  }

  /// The event that says so, to be appended. Its id is the position it takes: no other event of this source has it.
  func event(position: UInt64, time: Instant) -> EventBatch {
    SystemEvent.batch(
      kind: Self.kind, source: ImportRecord.source, id: "\(Self.kind)-\(position)", time: time,
      data: [
        JSONMember(Self.rules, .string(rules)), JSONMember(Self.digest, .string(digest.hex)),
        JSONMember(Self.actor, .string(actor)), JSONMember(Self.reason, .string(reason)),
        JSONMember(Self.version, .string(version)),
      ])
  }

  /// From what an event's data says; nil where it is not what `event` writes.
  fileprivate init?(_ data: [String: String]) {
    guard let rules = data[Self.rules], let digest = data[Self.digest].flatMap({ Digest(hex: $0) }),
      let actor = data[Self.actor], let reason = data[Self.reason], let version = data[Self.version]
    else { return nil }
    self.init(rules: Array(rules.utf8), actor: actor, reason: reason, version: version)
    guard self.digest == digest else { return nil }
  }
}

/// An adopted rulebook, and where the log says so.
package struct Adoption: Sendable {
  package var position: UInt64
  package var recorded: Instant
  package var record: AdoptionRecord
}

extension LedgerWriter {
  /// Records that a rulebook was adopted; durable when it returns.
  ///
  /// - Returns: the event's position, or how many bytes its line would have, which are more than a line may have: nothing
  ///   was then written.
  package func adopt(_ record: AdoptionRecord, clock: Instant) throws -> Outcome {
    try append(record.event(position: count, time: try recordedInstant(clock)), clock: clock)[0]
  }
}

extension LedgerReader {
  /// The newest rulebook adopted before a position; nil where there is none.
  package func adoption(before end: UInt64) throws -> Adoption? {
    try adoptions(before: end, newestOnly: true).last
  }

  /// Every rulebook adopted before a position, in order. Of blocks that list the kind a few columns are decoded, no others.
  package func adoptions(before end: UInt64) throws -> [Adoption] { try adoptions(before: end, newestOnly: false) }

  private func adoptions(before end: UInt64, newestOnly: Bool) throws -> [Adoption] {
    var found: [Adoption] = []
    if end > sealedCount {
      for (first, batch) in try tailBatches() where first < end { found += Self.adoptions(batch, first, before: end) }
    }
    for (index, block) in blocks.enumerated().reversed() where block.header.firstPosition < end {
      if newestOnly, !found.isEmpty { break }
      guard let kind = block.header.kinds.firstIndex(where: { $0.kind == AdoptionRecord.kind }) else { continue }
      let first = block.header.firstPosition
      var own: [Adoption]
      do { own = try adoptions(block, kind: UInt32(kind + 1)) } catch { throw self.error(error, in: block) }
      // Where a block has more keys than columns, they do not all have a column of their own.
      if own.count < block.header.kinds[kind].count { own = Self.adoptions(try events(ofBlock: index), first, before: end) }
      found.insert(contentsOf: own.filter { $0.position < end }, at: 0)
    }
    return found
  }

  private func adoptions(_ block: BlockReference, kind: UInt32) throws -> [Adoption] {
    let columns = BlockColumns()
    columns.begin(block.header, source: source(for: block))
    let kinds = try columns.codes(.kind).codes
    let recorded = try columns.recorded()
    var data: [Int: [String: String]] = [:]
    for row in kinds.indices where kinds[row] == kind { data[row] = [:] }
    for entry in columns.dataEntries where entry.type == .string && AdoptionRecord.keys.contains(entry.key) {
      let strings = try columns.dataStrings(entry)
      for index in strings.rows.indices where data[Int(strings.rows[index])] != nil {
        data[Int(strings.rows[index])]![entry.key] = strings.strings.string(index)
      }
    }
    return data.sorted { $0.key < $1.key }.compactMap { row, data in
      AdoptionRecord(data).map {
        Adoption(position: block.header.firstPosition + UInt64(row), recorded: recorded[row], record: $0)
      }
    }
  }

  private static func adoptions(_ events: EventBatch, _ first: UInt64, before end: UInt64) -> [Adoption] {
    let rows = events.rows.prefix(Int(clamping: end - first))
    return rows.indices.compactMap { index in
      guard events.is(rows[index], kind: AdoptionRecord.kind) else { return nil }
      let members = SystemEvent.data(events, row: index).members ?? []
      let data = Dictionary(
        members.compactMap { member in member.value.string.map { (member.key, $0) } }, uniquingKeysWith: { $1 })
      return AdoptionRecord(data).map {
        Adoption(position: first + UInt64(index), recorded: rows[index].recorded, record: $0)
      }
    }
  }
}

extension EventBatch {
  /// Whether an event is of a kind; no string is made for it.
  fileprivate func `is`(_ row: EventRow, kind: String) -> Bool {
    let slice = row[.kind]
    return Int(slice.count) == kind.utf8.count
      && bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)].elementsEqual(kind.utf8)
  }
}
