import KeptFormat
import KeptReplay
import KeptSnapshot
import KeptTestLedgers
import Testing

@testable import KeptMeasures

@Suite struct SameTablesTests {
  @Test(arguments: [UInt64.random(in: 0 ... .max)])
  func `law 8: every table is the same whatever the workers, and however lives are handed over`(seed: UInt64) {
    print("SameTablesTests seed \(seed)")
    var events = RandomEvents(seed: seed)
    let people = (1...9).map { "p\($0)" }
    let told = events.events(700, people: people, accounts: ["north", "east", "south"], from: at("2023-01-01"))
    let lives = Lives(
      ([nil] + people.map(Optional.some)).enumerated().map { number, person in
        (UInt32(number), told.filter { $0.customer == person }.map(TestTouch.init))
      })
    let tables = Set(TableName.allCases)
    func lines(workers: Int, piece: Int = .max) -> [String: [String]] {
      lives.tables(tables, asOf: told.last!.time, workers: workers, piece: piece).mapValues(\.lines)
    }
    let once = lines(workers: 1)
    #expect(once.count == tables.count - 1)  // `sources` are counted by block.
    #expect(once["accounts"]!.count == 4 && once["customers"]!.count == 10)
    for (workers, piece) in [(4, Int.max), (1, 1), (3, 7)] {
      let again = lines(workers: workers, piece: piece)
      let differing = once.keys.sorted().filter { once[$0] != again[$0] }
      #expect(differing == [], "seed \(seed), \(workers) workers, pieces of \(piece)")
      for name in differing {
        let pair = zip(once[name]!, again[name]!).first { $0 != $1 }
        Issue.record("\(name)\n\(pair?.0 ?? "")\n\(pair?.1 ?? "")")
      }
    }
  }

  @Test(arguments: [UInt64.random(in: 0 ... .max)])
  func `law 8: a table says the same whatever other tables are made with it`(seed: UInt64) {
    print("SameTablesTests seed \(seed)")
    var events = RandomEvents(seed: seed)
    let people = (1...6).map { "p\($0)" }
    let told = events.events(500, people: people, accounts: ["north", "east"], from: at("2023-01-01"))
    let lives = Lives(
      ([nil] + people.map(Optional.some)).enumerated().map { number, person in
        (UInt32(number), told.filter { $0.customer == person }.map(TestTouch.init))
      })
    func lines(_ tables: Set<TableName>) -> [String: [String]] {
      lives.tables(tables, asOf: told.last!.time).mapValues(\.lines)
    }
    let together = lines(Set(TableName.allCases))
    // What is in the dictionary are the tables that are made; `sources` are counted by block.
    for table in TableName.allCases where ![.dictionary, .sources].contains(table) {
      let (alone, all) = (lines([table])[table.rawValue]!, together[table.rawValue]!)
      guard alone != all else { continue }
      let pair = zip(alone, all).first { $0 != $1 }
      Issue.record("seed \(seed): \(table): \(alone.count) and \(all.count) rows\n\(pair?.0 ?? "")\n\(pair?.1 ?? "")")
    }
  }
}

extension TestTouch {
  /// The touch of an event that was made up.
  fileprivate init(_ event: RandomEvent) {
    self.init(event.kind, event.time)
    fields[.text(.source)] = .text(event.source)
    for (key, value) in event.fields {
      switch (key, value) {
      case ("direction", .text(let word)): direction = Direction(word: word)!
      case ("amount", .number(let number)): fields[.amount] = .number(number)
      case ("score", .number(let number)): fields[.score] = .number(number)
      case ("due", .instant(let text)): fields[.due] = .instant(try! RFC3339.parse(text))
      case (_, .text(let text)): fields[.text(Self.names[key]!)] = .text(text)
      default: preconditionFailure("no field \(key)")
      }
    }
    for (key, value) in event.data {
      switch value {
      case .text(let text), .instant(let text): fields[.dataText(key)] = .text(text)
      case .number(let number): fields[.dataNumber(key)] = .number(number)
      case .flag(let flag): fields[.dataNumber(key)] = .flag(flag)
      case .list(let words): fields[.dataText(key)] = .text("[\(words.map { "\"\($0)\"" }.joined(separator: ","))]")
      }
    }
  }

  private static let names: [String: TextField] = [
    "account": .account, "party": .party, "channel": .channel, "agent": .agent, "department": .department,
    "subject": .subject, "currency": .currency,
  ]
}
