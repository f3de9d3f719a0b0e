import KeptFormat

/// Where the rules of a snapshot came from; their digest says which they were.
public enum RulebookOrigin: Sendable, Equatable {
  /// Those built into the program of this version.
  case builtIn(version: String)
  /// The event at this position says that they were adopted.
  case adopted(position: UInt64)
  /// Tried from a file, whose path was given.
  case file(String)
}

/// `manifest.json` of a snapshot: what it was made from and what its files are.
///
/// One line of canonical JSON. `root` is in base64, as a checkpoint has it; the digests are in hexadecimal, as
/// `sha256sum` prints them.
public struct Manifest: Sendable, Equatable {
  public static let fileName = "manifest.json"

  public struct File: Sendable, Equatable {
    public var name: String
    public var rowCount: Int
    public var byteCount: Int
    public var digest: Digest

    public init(name: String, rowCount: Int, byteCount: Int, digest: Digest) {
      self.name = name
      self.rowCount = rowCount
      self.byteCount = byteCount
      self.digest = digest
    }
  }

  /// The events known: those before this position, the leaves of `root`.
  public var position: UInt64
  public var root: Digest
  public var asOf: Instant
  /// By how many seconds the business zone's clocks were ahead of UTC at that instant; nil where it was not recorded yet,
  /// by an older version. `zone` decides it; it stands here so that a snapshot read alone can tell its days.
  public var utcOffsetSeconds: Int?
  public var rulebook: Digest
  /// nil where it was not recorded yet, by an older version.
  public var rulebookOrigin: RulebookOrigin?
  public var zone: Digest
  /// Of the program and the formats, by name.
  public var versions: [String: String]
  /// The command line as it was given.
  public var command: [String]
  /// Sorted by name.
  public var files: [File]

  public init(
    position: UInt64, root: Digest, asOf: Instant, utcOffsetSeconds: Int? = nil, rulebook: Digest,
    rulebookOrigin: RulebookOrigin? = nil, zone: Digest, versions: [String: String], command: [String], files: [File] = []
  ) {
    self.position = position
    self.root = root
    self.asOf = asOf
    self.utcOffsetSeconds = utcOffsetSeconds
    self.rulebook = rulebook
    self.rulebookOrigin = rulebookOrigin
    self.zone = zone
    self.versions = versions
    self.command = command
    self.files = files
  }

  /// The name of the one snapshot of this instant and these events; a shadow has one of its own.
  public var name: SnapshotName { SnapshotName(asOf: asOf, position: position) }

  /// How `other` says something else. The command, the versions and where equal rules came from do not matter, since they
  /// do not decide what a snapshot says, nor does the offset, which the zone decides.
  public func difference(from other: Manifest) -> SnapshotDifference? {
    if root != other.root { return .manifest(member: "root") }
    if rulebook != other.rulebook { return .manifest(member: "rulebook") }
    if zone != other.zone { return .manifest(member: "zone") }
    if name != other.name { return .manifest(member: "as_of") }
    let mine = Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0) })
    for file in other.files {
      guard let own = mine[file.name] else { return .missing(file: file.name) }
      if own != file { return .bytes(file: file.name) }
    }
    let theirs = Set(other.files.map(\.name))
    return files.first { !theirs.contains($0.name) }.map { .unlisted(file: $0.name) }
  }
}

// MARK: - JSON

extension Manifest {
  public func encode() -> [UInt8] {
    let files = files.map { file -> JSONValue in
      [
        "name": .string(file.name), "rows": .integer(file.rowCount), "bytes": .integer(file.byteCount),
        "sha256": .string(file.digest.hex),
      ]
    }
    var members = [
      JSONMember("position", .integer(Int(position))), JSONMember("root", .string(root.base64)),
      JSONMember("as_of", .string(RFC3339.string(asOf))), JSONMember("rulebook", .string(rulebook.hex)),
      JSONMember("zone", .string(zone.hex)),
      JSONMember("versions", .object(versions.map { JSONMember($0.key, .string($0.value)) })),
      JSONMember("command", .array(command.map { .string($0) })), JSONMember("files", .array(files)),
    ]
    if let utcOffsetSeconds { members.append(JSONMember("utc_offset_s", .integer(utcOffsetSeconds))) }
    if let rulebookOrigin { members.append(JSONMember("rulebook_from", rulebookOrigin.json)) }
    return JSONValue.object(members).canonical() + [UInt8(ascii: "\n")]
  }

  /// - Throws: `SnapshotError.manifest` with `path`.
  public init(parsing bytes: [UInt8], path: String) throws(SnapshotError) {
    func failure(_ reason: String) -> SnapshotError { .manifest(path: path, reason: reason) }
    let value: JSONValue
    do { value = try JSONValue.parse(bytes) } catch { throw failure(error.description) }
    guard let position = value["position"]?.integer, position >= 0 else { throw failure("position is not a count") }
    guard let root = value["root"]?.string.flatMap(Digest.init(base64:)) else { throw failure("root is not a digest") }
    guard let time = value["as_of"]?.string, let asOf = try? RFC3339.parse(time) else {
      throw failure("as_of is not an instant")
    }
    guard let rulebook = value["rulebook"]?.string.flatMap(Digest.init(hex:)),
      let zone = value["zone"]?.string.flatMap(Digest.init(hex:))
    else { throw failure("rulebook or zone is not a digest") }
    guard let versions = value["versions"]?.members, let command = value["command"]?.array,
      let files = value["files"]?.array
    else { throw failure("versions, command or files are missing") }
    let offset = value["utc_offset_s"]?.integer
    guard offset.map({ $0.magnitude < Zone.offsetSecondsLimit }) ?? true else { throw failure("no place is so far from UTC") }
    self.init(
      position: UInt64(position), root: root, asOf: asOf, utcOffsetSeconds: offset.map(Int.init), rulebook: rulebook,
      rulebookOrigin: value["rulebook_from"].flatMap(RulebookOrigin.init(json:)), zone: zone,
      versions: Dictionary(versions.map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first }),
      command: command.map { $0.string ?? "" })
    for file in files {
      guard let name = file["name"]?.string, !name.isEmpty, !name.contains("/"), name != "..",
        let rows = file["rows"]?.integer, let bytes = file["bytes"]?.integer,
        let digest = file["sha256"]?.string.flatMap(Digest.init(hex:))
      else { throw failure("a file without its name, rows, bytes and digest") }
      self.files.append(File(name: name, rowCount: Int(rows), byteCount: Int(bytes), digest: digest))
    }
    guard Set(self.files.map(\.name)).count == self.files.count else { throw failure("a file is listed twice") }
  }
}

extension RulebookOrigin {
  fileprivate var json: JSONValue {
    switch self {
    case .builtIn(let version): ["built_in": .string(version)]
    case .adopted(let position): ["adopted_at": .integer(Int(position))]
    case .file(let path): ["file": .string(path)]
    }
  }

  fileprivate init?(json: JSONValue) {
    if let version = json["built_in"]?.string {
      self = .builtIn(version: version)
    } else if let position = json["adopted_at"]?.integer, position >= 0 {
      self = .adopted(position: UInt64(position))
    } else if let path = json["file"]?.string {
      self = .file(path)
    } else {
      return nil
    }
  }
}

extension JSONValue {
  fileprivate static func integer(_ value: Int) -> JSONValue { .number(ExactDecimal(Int64(value))) }
}
