import KeptFormat
import Testing

@testable import KeptSnapshot

@Suite struct ParquetRoundTripTests {
  /// Row groups of 128 rows and pages of 64, so that few rows cross every boundary.
  static let small = ParquetLayout(rowGroupRowCount: 128, pageRowCount: 64)

  @Test(arguments: [0, 1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 191, 192, 193, 256, 300, 1000])
  func `a table of any length is read back as it was`(rowCount: Int) throws {
    let table = SampleTables.everything(rowCount: rowCount)
    let copy = try ParquetReader(ParquetWriter.encode(table, layout: Self.small)).table()
    #expect(copy.schema == table.schema)
    #expect(copy.rowCount == rowCount)
    #expect(cells(copy) == cells(table))
  }

  @Test func `a table of several row groups of the usual size is read back as it was`() throws {
    var numbers = ColumnBuilder<Int64>()
    var names = StringColumnBuilder()
    for row in 0..<600_000 {
      if row % 5 == 0 { numbers.appendNull() } else { numbers.append(Int64(row) * 7) }
      names.append(code: names.intern("name \(row % 1000)"))
    }
    let schema = TableSchema(
      name: "t", meaning: "", columns: [ColumnSpec("n", .int64, isNullable: true), ColumnSpec("s", .string)])
    let table = Table(schema: schema, columns: [numbers.finish(), names.finish()])
    let copy = try ParquetReader(ParquetWriter.encode(table, workers: 2)).table()
    guard case .int64(let values) = copy.columns[0].values else { throw SomethingElse() }
    var isEqual = copy.rowCount == 600_000
    for row in 0..<copy.rowCount {
      isEqual = isEqual && (row % 5 == 0 ? copy.columns[0].isNull(row) : values[row] == Int64(row) * 7)
    }
    #expect(isEqual)
    guard case .string(let strings) = copy.columns[1].values else { throw SomethingElse() }
    #expect((0..<1000).allSatisfy { strings.string(599_000 + $0) == "name \($0)" })
  }

  @Test(arguments: [1, 2, 3, 8])
  func `the bytes are the same with any number of workers`(workers: Int) throws {
    let table = SampleTables.everything(rowCount: 1000)
    let alone = try ParquetWriter.encode(table, layout: Self.small, workers: 1)
    #expect(try ParquetWriter.encode(table, layout: Self.small, workers: workers) == alone)
  }

  @Test func `several files written at once are each what they are alone, with their digest and length`() throws {
    let tables = (0..<5).map { SampleTables.everything(rowCount: 150 * $0, seed: UInt64($0)) }
    let outputs = tables.map { _ in Output() }
    let jobs = zip(tables, outputs).map { table, output in ParquetWriter.Job(table) { output.bytes += Array($0) } }
    let files = try ParquetWriter.write(jobs, layout: Self.small, workers: 4)
    for (index, table) in tables.enumerated() {
      let alone = try ParquetWriter.encode(table, layout: Self.small)
      #expect(outputs[index].bytes == alone)
      #expect(
        files[index] == WrittenFile(rowCount: table.rowCount, byteCount: alone.count, digest: SHA256.hash(alone)))
    }
  }

  @Test func `only the columns asked for are read`() throws {
    let table = SampleTables.everything(rowCount: 10)
    let reader = try ParquetReader(ParquetWriter.encode(table))
    let some = try reader.table(columns: ["date_few", "string_many_sparse"])
    #expect(some.schema.columns.map(\.name) == ["string_many_sparse", "date_few"])
    #expect(some.rowCount == 10)
  }

  @Test func `a code of the same string written twice in the dictionary reads as that string`() throws {
    let column = StringColumn(dictionary: StringDictionary(["unused", "x", "x", "y"]), codes: [1, 2, 3, 1, .max])
    let schema = TableSchema(name: "t", meaning: "", columns: [ColumnSpec("s", .string, isNullable: true)])
    let table = Table(schema: schema, columns: [ColumnData(.string(column))])
    #expect(cells(try ParquetReader(ParquetWriter.encode(table)).table()) == cells(table))
  }

  @Test func `a total of more than 18 digits is refused with its column`() throws {
    let schema = TableSchema(name: "t", meaning: "", columns: [ColumnSpec("revenue", .decimal)])
    let table = Table(schema: schema, columns: [ColumnData(.int64([1_000_000_000_000_000_000]))])
    #expect(throws: SnapshotError.decimalOutOfRange(column: "revenue")) { try ParquetWriter.encode(table) }
  }

  @Test func `what a destination throws stops the writing and is thrown`() throws {
    let table = SampleTables.everything(rowCount: 1000)
    let job = ParquetWriter.Job(table) { _ in throw SomethingElse() }
    #expect(throws: SomethingElse.self) { try ParquetWriter.write([job], layout: Self.small, workers: 3) }
    var calls = 0
    let later = ParquetWriter.Job(table) { _ in
      calls += 1
      if calls == 5 { throw SomethingElse() }
    }
    #expect(throws: SomethingElse.self) { try ParquetWriter.write([later], layout: Self.small, workers: 3) }
    #expect(calls == 5)
  }

  @Test(arguments: [1, 2, 3, 5, 7, 8, 9, 12, 17, 31, 32])
  func `codes of any width come back through runs and packed groups`(width: Int) throws {
    var random = Randomness(seed: UInt64(width))
    let mask = width == 32 ? UInt32.max : (1 << UInt32(width)) - 1
    for count in [1, 7, 8, 9, 100, 1000, 5000] {
      var codes: [UInt32] = []
      while codes.count < count {
        let run = random.next() % 3 == 0 ? Int(random.next() % 200) : 1
        codes += Array(repeating: UInt32(truncatingIfNeeded: random.next()) & mask, count: run)
      }
      codes = Array(codes.prefix(count))
      var buffer = PageBuffer()
      codes.withUnsafeBufferPointer { RunLengthHybrid.append($0, width: width, to: &buffer) }
      var decoded: [UInt32] = []
      try RunLengthHybrid.decode(buffer.bytes, width: width, count: count, into: &decoded)
      #expect(decoded == codes, "width \(width), \(count) codes")
    }
  }
}

struct SomethingElse: Error {}

/// Where a test collects a file; one writer at a time.
final class Output: @unchecked Sendable {
  var bytes: [UInt8] = []
}
