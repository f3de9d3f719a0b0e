import Dispatch
import KeptFormat
import Synchronization

/// The events of a tail, parsed when somebody first asks for them, on all cores.
///
/// A tail may hold 65,535 lines and 15 MiB, and most who open a ledger need none of it, or only the bytes.
final class TailEvents: Sendable {
  /// Some consecutive events of a tail: as many as parse, encode or hash in one go on one core.
  struct Run: Sendable {
    var firstPosition: UInt64
    var count: Int
    /// The records it is in; the first and the last may be shared with its neighbours.
    var records: Range<Int>
    /// The lines of the first record that belong to runs before.
    var skippedCount: Int
  }

  private let contents: Tail.Contents
  let count: Int
  let runs: [Run]
  private let parsed = Mutex<[EventBatch]?>(nil)
  private let read = Mutex<SealedValues?>(nil)

  /// - Parameter contents: nil where no event of the tail is served.
  init(_ contents: Tail.Contents?, of ledgerID: LedgerID, geometry: LogGeometry) {
    let contents = contents ?? Tail.Contents(header: FileHeader(.tail, ledgerID))
    self.contents = contents
    count = contents.eventCount
    var runs: [Run] = []
    var record = 0
    for start in stride(from: 0, to: count, by: geometry.tailRunEventCount) {
      let count = min(geometry.tailRunEventCount, count - start)
      let first = contents.header.firstPosition + UInt64(start)
      while contents.records[record].positions.upperBound <= first { record += 1 }
      var last = record
      while contents.records[last].positions.upperBound < first + UInt64(count) { last += 1 }
      runs.append(
        Run(
          firstPosition: first, count: count, records: record..<last + 1,
          skippedCount: Int(first - contents.records[record].firstPosition)))
      record = last
    }
    self.runs = runs
  }

  /// The last record as it is stored, and where.
  var lastRecord: (offset: Int, bytes: [UInt8])? {
    contents.records.last.map { ($0.offset, Array(contents.bytes[$0.offset..<$0.offset + $0.byteCount])) }
  }

  /// The events of each run.
  ///
  /// - Throws: `LogError.damage` for a line that is none, though its record's checksum holds.
  func batches() throws(LogError) -> [EventBatch] {
    if let known = parsed.withLock({ $0 }) { return known }
    let runs = runs
    let results = Mutex([Result<EventBatch, LogError>?](repeating: nil, count: runs.count))
    DispatchQueue.concurrentPerform(iterations: runs.count) { index in
      let result = Result { () throws(LogError) in try parse(runs[index]) }
      results.withLock { $0[index] = result }
    }
    var batches: [EventBatch] = []
    for result in results.withLock({ $0 }) { batches.append(try result!.get()) }
    parsed.withLock { $0 = batches }
    return batches
  }

  private func parse(_ run: Run) throws(LogError) -> EventBatch {
    let batch = EventBatch()
    let records = contents.records[run.records]
    // Lines of other runs in its records cost address space only; entries are what most events have, and a few more.
    let byteCount = records.reduce(0) { $0 + $1.lines.count }
    batch.bytes.reserveCapacity(byteCount * run.count / max(run.count, records.reduce(0) { $0 + $1.count }) + 1_024)
    batch.rows.reserveCapacity(run.count)
    batch.data.reserveCapacity(2 * run.count)
    try forEachLine(of: run) { (line, record, _) throws(LogError) in
      do throws(CanonicalLine.Failure) {
        try CanonicalLine.parse(line.assumingMemoryBound(to: UInt8.self), into: batch)
      } catch {
        let offset = contents.bytes.withUnsafeBytes { line.baseAddress! - $0.baseAddress! } + (error.offset ?? 0)
        throw LogError.damage(
          Damage(
            file: LedgerFolder.tail, offset: offset, positions: record.positions,
            kind: .malformed("a line that is not canonical")))
      }
    }
    return batch
  }

  /// Hands over the lines of a run as they are stored, with the record and the place in the run of each.
  private func forEachLine(
    of run: Run, _ body: (UnsafeRawBufferPointer, Tail.Record, Int) throws(LogError) -> Void
  ) throws(LogError) {
    try contents.bytes.withUnsafeBufferPointer { (bytes) throws(LogError) in
      let bytes = UnsafeRawBufferPointer(bytes)
      var skipped = run.skippedCount
      var place = 0
      for record in contents.records[run.records] {
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[record.lines]))
        for _ in 0..<record.count where place < run.count {
          // Lengths were checked when the tail was read.
          guard let byteCount = try? reader.varint(), let line = try? reader.bytes(Int(byteCount)) else {
            preconditionFailure("the lengths of a record's lines changed")
          }
          if skipped > 0 {
            skipped -= 1
            continue
          }
          try body(line, record, place)
          place += 1
        }
      }
    }
  }

  /// The leaves of the first `count` events: the lines as they are stored.
  func leafHashes(_ count: Int) -> [Digest] {
    [Digest](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Every run writes to places of its own.
      nonisolated(unsafe) let leaves = buffer
      DispatchQueue.concurrentPerform(iterations: runs.count) { index in
        let start = Int(runs[index].firstPosition - contents.header.firstPosition)
        guard start < count else { return }
        var messages = SHA256Messages()
        var hashed = start
        // Nothing is thrown by a body that throws nothing.
        try? forEachLine(of: runs[index]) { line, _, place in
          guard start + place < count else { return }
          messages.append { sink in
            sink.append(0 as UInt8)
            sink.append(line)
          }
          guard place % 256 == 255 else { return }
          messages.hash(into: leaves.baseAddress! + hashed)
          messages.removeAll()
          hashed = start + place + 1
        }
        messages.hash(into: leaves.baseAddress! + hashed)
      }
      initialized = count
    }
  }

  /// One event's line as it is stored.
  func line(_ place: Int) -> [UInt8] {
    guard var run = runs.first(where: { place < Int($0.firstPosition - contents.header.firstPosition) + $0.count }) else {
      preconditionFailure("event \(place) of a tail of \(count)")
    }
    let start = Int(run.firstPosition - contents.header.firstPosition)
    run.count = place - start + 1
    var found: [UInt8] = []
    try? forEachLine(of: run) { line, _, at in
      if at == place - start { found = Array(line) }
    }
    return found
  }

  /// When the last event was recorded, without the others being parsed.
  func lastRecorded() throws(LogError) -> Instant? {
    guard var run = runs.last else { return nil }
    let last = contents.records.count - 1
    run.records = last..<last + 1
    run.skippedCount = contents.records[last].count - 1
    run.firstPosition += UInt64(run.count - 1)
    run.count = 1
    return try parse(run).rows[0].recorded
  }

  /// The first line that is not spelled as its event is hashed.
  func firstMisspelling(_ run: Int, _ batch: EventBatch) -> Damage? {
    var written = ByteSink(capacity: 1_024)
    var found: Damage?
    try? forEachLine(of: runs[run]) { line, _, place in
      guard found == nil else { return }
      written.removeAll()
      CanonicalLine.append(place, of: batch, form: .recorded, to: &written)
      if written.withUnsafeBytes({ $0.elementsEqual(line) }) { return }
      let position = runs[run].firstPosition + UInt64(place)
      let offset = contents.bytes.withUnsafeBytes { line.baseAddress! - $0.baseAddress! }
      found = Damage(
        file: LedgerFolder.tail, offset: offset, positions: position..<position + 1,
        kind: .malformed("a line that is not canonical"))
    }
    return found
  }

  /// The keys that the records introduce and the values they commit to; row 0 is the tail's first event.
  ///
  /// - Throws: `LogError.damage` where a record holds something else, though its checksum holds.
  func values() throws(LogError) -> SealedValues {
    if let known = read.withLock({ $0 }) { return known }
    var all = SealedValues()
    for record in contents.records {
      let values = try values(of: record)
      if values.keyCount > 0, all.keyCount > 0 {
        let expected = Int(all.firstKeyNumber) + all.keyCount
        guard expected == Int(values.firstKeyNumber) else {
          throw damage(.invalid("keys of customer \(values.firstKeyNumber), not of \(expected)"), in: record)
        }
      }
      all.append(values, rowOffset: place(of: record))
    }
    read.withLock { $0 = all }
    return all
  }

  /// The tail's file with other sealed values, and the same lines in the same records.
  ///
  /// - Parameter change: given a record's values and the place of its first event; nil where they stay.
  /// - Returns: nil where all stay.
  func rewritten(_ change: (SealedValues, Int) throws -> SealedValues?) throws -> [UInt8]? {
    var sink = ByteSink(capacity: contents.bytes.count)
    contents.header.append(to: &sink)
    var isChanged = false
    for record in contents.records {
      let old = try values(of: record)
      let new = try change(old, place(of: record))
      isChanged = isChanged || new != nil
      contents.bytes.withUnsafeBytes { bytes in
        let lines = UnsafeRawBufferPointer(rebasing: bytes[record.lines])
        Tail.appendRecord(lines: lines, count: record.count, values: new ?? old, to: &sink)
      }
    }
    return isChanged ? sink.bytes() : nil
  }

  private func place(of record: Tail.Record) -> Int { Int(record.firstPosition - contents.header.firstPosition) }

  private func damage(_ kind: FormatError.Kind, in record: Tail.Record) -> LogError {
    let error = FormatError(kind, offset: 0)
    return .damage(Damage(file: LedgerFolder.tail, offset: record.values.lowerBound, positions: record.positions, error))
  }

  /// What one record introduces and commits to; row 0 is its first event.
  private func values(of record: Tail.Record) throws(LogError) -> SealedValues {
    let result = contents.bytes.withUnsafeBytes { bytes -> Result<SealedValues, FormatError> in
      Result { () throws(FormatError) in
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[record.values]))
        var values = SealedValues()
        values.firstKeyNumber = UInt32(try reader.count(atMost: Int(UInt32.max), "number of a customer"))
        let keyCount = try reader.count(atMost: reader.remaining / CustomerKey.byteCount, "number of keys")
        values.keys = Array(try reader.bytes(keyCount * CustomerKey.byteCount))
        try values.readEntries(&reader, rowCount: record.count)
        return values
      }
    }
    do throws(FormatError) {
      return try result.get()
    } catch {
      throw LogError.damage(
        Damage(file: LedgerFolder.tail, offset: record.values.lowerBound, positions: record.positions, error))
    }
  }
}
