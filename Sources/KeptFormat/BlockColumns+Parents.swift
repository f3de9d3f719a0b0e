/// Codes that others may depend on, and text fields at a few rows only.
extension BlockColumns: CodeParents {
  func parentCodes(_ parent: CodeParent, at rows: UnsafeBufferPointer<UInt32>?) throws -> ParentCodes {
    let kindLimit = header.kinds.count + 1
    switch parent {
    case .none: preconditionFailure("codes without a parent do not ask for one")
    case .kind:
      let kinds = try codes(.kind).codes
      if !knowsKindCounts {
        let counts = kindCounts.room(kindLimit)
        counts[0] = 0
        for (index, kind) in header.kinds.enumerated() { counts[index + 1] = UInt32(kind.count) }
        knowsKindCounts = true
      }
      return ParentCodes(parent: parent, codes: pick(kinds, at: rows), limit: kindLimit, counts: kindCounts.pointer)
    case .customer:
      let indices = try customerIndices()
      return ParentCodes(parent: parent, codes: pick(indices, at: rows), limit: try customerList().count + 1)
    case .agentOrKind:
      let kinds = try codes(.kind).codes
      let agents = try rows.map { try codes(.agent, at: $0) } ?? codes(.agent)
      let firstKind = UInt32(agents.dictionary.count + 1)
      let joined = agentOrKind.room(agents.codes.count)
      for i in 0..<agents.codes.count {
        joined[i] = agents.codes[i] != 0 ? agents.codes[i] : firstKind + kinds[rows.map { Int($0[i]) } ?? i]
      }
      return ParentCodes(parent: parent, codes: UnsafePointer(joined), limit: Int(firstKind) + kindLimit)
    }
  }

  /// The rows of some kinds, ascending, by their codes in `codes(.kind)`; nil where they are so many that a look at every
  /// row costs less. Valid until the next call, as long as no column is read.
  public func rows(ofKinds isWanted: (Int) -> Bool) throws -> UnsafeBufferPointer<UInt32>? {
    if !knowsKindRows {
      kindRows.sort(try codes(.kind).codes, limit: header.kinds.count + 1)
      knowsKindRows = true
    }
    return kindRows.rows(where: isWanted)
  }

  private func pick(
    _ codes: UnsafeBufferPointer<UInt32>, at rows: UnsafeBufferPointer<UInt32>?
  ) -> UnsafePointer<UInt32> {
    guard let rows else { return codes.baseAddress! }
    let out = pickedParents.room(rows.count)
    for i in 0..<rows.count { out[i] = codes[Int(rows[i])] }
    return UnsafePointer(out)
  }

  /// The values of a text field as `codes(_:)` has them, but only of `rows`, ascending: `codes[i]` is that of `rows[i]`.
  ///
  /// Of a subject's dictionary only the entries that stand in these rows mean anything. Valid until the field is asked
  /// for again.
  public func codes(_ field: TextField, at rows: UnsafeBufferPointer<UInt32>) throws -> CodeColumn {
    let slot = slot(.text(field))
    let out = slot.picked.room(rows.count)
    guard slot.parts == 0, field != .kind, let entry = header.column(.text(field)) else {
      let all = try codes(field)
      for i in 0..<rows.count { out[i] = all.codes[Int(rows[i])] }
      return CodeColumn(dictionary: all.dictionary, codes: slot.picked.buffer)
    }
    try load(entry, isWhole: false) { reader in
      if field == .subject {
        try decodeSubjects(&reader, slot, at: rows, into: out)
      } else {
        try decodeDictionary(&reader, into: slot.strings, atMost: count)
        try codeStreams.decode(
          &reader, count: count, below: slot.strings.count + 1, at: rows, into: out, parents: self)
      }
    }
    return CodeColumn(dictionary: BlockStrings(slot.strings), codes: slot.picked.buffer)
  }
}
