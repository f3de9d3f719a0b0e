import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct TraitTests {
  @Test func `packed rows say what they were given`() {
    let least = Int64.min + 1
    let given: [[Int64]] = [
      [0, 1, -1], [FactRows.absent, 63, -64], [64, 127, 128], [Int64.max, least, FactRows.absent], [1 << 40, -(1 << 40), 300],
    ]
    var packed = PackedRows(width: 3)
    for (place, row) in given.enumerated() { packed.append(customer: UInt32(place + 1), row) }
    #expect(packed.count == 5)
    var rows = FactRows(width: 3)
    packed.unpack(into: &rows)
    #expect(rows.customers == [1, 2, 3, 4, 5])
    #expect(rows.words == given.flatMap(\.self))
    #expect(packed.count == 0)
  }

  @Test func `the middle of values is the middle one, or between two`() {
    func middle(_ values: Int64...) -> Int64? {
      var values = values
      return median(&values)
    }
    #expect(middle() == nil)
    #expect(middle(5) == 5)
    #expect(middle(9, 1, 5) == 5)
    #expect(middle(9, 1, 5, 2) == 3)
  }

  @Test func `every trait of a customer is documented and has a name of its own`() {
    #expect(Set(Trait.columns.map(\.name)).count == Trait.columns.count)
    for column in Trait.columns {
      #expect(!column.meaning.isEmpty && !column.seed.isEmpty && !column.direction.isEmpty, "\(column.name)")
    }
  }

  @Test func `the same rows with one worker or three, whole or in pieces`() {
    func life(_ customer: Int) -> [TestTouch] {
      (0..<40).map { number in
        let kinds = ["message.sent", "case.opened", "call.handled", "care.given", "order.placed", "survey.answered"]
        return TestTouch(
          kinds[(number * customer + number) % kinds.count], at("2023-10-01") + Int64(number * customer) * 86_400_000_000,
          [.in, .out, .both, .absent][(number + customer) % 4],
          [
            .text(.agent): .text("a\(number % 3)"), .text(.channel): .text("c\(number % 2)"),
            .text(.department): .text("d\(number % 2)"), .text(.subject): .text("s\(number % 5)"),
            .score: .number(Double(number % 5 + 1)), .dataNumber("prompted"): .flag(number % 2 == 0),
          ])
      }
    }
    let lives = Lives((1...5).map { (UInt32($0), life($0)) })
    let one = lives.tables([.customers], asOf: at("2024-07-01"))["customers"]!
    let three = lives.tables([.customers], asOf: at("2024-07-01"), workers: 3, piece: 7)["customers"]!
    for column in Trait.columns { #expect(one.texts(column.name) == three.texts(column.name), "\(column.name)") }
  }

  @Test func `what a rulebook says of traits is read, or refused with a reason`() throws {
    let rules = try Rulebook.parse(#"{"traits": {"window_days": 30, "burden": {"reporters": 3}}}"#)
    #expect(rules.traits.windowDays == 30)
    #expect(rules.traits.burden.reporters == 3)
    #expect(throws: RulebookError(path: "traits.burden.half_life", reason: "expected one of outcome, service, talk")) {
      try Rulebook.parse(#"{"traits": {"burden": {"half_life": "week"}}}"#)
    }
    #expect(throws: RulebookError.self) { try Rulebook.parse(#"{"traits": {"honeymoon": {"after_days": [180, 90]}}}"#) }
  }
}
