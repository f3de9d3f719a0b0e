import Dispatch
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
    var marks = try marks(prepared.fingerprints)
    for exception in exceptions { marks[exception.row] = false }
    var hits: [Hit] = []
    var suspects: [(row: Int, position: UInt64)] = []
    var expected: UInt64?
    var found: [UInt64] = []
    var farReads = 0
    for row in marks.indices where marks[row] {
      if let position = expected, position < count {
        let event = try lookup.event(at: position)
        if comparers[0].comparison.isSameIdentity(batch, row, as: event) {
          hits.append(Hit(row: row, position: position, event: event))
          expected = position + 1
          continue
        }
      }
      expected = nil
      found.removeAll(keepingCapacity: true)
      try findCandidates(prepared.fingerprints[row], into: &found)
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
        guard comparers[0].comparison.isSameIdentity(batch, row, as: event) else { continue }
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
      guard comparers[0].comparison.isSameIdentity(batch, row, as: event) else { continue }
      hits.append(Hit(row: row, position: position, event: event))
      if hits.count >= 1 << 12 { decide(&hits, batch, into: &exceptions) }
    }
    decide(&hits, batch, into: &exceptions)
  }

  /// Which fingerprints the index may hold. A damaged index is built again from the log.
  private func marks(_ fingerprints: [UInt64]) throws -> [Bool] {
    do {
      return try index.mayContain(fingerprints)
    } catch is LogError {
      try rebuildIndex()
      return try index.mayContain(fingerprints)
    }
  }

  /// Positions that the index holds under a fingerprint.
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

  /// Compares the contents of rows with the events that have their identity, on all cores where they are many.
  private func decide(_ hits: inout [Hit], _ batch: EventBatch, into exceptions: inout [Admission.Exception]) {
    guard !hits.isEmpty else { return }
    let numbers = hits.map { self.numbers(batch, $0.row) }
    let share = hits.count < 1_024 ? hits.count : (hits.count + comparers.count - 1) / comparers.count
    let shareCount = (hits.count + share - 1) / share
    var verdicts = [Bool](repeating: false, count: hits.count)
    verdicts.withUnsafeMutableBufferPointer { buffer in
      // Every iteration has hits, verdicts and a comparer of its own; the events are only read.
      nonisolated(unsafe) let verdicts = buffer
      let hits = hits
      let comparers = comparers
      DispatchQueue.concurrentPerform(iterations: shareCount) { number in
        for index in number * share..<min((number + 1) * share, hits.count) {
          verdicts[index] = comparers[number].comparison.isSameContent(
            batch, hits[index].row, numbers: numbers[index], as: hits[index].event)
        }
      }
    }
    for (hit, isSame) in zip(hits, verdicts) {
      exceptions.append(
        Admission.Exception(
          row: hit.row, line: batch.rows[hit.row].line,
          outcome: isSame ? .duplicate(hit.position) : .conflict(hit.position)))
    }
    hits.removeAll(keepingCapacity: true)
  }

  /// The numbers of a row's customers.
  private func numbers(_ batch: EventBatch, _ index: Int) -> EventComparison.Numbers {
    let (customer, other) = batch.rows.withUnsafeBufferPointer { ($0[index].customerName, $0[index].otherCustomerName) }
    return batch.bytes.withUnsafeBytes { bytes in
      var numbers = EventComparison.Numbers()
      if customer.isPresent {
        let name = customer.text(in: bytes)
        let number = directory.number(name, hash: directory.hash(name))
        numbers.customer = number == 0 ? nil : number
      }
      if other.isPresent {
        let name = other.text(in: bytes)
        let number = directory.number(name, hash: directory.hash(name))
        numbers.other = number == 0 ? nil : number
      }
      return numbers
    }
  }

  // MARK: Events of this batch

  /// Numbers the rows that are not excepted, finding those that repeat an earlier row of the batch on the way.
  ///
  /// - Returns: how many were accepted.
  private func number(_ prepared: PreparedBatch, _ exceptions: inout [Admission.Exception]) throws -> Int {
    let batch = prepared.batch
    let first = count
    var accepted: [Int] = []
    accepted.reserveCapacity(batch.rows.count)
    var numbers: [CustomerDirectory.Numbers] = []
    numbers.reserveCapacity(batch.rows.count)
    var repeats: [Admission.Exception] = []
    var row = 0
    var known = exceptions.startIndex
    try batch.bytes.withUnsafeBytes { bytes in
      try batch.rows.withUnsafeBufferPointer { rows in
        try prepared.fingerprints.withUnsafeBufferPointer { fingerprints in
          while row < rows.count {
            // A run of rows that nothing is known against, up to the first that may repeat one of them.
            let end = known < exceptions.endIndex ? exceptions[known].row : rows.count
            let run = UnsafeBufferPointer(rebasing: fingerprints[row..<end])
            let newCount = index.table.insert(run, at: first + UInt64(accepted.count), notSince: first)
            accepted.append(contentsOf: row..<row + newCount)
            try directory.number(
              row..<row + newCount, of: rows, bytes, prepared.customerHashes, keys: keys, source: &keySource,
              into: &numbers)
            row += newCount
            guard row < rows.count else { break }
            if row == end {
              known += 1
            } else if let outcome = repeated(batch, row, fingerprints[row], first, accepted, numbers) {
              repeats.append(.init(row: row, line: rows[row].line, outcome: outcome))
            } else {
              // Equal fingerprints, different events.
              index.table.insert(fingerprints[row], first + UInt64(accepted.count))
              accepted.append(row)
              try directory.number(
                row..<row + 1, of: rows, bytes, prepared.customerHashes, keys: keys, source: &keySource, into: &numbers)
            }
            row += 1
          }
        }
      }
    }
    if !repeats.isEmpty {
      exceptions.append(contentsOf: repeats)
      exceptions.sort { $0.row < $1.row }
    }
    Self.keep(accepted, numbers, in: batch)
    return accepted.count
  }

  /// What becomes of a row whose identity an accepted row of the same batch has; nil for all others.
  private func repeated(
    _ batch: EventBatch, _ row: Int, _ fingerprint: UInt64, _ first: UInt64, _ accepted: [Int],
    _ numbers: [CustomerDirectory.Numbers]
  ) -> Outcome? {
    var slot = index.table.find(fingerprint)
    while slot >= 0 {
      let position = index.table.position(inSlot: slot)
      if position >= first {
        let place = Int(position - first)
        let event = EventComparison.Event(
          batch: batch, row: accepted[place], isRecorded: false,
          numbers: .init(customer: numbers[place].customer, other: numbers[place].other))
        if comparers[0].comparison.isSameIdentity(batch, row, as: event) {
          let isSame = comparers[0].comparison.isSameContent(batch, row, numbers: self.numbers(batch, row), as: event)
          return isSame ? .duplicate(position) : .conflict(position)
        }
      }
      slot = index.table.find(fingerprint, after: slot)
    }
    return nil
  }

  /// Leaves the accepted rows only, with their numbers.
  private static func keep(_ accepted: [Int], _ numbers: [CustomerDirectory.Numbers], in batch: EventBatch) {
    batch.rows.withUnsafeMutableBufferPointer { rows in
      for place in accepted.indices {
        let row = accepted[place]
        if row != place { rows[place] = rows[row] }
        rows[place].customer = numbers[place].customer
        rows[place].otherCustomer = numbers[place].other
        if !numbers[place].introducesCustomer { rows[place].customerName = .absent }
        if !numbers[place].introducesOther { rows[place].otherCustomerName = .absent }
      }
    }
    batch.rows.removeLast(batch.rows.count - accepted.count)
  }
}
