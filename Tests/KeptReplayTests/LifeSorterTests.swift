import Testing

@testable import KeptReplay

/// SplitMix64 (Steele, Lea, Flood 2014), so that a printed seed gives the run again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct LifeSorterTests {
  /// Writes `rows` (entity, time; the detail is the position) unit by unit and reads the lives back.
  private func lives(_ rows: [(entity: UInt16, time: Int64)], unitCount: Int, entityCount: Int) throws -> [[UInt32]] {
    let store = try #require(RowStore(byteCount: 1 << 22))
    let writer = RowWriter(store: store)
    var lists: [RowList] = []
    for unit in 0..<unitCount {
      writer.begin(partitionCount: 1)
      for position in rows.count * unit / unitCount..<rows.count * (unit + 1) / unitCount {
        var cursor = writer.cursors[0]
        if UInt(bitPattern: cursor) & UInt(RowStore.chunkByteCount - 1) == 0 {
          cursor = try #require(writer.nextChunk(0))
        }
        let row = rows[position]
        cursor!.initialize(
          to: TouchRow(time: row.time, entity: row.entity, touchClass: 0, detail: UInt32(position)))
        writer.cursors[0] = cursor! + 1
      }
      lists += writer.finish(partitionCount: 1)
    }
    var result = Array(repeating: [UInt32](), count: entityCount)
    LifeSorter().forEachLife(in: lists, of: store, entityCount: entityCount) { entity, life in
      result[entity] = life.map(\.detail)
    }
    return result
  }

  @Test(arguments: [0, 1, 2, 255, 256, 257, 5000], [1, 2, 7])
  func `lives come in order of time, equal times in order of position`(count: Int, unitCount: Int) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("LifeSorterTests seed \(seed)")
    var random = SeededGenerator(state: seed)
    let rows = (0..<count).map { position -> (entity: UInt16, time: Int64) in
      // Three in four in order, one late; few distinct times, so that ties are common.
      let time = Int64.random(in: 0..<4, using: &random) > 0 ? Int64(position / 3) : Int64.random(in: 0...99, using: &random)
      return (UInt16.random(in: 0..<5, using: &random), time)
    }
    let expected = (0..<5).map { entity in
      rows.indices.filter { rows[$0].entity == entity }
        .sorted { (rows[$0].time, $0) < (rows[$1].time, $1) }.map(UInt32.init)
    }
    #expect(try lives(rows, unitCount: unitCount, entityCount: 5) == expected)
  }

  @Test func `a life that arrives backwards is sorted all the same`() throws {
    let rows = (0..<3000).map { (entity: UInt16(0), time: Int64(3000 - $0 / 2)) }
    let expected = rows.indices.sorted { (rows[$0].time, $0) < (rows[$1].time, $1) }.map(UInt32.init)
    #expect(try lives(rows, unitCount: 3, entityCount: 1) == [expected])
  }

  @Test func `a region without room says so instead of growing`() throws {
    let store = try #require(RowStore(byteCount: 1))
    let writer = RowWriter(store: store)
    writer.begin(partitionCount: 1)
    var chunks = 0
    while let cursor = writer.nextChunk(0) {
      writer.cursors[0] = cursor + RowStore.rowsPerChunk
      chunks += 1
    }
    #expect(writer.isOverfull)
    #expect(chunks * RowStore.chunkByteCount == store.byteCount)
  }
}
