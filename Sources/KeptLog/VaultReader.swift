import KeptFormat

/// The vault's files as they stand before position `end`: which chunk holds what, and the chunks' contents on request.
package final class VaultReader: Sendable {
  private let folder: LedgerFolder
  private let disk: any Disk
  private let ledgerID: LedgerID
  /// In order of position, one a block, without gaps up to the first that is damaged.
  package let chunks: [VaultChunkReference]
  /// The first chunk before `end` that cannot be found or read, if any.
  package let damage: Damage?

  init(_ folder: LedgerFolder, disk: any Disk, ledgerID: LedgerID, end: UInt64, geometry: LogGeometry) throws {
    self.folder = folder
    self.disk = disk
    self.ledgerID = ledgerID
    var chunks: [VaultChunkReference] = []
    var position: UInt64 = 0
    var damage: Damage?
    while position < end, damage == nil {
      let file = LedgerFolder.vaultSegment(position)
      let segmentEnd = min(end, position + UInt64(geometry.segmentEventCount))
      do {
        try Self.scan(
          file, in: folder, disk, ledgerID, position..<segmentEnd, blockEventCount: geometry.blockEventCount,
          into: &chunks)
      } catch LogError.damage(let found) {
        damage = found
      }
      position = segmentEnd
    }
    self.chunks = chunks
    self.damage = damage
  }

  private static func scan(
    _ name: String, in folder: LedgerFolder, _ disk: any Disk, _ ledgerID: LedgerID, _ positions: Range<UInt64>,
    blockEventCount: Int, into chunks: inout [VaultChunkReference]
  ) throws {
    guard try disk.exists(folder(name))  else {
      throw LogError.damage(Damage(file: name, offset: 0, positions: positions, kind: .missing))
    }
    let file = try disk.open(folder(name), .read) 
    defer { file.close() }
    let size = try file.byteCount() 
    let head = try file.read(at: 0, upTo: FileHeader.byteCount) 
    let header = try FileHeader.parse(head, .vault, of: ledgerID, file: name)
    guard header.firstPosition == positions.lowerBound else {
      throw LogError.damage(Damage(file: name, offset: 32, kind: .misplaced("begins at \(header.firstPosition)")))
    }
    var offset = FileHeader.byteCount
    var position = positions.lowerBound
    while position < positions.upperBound {
      let block = position..<position + UInt64(blockEventCount)
      let bytes = try file.read(at: offset, upTo: VaultChunk.headerByteCount) 
      guard bytes.count == VaultChunk.headerByteCount else {
        throw LogError.damage(Damage(file: name, offset: offset, positions: block, kind: .cut(byteCount: size)))
      }
      let chunk: VaultChunk
      do {
        chunk = try bytes.withUnsafeBytes { try VaultChunk.parse($0) }
      } catch let error as FormatError {
        throw LogError.damage(Damage(file: name, offset: offset, positions: block, error))
      }
      guard chunk.firstPosition == position, chunk.eventCount == blockEventCount else {
        throw LogError.damage(Damage(file: name, offset: offset, positions: block, kind: .misplaced("another block's values")))
      }
      guard chunk.byteCount <= size - offset else {
        throw LogError.damage(Damage(file: name, offset: offset, positions: block, kind: .cut(byteCount: size)))
      }
      chunks.append(VaultChunkReference(chunk: chunk, file: name, offset: offset))
      offset += chunk.byteCount
      position += UInt64(blockEventCount)
    }
  }

  /// The keys of a chunk, without its values being decompressed; checked as a whole.
  func keys(in reference: VaultChunkReference) throws -> [UInt8] { try values(in: reference, keysOnly: true).keys }

  /// The keys of a chunk, without anything else of it being read, and so without its checksum being compared.
  func uncheckedKeys(in reference: VaultChunkReference) throws -> [UInt8] {
    guard reference.chunk.keyCount > 0 else { return [] }
    let file = try disk.open(folder(reference.file), .read)
    defer { file.close() }
    let count = reference.chunk.keyCount * CustomerKey.byteCount
    let bytes = try file.read(at: reference.offset + VaultChunk.headerByteCount, upTo: count)
    guard bytes.count == count else { throw cut(reference, at: bytes.count) }
    return bytes
  }

  /// The keys and values of block `index`.
  package func values(ofBlock index: Int) throws -> SealedValues { try values(in: chunks[index], keysOnly: false) }

  private func values(in reference: VaultChunkReference, keysOnly: Bool) throws -> SealedValues {
    let count = reference.chunk.byteCount - VaultChunk.headerByteCount
    let offset = reference.offset + VaultChunk.headerByteCount
    let file = try disk.open(folder(reference.file), .read)
    defer { file.close() }
    let bytes = try file.read(at: offset, upTo: count)
    guard bytes.count == count else { throw cut(reference, at: bytes.count) }
    do {
      return try bytes.withUnsafeBytes { try reference.chunk.values($0, keysOnly: keysOnly) }
    } catch let error as FormatError {
      throw LogError.damage(Damage(file: reference.file, offset: offset, positions: reference.positions, error))
    }
  }

  /// The file ended while the body of a chunk was read.
  private func cut(_ reference: VaultChunkReference, at byteCount: Int) -> LogError {
    let end = reference.offset + VaultChunk.headerByteCount + byteCount
    return .damage(
      Damage(file: reference.file, offset: end, positions: reference.positions, kind: .cut(byteCount: end)))
  }
}
