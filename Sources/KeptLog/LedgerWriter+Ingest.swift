import KeptFormat

extension LedgerWriter {
  /// Records a prepared batch in bulk: blocks are built on other threads, the commit point moves once a segment.
  ///
  /// The batch is the writer's from now on: it holds the accepted rows, numbered, and must not be changed. Nothing is
  /// promised to be on disk before `finish` returns.
  package func ingest(_ prepared: PreparedBatch, clock: Instant) throws -> Admission {
    let bulk = try beginBulk()
    try takeProgress(bulk)
    if count % UInt64(geometry.segmentEventCount) == 0 || bulkRecorded == nil {
      bulkRecorded = try recordedInstant(clock)
    }
    try makeRoom(for: prepared.batch, bulk)
    let admission = try admit(prepared)
    guard admission.acceptedCount > 0 else { return admission }
    try stoppingOnFailure {
      try queue(prepared.batch, first: admission.firstPosition, clock)
      while count - bulk.submittedEnd >= UInt64(geometry.blockEventCount) { try submitBlock(bulk) }
    }
    return admission
  }

  /// Ends a bulk ingest: everything is on disk when it returns. Does nothing where none was begun.
  package func finish() throws {
    guard let bulk else { return }
    try stoppingOnFailure {
      // While the last blocks are built. Should they never be committed, the next open removes the run.
      try index.addRun(before: bulk.submittedEnd)
      bulk.drain()
      try takeProgress(bulk)
      let rest = lookup.pieces.filter { $0.endPosition > sealedCount && $0.recorded != nil }
      if sealedCount > bulk.firstPosition {
        tail = EventBatch()
        tailValues = SealedValues()
      }
      let records = try recordTail(rest)
      if sealedCount > bulk.firstPosition {
        try output.commit(records: records)
      } else if !records.isEmpty {
        try records.withUnsafeBytes { try output.append(records: $0) }
      }
      try saveDerived(end: sealedCount, customers: output.customerCount)
    }
    self.bulk = nil
    bulkRecorded = nil
  }

  /// Waits for blocks under way where events are so large that memory would not do.
  private func makeRoom(for batch: EventBatch, _ bulk: BulkIngest) throws {
    func isTight() -> Bool {
      lookup.pieces.reduce(batch.bytes.count) { $0 + $1.batch.bytes.count } > Self.blockArenaByteCountMax
    }
    guard isTight() else { return }
    bulk.drain()
    try takeProgress(bulk)
    if isTight() { throw LogError.full("bytes of one block's events") }
  }

  private func beginBulk() throws -> BulkIngest {
    if let bulk { return bulk }
    let (sealer, keys) = (sealer, keys)
    let bulk = BulkIngest(output, geometry: geometry, jobs: 3) { BlockBuilder(sealer: sealer, keys: keys) }
    self.bulk = bulk
    lookup.replacePieces([tailPiece(tailValues)])
    return bulk
  }

  /// Appends the accepted rows to what waits for a block; a commit, that is a segment, has one recorded instant.
  private func queue(_ batch: EventBatch, first: UInt64, _ clock: Instant) throws {
    var next = 0
    while next < batch.rows.count {
      let position = first + UInt64(next)
      if position % UInt64(geometry.segmentEventCount) == 0 { bulkRecorded = try recordedInstant(clock) }
      let segmentEnd = geometry.segmentStart(position) + UInt64(geometry.segmentEventCount)
      let end = min(batch.rows.count, next + Int(segmentEnd - position))
      lookup.append(Piece(batch: batch, rows: next..<end, firstPosition: position, recorded: bulkRecorded))
      lastRecorded = bulkRecorded
      next = end
    }
  }

  private func submitBlock(_ bulk: BulkIngest) throws {
    let block = bulk.submittedEnd..<bulk.submittedEnd + UInt64(geometry.blockEventCount)
    let pieces = lookup.pieces.filter { $0.firstPosition < block.upperBound && $0.endPosition > block.lowerBound }
    try bulk.submit(pieces.map { $0.clamped(to: block) })
  }

  private func takeProgress(_ bulk: BulkIngest) throws {
    let progress = try stoppingOnFailure { try bulk.takeProgress() }
    guard !progress.written.isEmpty else { return }
    lookup.blocks.append(contentsOf: progress.written)
    lookup.prunePieces()
    if let commit = progress.commit { try saveDerived(end: commit.position, customers: commit.customerCount) }
  }
}
