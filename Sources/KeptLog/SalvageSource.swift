import KeptFormat

/// What can be found of a damaged ledger, wherever it lies: blocks, chunks of the vault and records of the tail are taken by
/// what they say of themselves, each under its own checksum, and what lies between them is passed over.
struct SalvageSource {
  let folder: LedgerFolder
  let disk: any Disk
  let settings: LedgerSettings
  let zoneBytes: [UInt8]
  /// Nil where `vault/secret` is not readable.
  let secret: VaultSecret?
  /// Blocks with a sound header before the commit point, by first position; columns are not looked at.
  private(set) var blocks: [UInt64: [(reference: BlockReference, file: any DiskFile)]] = [:]
  /// The keys and values of blocks, by first position.
  private(set) var values: [UInt64: (chunk: VaultChunk, file: any DiskFile, offset: Int)] = [:]
  /// Where the tail begins; nil where its header is gone, and every block that is found was committed or nearly so.
  private(set) var commitPoint: UInt64?
  private(set) var records: [TailRecord] = []
  /// How many events a hole in the tail had, where the record's header still says so; the last hole may be open.
  private(set) var tailHoles: [TailHole] = []
  /// Every customer's key that a sound chunk or record holds; zeros were destroyed.
  private(set) var keys: [UInt32: CustomerKey] = [:]

  /// A record of the tail that is whole and sound.
  struct TailRecord {
    var events: TailEvents
    /// Nil after a hole of unknown width.
    var firstPosition: UInt64?
  }

  struct TailHole {
    /// How many records come before it.
    var recordIndex: Int
    var offset: Int
    var positions: Range<UInt64>?
  }

  /// - Throws: `LogError` where the folder does not say what ledger it is, `DiskError`.
  init(_ path: String, disk: any Disk, geometry: LogGeometry) throws {
    folder = LedgerFolder(path)
    self.disk = disk
    settings = try Ledger.settings(folder, disk)
    zoneBytes = try Ledger.zone(folder, disk, settings)
    secret = try Self.readSecret(folder, disk, settings)
    var tail = try disk.exists(folder(LedgerFolder.tail)) ? try disk.contents(folder(LedgerFolder.tail)) : []
    let header = try Self.tailHeader(tail, settings.ledgerID)
    if header == .otherLedger { tail = [] }
    if case .sound(let position) = header { commitPoint = position }
    for name in try disk.names(inFolder: folder(LedgerFolder.log)) ?? []
    where LedgerFolder.firstPosition(inName: name) != nil {
      try scanSegment(LedgerFolder.log + "/" + name, blockEventCount: geometry.blockEventCount)
    }
    for name in try disk.names(inFolder: folder(LedgerFolder.vault)) ?? []
    where LedgerFolder.firstPosition(inName: name) != nil {
      try scanVault(LedgerFolder.vault + "/" + name, blockEventCount: geometry.blockEventCount)
    }
    let blocksEnd = blocks.keys.max().map { $0 + UInt64(geometry.blockEventCount) } ?? 0
    try scanTail(tail, first: commitPoint ?? blocksEnd, geometry)
  }

  private static func readSecret(
    _ folder: LedgerFolder, _ disk: any Disk, _ settings: LedgerSettings
  ) throws -> VaultSecret? {
    do { return try Ledger.secret(folder, disk, settings) } catch LogError.damage { return nil }
  }

  private enum TailHeader: Equatable {
    case sound(commitPoint: UInt64)
    case damaged, otherLedger
  }

  private static func tailHeader(_ bytes: [UInt8], _ ledgerID: LedgerID) throws -> TailHeader {
    do {
      return .sound(commitPoint: try FileHeader.parse(bytes, .tail, of: ledgerID, file: LedgerFolder.tail).firstPosition)
    } catch LogError.damage(let damage) {
      if case .misplaced = damage.kind { return .otherLedger }
      return .damaged
    }
  }

  // MARK: Blocks

  private mutating func scanSegment(_ name: String, blockEventCount: Int) throws {
    let file = try disk.open(folder(name), .read)
    let size = try file.byteCount()
    guard try isOurs(file, .segment, name) else { return }
    var offset = FileHeader.byteCount
    while offset < size {
      if let header = try Self.blockHeader(file, offset, size), header.count == blockEventCount,
        header.firstPosition % UInt64(blockEventCount) == 0, header.firstPosition < commitPoint ?? .max
      {
        let reference = BlockReference(header: header, segment: name, offset: offset)
        blocks[header.firstPosition, default: []].append((reference, file))
      }
      guard let next = try Self.find(Array("KEPTBLK1".utf8), in: file, from: offset + 1, size) else { return }
      offset = next
    }
  }

  /// A file of another ledger has nothing for this one; one whose header is damaged still may.
  private func isOurs(_ file: any DiskFile, _ kind: FileHeader.Kind, _ name: String) throws -> Bool {
    do {
      _ = try FileHeader.parse(
        try file.read(at: 0, upTo: FileHeader.byteCount), kind, of: settings.ledgerID, file: name)
      return true
    } catch LogError.damage(let damage) {
      if case .misplaced = damage.kind { return false }
      return true
    }
  }

  private static func blockHeader(_ file: any DiskFile, _ offset: Int, _ size: Int) throws -> BlockHeader? {
    var bytes = try file.read(at: offset, upTo: min(4_096, size - offset))
    do {
      let lengths = try bytes.withUnsafeBytes { try BlockHeader.lengths($0) }
      guard lengths.headerByteCount <= size - offset else { return nil }
      if lengths.headerByteCount > bytes.count { bytes = try file.read(at: offset, upTo: lengths.headerByteCount) }
      return try bytes.withUnsafeBytes { try BlockHeader.parse($0) }
    } catch is FormatError {
      return nil
    }
  }

  /// Where `mark` stands next in a file.
  private static func find(_ mark: [UInt8], in file: any DiskFile, from start: Int, _ size: Int) throws -> Int? {
    var offset = start
    while offset + mark.count <= size {
      let bytes = try file.read(at: offset, upTo: min(1 << 20, size - offset))
      guard bytes.count >= mark.count else { return nil }
      let found = bytes.withUnsafeBytes { bytes in
        (0...bytes.count - mark.count).first { at in
          bytes[at] == mark[0] && bytes[at..<at + mark.count].elementsEqual(mark)
        }
      }
      if let found { return offset + found }
      offset += bytes.count - mark.count + 1
    }
    return nil
  }

  // MARK: The vault

  private mutating func scanVault(_ name: String, blockEventCount: Int) throws {
    let file = try disk.open(folder(name), .read)
    let size = try file.byteCount()
    guard try isOurs(file, .vault, name) else { return }
    let mark = withUnsafeBytes(of: VaultChunk.magic.littleEndian) { Array($0) }
    var offset = FileHeader.byteCount
    while offset < size {
      let bytes = try file.read(at: offset, upTo: VaultChunk.headerByteCount)
      let chunk = try? bytes.withUnsafeBytes { try VaultChunk.parse($0) }
      if let chunk, chunk.eventCount == blockEventCount, chunk.firstPosition < commitPoint ?? .max,
        values[chunk.firstPosition] == nil, let found = try Self.values(chunk, file, offset, keysOnly: true)
      {
        values[chunk.firstPosition] = (chunk, file, offset)
        take(found)
        offset += chunk.byteCount
        continue
      }
      guard let next = try Self.find(mark, in: file, from: offset + 1, size) else { return }
      offset = next
    }
  }

  private static func values(
    _ chunk: VaultChunk, _ file: any DiskFile, _ offset: Int, keysOnly: Bool
  ) throws -> SealedValues? {
    let body = try file.read(at: offset + VaultChunk.headerByteCount, upTo: chunk.byteCount - VaultChunk.headerByteCount)
    return try? body.withUnsafeBytes { try chunk.values($0, keysOnly: keysOnly) }
  }

  private mutating func take(_ values: SealedValues) {
    values.keys.withUnsafeBytes { bytes in
      for place in 0..<values.keyCount {
        let key = CustomerKey(Digest(bytes.baseAddress! + place * CustomerKey.byteCount))
        keys[values.firstKeyNumber &+ UInt32(place)] = key
      }
    }
  }

  /// What the events of a block commit to; nil where its chunk is missing or damaged.
  func values(ofBlock position: UInt64) throws -> SealedValues? {
    guard let (chunk, file, offset) = values[position] else { return nil }
    return try Self.values(chunk, file, offset, keysOnly: false)
  }

  // MARK: The tail

  private mutating func scanTail(_ bytes: [UInt8], first: UInt64, _ geometry: LogGeometry) throws {
    var offset = FileHeader.byteCount
    var position: UInt64? = first
    while offset < bytes.count {
      if let (events, end) = record(bytes, offset, position ?? 0, geometry) {
        records.append(TailRecord(events: events, firstPosition: position))
        take(try events.values())
        position = position.map { $0 + UInt64(events.count) }
        offset = end
        continue
      }
      let hole = offset
      let next = Tail.nextRecord(in: bytes, from: offset)
      let count = next.count
      let end = count.flatMap { count in position.map { $0 + UInt64(count) } }
      // Bytes at the end that are no record were never acknowledged; those that were one say how long it is.
      if next.offset == bytes.count, count == nil, Tail.isTorn(bytes, at: hole) { return }
      tailHoles.append(
        TailHole(
          recordIndex: records.count, offset: hole,
          positions: position.flatMap { position in end.map { position..<$0 } }))
      position = end
      offset = next.offset
    }
  }

  /// The record at an offset, if it is whole, sound, and holds lines as they are hashed.
  private func record(
    _ bytes: [UInt8], _ offset: Int, _ position: UInt64, _ geometry: LogGeometry
  ) -> (TailEvents, end: Int)? {
    guard let length = Tail.frame(bytes, at: offset)?.byteCount, length <= bytes.count - offset else { return nil }
    let header = FileHeader(.tail, settings.ledgerID, firstPosition: position).bytes()
    guard let contents = try? Tail.read(header + bytes[offset..<offset + length], of: settings.ledgerID),
      contents.records.count == 1, contents.state == .clean
    else { return nil }
    let events = TailEvents(contents, of: settings.ledgerID, geometry: geometry)
    guard let batches = try? events.batches(), (try? events.values()) != nil,
      batches.indices.allSatisfy({ events.firstMisspelling($0, batches[$0]) == nil })
    else { return nil }
    return (events, offset + length)
  }
}

extension Tail {
  /// What a record's header says, where its own checksum holds; the byte count is the whole record's.
  static func frame(_ bytes: [UInt8], at offset: Int) -> (byteCount: Int, count: Int)? {
    guard bytes.count - offset >= recordHeaderByteCount else { return nil }
    return bytes.withUnsafeBytes { bytes in
      func word(_ at: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + at, as: UInt32.self))
      }
      let computed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 8]))
      guard word(8) == computed, word(4) > 0 else { return nil }
      return (recordHeaderByteCount + Int(word(0)) + checksumByteCount, Int(word(4)))
    }
  }

  /// Where to look on after a record that is not sound: behind it, where its header says how long it is, else at the next
  /// header that is sound; the end of the bytes where there is none.
  static func nextRecord(in bytes: [UInt8], from offset: Int) -> (offset: Int, count: Int?) {
    if let frame = frame(bytes, at: offset), frame.byteCount <= bytes.count - offset {
      return (offset + frame.byteCount, frame.count)
    }
    var at = offset + 1
    while at < bytes.count {
      if let frame = frame(bytes, at: at), frame.byteCount <= bytes.count - at { return (at, nil) }
      at += 1
    }
    return (bytes.count, nil)
  }

  /// Whether what stands from an offset to the end is a write that was cut: fewer bytes than its header announces, a cut
  /// header, or zeros.
  static func isTorn(_ bytes: [UInt8], at offset: Int) -> Bool {
    bytes.count - offset < recordHeaderByteCount || frame(bytes, at: offset) != nil
      || bytes[offset...].allSatisfy { $0 == 0 }
  }
}
