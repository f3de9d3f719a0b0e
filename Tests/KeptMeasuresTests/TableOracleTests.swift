import Foundation
import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// What DuckDB and lifelines, which share no code with Kept, make of the touches of whole lives.
@Suite struct TableOracleTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  static let missing: Comment = "KEPT_PYTHON names no Python with DuckDB and lifelines; Scripts/test does"
  private static let day: Int64 = 86_400_000_000

  /// Rows of a table as JSON objects: dates as days since 1970, decimals as numbers, NULL as null.
  private func objects(_ table: Table, where isWanted: ([String: Any]) -> Bool, _ names: String...) -> [[String: Any]] {
    let places = table.schema.columns.indices.map { ($0, table.schema.columns[$0]) }
    return (0..<table.rowCount).map { row in
      var object: [String: Any] = [:]
      for (place, spec) in places {
        let column = table.columns[place]
        if column.isNull(row) {
          object[spec.name] = NSNull()
          continue
        }
        switch column.values {
        case .int64(let values): object[spec.name] = spec.type == .decimal ? Double(values[row]) / 1_000_000 : Int(values[row])
        case .int32(let values): object[spec.name] = Int(values[row])
        case .double(let values): object[spec.name] = values[row]
        case .boolean(let values): object[spec.name] = values[row]
        case .string(let values): object[spec.name] = values.string(row) ?? ""
        }
      }
      return object
    }.filter(isWanted).map { object in object.filter { names.contains($0.key) } }
  }

  private func agree(_ object: [String: Any]) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "kept-measures-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try JSONSerialization.data(withJSONObject: object).write(to: file)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: try #require(Self.python))
    process.arguments = [Repository.folder.appending(path: "Tests/oracles/leaving.py").path, file.path]
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(output)")
    #expect(output.hasSuffix(" 0 differ\n"), "\(output)")
  }

  @Test(.enabled(if: python != nil, missing), .enabled(if: CDNOW.isHere))
  func `DuckDB counts CDNOW's revenue, ranges and means as we do`() throws {
    let lives = try CDNOW.lives()
    let today = at("1998-06-30")
    let rules = try Rulebook.parse(
      #"""
      {"retention": {"log_starts_with_business": true, "units": ["customer"], "clocks": ["calendar"],
        "grains": ["week", "month"],
        "brackets": {"week": [[1, 4], [3, 8], [53, 90]], "month": [[0, 2], [1, 3], [4, 6], [16, 20]]},
        "means_through": {"week": 68, "month": 16}}}
      """#)
    let tables = lives.tables(
      [.retention, .retentionBrackets, .retentionMeans], asOf: today, rulebook: rules, workers: 2)
    func isOrders(_ row: [String: Any]) -> Bool { row["activity"] as? String == "order" }
    let orders = lives.lives.flatMap { life in
      life.touches.map { touch -> [Any] in
        guard case .number(let amount)? = touch.fields[.amount] else { return [] }
        return [Int(life.customer), Int(touch.time / Self.day), amount]
      }
    }
    try agree([
      "kind": "cohorts", "orders": orders, "today": Int(today / Self.day),
      "starts": ["week": [1, 3, 53], "month": [0, 1, 4, 16]], "through": ["week": 68, "month": 16],
      "retention": objects(
        tables["retention"]!, where: isOrders, "grain", "cohort", "age", "cohort_size", "revenue", "rate_so_far"),
      "brackets": objects(
        tables["retention_brackets"]!, where: isOrders, "grain", "cohort", "age_from", "age_to", "returned", "rate"),
      "means": objects(
        tables["retention_means"]!, where: isOrders, "grain", "age", "n_cohorts", "eligible", "bounded", "unbounded",
        "bounded_weighted", "bounded_simple", "bounded_fixed", "unbounded_weighted", "unbounded_simple", "unbounded_fixed"),
    ])
  }

  /// Relationships of 160 customers over three years and three feeds, of which one ends early; some say since when.
  private func lives(seed: UInt64, isTold: Bool) -> (lives: Lives, touches: [[String: Any]]) {
    var generator = SeededGenerator(state: seed)
    var lives: [(customer: UInt32, touches: [TestTouch])] = []
    var written: [[String: Any]] = []
    let from = at("2021-01-04")
    for customer in 1...160 as ClosedRange<UInt32> {
      let source = ["crm", "till", "desk"].randomElement(using: &generator)!
      let party = ["b2b", "b2c", "internal"].randomElement(using: &generator)!
      let begin = from + Int64.random(in: 0..<(source == "till" ? 500 : 900), using: &generator) * Self.day
      var kinds = [("relationship.started", begin)]
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        kinds.append(("message.sent", begin + Int64.random(in: 1..<150, using: &generator) * Self.day))
      }
      if Int.random(in: 0..<2, using: &generator) == 0 {
        kinds.append(("relationship.ended", begin + Int64.random(in: 1..<160, using: &generator) * Self.day))
      }
      let since: Instant? =
        isTold && Int.random(in: 0..<2, using: &generator) == 0
        ? begin - Int64.random(in: 0..<400, using: &generator) * Self.day : nil
      var touches: [TestTouch] = []
      for (kind, time) in kinds {
        var fields: [DetailField: TestTouch.Value] = [.text(.source): .text(source), .text(.party): .text(party)]
        let said = kind == "relationship.started" ? since : nil
        if let said { fields[.dataText("since")] = .text(RFC3339.string(said)) }
        if kind == "relationship.ended" { fields[.dataText("ended_by")] = .text("customer") }
        let direction: Direction = kind == "message.sent" ? .out : .in
        touches.append(TestTouch(kind, time, direction, fields))
        written.append([
          "customer": Int(customer), "kind": kind, "time": Int(time / Self.day), "source": source, "party": party,
          "contact": direction == .in, "since": said.map { Int($0 / Self.day) as Any } ?? NSNull(),
        ])
      }
      lives.append((customer, touches.sorted { $0.time < $1.time }))
    }
    return (Lives(lives), written)
  }

  @Test(.enabled(if: python != nil, missing), arguments: [1, 2, 3, 4] as [UInt64])
  func `lifelines finds the same curves from the touches themselves`(seed: UInt64) throws {
    let (lives, touches) = lives(seed: seed, isTold: seed % 2 == 0)
    let tables = lives.tables([.survival, .models], asOf: at("2024-03-01"), workers: 2)
    let models = tables["models"]!
    let values = Dictionary(uniqueKeysWithValues: zip(models.texts("model", "parameter"), models.reals("value")))
    func value(_ model: String, _ parameter: String) -> Any {
      (values[[model, parameter]] ?? nil).map { $0 as Any } ?? NSNull()
    }
    let strata = ["all", "party=b2b", "party=b2c", "party=internal"]
    try agree([
      "kind": "tenure", "touches": touches,
      "survival": objects(
        tables["survival"]!,
        where: { $0["curve"] as? String == "tenure" && $0["ci_kind"] as? String == "log-log" },
        "stratum", "t_days", "at_risk", "events", "censored", "survival", "lo", "hi"),
      "medians": Dictionary(uniqueKeysWithValues: strata.map { ($0, value("median tenure \($0)", "days")) }),
      "chi_square": value("log-rank tenure by party", "chi_square"),
      "p_value": value("log-rank tenure by party", "p_value"),
    ])
  }
}
