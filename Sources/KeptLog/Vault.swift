import KeptFormat

/// The vault's one file that is written at `init`: the key of events without a customer, and the secret that keys
/// fingerprints, so that nobody outside can make two identities collide.
package struct VaultSecret: Sendable {
  package var firmKey: CustomerKey
  package var fingerprintKey: (UInt64, UInt64)

  private static let byteCount = FileHeader.byteCount + 64

  package init(firmKey: CustomerKey, fingerprintKey: (UInt64, UInt64)) {
    self.firmKey = firmKey
    self.fingerprintKey = fingerprintKey
  }

  static func random(_ disk: any Disk) throws(DiskError) -> VaultSecret {
    var bytes = (Digest(), Digest())
    let result: Result<Void, DiskError> = withUnsafeMutableBytes(of: &bytes) { buffer in
      do throws(DiskError) { return .success(try disk.fillWithRandom(buffer)) } catch { return .failure(error) }
    }
    try result.get()
    let words = withUnsafeBytes(of: bytes.1) { ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self)) }
    return VaultSecret(firmKey: CustomerKey(bytes.0), fingerprintKey: words)
  }

  /// Header, 32 bytes of key, 16 of secret, 12 zeros, CRC-32C of all before.
  func bytes(_ ledgerID: LedgerID) -> [UInt8] {
    var sink = ByteSink(capacity: Self.byteCount)
    FileHeader(.secret, ledgerID).append(to: &sink)
    sink.append(firmKey.digest)
    sink.append(fixed: fingerprintKey.0)
    sink.append(fixed: fingerprintKey.1)
    sink.append(zeros: 12)
    sink.append(fixed: sink.withUnsafeBytes { CRC32C.checksum($0) })
    return sink.bytes()
  }

  static func parse(_ bytes: [UInt8], of ledgerID: LedgerID) throws(LogError) -> VaultSecret {
    let file = LedgerFolder.secret
    _ = try FileHeader.parse(bytes, .secret, of: ledgerID, file: file)
    guard bytes.count == byteCount else {
      throw .damage(Damage(file: file, offset: min(bytes.count, byteCount), kind: .cut(byteCount: bytes.count)))
    }
    let fields = bytes.withUnsafeBytes { raw in
      (
        key: Digest(raw.baseAddress! + 64),
        secret: (
          UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 96, as: UInt64.self)),
          UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 104, as: UInt64.self))
        ),
        stored: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: byteCount - 4, as: UInt32.self)),
        computed: CRC32C.checksum(UnsafeRawBufferPointer(rebasing: raw[..<(byteCount - 4)]))
      )
    }
    guard fields.stored == fields.computed else {
      throw .damage(
        Damage(file: file, offset: byteCount - 4, kind: .checksum(stored: fields.stored, computed: fields.computed)))
    }
    return VaultSecret(firmKey: CustomerKey(fields.key), fingerprintKey: fields.secret)
  }
}

/// One block's share of the vault: the keys its events introduce and the values behind its commitments.
///
/// A file of the vault goes with a segment of the log: a header, then one chunk for each of its blocks, in order.
/// Layout: LogFormat, "Vault".
package struct VaultChunk: Sendable, Equatable {
  package static let headerByteCount = 48
  static let magic: UInt32 = 0x4356_4B01

  package var firstPosition: UInt64
  package var eventCount: Int
  package var firstKeyNumber: UInt32
  package var keyCount: Int
  var rawByteCount: Int
  var storedByteCount: Int
  var bodyChecksum: UInt32

  /// The chunk with its header.
  package var byteCount: Int { Self.headerByteCount + keyCount * CustomerKey.byteCount + storedByteCount }

  /// Writes a chunk: header, keys as they are, values compressed by LZ4 where that saves anything.
  static func append(_ values: SealedValues, firstPosition: UInt64, eventCount: Int, to sink: inout ByteSink) {
    var raw = ByteSink(capacity: values.bytes.count + 4 * values.entries.count + 64)
    values.appendEntries(to: &raw)
    let start = sink.count
    sink.append(zeros: headerByteCount)
    sink.append(values.keys)
    let body = sink.count
    raw.withUnsafeBytes { bytes in
      LZ4Block.compress(bytes, to: &sink)
      if sink.count - body >= bytes.count {
        sink.truncate(to: body)
        sink.append(bytes)
      }
    }
    let chunk = VaultChunk(
      firstPosition: firstPosition, eventCount: eventCount, firstKeyNumber: values.firstKeyNumber,
      keyCount: values.keyCount, rawByteCount: raw.count, storedByteCount: sink.count - body,
      bodyChecksum: sink.withUnsafeBytes {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[(start + headerByteCount)...]))
      })
    let header = chunk.header()
    sink.withUnsafeMutableBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + headerByteCount]).copyBytes(from: header)
    }
  }

  private func header() -> [UInt8] {
    var sink = ByteSink(capacity: Self.headerByteCount)
    sink.append(fixed: Self.magic)
    sink.append(fixed: UInt32(eventCount))
    sink.append(fixed: firstPosition)
    sink.append(fixed: firstKeyNumber)
    sink.append(fixed: UInt32(keyCount))
    sink.append(fixed: UInt32(rawByteCount))
    sink.append(fixed: UInt32(storedByteCount))
    sink.append(fixed: bodyChecksum)
    sink.append(zeros: 8)
    sink.append(fixed: sink.withUnsafeBytes { CRC32C.checksum($0) })
    return sink.bytes()
  }

  /// - Throws: `FormatError` with an offset into `bytes`.
  package static func parse(_ bytes: UnsafeRawBufferPointer) throws(FormatError) -> VaultChunk {
    var reader = ByteReader(bytes)
    let magic: UInt32 = try reader.fixed()
    let eventCount: UInt32 = try reader.fixed()
    let firstPosition: UInt64 = try reader.fixed()
    let firstKeyNumber: UInt32 = try reader.fixed()
    let keyCount: UInt32 = try reader.fixed()
    let rawByteCount: UInt32 = try reader.fixed()
    let storedByteCount: UInt32 = try reader.fixed()
    let bodyChecksum: UInt32 = try reader.fixed()
    let reserved: UInt64 = try reader.fixed()
    let computed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<reader.offset]))
    let stored: UInt32 = try reader.fixed()
    guard stored == computed else {
      throw FormatError(.checksumMismatch(stored: stored, computed: computed), offset: headerByteCount - 4)
    }
    guard magic == Self.magic else { throw FormatError(.unknown("vault chunk", UInt64(magic)), offset: 0) }
    guard reserved == 0 else { throw FormatError(.invalid("reserved bytes that are not zero"), offset: 36) }
    guard rawByteCount <= byteCountMax, storedByteCount <= rawByteCount,
      Int(rawByteCount) <= Int(storedByteCount) * LogFormat.inflationMax
    else {
      throw FormatError(.invalid("values of \(rawByteCount) bytes in \(storedByteCount)"), offset: 24)
    }
    return VaultChunk(
      firstPosition: firstPosition, eventCount: Int(eventCount), firstKeyNumber: firstKeyNumber,
      keyCount: Int(keyCount), rawByteCount: Int(rawByteCount), storedByteCount: Int(storedByteCount),
      bodyChecksum: bodyChecksum)
  }

  /// What one LZ4 block can hold bounds a chunk's values.
  static let byteCountMax = 0x7E00_0000

  /// Reads the chunk's keys and values from all of its bytes after the header, and checks them.
  package func values(_ body: UnsafeRawBufferPointer, keysOnly: Bool) throws(FormatError) -> SealedValues {
    let computed = CRC32C.checksum(body)
    guard computed == bodyChecksum else {
      throw FormatError(.checksumMismatch(stored: bodyChecksum, computed: computed), offset: 0)
    }
    var values = SealedValues()
    let keyByteCount = keyCount * CustomerKey.byteCount
    guard body.count == keyByteCount + storedByteCount else { throw FormatError(.truncated, offset: body.count) }
    values.firstKeyNumber = firstKeyNumber
    values.keys = Array(body[..<keyByteCount])
    if keysOnly { return values }
    let stored = UnsafeRawBufferPointer(rebasing: body[keyByteCount...])
    if storedByteCount == rawByteCount {
      var reader = ByteReader(stored)
      try values.readEntries(&reader, rowCount: eventCount)
    } else {
      let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: rawByteCount, alignment: 16)
      defer { raw.deallocate() }
      guard LZ4Block.decompress(stored, into: raw) else {
        throw FormatError(.invalid("values that do not decompress"), offset: keyByteCount)
      }
      var reader = ByteReader(UnsafeRawBufferPointer(raw))
      try values.readEntries(&reader, rowCount: eventCount)
    }
    return values
  }
}

/// Where a chunk of the vault is.
package struct VaultChunkReference: Sendable {
  package var chunk: VaultChunk
  /// Relative to the ledger.
  package var file: String
  package var offset: Int

  var positions: Range<UInt64> { chunk.firstPosition..<chunk.firstPosition + UInt64(chunk.eventCount) }
}
