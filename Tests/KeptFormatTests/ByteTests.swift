import Testing

@testable import KeptFormat

@Suite struct ByteTests {
  @Test func `what a sink writes a reader reads`() throws {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    var sink = ByteSink()
    var values: [UInt64] = []
    for _ in 0..<2000 {
      let value = generator.next() >> UInt64.random(in: 0...63, using: &generator)
      values.append(value)
      sink.append(varint: value)
      sink.append(zigzag: Int64(bitPattern: value))
      sink.append(fixed: value)
      sink.append(fixed: UInt16(truncatingIfNeeded: value))
      sink.append(UInt8(truncatingIfNeeded: value))
    }
    try sink.withUnsafeBytes { (bytes) throws in
      var reader = ByteReader(bytes)
      for value in values {
        #expect(try reader.varint() == value, "\(generator)")
        #expect(try reader.zigzag() == Int64(bitPattern: value), "\(generator)")
        #expect(try reader.fixed(UInt64.self) == value, "\(generator)")
        #expect(try reader.fixed(UInt16.self) == UInt16(truncatingIfNeeded: value), "\(generator)")
        #expect(try reader.byte() == UInt8(truncatingIfNeeded: value), "\(generator)")
      }
      #expect(reader.isAtEnd)
    }
  }

  @Test func `text, digests, zeros and copies come back, whatever the growth in between`() throws {
    var sink = ByteSink(capacity: 1)
    sink.append("Grüße" as StaticString)
    sink.append(String("ß"))
    sink.append(SHA256.hash([]))
    sink.append(zeros: 100)
    sink.append([1, 2])
    sink.append(decimal: 0 as UInt64)
    for exponent in 0...18 { sink.append(decimal: -Int64(powersOfTen(exponent))) }
    sink.append(decimal: UInt64.max)
    sink.append(decimal: Int64.min)
    let digits = "0" + (0...18).map { "-\(powersOfTen($0))" }.joined() + "\(UInt64.max)\(Int64.min)"
    try sink.withUnsafeBytes { (bytes) throws in
      var reader = ByteReader(bytes)
      #expect(try reader.string(7) == "Grüße")
      #expect(try reader.string(2) == "ß")
      #expect(try reader.digest() == SHA256.hash([]))
      #expect(try reader.bytes(100).allSatisfy { $0 == 0 })
      #expect(try Array(reader.bytes(2)) == [1, 2])
      #expect(try reader.string(reader.remaining) == digits)
    }
  }

  @Test func `bytes written earlier can be filled in, cut and reused`() {
    var sink = ByteSink()
    sink.append(fixed: 0 as UInt32)
    sink.append("abc" as StaticString)
    sink.overwrite(at: 0, fixed: UInt32(sink.count))
    #expect(sink.bytes() == [7, 0, 0, 0, 97, 98, 99])
    sink.truncate(to: 5)
    #expect(sink.bytes() == [7, 0, 0, 0, 97])
    sink.removeAll()
    #expect(sink.count == 0)
  }

  @Test func `a read beyond the end throws, and leaves the reader where it was`() {
    var bytes: [UInt8] = [0x80, 0x80]
    bytes.withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.varint() }
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.fixed(UInt32.self) }
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.bytes(3) }
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.bytes(-1) }
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.digest() }
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.seek(to: 3) }
      #expect(throws: FormatError(.invalid("text that is not UTF-8"), offset: 0)) { try reader.string(2) }
      #expect(reader.offset == 0)
    }
    bytes = []
    bytes.withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      #expect(throws: FormatError(.truncated, offset: 0)) { try reader.byte() }
      #expect(reader.isAtEnd)
    }
  }

  @Test func `a varint of more than 64 bits is refused`() throws {
    let longest = [UInt8](repeating: 0xff, count: 9) + [1]
    #expect(try longest.withUnsafeBytes { try readVarint($0) } == .max)
    for last: UInt8 in [2, 0x7f, 0x80, 0x81] {
      let bytes = [UInt8](repeating: 0xff, count: 9) + [last, 0]
      #expect(throws: FormatError(.overlongVarint, offset: 0)) { try bytes.withUnsafeBytes { try readVarint($0) } }
    }
  }

  @Test func `a count above its limit is refused with both`() {
    let bytes: [UInt8] = [0xac, 0x02]
    bytes.withUnsafeBytes { buffer in
      var reader = ByteReader(buffer)
      #expect(throws: FormatError(.invalid("row count is 300, at most 299 expected"), offset: 0)) {
        try reader.count(atMost: 299, "row count")
      }
      #expect(throws: Never.self) { try reader.count(atMost: 300, "row count") }
    }
  }

  private func readVarint(_ bytes: UnsafeRawBufferPointer) throws -> UInt64 {
    var reader = ByteReader(bytes)
    return try reader.varint()
  }
}

@Suite struct LZ4BlockTests {
  @Test(arguments: [0, 1, 12, 13, 1000, 100_000]) func `bytes come back, compressible or not`(count: Int) throws {
    var generator = SeededGenerator(seed: 5)
    for bytes in [generator.bytes(count), [UInt8](repeating: 7, count: count)] {
      var sink = ByteSink()
      let stored = bytes.withUnsafeBytes { LZ4Block.compress($0, to: &sink) }
      #expect(stored == sink.count)
      var out = [UInt8](repeating: 0, count: count)
      let isWhole = sink.withUnsafeBytes { source in
        out.withUnsafeMutableBytes { LZ4Block.decompress(source, into: $0) }
      }
      #expect(isWhole)
      #expect(out == bytes)
    }
  }

  @Test func `a destination that is too short says no`() {
    var generator = SeededGenerator(seed: 6)
    let bytes = generator.bytes(1000)
    var room = [UInt8](repeating: 0, count: 950)
    #expect(
      bytes.withUnsafeBytes { source in room.withUnsafeMutableBytes { LZ4Block.compress(source, into: $0) } } == nil)
  }

  @Test func `a block cut anywhere, or of another length, is refused`() {
    let bytes = Array("a block cut anywhere, or of another length, is refused, refused, refused, refused".utf8)
    var sink = ByteSink()
    bytes.withUnsafeBytes { _ = LZ4Block.compress($0, to: &sink) }
    let stored = sink.bytes()
    func isRead(_ source: [UInt8], _ count: Int) -> Bool {
      var out = [UInt8](repeating: 0, count: count)
      return source.withUnsafeBytes { input in out.withUnsafeMutableBytes { LZ4Block.decompress(input, into: $0) } }
    }
    #expect(isRead(stored, bytes.count))
    for cut in 0..<stored.count { #expect(!isRead(Array(stored[..<cut]), bytes.count)) }
    for count in [0, 1, bytes.count - 1, bytes.count + 1, bytes.count + 1000] { #expect(!isRead(stored, count)) }
    for index in stored.indices {
      for value in UInt8.min...UInt8.max {
        var changed = stored
        changed[index] = value
        _ = isRead(changed, bytes.count)
      }
    }
  }
}
