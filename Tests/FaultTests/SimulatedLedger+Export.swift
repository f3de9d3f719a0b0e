import KeptLog
import KeptSimulation
import Testing

@testable import KeptSnapshot

extension SimulatedLedger {
  static let exportPath = "/lake"

  /// Adds what is new to the export, and says what is in it then.
  func exported(before end: UInt64? = nil, workers: Int = 1) throws -> ExportManifest {
    let reader = try reader()
    let labels = ExportLabels(names: try reader.names(), areSealed: true)
    let export = try LogExport(Self.exportPath, of: reader, disk: disk, holder: "a test")
    _ = try export.add(reader, before: end ?? reader.count, labels: labels, partRowCount: 6, workers: workers)
    return export.manifest!
  }

  mutating func export() throws { exportedPosition = try exported().position }

  /// The export is whole, and what was announced of it is there.
  func checkExport(_ comment: Comment) throws {
    let manifest = try Self.checkExport(disk, comment)
    #expect((manifest?.position ?? 0) >= exportedPosition, comment)
    #expect((manifest?.position ?? 0) <= UInt64(acknowledged.count), comment)
  }

  /// The manifest of what is published, if there is one, and that it is true.
  @discardableResult
  static func checkExport(_ disk: SimulatedDisk, _ comment: Comment) throws -> ExportManifest? {
    guard let manifest = try LogExport.manifest(exportPath, disk) else { return nil }
    #expect(try LogExport.differences(manifest, exportPath, disk, workers: 1) == [], comment)
    let found = try manifest.parts.flatMap { try positions(disk.contents("\(exportPath)/\($0.path)")) }
    #expect(found.sorted() == Array(0..<Int64(manifest.position)), comment)
    return manifest
  }

  private static func positions(_ file: [UInt8]) throws -> [Int64] {
    guard case .int64(let values) = try ParquetReader(file).table().columns[0].values else { return [] }
    return values
  }
}
