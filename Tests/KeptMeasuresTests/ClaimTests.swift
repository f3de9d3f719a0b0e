import KeptFormat
import KeptReplay
import KeptSnapshot
import KeptStatistics
import Testing

@testable import KeptMeasures

@Suite struct ClaimTests {
  private static let day: Int64 = 86_400_000_000
  private static let asOf = "2023-01-01"
  private let landmark = Rulebook.standard.claims.landmarkDays

  private func business() throws -> Rulebook {
    try Rulebook.parse(#"{"retention": {"log_starts_with_business": true}}"#)
  }

  /// A life that leaves `days` after the landmark, or is seen so long (a minus sign says so); `touches` are made from
  /// the start of the relationship.
  private func life(_ days: Int, _ touches: (Instant) -> [TestTouch] = { _ in [] }) -> [TestTouch] {
    let seen = landmark + abs(days)
    let start = at(Self.asOf) - Int64(seen + (days < 0 ? 0 : 50)) * Self.day
    let end =
      days < 0
      ? []
      : [TestTouch("relationship.ended", start + Int64(seen) * Self.day, .absent, [.dataText("ended_by"): .text("customer")])]
    return ([TestTouch("relationship.started", start, .in)] + touches(start) + end).sorted { $0.time < $1.time }
  }

  private func meetings(_ agents: Int, at start: Instant, afterDays: Int = 10) -> [TestTouch] {
    (0..<agents).flatMap { agent in
      (0..<3).map { number in
        TestTouch(
          "meeting.held", start + Int64(afterDays + number) * Self.day, .both, [.text(.agent): .text("agent-\(agent)")])
      }
    }
  }

  /// - Parameter fed: until when the feed is there to tell of an end; nil: until the as-of instant.
  private func make(
    _ lives: [[TestTouch]], rulebook: Rulebook? = nil, workers: Int = 1, asOf: String = asOf, fed: String? = nil
  ) throws -> Table {
    // Of somebody who never was in touch.
    let sign = [TestTouch("circumstance.noted", fed ?? asOf, .out)]
    let numbered = (lives + [sign]).enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    return Lives(numbered).tables([.claims], asOf: at(asOf), rulebook: try rulebook ?? business(), workers: workers)[
      "claims"]!
  }

  /// Rows of one claim: statistic, value, lo, hi to four places, n, events, verdict.
  private func rows(_ table: Table, _ seed: String) -> [[String]] {
    let texts = table.texts("seed", "statistic", "value", "lo", "hi", "df", "n", "events", "verdict")
    return texts.filter { $0[0] == seed }.map { row in
      row[1...].map { cell in cell.contains(".") ? Double(cell).map { "\(($0 * 10_000).rounded() / 10_000)" } ?? cell : cell }
    }
  }

  private func note(_ table: Table, _ seed: String) -> String {
    table.texts("seed", "note").first { $0[0] == seed }![1]
  }

  @Test func `where the rulebook names nothing that ends a relationship, that is the reason given`() throws {
    let rulebook = try Rulebook.parse(#"{"relationship": {"ends": []}}"#)
    let tables = Lives([TestTouch("order.placed", "2022-01-01", .in)]).tables(
      [.claims, .measures, .survival, .backtests], asOf: at(Self.asOf), rulebook: rulebook)
    let reason = "the rulebook names no kind of event for it"
    #expect(note(tables["claims"]!, "S0.17").hasPrefix(reason))
    #expect(tables["survival"]!.texts("curve", "reason").contains(["tenure", reason]))
    let measures = tables["measures"]!.texts("measure", "reason")
    #expect(measures.contains(["lost_value", reason]) && measures.contains(["leaving_hazard", reason]))
    #expect(tables["backtests"]!.texts("measure", "note").contains { $0[0] == "p_end_90d" && $0[1].hasPrefix(reason) })
  }

  @Test func `every claim has its row, and says what the ledger is missing`() throws {
    let table = try make([[TestTouch("order.placed", "2022-01-01", .in)]])
    #expect(Set(table.texts("seed").map { $0[0] }) == Set(Claim.all.map(\.seed)))
    #expect(Set(table.texts("verdict").map { $0[0] }) == ["too little data"])
    #expect(table.numbers("n").allSatisfy { $0 == 0 })
    #expect(note(table, "S0.17").hasPrefix("no relationship.ended events; "))
    #expect(note(table, "S4.16").hasPrefix("no effort.spent events; "))
    #expect(table.texts("note").allSatisfy { $0[0].hasSuffix("association, not cause") })
  }

  /// Freireich and Gehan's remissions: 6-MP as those content, placebo as those aggrieved; χ² = 16.7929. Where the feed ends, so
  /// does what is seen of who stays: a year of silence after it changes nothing.
  @Test(arguments: [(1, asOf), (3, asOf), (2, "2024-01-01")])
  func `the aggrieved leave faster, by the golden log-rank test`(workers: Int, asOf: String) throws {
    let remission = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
    let placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    let complaint = { (start: Instant) in
      [TestTouch("case.opened", start + 170 * Self.day, .in, [.dataText("case_kind"): .text("complaint")])]
    }
    let question = { (start: Instant) in
      [TestTouch("case.opened", start + 170 * Self.day, .in, [.dataText("case_kind"): .text("question")])]
    }
    let table = try make(
      remission.map { life($0, question) } + placebo.map { life($0, complaint) }, workers: workers, asOf: asOf,
      fed: Self.asOf)
    let found = rows(table, "S3.19")
    #expect(found[0] == ["chi2", "16.7929", "NULL", "NULL", "1", "42", "30", "supported"])
    #expect(found[1][0] == "hazard_ratio" && found[1][7] == "supported")
    // 21 left where 10.75 were to be expected, 9 where 19.25 were; of their exact values.
    #expect(found[1][1] == "4.1786")
    let p = table.reals("p")[table.texts("seed").firstIndex { $0[0] == "S3.19" }!]!
    #expect(abs(p - 4.17e-5) < 1e-7)
  }

  @Test func `a grievance after the landmark foretells nothing`() throws {
    let late = { (start: Instant) in
      [TestTouch("case.opened", start + Int64(self.landmark + 1) * Self.day, .in, [.dataText("case_kind"): .text("complaint")])]
    }
    let table = try make((1...40).map { life($0 + 5, $0 % 2 == 0 ? late : { _ in [] }) })
    #expect(rows(table, "S3.19") == [["chi2", "NULL", "NULL", "NULL", "NULL", "0", "NULL", "too little data"]])
    #expect(note(table, "S3.19").hasPrefix("nobody to compare with; "))
  }

  @Test func `depth is tested in three levels, measured before the landmark`() throws {
    // Nobody of ours, one, two: left after 1 … 12, 11 … 22, 21 … 32 days.
    let days = (0..<3).map { group in (1...12).map { 10 * group + $0 } }
    let lives = days.enumerated().flatMap { group, days in
      days.map { days in
        life(days) { start in
          // Three meetings with a third one come too late to count.
          meetings(group, at: start)
            + meetings(3, at: start, afterDays: landmark + 1).filter {
              $0.time < start + Int64(landmark + days) * Self.day
            }
        }
      }
    }
    let observations = days.enumerated().flatMap { group, days in
      days.map { SurvivalObservation(exit: Double($0), isEvent: true, stratum: group) }
    }
    let test = try LogRank.test(observations).get()
    let table = try make(lives)
    let found = rows(table, "S0.17")
    #expect(found[0][0] == "chi2" && found[0][4...] == ["2", "36", "36", "supported"])
    let value = table.reals("value")[table.texts("seed").firstIndex { $0[0] == "S0.17" }!]!
    #expect(abs(value - test.chiSquare) < 1e-9)
    #expect(note(table, "S0.17").contains("left, by depth 0, 1, 2: 12 of 12, 12 of 12, 12 of 12"))
    // The same lives, the deep leaving first.
    let turned = days.enumerated().flatMap { group, days in
      days.map { days in life(days) { meetings(2 - group, at: $0) } }
    }
    #expect(rows(try make(turned), "S0.17").map { $0[7] } == ["reversed", "reversed"])
  }

  @Test func `two levels of depth are too few`() throws {
    let table = try make((1...40).map { days in life(days) { meetings(days % 2, at: $0) } })
    #expect(note(table, "S0.17").hasPrefix("fewer than three levels of depth; "))
  }

  @Test func `levels are put into thirds, equal ones together`() {
    #expect(ClaimEvidence.terciles([1, 2, 3]) == [1: 0, 2: 1, 3: 2])
    #expect(ClaimEvidence.terciles([0, 0, 0, 0, 0, 0, 0, 1, 2]) == [0: 0, 1: 1, 2: 2])
    #expect(ClaimEvidence.terciles([0, 1, 2, 2, 2, 2, 2, 2]) == [0: 0, 1: 1, 2: 2])
    #expect(ClaimEvidence.terciles([1, 2, 3, 4, 5, 6]) == [1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 2])
    #expect(ClaimEvidence.terciles([1, 1, 2]) == nil)
  }

  @Test func `sellers who stay are followed to the landmark, and outcomes looked at`() throws {
    let lives = (1...45).map { number in
      let stayed = number % 3
      var touches = life(10 * stayed + number / 3 + 1) { start in
        (0..<stayed).map {
          TestTouch("message.sent", start + Int64(20 * $0 + 20) * Self.day, .out, [.text(.agent): .text("kim")])
        }
          + [
            TestTouch("message.sent", start + 100 * Self.day, .out, [.text(.agent): .text("lee")]),
            TestTouch("outcome.checked", start + 110 * Self.day, .out, [.dataNumber("holding"): .flag(stayed == 2)]),
          ]
      }
      touches[0].fields = [.dataText("acquirer_agent"): .text("kim")]
      return touches
    }
    let found = rows(try make(lives), "S4.9")
    #expect(found.map { $0[0] } == ["chi2", "hazard_ratio", "rho_holding"])
    #expect(found.map { $0[7] } == ["supported", "supported", "supported"])
    // Days 0, 20 and 40; of 45 outcomes 15 held, all of the last third: ρ = √¾.
    #expect(found[2][1] == "0.866")
  }

  @Test func `care named by 31 of 57 is no proof that it is the best differentiator`() throws {
    let answers = (0..<57).map { number in
      TestTouch(
        "survey.answered", at("2022-01-01") + Int64(number) * Self.day, .in,
        [.dataText("instrument"): .text("reason_to_stay"), .dataText("reason"): .text(number < 31 ? "care" : "price")])
    }
    #expect(
      rows(try make([answers]), "S0.16") == [
        ["share", "0.5439", "0.4159", "0.6663", "NULL", "57", "NULL", "not supported"]
      ])
  }

  @Test func `effort for new customers goes with slow replies to those we have, two weeks later`() throws {
    // Week w takes w mod 7 hours of acquiring, and the first reply to its cases (w − 2) mod 7 + 1 hours.
    let weekZero = at("2021-01-04")
    let effort = (0..<60).map { week in
      TestTouch(
        "effort.spent", weekZero + Int64(7 * week) * Self.day, .absent,
        [.dataText("effort"): .text("acquire"), .dataNumber("minutes"): .number(Double(60 * (week % 7)))])
    }
    let cases = (0..<5).map { number in
      [TestTouch("message.sent", "2020-01-01", .out)]
        + (0..<60).flatMap { week -> [TestTouch] in
          let opened = weekZero + Int64(7 * week + number) * Self.day
          let id: [DetailField: TestTouch.Value] = [.dataText("case_id"): .text("k\(week)")]
          return [
            TestTouch("case.opened", opened, .in, id),
            TestTouch(
              "message.sent", opened + Int64((week + 5) % 7 + 1) * 3_600_000_000, .out,
              id.merging([.text(.agent): .text("kim")]) { $1 }),
            TestTouch("case.resolved", opened + 10 * 3_600_000_000, .out, id),
          ]
        }
    }
    var lives = Lives(cases.enumerated().map { (UInt32($0.offset + 1), $0.element) })
    lives.lives.insert((0, effort), at: 0)
    let table = lives.tables([.claims], asOf: at(Self.asOf), rulebook: try business())["claims"]!
    let found = rows(table, "S4.16")
    #expect(found.map { $0[0] } == (0...4).map { "rho_lag\($0)" })
    #expect(found[2][1] == "1.0" && found[2][5] == "58" && found[2][7] == "supported")
    #expect(found[0][7] != "supported")
  }

  @Test func `tempers rise faster in the later half of the cases`() throws {
    let touches = (0..<60).flatMap { number -> [TestTouch] in
      let opened = at("2021-01-01") + Int64(7 * number) * Self.day
      let id: [DetailField: TestTouch.Value] = [.dataText("case_id"): .text("k\(number)")]
      let minutes = Int64(number < 30 ? 200 + number : 20 + number)
      return [
        TestTouch("case.opened", opened, .in, id),
        TestTouch(
          "emotion.expressed", opened + minutes * 60_000_000, .in,
          id.merging([.dataText("level"): .text("anger"), .dataText("heard_from"): .text("customer_words")]) { $1 }),
        TestTouch("case.resolved", opened + Self.day, .out, id),
      ]
    }
    let found = rows(try make([touches]), "S3.16")
    #expect(found[0][0] == "chi2" && found[0][4...] == ["1", "60", "60", "supported"])
  }

  /// Cared for 0 to 4 times in the first quarter of 2022 (0: a complaint), and buying for 100 then, for 10 more each time
  /// in the second.
  @Test(arguments: [1, 3]) func `revenue grows where customers were cared for`(workers: Int) throws {
    func order(_ day: String, _ amount: Int) -> TestTouch {
      TestTouch("order.placed", day, .in, [.amount: .number(Double(amount))])
    }
    let lives = (0..<40).map { number -> [TestTouch] in
      let cares = number % 5
      let talk =
        cares == 0
        ? [TestTouch("case.opened", "2022-02-10", .in, [.dataText("case_kind"): .text("complaint")])]
        : (0..<cares).map { _ in TestTouch("care.given", "2022-02-10", .out) }
      return [order("2021-10-05", 50), order("2022-02-01", 100)] + talk + [order("2022-05-01", 100 + 10 * cares)]
    }
    let found = rows(try make(lives, workers: workers, asOf: "2022-07-01"), "S3.7")
    #expect(found[0] == ["rho_lag1", "1.0", "1.0", "1.0", "NULL", "40", "NULL", "supported"])
    #expect(found[1...].allSatisfy { $0[1] == "NULL" && $0[7] == "too little data" })
  }

  @Test func `that everybody bought once tells nothing of who leaves, the index does`() throws {
    let order = TestTouch("order.placed", "2022-12-01", .in)
    let lives = (0..<40).map { number -> [TestTouch] in
      number % 2 == 0
        ? [order, TestTouch("care.given", "2022-12-10", .out)]
        : [
          order, TestTouch("case.opened", "2022-12-10", .in, [.dataText("case_kind"): .text("complaint")]),
          TestTouch("relationship.ended", "2023-02-\(10 + number % 10)", .absent, [.dataText("ended_by"): .text("customer")]),
        ]
    }
    // Twenty left, twenty did not, as of January and of February.
    let found = rows(try make(lives, asOf: "2023-07-01"), "S2.18")
    #expect(found[0][0...1] == ["auc_gain", "0.5"] && found[0][7] == "supported")
  }

  @Test func `where two thirds of the rewards are for sales, month after month, sales are what success is measured by`()
    throws
  {
    let rewards = (0..<36).flatMap { month -> [TestTouch] in
      let day = String(CivilDate(year: 2020 + month / 12, month: month % 12 + 1, day: 5).description)
      return [("sales", 60 + month % 5), ("quality", 30)].map { basis, amount in
        TestTouch("reward.paid", day, .absent, [.dataText("basis"): .text(basis), .amount: .number(Double(amount))])
      }
    }
    var lives = Lives([(1, [TestTouch("order.placed", "2020-01-01", .in)])])
    lives.lives.insert((0, rewards), at: 0)
    let table = lives.tables([.claims], asOf: at(Self.asOf), rulebook: try business())["claims"]!
    let found = rows(table, "S4.7")[0]
    // 36 · 60 + Σ (month mod 5) = 2160 + 70 of 3310.
    #expect(found[0...1] == ["share", "0.6737"] && found[5] == "36" && found[7] == "supported")
  }

  @Test func `what they felt tells more than what we did, where it does`() throws {
    let lives = (0..<40).map { number -> [TestTouch] in
      // Everybody was cared for; every second one was not satisfied, and left.
      let touches = [
        TestTouch("relationship.started", "2022-12-01", .in), TestTouch("care.given", "2022-12-10", .out),
        TestTouch("survey.answered", "2022-12-11", .in, [.score: .number(number % 2 == 0 ? 5 : 1)]),
      ]
      return number % 2 == 0
        ? touches
        : touches + [
          TestTouch("relationship.ended", "2023-02-\(10 + number % 10)", .absent, [.dataText("ended_by"): .text("customer")])
        ]
    }
    let found = rows(try make(lives, asOf: "2023-07-01"), "S3.20")
    #expect(found[0][0...1] == ["auc_gain", "0.5"] && found[0][7] == "supported")
  }
}
