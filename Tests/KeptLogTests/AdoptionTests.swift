import Foundation
import KeptFormat
import KeptSimulation
import Testing

@testable import KeptLog

@Suite struct AdoptionTests {
  private static let clock = TemporaryLedger.clock

  private static func record(_ rules: String) -> AdoptionRecord {
    AdoptionRecord(rules: Array(rules.utf8), actor: "Ada", reason: "the board", version: "1")
  }

  @Test func `an adopted rulebook is found as it was written, in blocks and in the tail, up to any position`() throws {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 4, segmentBlockCount: 2))
    let rules = [2: #"{"name":"Ä","n":1}"#, 5: "{}", 6: #"{"n":2}"#, 13: #"{"n":3}"#]
    for position in 0..<15 {
      _ = try ledger.write { writer in
        if let text = rules[position] {
          #expect(try writer.adopt(Self.record(text), clock: Self.clock) == .accepted(UInt64(position)))
        } else {
          let event = TestEvent("e\(position)", customer: "a", data: [("rules", "none of ours", false)])
          _ = try writer.append(TestEvent.batch([event]), clock: Self.clock)
        }
      }
    }
    let reader = try ledger.reader()
    #expect(reader.sealedCount == 12)
    for end in 0...UInt64(15) {
      let expected = rules.keys.sorted().filter { UInt64($0) < end }
      let all = try reader.adoptions(before: end)
      #expect(all.map(\.position) == expected.map(UInt64.init))
      #expect(all.map(\.record) == expected.map { Self.record(rules[$0]!) })
      let newest = try reader.adoption(before: end)
      #expect(newest?.position == expected.last.map(UInt64.init) && newest?.record == all.last?.record)
    }
  }

  @Test func `a rulebook longer than a line may be is refused, and nothing is written`() throws {
    let ledger = try TemporaryLedger(LogGeometry(blockEventCount: 4, segmentBlockCount: 2))
    let long = #"{"why":""# + String(repeating: "x", count: CanonicalLine.byteCountMax) + #""}"#
    let outcome = try ledger.write { try $0.adopt(Self.record(long), clock: Self.clock) }
    guard case .tooLong(let byteCount) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(byteCount > CanonicalLine.byteCountMax)
    #expect(try ledger.reader().count == 0)
  }
}
