import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct ChurnTests {
  private func start(_ time: String, since: String? = nil) -> TestTouch {
    TestTouch("relationship.started", time, .in, since.map { [.dataText("since"): .text($0)] } ?? [:])
  }

  private func end(_ time: String, by: String? = nil, effective: String? = nil) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [:]
    if let by { fields[.dataText("ended_by")] = .text(by) }
    if let effective { fields[.dataText("effective_at")] = .text(effective) }
    return TestTouch("relationship.ended", time, .absent, fields)
  }

  private func contract(
    _ time: String, _ change: String, _ before: Double, _ after: Double, id: String = "k1", ends: String? = nil,
    currency: String = "EUR", account: String? = nil
  ) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [
      .dataText("contract_id"): .text(id), .dataText("change"): .text(change),
      .dataNumber("mrr_before"): .number(before), .dataNumber("mrr_after"): .number(after),
      .text(.currency): .text(currency),
    ]
    if let ends { fields[.dataText("ends_at")] = .text(ends) }
    if let account { fields[.text(.account)] = .text(account) }
    return TestTouch("contract.changed", time, .both, fields)
  }

  private func churn(
    _ lives: [[TestTouch]], asOf: String, workers: Int = 1, piece: Int = .max
  ) -> Table {
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    return Lives(numbered).tables([.churn], asOf: at(asOf), workers: workers, piece: piece)["churn"]!
  }

  private func rows(_ table: Table, _ definition: String, unit: String = "customer") -> [[String]] {
    let keys = table.texts("unit", "definition")
    return table.texts(
      "period", "at_start", "stayed", "they_left", "we_left", "mutual", "external", "unsaid", "lapsed", "came_back",
      "ends", "flash", "taken_back", "complete"
    ).enumerated().filter { keys[$0.offset] == [unit, definition] }.map(\.element)
  }

  @Test func `ended: who left is told by whom, what is taken back within the month is no churn`() {
    let table = churn(
      [
        [start("2024-01-01")],
        [start("2024-01-05"), end("2024-02-10", by: "customer")],
        [start("2024-01-05"), end("2024-02-11", by: "us"), TestTouch("relationship.resumed", "2024-03-02", .in)],
        [start("2024-01-05"), end("2024-02-12"), TestTouch("relationship.resumed", "2024-02-20", .in)],
        [start("2024-01-05"), end("2024-01-20", by: "external", effective: "2024-03-05T00:00:00Z")],
        [start("2024-02-01"), end("2024-02-20", by: "mutual")],
        [start("2024-01-05"), end("2024-03-31", by: "mutual")],
      ], asOf: "2024-04-10")
    #expect(
      rows(table, "ended") == [
        ["2024-02-01", "6", "4", "1", "1", "0", "0", "0", "0", "0", "4", "1", "1", "true"],
        ["2024-03-01", "4", "2", "0", "0", "1", "1", "0", "0", "1", "2", "0", "0", "true"],
        ["2024-04-01", "3", "3", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "false"],
      ])
    #expect(rows(table, "contract").isEmpty)
    let shares = zip(table.texts("definition"), table.reals("logo_churn")).filter { $0.0 == ["ended"] }.map(\.1)
    #expect(shares == [1 / 3.0, 0.5, nil])
  }

  @Test func `an end that is announced may be taken back, and a complaint after leaving reopens nothing`() {
    let table = churn(
      [
        [
          start("2024-01-05"), end("2024-02-10", by: "customer", effective: "2024-04-01T00:00:00Z"),
          TestTouch("relationship.resumed", "2024-03-10", .in),
        ],
        [start("2024-01-01"), end("2024-02-10", by: "customer"), TestTouch("case.opened", "2024-02-12", .in)],
      ], asOf: "2024-05-10")
    #expect(
      rows(table, "ended").map { $0[1...3].joined(separator: " ") } == ["2 1 1", "1 1 0", "1 1 0", "1 1 0"])
  }

  @Test func `a relationship counts from what it is said to have begun with`() {
    let table = churn(
      [[TestTouch("order.placed", "2024-01-01")], [start("2024-03-05", since: "2023-05-01"), end("2024-03-20")]],
      asOf: "2024-04-10")
    #expect(rows(table, "ended").map { $0[1] } == ["1", "2", "2", "1"])
  }

  @Test func `contract: revenue kept, with and without what grew, of those who were there at the start`() {
    // The worked example: 100 stays, 100 becomes 150, 100 becomes 40, 100 leaves; a newcomer counts for neither.
    let table = churn(
      [
        [contract("2024-01-01", "new", 0, 100)],
        [contract("2024-01-02", "new", 0, 100), contract("2024-02-05", "expanded", 100, 150)],
        [contract("2024-01-02", "new", 0, 100), contract("2024-02-05", "contracted", 100, 40)],
        [
          contract("2024-01-02", "new", 0, 100), contract("2024-01-20", "cancel_notice", 100, 0, ends: "2024-02-20"),
          end("2024-02-20", by: "customer"),
        ],
        [contract("2024-02-10", "new", 0, 70)],
      ], asOf: "2024-03-10")
    #expect(
      rows(table, "contract") == [
        ["2024-02-01", "4", "3", "1", "0", "0", "0", "0", "0", "0", "1", "0", "0", "true"],
        ["2024-03-01", "4", "4", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "false"],
      ])
    let place = table.texts("definition", "period").firstIndex(of: ["contract", "2024-02-01"])!
    #expect(table.reals("grr")[place] == 0.6)
    #expect(table.reals("nrr")[place] == 0.725)
    #expect(
      table.texts("currency", "mrr_at_start", "mrr_kept", "mrr_after")[place] == ["EUR", "400.0", "240.0", "290.0"])
    #expect(table.reals("logo_churn")[place] == 0.25)
  }

  @Test func `several contracts of an account are one sum, so that moving between them loses nothing`() {
    func life(_ id: String, _ revenue: Double, _ change: String, _ after: Double) -> [TestTouch] {
      [
        contract("2024-01-05", "new", 0, revenue, id: id, account: "acme"),
        contract("2024-02-03", change, revenue, after, id: id, account: "acme"),
      ]
    }
    let lives = Lives([(1, life("a", 60, "lapsed", 0)), (2, life("b", 40, "expanded", 110))])
    let table = lives.tables([.churn], asOf: at("2024-03-10"))["churn"]!
    func grr(_ unit: String) -> [Double?] {
      zip(table.texts("unit", "definition"), table.reals("grr")).filter { $0.0 == [unit, "contract"] }.map(\.1)
    }
    #expect(grr("account") == [1, nil])
    #expect(grr("customer") == [0.4, nil])
  }

  @Test func `a contract that was there before the log is in force from its start`() {
    let table = churn(
      [[TestTouch("order.placed", "2024-01-01")], [contract("2024-03-10", "contracted", 80, 20)]], asOf: "2024-04-02")
    #expect(rows(table, "contract").map { $0[1] } == ["1", "1", "1", "1"])
    let grr = zip(table.texts("definition"), table.reals("grr")).filter { $0.0 == ["contract"] }.map(\.1)
    #expect(grr == [1, 1, 0.25, nil])
  }

  @Test func `a contract that is not renewed ends with its term, and a renewal in time keeps it`() throws {
    func term(_ time: String, _ change: String, until ends: String?) -> TestTouch {
      contract(time, change, 10, 10, ends: ends)
    }
    let lives = [
      [term("2024-01-05", "new", until: "2024-02-20")],
      [term("2024-01-05", "new", until: "2024-02-20"), term("2024-02-10", "renewed", until: "2025-02-20")],
      // A day late is in time; two days late it had ended, and came back.
      [term("2024-01-05", "new", until: "2024-02-29"), term("2024-03-01", "renewed", until: nil)],
      [term("2024-01-05", "new", until: "2024-02-28"), term("2024-03-01", "renewed", until: nil)],
      // Notice is taken back by a renewal, and without a date it is to the end of the term.
      [
        term("2024-01-05", "new", until: "2024-03-10"), term("2024-01-20", "cancel_notice", until: nil),
        term("2024-01-25", "expanded", until: nil), term("2024-03-01", "renewed", until: nil),
      ],
      [term("2024-01-05", "new", until: "2024-03-10"), term("2024-01-20", "cancel_notice", until: nil)],
      // The term is over, but a renewal may still come.
      [term("2024-01-05", "new", until: "2024-04-09T12:00:00Z")],
    ]
    let table = churn(lives, asOf: "2024-04-10")
    let found = rows(table, "contract").map { [$0[0], $0[1], $0[2], $0[7], $0[9]] }
    #expect(
      found == [
        ["2024-02-01", "7", "5", "2", "0"], ["2024-03-01", "5", "4", "1", "1"], ["2024-04-01", "5", "5", "0", "0"],
      ])
    let open = try Rulebook.parse(#"{"contracts": {"terms_end": false}}"#)
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    let kept = Lives(numbered).tables([.churn], asOf: at("2024-04-10"), rulebook: open)["churn"]!
    #expect(rows(kept, "contract").map { $0[2] } == ["7", "6", "6"])
  }

  @Test func `every row says by which definition it counts, and the first that has data is the default`() {
    let table = churn(
      [[start("2024-01-05"), end("2024-02-10", by: "customer")], [start("2024-01-05")]], asOf: "2024-04-10")
    #expect(
      Set(table.texts("unit", "definition", "is_default"))
        == [["customer", "ended", "true"], ["customer", "lapse", "false"]])
    let place = table.texts("definition", "period").firstIndex(of: ["ended", "2024-02-01"])!
    #expect(table.reals("they_left_rate")[place] == 0.5)
    #expect(table.reals("we_left_rate")[place] == 0)
    #expect(table.reals("logo_churn_annualised")[place] == 1 - 1 / 4096.0)
    #expect(table.reals("taken_back_share")[place] == 0)
    #expect(table.reals("taken_back_share")[place + 2] == nil)
  }

  @Test(arguments: [1, 2]) func `a lapse keeps its row when they come back, and says so`(workers: Int) {
    let life = [TestTouch("order.placed", "2023-01-01"), TestTouch("order.placed", "2023-08-31T12:00")]
    let gone = [TestTouch("order.placed", "2023-02-01"), end("2023-12-01", by: "customer")]
    let other = stride(from: at("2023-01-01"), to: at("2024-04-20"), by: 7 * 86_400_000_000)
      .map { TestTouch("order.placed", $0) }
    let numbered = [life, other, gone].enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    let tables = Lives(numbered).tables([.lapses, .churn], asOf: at("2024-04-15"), workers: workers)
    #expect(
      tables["lapses"]!.texts("customer", "went_quiet_on", "limit_days", "lapsed_on", "reversed_at") == [
        ["cu-1", "2023-01-01", "180.0", "2023-06-30", "2023-08-31T12:00:00.000000Z"],
        ["cu-1", "2023-08-31", "\((242 + 900) / 6.0)", "2024-03-09", "NULL"],
        ["cu-3", "2023-02-01", "180.0", "2023-07-31", "NULL"],
      ])
    let table = tables["churn"]!
    let shares = zip(table.texts("definition", "period"), table.reals("taken_back_share"))
    #expect(shares.first { $0.0 == ["lapse", "2023-06-01"] }!.1 == 1)
    #expect(shares.first { $0.0 == ["lapse", "2023-07-01"] }!.1 == 0)
    // Where no feed was there to show it, a silence is no lapse.
    let alone = Lives(life).tables([.lapses], asOf: at("2024-04-15"), workers: 1)["lapses"]!
    #expect(alone.texts("went_quiet_on") == [["2023-01-01"]])
  }

  @Test func `no revenue at the start, or one without a rate, gives no rates of revenue`() {
    let free = churn([[contract("2024-01-01", "new", 0, 0)]], asOf: "2024-03-10")
    #expect(rows(free, "contract").map { $0[1] } == ["1", "1"])
    #expect(free.reals("grr").allSatisfy { $0 == nil })
    let foreign = churn(
      [[contract("2024-01-01", "new", 0, 5, currency: "XAU")], [contract("2024-01-01", "new", 0, 5)]],
      asOf: "2024-03-10")
    #expect(foreign.reals("nrr").allSatisfy { $0 == nil })
    #expect(foreign.texts("mrr_at_start").allSatisfy { $0 == ["NULL"] })
  }

  @Test func `lapse: silent for longer than their own limit since last + limit, and back is back`() {
    // One touch and then silence: the limit is 180 days, so from 2023-06-30 on; back in September; 242 days later again
    // silent beyond (242 + 5·180) / 6 = 190.33 days, from 2024-03-08 on.
    let life = [TestTouch("order.placed", "2023-01-01"), TestTouch("order.placed", "2023-08-31")]
    // Somebody else keeps the feed alive, once a week.
    let other = stride(from: at("2023-01-01"), to: at("2024-04-20"), by: 7 * 86_400_000_000)
      .map { TestTouch("order.placed", $0) }
    let table = churn([life, other], asOf: "2024-04-15")
    let found = rows(table, "lapse")
    #expect(found.first { $0[0] == "2023-06-01" }![1...8] == ["2", "1", "0", "0", "0", "0", "0", "1"])
    #expect(found.first { $0[0] == "2023-06-01" }![12] == "1")
    #expect(found.first { $0[0] == "2023-08-01" }![9] == "1")
    #expect(found.first { $0[0] == "2024-03-01" }![1...8] == ["2", "1", "0", "0", "0", "0", "0", "1"])
    #expect(found.first { $0[0] == "2024-04-01" }![1] == "1")
    #expect(rows(table, "ended").isEmpty)
  }

  @Test func `a silence that no feed was there to observe is no lapse`() {
    let table = churn([[TestTouch("order.placed", "2023-01-01")]], asOf: "2024-01-01")
    #expect(rows(table, "lapse").allSatisfy { $0[8] == "0" })
    let two = churn(
      [[TestTouch("order.placed", "2023-01-01")], [TestTouch("message.sent", "2023-12-30", .out)]], asOf: "2024-01-01")
    let lapses = rows(two, "lapse").filter { $0[8] != "0" }
    #expect(lapses.map { [$0[0], $0[8]] } == [["2023-06-01", "1"]])
  }

  @Test(arguments: [1, 2, 3]) func `those at the start are those who stayed and those who left, whatever the workers`(
    seed: UInt64
  ) {
    var random = SeededGenerator(state: seed)
    let parties = ["customer", "us", "mutual", "external", ""]
    let lives = (0..<60).map { _ -> [TestTouch] in
      var time = at("2022-01-01") + Int64.random(in: 0..<300, using: &random) * 86_400_000_000
      return (0..<Int.random(in: 1...14, using: &random)).map { _ in
        time += Int64.random(in: 1..<140, using: &random) * 86_400_000_000 / 2
        var touch: TestTouch
        switch Int.random(in: 0..<6, using: &random) {
        case 0: touch = end("2022-01-01", by: parties.randomElement(using: &random)!)
        case 1: touch = contract("2022-01-01", "new", 0, 10, id: "k\(Int.random(in: 0..<3, using: &random))")
        case 2: touch = contract("2022-01-01", "lapsed", 10, 0, id: "k\(Int.random(in: 0..<3, using: &random))")
        case 3: touch = TestTouch("relationship.resumed", "2022-01-01", .in)
        default: touch = TestTouch("case.opened", "2022-01-01", .in)
        }
        touch.time = time
        return touch
      }
    }
    let table = churn(lives, asOf: "2024-06-15")
    let names = ["at_start", "stayed", "they_left", "we_left", "mutual", "external", "unsaid", "lapsed"]
    let columns = names.map { table.numbers($0).map { $0! } }
    #expect(table.rowCount > 60, "seed \(seed)")
    let keys = table.texts("definition", "period")
    let (back, flash) = (table.numbers("came_back").map { $0! }, table.numbers("flash").map { $0! })
    for row in 0..<table.rowCount {
      #expect(columns[0][row] == columns[1...].reduce(0) { $0 + $1[row] }, "seed \(seed)")
      #expect(columns.allSatisfy { $0[row] >= 0 } && back[row] >= 0 && flash[row] >= 0, "seed \(seed) \(keys[row])")
    }
    // Nobody comes from nowhere: those at the next start are those who stayed or came back, and newcomers.
    for definition in ["contract", "ended", "lapse"] {
      let ours = keys.indices.filter { keys[$0][0] == definition }
      for (row, next) in zip(ours, ours.dropFirst()) {
        #expect(columns[0][next] >= columns[1][row] + back[row], "seed \(seed) \(keys[row])")
      }
    }
    let again = churn(lives, asOf: "2024-06-15", workers: 3, piece: 2)
    for definition in ["contract", "ended", "lapse"] {
      #expect(rows(again, definition) == rows(table, definition), "seed \(seed)")
    }
  }
}
