import KeptFormat
import Testing

@testable import KeptSnapshot

@Suite struct DamagedParquetTests {
  static let layout = ParquetLayout(rowGroupRowCount: 64, pageRowCount: 64)

  /// Two row groups of numbers from a dictionary, and strings with NULLs.
  static let file: [UInt8] = {
    var numbers = ColumnBuilder<Int64>()
    var names = StringColumnBuilder()
    var decimals = ColumnBuilder<Int64>()
    for row in 0..<70 {
      numbers.append(Int64(row % 3))
      names.append(row % 7 == 0 ? nil : "name \(row)")
      if row % 2 == 0 { decimals.append(Int64(row) << 40) } else { decimals.appendNull() }
    }
    let columns = [
      ColumnSpec("n", .int64), ColumnSpec("s", .string, isNullable: true), ColumnSpec("d", .decimal, isNullable: true),
    ]
    let schema = TableSchema(name: "t", meaning: "a row", columns: columns)
    let table = Table(schema: schema, columns: [numbers.finish(), names.finish(), decimals.finish()])
    do { return try ParquetWriter.encode(table, layout: layout) } catch { preconditionFailure("\(error)") }
  }()

  /// What reading ends with; a trap would end the test process.
  static func read(_ bytes: [UInt8]) -> Result<Table, any Error> { Result { try ParquetReader(bytes).table() } }

  @Test func `a file cut anywhere is refused`() {
    for count in 0..<Self.file.count {
      guard case .failure(let error) = Self.read(Array(Self.file.prefix(count))) else {
        Issue.record("cut to \(count) of \(Self.file.count) bytes and still read")
        continue
      }
      #expect(error is FormatError)
    }
  }

  @Test func `a flipped byte anywhere ends in an error or a table, and in the footer's frame always in an error`() {
    var refusedCount = 0
    for index in Self.file.indices {
      for mask: UInt8 in [0x01, 0xFF] {
        var bytes = Self.file
        bytes[index] ^= mask
        switch Self.read(bytes) {
        case .failure(let error):
          refusedCount += 1
          #expect(error is FormatError)
        case .success:
          #expect(index >= 4 && index < bytes.count - 8, "byte \(index) is of the frame")
        }
      }
    }
    #expect(refusedCount > Self.file.count)
  }

  @Test func `random rubbish in every place ends in an error or a table`() {
    var random = Randomness(seed: 7)
    for _ in 0..<2000 {
      var bytes = Self.file
      for _ in 0..<Int(1 + random.next() % 8) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = Self.read(bytes)
    }
  }

  @Test func `metadata nested without end is refused`() {
    for opening: UInt8 in [0x1C, 0x19, 0x1B] {
      let footer = [UInt8](repeating: opening, count: 10_000)
      let bytes = Array("PAR1".utf8) + footer + ColumnStatistics.littleEndian(UInt32(footer.count)) + Array("PAR1".utf8)
      guard case .failure(let error as FormatError) = Self.read(bytes) else {
        Issue.record("nested metadata was read")
        continue
      }
      #expect(error.offset < 100)
    }
  }

  @Test func `another program's type, codec or encoding is named`() throws {
    let schema = TableSchema(name: "t", meaning: "", columns: [ColumnSpec("n", .int64)])
    let table = Table(schema: schema, columns: [ColumnData(.int64([5]))])
    let bytes = try ParquetWriter.encode(table)
    // The codec of the only chunk is field 4 of its metadata, after the path ["n"].
    let path: [UInt8] = [0x19, 0x18, 0x01, UInt8(ascii: "n"), 0x15, 0x00]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: path) })
    var other = bytes
    other[place + path.count - 1] = 2 << 1
    guard case .failure(let error as FormatError) = Self.read(other) else { throw SomethingElse() }
    #expect(error.kind == .invalid("column n is compressed with codec 2, which Kept does not write"))
  }
}
