import KeptFormat

/// First looks over the blocks, before touches are dealt out: which events speak about others, which accounts there are.
struct BlockScan {
  let blocks: [ReplayBlock]

  /// What events say about others, in no order. Opens only blocks whose header lists a correcting kind or a `corrects`
  /// column, and, where there is a correction, the ids of all, for an id says nothing of its place.
  func actions() throws -> [Corrections.Action] {
    var actions: [Corrections.Action] = []
    var references: [Reference] = []
    let columns = BlockColumns()
    for block in blocks {
      let hasMerges = block.header.kinds.contains { $0.kind == LedgerKind.customerMerged }
      let hasReferences = block.header.column(.text(.corrects)) != nil
      guard hasMerges || hasReferences else { continue }
      columns.begin(block.header, source: block.source)
      let kinds = try columns.codes(.kind)
      if hasMerges { actions += try merges(in: block, columns, kinds) }
      if hasReferences { references += try self.references(in: block, columns, kinds) }
    }
    guard !references.isEmpty else { return actions }
    let positions = try positions(of: Set(references.map(\.target)))
    for reference in references {
      guard let target = positions[reference.target] else { continue }
      actions.append(
        .init(
          position: reference.position,
          effect: reference.isRetraction ? .retracts(target: target) : .replaces(target: target)))
    }
    return actions
  }

  /// What an event is known by (law 6).
  private struct Identity: Hashable {
    var source: String
    var id: String
  }

  /// An event that names another one.
  private struct Reference {
    var position: UInt64
    var target: Identity
    var isRetraction: Bool
  }

  private func merges(
    in block: ReplayBlock, _ columns: BlockColumns, _ kinds: CodeColumn
  ) throws -> [Corrections.Action] {
    let customers = [0] + Array(try columns.customerList())
    let indices = try columns.customerIndices()
    let others = try columns.otherCustomers()
    var actions: [Corrections.Action] = []
    for index in others.rows.indices {
      let row = Int(others.rows[index])
      guard row < block.rowCount, kinds.word(row) == LedgerKind.customerMerged else { continue }
      actions.append(
        .init(
          position: block.header.firstPosition + UInt64(row),
          effect: .merges(
            customer: customers[Int(indices[row])], other: UInt32(truncatingIfNeeded: others.values[index]))))
    }
    return actions
  }

  private func references(
    in block: ReplayBlock, _ columns: BlockColumns, _ kinds: CodeColumn
  ) throws -> [Reference] {
    let corrects = try columns.identifiers(.corrects)
    let sources = try columns.codes(.source)
    var sourceOfRow: [Int: String] = [:]
    for entry in columns.dataEntries where entry.key == "corrects_source" && entry.type == .string {
      let named = try columns.dataStrings(entry)
      for index in named.rows.indices { sourceOfRow[Int(named.rows[index])] = named.strings.string(index) }
    }
    var references: [Reference] = []
    for index in corrects.rows.indices {
      let row = Int(corrects.rows[index])
      guard row < block.rowCount else { break }
      references.append(
        Reference(
          position: block.header.firstPosition + UInt64(row),
          target: Identity(source: sourceOfRow[row] ?? sources.word(row) ?? "", id: corrects.strings.string(index)),
          isRetraction: kinds.word(row) == LedgerKind.eventRetracted))
    }
    return references
  }

  /// Where the events of these identities stand. An index would need the vault's secret; a replay does without.
  private func positions(of wanted: Set<Identity>) throws -> [Identity: UInt64] {
    let wantedSources = Set(wanted.map(\.source))
    let wantedHashes = Set(wanted.map { Self.hash(Array($0.id.utf8)) })
    var positions: [Identity: UInt64] = [:]
    let columns = BlockColumns()
    for block in blocks {
      columns.begin(block.header, source: block.source)
      let sources = try columns.codes(.source)
      guard sources.dictionary.strings().contains(where: wantedSources.contains) else { continue }
      let ids = try columns.identifiers(.id)
      for index in ids.rows.indices where wantedHashes.contains(Self.hash(ids.strings[index])) {
        let row = Int(ids.rows[index])
        guard row < block.rowCount else { break }
        let identity = Identity(source: sources.word(row) ?? "", id: ids.strings.string(index))
        if wanted.contains(identity) { positions[identity] = block.header.firstPosition + UInt64(row) }
      }
    }
    return positions
  }

  /// Tells most ids apart by their first and last bytes.
  private static func hash(_ id: some Collection<UInt8>) -> UInt64 {
    var hash = UInt64(id.count)
    for byte in id.prefix(8) { hash = hash &* 31 &+ UInt64(byte) }
    for byte in id.suffix(8) { hash = hash &* 31 &+ UInt64(byte) }
    return hash
  }

  /// The kinds of all touches that count, sorted, and when the first of them occurred.
  ///
  /// A block of which all events are touches that count says both in its header; the others are opened only where they
  /// could say something that is not known yet.
  func touches(_ corrections: Corrections) throws -> (kinds: [String], earliest: Instant) {
    var kinds: Set<String> = []
    var earliest = Instant.max
    var others: [ReplayBlock] = []
    for block in blocks {
      let header = block.header
      let start = header.firstPosition
      let isWhole = block.rowCount == Int(header.count)
        && corrections.deadRange(from: start, to: start + UInt64(header.count)).isEmpty
      guard isWhole, !header.kinds.contains(where: { LedgerKind.all.contains($0.kind) }) else {
        others.append(block)
        continue
      }
      kinds.formUnion(header.kinds.map(\.kind))
      earliest = min(earliest, header.timeMin)
    }
    let columns = BlockColumns()
    for block in others {
      let new = block.header.kinds.map { !LedgerKind.all.contains($0.kind) && !kinds.contains($0.kind) }
      guard new.contains(true) || block.header.timeMin < earliest else { continue }
      columns.begin(block.header, source: block.source)
      let codes = try columns.codes(.kind)
      let times = try columns.times()
      let isTouch = [false] + block.header.kinds.map { !LedgerKind.all.contains($0.kind) }
      let start = block.header.firstPosition
      let dead = Set(corrections.dead[corrections.deadRange(from: start, to: start + UInt64(block.rowCount))])
      var isThere = [Bool](repeating: false, count: isTouch.count)
      for row in 0..<block.rowCount where isTouch[Int(codes.codes[row])] && !dead.contains(start + UInt64(row)) {
        isThere[Int(codes.codes[row])] = true
        earliest = min(earliest, times[row])
      }
      for (place, kind) in block.header.kinds.enumerated() where isThere[place + 1] { kinds.insert(kind.kind) }
    }
    return (kinds.sorted(), earliest)
  }

  /// The accounts, numbered from 1 in order of first appearance.
  func accounts() throws -> Strings {
    var accounts = Strings()
    let met = WordCodes()
    let columns = BlockColumns()
    for block in blocks where block.header.column(.text(.account)) != nil {
      columns.begin(block.header, source: block.source)
      _ = met.codes(of: try columns.codes(.account).dictionary) { accounts.intern($0) }
    }
    return accounts
  }
}

extension CodeColumn {
  /// The word of a row, or nil where it has none. For single rows, not for loops over a block.
  fileprivate func word(_ row: Int) -> String? { codes[row] == 0 ? nil : dictionary.string(Int(codes[row]) - 1) }
}
