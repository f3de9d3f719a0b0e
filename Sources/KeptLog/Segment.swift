import KeptFormat

/// A sealed block and where it is.
package struct BlockReference: Sendable {
  package var header: BlockHeader
  /// The segment's name, relative to the ledger.
  package var segment: String
  /// In bytes from the start of the segment.
  package var offset: Int

  package var positions: Range<UInt64> { header.firstPosition..<header.firstPosition + UInt64(header.count) }
}

/// A block's bytes in its segment.
package struct SegmentBlockSource: BlockSource {
  let file: any DiskFile
  let reference: BlockReference

  package func read(offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    let count = try file.read(at: reference.offset + offset, into: buffer)
    guard count == buffer.count else {
      throw LogError.damage(
        Damage(
          file: reference.segment, offset: reference.offset + offset + count, positions: reference.positions,
          kind: .cut(byteCount: reference.offset + offset + count)))
    }
  }
}

/// Finds the blocks of the log before a position, without reading a column.
struct SegmentScan {
  /// Every block whose header is sound, in order of position; without gaps before the first damage.
  private(set) var blocks: [BlockReference] = []
  /// Segments that begin before the end: name, file, bytes up to the end of the last block found.
  private(set) var segments: [(name: String, file: any DiskFile, byteCount: Int)] = []
  /// In order of position. After the first, the rest of its segment is not looked at; the next segments are.
  private(set) var damages: [Damage] = []

  private let folder: LedgerFolder
  private let disk: any Disk
  private let ledgerID: LedgerID
  private let geometry: LogGeometry

  /// - Parameter end: the commit point; nil where it is not known, and every block that can be found is wanted.
  init(_ folder: LedgerFolder, disk: any Disk, ledgerID: LedgerID, end: UInt64?, geometry: LogGeometry) throws {
    self.folder = folder
    self.disk = disk
    self.ledgerID = ledgerID
    self.geometry = geometry
    var position: UInt64 = 0
    while position < end ?? .max {
      let name = LedgerFolder.segment(position)
      let segmentEnd = position + UInt64(geometry.segmentEventCount)
      let wanted = position..<min(end ?? segmentEnd, segmentEnd)
      guard try disk.exists(folder(name)) else {
        if end == nil { return }
        damages.append(Damage(file: name, offset: 0, positions: wanted, kind: .missing))
        position = segmentEnd
        continue
      }
      do {
        try scan(name, wanted)
      } catch LogError.damage(let found) {
        // Where the end is not known, a segment that ends early may be the last one.
        if end == nil, found.kind == .cut(byteCount: found.offset) { return }
        damages.append(found)
      }
      position = segmentEnd
    }
  }

  /// The blocks before the first damage.
  var soundBlocks: [BlockReference] {
    guard let first = damages.first else { return blocks }
    let end = first.positions?.lowerBound ?? LedgerFolder.firstPosition(inPath: first.file) ?? 0
    return Array(blocks.prefix { $0.header.firstPosition < end })
  }

  private mutating func scan(_ name: String, _ positions: Range<UInt64>) throws {
    let file = try disk.open(folder(name), .read)
    let head = try file.read(at: 0, upTo: FileHeader.byteCount)
    let header = try FileHeader.parse(head, .segment, of: ledgerID, file: name)
    guard header.firstPosition == positions.lowerBound, header.number == 0 else {
      throw LogError.damage(
        Damage(file: name, offset: 32, positions: positions, kind: .misplaced("begins at \(header.firstPosition)")))
    }
    let size = try file.byteCount()
    segments.append((name, file, FileHeader.byteCount))
    var offset = FileHeader.byteCount
    var position = positions.lowerBound
    while position < positions.upperBound {
      let block = try readHeader(file, name, size, offset, position)
      blocks.append(BlockReference(header: block, segment: name, offset: offset))
      offset += block.byteCount
      position += UInt64(block.count)
      segments[segments.count - 1].byteCount = offset
    }
  }

  private func readHeader(
    _ file: any DiskFile, _ name: String, _ size: Int, _ offset: Int, _ position: UInt64
  ) throws -> BlockHeader {
    let positions = position..<position + UInt64(geometry.blockEventCount)
    func damage(_ at: Int, _ kind: Damage.Kind) -> LogError {
      .damage(Damage(file: name, offset: at, positions: positions, kind: kind))
    }
    // Most headers fit the first read.
    var bytes = try file.read(at: offset, upTo: min(4_096, size - offset))
    do {
      let lengths = try bytes.withUnsafeBytes { try BlockHeader.lengths($0) }
      guard lengths.headerByteCount <= size - offset else { throw damage(size, .cut(byteCount: size)) }
      if lengths.headerByteCount > bytes.count {
        bytes = try file.read(at: offset, upTo: lengths.headerByteCount)
      }
      let header = try bytes.withUnsafeBytes { try BlockHeader.parse($0) }
      guard header.byteCount <= size - offset else { throw damage(size, .cut(byteCount: size)) }
      guard header.firstPosition == position, header.count == geometry.blockEventCount else {
        throw damage(offset, .misplaced("\(header.count) events from position \(header.firstPosition)"))
      }
      return header
    } catch let error as FormatError {
      if error.kind == .truncated { throw damage(size, .cut(byteCount: size)) }
      throw LogError.damage(Damage(file: name, offset: offset, positions: positions, error))
    }
  }
}
