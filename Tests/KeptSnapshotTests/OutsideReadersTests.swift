import Foundation
import KeptFormat
import Testing

@testable import KeptSnapshot

/// The readers that analysts use, as oracles. They live in a Python environment that `Scripts/test` makes.
@Suite struct OutsideReadersTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../oracles/parquet_readers.py").standardizedFileURL

  @Test(.enabled(if: python != nil, "KEPT_PYTHON names no Python with DuckDB, pyarrow and polars; Scripts/test does"))
  func `DuckDB, pyarrow and polars read every cell, type and NULL, and their filters find every row`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kept-parquet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let small = ParquetLayout(rowGroupRowCount: 128, pageRowCount: 64)
    for rowCount in [0, 1, 300] {
      try write(SampleTables.everything(rowCount: rowCount), "everything-\(rowCount)", small, to: folder)
    }
    try write(SampleTables.everything(rowCount: 3000, patterns: [.sparse]), "usual", ParquetLayout(), to: folder)
    let (status, output) = try run([Self.script.path, folder.path])
    #expect(status == 0, "\(output)")
  }

  private func write(_ table: Table, _ name: String, _ layout: ParquetLayout, to folder: URL) throws {
    try Data(ParquetWriter.encode(table, layout: layout)).write(to: folder.appending(path: "\(name).parquet"))
    try Data(TableText.string(table, as: .jsonl).utf8).write(to: folder.appending(path: "\(name).jsonl"))
    let types = table.schema.columns.map { column -> JSONValue in
      .array([.string(column.name), .string(column.type.rawValue), .boolean(column.isNullable)])
    }
    try Data(JSONValue.array(types).canonical()).write(to: folder.appending(path: "\(name).types.json"))
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: try #require(Self.python))
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
