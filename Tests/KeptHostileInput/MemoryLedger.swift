import KeptFormat
import KeptLog

/// A ledger of which only the tail is to be looked at: small files in memory, nothing sealed, nothing to be written.
struct MemoryLedger: Disk {
  private let files: [String: [UInt8]]
  private static let id = LedgerID([UInt8](repeating: 7, count: 16))

  init(tail: [UInt8]) {
    var secret = FileHeader(.secret, Self.id).bytes() + [UInt8](repeating: 1, count: 60)
    Self.appendChecksum(&secret)
    files = [
      "m/ledger.json": LedgerSettings(ledgerID: Self.id, zone: "UTC", sealed: ["customer"]).json(), "m/zone.tzif": [],
      "m/vault/secret": secret, "m/tail": tail,
    ]
  }

  /// A tail whose one record has these bytes as its body, under true checksums; the first byte says how many lines.
  static func tail(record bytes: [UInt8]) -> [UInt8] {
    var tail = FileHeader(.tail, id).bytes()
    var head: [UInt8] = []
    let body = Array(bytes.dropFirst())
    append(UInt32(body.count), to: &head)
    append(UInt32(bytes.first ?? 1), to: &head)
    appendChecksum(&head)
    append(CRC32C.checksum(body), to: &head)
    tail += head.prefix(12) + body + head.suffix(4)
    return tail
  }

  /// Makes the two checksums of a chunk of the vault true.
  static func fixVaultChecksums(_ chunk: inout [UInt8]) {
    guard chunk.count >= VaultChunk.headerByteCount else { return }
    var head: [UInt8] = Array(chunk[..<32])
    append(CRC32C.checksum(Array(chunk[VaultChunk.headerByteCount...])), to: &head)
    head += chunk[36..<44]
    appendChecksum(&head)
    chunk.replaceSubrange(..<VaultChunk.headerByteCount, with: head)
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  private static func appendChecksum(_ bytes: inout [UInt8]) { append(CRC32C.checksum(bytes), to: &bytes) }

  // MARK: Disk

  func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    guard mode == .read, let bytes = files[path] else { throw DiskError(path: path, operation: "open", code: 2) }
    return Contents(path: path, bytes: bytes)
  }

  func names(inFolder path: String) throws(DiskError) -> [String]? { nil }
  func exists(_ path: String) throws(DiskError) -> Bool { files[path] != nil }
  func linkTarget(_ path: String) throws(DiskError) -> String? { nil }
  func makeFolder(_ path: String, permissions: UInt32) throws(DiskError) { throw refusal(path) }
  func rename(_ from: String, to: String) throws(DiskError) { throw refusal(from) }
  func remove(_ path: String) throws(DiskError) { throw refusal(path) }
  func removeFolder(_ path: String) throws(DiskError) { throw refusal(path) }
  func makeLink(_ path: String, to target: String) throws(DiskError) { throw refusal(path) }
  func syncFolder(_ path: String) throws(DiskError) { throw refusal(path) }
  func lock(_ path: String, holder: String) throws(DiskError) -> DiskLockOutcome { throw refusal(path) }
  func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError) { throw refusal("random") }

  private func refusal(_ path: String) -> DiskError { DiskError(path: path, operation: "change", code: 30) }

  private final class Contents: DiskFile {
    let path: String
    private let bytes: [UInt8]

    init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }

    func byteCount() throws(DiskError) -> Int { bytes.count }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
      let part = bytes.dropFirst(offset).prefix(buffer.count)
      buffer.copyBytes(from: part)
      return part.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) { throw refusal() }
    func sync() throws(DiskError) { throw refusal() }
    func truncate(to byteCount: Int) throws(DiskError) { throw refusal() }
    func close() {}

    private func refusal() -> DiskError { DiskError(path: path, operation: "write", code: 30) }
  }
}
