import KeptFormat

/// The file that holds the newest events, line by line, and whose header is the commit point (law 4).
///
/// A header {first position N, customers introduced before N}, then records. A record is one commit: its canonical
/// lines, the keys it introduces and the values it commits to. Layout: LogFormat, "Tail".
package enum Tail {
  static let recordHeaderByteCount = 12
  static let checksumByteCount = 4

  /// How the records end.
  package enum State: Sendable, Equatable {
    case clean
    /// The last write was cut by a crash: it was never acknowledged. `byteCount` bytes from `offset` are no record.
    case torn(offset: Int, byteCount: Int)
    /// A whole record whose checksum is wrong, or that does not hold as many lines as it says.
    case damaged(Damage)
  }

  /// Frames a record around lines that are already counted and length-prefixed.
  ///
  /// - Parameters:
  ///   - lines: for each line its byte count as a varint and its bytes.
  ///   - count: how many lines there are.
  static func appendRecord(
    lines: UnsafeRawBufferPointer, count: Int, values: SealedValues, to sink: inout ByteSink
  ) {
    precondition(count > 0, "a record has a line")
    let start = sink.count
    sink.append(fixed: 0 as UInt32)
    sink.append(fixed: UInt32(count))
    sink.append(fixed: 0 as UInt32)
    let body = sink.count
    sink.append(varint: lines.count)
    sink.append(lines)
    sink.append(varint: UInt64(values.firstKeyNumber))
    sink.append(varint: values.keyCount)
    sink.append(values.keys)
    values.appendEntries(to: &sink)
    let byteCount = sink.count - body
    sink.overwrite(at: start, fixed: UInt32(byteCount))
    let checksums = sink.withUnsafeBytes { bytes in
      // The header's bytes 0 ..< 8 were just completed; both checksums read what is in the sink.
      (
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 8])),
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[body...]))
      )
    }
    sink.overwrite(at: start + 8, fixed: checksums.0)
    sink.append(fixed: checksums.1)
  }

  /// A record as it was found: framed, and sound by its checksums.
  struct Record: Sendable {
    var offset: Int
    var byteCount: Int
    var firstPosition: UInt64
    var count: Int
    /// Where its lines are in the file, each behind its byte count.
    var lines: Range<Int>

    /// Where its keys and sealed values are in the file.
    var values: Range<Int> { lines.upperBound..<offset + byteCount - Tail.checksumByteCount }
    var positions: Range<UInt64> { firstPosition..<firstPosition + UInt64(count) }
  }

  /// What a tail file holds: checked record by record, not parsed.
  struct Contents: Sendable {
    var header: FileHeader
    /// The whole file.
    var bytes: [UInt8] = []
    /// The whole records before the first that is torn or damaged.
    var records: [Record] = []
    var state: State = .clean
    /// Where the next record goes.
    var endOffset = FileHeader.byteCount

    var eventCount: Int { records.last.map { Int($0.positions.upperBound - header.firstPosition) } ?? 0 }
  }

  /// Reads a tail to its end, or to the first record that is not whole and sound.
  ///
  /// What its lines say is not looked at: `TailEvents` parses them once somebody asks.
  ///
  /// - Throws: `LogError.damage` where the header is missing or wrong: then the commit point is not known.
  static func read(_ bytes: [UInt8], of ledgerID: LedgerID) throws(LogError) -> Contents {
    let header = try FileHeader.parse(bytes, .tail, of: ledgerID, file: LedgerFolder.tail)
    var contents = Contents(header: header)
    bytes.withUnsafeBytes { contents.state = readRecords($0, into: &contents) }
    contents.bytes = bytes
    return contents
  }

  private static func readRecords(_ bytes: UnsafeRawBufferPointer, into contents: inout Contents) -> State {
    var offset = FileHeader.byteCount
    var position = contents.header.firstPosition
    while offset < bytes.count {
      let remaining = bytes.count - offset
      let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
      let torn = State.torn(offset: offset, byteCount: remaining)
      if remaining < recordHeaderByteCount || rest.allSatisfy({ $0 == 0 }) { return torn }
      func word(_ at: Int) -> UInt32 { UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
      func damaged(_ at: Int, _ positions: Range<UInt64>?, _ kind: Damage.Kind) -> State {
        .damaged(Damage(file: LedgerFolder.tail, offset: offset + at, positions: positions, kind: kind))
      }
      let headerChecksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: rest[..<8]))
      guard headerChecksum == word(8) else {
        if hasLostSector(bytes, from: offset) { return torn }
        // How many events it has is among what cannot be trusted.
        return damaged(8, position..<UInt64.max, .checksum(stored: word(8), computed: headerChecksum))
      }
      let byteCount = Int(word(0))
      let count = Int(word(4))
      guard remaining - recordHeaderByteCount - checksumByteCount >= byteCount else { return torn }
      let body = UnsafeRawBufferPointer(rebasing: rest[recordHeaderByteCount..<recordHeaderByteCount + byteCount])
      let positions = position..<position + UInt64(count)
      let checksum = CRC32C.checksum(body)
      let stored = word(recordHeaderByteCount + byteCount)
      let whole = recordHeaderByteCount + byteCount + checksumByteCount
      guard checksum == stored else {
        if remaining == whole, hasLostSector(bytes, from: offset) { return torn }
        return damaged(recordHeaderByteCount + byteCount, positions, .checksum(stored: stored, computed: checksum))
      }
      let lines: Range<Int>
      do throws(FormatError) {
        lines = try checkLengths(body, count: count)
      } catch {
        let damage = Damage(
          file: LedgerFolder.tail, offset: offset + recordHeaderByteCount, positions: positions, error)
        return .damaged(damage)
      }
      let start = offset + recordHeaderByteCount
      contents.records.append(
        Record(
          offset: offset, byteCount: whole, firstPosition: position, count: count,
          lines: start + lines.lowerBound..<start + lines.upperBound))
      offset += whole
      position += UInt64(count)
      contents.endOffset = offset
    }
    return .clean
  }

  /// Whether a last record lacks a sector: a power cut may keep the end of a write and lose its middle, which then reads as
  /// zeros. No sound record has such a stretch: its lines are text, its checksums and keys are as good as random.
  private static func hasLostSector(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Bool {
    let sectorByteCount = 512
    var start = offset
    while start < bytes.count {
      let end = min(bytes.count, (start / sectorByteCount + 1) * sectorByteCount)
      if bytes[start..<end].allSatisfy({ $0 == 0 }) { return true }
      start = end
    }
    return false
  }

  /// Whether a record's lines are as many and as long as it says; where in the body they are.
  private static func checkLengths(_ body: UnsafeRawBufferPointer, count: Int) throws(FormatError) -> Range<Int> {
    var reader = ByteReader(body)
    let byteCount = try reader.count(atMost: reader.remaining, "length of a record's lines")
    let start = reader.offset
    var lines = ByteReader(try reader.bytes(byteCount))
    for _ in 0..<count {
      _ = try lines.bytes(try lines.count(atMost: CanonicalLine.byteCountMax, "length of a line"))
    }
    guard lines.isAtEnd else { throw lines.failure(.invalid("bytes after a record's last line")) }
    return start..<start + byteCount
  }
}
