import Foundation
import Testing

@testable import KeptStatistics

/// What lifelines and lifetimes, which share no code with Kept, make of the same random data.
@Suite struct OracleTests {
  static let python = ProcessInfo.processInfo.environment["KEPT_PYTHON"]
  static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../oracles/estimates.py").standardizedFileURL

  private struct Cases: Encodable {
    var kaplanMeier: [JSON] = []
    var logRank: [JSON] = []
    var aalenJohansen: [JSON] = []
    var purchases = JSON.null
    var spending = JSON.null
  }

  /// A value of JSON, so that cases can be written down where they are made.
  private indirect enum JSON: Encodable {
    case null
    case number(Double)
    case list([JSON])
    case object([String: JSON])

    static func numbers(_ values: [Double]) -> JSON { .list(values.map(JSON.number)) }

    static func optional(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }

    func encode(to encoder: Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .number(let value): try container.encode(value)
      case .list(let values): try container.encode(values)
      case .object(let values): try container.encode(values)
      }
    }
  }

  private func subjects(_ data: [SurvivalObservation]) -> JSON {
    .list(
      data.map {
        .object([
          "entry": .number($0.entry ?? 0), "exit": .number($0.exit), "cause": .number(Double($0.cause ?? 0)),
          "stratum": .number(Double($0.stratum)), "weight": .number(Double($0.weight)),
        ])
      })
  }

  @Test(.enabled(if: python != nil, "KEPT_PYTHON names no Python with lifelines and lifetimes; Scripts/test does"))
  func `lifelines and lifetimes find the same curves, tests, fits and forecasts`() throws {
    var cases = Cases()
    for seed in 0..<20 as Range<UInt64> {
      cases.kaplanMeier.append(kaplanMeier(seed: seed))
      cases.logRank.append(try logRank(seed: seed, strata: 2 + Int(seed % 3)))
      cases.aalenJohansen.append(aalenJohansen(seed: seed))
    }
    cases.purchases = try purchases()
    cases.spending = try spending()
    let file = FileManager.default.temporaryDirectory.appending(path: "kept-statistics-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try JSONEncoder().encode(cases).write(to: file)
    let (status, output) = try run([Self.script.path, file.path])
    #expect(status == 0, "\(output)")
    #expect(output.hasSuffix(" 0 differ\n"), "\(output)")
  }

  /// Whole times with many ties, half of the subjects entering late, weights of 1 to 3.
  private func kaplanMeier(seed: UInt64) -> JSON {
    var generator = SplitMix64(seed: seed)
    let data = (0..<60).map { _ in
      let entry = generator.next(below: 2) == 0 ? Double(1 + generator.next(below: 8)) : nil
      return SurvivalObservation(
        entry: entry, exit: (entry ?? 0) + Double(1 + generator.next(below: 20)),
        isEvent: generator.next(below: 3) > 0, weight: 1 + generator.next(below: 3))
    }
    let curve = KaplanMeier(data)
    let rows = curve.rows.map { row -> JSON in
      .object([
        "time": .number(row.time), "atRisk": .number(Double(row.atRisk)), "events": .number(Double(row.events)),
        "survival": .number(row.survival), "lower": .optional(row.logLog?.lower),
        "upper": .optional(row.logLog?.upper),
      ])
    }
    return .object(["subjects": subjects(data), "rows": .list(rows), "median": .optional(curve.median().time)])
  }

  private func logRank(seed: UInt64, strata: Int) throws -> JSON {
    var generator = SplitMix64(seed: 100 + seed)
    let data = (0..<80).map { _ in
      SurvivalObservation(
        exit: Double(1 + generator.next(below: 15)), isEvent: generator.next(below: 3) > 0,
        stratum: generator.next(below: strata), weight: 1 + generator.next(below: 2))
    }
    let test = try LogRank.test(data).get()
    return .object([
      "subjects": subjects(data), "chiSquare": .number(test.chiSquare), "pValue": .number(test.pValue),
      "degreesOfFreedom": .number(Double(test.degreesOfFreedom)),
    ])
  }

  /// Times without ties, a third of the subjects entering late, three causes.
  private func aalenJohansen(seed: UInt64) -> JSON {
    var generator = SplitMix64(seed: 200 + seed)
    let data = (0..<50).map { _ in
      let entry = generator.next(below: 3) == 0 ? 2 * generator.nextUnit() : nil
      let cause = generator.next(below: 4)
      return SurvivalObservation(
        entry: entry, exit: (entry ?? 0) + 0.01 + 5 * generator.nextUnit(), cause: cause == 0 ? nil : cause)
    }
    let curve = AalenJohansen(data)
    let rows = curve.rows.map { row -> JSON in
      .object([
        "time": .number(row.time), "incidence": .numbers(row.causes.map(\.incidence)),
        "errors": .numbers(row.causes.map(\.standardError)),
      ])
    }
    return .object([
      "subjects": subjects(data), "causes": .numbers(curve.causes.map(Double.init)), "rows": .list(rows),
    ])
  }

  private func purchases() throws -> JSON {
    let histories = BGNBD(r: 0.6, alpha: 8, a: 0.9, b: 3).simulated(count: 800, seed: 300)
    let fit = try BGNBD.fit(histories).get()
    let model = fit.model
    let customers = try histories.map { history -> JSON in
      .object([
        "x": .number(Double(history.frequency)), "recency": .number(history.recency), "age": .number(history.age),
        "expected": .number(try model.expectedPurchases(within: 39, after: history).get()),
        "pAlive": .optional(model.pAlive(history).value),
      ])
    }
    return .object([
      "customers": .list(customers), "expected": .number(try model.expectedPurchases(within: 39).get()),
      "fit": .object([
        "r": .number(model.r), "alpha": .number(model.alpha), "a": .number(model.a), "b": .number(model.b),
        "logLikelihood": .number(fit.logLikelihood),
      ]),
      "errors": errors(fit.parameters),
    ])
  }

  private func spending() throws -> JSON {
    var generator = SplitMix64(seed: 400)
    let rows = (0..<600).map { _ in
      let frequency = 1 + generator.next(below: 7)
      let own = 15 + 80 * generator.nextUnit() * generator.nextUnit()
      let spread = (0..<frequency).reduce(0) { sum, _ in sum + 0.2 + generator.nextUnit() } / Double(frequency)
      return GammaGamma.Spending(frequency: frequency, meanValue: own * spread)
    }
    let fit = try GammaGamma.fit(rows).get()
    let customers = try rows.map { row -> JSON in
      .object([
        "x": .number(Double(row.frequency)), "mean": .number(row.meanValue),
        "expected": .number(try fit.model.expectedValue(of: row).get()),
      ])
    }
    return .object([
      "customers": .list(customers),
      "fit": .object([
        "p": .number(fit.model.p), "q": .number(fit.model.q), "gamma": .number(fit.model.gamma),
        "logLikelihood": .number(fit.logLikelihood), "correlation": .optional(fit.correlation),
      ]),
      "errors": errors(fit.parameters),
    ])
  }

  private func errors(_ parameters: [FittedParameter]) -> JSON {
    .object(Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, .number($0.standardError)) }))
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: try #require(Self.python))
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
