import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

/// Law 7: what an import says of itself is held against the log.
@Suite struct ImportCheckTests {
  private static let clock = TemporaryLedger.clock
  private static let geometry = LogGeometry(blockEventCount: 8, segmentBlockCount: 2)

  private static func tally(_ count: Int, _ positions: ClosedRange<UInt64>?, _ amount: Int64) -> ImportTally {
    var tally = ImportTally()
    tally.accepted = count
    tally.positions = positions
    var sum = DecimalSum()
    sum.add(ExactDecimal(amount))
    if count > 0 { tally.amounts[""] = sum }
    return tally
  }

  private static func differences(_ tally: ImportTally, lines: Int? = nil) throws -> [ImportCheck.Difference] {
    let ledger = try TemporaryLedger(geometry)
    try ledger.write {
      // 20 events, of which 16 in blocks; their amounts are their positions.
      _ = try $0.append(TestEvent.batch(TestEvent.many(0..<20)), clock: clock)
      try $0.append(
        ImportRecord(file: "f", byteCount: 1, digest: Digest(), tally: tally, lineCount: lines), clock: clock)
    }
    let checks = try ledger.reader().checkedImports()
    #expect(checks.count == 1 && checks[0].position == 20)
    return checks[0].differences
  }

  @Test func `an import that says what the log holds agrees, across blocks and tail`() throws {
    #expect(try Self.differences(Self.tally(20, 0...19, 190)) == [])
    #expect(try Self.differences(Self.tally(9, 9...17, 117)) == [])
    #expect(try Self.differences(Self.tally(0, nil, 0)) == [])
  }

  @Test func `lines that do not add up are named`() throws {
    #expect(try Self.differences(Self.tally(20, 0...19, 190), lines: 21) == [.lines(stated: 21, sum: 20)])
  }

  @Test func `positions that are not as many as the events are named`() throws {
    #expect(try Self.differences(Self.tally(20, 0...18, 190)) == [.positions(stated: 0...18, accepted: 20)])
    #expect(try Self.differences(Self.tally(3, nil, 3)) == [.positions(stated: nil, accepted: 3)])
    #expect(try Self.differences(Self.tally(20, 1...20, 210)) == [.order(last: 20, finished: 20)])
  }

  @Test func `sums that are not those of the events are named by currency`() throws {
    var stated = DecimalSum()
    stated.add(ExactDecimal(191))
    var found = DecimalSum()
    found.add(ExactDecimal(190))
    var tally = Self.tally(20, 0...19, 191)
    tally.amounts["EUR"] = stated
    #expect(
      try Self.differences(tally) == [
        .amount(currency: "", stated: stated, found: found), .amount(currency: "EUR", stated: stated, found: nil),
      ])
  }
}

/// A feed that counts its events shows what it lost.
@Suite struct IdentifierSeriesTests {
  private static func series(_ ids: [String]) throws -> [IdentifierSeries] {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 8, segmentBlockCount: 2))
    _ = try ledger.write {
      try $0.append(TestEvent.batch(ids.map { TestEvent($0) }), clock: TemporaryLedger.clock)
    }
    return try ledger.reader().identifierSeries()
  }

  private static func one(
    _ prefix: String, _ count: Int, _ first: UInt64, _ last: UInt64, _ missing: [ClosedRange<UInt64>], of total: UInt64
  ) -> IdentifierSeries {
    IdentifierSeries(
      source: "shop", prefix: prefix, count: count, first: first, last: last, missingCount: total, missing: missing)
  }

  @Test func `numbers without a hole are whole, in whatever order they came`() throws {
    #expect(try Self.series((5..<40).map(String.init).reversed()) == [Self.one("", 35, 5, 39, [], of: 0)])
  }

  @Test func `holes are listed, the first three of them, and counted all`() throws {
    let ids = (1...40).filter { ![7, 9, 10, 11, 20, 30].contains($0) }.map { "row-\($0)" }
    #expect(try Self.series(ids) == [Self.one("row-", 34, 1, 40, [7...7, 9...11, 20...20], of: 6)])
  }

  @Test func `each beginning is a series of its own`() throws {
    let ids = (1...9).map { "a\($0)" } + (3...9).filter { $0 != 5 }.map { "b00\($0)" }
    #expect(try Self.series(ids) == [Self.one("a", 9, 1, 9, [], of: 0), Self.one("b", 6, 3, 9, [5...5], of: 1)])
  }

  @Test func `random numbers, words and single events are no series`() throws {
    #expect(try Self.series((0..<30).map { "\($0 * $0 * 7919)" }) == [])
    #expect(try Self.series(["x", "y", "only-1", "12345678901234567890"]) == [])
    #expect(try Self.series((0..<70).map { "day\($0)-\($0 % 2)" }) == [])
  }

  @Test func `a series that spans pages is counted across them, and scattered numbers are given up`() {
    var finder = IdentifierSeriesFinder()
    func add(_ source: String, _ numbers: some Sequence<Int>) {
      for number in numbers {
        Array(String(number).utf8).withUnsafeBytes { finder.add(Array(source.utf8), [$0]) }
      }
    }
    add("long", (65_000..<67_000).filter { $0 != 65_536 })
    add("random", (0..<100).map { $0 * 1_000_003 })
    #expect(
      finder.finish() == [
        IdentifierSeries(
          source: "long", prefix: "", count: 1_999, first: 65_000, last: 66_999, missingCount: 1,
          missing: [65_536...65_536])
      ])
  }
}
