import KeptFormat

/// `manifest.json` of an export: which events are in it, and the files that hold them.
///
/// One line of canonical JSON. Position and root are those of a checkpoint of the ledger; digests are in hexadecimal, as
/// `sha256sum` prints them.
package struct ExportManifest: Sendable, Equatable {
  package static let fileName = "manifest.json"
  package static let formatVersion: Int64 = 1

  package struct Part: Sendable, Equatable {
    /// In the export's folder.
    package var path: String
    /// The rows have positions among these.
    package var positions: Range<UInt64>
    package var rowCount: Int
    package var byteCount: Int
    package var digest: Digest
  }

  /// As checkpoints name the ledger.
  package var origin: String
  /// The business zone, by its name: folders are months in UTC, days of the business are not.
  package var zone: String
  /// The events in it: those before this position, the leaves of `root`.
  package var position: UInt64
  package var root: Digest
  /// The highest number of a customer in it.
  package var customerCount: UInt32
  /// The customers forgotten before this position bear no name in the newest parts.
  package var namesKnownAt: UInt64
  /// Numbers of customers who were forgotten after their external ids had gone into a part, ascending.
  package var named: [UInt32]
  /// Sorted by path.
  package var parts: [Part]

  package var rowCount: Int { parts.reduce(0) { $0 + $1.rowCount } }

  func encode() -> [UInt8] {
    func number(_ value: some BinaryInteger) -> JSONValue { .number(ExactDecimal(Int64(value))) }
    let parts = parts.map { part -> JSONValue in
      [
        "path": .string(part.path), "first": number(part.positions.lowerBound), "end": number(part.positions.upperBound),
        "rows": number(part.rowCount), "bytes": number(part.byteCount), "sha256": .string(part.digest.hex),
      ]
    }
    let value: JSONValue = [
      "export": number(Self.formatVersion), "ledger": .string(origin), "zone": .string(zone),
      "position": number(position), "root": .string(root.base64),
      "customers": number(customerCount), "names_known_at": number(namesKnownAt),
      "forgotten_but_named": .array(named.map(number)),
      "parts": .array(parts),
    ]
    return value.canonical() + [UInt8(ascii: "\n")]
  }

  /// - Throws: `ExportError.manifest` with `path`.
  init(parsing bytes: [UInt8], path: String) throws(ExportError) {
    func failure(_ reason: String) -> ExportError { .manifest(path: path, reason: reason) }
    let value: JSONValue
    do { value = try JSONValue.parse(bytes) } catch { throw failure(error.description) }
    guard let version = value["export"]?.integer else { throw failure("it does not say the version of an export") }
    guard version == Self.formatVersion else { throw failure("version \(version), which this program does not know") }
    guard let origin = value["ledger"]?.string, let zone = value["zone"]?.string else {
      throw failure("ledger or zone is missing")
    }
    guard let position = value["position"]?.integer, position >= 0,
      let root = value["root"]?.string.flatMap(Digest.init(base64:))
    else { throw failure("position or root is missing") }
    guard let customers = value["customers"]?.integer.flatMap(UInt32.init(exactly:)),
      let known = value["names_known_at"]?.integer, known >= position,
      let named = value["forgotten_but_named"]?.array, let parts = value["parts"]?.array
    else { throw failure("customers, names_known_at, forgotten_but_named or parts are missing") }
    self.init(
      origin: origin, zone: zone, position: UInt64(position), root: root, customerCount: customers,
      namesKnownAt: UInt64(known), named: named.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }, parts: [])
    for part in parts {
      guard let path = part["path"]?.string, Self.isSound(path), let first = part["first"]?.integer, first >= 0,
        let end = part["end"]?.integer, end > first, end <= position, let rows = part["rows"]?.integer, rows > 0,
        let bytes = part["bytes"]?.integer, bytes > 0, let digest = part["sha256"]?.string.flatMap(Digest.init(hex:))
      else { throw failure("a part without its path, positions, rows, bytes and digest") }
      self.parts.append(
        Part(
          path: path, positions: UInt64(first)..<UInt64(end), rowCount: Int(rows), byteCount: Int(bytes), digest: digest))
    }
    guard Set(self.parts.map(\.path)).count == self.parts.count else { throw failure("a part is listed twice") }
    guard self.parts.allSatisfy({ $0.rowCount <= $0.positions.count }) else {
      throw failure("a part has more rows than positions")
    }
    guard rowCount == Int(position) else { throw failure("the parts have \(rowCount) rows of \(position)") }
  }

  init(
    origin: String, zone: String, position: UInt64, root: Digest, customerCount: UInt32, namesKnownAt: UInt64,
    named: [UInt32], parts: [Part]
  ) {
    self.origin = origin
    self.zone = zone
    self.position = position
    self.root = root
    self.customerCount = customerCount
    self.namesKnownAt = namesKnownAt
    self.named = named
    self.parts = parts
  }

  /// Whether a path stays in the folder of events: one folder of a month, and a file that readers do not pass over.
  private static func isSound(_ path: String) -> Bool {
    let names = path.split(separator: "/", omittingEmptySubsequences: false)
    return names.count == 3 && names[0] == LogExport.eventsFolder && names[1].hasPrefix("month=")
      && names[2].hasPrefix("part-") && names[2].hasSuffix(".parquet")
  }
}

/// Why an export could not be made or is not what it should be.
package enum ExportError: Error, Equatable {
  /// The folder holds something else.
  case foreign(path: String)
  /// A manifest that Kept did not write, or cannot read.
  case manifest(path: String, reason: String)
  /// The export in the folder is of another ledger.
  case otherLedger(path: String, origin: String, expected: String)
  /// The export holds more events than the ledger, or than were asked for.
  case longer(path: String, position: UInt64, count: UInt64)
  /// The ledger's first events are not those that were exported.
  case otherRoot(path: String, position: UInt64, exported: Digest, ledger: Digest)
  /// Another process is exporting into the folder.
  case locked(path: String, holder: String)
  case untrustedLock(path: String, fileSystem: String)
}
