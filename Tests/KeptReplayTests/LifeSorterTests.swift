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
  /// Writes `rows` (entity, time; the detail is the position, of every `detailStep`th row) unit by unit and reads the
  /// lives back, as their times and details.
  private func lives(
    _ rows: [(entity: UInt16, time: Int64)], unitCount: Int, entityCount: Int, detailStep: Int = 1,
    layout: RowLayout = RowLayout(kindCount: 3, partitionShift: 3)
  ) throws -> [[Seen]] {
    let store = try #require(RowStore(byteCount: 1 << 22))
    let writer = RowWriter(store: store, layout: layout)
    var lists: [RowList] = []
    for unit in 0..<unitCount {
      writer.begin(partitionCount: 1)
      for position in rows.count * unit / unitCount..<rows.count * (unit + 1) / unitCount {
        let row = rows[position]
        let word = layout.word(touchClass: UInt64(position % 12), entity: UInt64(row.entity))
        let detail = position % detailStep == 0 ? UInt32(position) : TouchRow.noDetail
        #expect(writer.append(word, at: row.time, detail: detail, to: 0))
      }
      lists += writer.finish(partitionCount: 1)
    }
    var result = Array(repeating: [Seen](), count: entityCount)
    LifeSorter().forEachLife(in: lists, of: store, layout, entityCount: entityCount) { entity, life in
      result[entity] = life.map { Seen(time: $0.time, touchClass: $0.touchClass, detail: $0.detail) }
    }
    return result
  }

  private struct Seen: Equatable {
    var time: Int64
    var touchClass: UInt16
    var detail: UInt32
  }

  private func expected(
    _ rows: [(entity: UInt16, time: Int64)], entityCount: Int, detailStep: Int = 1
  ) -> [[Seen]] {
    (0..<entityCount).map { entity in
      rows.indices.filter { rows[$0].entity == entity }.sorted { (rows[$0].time, $0) < (rows[$1].time, $1) }
        .map {
          Seen(
            time: rows[$0].time, touchClass: UInt16($0 % 12),
            detail: $0 % detailStep == 0 ? UInt32($0) : TouchRow.noDetail)
        }
    }
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
    for step in [1, 3] {
      #expect(
        try lives(rows, unitCount: unitCount, entityCount: 5, detailStep: step)
          == expected(rows, entityCount: 5, detailStep: step))
    }
  }

  @Test func `times that fit no word beside their neighbours are kept whole`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("LifeSorterTests seed \(seed)")
    var random = SeededGenerator(state: seed)
    // The whole range of the log, in ten bits of time a word and in nearly all.
    let (low, high): (Int64, Int64) = (-2_208_988_800_000_000, 7_258_118_400_000_000)
    for (kinds, shift) in [(16_000, UInt32(15)), (1 << 14, 15), (3, 3), (3, 15)] {
      let layout = RowLayout(kindCount: kinds, partitionShift: shift)
      let rows = (0..<2000).map { position -> (entity: UInt16, time: Int64) in
        let near = Int64(position) * 1_000_000
        let time = position % 5 == 0 ? Int64.random(in: low..<high, using: &random) : near
        return (UInt16.random(in: 0..<6, using: &random), time)
      }
      #expect(
        try lives(rows, unitCount: 2, entityCount: 1 << Int(shift), detailStep: 2, layout: layout).prefix(6)
          == expected(rows, entityCount: 6, detailStep: 2)[...])
    }
  }

  @Test func `a life that arrives backwards is sorted all the same`() throws {
    let rows = (0..<3000).map { (entity: UInt16(0), time: Int64(3000 - $0 / 2)) }
    #expect(try lives(rows, unitCount: 3, entityCount: 1) == expected(rows, entityCount: 1))
  }

  @Test func `a region without room says so instead of growing`() throws {
    let store = try #require(RowStore(byteCount: 1))
    let writer = RowWriter(store: store, layout: RowLayout(kindCount: 1, partitionShift: 6))
    writer.begin(partitionCount: 1)
    var rows = 0
    while writer.append(0, at: 0, detail: TouchRow.noDetail, to: 0) { rows += 1 }
    #expect(writer.isOverfull)
    // Each chunk states its base.
    #expect(rows == store.byteCount / RowStore.chunkByteCount * (RowStore.wordsPerChunk - 1))
  }
}
