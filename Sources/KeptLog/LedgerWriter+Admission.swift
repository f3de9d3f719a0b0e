import KeptFormat

extension LedgerWriter {
  /// Decides which rows of a batch are new and numbers those: positions, customers. The serial part of recording.
  ///
  /// Afterwards the batch holds the accepted rows only, in order, numbered; a customer's external id is left on the row
  /// that introduces it.
  func admit(_ prepared: PreparedBatch) throws -> Admission {
    if let (found, line) = prepared.personalIdentifier { throw LogError.personalIdentifier(found, line: line) }
    let batch = prepared.batch
    let first = count
    var exceptions: [Admission.Exception] = []
    for (row, byteCount) in prepared.tooLong {
      exceptions.append(.init(row: row, line: batch.rows[row].line, outcome: .tooLong(byteCount: byteCount)))
    }
    if first > 0 { try findKnown(prepared, into: &exceptions) }
    exceptions.sort { $0.row < $1.row }
    guard directory.hasRoom(for: batch) else { throw LogError.full("customers") }
    let accepted = try stoppingOnFailure { try number(prepared, &exceptions) }
    count += UInt64(accepted)
    return Admission(firstPosition: first, acceptedCount: accepted, exceptions: exceptions)
  }

  // MARK: Events of earlier batches

  /// Finds the rows whose identity the log has already.
  ///
  /// A file that is imported again repeats the log's order: after one hit the next row is compared with the next event
  /// before the index is asked at all.
  private func findKnown(_ prepared: PreparedBatch, into exceptions: inout [Admission.Exception]) throws {
    let batch = prepared.batch
    var skipped = exceptions.makeIterator()
    var nextSkipped = skipped.next()
    var hits: [Hit] = []
    var suspects: [(row: Int, position: UInt64)] = []
    var expected: UInt64?
    var found: [UInt64] = []
    var farReads = 0
    for row in 0..<batch.rows.count {
      if let skip = nextSkipped, skip.row == row {
        nextSkipped = skipped.next()
        continue
      }
      if let position = expected, position < count {
        let event = try lookup.event(at: position)
        if comparison.isSameIdentity(batch, row, as: event) {
          hits.append(Hit(row: row, position: position, event: event))
          expected = position + 1
          continue
        }
      }
      expected = nil
      found.removeAll(keepingCapacity: true)
      try findCandidates(prepared.fingerprints[row], into: &found)
      if found.isEmpty { continue }
      for position in found {
        if lookup.isFar(position) {
          // Reading blocks in the order of the rows could mean one for each row; in the order of positions, one each.
          farReads += 1
          if farReads > 4 {
            suspects.append((row, position))
            continue
          }
        }
        let event = try lookup.event(at: position)
        guard comparison.isSameIdentity(batch, row, as: event) else { continue }
        hits.append(Hit(row: row, position: position, event: event))
        expected = position + 1
      }
      // Hits keep their blocks in memory.
      if hits.count >= 1 << 16 { decide(&hits, batch, into: &exceptions) }
    }
    decide(&hits, batch, into: &exceptions)
    suspects.sort { $0.position < $1.position }
    for (row, position) in suspects {
      let event = try lookup.event(at: position)
      guard comparison.isSameIdentity(batch, row, as: event) else { continue }
      hits.append(Hit(row: row, position: position, event: event))
      if hits.count >= 1 << 12 { decide(&hits, batch, into: &exceptions) }
    }
    decide(&hits, batch, into: &exceptions)
  }

  /// Positions that the index holds under a fingerprint. A damaged index is built again from the log.
  private func findCandidates(_ fingerprint: UInt64, into found: inout [UInt64]) throws {
    do {
      try index.find(fingerprint, into: &found)
    } catch is LogError {
      try rebuildIndex()
      found.removeAll()
      try index.find(fingerprint, into: &found)
    }
  }

  private struct Hit {
    var row: Int
    var position: UInt64
    var event: EventComparison.Event
  }

  /// Compares the contents of rows with the events that have their identity.
  private func decide(_ hits: inout [Hit], _ batch: EventBatch, into exceptions: inout [Admission.Exception]) {
    for hit in hits {
      let isSame = comparison.isSameContent(batch, hit.row, numbers: numbers(batch, hit.row), as: hit.event)
      exceptions.append(
        Admission.Exception(
          row: hit.row, line: batch.rows[hit.row].line,
          outcome: isSame ? .duplicate(hit.position) : .conflict(hit.position)))
    }
    hits.removeAll(keepingCapacity: true)
  }

  /// The numbers of a row's customers; nil where one has none.
  private func numbers(_ batch: EventBatch, _ index: Int) -> EventComparison.Numbers? {
    let row = batch.rows[index]
    return batch.bytes.withUnsafeBytes { bytes in
      var numbers = EventComparison.Numbers()
      if row.customerName.isPresent {
        let name = Self.text(row.customerName, bytes)
        numbers.customer = directory.number(name, hash: directory.hash(name))
        if numbers.customer == 0 { return nil }
      }
      if row.otherCustomerName.isPresent {
        let name = Self.text(row.otherCustomerName, bytes)
        numbers.other = directory.number(name, hash: directory.hash(name))
        if numbers.other == 0 { return nil }
      }
      return numbers
    }
  }

  @inline(__always)
  private static func text(_ slice: ByteSlice, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + Int(slice.offset) }, count: Int(slice.count))
  }

  // MARK: Events of this batch

  /// Numbers the rows that are not excepted, finding those that repeat an earlier row of the batch on the way.
  ///
  /// - Returns: how many were accepted.
  private func number(_ prepared: PreparedBatch, _ exceptions: inout [Admission.Exception]) throws -> Int {
    let batch = prepared.batch
    let first = count
    var accepted: [UInt32] = []
    accepted.reserveCapacity(batch.rows.count)
    var numbered: [Numbered] = []
    numbered.reserveCapacity(batch.rows.count)
    var repeats: [Admission.Exception] = []
    var nextException = 0
    try batch.bytes.withUnsafeBytes { bytes in
      try batch.rows.withUnsafeBufferPointer { rows in
        try prepared.fingerprints.withUnsafeBufferPointer { fingerprints in
          for row in rows.indices {
            if nextException < exceptions.count, exceptions[nextException].row == row {
              nextException += 1
              continue
            }
            let fingerprint = fingerprints[row]
            if let known = repeated(batch, row, fingerprint, first, accepted, numbered) {
              repeats.append(.init(row: row, line: rows[row].line, outcome: known))
              continue
            }
            index.table.insert(fingerprint, first + UInt64(accepted.count))
            let name = rows[row].customerName
            var numbers = Numbered()
            if name.isPresent {
              numbers.customer = try customer(
                Self.text(name, bytes), prepared.customerHashes[row], &numbers.introducesCustomer)
            }
            if rows[row].otherCustomerName.isPresent {
              let other = Self.text(rows[row].otherCustomerName, bytes)
              numbers.other = try customer(other, directory.hash(other), &numbers.introducesOther)
            }
            accepted.append(UInt32(row))
            numbered.append(numbers)
          }
        }
      }
    }
    if !repeats.isEmpty {
      exceptions.append(contentsOf: repeats)
      exceptions.sort { $0.row < $1.row }
    }
    Self.keep(accepted, numbered, in: batch)
    return accepted.count
  }

  private struct Numbered {
    var customer: UInt32 = 0
    var other: UInt32 = 0
    var introducesCustomer = false
    var introducesOther = false
  }

  /// What becomes of a row whose identity an accepted row of the same batch has; nil for all others.
  @inline(__always)
  private func repeated(
    _ batch: EventBatch, _ row: Int, _ fingerprint: UInt64, _ first: UInt64, _ accepted: [UInt32],
    _ numbered: [Numbered]
  ) -> Outcome? {
    var slot = index.table.find(fingerprint)
    while slot >= 0 {
      let position = index.table.position(inSlot: slot)
      if position >= first {
        let place = Int(position - first)
        let event = EventComparison.Event(
          batch: batch, row: Int(accepted[place]), isRecorded: false,
          numbers: .init(customer: numbered[place].customer, other: numbered[place].other))
        if comparison.isSameIdentity(batch, row, as: event) {
          let isSame = comparison.isSameContent(batch, row, numbers: numbers(batch, row), as: event)
          return isSame ? .duplicate(position) : .conflict(position)
        }
      }
      slot = index.table.find(fingerprint, after: slot)
    }
    return nil
  }

  /// The number of a customer, a new one with a new key if there is none.
  @inline(__always)
  private func customer(_ name: UnsafeRawBufferPointer, _ hash: UInt64, _ isNew: inout Bool) throws -> UInt32 {
    let known = directory.number(name, hash: hash)
    if known != 0 { return known }
    isNew = true
    keys.append(try keySource.next())
    return directory.add(name, hash: hash)
  }

  /// Leaves the accepted rows only, with their numbers.
  private static func keep(_ accepted: [UInt32], _ numbered: [Numbered], in batch: EventBatch) {
    batch.rows.withUnsafeMutableBufferPointer { rows in
      for place in accepted.indices {
        let row = Int(accepted[place])
        if row != place { rows[place] = rows[row] }
        rows[place].customer = numbered[place].customer
        rows[place].otherCustomer = numbered[place].other
        if !numbered[place].introducesCustomer { rows[place].customerName = .absent }
        if !numbered[place].introducesOther { rows[place].otherCustomerName = .absent }
      }
    }
    batch.rows.removeLast(batch.rows.count - accepted.count)
  }
}
