import KeptFormat

/// First looks over the blocks, before touches are dealt out: which events speak about others, which accounts there are.
struct BlockScan {
  let blocks: [ReplayBlock]

  /// The corrections in force. Opens only blocks whose header lists a correcting kind or a `corrects` column.
  ///
  /// - Parameter positionOf: where the event of a source and id stands, or nil.
  func corrections(_ positionOf: (String, String) throws -> UInt64?) throws -> Corrections {
    var actions: [Corrections.Action] = []
    let columns = BlockColumns()
    for block in blocks {
      let hasMerges = block.header.kinds.contains { $0.kind == LedgerKind.customerMerged }
      guard hasMerges || block.header.column(.text(.corrects)) != nil else { continue }
      columns.begin(block.header, source: block.source)
      let kinds = try columns.codes(.kind)
      if hasMerges { actions += try merges(in: block, columns, kinds) }
      actions += try targets(in: block, columns, kinds, positionOf)
    }
    return Corrections(resolving: actions)
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

  private func targets(
    in block: ReplayBlock, _ columns: BlockColumns, _ kinds: CodeColumn, _ positionOf: (String, String) throws -> UInt64?
  ) throws -> [Corrections.Action] {
    let corrects = try columns.identifiers(.corrects)
    let sources = try columns.codes(.source)
    var sourceOfRow: [Int: String] = [:]
    for entry in columns.dataEntries where entry.key == "corrects_source" && entry.type == .string {
      let named = try columns.dataStrings(entry)
      for index in named.rows.indices { sourceOfRow[Int(named.rows[index])] = named.strings.string(index) }
    }
    var actions: [Corrections.Action] = []
    for index in corrects.rows.indices {
      let row = Int(corrects.rows[index])
      guard row < block.rowCount else { break }
      let source = sourceOfRow[row] ?? sources.word(row) ?? ""
      guard let target = try positionOf(source, corrects.strings.string(index)) else { continue }
      let isRetraction = kinds.word(row) == LedgerKind.eventRetracted
      actions.append(
        .init(
          position: block.header.firstPosition + UInt64(row),
          effect: isRetraction ? .retracts(target: target) : .replaces(target: target)))
    }
    return actions
  }

  /// The accounts, numbered from 1 in order of first appearance.
  func accounts() throws -> Strings {
    var accounts = Strings()
    let columns = BlockColumns()
    for block in blocks where block.header.column(.text(.account)) != nil {
      columns.begin(block.header, source: block.source)
      for word in try columns.codes(.account).dictionary.strings() { _ = accounts.intern(word) }
    }
    return accounts
  }
}

extension CodeColumn {
  /// The word of a row, or nil where it has none. For single rows, not for loops over a block.
  fileprivate func word(_ row: Int) -> String? { codes[row] == 0 ? nil : dictionary.string(Int(codes[row]) - 1) }
}
