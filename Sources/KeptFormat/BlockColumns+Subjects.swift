/// Subjects: LogFormat, "Subjects".
extension BlockColumns {
  /// What refers to a subject, by row, and the entries that are spelled out; leaves them in `slot`.
  private func decodeReferences(
    _ reader: inout ByteReader, _ slot: ColumnSlot
  ) throws -> (references: UnsafePointer<UInt32>, explicit: UnsafePointer<UInt32>) {
    let references = slot.moreCodes.room(count)
    try codeStreams.decode(&reader, count: count, below: SubjectReference.limit, into: references, parents: self)
    var explicitCount = 0
    for i in 0..<count { explicitCount += references[i] == SubjectReference.explicit ? 1 : 0 }
    // One more, so that the loops below may look at the next one before they know that it is meant.
    let explicit = slot.numbers.room(explicitCount + 1)
    explicit[explicitCount] = 0
    try ints.decode(&reader, count: explicitCount, into: explicit)
    return (UnsafePointer(references), UnsafePointer(explicit))
  }

  /// The subject that a reference means, without branches: which one comes next cannot be predicted.
  ///
  /// - Parameter recent: the entries that the row's customer introduced: the last one, and above bit 32 the one before.
  @inline(__always)
  private static func subject(
    _ reference: UInt32, _ recent: UInt64, new: UInt32, explicit: UInt32
  ) -> UInt32 {
    var subject = reference == SubjectReference.new ? new : 0
    subject = reference == SubjectReference.latest ? UInt32(truncatingIfNeeded: recent) : subject
    subject = reference == SubjectReference.secondLatest ? UInt32(truncatingIfNeeded: recent >> 32) : subject
    return reference == SubjectReference.explicit ? explicit : subject
  }

  func decodeSubjects(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    let customerOf = try customerIndices()
    let customerCount = try customerList().count
    let start = reader.offset
    let (references, explicit) = try decodeReferences(&reader, slot)
    let latest = recentSubjects.filled(customerCount + 1, 0)
    let out = slot.codes.room(count)
    let introducers = slot.rows.room(count + 1)
    var entryCount: UInt32 = 0
    var next = 0
    var isSound = true
    for i in 0..<count {
      let customer = Int(customerOf[i])
      let recent = latest[customer]
      let reference = references[i]
      let isNew = reference == SubjectReference.new
      introducers[Int(entryCount)] = UInt32(truncatingIfNeeded: i)
      entryCount &+= isNew ? 1 : 0
      let subject = Self.subject(reference, recent, new: entryCount, explicit: explicit[next])
      next &+= reference == SubjectReference.explicit ? 1 : 0
      latest[customer] = isNew ? recent << 32 | UInt64(entryCount) : recent
      isSound = isSound && (subject != 0) == (reference != 0) && subject <= entryCount
      out[i] = subject
    }
    guard isSound else { throw FormatError(.invalid("a subject that was not introduced"), offset: start) }
    slot.rows.count = Int(entryCount)
    slot.strings.removeAll()
    try stringStreams.decode(&reader, count: Int(entryCount), into: slot.strings) {
      try groups($0, of: slot.rows.buffer)
    }
  }

  /// The subjects of `rows` alone: follows only the customers these rows belong to, and spells only their subjects.
  func decodeSubjects(
    _ reader: inout ByteReader, _ slot: ColumnSlot, at rows: UnsafeBufferPointer<UInt32>,
    into out: UnsafeMutablePointer<UInt32>
  ) throws {
    let customerOf = try customerIndices()
    let customerCount = try customerList().count
    let start = reader.offset
    let (references, explicit) = try decodeReferences(&reader, slot)
    let isAsked = askedCustomers.filled(customerCount + 1, false)
    for row in rows { isAsked[Int(customerOf[Int(row)])] = true }
    let latest = recentSubjects.filled(customerCount + 1, 0)
    let all = slot.codes.room(count)
    let introducers = slot.rows.room(count + 1)
    var entryCount: UInt32 = 0
    var next = 0
    var isSound = true
    for i in 0..<count {
      let reference = references[i]
      introducers[Int(entryCount)] = UInt32(truncatingIfNeeded: i)
      entryCount &+= reference == SubjectReference.new ? 1 : 0
      let spelledOut = explicit[next]
      next &+= reference == SubjectReference.explicit ? 1 : 0
      let customer = Int(customerOf[i])
      if !isAsked[customer] { continue }
      let recent = latest[customer]
      let subject = Self.subject(reference, recent, new: entryCount, explicit: spelledOut)
      if reference == SubjectReference.new { latest[customer] = recent << 32 | UInt64(entryCount) }
      isSound = isSound && (subject != 0) == (reference != 0) && subject <= entryCount
      all[i] = subject
    }
    guard isSound else { throw FormatError(.invalid("a subject that was not introduced"), offset: start) }
    slot.rows.count = Int(entryCount)
    // Entry 0 takes what rows without a subject say.
    let wanted = wantedSubjects.filled(Int(entryCount) + 1, false)
    for i in 0..<rows.count {
      out[i] = all[Int(rows[i])]
      wanted[Int(out[i])] = true
    }
    slot.strings.removeAll()
    try stringStreams.decode(&reader, count: Int(entryCount), wanted: wanted + 1, into: slot.strings) {
      try groups($0, of: slot.rows.buffer)
    }
  }
}
