import KeptFormat

/// The names of a ledger's files. Layouts: LogFormat, "A ledger on disk".
package struct LedgerFolder: Sendable {
  package var path: String

  package init(_ path: String) { self.path = path }

  package static let settings = "ledger.json"
  package static let zone = "zone.tzif"
  package static let log = "log"
  package static let tail = "tail"
  package static let vault = "vault"
  package static let secret = "vault/secret"
  package static let index = "index"
  package static let names = "index/names"
  package static let rejects = "rejects"
  package static let snapshots = "snapshots"
  package static let lock = "lock"
  package static let segmentSuffix = ".kept"
  package static let tornSuffix = ".torn"

  /// A name relative to the ledger, as the disk wants it.
  package func callAsFunction(_ relative: String) -> String { path + "/" + relative }

  /// Twelve digits, so that names sort as numbers.
  package static func digits(_ position: UInt64) -> String {
    let digits = String(position)
    return String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits
  }

  package static func segment(_ firstPosition: UInt64) -> String { "\(log)/\(digits(firstPosition))\(segmentSuffix)" }
  package static func vaultSegment(_ firstPosition: UInt64) -> String {
    "\(vault)/\(digits(firstPosition))\(segmentSuffix)"
  }

  /// The first position in the name of a segment of the log or the vault, given with its folder.
  static func firstPosition(inPath path: String) -> UInt64? {
    firstPosition(inName: String(path[path.index(path.lastIndex(of: "/") ?? path.startIndex, offsetBy: 1)...]))
  }

  /// The first position in a segment's name, or nil for any other file.
  package static func firstPosition(inName name: String) -> UInt64? {
    guard name.hasSuffix(segmentSuffix) else { return nil }
    let stem = name.dropLast(segmentSuffix.utf8.count)
    guard stem.utf8.count >= 12, stem.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return UInt64(stem)
  }
}

/// How many events a block has and how many blocks a segment. A ledger has the format's numbers; tests take smaller ones.
package struct LogGeometry: Sendable, Equatable {
  package var blockEventCount: Int
  package var segmentBlockCount: Int

  package init(blockEventCount: Int, segmentBlockCount: Int) {
    precondition(blockEventCount.nonzeroBitCount == 1, "a block is a whole subtree: a power of two")
    self.blockEventCount = blockEventCount
    self.segmentBlockCount = segmentBlockCount
  }

  package static let standard = LogGeometry(blockEventCount: LogFormat.blockEventCount, segmentBlockCount: 64)

  package var segmentEventCount: Int { blockEventCount * segmentBlockCount }

  /// How many events of a tail one core parses, encodes or hashes in one go: a full tail keeps eight cores busy.
  var tailRunEventCount: Int { max(1, blockEventCount / 8) }

  package func segmentStart(_ position: UInt64) -> UInt64 { position / UInt64(segmentEventCount) * UInt64(segmentEventCount) }
}

/// The 64 bytes that begin a segment, a tail, a vault file and an index file.
package struct FileHeader: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case segment = "KEPTSEG1"
    case tail = "KEPTTAIL"
    case vault = "KEPTVLT1"
    case secret = "KEPTKEY1"
    case run = "KEPTRUN1"
    case names = "KEPTNAM1"
  }

  package static let byteCount = 64
  package static let version: UInt32 = 1

  package var kind: Kind
  package var ledgerID: LedgerID
  package var firstPosition: UInt64
  /// The tail: customers introduced before its first position. Other files say what it is for them; else 0.
  package var number: UInt64

  package init(_ kind: Kind, _ ledgerID: LedgerID, firstPosition: UInt64 = 0, number: UInt64 = 0) {
    self.kind = kind
    self.ledgerID = ledgerID
    self.firstPosition = firstPosition
    self.number = number
  }

  package func append(to sink: inout ByteSink) {
    let start = sink.count
    sink.append(kind.rawValue)
    sink.append(fixed: Self.version)
    sink.append(fixed: 0 as UInt32)
    sink.append(ledgerID.bytes)
    sink.append(fixed: firstPosition)
    sink.append(fixed: number)
    sink.append(zeros: 12)
    let checksum = sink.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    sink.append(fixed: checksum)
  }

  package func bytes() -> [UInt8] {
    var sink = ByteSink(capacity: Self.byteCount)
    append(to: &sink)
    return sink.bytes()
  }

  /// Reads and checks a header of the ledger `ledgerID`.
  ///
  /// - Throws: `LogError.damage` or `.unknownVersion`, naming `file`.
  package static func parse(
    _ bytes: [UInt8], _ kind: Kind, of ledgerID: LedgerID, file: String
  ) throws(LogError) -> FileHeader {
    func damage(_ offset: Int, _ kind: Damage.Kind) -> LogError {
      .damage(Damage(file: file, offset: offset, kind: kind))
    }
    guard bytes.count >= byteCount else { throw damage(bytes.count, .cut(byteCount: bytes.count)) }
    let fields = bytes.withUnsafeBytes { raw in
      (
        stored: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 60, as: UInt32.self)),
        computed: CRC32C.checksum(UnsafeRawBufferPointer(rebasing: raw[..<60])),
        version: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
        flags: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self)),
        firstPosition: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 32, as: UInt64.self)),
        number: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 40, as: UInt64.self))
      )
    }
    guard fields.stored == fields.computed else {
      throw damage(60, .checksum(stored: fields.stored, computed: fields.computed))
    }
    guard bytes[..<8].elementsEqual(kind.rawValue.utf8) else { throw damage(0, .misplaced("another kind of file")) }
    guard fields.version == version else { throw .unknownVersion(file: file, version: UInt64(fields.version)) }
    guard fields.flags == 0, bytes[48..<60].allSatisfy({ $0 == 0 }) else {
      throw damage(12, .malformed("reserved bytes that are not zero"))
    }
    guard bytes[16..<32].elementsEqual(ledgerID.bytes) else { throw damage(16, .misplaced("another ledger's file")) }
    return FileHeader(kind, ledgerID, firstPosition: fields.firstPosition, number: fields.number)
  }
}

/// A ledger's 16 random bytes: every file says whose it is.
package struct LedgerID: Sendable, Hashable {
  package let bytes: [UInt8]

  /// - Precondition: 16 bytes.
  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == 16, "a ledger id has 16 bytes")
    self.bytes = bytes
  }

  /// From 32 lower-case hexadecimal digits.
  package init?(hex: String) {
    guard let half = Digest(hex: hex + String(repeating: "0", count: 32)), hex.utf8.count == 32 else { return nil }
    self.init(half.withUnsafeBytes { Array($0[..<16]) })
  }

  package var hex: String { bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined() }
}
