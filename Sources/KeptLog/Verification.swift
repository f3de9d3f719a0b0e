import Dispatch
import KeptFormat
import Synchronization

/// Checks a ledger and says everything that is wrong with it.
///
/// Quick: the CRC-32C of every stored byte of log, tail and vault, and the tree over the stored subtree roots; it finds
/// accidents, not edits. Deep: every leaf is derived again from the decoded events and every commitment is opened against
/// the vault.
package struct Verification: Sendable {
  package enum Depth: Sendable, Equatable {
    case checksums
    case deep
    /// Deep for the blocks that hold events from this position on, and for the tail. Of the blocks before, the stored roots
    /// are taken as opening read them: that they give an older checkpoint's root is for the caller to see.
    case deepSince(UInt64)
  }

  package struct Report: Sendable {
    /// Events served: all of them, or those before the first damage.
    package var count: UInt64 = 0
    package var blockCount = 0
    package var checkedByteCount = 0
    /// In order of position, as far as there is one; the log, then the tail, then the vault.
    package var damages: [Damage] = []
    package var tail: Tail.State = .clean
    /// Over the events served, from the stored subtree roots.
    package var checkpoint: Checkpoint
    /// Values that the vault no longer has because their customer was forgotten.
    package var forgottenValueCount = 0
    package var openedValueCount = 0
    /// Customers who were forgotten while the vault still has a key or a value of theirs: an erasure that was cut. The next
    /// writer finishes it.
    package var unerased: Set<UInt32> = []

    /// A torn tail is sound: nothing that was acknowledged is missing.
    package var isSound: Bool { damages.isEmpty && unerased.isEmpty }

    fileprivate mutating func add(_ result: BlockResult) {
      damages += result.damages
      checkedByteCount += result.checkedByteCount
      forgottenValueCount += result.forgottenValueCount
      openedValueCount += result.openedValueCount
      unerased.formUnion(result.unerased)
    }
  }

  package var depth: Depth
  /// Told how many of how many blocks are done, from any thread.
  package var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?

  package init(depth: Depth, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil) {
    self.depth = depth
    self.progress = progress
  }

  /// - Throws: what `LedgerReader` throws where there is no ledger to verify, and `DiskError`.
  package func callAsFunction(_ reader: LedgerReader) throws -> Report {
    var report = Report(checkpoint: reader.checkpoint())
    report.count = reader.count
    report.blockCount = reader.allBlocks.count
    report.tail = reader.tailState
    report.damages = reader.damages
    let vault = try reader.vault()
    let isDeep = depth != .checksums
    let keys = isDeep && vault.damage == nil ? try self.keys(reader, vault) : nil
    if let keys { report.unerased = keys.unerased }
    let blocks = blocksToCheck(reader)
    let results = Mutex([BlockResult](repeating: BlockResult(), count: blocks.count))
    let idle = Mutex<[BlockVerifier]>([])
    let done = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: blocks.count) { place in
      let verifier = idle.withLock { $0.popLast() } ?? BlockVerifier(reader, vault, keys)
      let result = verifier.verify(blocks.lowerBound + place, isDeep: isDeep)
      idle.withLock { $0.append(verifier) }
      results.withLock { $0[place] = result }
      let count = done.add(1, ordering: .relaxed).newValue
      progress?(count, blocks.count)
    }
    for result in results.withLock({ $0 }) {
      if let error = result.failure { throw error }
      report.add(result)
    }
    try verifyTail(reader, keys, into: &report)
    if let damage = vault.damage { report.damages.append(damage) }
    do { _ = try Ledger.secret(reader.folder, reader.disk, reader.settings) } catch LogError.damage(let found) {
      report.damages.append(found)
    }
    return report
  }

  /// Places in `allBlocks` whose bytes are read.
  private func blocksToCheck(_ reader: LedgerReader) -> Range<Int> {
    let all = reader.allBlocks
    guard case .deepSince(let position) = depth else { return 0..<all.count }
    return (all.firstIndex { $0.positions.upperBound > position } ?? all.count)..<all.count
  }

  private func keys(_ reader: LedgerReader, _ vault: VaultReader) throws -> CommitmentKeys? {
    do {
      let secret = try Ledger.secret(reader.folder, reader.disk, reader.settings)
      let keys = KeyTable(firmKey: secret.firmKey)
      // A checksum covers a chunk's values too: where older ones are not to be read, their keys are taken as they stand.
      let isPartial = if case .deepSince = depth { true } else { false }
      for chunk in vault.chunks { keys.append(try isPartial ? vault.uncheckedKeys(in: chunk) : vault.keys(in: chunk)) }
      keys.append(try reader.tailValues().keys)
      return CommitmentKeys(table: keys, forgotten: Set(try reader.forgotten().keys))
    } catch LogError.damage {
      // Reported with its chunk or file; the commitments stay closed.
      return nil
    }
  }

  /// Deep: the tail's lines must be spelled as they are hashed, and their commitments open. Its checksums were compared
  /// when it was read.
  private func verifyTail(_ reader: LedgerReader, _ keys: CommitmentKeys?, into report: inout Report) throws {
    report.checkedByteCount += reader.tailByteCount
    guard depth != .checksums else { return }
    do {
      let batches = try reader.tailBatches()
      let values = try reader.tailValues()
      let results = Mutex([BlockResult](repeating: BlockResult(), count: batches.count))
      DispatchQueue.concurrentPerform(iterations: batches.count) { index in
        let result = verify(batches[index].batch, run: index, reader, values, keys)
        results.withLock { $0[index] = result }
      }
      for result in results.withLock({ $0 }) { report.add(result) }
    } catch LogError.damage(let found) {
      report.damages.append(found)
    }
  }

  private func verify(
    _ batch: EventBatch, run: Int, _ reader: LedgerReader, _ values: SealedValues, _ keys: CommitmentKeys?
  ) -> BlockResult {
    var result = BlockResult()
    if let damage = reader.tailEvents.firstMisspelling(run, batch) { result.damages.append(damage) }
    guard let keys else { return result }
    var opener = CommitmentOpener(keys: keys)
    let first = reader.tailEvents.runs[run].firstPosition
    opener.open(
      batch, values, firstRow: Int(first - reader.sealedCount),
      place: Damage(file: LedgerFolder.tail, offset: 0, kind: .missing), first: first, into: &result)
    return result
  }
}

/// What was found in one block.
struct BlockResult: Sendable {
  var damages: [Damage] = []
  var checkedByteCount = 0
  var forgottenValueCount = 0
  var openedValueCount = 0
  var unerased: Set<UInt32> = []
  /// An operation that failed, which says nothing about the block.
  var failure: (any Error)?
}

/// Verifies one block at a time and keeps its memory.
///
/// `@unchecked Sendable`: handed from thread to thread, used by one at a time.
private final class BlockVerifier: @unchecked Sendable {
  private let reader: LedgerReader
  private let vault: VaultReader
  private let keys: CommitmentKeys?
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  private let columns = BlockColumns()
  private let events = EventBatch()
  private var hasher = LineHasher()

  init(_ reader: LedgerReader, _ vault: VaultReader, _ keys: CommitmentKeys?) {
    self.reader = reader
    self.vault = vault
    self.keys = keys
  }

  deinit { buffer.deallocate() }

  func verify(_ index: Int, isDeep: Bool) -> BlockResult {
    var result = BlockResult()
    let block = reader.allBlocks[index]
    do {
      try checkBytes(block, into: &result)
      var values: SealedValues?
      if index < vault.chunks.count {
        result.checkedByteCount += vault.chunks[index].chunk.byteCount
        do {
          // A checksum covers a whole chunk; its values are unpacked only to be compared.
          if isDeep { values = try vault.values(ofBlock: index) } else { _ = try vault.keys(in: vault.chunks[index]) }
        } catch LogError.damage(let found) {
          result.damages.append(found)
        }
      }
      if isDeep && result.damages.isEmpty { try checkEvents(block, values, into: &result) }
    } catch {
      result.failure = error
    }
    return result
  }

  /// Every byte: the header against its checksum and against what was read when the ledger was opened, every column.
  private func checkBytes(_ block: BlockReference, into result: inout BlockResult) throws {
    let byteCount = block.header.byteCount
    if buffer.count < byteCount {
      buffer.deallocate()
      buffer = .allocate(byteCount: byteCount, alignment: 16)
    }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount])
    do {
      try reader.source(for: block).read(offset: 0, into: bytes)
    } catch LogError.damage(let found) {
      result.damages.append(found)
      return
    }
    result.checkedByteCount += byteCount
    let stored = UnsafeRawBufferPointer(bytes)
    do throws(FormatError) {
      let header = try BlockHeader.parse(stored)
      for column in header.columns {
        let computed = CRC32C.checksum(
          UnsafeRawBufferPointer(rebasing: stored[column.offset..<column.offset + column.byteCount]))
        guard computed == column.checksum else {
          throw FormatError(.checksumMismatch(stored: column.checksum, computed: computed), offset: column.offset)
        }
      }
    } catch {
      result.damages.append(
        Damage(file: block.segment, offset: block.offset, positions: block.positions, error))
    }
  }

  /// Every event: its leaf, its commitments, and what the header says of it.
  private func checkEvents(_ block: BlockReference, _ values: SealedValues?, into result: inout BlockResult) throws {
    func damage(_ kind: Damage.Kind) -> Damage {
      Damage(file: block.segment, offset: block.offset, positions: block.positions, kind: kind)
    }
    events.removeAll()
    columns.begin(block.header, source: reader.source(for: block))
    do {
      try columns.decodeAll(into: events)
    } catch let error as FormatError {
      result.damages.append(Damage(file: block.segment, offset: block.offset, positions: block.positions, error))
      return
    }
    hasher.add(events, rows: 0..<events.rows.count)
    let root = hasher.root()
    if root != block.header.subtreeRoot {
      result.damages.append(damage(.root(stored: block.header.subtreeRoot, computed: root)))
    }
    if let reason = falseClaim(block.header) { result.damages.append(damage(.header(reason))) }
    guard let keys, let values else { return }
    var opener = CommitmentOpener(keys: keys)
    opener.open(
      events, values, firstRow: 0, place: damage(.missing), first: block.header.firstPosition, into: &result)
  }

  /// What replays rely on without decoding: a header that hides a kind or a customer would change answers.
  private func falseClaim(_ header: BlockHeader) -> String? {
    // Rows of one kind point to one place, so places are counted and only they are compared.
    var places: [UInt64: Int] = [:]
    var run = (place: UInt64.max, count: 0)
    var previous = Instant.min
    func isOutside(_ number: UInt32) -> Bool {
      number != 0 && (number < header.customerMin || number > header.customerMax)
    }
    let fault = events.rows.withUnsafeBufferPointer { rows -> String? in
      for index in rows.indices {
        let row = rows.baseAddress! + index
        guard row.pointee.time >= header.timeMin, row.pointee.time <= header.timeMax else {
          return "a time outside the header's range"
        }
        guard row.pointee.recorded >= previous else { return "recorded instants that go back" }
        previous = row.pointee.recorded
        if isOutside(row.pointee.customer) || isOutside(row.pointee.otherCustomer) {
          return "a customer outside the header's range"
        }
        let kind = row.pointee.fields[TextField.kind.rawValue]
        let place = UInt64(kind.offset) << 32 | UInt64(kind.count)
        if place != run.place {
          places[run.place, default: 0] += run.count
          run = (place, 0)
        }
        run.count += 1
      }
      return nil
    }
    if let fault { return fault }
    places[run.place, default: 0] += run.count
    var kinds: [ArraySlice<UInt8>: Int] = [:]
    for (place, count) in places where count > 0 {
      let start = Int(place >> 32)
      kinds[events.bytes[start..<start + Int(place & 0xFFFF_FFFF)], default: 0] += count
    }
    guard events.rows.first?.recorded == header.recordedMin, previous == header.recordedMax else {
      return "recorded instants other than the header's"
    }
    let said = Dictionary(uniqueKeysWithValues: header.kinds.map { (Array($0.kind.utf8)[...], $0.count) })
    return said == kinds ? nil : "kinds other than the header's"
  }
}
