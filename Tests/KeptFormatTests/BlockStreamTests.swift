import Testing

@testable import KeptFormat

/// The streams that columns are made of, against short literal readings of the format page.
@Suite struct BlockStreamTests {
  private func encodedInts(_ values: [Int64]) -> [UInt8] {
    let encoder = IntStreamEncoder(blobs: BlobEncoder())
    var sink = ByteSink()
    values.withUnsafeBufferPointer { encoder.encode($0.baseAddress!, count: values.count, to: &sink) }
    return sink.bytes()
  }

  private func decodedInts(_ bytes: [UInt8], count: Int) throws -> [Int64] {
    try bytes.withUnsafeBytes { raw in
      // Bit unpacking may read behind the last byte, as it may in a column's buffer.
      let padded = UnsafeMutableRawBufferPointer.allocate(byteCount: raw.count + 16, alignment: 8)
      defer { padded.deallocate() }
      padded.copyMemory(from: raw)
      var reader = ByteReader(UnsafeRawBufferPointer(rebasing: padded[..<raw.count]))
      var out = [Int64](repeating: 0, count: count)
      try out.withUnsafeMutableBufferPointer {
        try IntStreamDecoder(blobs: BlobDecoder()).decode(&reader, count: count, into: $0.baseAddress!)
      }
      #expect(reader.isAtEnd)
      return out
    }
  }

  /// LogFormat, "Integers", read literally: slow, bit by bit.
  private func literal(_ bytes: [UInt8], count: Int) throws -> [Int64] {
    var at = 0
    func byte() -> Int { at += 1; return Int(bytes[at - 1]) }
    func varint() -> UInt64 {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), through: 63, by: 7) {
        let next = UInt64(byte())
        value |= (next & 127) << shift
        if next < 128 { break }
      }
      return value
    }
    func zigzag() -> Int64 {
      let value = varint()
      return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
    let mode = byte()
    let first = mode & 1 != 0 ? zigzag() : 0
    let base = zigzag()
    let unit = Int64(bitPattern: varint())
    let n = mode & 1 != 0 ? count - 1 : count
    var units = [UInt64](repeating: 0, count: n)
    let uniform = mode & 2 != 0 ? byte() : nil
    if uniform != 0 {
      var blob: [UInt8] = []
      if byte() == 0 {
        let length = Int(varint())
        blob = Array(bytes[at..<at + length])
      } else {
        blob = [UInt8](repeating: 0, count: Int(varint()))
        let size = Int(varint())
        let isSound = bytes[at..<at + size].withUnsafeBytes { source in
          blob.withUnsafeMutableBytes { LZ4Block.decompress(source, into: $0) }
        }
        #expect(isSound)
      }
      if mode & 4 != 0 {
        let source = blob
        var place = 0
        for i in 0..<n {
          var shift: UInt64 = 0
          repeat {
            units[i] |= UInt64(source[place] & 127) << shift
            shift += 7
            place += 1
          } while source[place - 1] >= 128
        }
      } else {
        var start = uniform == nil ? (n + 127) / 128 : 0
        for miniblock in stride(from: 0, to: n, by: 128) {
          let width = uniform ?? Int(blob[miniblock / 128])
          let here = min(128, n - miniblock)
          for i in 0..<here {
            for bit in 0..<width where blob[start + (i * width + bit) / 8] >> UInt8((i * width + bit) % 8) & 1 == 1 {
              units[miniblock + i] |= 1 << UInt64(bit)
            }
          }
          start += (here * width + 7) / 8
        }
      }
    }
    let values = units.map { base &+ unit &* Int64(bitPattern: $0) }
    guard mode & 1 != 0 else { return values }
    return values.reduce(into: [first]) { $0.append($0.last! &+ $1) }
  }

  private func expectInts(_ values: [Int64], _ comment: String) throws {
    let bytes = encodedInts(values)
    #expect(try decodedInts(bytes, count: values.count) == values, "\(comment)")
    #expect(try literal(bytes, count: values.count) == values, "\(comment), read literally")
  }

  @Test(arguments: [1, 2, 3, 127, 128, 129, 255, 256, 257, 1_000])
  func `integers of every width come back, and a literal reader agrees`(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    for width in 0...64 {
      let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
      let random64 = (0..<count).map { _ in Int64(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random) & mask) }
      try expectInts(random64, "width \(width)")
      try expectInts(random64.sorted(), "width \(width), ascending")
      try expectInts(random64.map { $0 &- 12_345 }, "width \(width), moved")
    }
  }

  @Test func `each form is used where it is smallest`() throws {
    var random = SeededGenerator(seed: 4)
    func mode(_ values: [Int64]) -> UInt8 { encodedInts(values)[0] }
    #expect(mode(Array(repeating: 7, count: 500)) == IntMode.uniform)
    #expect(mode((0..<500).map { Int64($0) * 3 + 1 }) == IntMode.delta | IntMode.uniform)
    #expect(mode((0..<512).map { _ in Int64.random(in: 0..<100, using: &random) }) == IntMode.uniform)
    #expect(encodedInts((0..<500).map { Int64($0) * 3 + 1 }).count < 10)
    let spiky = (0..<1_024).map { Int64($0 % 64 == 0 ? 1 << 40 : $0 % 7) }
    #expect(mode(spiky) == IntMode.varints)
    let stepped = (0..<512).map { Int64($0 < 256 ? 0 : 1 << 20) + Int64.random(in: 0..<16, using: &random) }
    #expect(mode(stepped) & IntMode.uniform == 0)
    for values in [spiky, stepped] { try expectInts(values, "forms") }
  }

  @Test func `extremes wrap and come back`() throws {
    try expectInts([.min, .max, 0, -1, 1, .max, .min], "extremes")
    try expectInts([.max, .max - 1_000, .max - 2_000], "near the top")
    try expectInts([0, .min, 0, .min], "half the range apart")
  }

  @Test func `codes come back whatever they depend on`() throws {
    var random = SeededGenerator(seed: 9)
    for round in 0..<300 {
      let count = Int.random(in: 1...400, using: &random)
      let parentLimit = Int.random(in: 1...12, using: &random)
      let limit = [2, 5, 300][round % 3]
      let parents = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(parentLimit), using: &random) }
      let share = Double(round % 4) / 3
      let codes = parents.map { parent in
        random.chance(share) ? UInt32.random(in: 0..<UInt32(limit), using: &random) : parent % UInt32(limit)
      }
      let blobs = BlobEncoder()
      let encoder = CodeStreamEncoder(ints: IntStreamEncoder(blobs: blobs), blobs: blobs)
      var sink = ByteSink()
      let counts = (0..<UInt32(parentLimit)).map { parent in UInt32(parents.count { $0 == parent }) }
      parents.withUnsafeBufferPointer { parentCodes in
        codes.withUnsafeBufferPointer { codes in
          counts.withUnsafeBufferPointer { counts in
            let parent = ParentCodes(
              parent: .kind, codes: parentCodes.baseAddress!, limit: parentLimit, counts: counts.baseAddress!)
            encoder.encode(codes.baseAddress!, count: count, parents: [parent], to: &sink)
          }
        }
      }
      var bytes = sink.bytes()
      let length = bytes.count
      bytes += [UInt8](repeating: 0xaa, count: 16)
      var out = [UInt32](repeating: 99, count: count)
      let inflation = BlobDecoder()
      let decoder = CodeStreamDecoder(ints: IntStreamDecoder(blobs: inflation), blobs: inflation)
      // Kinds come with their counts, other parents without.
      let known = KnownParent(parent: random.chance(0.5) ? .kind : .customer, codes: parents, limit: parentLimit)
      bytes[0] = bytes[0] == CodeParent.none.rawValue ? bytes[0] : known.parent.rawValue
      let rows = (0..<UInt32(count)).filter { _ in random.chance(share) }
      var picked = [UInt32](repeating: 99, count: rows.count)
      let (presentRows, presentCodes) = (Scratch<UInt32>(), Scratch<UInt32>())
      try bytes.withUnsafeBytes { raw in
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: raw[..<length]))
        try out.withUnsafeMutableBufferPointer {
          try decoder.decode(&reader, count: count, below: limit, into: $0.baseAddress!, parents: known)
        }
        #expect(reader.isAtEnd)
        var again = ByteReader(UnsafeRawBufferPointer(rebasing: raw[..<length]))
        try rows.withUnsafeBufferPointer { rows in
          try picked.withUnsafeMutableBufferPointer {
            guard let start = $0.baseAddress else { return }
            try decoder.decode(&again, count: count, below: limit, at: rows, into: start, parents: known)
          }
        }
        var once = ByteReader(UnsafeRawBufferPointer(rebasing: raw[..<length]))
        try decoder.decodePresent(
          &once, count: count, below: limit, into: presentRows, codes: presentCodes, parents: known)
        #expect(once.isAtEnd)
      }
      #expect(Array(presentRows.buffer) == (0..<UInt32(count)).filter { codes[Int($0)] != 0 }, "round \(round)")
      #expect(Array(presentCodes.buffer) == codes.filter { $0 != 0 }, "round \(round)")
      #expect(picked == rows.map { codes[Int($0)] }, "round \(round)")
      #expect(out == codes, "round \(round)")
    }
  }
}

/// The codes of one parent, as a block would give them.
private final class KnownParent: CodeParents {
  let parent: CodeParent
  private let codes: [UInt32]
  private let limit: Int
  private let kindRows = KindRows()
  private let whole: UnsafeMutablePointer<UInt32>
  private let memory: UnsafeMutablePointer<UInt32>
  private let counts: UnsafeMutablePointer<UInt32>

  init(parent: CodeParent, codes: [UInt32], limit: Int) {
    self.parent = parent
    self.codes = codes
    self.limit = limit
    whole = .allocate(capacity: codes.count)
    memory = .allocate(capacity: codes.count)
    counts = .allocate(capacity: limit)
    for code in 0..<limit { counts[code] = UInt32(codes.count { $0 == code }) }
  }

  deinit {
    whole.deallocate()
    memory.deallocate()
    counts.deallocate()
  }

  func rows(ofKinds isWanted: (Int) -> Bool) -> UnsafeBufferPointer<UInt32>? {
    codes.withUnsafeBufferPointer { kindRows.sort($0, limit: limit) }
    return kindRows.rows(where: isWanted)
  }

  func parentCodes(_ asked: CodeParent, at rows: UnsafeBufferPointer<UInt32>?) throws -> ParentCodes {
    #expect(asked == parent)
    let wanted = rows.map { rows in rows.map { codes[Int($0)] } } ?? codes
    // What is asked for at all rows stays valid while a few are asked for.
    let out = rows == nil ? whole : memory
    for (i, code) in wanted.enumerated() { out[i] = code }
    return ParentCodes(
      parent: parent, codes: UnsafePointer(out), limit: limit, counts: parent == .kind ? UnsafePointer(counts) : nil)
  }
}
