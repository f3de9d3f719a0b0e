import Foundation
import KeptFormat
import KeptLog
import Synchronization
import Testing

@testable import KeptSnapshot

@Suite final class SnapshotStoreTests {
  let folder = FileManager.default.temporaryDirectory.appending(path: "kept-store-\(UUID().uuidString)").path
  var store: SnapshotStore { SnapshotStore(disk: PosixDisk(), path: "\(folder)/snapshots") }

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  static func manifest(_ position: UInt64, asOf: Instant = 1_711_875_900_000_000, rules: String = "r") -> Manifest {
    Manifest(
      position: position, root: SHA256.hash([UInt8(position % 256)]), asOf: asOf,
      rulebook: SHA256.hash(Array(rules.utf8)), zone: SHA256.hash([1]), versions: ["kept": "1", "parquet": "1"],
      command: ["kept", "rebuild", "shop", "--as-of", "last"])
  }

  @discardableResult
  static func publish(
    _ store: SnapshotStore, _ manifest: Manifest, rows: Int = 3, keep: Int? = nil
  ) throws -> SnapshotDraft.Published {
    let draft = try store.begin(manifest.name, holder: "test")
    try draft.write([SampleTables.everything(rowCount: rows, patterns: [.sparse]), numbers(rows)], workers: 2)
    return try draft.publish(manifest, keep: keep)
  }

  static func numbers(_ rows: Int) -> Table {
    let schema = TableSchema(name: "numbers", meaning: "", columns: [ColumnSpec("n", .int64)])
    return Table(schema: schema, columns: [ColumnData(.int64((0..<rows).map { Int64($0) }))])
  }

  private func names(_ path: String = "snapshots") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)").sorted()
  }

  @Test func `a published snapshot has its files, a manifest that describes them, and latest points at it`() throws {
    let published = try Self.publish(store, Self.manifest(1000))
    #expect(published.isNew)
    #expect(try names() == [".lock", "20240331T090500Z-1000", "latest"])
    #expect(try names("snapshots/latest") == ["everything.parquet", "manifest.json", "numbers.parquet"])
    #expect(try store.latestName() == SnapshotName("20240331T090500Z-1000"))
    let manifest = try store.manifest(Self.manifest(1000).name)
    #expect(manifest == published.manifest)
    #expect(manifest.files.map(\.name) == ["everything.parquet", "numbers.parquet"])
    #expect(manifest.files[1].rowCount == 3)
    let bytes = try PosixDisk().contents("\(published.path)/numbers.parquet")
    #expect(manifest.files[1].byteCount == bytes.count)
    #expect(manifest.files[1].digest == SHA256.hash(bytes))
    #expect(try bytes == ParquetWriter.encode(Self.numbers(3)))
    #expect(try SnapshotStore.check(PosixDisk(), folder: published.path, against: manifest) == nil)
  }

  @Test func `the manifest is one line of canonical JSON`() throws {
    let published = try Self.publish(store, Self.manifest(7), rows: 0)
    let text = String(decoding: try PosixDisk().contents("\(published.path)/manifest.json"), as: UTF8.self)
    let command = #"["kept","rebuild","shop","--as-of","last"]"#
    #expect(text.hasPrefix(#"{"as_of":"2024-03-31T09:05:00.000000Z","command":\#(command),"files":[{"bytes":"#))
    #expect(text.hasSuffix("\"}\n"))
    let (root, rulebook) = (SHA256.hash([7]).base64, SHA256.hash(Array("r".utf8)).hex)
    #expect(text.contains(#""position":7,"root":"\#(root)","rulebook":"\#(rulebook)""#))
  }

  @Test func `publishing the same again changes nothing, even with another command line`() throws {
    try Self.publish(store, Self.manifest(5))
    let before = try PosixDisk().contents("\(folder)/snapshots/latest/manifest.json")
    var manifest = Self.manifest(5)
    manifest.command.append("--jobs=2")
    let again = try Self.publish(store, manifest)
    #expect(!again.isNew)
    #expect(try PosixDisk().contents("\(folder)/snapshots/latest/manifest.json") == before)
    #expect(try names() == [".lock", "20240331T090500Z-5", "latest"])
  }

  @Test func `other rows or rules under a published name are refused and say what differs`() throws {
    try Self.publish(store, Self.manifest(5))
    let name = "20240331T090500Z-5"
    #expect(throws: SnapshotError.alreadyPublished(name: name, .bytes(file: "everything.parquet"))) {
      try Self.publish(self.store, Self.manifest(5), rows: 4)
    }
    #expect(throws: SnapshotError.alreadyPublished(name: name, .manifest(member: "rulebook"))) {
      try Self.publish(self.store, Self.manifest(5, rules: "other"))
    }
    #expect(try store.manifest(Self.manifest(5).name).files.last?.rowCount == 3)
  }

  @Test func `a published file that was changed or removed is found`() throws {
    let path = try Self.publish(store, Self.manifest(5)).path
    let file = try PosixDisk().open("\(path)/numbers.parquet", .update)
    try file.write([0xFF], at: 20)
    let name = "20240331T090500Z-5"
    #expect(throws: SnapshotError.alreadyPublished(name: name, .bytes(file: "numbers.parquet"))) {
      try Self.publish(self.store, Self.manifest(5))
    }
    try PosixDisk().remove("\(path)/numbers.parquet")
    let manifest = try store.manifest(Self.manifest(5).name)
    #expect(
      try SnapshotStore.check(PosixDisk(), folder: path, against: manifest) == .missing(file: "numbers.parquet"))
  }

  @Test func `keep removes the oldest as-of and never what latest points at`() throws {
    let day: Int64 = 86_400_000_000
    for index in 1...4 { try Self.publish(store, Self.manifest(UInt64(index), asOf: Int64(index) * day)) }
    let published = try Self.publish(store, Self.manifest(5, asOf: 5 * day), keep: 3)
    #expect(published.removed.map(\.position) == [1, 2])
    #expect(try store.names().map(\.position) == [3, 4, 5])
    // An audit of an older instant becomes the latest, so it stays although it is the oldest.
    let old = try Self.publish(store, Self.manifest(9, asOf: day), keep: 2)
    #expect(old.removed.map(\.position) == [3, 4])
    #expect(try store.names().map(\.position) == [9, 5])
    #expect(try store.latestName()?.position == 9)
    #expect(try names().filter { $0.hasPrefix(".") } == [".lock"])
  }

  @Test func `a shadow stands beside, and latest does not lead to it`() throws {
    let day: Int64 = 86_400_000_000
    for index in 1...3 { try Self.publish(store, Self.manifest(UInt64(index), asOf: Int64(index) * day)) }
    for index in [1, 3] {
      let tried = Self.manifest(UInt64(index), asOf: Int64(index) * day, rules: "tried")
      var name = tried.name
      name.shadow = SnapshotName.shadow(rulebook: tried.rulebook, tables: nil)
      let draft = try store.begin(name, holder: "test")
      try draft.write([Self.numbers(2)], workers: 1)
      let published = try draft.publish(tried, keep: nil)
      #expect(published.path.hasSuffix("-\(index)-shadow-\(tried.rulebook.hex.prefix(12))"))
    }
    #expect(try store.names().map(\.position) == [1, 1, 2, 3, 3])
    #expect(try store.latestName() == Self.manifest(3, asOf: 3 * day).name)
    // It goes with what is older than all that is kept, and takes nobody's place.
    let published = try Self.publish(store, Self.manifest(4, asOf: 4 * day), keep: 2)
    #expect(published.removed.map(\.position) == [1, 1, 2])
    #expect(try store.names().map(\.description).map { $0.contains("-shadow-") } == [false, true, false])
  }

  @Test func `nobody else writes while a draft is open`() throws {
    let draft = try store.begin(Self.manifest(1).name, holder: "process 7")
    #expect(throws: SnapshotError.locked(holder: "process 7")) {
      try self.store.begin(Self.manifest(2).name, holder: "process 8")
    }
    withExtendedLifetime(draft) {}
  }

  @Test func `names say the instant without colons and sort by it`() {
    #expect(SnapshotName(asOf: 0, position: 0).description == "19700101T000000Z-0")
    #expect(SnapshotName(asOf: 1, position: 12).description == "19700101T000000.000001Z-12")
    for asOf in SampleTables.instants {
      let name = SnapshotName(asOf: asOf, position: .max)
      #expect(SnapshotName(name.description) == name)
    }
    let rules = SHA256.hash([1])
    for tables in [nil, [], ["customers"], ["promises", "customers"]] as [[String]?] {
      let shadow = SnapshotName(asOf: 1, position: 12, shadow: SnapshotName.shadow(rulebook: rules, tables: tables))
      #expect(SnapshotName(shadow.description) == shadow)
    }
    #expect(
      SnapshotName.shadow(rulebook: rules, tables: ["a", "b"]) == SnapshotName.shadow(rulebook: rules, tables: ["b", "a"]))
    for text in ["", "latest", "19700101T000000Z", "19700101T000000Z-", "19700101T000000Z-01", "19700101T000000Z--1",
      "19700101T000000Z-1-shadow-", "19700101T000000Z-1-shadow-Z", "-shadow-12", "19700101T000000Z-1-shadow-1-shadow-1",
      "1970-01-01T00:00:00Z-1", ".writing-19700101T000000Z-0", "19700101T000000.000000Z-1", "19700101T000000é-1"]
    {
      #expect(SnapshotName(text) == nil, "\(text)")
    }
  }

  @Test func `a manifest that was cut or changed is refused, or read as what it says`() throws {
    var manifest = Self.manifest(5)
    manifest.files = [.init(name: "a.parquet", rowCount: 1, byteCount: 2, digest: SHA256.hash([]))]
    let bytes = manifest.encode()
    #expect(try Manifest(parsing: bytes, path: "m") == manifest)
    for origin in [.builtIn(version: "1"), .adopted(position: 7), .file("mine.json")] as [RulebookOrigin] {
      manifest.rulebookOrigin = origin
      #expect(try Manifest(parsing: manifest.encode(), path: "m") == manifest)
    }
    for offset in [0, 7200, -34_200] {
      manifest.utcOffsetSeconds = offset
      #expect(try Manifest(parsing: manifest.encode(), path: "m") == manifest)
    }
    for offset in [93_600, -93_600, Int(Int64.max)] {
      manifest.utcOffsetSeconds = offset
      #expect(throws: SnapshotError.self) { try Manifest(parsing: manifest.encode(), path: "m") }
    }
    for count in 0..<bytes.count - 1 {
      #expect(throws: SnapshotError.self) { try Manifest(parsing: Array(bytes.prefix(count)), path: "m") }
    }
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 0x04
      _ = try? Manifest(parsing: other, path: "m")
    }
  }
}
