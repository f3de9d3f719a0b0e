import KeptFormat

/// The one writer of a ledger: holds its lock, continues where the commit point is, records events.
///
/// `append` is durable when it returns. `ingest` is for bulk: events are durable after `finish`, in between at least once
/// a segment. Use it from one thread. After a write or sync failed it refuses everything: the ledger must be opened again.
package final class LedgerWriter {
  package let folder: LedgerFolder
  package let settings: LedgerSettings
  package let geometry: LogGeometry
  /// What was found beyond the commit point and moved away when the ledger was opened.
  package let recovered: [(file: String, byteCount: Int)]
  /// Whether an erasure that was recorded, and then cut short, was finished on opening.
  package let hasFinishedErasure: Bool
  /// The position that the next event gets.
  package internal(set) var count: UInt64
  package internal(set) var lastRecorded: Instant?

  let disk: any Disk
  private let lock: any DiskLock
  let keys: KeyTable
  let sealer: Sealer
  var preparing: BatchPreparer
  let builder: BlockBuilder
  let output: LogOutput
  var index: IdentityIndex
  var directory: CustomerDirectory
  var keySource: KeySource
  var lookup: EventLookup
  /// One for each core; the first also serves this thread.
  let comparers: [EventComparer]
  var scratch = Sealer.Scratch()
  /// A line, and a commit's lines each behind its length; kept, so that no commit asks the system for memory.
  private var line = ByteSink(capacity: 1 << 10)
  private var lines = ByteSink(capacity: 1 << 12)
  /// The events after the last block, as recorded, and what they commit to.
  var tail: EventBatch
  var tailValues: SealedValues
  var bulk: BulkIngest?
  /// When the events of the bulk ingest's current commit are recorded.
  var bulkRecorded: Instant?
  private var namesFile: NamesFile.Appender
  private var failure: DiskError?

  /// How far the clock may be behind the last recorded instant.
  package static let clockBehindMax: Int64 = 24 * 3_600 * 1_000_000

  /// Offsets in a batch have 32 bits, and the values of a block are one LZ4 block: no block's events may have more bytes.
  static let blockArenaByteCountMax = 1_900 << 20

  /// Takes the lock, moves away what an unfinished write left behind, and reads what is needed to go on.
  ///
  /// - Parameters:
  ///   - workerCount: how many cores a bulk ingest may use.
  ///   - holder: who writes; told to whoever finds the ledger locked.
  /// - Throws: `LogError.locked`, `.damage` (nothing is written to a damaged ledger), or what `LedgerReader` throws.
  package init(
    _ path: String, disk: any Disk = PosixDisk.ofLedger, geometry: LogGeometry = .standard, workerCount: Int = 2,
    holder: String
  ) throws {
    let folder = LedgerFolder(path)
    _ = try Ledger.settings(folder, disk)
    switch try disk.lock(folder(LedgerFolder.lock), holder: holder) {
    case .held(let held): lock = held
    case .heldByOther(let other): throw LogError.locked(path: folder(LedgerFolder.lock), holder: other)
    case .untrusted(let fileSystem): throw LogError.untrustedLock(path: path, fileSystem: fileSystem)
    }
    var reader = try LedgerReader(path, disk: disk, geometry: geometry)
    if let damage = reader.damage { throw LogError.damage(damage) }
    var vault = try reader.vault()
    if let damage = vault.damage { throw LogError.damage(damage) }
    let secret = try Ledger.secret(folder, disk, reader.settings)
    recovered = try Recovery(reader, chunks: vault.chunks).moved
    let end = reader.sealedCount
    var known = try NamesFile.read(folder, disk, reader.settings.ledgerID, end: end)
    hasFinishedErasure = try Erasure.finish(reader, vault, known)
    if hasFinishedErasure {
      reader = try LedgerReader(path, disk: disk, geometry: geometry)
      vault = try reader.vault()
      known = try NamesFile.read(folder, disk, reader.settings.ledgerID, end: end)
    }
    self.folder = folder
    self.disk = disk
    self.geometry = geometry
    settings = reader.settings
    count = reader.count
    lastRecorded = try reader.lastRecorded()
    keys = KeyTable(firmKey: secret.firmKey)
    for chunk in vault.chunks where chunk.chunk.keyCount > 0 { keys.append(try vault.keys(in: chunk)) }
    tailValues = try reader.tailValues()
    keys.append(tailValues.keys)
    sealer = Sealer(settings)
    let fingerprint = SipHash(k0: secret.fingerprintKey.0, k1: secret.fingerprintKey.1)
    preparing = BatchPreparer(
      fingerprint: fingerprint, sealer: sealer, refusesPersonalIdentifiers: !settings.sealsCustomers)
    builder = BlockBuilder(sealer: sealer, keys: keys)
    output = try LogOutput(reader, vault: vault.chunks)
    tail = EventBatch()
    for (_, batch) in try reader.tailBatches() {
      tail.append(rows: 0..<batch.rows.count, sharingArenaOf: batch)
    }
    namesFile = NamesFile.Appender(known, erasedEnd: reader.count)
    directory = CustomerDirectory(try reader.completedNames(known), fingerprint: fingerprint)
    guard directory.count == keys.count else {
      throw LogError.damage(
        Damage(file: LedgerFolder.vault, offset: 0, kind: .misplaced("\(keys.count) keys of \(directory.count) customers")))
    }
    index = try IdentityIndex(folder, disk: disk, ledgerID: settings.ledgerID, end: end)
    keySource = KeySource(disk)
    lookup = EventLookup(reader)
    let (sealer, keys) = (sealer, keys)
    comparers = (0..<workerCount).map { _ in EventComparer(EventComparison(sealer: sealer, keys: keys)) }
    try indexEvents(vault)
    lookup.replacePieces([tailPiece()])
    try saveDerived(end: end, customers: output.customerCount)
  }

  deinit { lock.release() }

  /// Computes what `ingest` needs of a batch; call it from any thread.
  package var prepare: @Sendable (EventBatch) -> PreparedBatch {
    let preparing = preparing
    return { preparing($0) }
  }

  /// Lets customer ids be e-mail addresses and phone numbers although they are not sealed.
  package func allowPersonalIdentifiers() { preparing.refusesPersonalIdentifiers = false }

  /// Releases the lock. Events that were ingested and not finished are lost, as if the program had been killed.
  package func close() {
    bulk?.abandon()
    bulk = nil
    lock.release()
  }

  var sealedCount: UInt64 { output.position }

  /// The tail's events, to be looked up or, with their values, to be sealed. Whoever keeps the values has the next commit
  /// copy them all.
  func tailPiece(_ values: SealedValues? = nil) -> Piece {
    Piece(
      batch: tail, rows: 0..<tail.rows.count, firstPosition: count - UInt64(tail.rows.count), recorded: nil,
      values: values)
  }

  // MARK: Appending

  /// Records events; when it returns, those accepted are on disk. The batch is the writer's from now on.
  ///
  /// - Throws: `LogError` or `DiskError`; after the latter the writer is stopped and the events may or may not be there.
  package func append(_ batch: EventBatch, clock: Instant) throws -> [Outcome] {
    precondition(bulk == nil, "a bulk ingest is finished before events are appended")
    let recorded = try recordedInstant(clock)
    guard tail.bytes.count + tailValues.bytes.count + 2 * batch.bytes.count < Self.blockArenaByteCountMax else {
      throw LogError.full("bytes of one block's events")
    }
    let admission = try admit(preparing(batch))
    guard admission.acceptedCount > 0 else { return admission.outcomes }
    try stoppingOnFailure {
      let sealedBefore = sealedCount
      let records = try recordTail([
        Piece(batch: batch, rows: 0..<batch.rows.count, firstPosition: admission.firstPosition, recorded: recorded)
      ])
      if sealedCount > sealedBefore {
        try output.commit(records: records)
        try saveDerived(end: sealedCount, customers: output.customerCount)
      } else {
        try records.withUnsafeBytes { try output.append(records: $0) }
      }
    }
    lastRecorded = recorded
    return admission.outcomes
  }

  /// max(clock, last recorded).
  func recordedInstant(_ clock: Instant) throws -> Instant {
    if let failure { throw LogError.stopped(after: failure) }
    guard let lastRecorded else { return clock }
    guard clock >= lastRecorded - Self.clockBehindMax else {
      throw LogError.clockBehind(clock: clock, lastRecorded: lastRecorded)
    }
    return max(clock, lastRecorded)
  }

  /// Runs what changes files; whatever it throws, what is on disk is not known any more.
  func stoppingOnFailure<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as DiskError {
      failure = error
      throw error
    } catch LogError.stopped(let error) {
      failure = error
      throw error
    }
  }

  /// Moves admitted rows to the tail, sealing it into a block whenever it is full, and frames what is left as records.
  ///
  /// - Returns: the records of rows that are in the tail afterwards; nothing of them is written yet.
  func recordTail(_ pieces: [Piece]) throws -> [UInt8] {
    var records = ByteSink(capacity: 1 << 12)
    for piece in pieces {
      guard let recorded = piece.recorded else { preconditionFailure("events that are recorded are not recorded again") }
      let piece = piece.clamped(to: sealedCount + UInt64(tail.rows.count)..<piece.endPosition)
      var rest = piece.rows
      while !rest.isEmpty {
        let rows = nextRecord(of: piece.batch, rest)
        try appendRecord(piece.batch, rows, recorded, to: &records)
        rest = rows.upperBound..<rest.upperBound
        guard tail.rows.count == geometry.blockEventCount else { continue }
        let reference = try output.write(builder.build(tail, tailValues, firstPosition: sealedCount))
        lookup.blocks.append(reference)
        // Nobody looks anything up before the pieces are replaced below.
        tail.removeAll()
        tailValues = SealedValues()
        records.removeAll()
      }
    }
    lookup.replacePieces([tailPiece()])
    return records.bytes()
  }

  /// As many rows as fit the tail's block and a record of reasonable length.
  private func nextRecord(of batch: EventBatch, _ rows: Range<Int>) -> Range<Int> {
    let end = min(rows.upperBound, rows.lowerBound + geometry.blockEventCount - tail.rows.count)
    var byteCount = 0
    var row = rows.lowerBound
    while row < end, byteCount < 64 << 20 {
      byteCount += batch.byteCount(ofRow: row)
      row += 1
    }
    return rows.lowerBound..<row
  }

  private func appendRecord(
    _ batch: EventBatch, _ rows: Range<Int>, _ recorded: Instant, to records: inout ByteSink
  ) throws {
    batch.rows.withUnsafeMutableBufferPointer { for index in rows { $0[index].recorded = recorded } }
    var values = SealedValues()
    sealer.seal(batch, rows: rows, keys: keys, into: &values, rowOffset: 0, &scratch)
    lines.removeAll()
    CanonicalLine.appendCounted(of: batch, rows: rows, line: &line, to: &lines)
    lines.withUnsafeBytes { Tail.appendRecord(lines: $0, count: rows.count, values: values, to: &records) }
    tailValues.append(values, rowOffset: tail.rows.count)
    tail.append(rows: rows, sharingArenaOf: batch)
  }

  // MARK: What can be derived

  /// Fills the index with the events of blocks that its runs do not cover, and of the tail.
  private func indexEvents(_ vault: VaultReader) throws {
    try indexBlocks(Int(index.runsEnd / UInt64(geometry.blockEventCount))..<lookup.blocks.count, vault)
    indexEvents(tail, sealer.sealsIDs ? tailValues : nil, first: sealedCount)
  }

  private func indexBlocks(_ blocks: Range<Int>, _ vault: VaultReader) throws {
    for block in blocks {
      let positions = lookup.blocks[block].positions
      let values = sealer.sealsIDs ? try vault.values(ofBlock: block) : nil
      indexEvents(try lookup.events(ofBlock: block), values, first: positions.lowerBound)
      if (block + 1) % geometry.segmentBlockCount == 0 { try index.flush(before: positions.upperBound) }
    }
  }

  /// Builds the index's runs again where one of them turned out to be damaged.
  func rebuildIndex() throws {
    let end = Int(index.runsEnd / UInt64(geometry.blockEventCount))
    try index.removeRuns()
    let vault = try VaultReader(
      folder, disk: disk, ledgerID: settings.ledgerID, end: UInt64(end * geometry.blockEventCount), geometry: geometry)
    try indexBlocks(0..<end, vault)
    try index.flush(before: UInt64(end * geometry.blockEventCount))
  }

  /// - Parameter values: what the events commit to, where ids are sealed.
  private func indexEvents(_ events: EventBatch, _ values: SealedValues?, first: UInt64) {
    let field = TextField.id.name
    var message = ByteSink(capacity: 1_024)
    for row in events.rows.indices {
      message.removeAll()
      events.bytes.withUnsafeBufferPointer { bytes in
        var id = events.rows[row][.id]
        if events.rows[row].isSealed(.id) { id = ByteSlice(0, 0) }
        BatchPreparer.appendIdentity(events.rows[row][.source], id, bytes.pointer, to: &message)
      }
      if events.rows[row].isSealed(.id), let value = values?.value(row: row, field: field),
        let id = try? JSONValue.parse(Array(value)).string
      {
        message.append(id)
      }
      index.table.insert(message.withUnsafeBytes { preparing.fingerprint.hash($0) }, first + UInt64(row))
    }
  }

  /// Writes index and names of what is committed: nothing that a crash could make wrong, only older.
  func saveDerived(end: UInt64, customers: UInt32) throws {
    try index.flush(before: end)
    try namesFile.append(
      directory.names, upTo: Int(customers), end: end, folder: folder, disk: disk, ledgerID: settings.ledgerID)
  }
}
