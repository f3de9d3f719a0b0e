import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct SurvivalTests {
  private static let day: Int64 = 86_400_000_000

  private func start(_ day: Int, _ data: [DetailField: TestTouch.Value] = [:]) -> TestTouch {
    TestTouch("relationship.started", at("2020-01-01") + Int64(day) * Self.day, .in, data)
  }

  private func end(_ day: Int, by: String = "customer") -> TestTouch {
    TestTouch(
      "relationship.ended", at("2020-01-01") + Int64(day) * Self.day, .absent, [.dataText("ended_by"): .text(by)])
  }

  private func business() throws -> Rulebook {
    try Rulebook.parse(#"{"retention": {"log_starts_with_business": true}}"#)
  }

  private func make(
    _ lives: [[TestTouch]], asOf: String, rulebook: Rulebook = .standard, workers: Int = 1
  ) -> [String: Table] {
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    return Lives(numbered).tables([.survival, .incidence], asOf: at(asOf), rulebook: rulebook, workers: workers)
  }

  /// Cells of one curve and stratum; numbers to four places.
  private func cells(
    _ table: Table, _ curve: String, _ stratum: String, kind: String = "log-log", _ names: String...
  ) -> [[String]] {
    let keys = table.texts("curve", "stratum", "ci_kind")
    let columns = names.map { name in
      let reals = table.reals(name)
      return reals.isEmpty
        ? table.texts(name).map { $0[0] }
        : reals.map { $0.map { "\(Double(Int(($0 * 10_000).rounded())) / 10_000)" } ?? "NULL" }
    }
    return keys.indices.filter { keys[$0] == [curve, stratum, kind] }.map { row in columns.map { $0[row] } }
  }

  /// Months of remission of Freireich and Gehan's 6-MP arm as days of tenure; a minus sign says censored.
  private let remission = [
    6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35,
  ]

  @Test(arguments: [1, 3]) func `tenure is the golden curve of the 6-MP arm`(workers: Int) throws {
    // Who is censored after n days began n days before the as-of instant.
    let lives = remission.map { days in
      days > 0 ? [start(300), end(300 + days)] : [start(400 + days)]
    }
    let tables = make(
      lives + [[TestTouch("message.sent", "2020-01-01", .out), TestTouch("message.sent", "2021-02-04", .out)]],
      asOf: "2021-02-04", rulebook: try business(),
      workers: workers)
    let table = tables["survival"]!
    let events = cells(table, "tenure", "all", "t_days", "at_risk", "events", "survival", "se", "lo", "hi")
      .filter { $0[2] != "0" }
    #expect(events.map { $0[0] } == ["6", "7", "10", "13", "16", "22", "23"])
    #expect(events.map { $0[3] } == ["0.8571", "0.8067", "0.7529", "0.6902", "0.6275", "0.5378", "0.4482"])
    #expect(events.map { $0[4] } == ["0.0764", "0.0869", "0.0963", "0.1068", "0.1141", "0.1282", "0.1346"])
    #expect(Array(events[0][5...]) == ["0.6197", "0.9516"])
    #expect(Array(events[2][5...]) == ["0.5032", "0.8894"])
    let log = cells(table, "tenure", "all", kind: "log", "t_days", "lo", "hi").filter { $0[0] == "10" }
    #expect(log == [["10", "0.5859", "0.9676"]])
  }

  @Test func `causes compete: the shares that left by each and the share still there make one`() throws {
    let lives = [
      [start(0), end(100)], [start(0)], [start(100), end(250, by: "us")], [start(100), end(140, by: "external")],
      [start(200), end(290, by: "")],
    ]
    let table = make(lives, asOf: "2020-12-01", rulebook: try business())["incidence"]!
    let keys = table.texts("stratum", "t_days", "cause")
    let (incidence, survival) = (table.reals("incidence"), table.reals("survival"))
    #expect(Set(keys.filter { $0[0] == "all" }.map { $0[2] }) == ["they_left", "we_left", "external", "unsaid"])
    for time in Set(keys.filter { $0[0] == "all" }.map { $0[1] }) {
      let rows = keys.indices.filter { keys[$0][0] == "all" && keys[$0][1] == time }
      let sum = rows.reduce(survival[rows[0]]!) { $0 + incidence[$1]! }
      #expect(abs(sum - 1) < 1e-12)
    }
    // Of five at risk one leaves after 40 days: F = 1/5.
    let place = keys.firstIndex(of: ["all", "40", "external"])!
    #expect(incidence[place] == 0.2)
  }

  @Test func `strata are party, quarter of the start, channel and fit`() throws {
    let lives = [
      [start(0, [.dataText("found_via"): .text("blog"), .text(.party): .text("internal")]), end(50)],
      [
        start(100, [.dataText("found_via"): .text("show"), .text(.account): .text("acme")]),
        TestTouch("fit.assessed", at("2020-01-01") + 110 * Self.day, .absent, [.score: .number(0.7)]), end(160),
      ],
      [
        start(100), TestTouch("fit.assessed", at("2020-01-01") + 110 * Self.day, .absent, [.score: .number(0.4)]),
      ],
      // Too late to say how they fitted when they came.
      [
        start(100), TestTouch("fit.assessed", at("2020-01-01") + 140 * Self.day, .absent, [.score: .number(0.9)]),
      ],
    ]
    let table = make(lives, asOf: "2020-12-01", rulebook: try business())["survival"]!
    let strata = Set(table.texts("curve", "stratum").filter { $0[0] == "tenure" }.map { $0[1] })
    #expect(
      strata == [
        "all", "party=internal", "party=b2b", "party=b2c", "cohort=2020-Q1", "cohort=2020-Q2", "found_via=blog",
        "found_via=show", "fit=0.7 or more", "fit=below 0.7",
      ])
    #expect(cells(table, "tenure", "fit=0.7 or more", "t_days", "at_risk", "survival") == [["60", "1", "0.0"]])

    // What a good fit is, and how long after the start it may be assessed, is the rulebook's.
    let rules =
      #"{"retention": {"log_starts_with_business": true}, "index": {"good_fit": 0.4}, "relationship": {"fit_days": 40}}"#
    let other = make(lives, asOf: "2020-12-01", rulebook: try Rulebook.parse(rules))["survival"]!
    let fits = cells(other, "tenure", "fit=0.4 or more", "at_risk")
    #expect(fits.first == ["3"] && cells(other, "tenure", "fit=below 0.4", "at_risk").isEmpty)
  }

  @Test func `who may have begun before the log is left out, who says since when comes late`() {
    let told: [DetailField: TestTouch.Value] = [.dataText("since"): .text("2019-12-02")]
    let lives = [
      [start(0), end(200)], [start(10, told), end(60)], [start(95), end(105)], [start(100), end(200)],
    ]
    let table = make(lives, asOf: "2020-12-01")["survival"]!
    // Began 30 days before the log, seen from day 40 on, left at 90: not at risk at 10.
    #expect(
      cells(table, "tenure", "all", "t_days", "at_risk", "events") == [
        ["10", "2", "1"], ["90", "2", "1"], ["100", "1", "1"],
      ])
  }

  @Test func `one year has its row even where nobody left on that day`() throws {
    let lives = [
      [start(0), end(100)], [start(0), end(500)], [start(0)], [TestTouch("message.sent", "2022-12-01", .out)],
    ]
    let table = make(lives, asOf: "2022-12-01", rulebook: try business())["survival"]!
    #expect(
      cells(table, "tenure", "all", "t_days", "at_risk", "events", "survival") == [
        ["100", "3", "1", "0.6667"], ["365", "2", "0", "0.6667"], ["500", "2", "1", "0.3333"],
        ["1065", "1", "0", "0.3333"],
      ])
  }

  @Test func `who stays is seen to stay only as long as one of their sources goes on`() throws {
    func from(_ source: String, _ touch: TestTouch) -> TestTouch {
      var touch = touch
      touch.fields[.text(.source)] = .text(source)
      return touch
    }
    // Till and desk both tell of the first; the till falls silent on day 150, the desk goes on.
    let lives = [
      [from("till", start(0)), from("desk", TestTouch("message.sent", at("2020-01-01") + 20 * Self.day, .out))],
      [from("till", start(0))], [from("till", start(0)), from("till", end(150))], [from("desk", start(100))],
      [from("desk", TestTouch("message.sent", "2020-12-01", .out))],
    ]
    let table = make(lives, asOf: "2021-06-01", rulebook: try business())["survival"]!
    #expect(
      cells(table, "tenure", "all", "t_days", "at_risk", "events", "censored") == [
        ["150", "4", "1", "1"], ["235", "2", "0", "1"], ["335", "1", "0", "1"],
      ])
    #expect(cells(table, "tenure", "source=desk", "t_days", "at_risk", "censored") == [["235", "1", "1"]])
  }

  @Test func `strata are compared by the log-rank test, and half have left by the median`() throws {
    // Freireich and Gehan again: 6-MP as one offering, placebo as the other.
    let placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    func life(_ days: Int, _ offering: String) -> [TestTouch] {
      let told: [DetailField: TestTouch.Value] = [.dataText("offering"): .text(offering)]
      return days > 0 ? [start(300, told), end(300 + days)] : [start(400 + days, told)]
    }
    let lives = remission.map { life($0, "6-mp") } + placebo.map { life($0, "placebo") }
    let feed = [[TestTouch("message.sent", "2020-01-01", .out), TestTouch("message.sent", "2021-02-04", .out)]]
    let numbered = (lives + feed).enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    let table = Lives(numbered).tables([.models], asOf: at("2021-02-04"), rulebook: try business())["models"]!
    let keys = table.texts("model", "parameter")
    func value(_ model: String, _ parameter: String) -> Double? {
      keys.firstIndex(of: [model, parameter]).flatMap { table.reals("value")[$0] }
    }
    #expect(abs(value("log-rank tenure by offering", "chi_square")! - 16.7929) < 1e-4)
    #expect(abs(value("log-rank tenure by offering", "p_value")! - 4.17e-5) < 1e-7)
    #expect(value("log-rank tenure by offering", "df") == 1)
    #expect(value("median tenure offering=6-mp", "days") == 23)
    #expect(value("median tenure offering=6-mp", "lo") == 13)
    #expect(value("median tenure offering=6-mp", "hi") == nil)
    #expect(value("median tenure offering=placebo", "days") == 8)
    let notes = table.texts("model", "note")
    #expect(notes.contains(["log-rank tenure by party", "fewer than two strata"]))
    #expect(notes.contains(["log-rank lapse by party", "log too short"]))
    #expect(notes.contains(["median tenure offering=6-mp", "not seen that long"]))
    #expect(notes.contains(["log-rank tenure by offering", "NULL"]))
  }

  @Test func `how many will leave is the sum of their chances, give or take`() throws {
    // Of four who have stayed 100 days, one leaves on day 150 and one on day 300; two came 100 days ago.
    let lives = [
      [start(0)], [start(0)], [start(0), end(150)], [start(0), end(300)], [start(266)], [start(266)],
      [TestTouch("message.sent", at("2020-01-01") + 366 * Self.day, .out)],
    ]
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    let table = Lives(numbered).tables([.models], asOf: at("2020-01-01") + 366 * Self.day, rulebook: try business())["models"]!
    let rows = zip(table.texts("model", "parameter", "n"), table.reals("value")).filter { $0.0[0].hasPrefix("expected") }
    #expect(rows.map { $0.0[2] } == ["2", "2"])
    // Σ p = 2 · 1/4, sd = √(2 · 1/4 · 3/4).
    #expect(rows.map(\.1) == [0.5, 0.375.squareRoot()])
  }

  @Test func `lapse: alive is who was in contact in the last year, gone with the last contact who was not`() throws {
    func contact(_ day: Int) -> TestTouch { TestTouch("case.opened", at("2020-01-01") + Int64(day) * Self.day, .in) }
    // As of day 1000: the study ends on day 635.
    let lives = [
      [contact(0), contact(400)], [contact(100), contact(900)], [contact(200), contact(635)], [contact(700)],
      [TestTouch("message.sent", "2022-09-27", .out)],
    ]
    let table = make(lives, asOf: "2022-09-27", rulebook: try business())["survival"]!
    #expect(
      cells(table, "lapse", "all", "t_days", "at_risk", "events", "censored", "survival") == [
        ["365", "3", "0", "0", "1.0"], ["400", "3", "1", "0", "0.6667"], ["435", "2", "1", "0", "0.3333"],
        ["535", "1", "0", "1", "0.3333"],
      ])
  }

  @Test func `without ends, or in a short log, there is a reason instead of a curve`() {
    let tables = make([[start(0)], [start(100)]], asOf: "2020-12-01")
    #expect(
      tables["survival"]!.texts("curve", "stratum", "t_days", "survival", "reason") == [
        ["lapse", "all", "NULL", "NULL", "log too short"],
        ["tenure", "all", "NULL", "NULL", "no relationship.ended events"],
      ])
    #expect(
      tables["incidence"]!.texts("curve", "cause", "incidence", "reason")
        == [["tenure", "NULL", "NULL", "no relationship.ended events"]])
  }
}
