import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// Rows of `measures`, as a test writes and reads them.
struct Programs {
  var lives: Lives
  var asOf: Instant
  var rulebook: Rulebook

  init(_ lives: Lives, asOf: String, rulebook: Rulebook = .standard) {
    self.lives = lives
    self.asOf = at(asOf)
    self.rulebook = rulebook
  }

  init(_ touches: [TestTouch], asOf: String, rulebook: Rulebook = .standard) {
    self.init(Lives(touches), asOf: asOf, rulebook: rulebook)
  }

  /// Grain, entity, month, numerator, denominator, value to three digits or the reason; numbers that are whole without a
  /// point. Of one grain if it is given.
  func rows(_ measure: String, _ grain: String? = nil, workers: Int = 1) -> [String] {
    let table = lives.tables([.measures], asOf: asOf, rulebook: rulebook, workers: workers)["measures"]!
    let texts = table.texts("measure", "grain", "entity", "period", "num", "den", "reason")
    let values = table.reals("value")
    return texts.indices.filter { texts[$0][0] == measure && (grain == nil || texts[$0][1] == grain) }.map { row in
      let cells = texts[row]
      let value = values[row].map(Self.short) ?? cells[6]
      let name = [cells[1], cells[2]].filter { $0 != "NULL" }.joined(separator: "=")
      let parts = [cells[4], cells[5]].map { $0 == "NULL" ? "–" : Self.short(Double($0)!) }.joined(separator: "/")
      return "\(name) \(cells[3].prefix(7)) \(parts) \(value)"
    }
  }

  static func short(_ number: Double) -> String {
    let rounded = (number * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}

/// A touch with its details by name: envelope fields by theirs, everything else a key of `data`.
func touch(
  _ kind: String, _ time: String, _ fields: [String: TestTouch.Value] = [:], _ direction: Direction = .absent
) -> TestTouch {
  var given: [DetailField: TestTouch.Value] = [:]
  for (name, value) in fields {
    switch (name, value) {
    case ("amount", _): given[.amount] = value
    case ("score", _): given[.score] = value
    case ("subject", _): given[.text(.subject)] = value
    case ("agent", _): given[.text(.agent)] = value
    case ("channel", _): given[.text(.channel)] = value
    case ("department", _): given[.text(.department)] = value
    case ("party", _): given[.text(.party)] = value
    case ("account", _): given[.text(.account)] = value
    case (_, .text): given[.dataText(name)] = value
    default: given[.dataNumber(name)] = value
    }
  }
  return TestTouch(kind, at(time), direction, given)
}
