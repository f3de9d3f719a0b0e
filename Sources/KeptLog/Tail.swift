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
    /// A whole record whose checksum is wrong, or whose lines are not lines.
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

  /// A record as it was found.
  struct Record {
    var offset: Int
    var byteCount: Int
    var firstPosition: UInt64
    var count: Int
  }

  /// What a tail file holds.
  struct Contents {
    var header: FileHeader
    /// Every event of the whole records before the first that is torn or damaged, as recorded.
    var events = EventBatch()
    var values = SealedValues()
    var records: [Record] = []
    var state: State = .clean
    /// Where the next record goes.
    var endOffset = FileHeader.byteCount
  }

  /// Reads a tail to its end, or to the first record that is not whole and sound.
  ///
  /// - Throws: `LogError.damage` where the header is missing or wrong: then the commit point is not known.
  static func read(_ bytes: [UInt8], of ledgerID: LedgerID) throws(LogError) -> Contents {
    let header = try FileHeader.parse(bytes, .tail, of: ledgerID, file: LedgerFolder.tail)
    var contents = Contents(header: header)
    bytes.withUnsafeBytes { contents.state = readRecords($0, into: &contents) }
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
      guard checksum == stored else {
        return damaged(recordHeaderByteCount + byteCount, positions, .checksum(stored: stored, computed: checksum))
      }
      do throws(FormatError) {
        try readBody(body, count: count, into: &contents)
      } catch {
        let damage = Damage(
          file: LedgerFolder.tail, offset: offset + recordHeaderByteCount, positions: positions, error)
        return .damaged(damage)
      }
      let whole = recordHeaderByteCount + byteCount + checksumByteCount
      contents.records.append(Record(offset: offset, byteCount: whole, firstPosition: position, count: count))
      offset += whole
      position += UInt64(count)
      contents.endOffset = offset
    }
    return .clean
  }

  /// Adds a record's lines and values; leaves `contents` as it was where the body is not sound.
  private static func readBody(
    _ body: UnsafeRawBufferPointer, count: Int, into contents: inout Contents
  ) throws(FormatError) {
    let events = contents.events
    let before = (bytes: events.bytes.count, rows: events.rows.count, data: events.data.count)
    do throws(FormatError) {
      var reader = ByteReader(body)
      let linesByteCount = try reader.count(atMost: reader.remaining, "length of a record's lines")
      var lines = ByteReader(try reader.bytes(linesByteCount))
      for _ in 0..<count {
        let byteCount = try lines.count(atMost: CanonicalLine.byteCountMax, "length of a line")
        let offset = reader.offset - linesByteCount + lines.offset
        let line = try lines.bytes(byteCount).assumingMemoryBound(to: UInt8.self)
        do throws(CanonicalLine.Failure) {
          try CanonicalLine.parse(line, into: events)
        } catch {
          throw FormatError(.invalid("a line that is not canonical"), offset: offset + (error.offset ?? 0))
        }
      }
      guard lines.isAtEnd else { throw lines.failure(.invalid("bytes after a record's last line")) }
      var values = SealedValues()
      values.firstKeyNumber = UInt32(try reader.count(atMost: Int(UInt32.max), "number of a customer"))
      let keyCount = try reader.count(atMost: reader.remaining / CustomerKey.byteCount, "number of keys")
      values.keys = Array(try reader.bytes(keyCount * CustomerKey.byteCount))
      try values.readEntries(&reader, rowCount: count)
      if keyCount > 0, contents.values.keyCount > 0 {
        let expected = Int(contents.values.firstKeyNumber) + contents.values.keyCount
        guard expected == Int(values.firstKeyNumber) else {
          throw reader.failure(.invalid("keys of customer \(values.firstKeyNumber), not of \(expected)"))
        }
      }
      contents.values.append(values, rowOffset: before.rows)
    } catch {
      events.bytes.removeLast(events.bytes.count - before.bytes)
      events.rows.removeLast(events.rows.count - before.rows)
      events.data.removeLast(events.data.count - before.data)
      throw error
    }
  }

  /// The first line that is not spelled as its event is hashed, among the records that can be read.
  static func firstMisspelling(_ bytes: [UInt8], of ledgerID: LedgerID) -> Damage? {
    guard let contents = try? read(bytes, of: ledgerID) else { return nil }
    var row = 0
    var line = ByteSink(capacity: 1_024)
    return bytes.withUnsafeBytes { all -> Damage? in
      for record in contents.records {
        let start = record.offset + recordHeaderByteCount
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: all[start..<start + record.byteCount - 16]))
        for place in 0..<record.count {
          // What was read once reads again.
          guard place > 0 || (try? reader.varint()) != nil, let count = try? reader.varint(),
            let stored = try? reader.bytes(Int(count))
          else { return nil }
          line.removeAll()
          CanonicalLine.append(row, of: contents.events, form: .recorded, to: &line)
          if !line.withUnsafeBytes({ $0.elementsEqual(stored) }) {
            let position = record.firstPosition + UInt64(place)
            return Damage(
              file: LedgerFolder.tail, offset: start + reader.offset - stored.count,
              positions: position..<position + 1, kind: .malformed("a line that is not canonical"))
          }
          row += 1
        }
      }
      return nil
    }
  }
}
