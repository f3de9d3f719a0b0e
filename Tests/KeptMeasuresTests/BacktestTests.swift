import Foundation
import KeptFormat
@testable import KeptReplay
import KeptSnapshot
import KeptStatistics
import Testing

@testable import KeptMeasures

@Suite struct BacktestTests {
  private static let day: Int64 = 86_400_000_000

  private func rules(_ months: Int = 12) throws -> Rulebook {
    try Rulebook.parse(
      #"{"retention": {"log_starts_with_business": true}, "claims": {"bins": 2, "backtest_months": \#(months)}}"#)
  }

  private func make(
    _ lives: [[TestTouch]], asOf: String, months: Int = 12, workers: Int = 1
  ) throws -> (tests: Table, bins: Table) {
    let numbered = lives.enumerated().map { (customer: UInt32($0.offset + 1), touches: $0.element) }
    let tables = Lives(numbered).tables(
      [.backtests, .calibration], asOf: at(asOf), rulebook: try rules(months), workers: workers)
    return (tables["backtests"]!, tables["calibration"]!)
  }

  private func rows(_ table: Table, _ measure: String) -> [[String]] {
    table.texts("measure", "outcome", "period", "auc", "n", "events").filter { $0[0] == measure }.map { Array($0[1...]) }
  }

  private func ended(_ time: String) -> TestTouch {
    TestTouch("relationship.ended", time, .absent, [.dataText("ended_by"): .text("customer")])
  }

  private let care = TestTouch(
    "care.given", "2023-03-10", .out, [.dataNumber("prompted"): .flag(false), .dataNumber("personal"): .flag(true)])
  private let began = TestTouch("relationship.started", "2023-02-01", .in)

  @Test func `instants are the first of the last months whose 90 days are over`() throws {
    let dayTable = DayTable(
      calendar: LocalCalendar(zone: .utc, weekStart: .monday), from: at("2023-01-15"), through: at("2024-04-10"))
    let plan = BacktestPlan(rulebook: .standard, kinds: ["relationship.ended"], dayTable: dayTable)
    #expect(plan.instants.map { date($0.day) }.first == "2023-02-01")
    #expect(plan.instants.map { date($0.day) }.last == "2024-01-01")
    #expect(plan.instants.filter(\.isFitted).map { date($0.day) } == ["2023-04-01", "2023-07-01", "2023-10-01", "2024-01-01"])
    #expect(plan.outcome == .ended)
    #expect(BacktestPlan(rulebook: .standard, kinds: ["order.placed"], dayTable: dayTable).outcome == .noOrder)
  }

  /// Cared for on 2023-03-10: into. Two complaints: not into. As of 2023-04-01 the index is known for all four; who has
  /// left by 2023-06-30 are the two complainers, and one who was cared for: of 2 · 1 … pairs.
  @Test(arguments: [1, 3]) func `an index is tried on what was known at the first of a month`(workers: Int) throws {
    let complaint = TestTouch("case.opened", "2023-03-10", .in, [.dataText("case_kind"): .text("complaint")])
    // A grievance on the very instant, and one after it, are not known yet.
    let late = TestTouch("case.opened", "2023-04-01T00:01", .in, [.dataText("case_kind"): .text("complaint")])
    let (tests, bins) = try make(
      [
        [began, complaint, ended("2023-05-01")], [began, complaint, late], [began, care, late, ended("2023-06-29")],
        [began, care], [began, complaint, ended("2023-03-20")], [began],
      ], asOf: "2023-07-01", months: 1, workers: workers)
    // Left: one aggrieved, one cared for. There: one of each. Pairs: won 1, tied 1 + 1, lost 1.
    #expect(
      rows(tests, "we_index") == [
        ["ended_90d", "2023-04-01", "0.5", "4", "2"], ["ended_90d", "NULL", "0.5", "4", "2"],
      ])
    #expect(rows(tests, "they_index").last?[1...] == ["NULL", "NULL", "0", "0"])
    let told = bins.texts("measure", "bin", "n", "events").filter { $0[0] == "we_index" }
    #expect(told == [["we_index", "1", "2", "1"], ["we_index", "2", "2", "1"]])
    #expect(tests.texts("hindsight").allSatisfy { $0 == ["late_events"] })
  }

  @Test func `an index that knows all has an area of 1`() throws {
    let complaint = TestTouch("case.opened", "2023-03-10", .in, [.dataText("case_kind"): .text("complaint")])
    let (tests, _) = try make(
      (0..<6).map { $0 < 3 ? [began, complaint, ended("2023-05-0\($0 + 1)")] : [began, care] }, asOf: "2023-07-01",
      months: 1)
    #expect(rows(tests, "we_index").map { $0[2] } == ["1.0", "1.0"])
    #expect(tests.texts("measure", "lo", "hi").first { $0[0] == "we_index" } == ["we_index", "1.0", "1.0"])
  }

  @Test func `without endings it is orders that are looked for, of those who had ordered`() throws {
    let order = TestTouch("order.placed", "2023-03-01", .in)
    let again = TestTouch("order.placed", "2023-04-20", .in)
    let (tests, _) = try make(
      [[order, care], [order, care, again].sorted { $0.time < $1.time }, [began, care]], asOf: "2023-07-01", months: 1)
    #expect(rows(tests, "we_index").last == ["no_order_90d", "NULL", "0.5", "2", "1"])
    #expect(rows(tests, "p_end_90d").map { Array($0[1...]) } == [["NULL", "NULL", "0", "0"]])
    #expect(
      tests.texts("measure", "note").first { $0[0] == "p_end_90d" }![1].hasPrefix("no relationship.ended events"))
    #expect(tests.texts("measure", "note").first { $0[0] == "p_alive" }![1].hasPrefix("too little data"))
  }

  /// Twenty lives of the same start: what the curve of then says depends on tenure, and is compared with what came.
  @Test func `the chance to end is that of the curve of then`() throws {
    let start = at("2022-01-01")
    // Life n begins n · 10 days into 2022, and every second one leaves after 200 + n days.
    let lives = (0..<40).map { number -> [TestTouch] in
      let began = start + Int64(number * 10) * Self.day
      let touch = TestTouch("relationship.started", began, .in)
      return number % 2 == 0
        ? [touch]
        : [
          touch,
          TestTouch(
            "relationship.ended", began + Int64(200 + number) * Self.day, .absent,
            [.dataText("ended_by"): .text("customer")]),
        ]
    }
    let (tests, bins) = try make(lives, asOf: "2023-07-01", months: 1)
    let day = Int(CivilDate(year: 2023, month: 4, day: 1).dayNumber)
    let first = Int(CivilDate(year: 2022, month: 1, day: 1).dayNumber)
    var observations: [SurvivalObservation] = []
    var standing: [(tenure: Int, left: Bool)] = []
    for number in 0..<40 where first + number * 10 < day {
      let began = first + number * 10
      let end = number % 2 == 0 ? Int.max : began + 200 + number
      observations.append(SurvivalObservation(exit: Double(min(end, day - 1) - began), isEvent: end < day))
      if end >= day { standing.append((day - 1 - began, end < day + 90)) }
    }
    let curve = KaplanMeier(observations)
    let told = standing.compactMap { life in
      curve.eventProbability(after: Double(life.tenure), within: 90).map { ($0, life.left) }
    }
    let area = try areaUnderCurve(scores: told.map(\.0), isEvent: told.map(\.1)).get()
    #expect(rows(tests, "p_end_90d")[0][3...] == ["\(told.count)", "\(area.eventCount)"])
    let found = tests.reals("auc")[tests.texts("measure").firstIndex(of: ["p_end_90d"])!]!
    #expect(abs(found - area.area) < 1e-12)
    let binned = calibration(forecasts: told.map(\.0), isEvent: told.map(\.1), binCount: 2)
    let counted = bins.texts("measure", "n", "events").filter { $0[0] == "p_end_90d" }.map { Array($0[1...]) }
    #expect(counted == binned.map { ["\($0.count)", "\($0.eventCount)"] })
  }

  /// Touches of one source as blocks would hold them: kind, when it occurred, when it was recorded.
  private func sources(_ events: [(kind: String, time: String, recorded: String)]) -> SourcesFold {
    let fold = SourcesFold(calendar: LocalCalendar(zone: .utc, weekStart: .monday), asOf: at("2024-01-01")) { _ in "till" }
    let kindNames = Set(events.map(\.kind)).sorted()
    let times = events.map { at($0.time) }
    let recorded = events.map { at($0.recorded) }
    let kinds = events.map { UInt32(kindNames.firstIndex(of: $0.kind)! + 1) }
    let sources = events.map { _ in UInt32(0) }
    times.withUnsafeBufferPointer { times in
      recorded.withUnsafeBufferPointer { recorded in
        kinds.withUnsafeBufferPointer { kinds in
          sources.withUnsafeBufferPointer { sources in
            fold.apply(
              BlockTouches(
                firstPosition: 0, rowCount: events.count, times: times, recorded: recorded, kinds: kinds,
                kindNames: kindNames, sources: sources, sourceCodes: [1]))
          }
        }
      }
    }
    return fold
  }

  @Test func `what was recorded after an instant and occurred before it is hindsight`() {
    let plan = BacktestPlan(
      rulebook: .standard, kinds: ["order.placed"],
      dayTable: DayTable(
        calendar: LocalCalendar(zone: .utc, weekStart: .monday), from: at("2023-03-02"), through: at("2023-08-01")))
    #expect(plan.instants.map { date($0.day) } == ["2023-04-01", "2023-05-01"])
    func hindsight(_ events: (kind: String, time: String, recorded: String)...) -> [Bool] {
      plan.instants.map { BacktestsTable.hadHindsight($0, sources(events)) }
    }
    let early = (kind: "order.placed", time: "2023-03-05", recorded: "2023-03-05")
    #expect(hindsight(early) == [false, false])
    #expect(hindsight(early, (kind: "order.placed", time: "2023-03-10", recorded: "2023-04-05")) == [true, false])
    // What a first import brings was not known before it.
    #expect(hindsight(early, (kind: "import.finished", time: "2023-04-10", recorded: "2023-04-10")) == [true, false])
    #expect(plan.instants.allSatisfy { BacktestsTable.hadHindsight($0, nil) })
  }

  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]

  /// What was recorded is written down as text; the script counts pairs and knows nothing of ranks.
  @Test(.enabled(if: python != nil, "KEPT_PYTHON names no Python; Scripts/test does"))
  func `another program that counts pairs finds the same areas`() throws {
    var generator = SeededGenerator(state: 3)
    let lives = (0..<120).map { _ -> [TestTouch] in
      let began = at("2022-01-01") + Int64.random(in: 0..<300, using: &generator) * Self.day
      var touches = [TestTouch("relationship.started", began, .in)]
      var time = began
      for _ in 0..<Int.random(in: 1..<12, using: &generator) {
        time += Int64.random(in: 1..<60, using: &generator) * Self.day
        touches.append(
          Bool.random(using: &generator)
            ? TestTouch("care.given", time, .out)
            : TestTouch("case.opened", time, .in, [.dataText("case_kind"): .text("complaint")]))
      }
      if Bool.random(using: &generator) {
        touches.append(
          TestTouch(
            "relationship.ended", time + Int64.random(in: 1..<120, using: &generator) * Self.day, .absent,
            [.dataText("ended_by"): .text("customer")]))
      }
      return touches
    }
    let (tests, _) = try make(lives, asOf: "2023-07-01", workers: 3)
    let written = lives.map { touches in
      touches.map { "\($0.kind),\(RFC3339.string($0.time))" }.joined(separator: ";")
    }.joined(separator: "\n")
    let file = FileManager.default.temporaryDirectory.appending(path: "backtests-\(UUID().uuidString).txt")
    try written.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    let script = Repository.folder.appending(path: "Tests/oracles/backtests.py")
    process.executableURL = URL(filePath: Self.python!)
    process.arguments = [script.path, file.path, "2023-07-01"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let expected = output.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let found = rows(tests, "we_index").filter { $0[1] != "NULL" }
    #expect(expected.count == 12 && found.map { $0[1] } == expected.map { $0[0] })
    for (row, other) in zip(found, expected) {
      #expect([row[3], row[4]] == [other[2], other[3]], "\(row[1])")
      #expect(abs(Double(row[2])! - Double(other[1])!) < 1e-9, "\(row[1])")
    }
  }
}
